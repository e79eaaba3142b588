"""The faults of the system we replace, each by its symptom, with its number in section 10.1 of our notes on it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from celery import Celery, current_app
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts import access
from accounts.access import UserDisabled
from accounts.models import Status, User
from common import nudges
from moderation import actions, automatic, reports, sanctions
from moderation.models import Report
from tasks import assignment, lottery, scoring
from tasks.drafts import ReplyDraft, ReviewDraft
from tasks.kinds import Kind
from tasks.models import Message, Task, TaskState, Tree
from tasks.refusals import NothingAvailable, NotYours, TaskGone, TreeEnded
from tasks.tree_states import Event, State
from tests.making import (
    add_message,
    advance,
    claim,
    draft_for,
    drifts,
    given,
    make_moderator,
    make_people,
    make_person,
    make_tree,
    openings,
    replies_to,
    review,
    root_of,
    rules,
    submit,
)

pytestmark = pytest.mark.django_db


def test_01_a_parent_whose_replies_were_all_rejected_is_offered_again() -> None:
    tree = make_tree(replies=1, verdict=None, width=1)
    (reply,) = replies_to(root_of(tree))
    assert Kind.ASSISTANT_REPLY not in openings(tree)
    for _ in range(3):
        review(reply, spam=1.0)
    assert openings(tree) == {Kind.ASSISTANT_REPLY: 1}
    assert claim(make_person(), Kind.ASSISTANT_REPLY).message == root_of(tree)
    assert drifts() == []


def test_01_a_parent_whose_replies_were_all_deleted_is_offered_again() -> None:
    tree = make_tree(replies=1, width=1)
    actions.delete_message(
        message_id=replies_to(root_of(tree))[0].pk, by=make_moderator(), why="", **given()
    )  # fmt: skip
    assert openings(tree) == {Kind.ASSISTANT_REPLY: 1}
    assert drifts() == []


def test_02_a_tree_with_nothing_to_rank_ends_instead_of_hanging() -> None:
    tree = make_tree(replies=1, verdict=None, goal=2)
    (reply,) = replies_to(root_of(tree))
    for _ in range(3):
        review(reply)
    tree.refresh_from_db()
    assert tree.state == State.READY_FOR_SCORING
    assert scoring.score_waiting(**given()) == 1
    tree.refresh_from_db()
    assert tree.state == State.READY_FOR_EXPORT
    assert drifts() == []


def test_03_a_message_with_enough_reviews_is_always_decided() -> None:
    """There is one way to answer a task; what people label without being asked is stored apart."""
    tree = make_tree(replies=1, verdict=None)
    (reply,) = replies_to(root_of(tree))
    for _ in range(3):
        review(reply)
    assert not Message.objects.filter(review_count__gte=3, review_result=None).exists()


def test_04_automatic_moderation_is_stored_and_asking_for_work_does_not_run_it() -> None:
    tree = make_tree()
    for person in make_people(4):
        reports.report(message_id=tree.pk, person=person, labels=[], text="", now=given()["now"])
    person, in_force = make_person(), rules()
    with CaptureQueriesContext(connection) as queries:
        assignment.available(person=person, lang="en", rules=in_force)
    assert len(queries) == 1
    tree.refresh_from_db()
    assert tree.state == State.GROWING
    assert automatic.moderate(**given()) == 1
    tree.refresh_from_db()
    assert tree.state == State.ABORTED_LOW_GRADE


@pytest.mark.parametrize("verdict", [True, False])
def test_05_a_verdict_is_never_flipped_by_late_reviews(verdict: bool) -> None:
    tree = make_tree(replies=1, verdict=None)
    (reply,) = replies_to(root_of(tree))
    early = make_person()
    pending = claim(early, Kind.LABEL_ASSISTANT_REPLY)
    assignment.return_expired(**given(now=pending.expires_at))
    for _ in range(3):
        review(reply, spam=0.0 if verdict else 1.0)
    for late in (1.0, 0.0):
        with pytest.raises(TaskGone):
            submit(pending, early, ReviewDraft({"spam": late}))
    reply.refresh_from_db()
    assert (reply.review_result, reply.review_count) == (verdict, 3)
    assert drifts() == []


def test_06_a_halted_tree_stays_halted_when_a_pending_review_arrives() -> None:
    tree = make_tree(state=State.INITIAL_PROMPT_REVIEW)
    people = make_people(3)
    tasks = [claim(person, Kind.LABEL_INITIAL_PROMPT) for person in people]
    actions.halt_tree(tree_id=tree.pk, by=make_moderator(), why="looks odd", **given())
    for task, person in zip(tasks, people, strict=True):
        with pytest.raises(TreeEnded):
            submit(task, person, ReviewDraft({"spam": 1.0}))
    tree.refresh_from_db()
    assert tree.state == State.HALTED_BY_MODERATOR
    assert root_of(tree).review_count == 0
    assert drifts() == []


def test_07_deleting_a_reply_while_ranking_lets_the_tree_grow_again() -> None:
    tree = make_tree(state=State.RANKING, replies=3)
    actions.delete_message(message_id=replies_to(root_of(tree))[0].pk, by=make_moderator(), why="", **given())
    tree.refresh_from_db()
    assert tree.state == State.GROWING
    assert openings(tree)[Kind.ASSISTANT_REPLY] == 1
    assert Kind.RANK_ASSISTANT_REPLIES not in openings(tree)
    assert drifts() == []


def test_07_undeleting_it_lets_the_tree_be_ranked_again() -> None:
    tree = make_tree(state=State.RANKING, replies=3)
    reply, moderator = replies_to(root_of(tree))[0], make_moderator()
    actions.delete_message(message_id=reply.pk, by=moderator, why="", **given())
    person = make_person()
    writing = claim(person, Kind.ASSISTANT_REPLY)
    actions.undelete_message(message_id=reply.pk, by=moderator, why="", **given())
    tree.refresh_from_db()
    assert tree.state == State.RANKING
    with pytest.raises(TaskGone):
        submit(writing, person, ReplyDraft("No longer wanted"))
    assert drifts() == []


def test_07_ranks_of_a_finished_tree_do_not_go_stale() -> None:
    tree = make_tree(state=State.READY_FOR_EXPORT, replies=3)
    best, *rest = replies_to(root_of(tree))
    assert [reply.rank for reply in (best, *rest)] == [0, 1, 2]
    actions.delete_message(message_id=best.pk, by=make_moderator(), why="", **given())
    scoring.score_waiting(**given())
    assert [reply.rank for reply in replies_to(root_of(tree))] == [None, 0, 1]
    tree.refresh_from_db()
    assert tree.state == State.READY_FOR_EXPORT
    assert drifts() == []


def test_08_nothing_is_handed_out_beyond_what_is_wanted() -> None:
    """Eight people ask; three replies fit. The other five are told so before they write."""
    tree = make_tree(width=3)
    for person in make_people(3):
        submit(claim(person, Kind.ASSISTANT_REPLY), person)
    for person in make_people(5):
        with pytest.raises(NothingAvailable):
            claim(person, Kind.ASSISTANT_REPLY)
    assert len(replies_to(root_of(tree))) == 3


def test_09_a_language_in_which_no_prompts_are_wanted_gets_no_prompt_tasks() -> None:
    lottery.run(**given(init_prompt_disabled_langs="de, fr"))
    languages = set(Task.objects.filter(kind=Kind.INITIAL_PROMPT).values_list("lang", flat=True))
    assert "en" in languages
    assert not languages & {"de", "fr"}
    lottery.run(**given(init_prompt_disabled_langs="en"))
    with pytest.raises(NothingAvailable):
        claim(make_person(), Kind.INITIAL_PROMPT)


def test_10_the_lottery_keeps_to_its_limit_run_after_run() -> None:
    for _ in range(5):
        make_tree(state=State.PROMPT_LOTTERY_WAITING)
    for _ in range(3):
        lottery.run_for(lang="en", **given(max_active_trees=2))
    assert Tree.objects.in_state(State.GROWING).count() == 2


def test_11_a_reply_always_has_the_language_of_its_tree() -> None:
    make_tree(lang="en")
    person = make_person(lang="de")
    receipt = submit(claim(person, Kind.ASSISTANT_REPLY), person, ReplyDraft("Guten Tag"))
    assert Message.objects.get(pk=receipt.answer_id).lang == "en"
    assert claim(make_person(), Kind.LABEL_ASSISTANT_REPLY, lang="en")


def test_12_no_reply_is_stored_that_can_never_be_reviewed() -> None:
    """The tree waits for a reply that somebody writes; and when it has gone on, no reply is taken."""
    tree = make_tree(replies=1, goal=3)
    person = make_person()
    task = claim(person, Kind.ASSISTANT_REPLY)
    assert advance(tree).state == State.GROWING
    receipt = submit(task, person)
    reply = Message.objects.get(pk=receipt.answer_id)
    assert openings(tree) == {Kind.LABEL_ASSISTANT_REPLY: 3}
    for _ in range(3):
        review(reply)
    tree.refresh_from_db()
    assert tree.state == State.RANKING
    assert Task.objects.live().filter(tree=tree, kind__in=[Kind.ASSISTANT_REPLY, Kind.PROMPTER_REPLY]).count() == 0


def test_13_a_person_whose_reply_was_rejected_is_not_offered_the_same_parent_again() -> None:
    tree = make_tree(width=1)
    person = make_person()
    receipt = submit(claim(person, Kind.ASSISTANT_REPLY), person)
    for _ in range(3):
        review(Message.objects.get(pk=receipt.answer_id), spam=1.0)
    assert openings(tree) == {Kind.ASSISTANT_REPLY: 1}
    assert Kind.ASSISTANT_REPLY not in assignment.available(person=person, lang="en", rules=given()["rules"])
    with pytest.raises(NothingAvailable):
        claim(person, Kind.ASSISTANT_REPLY)


def test_15_an_imported_tree_halted_and_resumed_does_not_go_to_the_lottery() -> None:
    tree = make_tree(state=State.BACKLOG_RANKING, replies=2, goal=3)
    moderator = make_moderator()
    actions.halt_tree(tree_id=tree.pk, by=moderator, why="", **given())
    tree = actions.resume_tree(tree_id=tree.pk, by=moderator, why="", **given())
    assert tree.state == State.RANKING
    assert not tree.transitions.filter(to_state__in=[State.INITIAL_PROMPT_REVIEW, State.PROMPT_LOTTERY_WAITING])


def test_16_nobody_speaks_both_parts_of_a_conversation_turn_after_turn() -> None:
    writer = make_person()
    tree = make_tree(replies=1, authors=[writer])
    with pytest.raises(NothingAvailable):
        claim(writer, Kind.PROMPTER_REPLY)
    with pytest.raises(IntegrityError, match=r"one_(reply|task)_per"):
        add_message(tree=tree, parent=root_of(tree), author=writer)


def test_23_a_task_belongs_to_one_person_from_the_moment_it_is_handed_out() -> None:
    make_tree(width=1)
    holder, other = make_people(2)
    task = claim(holder, Kind.ASSISTANT_REPLY)
    with pytest.raises(NotYours):
        submit(task, other)


@pytest.fixture
def broker_away() -> Iterator[None]:
    """The Celery application of this process, with a broker that is not there."""
    ours = current_app._get_current_object()
    away = Celery("away", broker="redis://127.0.0.1:1/0")
    away.conf.broker_transport_options = ours.conf.broker_transport_options
    yield
    away.close()
    ours.set_current()


@pytest.mark.usefixtures("broker_away")
def test_25_a_broker_that_is_away_loses_nothing(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks, caplog: pytest.LogCaptureFixture
) -> None:
    tree = make_tree(state=State.RANKING)
    with django_capture_on_commit_callbacks(execute=True) as callbacks:
        for _ in range(3):
            person = make_person()
            submit(claim(person, Kind.RANK_ASSISTANT_REPLIES), person)
    assert callbacks
    assert "The broker is away, tasks.score_trees waits for its sweep" in caplog.text
    tree.refresh_from_db()
    assert tree.state == State.READY_FOR_SCORING
    assert scoring.score_waiting(**given()) == 1


def test_26_a_second_report_by_the_same_person_is_kept_beside_the_first() -> None:
    tree = make_tree()
    person = make_person()
    for text in ("It is spam.", "And it has an address in it."):
        reports.report(message_id=tree.pk, person=person, labels=["spam"], text=text, now=given()["now"])
    assert list(Report.objects.order_by("id").values_list("text", flat=True)) == [
        "It is spam.",
        "And it has an address in it.",
    ]


def test_29_a_ban_stays_a_ban_whatever_the_person_does() -> None:
    make_tree()
    person = make_person()
    sanctions.ban_person(person_id=person.pk, by=make_moderator(), why="spam", **given())
    person.last_login = given()["now"]
    person.save(update_fields=["last_login"])
    access.accept_terms(person=person, now=given()["now"])
    assert User.objects.get(pk=person.pk).status == Status.BANNED
    with pytest.raises(UserDisabled):
        claim(person)


def test_39_equal_votes_make_equal_ranks_instead_of_an_order_by_id() -> None:
    tree = make_tree(state=State.RANKING, replies=2)
    one, other = replies_to(root_of(tree))
    for best in (one, other):
        person = make_person()
        task = claim(person, Kind.RANK_ASSISTANT_REPLIES)
        submit(task, person, draft_for(task, person, best=best))
    person = make_person()
    task = claim(person, Kind.RANK_ASSISTANT_REPLIES)
    submit(task, person, draft_for(task, person, best=one, not_rankable=True))
    scoring.score_waiting(**given())
    assert [reply.rank for reply in replies_to(root_of(tree))] == [0, 0]
    assert drifts() == []


def test_a_nudge_is_sent_only_when_the_answer_is_committed(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks() as callbacks:
        nudges.soon("tasks.score_trees")
    assert len(callbacks) == 1


def test_a_task_withdrawn_while_somebody_writes_is_explained_not_lost() -> None:
    tree = make_tree()
    person = make_person()
    task = claim(person, Kind.ASSISTANT_REPLY)
    advance(tree, Event.RED_FLAGGED)
    task.refresh_from_db()
    assert (task.state, task.last_holder) == (TaskState.WITHDRAWN, person)
    with pytest.raises(TreeEnded):
        submit(task, person, ReplyDraft("My text"))
