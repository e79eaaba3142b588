"""How far one person has come: points, level, streak, the goal of the day, badges. Small, for the dashboard."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Sum

from accounts import profiles
from accounts.models import PointEntry, User
from stats import awarding, streaks
from stats.badges import Badge
from tasks import points
from tasks.models import Task, TaskState
from tasks.points import Standing


@dataclass(frozen=True, kw_only=True)
class Progress:
    """What a person sees of their own way."""

    points: int
    level: Standing
    streak_days: int
    streak_waits_until: datetime | None
    """The next answer before this keeps the streak; None when none is running."""
    missing_a_day: bool
    """The streak only goes on because a missed day is forgiven."""
    repair_left: bool
    """A missed day would be forgiven."""
    repaired_at: datetime | None
    """When one was last forgiven."""
    answers_today: int
    """Since midnight, UTC."""
    daily_goal: int
    """0: none wanted."""
    badges: int
    newest_badge: Badge | None

    @property
    def goal_reached(self) -> bool:
        return 0 < self.daily_goal <= self.answers_today


def of(person: User, now: datetime) -> Progress:
    """Four queries, over the person's own rows only."""
    score = score_of(person)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    badges = [badge for badge, _earned_at in awarding.earned_by(person)]
    waits_until = _waits_until(person, now)
    return Progress(
        points=score,
        level=points.standing(score),
        # The job ends a streak some minutes late; nobody is to read of one that is over.
        streak_days=person.streak_days if waits_until else 0,
        streak_waits_until=waits_until,
        missing_a_day=waits_until is not None and waits_until - now <= streaks.FORGIVEN,
        repair_left=streaks.repair_left(person, now=now),
        repaired_at=person.streak_repaired_at,
        answers_today=Task.objects.filter(claimed_by=person, state=TaskState.DONE, done_at__gte=midnight).count(),
        daily_goal=profiles.of(person).daily_goal,
        badges=len(badges),
        newest_badge=badges[0] if badges else None,
    )


def score_of(person: User) -> int:
    """One query."""
    by_reason = PointEntry.objects.filter(person=person).order_by("reason").values_list("reason")
    return points.score(dict(by_reason.annotate(Sum("points"))))


def _waits_until(person: User, now: datetime) -> datetime | None:
    if person.streak_started_at is None or person.last_activity_at is None:
        return None
    until = streaks.waits_until(person, last=person.last_activity_at, at=now)
    return until if until >= now else None
