"""What a person contributed: their messages with what became of them, their reviews, their rankings."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

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
    mine = Review.objects.filter(reviewer=doors.person(request))
    found = cursors.page(mine, after=request.GET.get("after", ""))
    readable = _readable(request, [review.message_id for review in found.rows])
    for review in found.rows:
        review.about = readable.get(review.message_id)
        review.answers = [(LABELS[name], value) for name, value in review.labels.items() if name in LABELS]
    return _page(request, "contributions/reviews.html", found)


@doors.signed_in
@require_safe
def rankings(request: HttpRequest) -> HttpResponse:
    """My rankings, newest first."""
    mine = Ranking.objects.filter(ranker=doors.person(request))
    found = cursors.page(mine, after=request.GET.get("after", ""))
    ids = [UUID(pk) for ranking in found.rows for group in ranking.order for pk in group]
    readable = _readable(request, [*ids, *(ranking.parent_id for ranking in found.rows)])
    for ranking in found.rows:
        ranking.about = readable.get(ranking.parent_id)
        ranking.groups = [[readable.get(UUID(pk)) for pk in group] for group in ranking.order]
    return _page(request, "contributions/rankings.html", found)


def _readable(request: HttpRequest, ids: Sequence[UUID]) -> dict[UUID, Message]:
    """Those of these messages that may still be read: what a moderator deleted does not live on in a list."""
    return Message.objects.visible_to(doors.person(request)).in_bulk(ids)


def _page(request: HttpRequest, template: str, found: cursors.Page) -> HttpResponse:
    return render(request, template, {"page": found, "numbers": numbers.of(doors.person(request))})
