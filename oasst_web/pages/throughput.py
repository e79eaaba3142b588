"""How fast work gets done, in each language: for moderators, who see where a language runs dry or piles up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from common.languages import LANGUAGES
from moderation.models import QueueItem
from oasst_web.pages import charts, doors
from oasst_web.pages.figures import decimal
from stats import throughput as measured
from stats.throughput import Backlog, Day, Waited

#: Hours from which on days are the better measure.
LONG = 72


@dataclass(frozen=True)
class Row:
    """One language."""

    backlog: Backlog
    pace: str
    days: str
    """Empty while nobody answers."""
    queue: int
    """Items moderators have to decide."""


@dataclass(frozen=True)
class Waits:
    """How long something takes, as a chart with its table."""

    name: str
    chart: charts.Chart | None
    unit: str
    rows: list[tuple[str, Waited, tuple[str, str, str]]]
    """Newest first: the week, its number, and median, a quarter below and above as they are read."""


@doors.moderating
@require_safe
def throughput(request: HttpRequest) -> HttpResponse:
    """All languages together, or the one that is asked for; and every language in a table."""
    now = timezone.now()
    asked = request.GET.get("lang", "")
    lang = asked if asked in LANGUAGES else ""
    backlog = measured.backlog(now=now)
    open_items = QueueItem.objects.filter(processed=False).order_by().values_list("lang")
    queue: dict[str, int] = dict(open_items.annotate(number=Count("pk")))
    days = measured.answers(lang=lang, now=now)
    context = {
        "lang": lang,
        "langs": sorted({row.lang for row in backlog} | ({lang} if lang else set())),
        "answers": _answers(days),
        "days": days[::-1],
        "length": measured.DAYS,
        "lately": measured.LATELY,
        "waits": [
            _waits("to-verdict", _("From writing to the verdict"), measured.to_verdict(lang=lang, now=now)),
            _waits("to-end", _("From the prompt to the finished tree"), measured.to_end(lang=lang, now=now)),
        ],
        "rows": [_row(each, queue) for each in backlog],
    }
    return render(request, "moderation/throughput.html", context)


def _row(backlog: Backlog, queue: dict[str, int]) -> Row:
    days = "" if backlog.days is None else decimal(backlog.days, 1)
    return Row(backlog, decimal(backlog.pace, 1), days, queue.get(backlog.lang, 0))


def _answers(days: Sequence[Day]) -> charts.Chart | None:
    columns = [
        charts.Column(
            _day(each.day),
            (each.written, each.reviewed, each.ranked),
            _("%(day)s: %(written)s written, %(reviewed)s reviewed, %(ranked)s ranked")
            % {"day": _day(each.day), "written": each.written, "reviewed": each.reviewed, "ranked": each.ranked},
        )
        for each in days
    ]
    return charts.column_chart(_("Answers by day, as columns. The table below has the same numbers."), columns)


def _waits(name: str, title: str, weeks: Sequence[Waited]) -> Waits:
    longest = max((week.high or 0.0 for week in weeks), default=0.0)
    in_days = longest > LONG
    unit = _("days") if in_days else _("hours")
    scaled = [_scaled(week, 24.0 if in_days else 1.0) for week in weeks]
    top, step = charts.round_scale(max((high or 0.0 for _m, _l, high in scaled), default=0.0))
    chart = charts.line_chart(
        _("%(what)s, in %(unit)s: the median of each week, and the middle half") % {"what": title, "unit": unit},
        [
            charts.Point(_day(week.monday), median, low, high, _said(week.monday, median, unit))
            for week, (median, low, high) in zip(weeks, scaled, strict=True)
        ],
        top=float(top),
        step=float(step),
    )
    rows = [
        (_day(week.monday), week, (decimal(median, 1), decimal(low, 1), decimal(high, 1)))
        for week, (median, low, high) in zip(weeks, scaled, strict=True)
    ]
    return Waits(name, chart, unit, rows[::-1])


def _scaled(week: Waited, hours: float) -> tuple[float | None, float | None, float | None]:
    return tuple(None if end is None else end / hours for end in (week.median, week.low, week.high))  # type: ignore[return-value]


def _said(monday: date, median: float | None, unit: str) -> str:
    if median is None:
        return ""
    return _("Week of %(day)s: %(median)s %(unit)s") % {
        "day": _day(monday),
        "median": number_format(round(median, 1), 1),
        "unit": unit,
    }


def _day(day: date) -> str:
    return date_format(day, "SHORT_DATE_FORMAT")
