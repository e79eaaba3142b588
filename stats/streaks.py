"""Streaks: how long somebody has kept coming back. Runs only in a job; pages ask what is forgiven."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Max, Q

from accounts.locking import lock_people
from accounts.models import User
from tasks.models import Task, TaskState

#: A streak ends after so long without an answer.
PATIENCE = timedelta(hours=36)
#: Somebody who missed a day is waited for so much longer, ...
FORGIVEN = timedelta(hours=24)
#: ... once in this time.
MONTH = timedelta(days=30)
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
        fields = ["last_activity_at", "streak_started_at", "streak_days", "streak_repaired_at"]
        User.objects.bulk_update(people, fields, batch_size=500)
        unforgiven = Q(streak_days=0) | Q(streak_repaired_at__gt=now - MONTH)
        let_go = Q(last_activity_at__lt=now - PATIENCE - FORGIVEN) | Q(last_activity_at__lt=now - PATIENCE) & unforgiven
        ended = User.objects.filter(let_go, streak_started_at__isnull=False).update(
            streak_started_at=None, streak_days=0
        )
    return len(people) + ended


def _extend(person: User, times: Sequence[datetime]) -> None:
    """A streak begins with the first answer after a pause, and counts whole days since. Times are in order."""
    for at in times:
        last = person.last_activity_at
        if last is not None and at > last + PATIENCE and person.streak_started_at is not None:
            if at <= waits_until(person, last=last, at=at):
                person.streak_repaired_at = at
            else:
                person.streak_started_at = None
        if person.streak_started_at is None:
            person.streak_started_at = at
        person.last_activity_at = max(at, last or at)
        person.streak_days = max(0, (person.last_activity_at - person.streak_started_at).days)


def waits_until(person: User, *, last: datetime, at: datetime) -> datetime:
    """Until when a running streak waits for the next answer, as seen at this moment."""
    # A streak of less than a day is begun anew at no loss: it must not use up what is forgiven in a month.
    forgiven = person.streak_days > 0 and repair_left(person, now=at)
    return last + PATIENCE + FORGIVEN if forgiven else last + PATIENCE


def repair_left(person: User, *, now: datetime) -> bool:
    """Whether a missed day would be forgiven now."""
    return person.streak_repaired_at is None or now - person.streak_repaired_at >= MONTH
