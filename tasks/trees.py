"""Where trees are born and moved. advance() is the only writer of tree.state."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from random import Random
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from accounts import webhooks
from accounts.models import NoticeKind, User
from common import nudges
from common.prepared import Prepared
from tasks import growth, locking, verdicts
from tasks.drafts import About
from tasks.growth import Live, Node, Plan, Snapshot
from tasks.kinds import Kind, Role
from tasks.models import Message, Ranking, Task, TaskState, Tree, TreeTransition
from tasks.rules import ADAPTIVE, TreeRules
from tasks.standings import Cast
from tasks.tree_states import ACTIVE, UNDER_REVIEW, Event, State, next_state


def plant(
    *, root_id: UUID, lang: str, by: User, now: datetime, rules: TreeRules, rng: Random, about: About | None = None
) -> Tree:
    """A new tree for the prompt with this id; limits are frozen here. The caller stores the prompt, then advances."""
    goal = rules.goal_tree_size
    if rules.random_goal_tree_size and rules.min_goal_tree_size < goal:
        goal = rng.randint(rules.min_goal_tree_size, goal)
    tree = Tree.objects.create(
        id=root_id,
        lang=lang,
        topic=about.topic or "" if about else "",
        difficulty=about.difficulty if about else None,
        state=State.INITIAL_PROMPT_REVIEW,
        state_since=now,
        created_at=now,
        goal_tree_size=goal,
        max_depth=rules.max_tree_depth,
        max_children_count=rules.max_children_count,
        checked_rules=rules.version,
        rules_id=rules.row_id,
    )
    TreeTransition.objects.create(
        tree=tree, at=now, by=by, event=Event.WRITTEN, to_state=tree.state, rules_id=rules.row_id
    )
    return tree


def _nodes(**of: Any) -> QuerySet[Any, Any]:
    return Message.objects.filter(**of).order_by("created_at", "id").values_list(
        "tree_id", "id", "parent_id", "author_id", "role", "depth", "deleted",
        "review_result", "review_count", "ranking_count",
    )  # fmt: skip


def _live(**of: Any) -> QuerySet[Any, Any]:
    rows = Task.objects.live().filter(**of).order_by("claimed_at", "created_at", "dice", "id")
    return rows.values_list("tree_id", "id", "kind", "message_id", "state", "to_go", "known_answer")


_NODES = Prepared[Any](_nodes, tree=UUID)
_LIVE = Prepared[Any](_live, tree=UUID)


def snapshot(tree: Tree, rules: TreeRules) -> Snapshot:
    """The tree as growth sees it: two queries, and one more if the rules ask what rankings say."""
    return snapshots([tree], rules)[tree.pk]


def snapshots(trees: Sequence[Tree], rules: TreeRules) -> dict[UUID, Snapshot]:
    """Many trees at once, in as many queries as one."""
    nodes: dict[UUID, list[Node]] = defaultdict(list)
    live: dict[UUID, list[Live]] = defaultdict(list)
    one = trees[0].pk if len(trees) == 1 else None
    for tree_id, *row in _NODES.all(tree=one) if one else _nodes(tree__in=trees):
        row[3] = Role(row[3])
        nodes[tree_id].append(Node(*row))
    tasks = _LIVE.all(tree=one) if one else _live(tree__in=trees)
    for tree_id, pk, kind, message_id, state, to_go, known_answer in tasks:
        live[tree_id].append(Live(pk, Kind(kind), message_id, state == TaskState.CLAIMED, to_go, known_answer))
    ranked = any(node.ranking_count for found in nodes.values() for node in found)
    cast = rankings_of(trees) if rules.ranking_rule == ADAPTIVE and ranked else {}
    return {
        tree.pk: Snapshot(
            goal=tree.goal_tree_size,
            max_depth=tree.max_depth,
            max_children=tree.max_children_count,
            nodes=nodes[tree.pk],
            live=live[tree.pk],
            drawn=tree.won_prompt_lottery_at is not None,
            finished_before=tree.finished_at is not None,
            rules=rules,
            cast=cast,
        )
        for tree in trees
    }


def rankings_of(trees: Sequence[Tree]) -> dict[UUID, list[Cast]]:
    """Every ranking in these trees by the parent of the replies, in the order in which they came: one query."""
    cast: dict[UUID, list[Cast]] = defaultdict(list)
    rows = Ranking.objects.filter(parent__tree__in=trees).order_by("created_at", "id")
    for parent_id, *row in rows.values_list("parent_id", "order", "adherence", "not_rankable"):
        cast[parent_id].append(Cast(*row))
    return cast


def advance(
    *, tree: Tree, event: Event, by: User | None, now: datetime, rules: TreeRules, rng: Random, why: str = ""
) -> Tree:
    """Count the tree's facts, ask the table, move as far as it says, and bring the task rows in line.

    `tree` must be locked by the caller (tasks.locking), who stored what happened before. One call may make several
    moves: a tree that has grown with nothing to rank goes on to scoring at once.
    """
    if tree.checked_rules < rules.version:
        # New rules may be content with what is there, and nobody comes by again once the tree counts as checked.
        verdicts.settle_open(tree, rules)
    seen = snapshot(tree, rules)
    facts = seen.facts
    changed = {"points_due"} if not tree.points_due else set()
    if tree.checked_rules != rules.version:
        changed.add("checked_rules")
    tree.points_due, tree.checked_rules = True, rules.version
    while (to := next_state(State(tree.state), event, facts)) is not None:
        TreeTransition.objects.create(
            tree=tree,
            at=now,
            by=by,
            from_state=tree.state,
            event=event,
            to_state=to,
            why=why[:500],
            rules_id=rules.row_id,
        )
        changed |= {"state", "state_since"} | _enter(tree, to, event, now)
        event = Event.ENTERED
    if "state" in changed and tree.state not in UNDER_REVIEW:
        verdicts.announce(tree, now)
    while not carry_out(tree, seen, growth.plan(seen, State(tree.state), rng), now):
        seen = snapshot(tree, rules)  # Somebody has just claimed what was to be taken away: that claim goes back.
    if changed:
        tree.save(update_fields=sorted(changed))
    return tree


def _enter(tree: Tree, to: State, event: Event, now: datetime) -> set[str]:
    """Write what being in a state implies; returns the fields changed besides the state."""
    changed = set()
    if State(tree.state) in ACTIVE and to not in ACTIVE:
        tree.end_due = True
        changed.add("end_due")
    tree.state, tree.state_since = to, now
    if event is Event.DRAWN and tree.won_prompt_lottery_at is None:
        tree.won_prompt_lottery_at = now
        changed.add("won_prompt_lottery_at")
    if to is State.READY_FOR_EXPORT:
        if tree.finished_at is None:
            tree.finished_at = now
            changed.add("finished_at")
        # Also when it was scored anew: whoever has its ranks has stale ones.
        payload = {"tree_id": str(tree.pk), "lang": tree.lang, "first_time": tree.finished_at == now}
        webhooks.announce(kind=NoticeKind.TREE_FINISHED, subject=tree.pk, payload=payload, now=now)
    if event is Event.RESUMED:
        tree.moderated_at = now
        changed.add("moderated_at")
    if to is State.READY_FOR_SCORING:
        nudges.soon("tasks.score_trees")
    elif to is State.PROMPT_LOTTERY_WAITING or to not in ACTIVE:
        nudges.soon("tasks.run_lottery")
    return changed


def carry_out(tree: Tree, seen: Snapshot, plan: Plan, now: datetime) -> bool:
    """Make, drop and withdraw task rows as planned, and note on the open ones how much the tree lacks.

    Returns False, with the openings still to be made, when a row to drop was claimed meanwhile: claims do not wait for
    the tree. The caller then plans anew.
    """
    to_go = seen.to_go(State(tree.state))
    if plan.withdraw:
        for task in Task.objects.filter(pk__in=plan.withdraw).order_by("id"):
            give_back(task, state=TaskState.WITHDRAWN)
    if not close(plan.drop):
        return False
    dropped = set(plan.drop)
    if any(row.to_go != to_go for row in seen.live if not row.claimed and row.id not in dropped):
        Task.objects.open().filter(tree=tree).update(to_go=to_go)
    if plan.open:
        authors = {node.id: node.author_id for node in seen.nodes}
        Task.objects.bulk_create(
            Task(
                kind=kind,
                lang=tree.lang,
                tree=tree,
                message_id=message_id,
                author_id=authors[message_id],
                to_go=to_go,
                dice=dice,
                created_at=now,
            )
            for (kind, message_id), dice in plan.open
        )
    return True


def close(task_ids: Sequence[UUID]) -> bool:
    """Take openings away; returns whether all of them still were openings.

    One that somebody held before stays as a row: their late answer must find out what became of it.
    """
    if not task_ids:
        return True
    openings = locking.lock_openings(task_ids)
    Task.objects.filter(pk__in=[task.pk for task in openings if task.last_holder_id]).update(state=TaskState.WITHDRAWN)
    Task.objects.filter(pk__in=[task.pk for task in openings if not task.last_holder_id]).delete()
    return len(openings) == len(task_ids)


def give_back(task: Task, *, state: TaskState = TaskState.OPEN, remember: bool = True) -> None:
    """Take a claimed task from its holder. With `remember`, their late answer is still welcome.

    A known answer was made for its holder, and becomes nobody's opening.
    """
    task.state = TaskState.WITHDRAWN if task.known_answer else state
    task.last_holder_id = task.claimed_by_id if remember else None
    task.claimed_by = task.claimed_at = task.expires_at = None
    task.save(update_fields=["state", "last_holder", "claimed_by", "claimed_at", "expires_at"])
