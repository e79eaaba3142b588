"""What a ballot is, and how ballots count for each pair of items."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from itertools import combinations
from math import inf
from typing import TypeVar

Item = TypeVar("Item", bound=Hashable)

Ballot = Sequence[Sequence[Item]]
"""One person's order: groups, best first; items in one group are tied. Items that are left out were not judged."""


class BallotError(ValueError):
    """A ballot names an item twice, or the weights do not fit the ballots."""


def named(ballot: Ballot[Item]) -> list[Item]:
    """Every item of a ballot, best first. Raises BallotError if one is there twice."""
    items = [item for group in ballot for item in group]
    if len(items) != len(set(items)):
        raise BallotError(f"A ballot names an item twice: {items!r}")
    return items


def items_of(ballots: Iterable[Ballot[Item]]) -> list[Item]:
    """Every item that some ballot names, by first appearance. Raises BallotError."""
    return list(dict.fromkeys(item for ballot in ballots for item in named(ballot)))


def pair_votes(
    ballots: Iterable[Ballot[Item]], weights: Sequence[float] | None = None
) -> dict[tuple[Item, Item], float]:
    """How much the ballots put the first of a pair before the second: their number, or the sum of their weights.

    A pair nobody ordered has 0. Whole weights give exact counts; other ones are rounded to 12
    digits after the sum, so that equal sums are equal whatever the order of the ballots. Raises BallotError.
    """
    ballots = list(ballots)
    if weights is not None and len(weights) != len(ballots):
        raise BallotError(f"There are {len(ballots)} ballots, but {len(weights)} weights.")
    if weights is not None and not all(0.0 <= weight < inf for weight in weights):
        raise BallotError("The weight of a ballot must be a number from 0 on.")
    votes: dict[tuple[Item, Item], float] = defaultdict(float)
    for place, ballot in enumerate(ballots):
        named(ballot)
        weight = 1.0 if weights is None else weights[place]
        for better, worse in combinations(ballot, 2):
            for winner in better:
                for loser in worse:
                    votes[winner, loser] += weight
    return votes if weights is None else defaultdict(float, {pair: round(v, 12) for pair, v in votes.items()})
