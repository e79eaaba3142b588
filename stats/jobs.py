"""Celery entry points of statistics."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from stats import agreement, streaks


@shared_task(name="stats.keep_streaks")
def keep_streaks() -> int:
    return streaks.keep(now=timezone.now())


@shared_task(name="stats.measure_agreement")
def measure_agreement() -> int:
    return agreement.measure(now=timezone.now())
