"""Votes on items by raters, coded once as small integers so that half a million of them take seconds."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Vote = tuple[Hashable, Hashable, Hashable]
"""(item, rater, label)."""

Codes = NDArray[np.int32]


@dataclass(frozen=True)
class Votes:
    """Votes in columns. `item[k]`, `rater[k]` and `label[k]` are the places of vote k's names in the three tuples."""

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

    def __len__(self) -> int:
        return len(self.item)

    @classmethod
    def of(cls, votes: Iterable[Vote] | Votes) -> Votes:
        """Code votes; names keep the order of their first appearance, labels are sorted where they can be.

        Votes that are coded already come back as they are. Raises ValueError for a vote that is not a triple.
        """
        if isinstance(votes, Votes):
            return votes
        items, raters, labels = _Names(), _Names(), _Names()
        item, rater, label = [], [], []
        for vote in votes:
            try:
                of_what, by_whom, what = vote
            except (TypeError, ValueError) as problem:
                raise ValueError(f"A vote must be (item, rater, label), but one is {vote!r}.") from problem
            item.append(items.code(of_what))
            rater.append(raters.code(by_whom))
            label.append(labels.code(what))
        order = labels.sorted()
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

    def sorted(self) -> list[int]:
        """The codes in the order of their names; as they came where names cannot be compared."""
        names = self.names
        try:
            return sorted(range(len(names)), key=lambda code: names[code])  # type: ignore[arg-type,return-value]
        except TypeError:
            return list(range(len(names)))
