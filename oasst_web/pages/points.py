"""How points are earned, and which I have."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from oasst_web.pages import doors
from stats import ledger, progress


@doors.signed_in
@require_safe
def points(request: HttpRequest) -> HttpResponse:
    """Every reason with what it is worth, one's level, and one's ledger, newest first."""
    person = doors.person(request)
    context = {
        "progress": progress.of(person, timezone.now()),
        "reasons": ledger.reasons(),
        "page": ledger.page(person=person, after=request.GET.get("after", "")),
        "first_page": "after" not in request.GET,
    }
    return render(request, "points/points.html", context)
