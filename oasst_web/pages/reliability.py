"""Whose answers tell least? For moderators: the people to look at, by their reviews and by their rankings."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from oasst_web.pages import doors
from oasst_web.pages.figures import Shown, decimal, percents
from tasks.models import Reliability
from tasks.models.consensus import ENOUGH

#: People in each list.
LONGEST = 50


@dataclass(frozen=True)
class Reviewer:
    """One person's reviews as figures."""

    measured: Reliability
    agreement: Shown
    sensitivity: Shown
    specificity: Shown
    competence: Shown
    information: str

    @classmethod
    def of(cls, measured: Reliability) -> Reviewer:
        return cls(
            measured=measured,
            agreement=percents(measured.agreement),
            sensitivity=percents(measured.sensitivity, measured.sensitivity_low, measured.sensitivity_high),
            specificity=percents(measured.specificity, measured.specificity_low, measured.specificity_high),
            competence=percents(measured.competence),
            # Bad messages are rare, so even good reviews tell few bits.
            information=decimal(measured.information, 3),
        )


@dataclass(frozen=True)
class Ranker:
    """One person's rankings as figures."""

    measured: Reliability
    adherence: str
    error: str
    """Empty where unknown."""

    @classmethod
    def of(cls, measured: Reliability) -> Ranker:
        return cls(measured, decimal(measured.adherence), decimal(measured.adherence_error))


@doors.moderating
@require_safe
def reliability(request: HttpRequest) -> HttpResponse:
    """Those with enough answers whose answers tell least. Nothing can be done to them from here."""
    people = Reliability.objects.select_related("person")
    context = {
        "reviewers": [Reviewer.of(row) for row in people.of_reviewers()[:LONGEST]],
        "rankers": [Ranker.of(row) for row in people.of_rankers()[:LONGEST]],
        "measured_at": Reliability.objects.aggregate(last=Max("measured_at"))["last"],
        "enough": ENOUGH,
        "longest": LONGEST,
    }
    return render(request, "moderation/reliability.html", context)
