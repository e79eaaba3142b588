"""How people come in: by a code sent to their e-mail address. There are no passwords."""

from __future__ import annotations

from typing import ClassVar
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from django.db import transaction
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation.trans_real import parse_accept_lang_header

from accounts.models import User
from common.languages import LANGUAGES


class Adapter(DefaultAccountAdapter):
    """What allauth asks us: our sentences, and only one step between the address and the person."""

    error_messages: ClassVar[dict[str, str | Promise]] = {
        **DefaultAccountAdapter.error_messages,
        "incorrect_code": _("This is not the code we sent. Look at the newest mail from us and type its code again."),
        "too_many_login_attempts": _(
            "There were too many attempts for this address. Wait a few minutes, then ask for a new code."
        ),
        "rate_limited": _("That was a little fast. Wait a moment, then try again."),
    }

    def get_login_stages(self) -> list[str]:
        """The code proves the address, so there is no second mail to verify it."""
        return ["allauth.account.stages.LoginByCodeStage"]

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """There is no sign-up form: an unknown address becomes a person when it asks for its first code."""
        return False

    def is_safe_url(self, url: str) -> bool:
        """Whether to go there after signing in. What is no address at all is not safe; allauth would break on it."""
        try:
            urlsplit(url)
        except ValueError:
            return False
        return bool(super().is_safe_url(url))


@transaction.atomic
def person_for(*, email: str, lang: str) -> User:
    """The person with this address; a new one, working in `lang`, when nobody has it yet."""
    email = email.strip().lower()
    person = User.objects.filter(email__iexact=email).first()
    if person is None:
        # Two tabs may ask at once: the unique address decides, and both get the same person.
        person, _created = User.objects.get_or_create(email=email, defaults={"lang": lang})
        if _created:
            person.set_unusable_password()
            person.save(update_fields=["password"])
    EmailAddress.objects.get_or_create(user=person, email=email, defaults={"primary": True, "verified": False})
    return person


def preferred_language(request: HttpRequest) -> str:
    """The first language the browser asks for that people may work in here; English when there is none."""
    by_lower = {code.lower(): code for code in LANGUAGES}
    for wanted, _quality in parse_accept_lang_header(request.headers.get("Accept-Language", "")):
        base = wanted.split("-")[0]
        regional = next((code for lower, code in by_lower.items() if lower.startswith(f"{base}-")), None)
        found = by_lower.get(wanted) or by_lower.get(base) or regional
        if found:
            return found
    return "en"
