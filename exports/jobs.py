"""Celery entry points of releases, with queues of their own: one takes minutes, and no volunteer waits for it."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from exports.releases import build

#: Seconds. The usual limit is for jobs that people wait for.
LONGEST = 12 * 60 * 60


@shared_task(name="exports.build_releases", time_limit=LONGEST)
def build_releases() -> int:
    return build.build_waiting(clock=timezone.now)


@shared_task(name="exports.help_build", time_limit=LONGEST)
def help_build(release_id: int, snapshot: str, count: int) -> int:
    return build.help_build(release_id, snapshot, count)
