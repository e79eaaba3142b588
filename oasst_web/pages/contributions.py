"""What a person contributed: their messages with what became of them, their reviews, their rankings."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from oasst_web.pages import cursors, doors, numbers
from tasks.kinds import LABELS
from tasks.models import Message, Ranking, Review


@doors.signed_in
@require_safe
def messages(request: HttpRequest) -> HttpResponse:
    """My messages, newest first."""
    mine = Message.objects.filter(author=doors.person(request))
    return _page(request, "contributions/messages.html", cursors.page(mine, after=request.GET.get("after", "")))


@doors.signed_in
@require_safe
def reviews(request: HttpRequest) -> HttpResponse:
    """My reviews, newest first."""
    mine = Review.objects.filter(reviewer=doors.person(request)).select_related("message")
    found = cursors.page(mine, after=request.GET.get("after", ""))
    for review in found.rows:
        review.answers = [(LABELS[name], value) for name, value in review.labels.items() if name in LABELS]
    return _page(request, "contributions/reviews.html", found)


@doors.signed_in
@require_safe
def rankings(request: HttpRequest) -> HttpResponse:
    """My rankings, newest first."""
    mine = Ranking.objects.filter(ranker=doors.person(request)).select_related("parent")
    found = cursors.page(mine, after=request.GET.get("after", ""))
    ids = [pk for ranking in found.rows for group in ranking.order for pk in group]
    replies = {str(message.pk): message for message in Message.objects.filter(pk__in=ids)}
    for ranking in found.rows:
        ranking.groups = [[replies[pk] for pk in group if pk in replies] for group in ranking.order]
    return _page(request, "contributions/rankings.html", found)


def _page(request: HttpRequest, template: str, found: cursors.Page) -> HttpResponse:
    return render(request, template, {"page": found, "numbers": numbers.of(doors.person(request))})
