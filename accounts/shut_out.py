"""The ways in of a banned person stay closed, also once their account is closed and their address forgotten.

Kept is only a keyed digest of each: it can be asked whether a given address is one of them, but not which they are.
Who leaves while suspended is shut out until the suspension would have ended. What is kept of people who may come in
again shuts nobody out.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Iterator
from datetime import datetime

from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import ShutOut, Status, User

#: Mail to these arrives in one box, wherever there are dots in the name.
GMAIL = ("gmail.com", "googlemail.com")
#: Whose rows count: they are banned; or their account is closed, for good or as long as they would be suspended.
_IN_FORCE = Q(person__status=Status.BANNED) | Q(person__status=Status.DELETED) & (
    Q(person__suspended_until=None) | Q(person__suspended_until__gt=Now())
)
_OVER = Q(person__status=Status.DELETED, person__suspended_until__lte=Now())


def shut(*, person: User, now: datetime) -> None:
    """Nobody opens an account with this person's addresses or with their accounts elsewhere."""
    rows = [ShutOut(digest=digest, person=person, at=now) for digest in _ways_of(person)]
    ShutOut.objects.bulk_create(rows, ignore_conflicts=True)


def let_in(*, person: User) -> None:
    """The ban is over."""
    ShutOut.objects.filter(person=person).delete()


def forget_ended() -> int:
    """Nothing is kept of those who left while suspended, once that would be over. Returns how many rows went."""
    return ShutOut.objects.filter(_OVER).delete()[0]


def is_shut_out(*, email: str = "", provider: str = "", uid: str = "") -> bool:
    """Whether a ban closed this address, or this account of another site."""
    return whose(emails=[email] if email else [], provider=provider, uid=uid) is not None


def whose(*, emails: Iterable[str] = (), provider: str = "", uid: str = "") -> User | None:
    """Whose ban closed one of these addresses, or this account of another site; None if no ban did."""
    asked = [_of_email(email) for email in emails] + ([_of_account(provider, uid)] if uid else [])
    rows = ShutOut.objects.filter(_IN_FORCE, digest__in=asked).select_related("person").order_by("id")
    row = rows.first() if asked else None
    return None if row is None else row.person


def _ways_of(person: User) -> Iterator[str]:
    emails = {person.email} if person.email else set()
    emails |= set(EmailAddress.objects.filter(user=person, verified=True).values_list("email", flat=True))
    yield from (_of_email(email) for email in sorted(emails))
    linked = SocialAccount.objects.filter(user=person).order_by("id").values_list("provider", "uid")
    yield from (_of_account(provider, uid) for provider, uid in linked)


def _of_email(email: str) -> str:
    return _digest(f"email:{_mailbox(email)}")


def _mailbox(email: str) -> str:
    """Where mail to this address arrives: what stands behind a plus is the recipient's to choose, and so are Gmail's
    dots. Else nobody would need another mailbox to come back."""
    name, _at, domain = email.strip().lower().rpartition("@")
    name = name.partition("+")[0] or name
    if domain in GMAIL:
        name, domain = name.replace(".", ""), GMAIL[0]
    return f"{name}@{domain}"


def _of_account(provider: str, uid: str) -> str:
    return _digest(f"account:{provider}:{uid}")


def _digest(what: str) -> str:
    """Keyed, or a list of all addresses of the world would tell which are meant."""
    return hmac.new(settings.SECRET_KEY.encode(), what.encode(), hashlib.sha256).hexdigest()
