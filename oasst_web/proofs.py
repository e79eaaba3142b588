"""Whether an address is somebody's: a code goes there, and whoever reads it types it here."""

from __future__ import annotations

from datetime import datetime, timedelta

from allauth.account.adapter import get_adapter
from allauth.core import ratelimit
from allauth.core.internal.cryptokit import compare_user_code
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts import ways_in
from accounts.models import User
from common.errors import DomainError, ErrorCode

#: As long as a code to sign in.
GOOD_FOR = timedelta(minutes=10)
#: Tries at one code.
TRIES = 3

_KEY = "address_to_prove"


class TooOften(DomainError):
    code = ErrorCode.TOO_MANY_REQUESTS
    status = 429
    sentence = _("We sent several codes to this address already. Wait a few minutes, then ask for a new one.")


class WrongCode(DomainError):
    status = 422
    sentence = _("This is not the code we sent. Look at the newest mail from us and type its code again.")


class NoCode(DomainError):
    status = 409
    sentence = _("That code has expired or was tried too often. Ask for a new one.")


def send_code(request: HttpRequest, *, email: str, now: datetime) -> None:
    """Known to us or not, the answer is the same: nobody finds out here who takes part. Raises TooOften."""
    if not ratelimit.consume(request, action="request_login_code", key=email):
        raise TooOften
    code = get_adapter().generate_login_code()
    request.session[_KEY] = {"email": email, "code": code, "until": (now + GOOD_FOR).timestamp(), "tries": 0}
    get_adapter().send_mail("account/email/prove_address", email, {"code": code})


def waiting_for(request: HttpRequest) -> str:
    """The address a code was sent to; empty when there is none."""
    return str(request.session.get(_KEY, {}).get("email", ""))


def take_code(request: HttpRequest, *, person: User, code: str, now: datetime) -> str:
    """The address is this person's if the code is right. Raises WrongCode, NoCode, AddressTaken."""
    sent = request.session.get(_KEY)
    if sent is None or now.timestamp() > sent["until"]:
        request.session.pop(_KEY, None)
        raise NoCode
    if not compare_user_code(actual=code, expected=sent["code"]):
        sent["tries"] += 1
        request.session[_KEY] = sent
        if sent["tries"] >= TRIES:
            del request.session[_KEY]
            raise NoCode
        raise WrongCode
    del request.session[_KEY]
    email = str(sent["email"])
    ways_in.prove(person=person, emails=[email])
    return email
