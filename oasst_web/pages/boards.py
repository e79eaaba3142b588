"""Leaderboards of a day, a week, a month and all time, by language; and what each language wants to reach this week."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from oasst_web.pages import doors
from oasst_web.timetable import BOARDS
from stats import boards as counted
from stats import goals
from stats.models import Frame, LeaderRow

#: The best so many are shown, ...
BEST = 20
#: ... and so many rows around whoever is not among them.
WINDOW = 5

TABS: dict[Frame, Promise] = {
    Frame.DAY: gettext_lazy("Day"),
    Frame.WEEK: gettext_lazy("Week"),
    Frame.MONTH: gettext_lazy("Month"),
    Frame.TOTAL: gettext_lazy("All time"),
}
CAPTIONS: dict[Frame, Promise] = {
    Frame.DAY: gettext_lazy("Points of the last 24 hours"),
    Frame.WEEK: gettext_lazy("Points of the last 7 days"),
    Frame.MONTH: gettext_lazy("Points of the last 30 days"),
    Frame.TOTAL: gettext_lazy("Points of all time"),
}


@dataclass(frozen=True)
class Row:
    """A row of the board as a reader sees it."""

    rank: int
    name: str
    mine: bool
    score: int
    accepted: int
    ranked_first: int
    reviews: int
    rankings: int
    after_gap: bool
    """Others stand between this row and the one above it, and are not shown."""


@doors.signed_in
@require_safe
def boards(request: HttpRequest) -> HttpResponse:
    """One board: its best people, and the rows around oneself. With the goals of this week."""
    person = doors.person(request)
    asked, lang = request.GET.get("frame", ""), request.GET.get("lang", "")
    frame = Frame(asked) if asked in TABS else Frame.WEEK
    langs = counted.languages(frame)
    if lang not in langs and lang != person.lang:
        lang = ""
    counted_at, best = counted.leaders(frame=frame, limit=BEST, lang=lang)
    own = next((row for row in best if row.person_id == person.pk), None)
    window: list[LeaderRow] = []
    if own is None:
        own = counted.own(person=person, frame=frame, lang=lang)
        found = counted.around(person=person, frame=frame, size=WINDOW, lang=lang) if own and own.rank else None
        window = found[1] if found else []
    context = {
        "tabs": TABS,
        "frame": frame,
        "caption": CAPTIONS[frame],
        "minutes": BOARDS[frame.value],
        "langs": sorted({*langs, person.lang}),
        "lang": lang,
        "counted_at": counted_at,
        "rows": _rows([*best, *window], person),
        "own": own,
        "goals": goals.of_week(timezone.now()),
    }
    return render(request, "boards/boards.html", context)


@doors.signed_in
@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Off the boards with one click, and back."""
    shown = request.POST.get("shown") == "yes"
    counted.choose(person=doors.person(request), shown=shown)
    messages.success(
        request,
        _("You are shown from the next count on.")
        if shown
        else _("You are not shown any more. You still earn points, and only you see them here."),
    )
    return redirect(doors.safe_next(request, reverse("boards")))


def _rows(found: Iterable[LeaderRow], person: User) -> list[Row]:
    rows: list[Row] = []
    for row in found:
        above = rows[-1].rank if rows else 0
        if row.rank is None or row.rank <= above:
            continue  # The window begins among the best.
        rows.append(
            Row(
                rank=row.rank,
                name=row.person.display_name,
                mine=row.person_id == person.pk,
                score=row.score,
                accepted=row.accepted_prompts + row.accepted_replies_assistant + row.accepted_replies_prompter,
                ranked_first=row.reply_ranked_1,
                reviews=row.labels_simple + row.labels_full,
                rankings=row.rankings_good,
                after_gap=row.rank > above + 1 and len(rows) >= BEST,
            )
        )
    return rows
