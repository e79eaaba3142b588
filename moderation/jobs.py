"""Celery entry points of moderation."""

from __future__ import annotations

from random import SystemRandom

from celery import shared_task
from django.utils import timezone

from moderation import automatic, proposals, sanctions, screening
from screening.looking import shared
from tasks import rulebook


@shared_task(name="moderation.moderate")
def moderate() -> int:
    return automatic.moderate(now=timezone.now(), rules=rulebook.in_force(), rng=SystemRandom())


@shared_task(name="moderation.screen")
def screen() -> int:
    return screening.screen(looker=shared(), now=timezone.now(), rules=rulebook.in_force(), rng=SystemRandom())


@shared_task(name="moderation.work_on_proposals")
def work_on_proposals() -> int:
    return proposals.work(now=timezone.now(), rng=SystemRandom())


@shared_task(name="moderation.end_suspensions")
def end_suspensions() -> int:
    return sanctions.end_suspensions(now=timezone.now())
