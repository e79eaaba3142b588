"""How long somebody stays signed in, and what moderators must have signed in with."""

from __future__ import annotations

from datetime import timedelta

from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.contrib.auth.signals import user_logged_in
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import Role, User

_SIGNED_IN_AT = "signed_in_at"


def _limit(sender: object, request: HttpRequest | None, user: User, **_rest: object) -> None:
    """A session ends so long after it began, however busy it is: a lost phone does not stay signed in for ever."""
    if request is not None:
        hours = settings.SESSION_HOURS if user.role == Role.GENERAL else settings.MODERATOR_SESSION_HOURS
        request.session[_SIGNED_IN_AT] = timezone.now().timestamp()
        request.session.set_expiry(timezone.now() + timedelta(hours=hours))


def fresh(request: HttpRequest) -> bool:
    """Whether they signed in so lately that it is surely they who change how one signs in."""
    at = request.session.get(_SIGNED_IN_AT, 0)
    return bool(timezone.now().timestamp() - at < settings.FRESH_MINUTES * 60)


def strong_enough(request: HttpRequest, person: User) -> bool:
    """Whether a moderator may go on. Where the operator asks for passkeys, a code from a mailbox does not do."""
    if not settings.MODERATORS_BY_PASSKEY:
        return True
    return any(record.get("type") == "webauthn" for record in get_authentication_records(request, person))


def listen() -> None:
    """Called once, when the site starts."""
    user_logged_in.connect(_limit, dispatch_uid="sessions")
