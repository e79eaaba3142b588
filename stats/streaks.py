"""Streaks: how long somebody has kept coming back. Runs only in a job."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from accounts.locking import lock_people
from accounts.models import User
from tasks.models import Task, TaskState

#: A streak ends after so long without an answer.
PATIENCE = timedelta(hours=36)
#: Answers are committed a little after the moment they carry, so look back further than the newest one seen.
OVERLAP = timedelta(minutes=10)


def keep(*, now: datetime) -> int:
    """Note everybody's latest answer, extend running streaks, end the ones that were let go. Returns people touched."""
    # A simulation's clock runs ahead of ours: its people must not stop everybody else's streak.
    newest = User.objects.filter(last_activity_at__lte=now).aggregate(newest=Max("last_activity_at"))["newest"]
    answered = Task.objects.filter(state=TaskState.DONE)
    if newest is not None:
        answered = answered.filter(done_at__gt=newest - OVERLAP)
    times: dict[UUID, list[datetime]] = defaultdict(list)
    for person_id, done_at in answered.order_by("done_at").values_list("claimed_by", "done_at").iterator():
        times[person_id].append(done_at)
    with transaction.atomic():
        people = lock_people(times)
        for person in people:
            _extend(person, times[person.pk])
        User.objects.bulk_update(people, ["last_activity_at", "streak_started_at", "streak_days"], batch_size=500)
        ended = User.objects.filter(streak_started_at__isnull=False, last_activity_at__lt=now - PATIENCE).update(
            streak_started_at=None, streak_days=0
        )
    return len(people) + ended


def _extend(person: User, times: Sequence[datetime]) -> None:
    """A streak begins with the first answer after a pause, and counts whole days since. Times are in order."""
    for at in times:
        last = person.last_activity_at
        if person.streak_started_at is None or (last is not None and at - last > PATIENCE):
            person.streak_started_at = at
        person.last_activity_at = max(at, last or at)
    if person.last_activity_at is None or person.streak_started_at is None:
        return
    person.streak_days = max(0, (person.last_activity_at - person.streak_started_at).days)
