"""What people are told about their tasks, messages and reports: a log for each person, which they read in order.

The place in the log is (transaction, id), not the id alone. Ids are given out before a commit: whoever had read id 8
would never see id 7 if its transaction took longer. So a reader gets only rows of transactions that all older ones have
ended before, and whatever appears later has a place after them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Q, QuerySet

from accounts.models import News, User

#: How long what people were told is kept.
KEPT = timedelta(days=90)


@dataclass(frozen=True, order=True)
class Place:
    """Where somebody stopped reading."""

    transaction: int
    id: int


BEGINNING = Place(0, 0)


#: The oldest transaction of this database that writes and has not ended: all before it are over. A snapshot knows that
#: too, but of all databases of a server, and news must not wait for what somebody does in another one. `backend_xid`
#: has only the lower half of the number; those that began after the snapshot do not raise the bar.
OLDEST_RUNNING = """
    SELECT least(max(newest), min(newest - mod(newest - backend_xid::text::bigint, 4294967296)))
    FROM (SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS newest) AS now
    LEFT JOIN pg_stat_activity ON datname = current_database() AND backend_xid IS NOT NULL
"""


def tell(lines: Iterable[News]) -> None:
    """Store these lines. Who was told of the same before is not told again."""
    News.objects.bulk_create(list(lines), ignore_conflicts=True)


def after(place: Place, *, person: User, limit: int) -> list[News]:
    """The next lines for this person, in order."""
    same = Q(transaction=place.transaction, id__gt=place.id)
    found = _readable(person).filter(same | Q(transaction__gt=place.transaction), transaction__gte=place.transaction)
    return list(found.order_by("transaction", "id")[:limit])


def newest(person: User) -> Place:
    """The end of the log as it can be read now."""
    last = _readable(person).order_by("-transaction", "-id").first()
    return BEGINNING if last is None else place_of(last)


def place_of(line: News) -> Place:
    return Place(line.transaction, line.pk)


def before(place: Place | None, *, person: User, limit: int) -> list[News]:
    """Newest first, for people who look now and then: the lines before this place, or the last ones there are."""
    found = News.objects.filter(person=person)
    if place is not None:
        same = Q(transaction=place.transaction, id__lt=place.id)
        found = found.filter(same | Q(transaction__lt=place.transaction), transaction__lte=place.transaction)
    return list(found.order_by("-transaction", "-id")[:limit])


#: More than so many are not counted: the number only says that it is worth looking.
MANY = 100

GLANCE = """
    SELECT coalesce(p.languages, ARRAY[u.lang]),
        (SELECT count(*) FROM (
            SELECT 1 FROM accounts_news n
            WHERE n.person_id = u.id AND n.at > coalesce(p.news_read_at, '-infinity') LIMIT %(many)s
        ) AS unread)
    FROM accounts_user u LEFT JOIN accounts_profile p ON p.person_id = u.id WHERE u.id = %(person)s
"""


@dataclass(frozen=True)
class Glance:
    """What every page shows of the person who reads it."""

    languages: tuple[str, ...] = ()
    """Those they work in."""
    unread: int = 0
    """News since they last looked; at most MANY."""


def glance(person: User) -> Glance:
    """One query for both, for every page asks."""
    with connection.cursor() as cursor:
        cursor.execute(GLANCE, {"person": person.pk, "many": MANY})
        row = cursor.fetchone()
    return Glance(tuple(row[0]), row[1]) if row else Glance()


def forget(*, now: datetime) -> int:
    """Delete what was told long ago. Returns how many lines."""
    return News.objects.filter(at__lt=now - KEPT).delete()[0]


def _readable(person: User) -> QuerySet[News]:
    # Asked first, in a statement of its own: what ended before it is seen by the statement after it.
    with connection.cursor() as cursor:
        cursor.execute(OLDEST_RUNNING)
        (oldest,) = cursor.fetchone()
    return News.objects.filter(person=person, transaction__lt=oldest)
