"""How much harm a moderator saw today, and when it is enough.

What protects people who moderate is a limit on the dose, not only the blur before a text; so both are here.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts import profiles
from accounts.models import User
from common.errors import DomainError, ErrorCode
from moderation.log import check
from moderation.models import Exposure


class EnoughForToday(DomainError):
    code = ErrorCode.NOT_ALLOWED
    status = 403
    sentence = _(
        "You have seen as much harmful content as one person should in a day. Others take over; go on tomorrow."
    )


def limit(moderator: User) -> int:
    """Harmful items a day: the limit of the site, or a lower one that the moderator chose."""
    own = profiles.of(moderator).harm_limit
    site = int(settings.HARM_LIMIT)
    return site if own is None else min(own, site)


def seen(moderator: User, *, now: datetime) -> int:
    """Harmful items this moderator asked to see today, in UTC."""
    return Exposure.objects.filter(moderator=moderator, day=_day(now)).count()


def left(moderator: User, *, now: datetime) -> int:
    """How many more today."""
    return limit(moderator) - seen(moderator, now=now)


def shown_today(moderator: User, message_id: UUID, *, now: datetime) -> bool:
    """Whether they asked for this one already."""
    return Exposure.objects.filter(moderator=moderator, day=_day(now), message_id=message_id).exists()


def show(*, message_id: UUID, by: User, now: datetime) -> None:
    """The moderator asks to see something harmful: it counts, once a day. Raises NotAllowed, EnoughForToday."""
    check(by)
    if shown_today(by, message_id, now=now):
        return
    if left(by, now=now) <= 0:
        raise EnoughForToday
    Exposure.objects.get_or_create(moderator=by, day=_day(now), message_id=message_id, defaults={"at": now})


def choose_limit(*, by: User, limit: int | None, now: datetime) -> None:
    """A moderator wants to see less than the site would show them; None: as much as everybody."""
    check(by)
    profiles.change(person=by, now=now, harm_limit=limit)


def _day(now: datetime) -> date:
    return now.astimezone(UTC).date()
