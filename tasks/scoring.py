"""Verdicts and ranks: loads ballots, asks `ranking`, stores what it says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from random import Random
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count, F, FloatField, Func, Sum, Value
from django.db.models.functions import Cast, Coalesce

from accounts.models import User
from ranking import DECIDING, acceptance_score, ranked_pairs
from tasks import locking, trees
from tasks.models import Message, Ranking, Review, Tree
from tasks.rules import TreeRules
from tasks.tree_states import Event, State


def settle(message: Message, rules: TreeRules) -> None:
    """Decide the message if it has enough reviews and is undecided; a verdict, once given, stands. Does not save.

    Score: 1 - (mean spam + mean lang_mismatch) over all reviews, those before an import included; accepted when it is
    strictly above the threshold of the rules.
    """
    if message.review_result is not None:
        return
    is_prompt = message.parent_id is None
    if message.review_count < rules.reviews_needed(is_prompt=is_prompt):
        return
    message.review_result = acceptance_score(label_means(message)) > rules.threshold(is_prompt=is_prompt)
    message.review_rules_id = rules.row_id


def label_means(message: Message) -> dict[str, float]:
    """Mean of each deciding label over the reviews of a message, those before an import included."""
    sums = Review.objects.filter(message=message).aggregate(
        count=Count("id"), **{name: Coalesce(Sum(_number(name)), 0.0) for name in DECIDING}
    )
    return combined_means(sums, sums["count"], message.imported.labels if hasattr(message, "imported") else {})


def combined_means(
    sums: Mapping[str, float], count: int, published: Mapping[str, Mapping[str, Any]]
) -> dict[str, float]:
    """Means of the deciding labels: `count` reviews here with these sums, and published means by their weight."""
    means = {}
    for name in DECIDING:
        before = published.get(name) or {}
        weight = before.get("count") or 0
        means[name] = (sums[name] + (before.get("value") or 0.0) * weight) / max(1, count + weight)
    return means


def _number(label: str) -> Cast:
    """The value of one label of a review; a question nobody answered counts as no."""
    return Cast(Func(F("labels"), Value(label), function="jsonb_extract_path_text"), FloatField())


def ballots_of(tree_id: UUID) -> dict[UUID, list[list[list[str]]]]:
    """For each parent, the rankings of its replies: groups of ids, best first. "Not rankable" orders nothing."""
    ballots: dict[UUID, list[list[list[str]]]] = defaultdict(list)
    rows = Ranking.objects.filter(parent__tree_id=tree_id, not_rankable=False).order_by("created_at", "id")
    for parent_id, order in rows.values_list("parent_id", "order"):
        ballots[parent_id].append(order)
    return ballots


def ranks(siblings: Sequence[Message], ballots: Sequence[Sequence[Sequence[str]]]) -> dict[UUID, int]:
    """Rank of each accepted reply by ranked pairs: how many siblings are better. Inseparable ones share a rank.

    Without a ballot, ranks that came with an import stay as they were published; otherwise there are none.
    """
    if not ballots:
        imported = {reply.pk: reply.imported.rank for reply in siblings if hasattr(reply, "imported")}
        return {pk: rank for pk, rank in imported.items() if rank is not None}
    replies = [reply for reply in siblings if reply.review_result is True and not reply.deleted]
    present = {str(reply.pk) for reply in replies}
    if len(present) < 2:
        return {}
    order = ranked_pairs([[[pk for pk in group if pk in present] for group in ballot] for ballot in ballots])
    ranked: dict[UUID, int] = {}
    for group in order:
        better = len(ranked)
        ranked.update({UUID(pk): better for pk in group})
    return ranked


def rank_replies(tree: Tree, rules: TreeRules) -> int:
    """Store the ranks of every set of siblings of a locked tree; returns how many messages changed."""
    ballots = ballots_of(tree.pk)
    by_parent: dict[UUID, list[Message]] = defaultdict(list)
    for message in Message.objects.filter(tree=tree, parent__isnull=False).select_related("imported").order_by("id"):
        by_parent[message.parent_id].append(message)
    changed = []
    for parent_id, siblings in by_parent.items():
        ranked = ranks(siblings, ballots.get(parent_id, ()))
        for message in siblings:
            rank = ranked.get(message.pk)
            # A published rank that no ballot here touched was decided by no rules of ours.
            by_rules = rules.row_id if rank is not None and parent_id in ballots else None
            if (message.rank, message.rank_rules_id) != (rank, by_rules):
                message.rank, message.rank_rules_id = rank, by_rules
                changed.append(message)
    Message.objects.bulk_update(changed, ["rank", "rank_rules"])
    return len(changed)


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
