"""Taking an answer back: for ten seconds, as long as nothing rests on it, and then as if it had never been given."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest
from django.db import OperationalError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.access import TermsNotAccepted, UserDisabled
from accounts.models import PointEntry, Status, User
from moderation import actions
from tasks import assignment, rewards, rulebook, undoing
from tasks.drafts import RankingDraft, Remarks, ReviewDraft
from tasks.kinds import Kind, NotRankable
from tasks.locking import TaskNotFound
from tasks.models import Message, Ranking, Review, Task, TaskState, Tree
from tasks.refusals import AnswerConflict, NotYours, TaskGone
from tasks.tree_states import State
from tasks.undoing import AnswerCounts, TimeToUndoOver, WritingStands
from tests.making import (
    NOW,
    add_message,
    advance,
    claim,
    claim_on,
    draft_for,
    drifts,
    held,
    impatient,
    make_moderator,
    make_people,
    make_person,
    make_tree,
    openings,
    replies_to,
    review,
    root_of,
    submit,
)
from tests.making import given as arguments

pytestmark = pytest.mark.django_db

REVIEW, RANK = Kind.LABEL_ASSISTANT_REPLY, Kind.RANK_ASSISTANT_REPLIES
SOON = NOW + timedelta(seconds=9)


def undo(task: Task, person: User, *, now: Any = SOON, **changes: Any) -> undoing.TakenBack:
    return undoing.undo(task_id=task.pk, by=person, **arguments(now=now, **changes))


def reviewed(**changes: Any) -> tuple[Tree, Task, User]:
    """A growing tree whose one undecided reply has got its first review."""
    tree = make_tree(replies=1, verdict=None)
    person = make_person()
    task = claim(person, REVIEW, **changes)
    submit(task, person, **changes)
    return tree, task, person


def ranked() -> tuple[Tree, Task, User]:
    """A tree whose replies have got the first of their three rankings."""
    tree = make_tree(state=State.RANKING, replies=3)
    person = make_person()
    task = claim(person, RANK)
    submit(task, person)
    return tree, task, person


def answers() -> list[tuple[Tree, Task, User]]:
    return [reviewed(), ranked()]


def everything(tree: Tree) -> dict[str, Any]:
    """What must be as before: the tree, its messages' counts and verdicts, its openings, its answers."""
    columns = ("review_count", "review_result", "review_rules", "decided_after", "ranking_count", "rank")
    return {
        "state": Tree.objects.get(pk=tree.pk).state,
        "transitions": tree.transitions.count(),
        "messages": list(Message.objects.filter(tree=tree).order_by("pk").values_list("pk", *columns)),
        "openings": openings(tree),
        "to_go": sorted(Task.objects.open().filter(tree=tree).values_list("kind", "to_go")),
        "held": sorted(Task.objects.filter(tree=tree, state=TaskState.CLAIMED).values_list("pk", "claimed_by")),
        "reviews": Review.objects.filter(message__tree=tree).count(),
        "rankings": Ranking.objects.filter(parent__tree=tree).count(),
    }


def test_a_review_taken_back_is_as_if_it_had_never_been_given() -> None:
    tree = make_tree(replies=1, verdict=None)
    person = make_person()
    task = claim(person, REVIEW)
    before = everything(tree)
    submit(task, person, ReviewDraft.of(REVIEW, {"spam": 0.0, "quality": 0.75}))
    assert everything(tree) != before
    back = undo(task, person)
    assert everything(tree) == before
    assert back.draft == ReviewDraft({"spam": 0.0, "quality": 0.75})
    task.refresh_from_db()
    assert (task.state, task.claimed_by, task.done_at) == (TaskState.CLAIMED, person, None)
    assert task.expires_at == SOON + timedelta(minutes=rulebook.in_force().deadline_judge_minutes)
    assert drifts() == []


def test_a_ranking_taken_back_is_as_if_it_had_never_been_given() -> None:
    tree = make_tree(state=State.RANKING, replies=3)
    person = make_person()
    task = claim(person, RANK)
    before = everything(tree)
    first, second, third = sorted(reply.pk for reply in replies_to(root_of(tree)))
    said = Remarks(frozenset({third}), NotRankable.NOT_COMPARABLE, "Apples and pears")
    draft = RankingDraft.of([[second], [first, third]], shown=[first, second, third], not_rankable=True, remarks=said)
    submit(task, person, draft)
    assert everything(tree) != before
    assert undo(task, person).draft == draft
    assert everything(tree) == before
    assert drifts() == []


def test_the_same_answer_sent_again_is_stored_anew() -> None:
    for _tree, task, person in answers():
        draft = draft_for(task, person)
        undo(task, person)
        assert not submit(task, person, draft, now=SOON).repeated
        assert submit(task, person, draft, now=SOON).repeated
        assert drifts() == []


def test_another_answer_may_be_given_instead() -> None:
    _tree, task, person = reviewed()
    undo(task, person)
    submit(task, person, draft_for(task, person, spam=1.0), now=SOON)
    assert Review.objects.get(reviewer=person).labels == {"spam": 1.0}
    with pytest.raises(AnswerConflict):
        submit(task, person, draft_for(task, person, spam=0.0), now=SOON)


def test_pressing_the_button_twice_takes_it_back_once() -> None:
    for tree, task, person in answers():
        undo(task, person)
        before = everything(tree)
        assert undo(task, person).draft is None
        assert everything(tree) == before


def test_the_time_is_ten_seconds_and_a_little_for_the_way() -> None:
    for _tree, task, person in answers():
        with pytest.raises(TimeToUndoOver):
            undo(task, person, now=NOW + timedelta(seconds=15, milliseconds=1))
        undo(task, person, now=NOW + timedelta(seconds=15))


def test_an_answer_is_taken_back_only_by_who_gave_it() -> None:
    for _tree, task, _person in answers():
        with pytest.raises(NotYours):
            undo(task, make_person())
    with pytest.raises(NotYours):
        undo(Task.objects.open()[0], make_person())
    with pytest.raises(TaskNotFound):
        undoing.undo(task_id=UUID(int=1), by=make_person(), **arguments())


def test_a_message_is_corrected_instead() -> None:
    make_tree()
    person = make_person()
    task = claim(person, Kind.ASSISTANT_REPLY)
    submit(task, person)
    with pytest.raises(WritingStands, match="You can correct your message instead"):
        undo(task, person)
    assert Message.objects.filter(task=task).exists()


def test_what_decided_something_stands() -> None:
    tree = make_tree(replies=1, verdict=None)
    (reply,) = replies_to(root_of(tree))
    for person in make_people(2):
        review(reply, by=person)
    last = make_person()
    task = claim(last, REVIEW)
    submit(task, last)
    before = everything(tree)
    with pytest.raises(AnswerCounts):
        undo(task, last)
    assert everything(tree) == before


def test_the_last_ranking_stands_for_its_tree_has_gone_on() -> None:
    tree = make_tree(state=State.RANKING, replies=2)
    for person in make_people(3):
        task = claim(person, RANK)
        submit(task, person)
    assert Tree.objects.get(pk=tree.pk).state == State.READY_FOR_SCORING
    with pytest.raises(AnswerCounts):
        undo(task, person)


def test_a_review_stands_once_the_next_one_has_come() -> None:
    tree, task, person = reviewed()
    (reply,) = replies_to(root_of(tree))
    review(reply)
    with pytest.raises(AnswerCounts):
        undo(task, person)


def test_an_answer_stands_when_its_conversation_was_stopped_or_its_message_deleted() -> None:
    for tree, task, person in answers():
        actions.halt_tree(tree_id=tree.pk, by=make_moderator(), why="", **arguments())
        with pytest.raises(AnswerCounts):
            undo(task, person)
    tree, task, person = reviewed()
    (reply,) = replies_to(root_of(tree))
    actions.delete_message(message_id=reply.pk, by=make_moderator(), why="", **arguments())
    with pytest.raises(AnswerCounts):
        undo(task, person)
    assert drifts() == []


def test_a_ranking_stands_that_nobody_would_be_asked_for_again() -> None:
    """Of two sets one lost a reply: its ranking stays, because the task could not be handed out any more."""
    tree = make_tree(replies=2)
    first, second = replies_to(root_of(tree))
    question = add_message(tree=tree, parent=first)
    for _ in range(2):
        add_message(tree=tree, parent=question)
    Tree.objects.filter(pk=tree.pk).update(goal_tree_size=3)
    advance(tree)
    person = make_person()
    task = claim_on(root_of(tree), RANK, by=person)
    submit(task, person)
    actions.delete_message(message_id=second.pk, by=make_moderator(), why="", **arguments())
    assert Tree.objects.get(pk=tree.pk).state == State.RANKING
    with pytest.raises(TaskGone):
        undo(task, person)
    assert Ranking.objects.filter(ranker=person).exists()
    assert drifts() == []


@pytest.mark.parametrize(("change", "refusal"), [("banned", UserDisabled), ("terms", TermsNotAccepted)])
def test_whoever_may_not_take_part_takes_nothing_into_their_hands(change: str, refusal: type[Exception]) -> None:
    _tree, task, person = reviewed()
    if change == "banned":
        User.objects.filter(pk=person.pk).update(status=Status.BANNED)
    else:
        User.objects.filter(pk=person.pk).update(terms_version=None)
    with pytest.raises(refusal):
        undo(task, person)


def test_points_that_were_counted_meanwhile_go_and_come_once() -> None:
    for _tree, task, person in answers():
        rewards.settle_points(now=NOW)
        lines = set(PointEntry.objects.values_list("reason", "source"))
        assert PointEntry.objects.filter(person=person).exists()
        undo(task, person)
        assert not PointEntry.objects.filter(person=person).exists()
        rewards.settle_points(now=SOON)
        assert not PointEntry.objects.filter(person=person).exists()
        submit(task, person, now=SOON)
        rewards.settle_points(now=SOON)
        assert PointEntry.objects.filter(person=person).count() == 1
        assert PointEntry.objects.count() == len(lines)


def test_a_ranking_takes_back_the_places_it_gave() -> None:
    tree, task, person = ranked()
    rewards.settle_points(now=NOW)
    places = PointEntry.objects.filter(reason__startswith="ranked_")
    assert places.count() == 3
    undo(task, person)
    assert not places.exists()
    assert PointEntry.objects.filter(person=root_of(tree).author).exists(), "what they earned otherwise stays"


def test_a_late_answer_can_be_taken_back_too() -> None:
    tree = make_tree(replies=1, verdict=None)
    person = make_person()
    task = claim(person, REVIEW)
    late = NOW + timedelta(days=1)
    assignment.return_expired(**arguments(now=late))
    receipt = submit(task, person, now=late)
    undo(Task.objects.get(pk=receipt.task_id), person, now=late + timedelta(seconds=3))
    assert not Review.objects.filter(reviewer=person).exists()
    assert not submit(task, person, now=late + timedelta(seconds=5)).repeated
    assert openings(tree)[REVIEW] == 2
    assert drifts() == []


def test_after_taking_it_back_one_may_still_skip_or_give_it_back() -> None:
    tree, task, person = reviewed()
    undo(task, person)
    assignment.release(task_id=task.pk, by=person, **arguments(now=SOON))
    assert openings(tree)[REVIEW] == 3
    assert drifts() == []


def test_an_opening_that_the_review_called_for_goes_again() -> None:
    """Adaptive: two reviews left it open, so a third was asked for. Without the second, only the second is."""
    rulebook.change(
        changes={"review_rule": "adaptive", "min_reviews": 2, "max_reviews": 5, "p_known_answer": 0},
        by=None,
        note="",
        now=NOW,
    )
    tree = make_tree(replies=1, verdict=None)
    (reply,) = replies_to(root_of(tree))
    review(reply, spam=1.0)
    person = make_person()
    task = claim(person, REVIEW)
    before = everything(tree)
    submit(task, person, draft_for(task, person, spam=0.0))
    assert openings(tree) == {**before["openings"], REVIEW: 1}
    undo(task, person)
    assert everything(tree) == before
    assert drifts() == []


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    state=st.sampled_from([State.INITIAL_PROMPT_REVIEW, State.GROWING, State.RANKING]),
    steps=st.lists(st.tuples(st.booleans(), st.sampled_from([0.0, 1.0])), min_size=1, max_size=5),
    rule=st.sampled_from(["fixed", "adaptive"]),
    seed=st.integers(0, 1000),
)
def test_answering_and_taking_it_back_changes_nothing(
    db: None, state: State, steps: list[tuple[bool, float]], rule: str, seed: int
) -> None:
    """Whatever was answered before. Examples share a database, so each takes its rows back with it."""
    with transaction.atomic():
        answer_and_take_back(state, steps, rule, seed)
        transaction.set_rollback(True)


def answer_and_take_back(state: State, steps: list[tuple[bool, float]], rule: str, seed: int) -> None:
    changes = {"review_rule": rule, "ranking_rule": rule, "p_known_answer": 0}
    rulebook.change(changes=changes, by=None, note="", now=NOW)
    new = state is State.INITIAL_PROMPT_REVIEW
    tree = make_tree(state=state, replies=0 if new else 2, verdict=None if state is State.GROWING else True)
    chance = Random(seed)
    for stays, spam in steps:
        kinds = [kind for kind in openings(tree) if kind.startswith(("label", "rank"))]
        if not kinds:
            break
        person = make_person()
        task = claim(person, chance.choice(kinds), seed=seed)
        before = everything(tree)
        submit(task, person, draft_for(task, person, spam=spam))
        try:
            undo(task, person, seed=seed)
        except AnswerCounts:
            continue
        assert everything(tree) == before
        assert drifts() == []
        if stays:
            submit(task, person, draft_for(task, person, spam=spam), now=SOON)


@pytest.mark.django_db(transaction=True)
def test_taking_back_waits_for_the_tree() -> None:
    for tree, task, person in answers():
        with held("tasks_tree", tree.pk), impatient(), pytest.raises(OperationalError, match="lock timeout"):
            undo(task, person)
        assert Task.objects.get(pk=task.pk).state == TaskState.DONE, "nothing was taken back"
        undo(task, person)


def test_it_costs_few_queries(django_assert_max_num_queries: Any) -> None:
    for _tree, task, person in answers():
        with django_assert_max_num_queries(14):
            undo(task, person)
