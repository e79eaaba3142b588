"""Signing in with a passkey, and the passkeys of an account. What the device is asked comes as JSON (passkey.js)."""

from __future__ import annotations

import struct

from allauth.account.models import Login
from allauth.core.internal import ratelimit
from allauth.mfa.webauthn.forms import AddWebAuthnForm, LoginWebAuthnForm
from allauth.mfa.webauthn.internal import auth, flows
from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts import ways_in
from oasst_web import security_log
from oasst_web.pages import doors

#: With these the library answers what no device sends; a stranger may send anything.
NO_ANSWER = (AttributeError, IndexError, KeyError, OverflowError, RecursionError, TypeError, ValueError, struct.error)


def _understood(form: forms.Form) -> bool:
    try:
        return form.is_valid()
    except NO_ANSWER:
        return False


@never_cache
@require_GET
def question(request: HttpRequest) -> HttpResponse:
    """What to ask the device for signing in: any passkey of this site, and that its owner is there."""
    return JsonResponse(auth.begin_authentication())


@never_cache
@require_POST
def sign_in(request: HttpRequest) -> HttpResponse:
    """In, with what the device answered."""
    refused: HttpResponse | None = ratelimit.consume_or_429(request, app="allauth.mfa", action="webauthn_login")
    if refused is not None:
        return refused
    form = LoginWebAuthnForm(data=request.POST)
    if not _understood(form):
        security_log.note("unknown_passkey", request)
        messages.error(
            request, _("We do not know this passkey. Sign in another way; on your account page you can add it anew.")
        )
        return redirect("account_request_login_code")
    passkey = form.cleaned_data["credential"]
    login = Login(user=passkey.user, redirect_url=doors.safe_next(request, "") or None)
    response: HttpResponse = flows.perform_passwordless_login(request, passkey, login)
    return response


@doors.signed_in
@require_GET
def new_question(request: HttpRequest) -> HttpResponse:
    """What to ask the device for a new passkey."""
    return JsonResponse(auth.begin_registration(doors.person(request), passwordless=True))


@doors.signed_in
@require_POST
@doors.lately
def add(request: HttpRequest) -> HttpResponse:
    """Keep the passkey that the device made."""
    name = request.POST.get("name", "").strip()[:64]
    name = name or _("Passkey of %(date)s") % {"date": date_format(timezone.now(), "SHORT_DATE_FORMAT")}
    answer = {"name": name, "credential": request.POST.get("credential", ""), "passwordless": True}
    form = AddWebAuthnForm(answer, user=doors.person(request))
    if _understood(form):
        flows.add_authenticator(request, name=name, credential=form.cleaned_data["credential"])
        messages.success(request, _("The passkey is stored. Next time you can sign in with it."))
    else:
        messages.error(request, _("The passkey was not stored. Try again; the device answered too late, or unclearly."))
    return redirect("account_sign_in")


@doors.signed_in
@require_POST
@doors.lately
def remove(request: HttpRequest, passkey_id: int) -> HttpResponse:
    """Nobody comes in with that passkey any more."""
    ways_in.remove_passkey(person=doors.person(request), passkey_id=passkey_id)
    return redirect("account_sign_in")
