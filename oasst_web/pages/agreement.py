"""Do people agree? For moderators: agreement on each label and on rankings, by language, week by week."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from common.languages import LANGUAGES
from oasst_web.pages import charts, doors
from oasst_web.pages.figures import Shown, decimal, decimals, percent, percents
from ranking.agreement import RELIABLE, TENTATIVE
from stats.models import RANKINGS, AgreementFigure
from tasks.kinds import LABELS, Widget

#: What can be looked at: every label by its question, then rankings.
SUBJECTS: dict[str, str | Promise] = {
    **{name: label.question for name, label in LABELS.items()},
    RANKINGS: gettext_lazy("Rankings"),
}


@dataclass(frozen=True)
class Row:
    """The figures of one week, or of one subject over all time. For rankings `main` is tau-b, else alpha."""

    figure: AgreementFigure
    name: str | Promise
    main: Shown
    raw: Shown
    kendall_w: Shown
    base_rate: str

    @property
    def verdict(self) -> str:
        """reliable, tentative or unreliable, by the limits of Krippendorff; empty where alpha is unknown."""
        alpha = self.figure.alpha
        if alpha is None:
            return ""
        return "reliable" if alpha >= RELIABLE else "tentative" if alpha >= TENTATIVE else "unreliable"


@doors.moderating
@require_safe
def agreement(request: HttpRequest) -> HttpResponse:
    """The figures of one language, and one label of it (or rankings) over the weeks."""
    measured = list(AgreementFigure.objects.of_all_time().order_by("lang").values_list("lang", flat=True).distinct())
    lang, subject = request.GET.get("lang", ""), request.GET.get("subject", "")
    if lang not in measured and lang not in LANGUAGES:
        lang = doors.person(request).lang
    if subject not in SUBJECTS:
        subject = next(iter(SUBJECTS))
    ever = {figure.subject: figure for figure in AgreementFigure.objects.of_all_time().filter(lang=lang)}
    weeks = list(AgreementFigure.objects.over_weeks().filter(lang=lang, subject=subject))
    rows = [_row(SUBJECTS[name], ever[name]) for name in SUBJECTS if name in ever]
    context = {
        "elsewhere": [code for code in measured if code != lang],
        "langs": list(dict.fromkeys([*measured, lang])),
        "lang": lang,
        "subjects": SUBJECTS,
        "subject": subject,
        "subject_name": SUBJECTS[subject],
        "rankings": subject == RANKINGS,
        "scale": subject in LABELS and LABELS[subject].widget is Widget.LIKERT,
        "total": next((row for row in rows if row.figure.subject == subject), None),
        "chart": _chart(weeks, rankings=subject == RANKINGS),
        # Newest first: on a phone the last weeks are what one looks for.
        "weeks": [_row(_day(figure.week), figure) for figure in reversed(weeks) if figure.week],
        "labels": [row for row in rows if row.figure.subject != RANKINGS],
        "of_rankings": next((row for row in rows if row.figure.subject == RANKINGS), None),
    }
    return render(request, "moderation/agreement.html", context)


def _row(name: str | Promise, figure: AgreementFigure) -> Row:
    widget = LABELS[figure.subject].widget if figure.subject in LABELS else None
    base = figure.base_rate
    return Row(
        figure=figure,
        name=name,
        main=decimals(*_main(figure)),
        raw=percents(figure.raw, figure.raw_low, figure.raw_high),
        kendall_w=decimals(figure.kendall_w, figure.kendall_w_low, figure.kendall_w_high),
        # The mean of a scale is a step of it; of yes and no it is how often yes was said.
        base_rate=decimal(base) if widget is Widget.LIKERT else percent(base, 1),
    )


def _main(figure: AgreementFigure) -> tuple[float | None, float | None, float | None]:
    if figure.subject == RANKINGS:
        return figure.tau_b, figure.tau_b_low, figure.tau_b_high
    return figure.alpha, figure.alpha_low, figure.alpha_high


def _chart(weeks: Sequence[AgreementFigure], *, rankings: bool) -> charts.Chart | None:
    """The main figure over the weeks, those without one included as gaps; None if there is nothing to draw."""
    by_week = {figure.week: figure for figure in weeks if figure.week}
    marks = [charts.Mark(RELIABLE, _("reliable")), charts.Mark(TENTATIVE, _("tentative"))]
    return charts.line_chart(
        _("Line chart of the figures by week. The table below it has the same numbers."),
        [_point(week, by_week.get(week)) for week in _every_week(by_week)],
        marks=() if rankings else marks,
    )


def _every_week(weeks: Iterable[date]) -> list[date]:
    """From the first to the last, without holes: distance on the chart is time."""
    there = sorted(weeks)
    if not there:
        return []
    return [there[0] + timedelta(weeks=count) for count in range((there[-1] - there[0]).days // 7 + 1)]


def _point(week: date, figure: AgreementFigure | None) -> charts.Point:
    if figure is None:
        return charts.Point(_day(week), None)
    shown = decimals(*_main(figure))
    title = _("Week of %(day)s: %(value)s") % {"day": _day(week), "value": shown.value}
    if shown.low:
        title = _("Week of %(day)s: %(value)s, between %(low)s and %(high)s") % {
            "day": _day(week),
            "value": shown.value,
            "low": shown.low,
            "high": shown.high,
        }
    return charts.Point(_day(week), *_main(figure), title=title)


def _day(day: date | None) -> str:
    return date_format(day, "DATE_FORMAT") if day else ""
