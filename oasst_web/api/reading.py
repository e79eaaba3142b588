"""Checks a request against its shape, and says which part does not fit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rest_framework import serializers


class Unprocessable(Exception):
    """A request that is not of the published shape: which part, and what is wrong with it."""

    def __init__(self, part: str, errors: Any) -> None:
        self.detail = list(_flat((part,), errors))
        super().__init__(self.detail)


def _flat(place: tuple[str | int, ...], errors: Any) -> Iterator[dict[str, Any]]:
    if isinstance(errors, Mapping):
        for name, inner in errors.items():
            yield from _flat(place if name == "non_field_errors" else (*place, name), inner)
    elif isinstance(errors, list | tuple):
        for number, inner in enumerate(errors):
            yield from _flat((*place, number) if isinstance(inner, Mapping) else place, inner)
    else:
        yield {"loc": list(place), "msg": str(errors), "type": f"value_error.{getattr(errors, 'code', 'invalid')}"}


def valid(part: str, schema: type[serializers.Serializer[Any]], data: Any) -> Mapping[str, Any]:
    """The data, checked against their shape. `part` says where they stood. Raises Unprocessable."""
    given = schema(data=data)
    if not given.is_valid():
        raise Unprocessable(part, given.errors)
    return given.validated_data  # type: ignore[no-any-return]  # the stubs say Any


def checked(part: str, name: str, field: serializers.Field[Any, Any, Any, Any], value: str) -> Any:
    """One value of the path. Raises Unprocessable."""
    try:
        return field.run_validation(value)
    except serializers.ValidationError as problem:
        raise Unprocessable(part, {name: problem.detail}) from problem
