"""Public statistics: what people do week by week, and what there is in each language. Nothing is counted here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.formats import date_format, number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from common.languages import LANGUAGES
from oasst_web.pages import charts
from stats import public, series
from stats.public import LanguageRow, Overview
from stats.series import Series, Weeks
from tasks.fates import STATES
from tasks.tree_states import ACTIVE, State


@dataclass(frozen=True)
class Plot:
    """One chart over the weeks, with the numbers behind it."""

    name: str
    title: Promise
    about: Promise
    parts: Sequence[tuple[Series, Promise]]
    """What stands on each other in a column, the lowest first."""


PLOTS = (
    Plot(
        "messages",
        gettext_lazy("Messages"),
        gettext_lazy("Accepted messages that people wrote, by the week in which they were written."),
        (
            (Series.PROMPTER, gettext_lazy("as user")),
            (Series.ASSISTANT, gettext_lazy("as assistant")),
        ),
    ),
    Plot(
        "trees",
        gettext_lazy("Finished conversations"),
        gettext_lazy("Written, reviewed and ranked to the end."),
        ((Series.TREES, gettext_lazy("finished")),),
    ),
    Plot(
        "people",
        gettext_lazy("People"),
        gettext_lazy("Who answered at least one task in the week."),
        ((Series.PEOPLE, gettext_lazy("people")),),
    ),
    Plot(
        "reviews",
        gettext_lazy("Reviews"),
        gettext_lazy("Messages looked at, each by one person."),
        ((Series.REVIEWS, gettext_lazy("reviews")),),
    ),
    Plot(
        "rankings",
        gettext_lazy("Rankings"),
        gettext_lazy("Sets of replies put in order, each by one person."),
        ((Series.RANKINGS, gettext_lazy("rankings")),),
    ),
)


@dataclass(frozen=True)
class Drawn:
    """A plot as the page shows it."""

    plot: Plot
    chart: charts.Chart | None
    """None when there was nothing in any week."""
    rows: list[tuple[str, list[int], bool]]
    """Newest first: week, counts, whether the week is not over."""
    total: int


@dataclass(frozen=True)
class Bar:
    """One row of a table with a bar in it."""

    name: str | Promise
    count: int
    width: str
    """Of the longest bar, as SVG wants it."""
    lang: str = ""
    working: int = 0
    """Trees people work on."""
    finished: int = 0


@require_safe
def statistics(request: HttpRequest) -> HttpResponse:
    """The figures of all languages together, or of the one that is asked for."""
    overview = public.overview()
    langs = [row.lang for row in overview.languages] if overview else []
    asked = request.GET.get("lang", "")
    lang = asked if asked in langs or asked in LANGUAGES else series.TOGETHER
    weeks = series.of(lang)
    of_lang = _row_of(lang, overview) if overview and lang else None
    trees = of_lang.trees if of_lang else overview.trees if overview else {}
    context = {
        "lang": lang,
        "langs": sorted({*langs, *([lang] if lang else [])}, key=lambda code: _name(code).casefold()),
        "glance": overview.glance if overview else None,
        "of_lang": of_lang,
        "plots": [_drawn(plot, weeks) for plot in PLOTS] if weeks else [],
        "counted_at": weeks.counted_at if weeks else None,
        "languages": _languages(overview.languages) if overview else [],
        "states": _states(trees),
    }
    return render(request, "statistics/statistics.html", context)


def _row_of(lang: str, overview: Overview) -> LanguageRow:
    """A language in which there is nothing yet has a row, too."""
    return next((row for row in overview.languages if row.lang == lang), LanguageRow(lang, 0, {}))


def _drawn(plot: Plot, weeks: Weeks) -> Drawn:
    counts = list(zip(*(weeks.counts[part] for part, _name_of_it in plot.parts), strict=True))
    days = [_day(monday) for monday in weeks.mondays]
    last = len(days) - 1
    columns = [
        charts.Column(day, of_week, _said(plot, day, of_week)) for day, of_week in zip(days, counts, strict=True)
    ]
    return Drawn(
        plot=plot,
        chart=charts.column_chart(
            _("%(what)s by week, as columns. The table below has the same numbers.") % {"what": plot.title}, columns
        ),
        rows=[(days[place], list(counts[place]), place == last) for place in range(last, -1, -1)],
        total=sum(map(sum, counts)),
    )


def _said(plot: Plot, day: str, counts: Sequence[int]) -> str:
    """The tooltip of a column."""
    if len(counts) == 1:
        return _("Week of %(day)s: %(count)s") % {"day": day, "count": number_format(counts[0], 0, force_grouping=True)}
    parts = ", ".join(
        _("%(count)s %(what)s") % {"count": number_format(count, 0, force_grouping=True), "what": what}
        for count, (_series, what) in zip(counts, plot.parts, strict=True)
    )
    return _("Week of %(day)s: %(parts)s") % {"day": day, "parts": parts}


def _languages(rows: Sequence[LanguageRow]) -> list[Bar]:
    most = max((row.messages for row in rows), default=0)
    return [
        Bar(
            name=_name(row.lang),
            count=row.messages,
            width=_width(row.messages, most),
            lang=row.lang,
            working=sum(count for state, count in row.trees.items() if state in ACTIVE),
            finished=row.trees.get(State.READY_FOR_EXPORT, 0),
        )
        for row in rows
    ]


def _states(trees: Mapping[str, int]) -> list[Bar]:
    most = max(trees.values(), default=0)
    return [
        Bar(name=name, count=trees[state], width=_width(trees[state], most))
        for state, name in STATES.items()
        if trees.get(state)
    ]


def _width(count: int, most: int) -> str:
    return f"{100 * count / most:.2f}%" if most else "0%"


def _name(lang: str) -> str:
    return LANGUAGES[lang].name if lang in LANGUAGES else lang


def _day(day: date) -> str:
    return date_format(day, "DATE_FORMAT")
