"""How an imported tree goes on: dates for messages without one, and limits under which its published state holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from exports.schema import Node, Tree
from tasks import growth
from tasks.growth import Snapshot
from tasks.kinds import Role
from tasks.rules import TreeRules
from tasks.tree_states import Event, State, next_state

#: States after growing: such a tree wants no more messages than it has.
GROWN = frozenset(
    {State.RANKING, State.READY_FOR_SCORING, State.READY_FOR_EXPORT, State.SCORING_FAILED, State.BACKLOG_RANKING}
)

#: States that only trees that won the lottery reach; halted and aborted ones may be any.
DRAWN = frozenset({State.GROWING, *GROWN})


@dataclass(frozen=True, slots=True)
class Placed:
    """One message of a file with what its place in the tree says."""

    node: Node
    depth: int
    created_at: datetime
    place: int | None
    """Its place among its siblings, where sorting by rank, date and id would lose it."""


def placed(tree: Tree, undated: datetime) -> list[Placed]:
    """Every message, parents first. One without a date is a microsecond younger than the one before: order is kept."""
    found: list[Placed] = []
    _place(tree.prompt, tree.prompt.created_date or undated, 0, None, found)
    return found


def _place(node: Node, created_at: datetime, depth: int, place: int | None, found: list[Placed]) -> None:
    found.append(Placed(node, depth, created_at, place))
    dates = [reply.created_date or created_at + timedelta(microseconds=n) for n, reply in enumerate(node.replies, 1)]
    order = [
        (reply.rank is None, reply.rank or 0, date, reply.message_id)
        for reply, date in zip(node.replies, dates, strict=True)
    ]
    lost = order != sorted(order)
    for n, (reply, date) in enumerate(zip(node.replies, dates, strict=True)):
        _place(reply, date, depth + 1, n if lost else None, found)


def snapshot(messages: Sequence[Placed], state: State, rules: TreeRules) -> Snapshot:
    """The tree as growth will see it, with limits under which it can go on and, where possible, stays in its state.

    A grown tree has reached its goal with what it has. Any other one gets the goal, depth and width of the rules in
    force; a growing one at least room for one message more than it has, or its state would be over at once.
    """
    nodes = [
        growth.Node(
            id=message.node.message_id,
            parent_id=message.node.parent_id,
            author_id=message.node.user_id,
            role=message.node.role,
            depth=message.depth,
            deleted=bool(message.node.deleted),
            review_result=message.node.review_result,
            review_count=message.node.review_count or 0,
            ranking_count=0,
        )
        for message in messages
    ]
    kept = sum(node.kept for node in nodes)
    seen = Snapshot(
        goal=max(1, kept) if state in GROWN else max(rules.goal_tree_size, kept),
        max_depth=rules.max_tree_depth,
        max_children=rules.max_children_count,
        nodes=nodes,
        drawn=state in DRAWN,
        finished_before=state is State.READY_FOR_EXPORT,
        rules=rules,
    )
    if state is State.GROWING:
        seen = next((wider for wider in _wider(seen) if not moves_on(wider, state)), seen)
    return seen


def _wider(seen: Snapshot) -> Iterator[Snapshot]:
    """As the rules have it; with a place for one more message; with one more reply under a user message, too."""
    yield seen
    more = replace(seen, goal=max(seen.goal, sum(node.kept for node in seen.nodes) + 1))
    yield more
    replies = [
        seen.counted_children(node)
        for node in seen.nodes
        if node.kept and node.role is Role.PROMPTER and node.depth < seen.max_depth
    ]
    if replies:
        yield replace(more, max_children=min(replies) + 1)


def moves_on(seen: Snapshot, state: State) -> bool:
    """Whether the table of states would not leave the tree where it is."""
    return next_state(state, Event.ENTERED, seen.facts) is not None
