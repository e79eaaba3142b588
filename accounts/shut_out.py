"""The ways in of a banned person stay closed, also once their account is closed and their address forgotten.

Kept is only a keyed digest of each: it can be asked whether a given address is one of them, but not which they are.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from datetime import datetime

from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.conf import settings

from accounts.models import ShutOut, User


def shut(*, person: User, now: datetime) -> None:
    """Nobody opens an account with this person's addresses or with their accounts elsewhere."""
    rows = [ShutOut(digest=digest, person=person, at=now) for digest in _ways_of(person)]
    ShutOut.objects.bulk_create(rows, ignore_conflicts=True)


def let_in(*, person: User) -> None:
    """The ban is over."""
    ShutOut.objects.filter(person=person).delete()


def is_shut_out(*, email: str = "", provider: str = "", uid: str = "") -> bool:
    """Whether a ban closed this address, or this account of another site."""
    asked = ([_of_email(email)] if email else []) + ([_of_account(provider, uid)] if uid else [])
    return ShutOut.objects.filter(digest__in=asked).exists()


def _ways_of(person: User) -> Iterator[str]:
    emails = {person.email} if person.email else set()
    emails |= set(EmailAddress.objects.filter(user=person, verified=True).values_list("email", flat=True))
    yield from (_of_email(email) for email in sorted(emails))
    linked = SocialAccount.objects.filter(user=person).order_by("id").values_list("provider", "uid")
    yield from (_of_account(provider, uid) for provider, uid in linked)


def _of_email(email: str) -> str:
    return _digest(f"email:{email.strip().lower()}")


def _of_account(provider: str, uid: str) -> str:
    return _digest(f"account:{provider}:{uid}")


def _digest(what: str) -> str:
    """Keyed, or a list of all addresses of the world would tell which are meant."""
    return hmac.new(settings.SECRET_KEY.encode(), what.encode(), hashlib.sha256).hexdigest()
