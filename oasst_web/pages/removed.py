"""What moderators decided about a person's messages and about themselves: what was removed and why, how to appeal, and
what moderators wrote to them. Also for who is suspended."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import Status
from moderation import appeals, explaining
from oasst_web.forms.appeals import AppealForm
from oasst_web.pages import cursors, doors, numbers


@doors.signed_in
@require_safe
def removed_messages(request: HttpRequest) -> HttpResponse:
    """My messages that were removed, newest first."""
    person = doors.person(request)
    found = cursors.page(explaining.removed_from(person), after=request.GET.get("after", ""))
    context = {"page": found, "removals": explaining.of_messages(found.rows), "numbers": numbers.of(person)}
    return render(request, "removed/messages.html", context)


@doors.signed_in
@require_http_methods(["GET", "HEAD", "POST"])
@doors.limited("appeals")
def removed_message(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """One of them: why it is gone, and the appeal. What is back again is shown in its conversation."""
    person = doors.person(request)
    form, status = AppealForm(request.POST or None), 200
    if request.method == "POST":
        try:
            appeals.appeal(message_id=message_id, by=person, text=request.POST.get("text", ""), now=timezone.now())
        except appeals.NoWords as refusal:
            form.add_error("text", str(refusal))
            status = refusal.status
        else:
            messages.success(
                request,
                _("Your appeal is sent. A moderator who did not decide before reads it; your news say how it ends."),
            )
            return redirect("removed_message", message_id)
    removal = explaining.of_message(person, message_id)
    if removal is None:
        return redirect("message", message_id)
    context = {
        "removal": removal,
        "message": removal.message,
        "form": form if explaining.may_appeal(person, removal) else None,
    }
    return render(request, "removed/message.html", context, status=status)


@doors.signed_in
@require_safe
def notices(request: HttpRequest) -> HttpResponse:
    """What moderators wrote to me, newest first."""
    person = doors.person(request)
    context = {
        "notices": explaining.notices(person),
        "suspended_until": person.suspended_until if person.status == Status.SUSPENDED else None,
    }
    return render(request, "removed/notices.html", context)


def suspended(request: HttpRequest) -> HttpResponse:
    """Where somebody begins who cannot take part for a time: until when, why, and what they can do meanwhile."""
    person = doors.person(request)
    notice = explaining.of_standing(person, now=timezone.now())
    return render(request, "removed/suspended.html", {"until": person.suspended_until, "notice": notice})
