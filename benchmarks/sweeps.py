"""`python -m benchmarks sweeps`: the jobs that read every answer, over the database of the published size."""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import databases


def sweep(environment: dict[str, str], what: str) -> None:
    """Run one of the jobs in this process, and print a JSON line: seconds, peak memory, what it did."""
    databases.use(environment, "full")
    from django.core.management import call_command
    from django.utils import timezone

    from stats import agreement
    from tasks import reliability, replay, rulebook
    from tasks.models import Ranking, Review

    now, rules = timezone.now(), rulebook.in_force()

    def replayed(**changes: Any) -> str:
        tally = replay.Tally()
        return f"{sum(1 for _ in replay.replay(changes, tally))} differences"

    def command() -> str:
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory) / "rules.json"
            path.write_text(json.dumps({"review_rule": "adaptive", "ranking_rule": "adaptive"}), encoding="utf-8")
            call_command("replay", rules=path, list=0)
        return "adaptive rules"

    deeds: dict[str, Callable[[], str]] = {
        "reliability": lambda: f"{reliability.measure(now=now, rules=rules).people} people",
        "agreement": lambda: f"{agreement.measure(now=now, everything=True)} figures",
        "replay": replayed,
        "replay, adaptive": command,
    }
    started = time.perf_counter()
    did = deeds[what]()
    row = {
        "job": what,
        "seconds": round(time.perf_counter() - started, 1),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "reviews": Review.objects.count(),
        "rankings": Ranking.objects.count(),
        "result": did,
    }
    print(json.dumps(row))


#: In the order in which they run.
SWEEPS = ("reliability", "agreement", "replay", "replay, adaptive")

if __name__ == "__main__":
    import os

    sweep(dict(os.environ), sys.argv[1])
