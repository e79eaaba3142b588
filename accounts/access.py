"""Who may take part: one question, asked before anything is handed out or stored."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Status, User
from common.errors import DomainError, ErrorCode

#: Raised whenever the terms change; everybody is then asked again.
TERMS_VERSION = 2


class UserDisabled(DomainError):
    code = ErrorCode.USER_DISABLED
    status = 403
    sentence = _(
        "This account may not take part at the moment. Write to the moderators if you think this is a mistake."
    )


class UserSuspended(UserDisabled):
    sentence = _(
        "You cannot take part for a time. Your news say why and until when, and what you can do if you do not agree."
    )

    def __init__(self, until: datetime | None = None) -> None:
        if until is None:
            super().__init__()
            return
        sentence = gettext(
            "You cannot take part until %(until)s UTC. Your news say why, and what you can do if you do not agree."
        ) % {"until": date_format(until.astimezone(UTC), "DATETIME_FORMAT")}
        super().__init__(sentence)


class TermsNotAccepted(DomainError):
    code = ErrorCode.USER_HAS_NOT_ACCEPTED_TOS
    status = 451
    sentence = _("Please read and accept the terms first.")


class TermsChanged(DomainError):
    code = ErrorCode.TERMS_CHANGED
    status = 409
    sentence = _("The terms have changed since you read them. Read them again before you accept them.")


def check_may_take_part(person: User) -> None:
    """Raise UserDisabled, also as UserSuspended, or TermsNotAccepted. The row must be fresh: a session may be older
    than a ban."""
    if person.status == Status.SUSPENDED:
        raise UserSuspended(person.suspended_until)
    if person.status != Status.ACTIVE:
        raise UserDisabled
    if not accepted_terms(person):
        raise TermsNotAccepted


def accepted_terms(person: User) -> bool:
    """Whether they accepted the terms in force."""
    return person.terms_version is not None and person.terms_version >= TERMS_VERSION


@transaction.atomic
def accept_terms(*, person: User, now: datetime, version: int = TERMS_VERSION) -> None:
    """Record that this person accepted the terms in force. Raises TermsChanged if they read another version."""
    if version != TERMS_VERSION:
        raise TermsChanged
    person.terms_accepted_at = now
    person.terms_version = TERMS_VERSION
    person.save(update_fields=["terms_accepted_at", "terms_version"])
