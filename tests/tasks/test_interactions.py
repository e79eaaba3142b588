"""Answers: stored exactly once, taken late while wanted, refused with a reason otherwise."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.access import UserDisabled
from accounts.models import Status, User
from tasks import assignment, interactions, lottery
from tasks.drafts import Draft, InvalidRanking, RankingDraft, ReplyDraft, ReviewDraft
from tasks.kinds import Kind
from tasks.locking import TaskNotFound
from tasks.models import FreeLabels, Message, Ranking, Review, Task, TaskState, Tree
from tasks.refusals import AnswerConflict, DuplicateMessage, NotYours, TaskGone, TreeEnded, WrongKindOfAnswer
from tasks.tree_states import Event, State
from tests.making import (
    NOW,
    advance,
    claim,
    draft_for,
    drifts,
    given,
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
from tests.tasks.test_assignment import open_prompts, spoken

pytestmark = pytest.mark.django_db

LATE = NOW + timedelta(days=1)


def prompt() -> None:
    open_prompts()


def answers() -> int:
    return sum(model.objects.count() for model in (Message, Review, Ranking))


#: How to get a task of each deed: what must be there, and the kind.
DEEDS: dict[str, tuple[Callable[[], object], Kind]] = {
    "prompt": (prompt, Kind.INITIAL_PROMPT),
    "reply": (make_tree, Kind.ASSISTANT_REPLY),
    "review": (lambda: make_tree(state=State.INITIAL_PROMPT_REVIEW), Kind.LABEL_INITIAL_PROMPT),
    "ranking": (lambda: make_tree(state=State.RANKING), Kind.RANK_ASSISTANT_REPLIES),
}


@pytest.fixture(params=DEEDS)
def held(request: pytest.FixtureRequest) -> tuple[Task, User]:
    """A task of each deed in somebody's hands."""
    prepare, kind = DEEDS[request.param]
    prepare()
    person = make_person()
    return claim(person, kind), person


def other_draft(task: Task, person: User) -> Draft:
    """Another answer than draft_for() gives."""
    if task.kind == Kind.RANK_ASSISTANT_REPLIES:
        draft = draft_for(task, person)
        assert isinstance(draft, RankingDraft)
        return RankingDraft(draft.order[::-1], draft.not_rankable)
    if task.kind == Kind.LABEL_INITIAL_PROMPT:
        return ReviewDraft({"spam": 1.0})
    return ReplyDraft("Something else")


def test_an_answer_is_stored_and_finishes_its_task(held: tuple[Task, User]) -> None:
    task, person = held
    before = answers()
    receipt = submit(task, person)
    task.refresh_from_db()
    assert (task.state, task.done_at, task.claimed_by) == (TaskState.DONE, NOW, person)
    assert (receipt.task_id, receipt.kind, receipt.repeated) == (task.pk, task.kind, False)
    assert Tree.objects.filter(pk=receipt.tree_id).exists()
    assert answers() == before + 1
    assert drifts() == []


def test_a_double_click_answers_once(held: tuple[Task, User]) -> None:
    task, person = held
    draft = draft_for(task, person)
    first = submit(task, person, draft)
    stored = answers()
    again = submit(task, person, draft, now=LATE)
    assert again.repeated
    assert (again.answer_id, again.tree_id, again.task_id) == (first.answer_id, first.tree_id, first.task_id)
    assert answers() == stored
    assert drifts() == []


def test_another_answer_to_the_same_task_is_refused_and_the_first_stands(held: tuple[Task, User]) -> None:
    task, person = held
    first = submit(task, person, draft_for(task, person))
    stored = answers()
    with pytest.raises(AnswerConflict) as refusal:
        submit(task, person, other_draft(task, person))
    assert refusal.value.status == 409
    assert answers() == stored
    assert submit(task, person, draft_for_stored(task, person, first)).repeated


def draft_for_stored(
    task: Task, person: User, receipt: interactions.Receipt
) -> ReplyDraft | ReviewDraft | RankingDraft:
    """The draft that was stored, made anew as a retry makes it."""
    if task.kind in (Kind.INITIAL_PROMPT, Kind.ASSISTANT_REPLY):
        return ReplyDraft.of(Message.objects.get(pk=receipt.answer_id).text + " \r\n", limit=2000)
    return draft_for(Task.objects.get(pk=task.pk), person)


def test_somebody_elses_task_cannot_be_answered(held: tuple[Task, User]) -> None:
    task, person = held
    stored = answers()
    with pytest.raises(NotYours):
        submit(task, make_person(), draft_for(task, person))
    submit(task, person)
    with pytest.raises(NotYours):
        submit(task, make_person(), draft_for(task, person))
    assert answers() == stored + 1


def test_an_answer_of_another_kind_is_refused(held: tuple[Task, User]) -> None:
    task, person = held
    wrong = ReviewDraft({"spam": 0.0}) if task.kind != Kind.LABEL_INITIAL_PROMPT else ReplyDraft("Hello")
    with pytest.raises(WrongKindOfAnswer):
        submit(task, person, wrong)


def test_a_task_that_never_was_cannot_be_answered() -> None:
    with pytest.raises(TaskNotFound):
        interactions.submit(task_id=uuid4(), by=make_person(), draft=ReplyDraft("Hello"), **given())


def test_a_banned_person_cannot_hand_in_what_they_hold(held: tuple[Task, User]) -> None:
    task, person = held
    draft = draft_for(task, person)
    User.objects.filter(pk=person.pk).update(status=Status.BANNED)
    stored = answers()
    with pytest.raises(UserDisabled):
        submit(task, person, draft)
    assert answers() == stored


# Late answers


def test_a_late_answer_is_taken_before_anybody_noticed(held: tuple[Task, User]) -> None:
    task, person = held
    assert not submit(task, person, now=LATE).repeated


def test_a_late_answer_is_taken_when_the_task_went_back_and_is_still_free(held: tuple[Task, User]) -> None:
    task, person = held
    assignment.return_expired(**given(now=LATE))
    receipt = submit(task, person, now=LATE)
    assert receipt.task_id == task.pk
    assert drifts() == []


def test_a_late_answer_goes_to_another_opening_when_somebody_else_has_the_task(held: tuple[Task, User]) -> None:
    task, person = held
    draft = draft_for(task, person)
    assignment.return_expired(**given(now=LATE))
    for other in make_people(30):
        if claim(other, Kind(task.kind), now=LATE).pk == task.pk:
            break
        assignment.return_all_of(person=other, **given(now=LATE))
        Task.objects.open().exclude(pk=task.pk).update(dice=2)
    receipt = submit(task, person, draft, now=LATE)
    assert receipt.task_id != task.pk
    again = submit(task, person, draft, now=LATE)
    assert again.repeated
    assert again.answer_id == receipt.answer_id
    with pytest.raises(AnswerConflict):
        submit(receipt_task(receipt), person, other_draft(task, person), now=LATE)
    assert drifts() == []


def receipt_task(receipt: interactions.Receipt) -> Task:
    return Task.objects.get(pk=receipt.task_id)  # type: ignore[no-any-return]


def test_a_late_answer_goes_to_the_persons_own_new_claim() -> None:
    make_tree(width=1)
    person = make_person()
    first = claim(person, Kind.ASSISTANT_REPLY)
    assignment.return_expired(**given(now=LATE))
    second = claim(person, Kind.ASSISTANT_REPLY, now=LATE)
    receipt = submit(first, person, now=LATE)
    assert receipt.task_id == second.pk
    assert drifts() == []


def test_a_late_answer_nobody_wants_any_more_is_refused() -> None:
    make_tree(width=1)
    slow, quick = make_people(2)
    task = claim(slow, Kind.ASSISTANT_REPLY)
    assignment.return_expired(**given(now=LATE))
    submit(claim(quick, Kind.ASSISTANT_REPLY, now=LATE), quick, now=LATE)
    with pytest.raises(TaskGone):
        submit(Task.objects.get(pk=task.pk), slow, ReplyDraft("Too late"), now=LATE)


def test_a_late_review_of_a_decided_message_is_refused() -> None:
    tree = make_tree(state=State.INITIAL_PROMPT_REVIEW)
    slow = make_person()
    task = claim(slow, Kind.LABEL_INITIAL_PROMPT)
    assignment.return_expired(**given(now=LATE))
    for _ in range(3):
        review(root_of(tree), now=LATE)
    with pytest.raises((TaskGone, TreeEnded)):
        submit(task, slow, ReviewDraft({"spam": 1.0}), now=LATE)
    assert root_of(tree).review_count == 3


def test_an_answer_to_a_tree_that_ended_meanwhile_is_refused() -> None:
    tree = make_tree()
    person = make_person()
    task = claim(person, Kind.ASSISTANT_REPLY)
    advance(tree, Event.HALTED)
    with pytest.raises(TreeEnded):
        submit(task, person, ReplyDraft("After the end"))
    assert drifts() == []


# What is stored


def test_a_reply_has_the_role_depth_and_language_of_its_place() -> None:
    tree = make_tree(lang="de")
    person = make_person(lang="en")
    receipt = submit(claim(person, Kind.ASSISTANT_REPLY, lang="de"), person)
    reply = Message.objects.get(pk=receipt.answer_id)
    assert (reply.lang, reply.role, reply.depth, reply.parent) == ("de", "assistant", 1, root_of(tree))
    assert (reply.review_result, reply.deleted, reply.author) == (None, False, person)
    assert openings(tree)[Kind.LABEL_ASSISTANT_REPLY] == 3


def test_a_prompt_starts_a_tree_whose_limits_are_frozen() -> None:
    open_prompts("de")
    person = make_person()
    receipt = submit(claim(person, Kind.INITIAL_PROMPT, lang="de"), person, goal_tree_size=7, max_tree_depth=2)
    tree = Tree.objects.get(pk=receipt.tree_id)
    assert (tree.state, tree.lang, tree.goal_tree_size, tree.max_depth) == (State.INITIAL_PROMPT_REVIEW, "de", 7, 2)
    assert receipt.answer_id == tree.pk
    assert openings(tree) == {Kind.LABEL_INITIAL_PROMPT: 3}
    assert list(tree.transitions.values_list("from_state", "event", "to_state")) == [("", "written", tree.state)]


def test_a_goal_may_be_drawn() -> None:
    goals = set()
    for seed in range(12):
        open_prompts()
        person = make_person()
        task = claim(person, Kind.INITIAL_PROMPT)
        drawn = given(seed=seed, random_goal_tree_size=True, min_goal_tree_size=5, goal_tree_size=7)
        receipt = interactions.submit(task_id=task.pk, by=person, draft=draft_for(task, person), **drawn)
        goals.add(Tree.objects.get(pk=receipt.tree_id).goal_tree_size)
    assert goals == {5, 6, 7}


def test_the_same_text_again_is_refused_for_two_hours() -> None:
    for _ in range(2):
        make_tree(width=1)
    person = make_person()
    submit(claim(person, Kind.ASSISTANT_REPLY), person, ReplyDraft("Yes."))
    task = claim(person, Kind.ASSISTANT_REPLY)
    with pytest.raises(DuplicateMessage):
        submit(task, person, ReplyDraft("Yes."), now=NOW + timedelta(minutes=119))
    assert submit(task, person, ReplyDraft("Yes."), now=NOW + timedelta(minutes=121))


def test_a_retry_after_a_moderator_edited_the_text_is_still_the_same_answer() -> None:
    from moderation import actions
    from tests.making import make_moderator

    make_tree()
    person = make_person()
    task = claim(person, Kind.ASSISTANT_REPLY)
    receipt = submit(task, person, ReplyDraft("Helo"))
    actions.edit_message(message_id=receipt.answer_id, text="Hello", by=make_moderator(), why="typo", **given())
    assert submit(task, person, ReplyDraft("Helo")).repeated


def test_the_third_review_decides() -> None:
    tree = make_tree(replies=1, verdict=None)
    (reply,) = replies_to(root_of(tree))
    for _ in range(2):
        review(reply)
    reply.refresh_from_db()
    assert (reply.review_count, reply.review_result) == (2, None)
    review(reply)
    reply.refresh_from_db()
    assert (reply.review_count, reply.review_result, reply.review_rules_id) == (3, True, rules().version or None)
    assert openings(tree)[Kind.PROMPTER_REPLY] == 1
    assert drifts() == []


@pytest.mark.parametrize(("spam", "verdict"), [((0, 0, 0), True), ((1, 0, 0), True), ((1, 1, 0), False)])
def test_one_vote_against_passes_and_two_do_not(spam: tuple[float, ...], verdict: bool) -> None:
    tree = make_tree(replies=1, verdict=None)
    (reply,) = replies_to(root_of(tree))
    for value in spam:
        review(reply, spam=value)
    reply.refresh_from_db()
    assert reply.review_result is verdict


def test_wrong_language_counts_like_spam() -> None:
    tree = make_tree(replies=1, verdict=None)
    (reply,) = replies_to(root_of(tree))
    for labels in ({"spam": 1.0}, {"spam": 0.0, "lang_mismatch": 1.0}, {"spam": 0.0}):
        person = make_person()
        submit(claim(person, Kind.LABEL_ASSISTANT_REPLY), person, ReviewDraft(labels))
    reply.refresh_from_db()
    assert reply.review_result is False


def test_a_ranking_must_name_every_reply_there_is_now() -> None:
    tree = make_tree(state=State.RANKING, replies=3)
    person = make_person()
    task = claim(person, Kind.RANK_ASSISTANT_REPLIES)
    draft = draft_for(task, person)
    assert isinstance(draft, RankingDraft)
    Message.objects.filter(pk=replies_to(root_of(tree))[0].pk).update(deleted=True)
    with pytest.raises(InvalidRanking):
        submit(task, person, draft)


def test_ties_are_stored_as_ties_and_retries_may_name_them_in_any_order() -> None:
    tree = make_tree(state=State.RANKING, replies=3)
    a, b, c = (reply.pk for reply in replies_to(root_of(tree)))
    person = make_person()
    task = claim(person, Kind.RANK_ASSISTANT_REPLIES)
    shown = [a, b, c]
    submit(task, person, RankingDraft.of([[c], [b, a]], shown=shown))
    stored = Ranking.objects.get(task=task)
    assert [sorted(group) for group in stored.order] == [[str(c)], sorted([str(a), str(b)])]
    assert sorted(stored.shown) == sorted(map(str, shown))
    assert submit(task, person, RankingDraft.of([[c], [a, b]], shown=shown)).repeated
    with pytest.raises(AnswerConflict):
        submit(task, person, RankingDraft.of([[c], [a, b]], shown=shown, not_rankable=True))


def test_free_labels_decide_nothing_and_the_newest_stand() -> None:
    tree = make_tree(replies=1, verdict=None)
    (reply,) = replies_to(root_of(tree))
    person = make_person()
    for value in (1.0, 0.5):
        interactions.label_freely(message=reply, person=person, labels={"spam": value}, now=NOW)
    assert FreeLabels.objects.get().labels == {"spam": 0.5}
    reply.refresh_from_db()
    assert (reply.review_count, reply.review_result) == (0, None)
    assert drifts() == []


@pytest.mark.parametrize("deed", DEEDS)
def test_an_answer_costs_at_most_twelve_queries(deed: str) -> None:
    prepare, kind = DEEDS[deed]
    prepare()
    person = make_person()
    task = claim(person, kind)
    draft, arguments = draft_for(task, person), given()
    with CaptureQueriesContext(connection) as queries:
        interactions.submit(task_id=task.pk, by=person, draft=draft, **arguments)
    assert len(spoken(queries)) <= 12, "\n".join(spoken(queries))


def test_a_review_that_decides_costs_at_most_twelve_queries() -> None:
    tree = make_tree(replies=2, verdict=None)
    reply = replies_to(root_of(tree))[0]
    for _ in range(2):
        review(reply)
    person = make_person()
    task = next(
        task for task in (claim(person, Kind.LABEL_ASSISTANT_REPLY) for _ in range(2)) if task.message_id == reply.pk
    )
    draft, arguments = draft_for(task, person), given()
    with CaptureQueriesContext(connection) as queries:
        interactions.submit(task_id=task.pk, by=person, draft=draft, **arguments)
    reply.refresh_from_db()
    assert reply.review_result is True
    assert len(spoken(queries)) <= 12, "\n".join(spoken(queries))


def test_prompts_are_only_asked_for_by_the_lottery() -> None:
    assert not Task.objects.open().exists()
    lottery.run(**given())
    assert Task.objects.open().filter(kind=Kind.INITIAL_PROMPT, lang="en").count() == 110
