"""Every kind of drift is found: one row is tampered with, and inspection names it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import call_command

from tasks import inspection, replay, rulebook
from tasks.kinds import Kind
from tasks.models import Message, Review, Task, TaskState, Tree, TreeTransition
from tasks.replay import Tally
from tasks.tree_states import Event, State
from tests.making import (
    NOW,
    advance,
    claim,
    drifts,
    make_people,
    make_person,
    make_tree,
    replies_to,
    review,
    root_of,
    submit,
)

pytestmark = pytest.mark.django_db


def found() -> set[str]:
    return {drift.what for drift in inspection.drifts(rulebook.in_force())}


def first_reply(tree: Tree) -> Message:
    return replies_to(root_of(tree))[0]


def change(tree: Tree, **fields: object) -> None:
    Message.objects.filter(pk=first_reply(tree).pk).update(**fields)


def delete_answer(tree: Tree) -> None:
    Review.objects.filter(message=first_reply(tree)).order_by("pk")[0].delete()


def lend_answer(tree: Tree) -> None:
    Task.objects.filter(pk=first_reply(tree).task_id).update(claimed_by=make_person())


def close_opening(tree: Tree) -> None:
    Task.objects.open().filter(tree=tree).first().delete()


def open_more(tree: Tree) -> None:
    task = Task.objects.open().filter(tree=tree).first()
    task.pk = uuid4()
    task.save(force_insert=True)


def open_tasks(tree: Tree, **fields: object) -> None:
    Task.objects.open().filter(tree=tree).update(**fields)


def limits_of(tree: Tree) -> dict[str, object]:
    names = ("lang", "state", "goal_tree_size", "max_depth", "max_children_count")
    return {name: getattr(tree, name) for name in names}


TAMPERING: dict[str, tuple[State, Callable[[Tree], object]]] = {
    "review_count": (State.GROWING, lambda tree: change(tree, review_count=2)),
    "review_result": (State.GROWING, lambda tree: change(tree, review_result=False)),
    "ranking_count": (State.RANKING, lambda tree: change(tree, ranking_count=1)),
    "rank": (State.READY_FOR_EXPORT, lambda tree: change(tree, rank=2)),
    "lang": (State.GROWING, lambda tree: change(tree, lang="de")),
    "answer": (State.GROWING, delete_answer),
    "task": (State.GROWING, lend_answer),
    "author": (State.GROWING, lambda tree: open_tasks(tree, author=make_person())),
    "state": (State.GROWING, lambda tree: Tree.objects.filter(pk=tree.pk).update(goal_tree_size=4)),
    "log": (State.GROWING, lambda tree: TreeTransition.objects.filter(tree=tree).update(to_state=State.RANKING)),
    "opening": (State.GROWING, close_opening),
    "to_go": (State.GROWING, lambda tree: open_tasks(tree, to_go=999)),
    "root": (State.GROWING, lambda tree: Tree.objects.create(id=uuid4(), **limits_of(tree))),
}


@pytest.mark.parametrize("what", TAMPERING)
def test_a_row_that_was_tampered_with_is_found(what: str) -> None:
    state, tamper = TAMPERING[what]
    tree = make_tree(state=state, replies=3)
    assert found() == set()
    tamper(tree)
    assert what in found()


@pytest.mark.parametrize("state", [State.GROWING, State.READY_FOR_EXPORT])
def test_a_verdict_that_was_lost_is_found(state: State) -> None:
    tree = make_tree(state=state, replies=3)
    change(tree, review_result=None)
    assert "review_result" in found()


def test_a_verdict_that_the_adaptive_rule_had_given_and_that_was_lost_is_found() -> None:
    changes = {"review_rule": "adaptive", "min_reviews": 2, "accept_at": 0.9, "p_known_answer": 0}
    rulebook.change(changes=changes, by=None, note="", now=NOW)
    tree = make_tree(replies=2, verdict=None)
    reply, _other = replies_to(root_of(tree))
    while reply.review_result is None:
        review(reply)
        reply.refresh_from_db()
    assert found() == set()
    change(tree, review_result=None, decided_after=None)
    advance(tree)
    assert found() == {"review_result"}
    assert [difference.what for difference in replay.replay({}, Tally())] == ["verdict"]


def test_openings_nobody_wants_are_found() -> None:
    open_more(make_tree())
    assert "opening" in found()


@pytest.mark.parametrize("what", ["width", "size"])
def test_over_collection_is_found(what: str) -> None:
    tree = make_tree(replies=3, width=4)
    limit = {"max_children_count": 2} if what == "width" else {"goal_tree_size": 3}
    Message.objects.filter(pk=first_reply(tree).pk).update(review_result=None, review_count=0)
    Review.objects.filter(message=first_reply(tree)).delete()
    Tree.objects.filter(pk=tree.pk).update(**limit)
    assert what in found()


def test_a_tree_whose_rules_changed_is_not_judged_before_the_job_came_by() -> None:
    make_tree(replies=1, verdict=None)
    rulebook.change(changes={"num_reviews_reply": 5}, by=None, note="", now=NOW)
    assert found() == set()


def test_a_task_in_hand_is_no_drift_even_past_its_deadline() -> None:
    make_tree()
    task = claim(make_person(), Kind.ASSISTANT_REPLY, now=NOW - timedelta(days=9))
    assert task.state == TaskState.CLAIMED
    assert drifts() == []


def test_a_halted_tree_keeps_what_was_collected_and_has_no_drift() -> None:
    tree = make_tree(replies=2, verdict=None)
    for person in make_people(2):
        submit(claim(person, Kind.LABEL_ASSISTANT_REPLY), person)
    advance(tree, Event.HALTED)
    assert drifts() == []


def test_the_command_lists_drifts_and_exits_with_1() -> None:
    tree = make_tree(replies=1)
    out, err = StringIO(), StringIO()
    call_command("check_trees", stdout=out, stderr=err)
    assert err.getvalue() == "1 trees checked, 0 drifts.\n"
    change(tree, review_count=9)
    with pytest.raises(SystemExit, match="1"):
        call_command("check_trees", "--json", stdout=out, stderr=err)
    assert '"what": "review_count"' in out.getvalue()
    assert "stored 9, but the answers say 3" in err.getvalue()
