"""Signing in for programs: allauth's headless API, as far as there is a way in here: by a code sent by e-mail.

Its other addresses would set passwords, change addresses and send mails that link to pages this site does not have.
"""

from __future__ import annotations

from typing import Any

from allauth.headless.account import views
from allauth.headless.base.views import ConfigView
from allauth.headless.constants import Client
from allauth.headless.internal.restkit.response import APIResponse
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone

from oasst_web import sign_in
from oasst_web.forms.sign_in import EmailInput


class _RequestCode(views.RequestLoginCodeView):
    """As on the sign-in page, an unknown address becomes a person when it asks for its first code."""

    input_class = EmailInput


class _ConfirmCode(views.ConfirmLoginCodeView):
    """Whoever may not come in, because of a ban, reads that in the answer: a program has no page to be sent to."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response: HttpResponse = super().post(request, *args, **kwargs)
        person = None if request.user.is_authenticated else sign_in.turned_away(request)
        why = sign_in.why_not(person, now=timezone.now()) if person is not None else ""
        if not why:
            return response
        problem: HttpResponse = APIResponse(request, status=403, errors=[{"code": "account_banned", "message": why}])
        return problem


urlpatterns = [
    path("config", ConfigView.as_api_view(client=Client.APP)),
    path("auth/session", views.SessionView.as_api_view(client=Client.APP)),
    path("auth/code/request", _RequestCode.as_api_view(client=Client.APP)),
    path("auth/code/resend", views.ResendLoginCodeView.as_api_view(client=Client.APP)),
    path("auth/code/confirm", _ConfirmCode.as_api_view(client=Client.APP)),
]
