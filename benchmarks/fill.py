"""`python -m benchmarks fill`: a database of the published size, by SQL; the code opens tasks for the active trees."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from random import Random

from benchmarks import databases

#: Open-Assistant at its end: trees, people; and how many trees people worked on.
PUBLISHED = {"people": 13_500, "trees": 66_497}
ACTIVE = 600
SMALL = {"people": 1_500, "trees": ACTIVE}

#: Limits per person are off: the benchmark measures the hand-out, not its brakes.
OPEN_RULES = {
    "max_active_trees": ACTIVE,
    "max_pending_tasks_per_user": 1_000_000,
    "task_requests_per_4_minutes": 1_000_000,
    "assistant_replies_per_2_minutes": 1_000_000,
    "prompter_replies_per_2_minutes": 1_000_000,
}


def fill(environment: dict[str, str], size: str) -> None:
    """Migrate and fill the database of one size, unless it is filled already. Runs in a process of its own."""
    databases.use(environment, size)
    from django.core.management import call_command
    from django.db import connection, transaction
    from django.utils import timezone

    from accounts.access import TERMS_VERSION
    from accounts.models import User
    from tasks import growth, rulebook, scoring, trees
    from tasks.models import Message, Review, Tree
    from tasks.tree_states import State

    call_command("migrate", verbosity=0)
    if User.objects.exists():
        print(f"{size}: filled before", file=sys.stderr)
        return
    started = time.perf_counter()
    rules = rulebook.change(changes=OPEN_RULES, by=None, note="benchmark", now=timezone.now())
    numbers = PUBLISHED if size == "full" else SMALL
    with transaction.atomic(), connection.cursor() as cursor:
        statements = Path(__file__).with_name("fill.sql").read_text()
        cursor.execute(statements, {**numbers, "active": ACTIVE, "terms": TERMS_VERSION})
    rng = Random(1)
    growing = list(Tree.objects.in_state(State.GROWING, State.RANKING))
    with transaction.atomic():
        seen_by_tree = trees.snapshots(growing, rules)
        for tree in growing:
            seen = seen_by_tree[tree.pk]
            trees.carry_out(tree, seen, growth.plan(seen, State(tree.state), rng), timezone.now())
    connection.cursor().execute("ANALYZE")
    for tree in Tree.objects.in_state(State.READY_FOR_EXPORT).iterator():
        scoring.rank_replies(tree, rules)
    connection.cursor().execute("VACUUM ANALYZE")
    counts = f"{Tree.objects.count()} trees, {Message.objects.count()} messages, {Review.objects.count()} reviews"
    print(f"{size}: {counts} in {time.perf_counter() - started:.0f} s", file=sys.stderr)


def count_drifts(environment: dict[str, str], size: str) -> None:
    """Print how many drifts there are. Runs in a process of its own."""
    databases.use(environment, size)
    from tasks import inspection, rulebook

    drifts = list(inspection.drifts(rulebook.in_force()))
    for drift in drifts[:10]:
        print(drift, file=sys.stderr)
    print(len(drifts))
