"""Celery entry points of statistics."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from stats import agreement, awarding, boards, goals, public, series, streaks, trolls
from stats.models import Frame
from tasks import rewards


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


@shared_task(name="stats.count_weeks")
def count_weeks() -> int:
    return series.count(now=timezone.now())


@shared_task(name="stats.award_badges")
def award_badges() -> int:
    return awarding.award(now=timezone.now())


@shared_task(name="stats.award_badges_to_all")
def award_badges_to_all() -> int:
    return awarding.award(now=timezone.now(), everybody=True)


@shared_task(name="stats.count_goals")
def count_goals() -> int:
    return goals.count(now=timezone.now())


@shared_task(name="stats.fill_languages_of_points")
def fill_languages_of_points() -> int:
    return rewards.fill_languages()
