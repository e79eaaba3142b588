"""Deleting one's account: what that means, what becomes of the contributions, and a word to type."""

from __future__ import annotations

from random import SystemRandom

from django.contrib import auth, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from moderation import leaving
from oasst_web.forms.account import LeaveForm
from oasst_web.pages import doors
from tasks import rulebook


@doors.signed_in
@require_http_methods(["GET", "HEAD", "POST"])
@doors.lately
def leave(request: HttpRequest) -> HttpResponse:
    """Read what happens, choose, type the word. Then the account is closed and its person signed out."""
    form = LeaveForm(request.POST or None)
    if not form.is_valid():
        return _page(request, form, status=422 if form.is_bound else 200)
    left = leaving.leave(
        person=doors.person(request),
        takes_back=form.takes_back,
        now=timezone.now(),
        rules=rulebook.in_force(),
        rng=SystemRandom(),
    )
    if left:
        messages.warning(
            request,
            ngettext(
                "You wrote much, so this takes several steps. %(number)s message is left; send the form once more.",
                "You wrote much, so this takes several steps. %(number)s messages are left; send the form once more.",
                left,
            )
            % {"number": left},
        )
        return _page(request, form)
    auth.logout(request)
    messages.success(request, _("Your account is deleted. Thank you for what you gave."))
    return redirect("home")


def _page(request: HttpRequest, form: LeaveForm, *, status: int = 200) -> HttpResponse:
    return render(request, "account/delete.html", {"form": form}, status=status)
