"""How often a key, or a person, may call, and how often a person may do what costs the site or others much: one window
for each, in the cache. How many tasks one may claim, `tasks` counts itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from threading import Lock

from django.core.cache import cache
from django.utils.translation import gettext_lazy as _

from accounts.models import ApiClient, User
from common.errors import DomainError, ErrorCode

SECONDS = 60
#: What one key may do in so many seconds. Task requests as in the reference; it limited nothing else.
LIMITS = {"tasks": 10_000, "calls": 60_000}
#: What one person may do who calls in their own name.
CALLS_OF_A_PERSON = 600
#: How often one person may do this on the pages, in the same time. Nobody who types and clicks comes near.
PAGES: Mapping[str, int] = {
    "hints": 120,
    "preview": 120,
    "drafts": 240,
    "takeout": 3,
    "reports": 20,
    "reactions": 120,
    "appeals": 10,
}


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


class TooOften(DomainError):
    code = ErrorCode.TOO_MANY_REQUESTS
    status = 429
    sentence = _("That was very often. Wait a minute, then go on.")


def count_page(person: User, what: str, now: datetime) -> None:
    """Count that this person does one of PAGES. Raises TooOften."""
    _count(f"{what}:{person.pk}", PAGES[what], TooOften, now)


def _count(whose: str, limit: int, refusal: type[DomainError], now: datetime) -> None:
    window, passed = divmod(int(now.timestamp()), SECONDS)
    name, batch = f"{whose}:{window}", max(1, limit // 100)
    with _lock:
        if _window.get("now") != window:
            _window["now"] = window
            _here.clear()
            _closed.clear()
        _here[name] += 1
        full = _here[name] % batch == 0
    # What each process has counted is added up now and then: at each call it would be two more round trips.
    if full and _added(name, batch) > limit:
        _closed.add(whose)
    if whose in _closed:
        raise refusal(retry_after=SECONDS - passed)


def _added(name: str, calls: int) -> int:
    """All calls so far, in all processes; 0 if the cache has forgotten, or is away."""
    cache.add(name, 0, timeout=2 * SECONDS)
    try:
        return cache.incr(name, calls)
    except ValueError:
        return 0


_lock = Lock()
#: Of this process: the window it counts in, the calls of each in it, and who has had too many.
_window: dict[str, int] = {}
_here: Counter[str] = Counter()
_closed: set[str] = set()
