"""Celery entry points of statistics."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from stats import agreement, boards, public, streaks, trolls
from stats.models import Frame


@shared_task(name="stats.keep_streaks")
def keep_streaks() -> int:
    return streaks.keep(now=timezone.now())


@shared_task(name="stats.measure_agreement")
def measure_agreement() -> int:
    return agreement.measure(now=timezone.now())


@shared_task(name="stats.count_board")
def count_board(frame: str) -> int:
    now = timezone.now()
    return boards.count(frame=Frame(frame), now=now) + trolls.count(frame=Frame(frame), now=now)


@shared_task(name="stats.count_public")
def count_public() -> int:
    return public.count(now=timezone.now())
