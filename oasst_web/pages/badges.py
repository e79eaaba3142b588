"""My badges, and what is missing for the others."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from oasst_web.pages import doors
from stats import awarding, progress


@doors.signed_in
@require_safe
def badges(request: HttpRequest) -> HttpResponse:
    """Those I have with their date; the others with what is missing, in plain words."""
    person = doors.person(request)
    found = awarding.of_person(person)
    context = {
        "mine": [each for each in found if each.earned_at],
        "others": [each for each in found if not each.earned_at],
        "progress": progress.of(person, timezone.now()),
    }
    return render(request, "badges/badges.html", context)
