"""The troll board: to whose messages others object, and who works in a way that is worth a look. It punishes nobody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from accounts.models import User
from oasst_web.pages import doors
from oasst_web.pages.boards import TABS
from oasst_web.pages.figures import decimal, percent
from oasst_web.timetable import BOARDS
from stats import boards, conduct
from stats.conduct import By, Line, Usual
from stats.models import BoardKind, Frame, TrollRow

#: People on the page.
LONGEST = 50

#: Names of the orders.
ORDERS: Mapping[By, Promise] = {
    By.OBJECTIONS: gettext_lazy("Most objections"),
    By.INFORMATION: gettext_lazy("Reviews that tell least"),
    By.AGREEMENT: gettext_lazy("Agrees least with others"),
    By.SPEED: gettext_lazy("Judges fastest"),
    By.PASTED: gettext_lazy("Pastes most"),
    By.SAME_TEXTS: gettext_lazy("Sends the same text again"),
    By.SAME_REVIEWS: gettext_lazy("Gives the same review again"),
    By.LEFT_AS_SHOWN: gettext_lazy("Leaves replies as they were shown"),
}

#: What others found, with the column it is stored in.
OBJECTIONS: Mapping[str, Promise] = {
    "red_flags": gettext_lazy("red flags"),
    "downvotes": gettext_lazy("thumbs down"),
    "spam_prompts": gettext_lazy("prompts not accepted"),
    "spam": gettext_lazy("spam"),
    "lang_mismatch": gettext_lazy("wrong language"),
    "not_appropriate": gettext_lazy("not appropriate"),
    "pii": gettext_lazy("personal data"),
    "hate_speech": gettext_lazy("hate speech"),
    "sexual_content": gettext_lazy("sexual content"),
    "political_content": gettext_lazy("political"),
}


@dataclass(frozen=True)
class Row:
    """One person's figures as people read them; empty where unknown."""

    person: User | None
    score: int | None = None
    objections: str = ""
    information: str = ""
    agreement: str = ""
    seconds: str = ""
    pasted: str = ""
    same_texts: int | None = None
    same_reviews: str = ""
    left_as_shown: str = ""


@doors.moderating
@require_safe
def trolls(request: HttpRequest) -> HttpResponse:
    """One time, in one order. Nothing can be done to anybody from here but to look at them."""
    frame = Frame(asked) if (asked := request.GET.get("frame", "")) in TABS else Frame.MONTH
    by = By(asked) if (asked := request.GET.get("by", "")) in list(By) else By.OBJECTIONS
    context = {
        "tabs": TABS,
        "frame": frame,
        "by": by,
        "orders": ORDERS,
        "minutes": BOARDS[frame.value],
        "counted_at": boards.counted_at(BoardKind.TROLL, frame),
        "rows": [_row(line) for line in conduct.listed(frame=frame, by=by, limit=LONGEST)],
        "usual": _usual(conduct.usual(frame)),
        "longest": LONGEST,
    }
    return render(request, "moderation/trolls.html", context)


def _row(line: Line) -> Row:
    worked, measured = line.conduct, line.reliability
    return Row(
        person=line.person,
        score=line.troll.score if line.troll else None,
        objections=_objections(line.troll) if line.troll else "",
        information=decimal(measured.information if measured else None, 3),
        agreement=percent(measured.agreement if measured else None),
        seconds=_seconds(worked.seconds if worked else None),
        pasted=percent(worked.pasted_share if worked else None),
        same_texts=worked.same_texts if worked else None,
        same_reviews=percent(worked.same_reviews if worked else None),
        left_as_shown=percent(worked.left_as_shown if worked else None),
    )


def _usual(usual: Usual) -> Row:
    return Row(
        person=None,
        information=decimal(usual.information, 3),
        agreement=percent(usual.agreement),
        seconds=_seconds(usual.seconds),
        pasted=percent(usual.pasted_share),
        same_reviews=percent(usual.same_reviews),
        left_as_shown=percent(usual.left_as_shown),
    )


def _objections(row: TrollRow) -> str:
    counts = ((getattr(row, column), name) for column, name in OBJECTIONS.items())
    return ", ".join(_("%(what)s: %(count)s") % {"what": name, "count": count} for count, name in counts if count)


def _seconds(seconds: float | None) -> str:
    return "" if seconds is None else _("%(seconds)s s") % {"seconds": decimal(seconds, 0)}
