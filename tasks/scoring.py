"""Ranks and preferences: loads rankings, asks `standings`, stores what it says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from random import Random
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.models import User
from tasks import locking, trees
from tasks.models import Message, Preference, Review, Tree
from tasks.rules import TreeRules
from tasks.standings import Cast, Siblings, Standing, standings
from tasks.tree_states import Event, State


def siblings_among(
    messages: Iterable[Message],
    cast: Mapping[UUID, Sequence[Cast]],
    labels: Mapping[UUID, Sequence[Mapping[str, float]]],
) -> dict[UUID, Siblings]:
    """The sets of siblings among these messages, by parent. Messages come oldest first, `imported` loaded."""
    by_parent: dict[UUID, list[Message]] = defaultdict(list)
    for message in messages:
        if message.parent_id is not None:
            by_parent[message.parent_id].append(message)
    return {
        parent_id: Siblings(
            kept=[str(reply.pk) for reply in replies if reply.review_result is True and not reply.deleted],
            cast=cast.get(parent_id, ()),
            published={
                str(reply.pk): reply.imported.rank
                for reply in replies
                if hasattr(reply, "imported") and reply.imported.rank is not None
            },
            labels={str(reply.pk): labels.get(reply.pk, ()) for reply in replies},
        )
        for parent_id, replies in by_parent.items()
    }


def labels_in(trees: Sequence[Tree]) -> dict[UUID, list[dict[str, float]]]:
    """What each review in these trees said, by message: one query. What was asked only to measure somebody says nothing
    about the message, and may come when all is settled."""
    labels: dict[UUID, list[dict[str, float]]] = defaultdict(list)
    rows = Review.objects.filter(message__tree__in=trees, known_answer=False).order_by("created_at", "id")
    for message_id, said in rows.values_list("message_id", "labels"):
        labels[message_id].append(said)
    return labels


def rank_replies(tree: Tree, rules: TreeRules) -> int:
    """Store the ranks and preferences of every set of siblings of a locked tree; returns how many ranks changed."""
    messages = list(Message.objects.filter(tree=tree).select_related("imported").order_by("created_at", "id"))
    sets = siblings_among(messages, trees.rankings_of([tree]), labels_in([tree]))
    by_parent = dict(zip(sets, standings(list(sets.values()), rules), strict=True))
    changed = []
    for message in messages:
        standing = by_parent.get(message.parent_id) if message.parent_id else None
        rank = standing.ranks.get(str(message.pk)) if standing else None
        # A published rank that no ballot here touched was decided by no rules of ours.
        by_rules = rules.row_id if rank is not None and standing and standing.by_ballots else None
        if (message.rank, message.rank_rules_id) != (rank, by_rules):
            message.rank, message.rank_rules_id = rank, by_rules
            changed.append(message)
    Message.objects.bulk_update(changed, ["rank", "rank_rules"])
    # By their parents, not through the tree: so the index finds them, however many pairs there are.
    Preference.objects.filter(parent__in=[message.pk for message in messages]).delete()
    Preference.objects.bulk_create(_rows(by_parent, rules))
    return len(changed)


def _rows(by_parent: Mapping[UUID, Standing], rules: TreeRules) -> list[Preference]:
    return [
        Preference(parent_id=parent_id, rules_id=rules.row_id, **columns)
        for parent_id, standing in by_parent.items()
        for columns in preference_columns(standing)
    ]


def preference_columns(standing: Standing) -> list[dict[str, Any]]:
    """What is stored of each pair, by column."""
    return [
        {
            "chosen_id": UUID(pair.preference.chosen),
            "rejected_id": UUID(pair.preference.rejected),
            "p_chosen": pair.preference.p_chosen,
            "p_low": pair.preference.p_low,
            "p_high": pair.preference.p_high,
            "p_better": pair.preference.p_better,
            "n_votes": pair.preference.n_votes,
            "n_ties": pair.preference.n_ties,
            "flip_margin": pair.preference.flip_margin,
            "cause": pair.cause or "",
        }
        for pair in standing.pairs
    ]


def score_waiting(*, now: datetime, rules: TreeRules, rng: Random) -> int:
    """Score every tree that is ready for it, one per transaction; the state is the queue. Returns how many."""
    scored = 0
    while _score_next(now, rules, rng):
        scored += 1
    return scored


def _score_next(now: datetime, rules: TreeRules, rng: Random) -> bool:
    """Score one tree. A consensus that breaks puts its tree in SCORING_FAILED with the reason, and the rest go on."""
    with transaction.atomic():
        waiting = Tree.objects.in_state(State.READY_FOR_SCORING).order_by("state_since", "id")
        tree = locking.lock_next_tree(waiting)
        if tree is None:
            return False
        try:
            with transaction.atomic():
                rank_replies(tree, rules)
        except ValueError as problem:
            trees.advance(
                tree=tree, event=Event.SCORING_BROKE, by=None, now=now, rules=rules, rng=rng, why=f"{problem!r}"
            )
        else:
            trees.advance(tree=tree, event=Event.SCORED, by=None, now=now, rules=rules, rng=rng)
        return True


@transaction.atomic
def retry(*, tree_id: UUID, by: User | None, now: datetime, rules: TreeRules, rng: Random) -> Tree:
    """Queue a tree whose scoring failed once more."""
    tree = locking.lock_tree(tree_id)
    return trees.advance(tree=tree, event=Event.RETRIED, by=by, now=now, rules=rules, rng=rng)
