"""Celery entry points: each calls one use case, sweeps, and may run twice or not at all."""

from __future__ import annotations

from random import SystemRandom

from celery import shared_task
from django.utils import timezone

from tasks import assignment, lottery, rewards, rulebook, scoring, upkeep


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
