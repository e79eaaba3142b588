"""Votes on items by raters, coded once as small integers so that half a million of them take seconds."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Vote = tuple[Hashable, Hashable, Hashable]
"""(item, rater, label)."""

Codes = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Votes:
    """Votes in columns. `item[k]`, `rater[k]` and `label[k]` are the places of vote k's names in the three tuples.

    Raises ValueError for columns of different lengths, and for a label that is None or nan.
    """

    items: tuple[Hashable, ...]
    raters: tuple[Hashable, ...]
    labels: tuple[Hashable, ...]
    item: Codes
    """Shape (votes,); so are `rater` and `label`."""
    rater: Codes
    label: Codes

    def __post_init__(self) -> None:
        if not len(self.item) == len(self.rater) == len(self.label):
            raise ValueError("The columns item, rater and label must have one entry for each vote.")
        if any(label is None or label != label for label in self.labels):  # only nan differs from itself
            raise ValueError("A label is None or nan. Leave out votes that were not given.")

    def __len__(self) -> int:
        return len(self.item)

    @classmethod
    def of(cls, votes: Iterable[Vote] | Votes) -> Votes:
        """Code votes; names keep the order of their first appearance, labels are sorted where they can be.

        Votes that are coded already come back as they are. No votes give empty columns.
        Raises ValueError for a vote that is not a triple of hashable things, and for a label that is None or nan.
        """
        if isinstance(votes, Votes):
            return votes
        items, raters, labels = _Names(), _Names(), _Names()
        item, rater, label = [], [], []
        for vote in votes:
            try:
                of_what, by_whom, what = vote
                item.append(items.code(of_what))
                rater.append(raters.code(by_whom))
                label.append(labels.code(what))
            except (TypeError, ValueError) as problem:
                raise ValueError(f"A vote must be (item, rater, label), all hashable; {vote!r} is not.") from problem
        order = by_name(labels.names)
        return cls(
            items.names,
            raters.names,
            tuple(labels.names[k] for k in order),
            np.array(item, dtype=np.int32),
            np.array(rater, dtype=np.int32),
            np.argsort(order).astype(np.int32)[np.array(label, dtype=np.int32)],
        )

    @cached_property
    def item_codes(self) -> Mapping[Hashable, int]:
        return {name: code for code, name in enumerate(self.items)}

    @cached_property
    def label_codes(self) -> Mapping[Hashable, int]:
        return {name: code for code, name in enumerate(self.labels)}

    def counts(self) -> NDArray[np.int64]:
        """How many votes each item got for each label: shape (items, labels)."""
        cells = self.item.astype(np.int64) * len(self.labels) + self.label
        return np.bincount(cells, minlength=len(self.items) * len(self.labels)).reshape(
            len(self.items), len(self.labels)
        )


@dataclass
class _Names:
    """Names met so far, with their codes."""

    codes: dict[Hashable, int] = field(default_factory=dict)

    def code(self, name: Hashable) -> int:
        return self.codes.setdefault(name, len(self.codes))

    @property
    def names(self) -> tuple[Hashable, ...]:
        return tuple(self.codes)


def by_name(names: Sequence[Hashable]) -> list[int]:
    """The places of the names in the order of the names; as they stand where names cannot be compared."""
    try:
        return sorted(range(len(names)), key=lambda place: names[place])  # type: ignore[arg-type,return-value]  # tried
    except TypeError:
        return list(range(len(names)))
