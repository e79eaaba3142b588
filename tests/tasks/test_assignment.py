"""Handing out work: who gets what, for how long, how much, and what comes back."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.access import TermsNotAccepted, UserDisabled
from accounts.models import Status, User
from tasks import assignment, lottery
from tasks.assignment import held_task
from tasks.kinds import Kind, Mode, SkipReason
from tasks.locking import TaskNotFound
from tasks.models import Skip, Task, TaskState
from tasks.refusals import AlreadyFinished, NothingAvailable, NotYours, TooManyPending, TooManyRequests
from tasks.tree_states import State
from tests.making import (
    NOW,
    add_message,
    advance,
    claim,
    drifts,
    given,
    make_people,
    make_person,
    make_tree,
    openings,
    replies_to,
    root_of,
    rules,
    submit,
)

pytestmark = pytest.mark.django_db


def skip(task: Task, by: User, *, reason: SkipReason | None = None, text: str = "") -> None:
    assignment.skip(task_id=task.pk, by=by, reason=reason, text=text, **given())


def spoken(queries: CaptureQueriesContext) -> list[str]:
    """Statements that ask or say something: without those that only open and close transactions."""
    frame = ("SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN", "COMMIT", "SET CONSTRAINTS")
    return [query["sql"] for query in queries.captured_queries if not query["sql"].startswith(frame)]


def open_prompts(lang: str = "en", **changes: object) -> None:
    lottery.run_for(lang=lang, **given(**changes))


def test_a_claim_gives_the_task_to_one_person_until_its_deadline() -> None:
    make_tree(state=State.INITIAL_PROMPT_REVIEW)
    person = make_person()
    task = claim(person, Kind.LABEL_INITIAL_PROMPT)
    assert (task.state, task.claimed_by, task.claimed_at) == (TaskState.CLAIMED, person, NOW)
    assert task.expires_at == NOW + timedelta(minutes=rules().deadline_judge_minutes)
    assert drifts() == []


def test_writing_is_held_longer_than_judging() -> None:
    make_tree()
    task = claim(make_person(), Kind.ASSISTANT_REPLY)
    assert task.expires_at == NOW + timedelta(minutes=rules().deadline_write_minutes)


def test_a_person_gets_one_task_of_a_kind_on_one_message() -> None:
    make_tree()
    person = make_person()
    claim(person, Kind.ASSISTANT_REPLY)
    with pytest.raises(NothingAvailable):
        claim(person, Kind.ASSISTANT_REPLY)


def test_openings_are_all_there_is_however_many_people_come() -> None:
    tree = make_tree(width=3)
    tasks = [claim(person, Kind.ASSISTANT_REPLY) for person in make_people(3)]
    assert len({task.pk for task in tasks}) == 3
    with pytest.raises(NothingAvailable):
        claim(make_person(), Kind.ASSISTANT_REPLY)
    assert openings(tree) == {}


def test_work_in_another_language_is_not_offered() -> None:
    make_tree(lang="de")
    person = make_person()
    with pytest.raises(NothingAvailable):
        claim(person, Kind.ASSISTANT_REPLY)
    assert claim(person, Kind.ASSISTANT_REPLY, lang="de").lang == "de"


@pytest.mark.parametrize(
    ("state", "kind", "rule"),
    [
        (State.INITIAL_PROMPT_REVIEW, Kind.LABEL_INITIAL_PROMPT, "allow_self_labeling"),
        (State.GROWING, Kind.ASSISTANT_REPLY, "allow_self_reply"),
    ],
)
def test_nobody_reviews_or_answers_themselves_unless_a_rule_allows_it(state: State, kind: Kind, rule: str) -> None:
    author = make_person()
    make_tree(state=state, author=author)
    assert kind not in assignment.available(person=author, lang="en", rules=rules())
    with pytest.raises(NothingAvailable):
        claim(author, kind)
    assert claim(author, kind, **{rule: True}).kind == kind


def test_nobody_ranks_their_own_reply_unless_a_rule_allows_it() -> None:
    asker, writer = make_people(2)
    make_tree(state=State.RANKING, author=asker, authors=[writer], replies=2)
    with pytest.raises(NothingAvailable):
        claim(writer, Kind.RANK_ASSISTANT_REPLIES)
    assert claim(writer, Kind.RANK_ASSISTANT_REPLIES, allow_self_ranking=True)
    assert claim(asker, Kind.RANK_ASSISTANT_REPLIES), "who asked may well judge the answers"


def test_a_writer_of_a_rejected_reply_may_rank_the_others() -> None:
    writer = make_person()
    tree = make_tree(state=State.RANKING)
    add_message(tree=tree, parent=root_of(tree), author=writer, verdict=False)
    advance(tree)
    assert claim(writer, Kind.RANK_ASSISTANT_REPLIES)


@pytest.mark.parametrize("change", [{"status": Status.BANNED}, {"status": Status.DELETED}])
def test_a_disabled_person_gets_nothing_even_with_an_old_session(change: dict[str, str]) -> None:
    make_tree()
    person = make_person()
    User.objects.filter(pk=person.pk).update(**change)
    assert person.status == Status.ACTIVE, "as the session knows them"
    with pytest.raises(UserDisabled):
        claim(person)


def test_the_terms_come_first() -> None:
    make_tree()
    with pytest.raises(TermsNotAccepted):
        claim(make_person(terms=False))


def test_trees_closest_to_completion_come_first() -> None:
    far = make_tree(goal=12)
    near = make_tree(goal=2)
    assert [claim(person, Kind.ASSISTANT_REPLY).tree for person in make_people(2)] == [near, far]


def test_off_means_any_task_with_the_same_chance() -> None:
    make_tree(goal=12)
    make_tree(goal=2)
    got = {claim(person, Kind.ASSISTANT_REPLY, closest_first=False).tree_id for person in make_people(4)}
    assert len(got) == 2


def test_asking_what_is_available_changes_nothing() -> None:
    make_tree()
    make_tree(state=State.INITIAL_PROMPT_REVIEW)
    person = make_person()
    with CaptureQueriesContext(connection) as queries:
        there = assignment.available(person=person, lang="en", rules=rules())
    assert there == {Kind.ASSISTANT_REPLY: 3, Kind.LABEL_INITIAL_PROMPT: 3}
    assert all(query["sql"].lstrip().startswith("SELECT") for query in queries.captured_queries)


def test_what_is_available_is_what_can_be_claimed() -> None:
    tree = make_tree(replies=1, verdict=None)
    person = make_person()
    there = assignment.available(person=person, lang="en", rules=rules())
    for kind in there:
        assert claim(person, kind).tree == tree
    assert assignment.available(person=person, lang="en", rules=rules()) == {}


def test_work_of_any_kind_is_drawn_by_weight_and_falls_back_to_what_is_there() -> None:
    make_tree(state=State.RANKING)
    make_tree()
    only_ranking = {"weight_reply": 0.0, "weight_review_reply": 0.0, "weight_review_prompt": 0.0, "weight_prompt": 0.0}
    person = make_person()
    assert claim(person, **only_ranking).kind == Kind.RANK_ASSISTANT_REPLIES
    with pytest.raises(NothingAvailable):
        claim(person, **only_ranking)
    assert claim(person).kind == Kind.ASSISTANT_REPLY


@pytest.mark.parametrize(
    ("kind", "rule"),
    [
        (Kind.LABEL_PROMPTER_REPLY, "p_full_labeling_review_reply_prompter"),
        (Kind.LABEL_ASSISTANT_REPLY, "p_full_labeling_review_reply_assistant"),
    ],
)
@pytest.mark.parametrize(("chance", "mode"), [(1.0, Mode.FULL), (0.0, Mode.SIMPLE)])
def test_the_configured_chance_of_full_labelling_is_respected(kind: Kind, rule: str, chance: float, mode: Mode) -> None:
    tree = make_tree(replies=1)
    reply = replies_to(root_of(tree))[0]
    if kind == Kind.LABEL_PROMPTER_REPLY:
        add_message(tree=tree, parent=reply, verdict=None)
    else:
        add_message(tree=tree, parent=root_of(tree), verdict=None)
    advance(tree)
    assert claim(make_person(), kind, **{rule: chance}).mode == mode


def test_a_quarter_means_about_a_quarter() -> None:
    rng, chance = Random(5), rules()
    modes = [assignment._mode(Kind.LABEL_PROMPTER_REPLY, chance, rng) for _ in range(1000)]
    assert 200 < modes.count(Mode.FULL) < 300


# Limits


def test_nobody_holds_more_than_eight_recent_tasks() -> None:
    for _ in range(9):
        make_tree()
    person = make_person()
    limits = {"assistant_replies_per_2_minutes": 100}
    for _ in range(8):
        claim(person, Kind.ASSISTANT_REPLY, **limits)
    with pytest.raises(TooManyPending):
        claim(person, Kind.ASSISTANT_REPLY, **limits)
    later = NOW + timedelta(seconds=rules().recent_tasks_span_sec + 1)
    assert claim(person, Kind.ASSISTANT_REPLY, now=later, **limits)


def test_nobody_claims_more_than_thirty_tasks_in_four_minutes() -> None:
    person = make_person()
    for number in range(31):
        make_tree()
        if number < 30:
            submit(claim(person, now=NOW), person)
    with pytest.raises(TooManyRequests):
        claim(person)
    assert claim(person, now=NOW + timedelta(minutes=4, seconds=1))


def test_skipping_does_not_make_room_for_more_requests() -> None:
    person = make_person()
    for _ in range(3):
        make_tree()
    for _ in range(2):
        skip(claim(person, task_requests_per_4_minutes=2), person)
    with pytest.raises(TooManyRequests):
        claim(person, task_requests_per_4_minutes=2)


def test_giving_back_does_not_make_room_for_more_requests() -> None:
    person = make_person()
    for _ in range(3):
        make_tree()
    for _ in range(2):
        task = claim(person, task_requests_per_4_minutes=2)
        assignment.release(task_id=task.pk, by=person, now=NOW, rules=rules(), rng=Random(1))
    with pytest.raises(TooManyRequests):
        claim(person, task_requests_per_4_minutes=2)


@pytest.mark.parametrize(("kind", "limit"), [(Kind.ASSISTANT_REPLY, 4), (Kind.PROMPTER_REPLY, 8)])
def test_one_kind_of_reply_may_be_asked_for_only_so_often(kind: Kind, limit: int) -> None:
    person = make_person()
    for _ in range(limit + 3):
        make_tree(replies=1 if kind == Kind.PROMPTER_REPLY else 0)
    for _ in range(limit):
        claim(person, kind, max_pending_tasks_per_user=100)
    with pytest.raises(TooManyRequests):
        claim(person, kind, max_pending_tasks_per_user=100)
    assert claim(person, max_pending_tasks_per_user=100), "whoever takes anything is not limited by kind"
    assert claim(person, kind, max_pending_tasks_per_user=100, now=NOW + timedelta(minutes=2, seconds=1))


# Giving back


def test_a_skipped_task_goes_to_the_others_and_never_comes_back() -> None:
    tree = make_tree(goal=2)
    person = make_person()
    skip(claim(person, Kind.ASSISTANT_REPLY), person, reason=SkipReason.TOO_LONG)
    with pytest.raises(NothingAvailable):
        claim(person, Kind.ASSISTANT_REPLY)
    assert claim(make_person(), Kind.ASSISTANT_REPLY).tree == tree
    assert drifts() == []


def test_a_long_reason_for_a_skip_is_kept_whole_after_the_task_is_done() -> None:
    make_tree(goal=2)
    person, other = make_people(2)
    task = claim(person, Kind.ASSISTANT_REPLY)
    skip(task, person, reason=SkipReason.OTHER, text="why " * 2000)
    submit(claim(other, Kind.ASSISTANT_REPLY), other)
    (kept,) = Skip.objects.filter(person=person)
    assert (kept.reason, kept.text, kept.task_id) == (SkipReason.OTHER, "why " * 2000, task.pk)


def test_skipping_twice_is_one_skip() -> None:
    make_tree()
    person = make_person()
    task = claim(person, Kind.ASSISTANT_REPLY)
    skip(task, person)
    with pytest.raises(NotYours):
        skip(task, person)
    assert Skip.objects.count() == 1


def test_a_skipped_task_cannot_be_answered_as_if_nothing_had_happened() -> None:
    make_tree()
    person = make_person()
    task = claim(person, Kind.ASSISTANT_REPLY)
    skip(task, person)
    with pytest.raises(NotYours):
        submit(task, person)


def test_a_task_skipped_after_its_deadline_cannot_be_answered_either() -> None:
    make_tree()
    person = make_person()
    task = claim(person, Kind.ASSISTANT_REPLY)
    late = NOW + timedelta(days=1)
    assignment.return_expired(**given(now=late))
    skip(task, person)
    with pytest.raises(NotYours):
        submit(task, person, now=late)


def test_whoever_skips_a_second_claim_cannot_answer_the_first_one_late() -> None:
    make_tree(width=2)
    person, *others = make_people(3)
    first = claim(person, Kind.ASSISTANT_REPLY)
    late = NOW + timedelta(days=1)
    assignment.return_expired(**given(now=late))
    taken = [(claim(other, Kind.ASSISTANT_REPLY, now=late), other) for other in others]
    ((free, other),) = [(task, other) for task, other in taken if task.pk != first.pk]
    assignment.release(task_id=free.pk, by=other, **given(now=late))
    second = claim(person, Kind.ASSISTANT_REPLY, now=late)
    assert second.pk == free.pk
    skip(second, person)
    with pytest.raises(NotYours):
        submit(first, person, now=late)


def test_new_prompts_may_be_skipped_again_and_again() -> None:
    open_prompts()
    person = make_person()
    for _ in range(2):
        skip(claim(person, Kind.INITIAL_PROMPT), person)
    assert Skip.objects.filter(person=person, message=None).count() == 2
    assert claim(person, Kind.INITIAL_PROMPT)


def test_a_released_task_may_be_taken_again_by_the_same_person() -> None:
    make_tree(goal=2)
    person = make_person()
    task = claim(person, Kind.ASSISTANT_REPLY)
    for _ in range(2):
        assignment.release(task_id=task.pk, by=person, **given())
    assert claim(person, Kind.ASSISTANT_REPLY).pk == task.pk
    assert drifts() == []


def test_only_the_holder_gives_a_task_back() -> None:
    make_tree()
    person, other = make_people(2)
    task = claim(person, Kind.ASSISTANT_REPLY)
    assignment.release(task_id=task.pk, by=other, **given())
    with pytest.raises(NotYours):
        skip(task, other)
    task.refresh_from_db()
    assert task.claimed_by == person


def test_a_finished_task_can_neither_be_skipped_nor_released() -> None:
    make_tree()
    person = make_person()
    task = claim(person, Kind.ASSISTANT_REPLY)
    submit(task, person)
    with pytest.raises(AlreadyFinished):
        skip(task, person)
    with pytest.raises(AlreadyFinished):
        assignment.release(task_id=task.pk, by=person, **given())


def test_a_task_comes_back_by_itself_at_its_deadline_and_not_before() -> None:
    tree = make_tree(goal=2)
    person = make_person()
    task = claim(person, Kind.ASSISTANT_REPLY)
    assert assignment.return_expired(**given(now=task.expires_at - timedelta(seconds=1))) == 0
    assert openings(tree) == {}
    assert assignment.return_expired(**given(now=task.expires_at)) == 1
    assert openings(tree) == {Kind.ASSISTANT_REPLY: 1}
    assert assignment.return_expired(**given(now=task.expires_at)) == 0
    assert drifts() == []


def test_a_forgotten_prompt_comes_back_too() -> None:
    open_prompts()
    before = Task.objects.open().count()
    task = claim(make_person(), Kind.INITIAL_PROMPT)
    assignment.return_expired(**given(now=NOW + timedelta(days=1)))
    task.refresh_from_db()
    assert (task.state, Task.objects.open().count()) == (TaskState.OPEN, before)


def test_everything_a_person_holds_goes_back_at_once() -> None:
    make_tree()
    make_tree(state=State.INITIAL_PROMPT_REVIEW)
    person = make_person()
    tasks = [claim(person, kind) for kind in (Kind.ASSISTANT_REPLY, Kind.LABEL_INITIAL_PROMPT)]
    assert assignment.return_all_of(person=person, **given()) == 2
    for task in tasks:
        with pytest.raises(NotYours):
            submit(task, person)
    assert drifts() == []


def test_a_task_is_shown_to_its_holder_only() -> None:
    make_tree()
    person, other = make_people(2)
    task = claim(person, Kind.ASSISTANT_REPLY)
    assert held_task(task_id=task.pk, by=person).pk == task.pk
    with pytest.raises(NotYours):
        held_task(task_id=task.pk, by=other)
    with pytest.raises(TaskNotFound):
        held_task(task_id=person.pk, by=person)


# Cost


@pytest.mark.parametrize("kind", [Kind.ASSISTANT_REPLY, None])
def test_a_claim_costs_at_most_six_queries(kind: Kind | None) -> None:
    for _ in range(5):
        make_tree(replies=2, verdict=None)
    person = make_person()
    arguments = given()
    with CaptureQueriesContext(connection) as queries:
        assignment.claim(person=person, lang="en", kind=kind, **arguments)
    assert len(spoken(queries)) <= 6, "\n".join(spoken(queries))
