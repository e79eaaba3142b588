"""The language of the pages, which is not the language somebody works in."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts import profiles
from accounts.models import User
from oasst_web.pages import doors

SECONDS_KEPT = 365 * 24 * 3600


@require_POST
def choose_interface_language(request: HttpRequest) -> HttpResponse:
    """Remember it in a cookie, and with the account of whoever is signed in."""
    response = redirect(doors.safe_next(request, reverse("home")))
    chosen = request.POST.get("language", "")
    if chosen in dict(settings.LANGUAGES):
        if isinstance(request.user, User):
            profiles.change(person=request.user, now=timezone.now(), interface_lang=chosen)
        remember(response, chosen, secure=request.is_secure())
    return response


def remember(response: HttpResponse, language: str, *, secure: bool) -> None:
    """For every page from now on, also when signed out."""
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME, language, max_age=SECONDS_KEPT, samesite="Lax", secure=secure, httponly=True
    )
