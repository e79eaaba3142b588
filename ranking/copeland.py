"""Copeland's rule: count for each item how many others it beats, less those that beat it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations, groupby
from typing import Generic

from ranking.ballots import Ballot, Item, PairVotes


@dataclass(frozen=True)
class Copeland(Generic[Item]):
    """The items by the balance of their pairwise victories and defeats."""

    order: list[list[Item]]
    """Groups of equal score, best first. Inside a group the order is that of first appearance and means nothing."""
    scores: dict[Item, int]
    """Victories less defeats of each item, from -(items - 1) to items - 1."""


def copeland(ballots: Iterable[Ballot[Item]], weights: Sequence[float] | None = None) -> Copeland[Item]:
    """The items that the ballots name, by how many others they beat less how many beat them (Copeland 1951).

    One item beats another if more ballots put it before the other than behind it; by how much does not matter, and a
    pair with equal votes, or none, counts 0 for both. A ballot is a list of groups, best first; pairs that it ties or
    leaves out say nothing. Equal scores share a group, so neither names nor the order of the ballots decide.

    `weights`: how much each ballot counts, 1 if not given; what is equal then, see `ranked_pairs`.
    No ballots give an empty order, one item an order of one group with score 0.
    Cost: O(ballots x items^2). Raises BallotError.
    """
    count = PairVotes.of(ballots, weights)
    items, leads = count.items, count.leads
    scores = dict.fromkeys(items, 0)
    for one, other in combinations(range(len(items)), 2):
        lead = round(leads[one][other], count.digits)
        outcome = int(lead > 0) - int(lead < 0)
        scores[items[one]] += outcome
        scores[items[other]] -= outcome
    ranked = sorted(items, key=scores.__getitem__, reverse=True)
    return Copeland([list(group) for _score, group in groupby(ranked, key=scores.__getitem__)], scores)
