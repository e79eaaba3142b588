"""How long the library takes at Open-Assistant's size: `python -m benchmarks.speed NAME`, one JSON line."""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.raters import HEAVY_TAILED, Whole, activities, ballot, draw_orders, hand_out
from benchmarks.tables import Merged, Table
from ranking import Ranked, Votes, consensus, krippendorff_alpha, plackett_luce_with_adherence, reviewer_reliability
from ranking import why_split as split

REVIEWS, MESSAGES, PEOPLE = 461_292, 161_443, 13_500
RANKINGS = 60_000
LANGUAGES = 35
#: Two steps for nine labels, five for six, as the product asks for them.
STEPS = [2] * 9 + [5] * 6


def _reviews(rng: np.random.Generator) -> tuple[Whole, Whole]:
    """Who reviewed what: (message, reviewer), each of shape (reviews,)."""
    each = np.full(MESSAGES, REVIEWS // MESSAGES)
    each[: REVIEWS - int(each.sum())] += 1
    who = hand_out(rng, MESSAGES, int(each.max()), activities(rng, PEOPLE, HEAVY_TAILED))
    given = np.arange(who.shape[1]) < each[:, None]
    return np.nonzero(given)[0], who[given]


def _votes(item: Whole, rater: Whole, value: Whole) -> Votes:
    (items, item), (raters, rater), (labels, value) = (
        np.unique(column, return_inverse=True) for column in (item, rater, value)
    )
    columns = (column.astype(np.int32) for column in (item, rater, value))
    return Votes(tuple(items.tolist()), tuple(raters.tolist()), tuple(labels.tolist()), *columns)


def tree(splits: bool) -> dict[str, float]:
    """Milliseconds for a tree of twelve messages: four sets of three, with 3, 5, 7 and 5 ballots."""
    rng = np.random.default_rng(1)
    times = []
    for _ in range(300):
        groups = []
        for many in (3, 5, 7, 5):
            orders = draw_orders(rng, np.broadcast_to(rng.normal(0.0, 1.5, 3), (many, 3)))
            groups.append(Ranked(("a", "b", "c"), [[["abc"[n]] for n in order] for order in orders.tolist()]))
        started = time.perf_counter()
        for group, said in zip(groups, consensus(groups), strict=True):
            if splits:
                split(group, said.preferences)
        times.append(1000 * (time.perf_counter() - started))
    return {"ms": statistics.median(times), "ms_p95": float(np.quantile(times, 0.95))}


def reliability() -> dict[str, float]:
    rng = np.random.default_rng(2)
    message, reviewer = _reviews(rng)
    bad = rng.random(MESSAGES) < 0.12
    right = rng.random(REVIEWS) < rng.uniform(0.7, 0.97, PEOPLE)[reviewer]
    votes = _votes(message, reviewer, right == bad[message])
    started = time.perf_counter()
    found = reviewer_reliability(votes)
    return {"seconds": time.perf_counter() - started, "iterations": found.iterations}


def adherence() -> dict[str, float]:
    rng = np.random.default_rng(3)
    sets = RANKINGS // 4
    who = hand_out(rng, sets, 4, activities(rng, 2_000, 1.0))
    strengths = rng.normal(0.0, 1.5, (sets, 1, 3)) * rng.gamma(10.0, 0.1, 2_000)[who][:, :, None]
    orders = draw_orders(rng, strengths)
    rankings = [
        (number, ranker, ballot(order))
        for number in range(sets)
        for ranker, order in zip(who[number].tolist(), orders[number].tolist(), strict=True)
    ]
    started = time.perf_counter()
    found = plackett_luce_with_adherence(rankings)
    return {"seconds": time.perf_counter() - started, "iterations": found.iterations}


def alpha() -> dict[str, float]:
    """Every label of every language with 1,000 resamples. A few languages have most of the messages."""
    rng = np.random.default_rng(4)
    message, reviewer = _reviews(rng)
    share = 1.0 / np.arange(1, LANGUAGES + 1) ** 1.3
    language = rng.choice(LANGUAGES, MESSAGES, p=share / share.sum())[message]
    seconds, figures = 0.0, 0
    for steps in STEPS:
        of_message = rng.integers(0, steps, MESSAGES)[message]
        value = np.where(rng.random(REVIEWS) < 0.7, of_message, rng.integers(0, steps, REVIEWS))
        started = time.perf_counter()
        for code in range(LANGUAGES):
            rows = np.flatnonzero(language == code)
            krippendorff_alpha(
                _votes(message[rows], reviewer[rows], value[rows]), "nominal" if steps == 2 else "ordinal"
            )
            figures += 1
        seconds += time.perf_counter() - started
    return {"seconds": seconds, "figures": figures}


WHAT: dict[str, Callable[[], dict[str, float]]] = {
    "tree": lambda: tree(splits=False),
    "splits": lambda: tree(splits=True),
    "reliability": reliability,
    "adherence": adherence,
    "alpha": alpha,
}


def table() -> Table:
    """Each measurement in a process of its own, one after the other."""
    results = {name: _measured(name) for name in WHAT}
    tree_ms, alpha_seconds = results["tree"]["ms"], results["alpha"]["seconds"]
    seconds, memory = results["reliability"]["seconds"], results["reliability"]["peak_mb"]
    what = {
        "tree": "consensus of a tree of 12: four sets of 3, with 3, 5, 7 and 5 ballots",
        "splits": "the same with why_split of every set",
        "reliability": f"reviewer_reliability, {REVIEWS:,} votes on {MESSAGES:,} items by {PEOPLE:,} people",
        "adherence": f"plackett_luce_with_adherence, {RANKINGS:,} rankings of 3 by 2,000 people",
        "alpha": f"krippendorff_alpha with intervals, {LANGUAGES} languages × {len(STEPS)} labels, {REVIEWS:,} reviews",
    }
    rows: list[Merged] = [
        {
            "what": what[name],
            "time": f"{result['ms']:.2f} ms" if "ms" in result else f"{result['seconds']:.1f} s",
            "peak memory": f"{result['peak_mb']:.0f} MB",
        }
        for name, result in results.items()
    ]
    goals: list[tuple[str, bool | None]] = [
        (f"Consensus of a tree under 2 ms: {tree_ms:.2f} ms, 95 % within {results['tree']['ms_p95']:.2f}", tree_ms < 2),
        (f"Reliability under 60 s and 1 GB: {seconds:.1f} s, {memory:.0f} MB", seconds < 60 and memory < 1000),
        (f"Alpha under 30 s: {alpha_seconds:.1f} s", alpha_seconds < 30),
        ("Peak memory is that of the whole process: interpreter, NumPy and the made-up answers included.", None),
    ]
    return Table("Speed", rows, goals=goals)


def _measured(name: str) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.speed", name],
        cwd=Path(__file__).resolve().parents[1],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    result: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return result


def main() -> None:
    result = WHAT[sys.argv[1]]()
    # Linux counts in KiB.
    print(json.dumps({**result, "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


if __name__ == "__main__":
    main()
