"""Taking one of my messages back: what that means, and doing it."""

from __future__ import annotations

from random import SystemRandom
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from exports.models import Release, ReleaseState
from moderation import leaving
from oasst_web.pages import doors
from tasks import rulebook
from tasks.models import Message


@doors.signed_in
@require_http_methods(["GET", "HEAD", "POST"])
@doors.lately
def take_back(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """Read what happens; then the text is gone for good."""
    mine = Message.objects.filter(pk=message_id, author=doors.person(request)).exclude(text="", deleted=True).first()
    if mine is None:
        raise Http404
    if request.method != "POST":
        published = Release.objects.filter(state=ReleaseState.PUBLISHED, messages__message_id=mine.pk)
        context = {
            "message": mine,
            "below": mine.replies.filter(deleted=False).exists(),
            "releases": published.values_list("name", flat=True),
        }
        return render(request, "contributions/take_back.html", context)
    leaving.take_back_one(
        message_id=mine.pk,
        person=doors.person(request),
        now=timezone.now(),
        rules=rulebook.in_force(),
        rng=SystemRandom(),
    )
    messages.success(request, _("Your message is taken back, and its text is removed."))
    return redirect("my_messages")
