"""Paging by key: the next page starts after the last row of this one, so it costs the same at any depth."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.dateparse import parse_datetime

SIZE = 20


@dataclass(frozen=True)
class Page:
    """Some rows, and the cursor of the rows after them (empty on the last page)."""

    rows: list[Any]
    after: str


def page(
    rows: QuerySet[Any], *, after: str, size: int = SIZE, by: str = "created_at", oldest_first: bool = False
) -> Page:
    """The rows after the cursor, in the order of the moment `by`, newest first if not said otherwise. A cursor we
    cannot read means the first page."""
    start = read(after)
    if start is not None:
        at, pk = start
        side = "gt" if oldest_first else "lt"
        rows = rows.filter(Q(**{f"{by}__{side}": at}) | Q(**{by: at, f"pk__{side}": pk}))
    sign = "" if oldest_first else "-"
    found: Iterable[Any] = rows.order_by(f"{sign}{by}", f"{sign}pk")[: size + 1]
    listed = list(found)
    return Page(listed[:size], _written(listed[size - 1], by) if len(listed) > size else "")


def _written(row: Any, by: str) -> str:
    return f"{getattr(row, by).isoformat()}_{row.pk}"


def read(cursor: str) -> tuple[datetime, UUID] | None:
    """The row a cursor points at; None if it is no cursor."""
    moment, _separator, pk = cursor.partition("_")
    try:
        at = parse_datetime(moment)
        return (at, UUID(pk)) if at is not None and at.tzinfo is not None else None
    except ValueError:
        return None
