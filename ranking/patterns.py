"""Items that got the same votes, whoever gave them, counted once: what makes figures over many votes fast."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ranking.votes import Votes

Codes = NDArray[np.int64]
Numbers = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Patterns:
    """The items with two or more votes, those with the same labels as often counted once.

    Half a million votes with five labels have a few hundred patterns, and what costs time for each item, such as
    resampling, costs it only for each pattern.
    """

    items: Numbers
    """How many items have the pattern: shape (patterns,)."""
    size: Numbers
    """How many votes each of them has: shape (patterns,)."""
    start: Codes
    """Where each pattern's entries begin: shape (patterns,)."""
    pattern: Codes
    """Which pattern an entry belongs to: shape (entries,); an entry is one label of one pattern."""
    label: Codes
    """The label of an entry, as its place on the scale: shape (entries,)."""
    count: Numbers
    """How often the pattern has the label: shape (entries,)."""

    @classmethod
    def of(cls, votes: Votes, place: Codes) -> Patterns:
        """`place`: where each label code stands on the scale. Patterns come in the order of their votes' places.

        Without an item that has two votes there are no patterns. Cost: O(votes log votes).
        """
        size = np.bincount(votes.item, minlength=len(votes.items))
        by_item = np.lexsort((place[votes.label], votes.item))
        label = place[votes.label][by_item].astype(np.int64)
        first = np.cumsum(size) - size
        items, sizes, labels = [np.empty(0, np.int64)], [np.empty(0, np.int64)], [np.empty(0, np.int64)]
        for m in np.unique(size[size > 1]):
            table = label[first[size == m][:, None] + np.arange(m)]
            code = table[:, 0]
            for column in table.T[1:]:
                # Coded anew with each column, or the numbers would outgrow 64 bits.
                code = np.unique(code * len(place) + column, return_inverse=True)[1]
            _codes, example, how_many = np.unique(code, return_index=True, return_counts=True)
            items.append(how_many)
            sizes.append(np.full(len(example), m))
            labels.append(table[example].ravel())
        size, label = np.concatenate(sizes), np.concatenate(labels)
        pattern = np.repeat(np.arange(len(size)), size)
        starts_run = np.ones(len(label), dtype=bool)
        starts_run[1:] = (pattern[1:] != pattern[:-1]) | (label[1:] != label[:-1])
        run = np.flatnonzero(starts_run)
        return cls(
            np.concatenate(items).astype(np.float64),
            size.astype(np.float64),
            np.searchsorted(pattern[run], np.arange(len(size))),
            pattern[run],
            label[run],
            np.diff(run, append=len(label)).astype(np.float64),
        )

    def sums(self, of_entries: Numbers) -> Numbers:
        """Sums over the entries of each pattern: the last axis becomes patterns."""
        total: Numbers = np.add.reduceat(of_entries, self.start, axis=-1)
        return total

    def totals(self, weights: Numbers, labels: int) -> Numbers:
        """How often each label is there if pattern p is there weights[:, p] times: shape (resamples, labels)."""
        cells = np.arange(len(weights))[:, None] * labels + self.label
        flat = np.bincount(cells.ravel(), (weights[:, self.pattern] * self.count).ravel(), len(weights) * labels)
        return flat.astype(np.float64).reshape(len(weights), labels)
