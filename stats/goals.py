"""What the people of one language want to reach together in a week: so many finished conversations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime, time, timedelta
from math import ceil
from statistics import median

from django.db import connection, transaction
from django.db.models import Count, F, Q
from django.db.models.functions import TruncWeek

from stats.models import LanguageGoal
from tasks.models import Task, TaskState, Tree

#: A goal is so many times what the weeks before usually brought, ...
MORE = 1.2
#: ... of so many weeks, ...
WEEKS = 4
#: ... and never less than this.
LEAST = 5
#: Goals from here on are multiples of five: a round number is easier to remember.
ROUND_FROM = 20

WEEK = timedelta(weeks=1)
#: What carries a moment is committed a little after it: a week is counted for the last time so much after its end.
OVERLAP = timedelta(minutes=10)

#: Who had a part in the trees finished in a week: whoever wrote, reviewed or ranked there.
_PEOPLE = """
    WITH finished AS (
        SELECT id, lang FROM tasks_tree WHERE finished_at >= %(start)s AND finished_at < %(end)s
    ), parts AS (
        SELECT f.lang, t.claimed_by_id AS person_id FROM finished f JOIN tasks_task t ON t.tree_id = f.id
        WHERE t.state = %(done)s
        UNION
        SELECT f.lang, m.author_id FROM finished f JOIN tasks_message m ON m.id = f.id
        WHERE m.task_id IS NOT NULL AND m.author_id IS NOT NULL
    )
    SELECT lang, count(*) FROM parts GROUP BY lang
"""


def week_of(now: datetime) -> date:
    """The Monday of this week, in UTC."""
    day = now.astimezone(UTC).date()
    return day - timedelta(days=day.weekday())


def target(finished: Sequence[int]) -> int:
    """The goal after weeks that brought so many finished conversations."""
    # A fifth more is wanted, so a half is rounded up.
    wanted = int(MORE * median(finished) + 0.5)
    if wanted >= ROUND_FROM:
        wanted = 5 * ceil(wanted / 5)
    return max(LEAST, wanted)


def count(*, now: datetime) -> int:
    """Set this week's goals where there is none yet, and count how far each language is. Returns goals counted.

    Last week's are counted for the last time, if nobody did so after its end. May run twice, also at once.
    """
    week = week_of(now)
    _set(week, now)
    return _count(week - WEEK, now) + _count(week, now)


def of_week(now: datetime) -> list[LanguageGoal]:
    """The goals of this week, those that are nearest first."""
    share = 1.0 * F("finished") / F("target")
    return list(LanguageGoal.objects.filter(week=week_of(now)).order_by(share.desc(), "lang"))


def of(lang: str, now: datetime) -> LanguageGoal | None:
    """The goal of one language this week; None if nobody works in it."""
    return LanguageGoal.objects.filter(lang=lang, week=week_of(now)).first()


def _set(week: date, now: datetime) -> None:
    """A goal, once set, stands: it must not run away from those who come near it."""
    there = set(LanguageGoal.objects.filter(week=week).values_list("lang", flat=True))
    before = Counter[tuple[str, date]]()
    finished = Tree.objects.filter(finished_at__gte=_start(week - WEEKS * WEEK), finished_at__lt=_start(week + WEEK))
    by_week = finished.annotate(week=TruncWeek("finished_at", tzinfo=UTC)).order_by("lang", "week")
    for lang, monday, number in by_week.values_list("lang", "week").annotate(Count("pk")):
        before[lang, monday.date()] = number
    at_work = Task.objects.filter(state=TaskState.DONE, done_at__gte=now - WEEK, done_at__lte=now)
    langs = {lang for lang, _week in before} | set(at_work.order_by("lang").values_list("lang", flat=True).distinct())
    LanguageGoal.objects.bulk_create(
        (
            LanguageGoal(
                lang=lang,
                week=week,
                target=target([before[lang, week - number * WEEK] for number in range(1, WEEKS + 1)]),
                counted_at=now,
            )
            for lang in sorted(langs - there)
        ),
        ignore_conflicts=True,
    )


@transaction.atomic
def _count(week: date, now: datetime) -> int:
    """Count the goals of a week, unless it was over when they were last counted."""
    over = _start(week + WEEK) + OVERLAP
    open_goals = list(LanguageGoal.objects.filter(Q(counted_at__lt=over), week=week).order_by("lang"))
    if not open_goals:
        return 0
    finished = _finished(week, [goal.lang for goal in open_goals])
    people = _people(week)
    for goal in open_goals:
        goal.finished, goal.people, goal.counted_at = finished[goal.lang], people.get(goal.lang, 0), now
        if goal.finished >= goal.target and goal.reached_at is None:
            goal.reached_at = min(now, _start(week + WEEK))
    # An upsert and no update of many rows: those are locked in no certain order.
    LanguageGoal.objects.bulk_create(
        open_goals,
        update_conflicts=True,
        unique_fields=["lang", "week"],
        update_fields=["finished", "people", "reached_at", "counted_at"],
    )
    return len(open_goals)


def _finished(week: date, langs: Collection[str]) -> Counter[str]:
    trees = Tree.objects.filter(finished_at__gte=_start(week), finished_at__lt=_start(week + WEEK), lang__in=langs)
    return Counter(dict(trees.order_by("lang").values_list("lang").annotate(Count("pk"))))


def _people(week: date) -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute(_PEOPLE, {"start": _start(week), "end": _start(week + WEEK), "done": TaskState.DONE.value})
        return dict(cursor.fetchall())


def _start(week: date) -> datetime:
    return datetime.combine(week, time(), tzinfo=UTC)
