"""Questions asked with every request: their SQL is put together once, and each asking only brings its values.

Django writes the SQL of a queryset anew each time it is asked, which for a small question takes longer than the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar
from uuid import NAMESPACE_OID, UUID, uuid5

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import QuerySet
from django.db.models.sql import Query
from django.db.models.sql.compiler import SQLCompiler

Row = TypeVar("Row")


class Prepared(Generic[Row]):
    """A queryset with gaps for values, written once per process.

        BY_NAME = Prepared(lambda name: User.objects.filter(display_name=name), name=str)
        BY_NAME.one(name="Ada")

    `build` gets a stand-in of the named type for each gap, and must hand it to the queryset as it is: no computing with
    it, no branching on it. `%s` in the SQL stands for exactly one value, so lists cannot be gaps.
    """

    def __init__(self, build: Callable[..., QuerySet[Any, Row]], **gaps: type) -> None:
        self._build = build
        self._gaps = gaps
        self._written: QuerySet[Any, Row] | None = None

    def all(self, **values: Any) -> list[Row]:
        """Every row."""
        written = self._write() if self._written is None else self._written
        asked = written.all()
        query: Any = asked.query
        query.fill(values)
        return list(asked)

    def one(self, **values: Any) -> Row | None:
        """The first row; None when there is none. Limit the queryset where it may have many."""
        rows = self.all(**values)
        return rows[0] if rows else None

    def _write(self) -> QuerySet[Any, Row]:
        stand_ins = {name: _stand_in(name, kind) for name, kind in self._gaps.items()}
        queryset = self._build(**stand_ins)
        query: Any = queryset.query.chain(klass=_Written)
        query.write(stand_ins)
        queryset._query = query  # type: ignore[attr-defined]  # the setter would make dictionaries of lists of values
        self._written = queryset
        return queryset


class _Written(Query):
    """A query whose compiler has done its work."""

    compiled: SQLCompiler
    sql: str
    params: tuple[Any, ...]
    """Values, and in their places the names of gaps."""

    def write(self, stand_ins: Mapping[str, Any]) -> None:
        self.compiled = super().get_compiler(using=DEFAULT_DB_ALIAS)
        self.sql, params = self.compiled.as_sql()
        converters = self.compiled.get_converters([column for column, *_rest in self.compiled.select])
        self.compiled.get_converters = lambda _columns: converters  # type: ignore[assignment,method-assign]
        gaps = {(type(value), value): _Gap(name) for name, value in stand_ins.items()}
        self.params = tuple(gaps.get((type(value), value), value) if _plain(value) else value for value in params)
        lost = {gap.name for gap in gaps.values()} - {each.name for each in self.params if isinstance(each, _Gap)}
        if lost:
            raise TypeError(f"These values do not come into the SQL as they are given: {', '.join(sorted(lost))}")

    def fill(self, values: Mapping[str, Any]) -> None:
        self.params = tuple(values[each.name] if isinstance(each, _Gap) else each for each in self.params)

    def get_compiler(self, using: str | None = None, connection: Any = None, elide_empty: bool = True) -> SQLCompiler:
        compiler = copy(self.compiled)
        compiler.connection = connections[using or DEFAULT_DB_ALIAS]
        compiler.as_sql = lambda *_args, **_kwargs: (self.sql, self.params)  # type: ignore[method-assign]
        return compiler


class _Gap:
    def __init__(self, name: str) -> None:
        self.name = name


def _stand_in(name: str, kind: type) -> Any:
    """A value of the type that no query has by itself."""
    if kind is UUID:
        return uuid5(NAMESPACE_OID, name)
    if kind is datetime:
        return datetime(1, 1, 1, microsecond=len(name), tzinfo=UTC)
    if kind is str:
        return f"\ue000{name}"
    raise TypeError(f"A {kind.__name__} cannot be left open.")


def _plain(value: Any) -> bool:
    return isinstance(value, UUID | datetime | str)
