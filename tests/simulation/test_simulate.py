"""A small simulated crowd: it finishes trees, leaves no drift, and says the same again for the same seed."""

from __future__ import annotations

import json
from contextlib import nullcontext, suppress
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from tests.making import drifts

TIMES = {"wall_seconds"}


def simulate(*, may_fall_short: bool = False, **options: Any) -> dict[str, Any]:
    out = StringIO()
    with suppress(CommandError) if may_fall_short else nullcontext():
        call_command("simulate", **{"volunteers": 12, "until_exported": 1, "seed": 3, **options}, stdout=out)
    report: dict[str, Any] = json.loads(out.getvalue())
    return {name: value for name, value in report.items() if name not in TIMES}


def undone(**options: Any) -> dict[str, Any]:
    """The report of a short run on a database that is as empty afterwards as before."""
    with transaction.atomic():
        report = simulate(max_answers=150, may_fall_short=True, **options)
        transaction.set_rollback(True)
    return report


@pytest.mark.django_db
def test_a_crowd_finishes_a_tree_and_leaves_no_drift() -> None:
    report = simulate()
    assert report["exported"] >= 1
    assert report["drifts"] == []
    assert report["ended"] == "enough trees exported"
    assert report["answers"] == sum(report["answers_by_kind"].values())
    assert report["truth"]["verdicts_right"] > 0.7
    assert drifts() == []


@pytest.mark.django_db
def test_a_crowd_too_small_to_decide_anything_comes_to_an_end() -> None:
    report = simulate(volunteers=3, may_fall_short=True)
    assert report["ended"] == "nobody had anything left to do"
    assert report["answers_by_kind"]["initial_prompt"] == 110
    assert drifts() == []


@pytest.mark.django_db
def test_the_same_seed_gives_the_same_run_and_another_seed_another() -> None:
    first = undone()
    assert undone() == first
    assert undone(seed=4) != first


@pytest.mark.django_db
@pytest.mark.parametrize("hand_out", ["weighted", "uniform"])
def test_other_ways_of_handing_out_leave_no_drift_either(hand_out: str) -> None:
    with pytest.raises(CommandError, match="Only 0 trees were exported: 60 answers given"):
        simulate(hand_out=hand_out, max_answers=60)
    assert drifts() == []


@pytest.mark.django_db(transaction=True)
def test_four_threads_leave_no_drift() -> None:
    report = simulate(threads=4, volunteers=16)
    assert report["exported"] >= 1
    assert report["drifts"] == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("options", "why"), [({"languages": "xx"}, "Unknown language xx"), ({"volunteers": 0}, "--volunteers must be")]
)
def test_options_that_make_no_sense_are_refused(options: dict[str, Any], why: str) -> None:
    with pytest.raises(CommandError, match=why):
        simulate(**options)
