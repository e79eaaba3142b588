"""How far reviewers agree, counted so that parts can be added: Krippendorff's coincidence matrix."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import permutations

#: Weights are counted in these and rounded down, so that sums are whole numbers and the same in whatever order they
#: are added. For items with up to 16 votes nothing is lost.
UNIT = 360_360


class Coincidences:
    """How often two votes on one item are these two values, each item weighing as many votes as it has."""

    def __init__(self) -> None:
        self.pairs: Counter[str] = Counter()

    def see(self, items: Iterable[Sequence[float]]) -> None:
        """The votes on some items. Those with one vote say nothing."""
        for votes in items:
            for one, other in permutations(votes, 2):
                self.pairs[f"{one:g} {other:g}"] += UNIT // (len(votes) - 1)

    def to_json(self) -> dict[str, int]:
        return dict(sorted(self.pairs.items()))

    def add(self, more: Mapping[str, int]) -> None:
        self.pairs.update(more)

    @property
    def votes(self) -> float:
        return sum(self.pairs.values()) / UNIT

    def alpha(self, *, interval: bool) -> float | None:
        """1 is perfect, 0 is chance. With `interval` the distance of two values is their difference squared; otherwise
        they are the same or not. None where all votes are the same value, or there are none."""
        sums: Counter[float] = Counter()
        observed = 0.0
        for key, weight in self.pairs.items():
            one, other = map(float, key.split())
            sums[one] += weight
            observed += weight * _distance(one, other, interval)
        total = sum(sums.values())
        expected = sum(
            sums[one] * sums[other] * _distance(one, other, interval) for one, other in permutations(sums, 2)
        )
        if not expected:
            return None
        return 1 - (total - UNIT) * observed / expected


def _distance(one: float, other: float, interval: bool) -> float:
    return (one - other) ** 2 if interval else float(one != other)
