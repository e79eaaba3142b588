"""How often a key, or a person, may call: one window for each, in the cache. How many tasks one may claim,
`tasks` counts itself."""

from __future__ import annotations

from datetime import datetime

from django.core.cache import cache
from django.utils.translation import gettext_lazy as _

from accounts.models import ApiClient, User
from common.errors import DomainError, ErrorCode

SECONDS = 60
#: What one key may do in so many seconds. Task requests as in the reference; it limited nothing else.
LIMITS = {"tasks": 10_000, "calls": 60_000}
#: What one person may do who calls in their own name.
CALLS_OF_A_PERSON = 600


class KeyTooBusy(DomainError):
    code = ErrorCode.TOO_MANY_REQUESTS
    status = 429
    sentence = _("This key has called very often. Wait as long as the header Retry-After says.")


class PersonTooBusy(KeyTooBusy):
    sentence = _("You have called very often. Wait as long as the header Retry-After says.")


def count(client: ApiClient, now: datetime, *, what: str = "calls") -> None:
    """Count one call of this key. Raises KeyTooBusy, with the seconds until the next window. Without a cache nobody is
    refused: the limit protects the site, and no answer may be lost for it."""
    _count(f"{what}:{client.pk}", LIMITS[what], KeyTooBusy, now)


def count_person(person: User, now: datetime) -> None:
    """Count one call of this person. Raises PersonTooBusy."""
    _count(f"person:{person.pk}", CALLS_OF_A_PERSON, PersonTooBusy, now)


def _count(whose: str, limit: int, refusal: type[DomainError], now: datetime) -> None:
    window, passed = divmod(int(now.timestamp()), SECONDS)
    name = f"{whose}:{window}"
    cache.add(name, 0, timeout=2 * SECONDS)
    try:
        calls = cache.incr(name)
    except ValueError:
        return  # Forgotten in between, or the cache is away.
    if calls > limit:
        raise refusal(retry_after=SECONDS - passed)
