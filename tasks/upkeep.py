"""Trees that new rules or new code left behind are looked at again, so that none waits or stays without its pairs."""

from __future__ import annotations

from datetime import datetime
from random import Random
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, Max, OuterRef

from tasks import locking, rulebook, scoring, trees
from tasks.models import Message, Preference, Ranking, Tree
from tasks.rules import TreeRules
from tasks.tree_states import ACTIVE, Event, State


def recheck_trees(*, now: datetime, rules: TreeRules, rng: Random) -> int:
    """Advance every active tree whose openings were planned under older rules. Returns how many."""
    checked = 0
    while _recheck_next(now, rules, rng):
        checked += 1
    return checked


@transaction.atomic
def _recheck_next(now: datetime, rules: TreeRules, rng: Random) -> bool:
    behind = Tree.objects.in_state(*ACTIVE).filter(checked_rules__lt=rules.version).order_by("id")
    tree = locking.lock_next_tree(behind)
    if tree is None:
        return False
    trees.advance(tree=tree, event=Event.RECHECKED, by=None, now=now, rules=rules, rng=rng)
    return True


def fill_preferences() -> int:
    """Compute the preferences of trees that were scored before there were any, by the rules that ranked them. Their
    ranks stay. Returns how many trees."""
    known = rulebook.versions()
    here = Ranking.objects.filter(parent=OuterRef("parent"), not_rankable=False)
    ranked = Message.objects.filter(Exists(here), tree=OuterRef("pk"), rank__isnull=False)
    stored = Preference.objects.filter(parent__tree=OuterRef("pk"))
    bare = Tree.objects.in_state(State.READY_FOR_EXPORT).filter(Exists(ranked), ~Exists(stored)).order_by("id")
    filled, last = 0, UUID(int=0)
    while True:
        with transaction.atomic():
            # Those before were looked at, and need not be passed over again and again.
            tree = locking.lock_next_tree(bare.filter(pk__gt=last))
            if tree is None:
                return filled
            last = tree.pk
            version = Message.objects.filter(tree=tree).aggregate(newest=Max("rank_rules"))["newest"]
            scoring.rank_replies(tree, known.get(version or 0, TreeRules()))
            filled += 1
