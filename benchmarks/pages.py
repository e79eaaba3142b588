"""How long the server takes for a page, and what it asks the database. A process of its own for each size."""

from __future__ import annotations

import json
import os
import sys
import time
from random import Random
from typing import Any

from benchmarks import databases
from benchmarks.measure import percentile

#: How often each page is asked for.
TIMES = 60
#: Pages that look the same for everybody's address; task pages come beside them.
PAGES = ("dashboard", "my_messages", "boards", "news", "points", "statistics")
#: The same for moderators; one person and one tree come beside them.
MODERATION = (
    "moderation_queue", "moderated_people", "moderated_trees", "trolls", "throughput", "agreement", "reliability",
    "audit_log",
)  # fmt: skip


def measure(environment: dict[str, str], size: str) -> list[dict[str, Any]]:
    """One row for each page: milliseconds and queries."""
    databases.use(environment, size)
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext
    from django.urls import reverse
    from django.utils import timezone

    from accounts.models import Role, User
    from common.errors import DomainError
    from tasks import assignment, rulebook
    from tasks.kinds import Kind
    from tasks.models import Tree
    from tasks.tree_states import State

    rng, rules = Random(3), rulebook.in_force()
    people = list(User.objects.exclude(email=None).order_by("id")[:40])
    addresses: dict[str, list[tuple[User, str]]] = {name: [(each, reverse(name)) for each in people] for name in PAGES}
    moderator = people[-1]
    moderator.role = Role.MODERATOR
    moderator.save(update_fields=["role"])
    addresses |= {name: [(moderator, reverse(name))] for name in MODERATION}
    trees = Tree.objects.in_state(State.READY_FOR_EXPORT, State.GROWING).order_by("id").values_list("pk", flat=True)
    addresses["moderated_person"] = [(moderator, reverse("moderated_person", args=[each.pk])) for each in people[:8]]
    addresses["moderated_tree"] = [(moderator, reverse("moderated_tree", args=[pk])) for pk in trees[:8]]
    for kind in Kind:
        held: list[tuple[User, str]] = []
        for person in people[:8]:
            try:
                task = assignment.claim(person=person, lang="en", kind=kind, now=timezone.now(), rules=rules, rng=rng)
            except DomainError:
                continue
            held.append((person, reverse("task", args=[task.pk])))
        if held:
            addresses[f"task: {kind.value}"] = held
    rows = []
    for name, asked in addresses.items():
        times, queries, weight = [], [], 0
        clients = {}
        for number in range(TIMES):
            person, address = asked[number % len(asked)]
            if person.pk not in clients:
                clients[person.pk] = Client(HTTP_HOST="localhost")
                clients[person.pk].force_login(person)
                clients[person.pk].get(address)
            with CaptureQueriesContext(connection) as captured:
                started = time.perf_counter()
                answer = clients[person.pk].get(address)
                times.append(time.perf_counter() - started)
            assert answer.status_code == 200, f"{name}: {answer.status_code}"
            queries.append(len(captured))
            weight = len(answer.content)
        rows.append(
            {
                "page": name,
                "size": size,
                **{f"p{p}_ms": round(percentile(times, p) * 1000, 1) for p in (50, 95)},
                "queries_max": max(queries),
                "kb": round(weight / 1000, 1),
            }
        )
    return rows


if __name__ == "__main__":
    keys = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "OASST_DATA_DIR")
    print(json.dumps(measure({key: os.environ[key] for key in keys}, sys.argv[1])))
