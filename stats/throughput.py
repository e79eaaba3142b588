"""How fast work gets done: answers by the day, how long a message waits for its verdict and a tree for its end, and how
much is still wanted. Asked when somebody looks; nothing is stored."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.db import connection
from django.db.models import Count
from django.db.models.functions import TruncDay

from stats.series import monday_of
from tasks.kinds import KINDS, Deed, Kind
from tasks.models import Task, TaskState

#: Days of the first chart, today included, and weeks of the others, this one included.
DAYS = 28
WEEKS = 12
#: Over so many days the pace of a language is taken.
LATELY = 7


@dataclass(frozen=True)
class Day:
    """What was answered on one day, in UTC."""

    day: date
    written: int
    reviewed: int
    ranked: int


@dataclass(frozen=True)
class Waited:
    """How long something took that ended in one week: the middle half of all, in hours. None: nothing ended."""

    monday: date
    number: int
    median: float | None = None
    low: float | None = None
    """A quarter took no longer."""
    high: float | None = None
    """A quarter took longer."""


@dataclass(frozen=True)
class Backlog:
    """What is wanted in one language now, and how much got done each day lately."""

    lang: str
    write: int
    review: int
    rank: int
    pace: float
    """Answers a day over the last LATELY days."""

    @property
    def open(self) -> int:
        return self.write + self.review + self.rank

    @property
    def days(self) -> float | None:
        """How long what is open would take at this pace; None while nobody answers."""
        return self.open / self.pace if self.pace else None


def answers(*, lang: str, now: datetime) -> list[Day]:
    """The last DAYS days, oldest first, none left out; of one language, or, without one, of all."""
    today = now.astimezone(UTC).date()
    since = datetime.combine(today - timedelta(days=DAYS - 1), time(), UTC)
    done = Task.objects.filter(state=TaskState.DONE, done_at__gte=since, known_answer=False)
    if lang:
        done = done.filter(lang=lang)
    by_day: dict[date, Counter[Deed]] = defaultdict(Counter)
    days = done.order_by().annotate(day=TruncDay("done_at", tzinfo=UTC)).values_list("day", "kind")
    for day, kind, number in days.annotate(number=Count("pk")):
        by_day[day.date()][KINDS[Kind(kind)].deed] += number
    every = [since.date() + timedelta(days=number) for number in range(DAYS)]
    return [Day(day, by_day[day][Deed.WRITE], by_day[day][Deed.REVIEW], by_day[day][Deed.RANK]) for day in every]


#: A verdict falls with the review that decided; which one that was, the message knows.
_TO_VERDICT = """
    SELECT date_trunc('week', r.created_at AT TIME ZONE 'UTC')::date, count(*),
           percentile_cont(ARRAY[0.5, 0.25, 0.75])
           WITHIN GROUP (ORDER BY extract(epoch FROM r.created_at - m.created_at) / 3600)
    FROM tasks_review r JOIN tasks_message m ON m.id = r.message_id AND r.number = m.decided_after
    WHERE r.created_at >= %(since)s AND (%(lang)s = '' OR m.lang = %(lang)s)
    GROUP BY 1
"""
_TO_END = """
    SELECT date_trunc('week', finished_at AT TIME ZONE 'UTC')::date, count(*),
           percentile_cont(ARRAY[0.5, 0.25, 0.75])
           WITHIN GROUP (ORDER BY extract(epoch FROM finished_at - created_at) / 3600)
    FROM tasks_tree
    WHERE finished_at >= %(since)s AND origin = '' AND (%(lang)s = '' OR lang = %(lang)s)
    GROUP BY 1
"""


def to_verdict(*, lang: str, now: datetime) -> list[Waited]:
    """Hours from writing a message to its verdict, by the week of the verdict. Reviews keep their number, so imported
    messages and those decided before reviews were numbered are left out."""
    return _waited(_TO_VERDICT, lang, now)


def to_end(*, lang: str, now: datetime) -> list[Waited]:
    """Hours from writing a prompt to the end of its tree, by the week in which it was finished for the first time."""
    return _waited(_TO_END, lang, now)


def _waited(statement: str, lang: str, now: datetime) -> list[Waited]:
    first = monday_of(now.astimezone(UTC).date()) - timedelta(weeks=WEEKS - 1)
    with connection.cursor() as cursor:
        cursor.execute(statement, {"since": datetime.combine(first, time(), UTC), "lang": lang})
        found = {monday: (number, *ends) for monday, number, ends in cursor.fetchall()}
    mondays = [first + timedelta(weeks=number) for number in range(WEEKS)]
    return [Waited(monday, *found.get(monday, (0,))) for monday in mondays]


def backlog(*, now: datetime) -> Sequence[Backlog]:
    """Every language in which something is wanted, or was done lately; the one with the longest way to go first."""
    wanted: dict[str, Counter[Deed]] = defaultdict(Counter)
    # New prompts have no end: they are wanted as long as there is room.
    live = Task.objects.open().filter(tree__isnull=False).order_by()
    for lang, kind, number in live.values_list("lang", "kind").annotate(number=Count("pk")):
        wanted[lang][KINDS[Kind(kind)].deed] += number
    done = Task.objects.filter(state=TaskState.DONE, done_at__gte=now - timedelta(days=LATELY)).order_by()
    pace: dict[str, int] = dict(done.values_list("lang").annotate(number=Count("pk")))
    rows = [
        Backlog(
            lang=lang,
            write=wanted[lang][Deed.WRITE],
            review=wanted[lang][Deed.REVIEW],
            rank=wanted[lang][Deed.RANK],
            pace=pace.get(lang, 0) / LATELY,
        )
        for lang in {*wanted, *pace}
    ]
    return sorted(rows, key=lambda row: (-(row.days if row.days is not None else float("inf")), -row.open, row.lang))
