"""What a ballot is, and how ballots count for each pair of items."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import ceil, fsum, log10
from typing import Generic, Literal, TypeVar

Item = TypeVar("Item", bound=Hashable)

Ballot = Sequence[Sequence[Item]]
"""One person's order: groups, best first; items in one group are tied. Items that are left out were not judged."""

#: How much a ballot may weigh, so that sums stay finite; and how closely its ranker may follow, so that they differ.
MOST = {"weight": 1e100, "adherence": 1e3}
#: Votes are equal if they are equal to so many digits of the sum of all weights.
DIGITS = 12


class BallotError(ValueError):
    """A ballot is no list of groups, names an item twice or an unknown one; or weights do not fit the ballots."""


def named(ballot: Ballot[Item]) -> list[Item]:
    """Every item of a ballot, best first. Raises BallotError for what is no list of groups, and for an item twice."""
    if not (_is_list(ballot) and all(map(_is_list, ballot))):
        raise BallotError(
            f"A ballot is a list of groups: write [['a'], ['b']], not ['a', 'b'] or a generator. One is {ballot!r}."
        )
    items = [item for group in ballot for item in group]
    distinct(items, "A ballot")
    return items


def _is_list(value: object) -> bool:
    """Whether it can be read twice, and is no name: a string would fall apart into letters."""
    return isinstance(value, (list, tuple)) or (isinstance(value, Collection) and not isinstance(value, (str, bytes)))


def distinct(items: Sequence[Item], who: str) -> set[Item]:
    """The items as a set. Raises BallotError, about `who` names them, if one is there twice or cannot be hashed."""
    try:
        found = set(items)
    except TypeError as problem:
        raise BallotError(f"{who} names an item that cannot be hashed: {items!r}") from problem
    if len(found) != len(items):
        raise BallotError(f"{who} names an item twice: {items!r}")
    return found


def items_of(ballots: Iterable[Ballot[Item]]) -> list[Item]:
    """Every item that some ballot names, by first appearance. Raises BallotError."""
    return list(dict.fromkeys(item for ballot in ballots for item in named(ballot)))


def one_for_each(
    ballots: Sequence[Ballot[Item]], numbers: Iterable[float], what: Literal["weight", "adherence"]
) -> list[float]:
    """The weights or adherences of some ballots. Raises BallotError unless there is a number from 0 on for each."""
    try:
        found = array("d", numbers).tolist()
    except (TypeError, OverflowError) as problem:
        raise BallotError(f"There must be a number for each ballot as its {what}, but it is {numbers!r}.") from problem
    if len(found) != len(ballots):
        raise BallotError(f"There are {len(ballots)} ballots, but {len(found)} {what}s.")
    for number in found:
        if not 0.0 <= number <= MOST[what]:
            raise BallotError(f"The {what} of a ballot must be a number from 0 to {MOST[what]:g}, but is {number!r}.")
    return found


@dataclass(frozen=True)
class PairVotes(Generic[Item]):
    """How much some ballots put each item before each other one."""

    items: list[Item]
    """Every item that some ballot names, by first appearance."""
    votes: list[list[float]]
    """Shape (items, items): the sum of the weights of the ballots that put the first before the second."""
    digits: int
    """Sums and differences of votes are equal if they are so when rounded to so many digits after the point. That is
    12 digits of all weights together, so two ballots of 0.1 and 0.2 equal one of 0.3, and a weight of 1e-13 that is
    alone decides. Whole weights of less than 1e12 in all are exact."""

    @classmethod
    def of(cls, ballots: Iterable[Ballot[Item]], weights: Sequence[float] | None = None) -> PairVotes[Item]:
        """Count ballots, each as 1 or as its weight. Their order plays no part. Raises BallotError."""
        ballots = list(ballots)
        counts = [1.0] * len(ballots) if weights is None else one_for_each(ballots, weights, "weight")
        items = items_of(ballots)
        places = {item: place for place, item in enumerate(items)}
        heard: dict[tuple[int, int], list[float]] = defaultdict(list)
        for ballot, count in zip(ballots, counts, strict=True):
            for better, worse in combinations([[places[item] for item in group] for group in ballot], 2):
                for winner in better:
                    for loser in worse:
                        heard[winner, loser].append(count)
        votes = [[0.0] * len(items) for _ in items]
        for (winner, loser), said in heard.items():
            # Unlike `sum`, which rounds after each, it gives the same for any order.
            votes[winner][loser] = fsum(said)
        total = fsum(counts)
        return cls(items, votes, DIGITS - ceil(log10(total)) if total else DIGITS)

    @property
    def leads(self) -> list[list[float]]:
        """Shape (items, items): votes for the first over the second, less those against. Not yet rounded."""
        places = range(len(self.items))
        return [[self.votes[one][other] - self.votes[other][one] for other in places] for one in places]
