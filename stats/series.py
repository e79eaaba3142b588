"""What people did week by week, in each language and in all together: counted by a job, so that charts cost a query."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from django.db import transaction
from django.db.models import Count, QuerySet
from django.db.models.functions import TruncWeek

from stats.models import PublicFigures
from tasks.kinds import RANKING, REVIEWING, Deed, Role
from tasks.models import Message, Task, TaskState, Tree

#: How many weeks are counted, this one included. More make the columns thinner than a phone can show.
WEEKS = 52

#: The figures of a language are stored under this and its code; those of all languages under this alone. No name of the
#: published protocol begins so.
PREFIX = "weeks:"
TOGETHER = ""


class Series(StrEnum):
    """What is counted in each week."""

    PROMPTER = "prompter"
    """Accepted messages that people wrote as users, by when they were written."""
    ASSISTANT = "assistant"
    """The same as assistants."""
    TREES = "trees"
    """Trees that were finished for the first time."""
    PEOPLE = "people"
    """Who answered at least one task."""
    REVIEWS = "reviews"
    RANKINGS = "rankings"


#: How often something happened, by language, Monday and series.
Counts = Counter[tuple[str, date, Series]]


@dataclass(frozen=True)
class Weeks:
    """The weeks of one language, or of all together: oldest first, none left out, the last one not over yet."""

    mondays: Sequence[date]
    counts: dict[Series, list[int]]
    """One number for each Monday."""
    counted_at: datetime


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


@transaction.atomic
def count(*, now: datetime) -> int:
    """Count every week anew. Returns the number of languages. May run twice, also at once."""
    last = monday_of(now.astimezone(UTC).date())
    since = datetime.combine(last - timedelta(weeks=WEEKS - 1), time(), UTC)
    counts = _counted(since)
    # The first week with anything in it begins the charts of all languages, so that they can be compared.
    first = min((monday for _lang, monday, _series in counts), default=last)
    mondays = [first + timedelta(weeks=number) for number in range((last - first).days // 7 + 1)]
    langs = sorted({lang for lang, _monday, _series in counts} | {TOGETHER})
    # In one order, so that two runs wait for each other instead of locking each other out.
    PublicFigures.objects.bulk_create(
        [PublicFigures(name=PREFIX + lang, figures=_stored(counts, lang, mondays), counted_at=now) for lang in langs],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["figures", "counted_at"],
    )
    PublicFigures.objects.filter(name__startswith=PREFIX).exclude(name__in=[PREFIX + lang for lang in langs]).delete()
    return len(langs) - 1


def _stored(counts: Counts, lang: str, mondays: Sequence[date]) -> dict[str, Any]:
    series = {each.value: [counts[lang, monday, each] for monday in mondays] for each in Series}
    return {"first": mondays[0].isoformat(), **series}


def _counted(since: datetime) -> Counts:
    counts: Counts = Counter()
    written = Message.objects.kept().filter(synthetic=False, created_at__gte=since)
    for lang, monday, role, number in _by_week(written, "created_at", "lang", "role"):
        _add(counts, lang, monday, Series(Role(role)), number)
    for lang, monday, number in _by_week(Tree.objects.filter(finished_at__gte=since), "finished_at", "lang"):
        _add(counts, lang, monday, Series.TREES, number)
    done = Task.objects.filter(state=TaskState.DONE, done_at__gte=since)
    for deed, series in ((Deed.REVIEW, Series.REVIEWS), (Deed.RANK, Series.RANKINGS)):
        kinds = REVIEWING if deed is Deed.REVIEW else RANKING
        for lang, monday, number in _by_week(done.filter(kind__in=kinds), "done_at", "lang"):
            _add(counts, lang, monday, series, number)
    # Whoever works in two languages counts in both, and once altogether.
    for lang, monday, number in _by_week(done, "done_at", "lang", what=Count("claimed_by", distinct=True)):
        counts[lang, monday, Series.PEOPLE] = number
    for monday, number in _by_week(done, "done_at", what=Count("claimed_by", distinct=True)):
        counts[TOGETHER, monday, Series.PEOPLE] = number
    return counts


def _by_week(rows: QuerySet[Any], moment: str, *by: str, what: Count | None = None) -> Iterable[tuple[Any, ...]]:
    """For each group: language if asked for, Monday, whatever else it is grouped by, how many."""
    lang, rest = (by[:1], by[1:]) if by else ((), ())
    weeks = rows.order_by().annotate(week=TruncWeek(moment, tzinfo=UTC)).values_list(*lang, "week", *rest)
    for row in weeks.annotate(number=what or Count("pk")):
        yield tuple(each.date() if isinstance(each, datetime) else each for each in row)


def _add(counts: Counts, lang: str, monday: date, series: Series, number: int) -> None:
    counts[lang, monday, series] += number
    counts[TOGETHER, monday, series] += number


def of(lang: str = TOGETHER) -> Weeks | None:
    """The weeks of this language, or of all together; None when the job has not counted yet.

    A language in which nothing happened has all the weeks, with nothing in them.
    """
    found = {row.name: row for row in PublicFigures.objects.filter(pk__in={PREFIX, PREFIX + lang})}
    together = found.get(PREFIX)
    if together is None:
        return None
    first = date.fromisoformat(together.figures["first"])
    length = len(together.figures[Series.PROMPTER])
    mondays = [first + timedelta(weeks=number) for number in range(length)]
    figures = found[PREFIX + lang].figures if PREFIX + lang in found else {}
    counts = {each: list(figures.get(each.value, [0] * length)) for each in Series}
    return Weeks(mondays, counts, together.counted_at)


def languages() -> list[str]:
    """Codes of the languages in which anything was counted."""
    names = PublicFigures.objects.filter(name__startswith=PREFIX).exclude(name=PREFIX).order_by("name")
    return [name.removeprefix(PREFIX) for name in names.values_list("name", flat=True)]
