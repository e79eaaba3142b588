"""Signing in for programs: allauth's headless API, as far as there is a way in here: by a code sent by e-mail.

Its other addresses would set passwords, change addresses and send mails that link to pages this site does not have.
"""

from __future__ import annotations

from allauth.headless.account import views
from allauth.headless.base.views import ConfigView
from allauth.headless.constants import Client
from django.urls import path

from oasst_web.forms.sign_in import EmailInput


class _RequestCode(views.RequestLoginCodeView):
    """As on the sign-in page, an unknown address becomes a person when it asks for its first code."""

    input_class = EmailInput


urlpatterns = [
    path("config", ConfigView.as_api_view(client=Client.APP)),
    path("auth/session", views.SessionView.as_api_view(client=Client.APP)),
    path("auth/code/request", _RequestCode.as_api_view(client=Client.APP)),
    path("auth/code/resend", views.ResendLoginCodeView.as_api_view(client=Client.APP)),
    path("auth/code/confirm", views.ConfirmLoginCodeView.as_api_view(client=Client.APP)),
]
