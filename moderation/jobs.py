"""Celery entry points of moderation."""

from __future__ import annotations

from random import SystemRandom

from celery import shared_task
from django.utils import timezone

from moderation import automatic
from tasks import rulebook


@shared_task(name="moderation.moderate")
def moderate() -> int:
    return automatic.moderate(now=timezone.now(), rules=rulebook.in_force(), rng=SystemRandom())
