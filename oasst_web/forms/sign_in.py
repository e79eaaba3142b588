"""The one box of the sign-in page, and the same for programs."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import RequestLoginCodeForm
from allauth.core import context, ratelimit
from allauth.headless.internal.restkit.inputs import Input
from django.utils.translation import gettext_lazy as _

from oasst_web import sign_in


class EmailForm(RequestLoginCodeForm):
    """An e-mail address. Known or not, the page and the mail are the same: nobody can find out who takes part."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        box = self.fields["email"]
        box.label = _("Your e-mail address")
        box.widget.attrs.update({"autocomplete": "email", "inputmode": "email", "placeholder": "", "autofocus": True})

    def clean_email(self) -> str:
        """The address; `_user` is the person allauth sends the code to."""
        email: str = self.cleaned_data["email"].strip().lower()
        # Asked before anybody is looked up or created, so that guessing costs the same for known and unknown addresses.
        if not ratelimit.consume(context.request, action="request_login_code", key=email):
            raise get_adapter().validation_error("too_many_login_attempts")
        self._user = sign_in.person_for(email=email, lang=sign_in.preferred_language(context.request))
        return email


class EmailInput(EmailForm, Input):
    """The address as a program sends it."""
