"""What an import keeps of a file beyond our columns, so that an export can give back what the file said and no more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from exports.schema import KEEPSAKE, Node

#: Fields for which our columns always have a value, whether a file gave one or not.
ALWAYS_STORED = ("created_date", "lang", "review_count", "deleted", "synthetic", "emojis", "labels")


@dataclass(frozen=True, slots=True)
class Keepsake:
    """One message's part of it."""

    unsaid: frozenset[str] = frozenset()
    """Fields of ALWAYS_STORED that the file left open."""
    place: int | None = None
    """The message's place among its siblings, where neither ranks nor dates would put it there."""
    origin: str | None = None
    """On a prompt: the origin that the tree object itself named."""
    tree: Mapping[str, Any] = field(default_factory=dict)
    """On a prompt: the unknown keys of the tree object."""

    def stored(self) -> dict[str, Any]:
        """For the database: only what there is to say."""
        parts = {"unsaid": sorted(self.unsaid), "place": self.place, "origin": self.origin, "tree": dict(self.tree)}
        return {name: value for name, value in parts.items() if value not in (None, [], {})}

    @classmethod
    def found(cls, extra: Mapping[str, Any]) -> Keepsake:
        parts = extra.get(KEEPSAKE) or {}
        return cls(frozenset(parts.get("unsaid", ())), parts.get("place"), parts.get("origin"), parts.get("tree") or {})


def unsaid(node: Node) -> frozenset[str]:
    return frozenset(name for name in ALWAYS_STORED if getattr(node, name) is None)
