"""Paging of version 1, generic over what a list is sorted by: `prev` and `next` are cursors, so a page costs the same
at any depth and rows that come in meanwhile move nothing.

A cursor is `<id>$<key>` or only `<key>`; the key is a moment or a text. A list that is paged takes `Window` (or a shape
that inherits it) as its query, and answers `page(...).shown(items)`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from common.errors import DomainError, ErrorCode

_ID_AND_KEY = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\$(.*)", re.IGNORECASE | re.DOTALL)
#: The plus of an offset at the end, read as a space because nobody encoded it.
_LOST_PLUS = re.compile(r" (\d\d:?\d\d)$")


class InvalidCursor(DomainError):
    code = ErrorCode.INVALID_CURSOR_VALUE
    status = 400
    sentence = _("This cursor cannot be read. Take `prev` or `next` of a page, or leave it out to start over.")


class SortKeyUnsupported(DomainError):
    code = ErrorCode.SORT_KEY_UNSUPPORTED
    status = 400
    sentence = _("The list cannot be sorted by this.")


class Window(serializers.Serializer[Any]):
    """The query of a paged list."""

    before = serializers.CharField(required=False, allow_blank=True, help_text="Cursor: rows before it.")
    after = serializers.CharField(required=False, allow_blank=True, help_text="Cursor: rows after it.")
    max_count = serializers.IntegerField(min_value=1, max_value=1000, default=10)


@dataclass(frozen=True)
class SortKey:
    """What a list is sorted by: one column, and where that is equal the primary key."""

    name: str
    """As clients know it."""
    column: str
    read: Callable[[str], Any]
    """The key of a cursor as a value of the column; ValueError if it is none."""
    written: Callable[[Any], str]

    def cursor(self, row: Any) -> str:
        """The cursor that points at this row."""
        return f"{row.pk}${self.written(getattr(row, self.column))}"


def _read_moment(text: str) -> datetime:
    """A moment without an offset is meant in UTC."""
    moment = datetime.fromisoformat(_LOST_PLUS.sub(r"+\1", text))
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _written_moment(moment: datetime) -> str:
    """With Z for UTC: a plus would have to be encoded in an address, and not every client does."""
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat()}Z"


def by_moment(name: str, column: str) -> SortKey:
    """Sorted by a column of date and time."""
    return SortKey(name, column, _read_moment, _written_moment)


def by_text(name: str, column: str) -> SortKey:
    """Sorted by a column of text."""
    return SortKey(name, column, str, str)


#: Messages and flags, oldest first.
CREATED = by_moment("created_date", "created_at")


def chosen(name: str, among: Mapping[str, SortKey]) -> SortKey:
    """The sort key of this name. Raises SortKeyUnsupported."""
    try:
        return among[name]
    except KeyError:
        raise SortKeyUnsupported from None


@dataclass(frozen=True)
class Page:
    """Some rows of a list, and the cursors of the pages beside it (None where there is none)."""

    rows: list[Any]
    prev: str | None
    next: str | None
    sort_key: SortKey
    desc: bool

    def shown(self, items: list[dict[str, Any]]) -> dict[str, Any]:
        """The published shape of a page with these items."""
        return {
            "prev": self.prev,
            "next": self.next,
            "sort_key": self.sort_key.name,
            "order": "desc" if self.desc else "asc",
            "items": items,
        }


def page(rows: QuerySet[Any], *, by: SortKey, query: Mapping[str, Any], desc: bool = False) -> Page:
    """The page of these rows that the query (a `Window`, checked) asks for, in one query. Raises InvalidCursor.

    `after` means rows strictly after the cursor in the order asked for, `before` strictly before it; a cursor without
    an id includes rows with its very key. With only `before`, the rows next to the cursor are the page. With both, the
    rows between them from `after` on.
    """
    size, before, after = query["max_count"], _read(by, query.get("before")), _read(by, query.get("after"))
    if after is not None:
        rows = _beyond(rows, by, after, upwards=not desc)
    if before is not None:
        rows = _beyond(rows, by, before, upwards=desc)
    backwards = before is not None and after is None
    sign = "-" if desc != backwards else ""
    # One row more tells whether there are more.
    found = list(rows.order_by(f"{sign}{by.column}", f"{sign}pk")[: size + 1])
    more, listed = len(found) > size, found[:size]
    if backwards:
        listed.reverse()
    if not listed:
        # Back from beyond an end: the bare key, so that the row the cursor pointed at is found too.
        return Page([], _bare(by, after), _bare(by, before), by, desc)
    prev = by.cursor(listed[0]) if after is not None or (more and before is not None) else None
    following = by.cursor(listed[-1]) if more or before is not None else None
    return Page(listed, prev, following, by, desc)


@dataclass(frozen=True)
class _Place:
    key: Any
    pk: UUID | None


def _read(by: SortKey, cursor: str | None) -> _Place | None:
    if not cursor:
        return None
    both = _ID_AND_KEY.fullmatch(cursor)
    try:
        return _Place(by.read(both[2] if both else cursor), UUID(both[1]) if both else None)
    except (ValueError, OverflowError):
        raise InvalidCursor from None


def _beyond(rows: QuerySet[Any], by: SortKey, place: _Place, *, upwards: bool) -> QuerySet[Any]:
    """Rows above or below a place. The first condition alone would do for an index to start there."""
    side = "gt" if upwards else "lt"
    rows = rows.filter(**{f"{by.column}__{side}e": place.key})
    if place.pk is None:
        return rows
    return rows.filter(Q(**{f"{by.column}__{side}": place.key}) | Q(**{f"pk__{side}": place.pk}))


def _bare(by: SortKey, place: _Place | None) -> str | None:
    return None if place is None else by.written(place.key)
