"""Celery entry points: each calls one use case, sweeps, and may run twice or not at all."""

from __future__ import annotations

from dataclasses import asdict
from random import SystemRandom
from typing import Any

from celery import shared_task
from django.utils import timezone

from tasks import assignment, known_answers, lottery, reliability, rewards, rulebook, saved_drafts, scoring, upkeep


@shared_task(name="tasks.score_trees")
def score_trees() -> int:
    return scoring.score_waiting(now=timezone.now(), rules=rulebook.in_force(), rng=SystemRandom())


@shared_task(name="tasks.run_lottery")
def run_lottery() -> None:
    lottery.run(now=timezone.now(), rules=rulebook.in_force(), rng=SystemRandom())


@shared_task(name="tasks.return_expired")
def return_expired() -> int:
    return assignment.return_expired(now=timezone.now(), rules=rulebook.in_force(), rng=SystemRandom())


@shared_task(name="tasks.settle_points")
def settle_points() -> int:
    return rewards.settle_points(now=timezone.now())


@shared_task(name="tasks.recheck_trees")
def recheck_trees() -> int:
    return upkeep.recheck_trees(now=timezone.now(), rules=rulebook.in_force(), rng=SystemRandom())


@shared_task(name="tasks.measure_reliability")
def measure_reliability() -> dict[str, Any]:
    return asdict(reliability.measure(now=timezone.now(), rules=rulebook.in_force()))


@shared_task(name="tasks.promote_known_answers")
def promote_known_answers() -> int:
    return known_answers.promote(now=timezone.now(), rules=rulebook.in_force(), rng=SystemRandom())


@shared_task(name="tasks.fill_preferences")
def fill_preferences() -> int:
    return upkeep.fill_preferences()


@shared_task(name="tasks.forget_drafts")
def forget_drafts() -> int:
    return saved_drafts.forget_old(now=timezone.now())
