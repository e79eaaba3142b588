"""Rows with fixed columns: every row writes every key, of one type, null where nothing is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import pyarrow as pa

#: `string`, `int`, `float` or `bool`; a list of one type; or a mapping of names to types.
Type: TypeAlias = "str | list[Type] | dict[str, Type]"

MESSAGE: Type = {"role": "string", "content": "string"}
"""One turn as chat templates want it: role is `user` or `assistant`."""


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    type: Type
    about: str
    """What it means, for the data card."""


def row(columns: Sequence[Column], values: Mapping[str, Any]) -> dict[str, Any]:
    """These values in the order of the columns; null where there is none. Raises KeyError for one without a column."""
    unknown = values.keys() - {column.name for column in columns}
    if unknown:
        raise KeyError(f"no column for {', '.join(sorted(unknown))}")
    return {column.name: values.get(column.name) for column in columns}


def arrow_schema(columns: Sequence[Column]) -> pa.Schema:
    """The same columns for Parquet."""
    import pyarrow as pa  # it takes a moment, and few commands need it

    plain = {"string": pa.string(), "int": pa.int64(), "float": pa.float64(), "bool": pa.bool_()}

    def of(type_: Type) -> pa.DataType:
        if isinstance(type_, str):
            return plain[type_]
        if isinstance(type_, list):
            return pa.list_(of(type_[0]))
        return pa.struct([(name, of(inner)) for name, inner in type_.items()])

    return pa.schema([(column.name, of(column.type)) for column in columns])
