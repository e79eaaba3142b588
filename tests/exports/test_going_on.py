"""Imported trees are trees like any other: work on them goes on where the file left it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from moderation import actions
from tasks import lottery, scoring
from tasks.kinds import Kind
from tasks.models import Message, Task, Tree
from tasks.refusals import NothingAvailable
from tasks.tree_states import ACTIVE, State
from tests.exports.files import EVERYTHING, bring_in, message, number, real, take_out, tree, write
from tests.making import (
    NOW,
    claim,
    draft_for,
    drifts,
    given,
    make_moderator,
    make_people,
    make_person,
    openings,
    review,
    submit,
)

pytestmark = pytest.mark.django_db


def brought_in(tmp_path: Path, *trees: dict[str, object], **options: object) -> Tree:
    """The first of these trees."""
    report = bring_in(write(tmp_path / "f.jsonl", trees), **options)
    assert report.broken == []
    found: Tree = Tree.objects.get(pk=str(trees[0]["message_tree_id"]))
    return found


def test_a_growing_tree_takes_a_reply_and_exports_it(tmp_path: Path) -> None:
    brought_in(tmp_path, tree(message(1, message(2)), "growing"))
    person = make_person()
    task = claim(person, Kind.ASSISTANT_REPLY)
    submit(task, person, draft_for(task, person, text="A fresh answer"), now=NOW + timedelta(minutes=5))
    [exported] = take_out(tmp_path / "out.jsonl", *EVERYTHING)
    assert exported["tree_state"] == "growing"
    assert [reply["text"] for reply in exported["prompt"]["replies"]] == ["Text 2", "A fresh answer"]
    assert exported["prompt"]["replies"][1]["user_id"] == str(person.pk)
    assert drifts() == []


def work_it_off() -> None:
    """Eight people take whatever there is until nothing is left."""
    crowd = make_people(8)
    while Task.objects.open().exists():
        for person in crowd:
            try:
                task = claim(person, task_requests_per_4_minutes=9999, assistant_replies_per_2_minutes=9999)
            except NothingAvailable:
                continue
            submit(task, person)


def test_a_growing_tree_grows_up_to_the_goal_in_force_and_is_finished_here(tmp_path: Path) -> None:
    grown = brought_in(tmp_path, tree(message(1, message(2)), "growing"))
    assert (grown.goal_tree_size, grown.max_depth, grown.max_children_count) == (12, 3, 3)
    work_it_off()
    scoring.score_waiting(**given())
    grown.refresh_from_db()
    assert grown.state == State.READY_FOR_EXPORT
    assert Message.objects.kept().count() == 12
    assert drifts() == []


def test_a_prompt_under_review_is_decided_by_old_and_new_reviews_together(tmp_path: Path) -> None:
    labels = {"spam": {"value": 1.0, "count": 2}}
    prompt = message(1, review_count=2, review_result=None, labels=labels)
    waiting = brought_in(tmp_path, tree(prompt, "initial_prompt_review"))
    assert openings(waiting) == {Kind.LABEL_INITIAL_PROMPT: 1}
    review(Message.objects.get(pk=number(1)), spam=0.0)
    waiting.refresh_from_db()
    assert waiting.state == State.ABORTED_LOW_GRADE
    [exported] = take_out(tmp_path / "out.jsonl", *EVERYTHING)
    assert exported["prompt"]["labels"]["spam"] == {"value": pytest.approx(2 / 3), "count": 3}
    assert (exported["prompt"]["review_count"], exported["prompt"]["review_result"]) == (3, False)
    assert drifts() == []


def test_an_accepted_prompt_takes_part_in_the_lottery(tmp_path: Path) -> None:
    waiting = brought_in(tmp_path, tree(message(1, user_id=number(9)), "prompt_lottery_waiting"))
    lottery.run(**given())
    waiting.refresh_from_db()
    assert waiting.state == State.GROWING
    assert drifts() == []


def test_a_tree_to_be_ranked_keeps_its_size_and_waits_for_rankings(tmp_path: Path) -> None:
    ranked = brought_in(tmp_path, tree(message(1, message(2), message(3)), "ranking"))
    assert ranked.goal_tree_size == 3
    assert openings(ranked) == {Kind.RANK_ASSISTANT_REPLIES: 3}
    for person in make_people(3):
        submit(claim(person), person)
    scoring.score_waiting(**given())
    ranked.refresh_from_db()
    assert ranked.state == State.READY_FOR_EXPORT
    assert sorted(Message.objects.filter(depth=1).values_list("rank", flat=True)) == [0, 1]
    assert drifts() == []


def test_published_ranks_survive_a_recheck_of_a_finished_tree(tmp_path: Path) -> None:
    replies = (message(2, rank=1), message(3, rank=0), message(4, rank=2))
    finished = brought_in(tmp_path, tree(message(1, *replies)))
    assert finished.finished_at is not None
    actions.delete_message(message_id=Message.objects.get(pk=number(4)).pk, by=make_moderator(), why="", **given())
    scoring.score_waiting(**given())
    finished.refresh_from_db()
    assert finished.state == State.READY_FOR_EXPORT
    [exported] = take_out(tmp_path / "out.jsonl")
    assert [(reply["text"], reply["rank"]) for reply in exported["prompt"]["replies"]] == [("Text 3", 0), ("Text 2", 1)]


def wide(n: int, width: int) -> dict[str, object]:
    return message(n, *(message(n + 1 + i) for i in range(width)))


def full_to_the_last_place(n: int) -> dict[str, object]:
    """A reply with all below it that a depth of three and a width of three allow."""
    return message(n, wide(n + 1, 3))


#: Trees that would stop growing under the rules in force, and the goal and width with which they go on.
FULL = {
    "at the goal": (tree(message(1, *(wide(10 * i, 3) for i in range(1, 4)), message(2, deleted=True))), 14, 3),
    "beyond the goal": (tree(message(1, *(wide(20 * i, 6) for i in range(1, 4)))), 23, 3),
    "without a free place": (tree(message(1, *(full_to_the_last_place(10 * i) for i in range(1, 4)))), 17, 4),
}


@pytest.mark.parametrize("name", FULL)
def test_a_tree_published_as_growing_goes_on_growing_however_large_it_is(name: str, tmp_path: Path) -> None:
    """The rules were other ones where it was published: it gets room for more, or it would not be growing."""
    published, goal, width = FULL[name]
    grown = brought_in(tmp_path, published | {"tree_state": "growing"})
    assert (grown.state, grown.goal_tree_size, grown.max_children_count) == (State.GROWING, goal, width)
    assert sum(openings(grown).values()) == 1
    assert drifts() == []


MOVED = {
    "growing → halted_by_moderator": tree(message(1, deleted=True), "growing"),
    "initial_prompt_review → prompt_lottery_waiting": tree(message(1), "initial_prompt_review"),
    "initial_prompt_review → aborted_low_grade": tree(message(1, review_result=False), "initial_prompt_review"),
    "prompt_lottery_waiting → halted_by_moderator": tree(message(1, deleted=True), "prompt_lottery_waiting"),
    "ranking → ready_for_scoring": tree(message(1, message(2)), "ranking"),
    "ranking → growing": tree(message(1, message(2), message(3, review_result=None)), "ranking"),
    "ready_for_scoring → ranking": tree(message(1, message(2), message(3)), "ready_for_scoring"),
}


@pytest.mark.parametrize("move", MOVED)
def test_a_state_that_the_messages_contradict_is_left_at_once_and_reported(move: str, tmp_path: Path) -> None:
    report = bring_in(write(tmp_path / "f.jsonl", [MOVED[move]]))
    assert report.moved_on == {move: 1}
    assert Tree.objects.get().transitions.count() == 2
    assert drifts() == []


@pytest.mark.parametrize("state", [state for state in State if state not in ACTIVE])
def test_a_tree_nobody_works_on_stays_in_its_state(state: State, tmp_path: Path) -> None:
    resting = brought_in(tmp_path, tree(message(1, message(2), message(3)), state.value))
    assert resting.state == state
    assert not Task.objects.exists()
    assert drifts() == []


def test_every_active_real_tree_has_its_openings() -> None:
    bring_in(real("oasst2_multilingual_150.trees.jsonl"))
    for active in Tree.objects.filter(state__in=[State.GROWING, State.INITIAL_PROMPT_REVIEW]):
        assert openings(active)
