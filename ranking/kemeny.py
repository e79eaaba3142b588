"""Kemeny's rule: the order that contradicts the ballots in as few pairs as possible, found exactly for a few items."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Generic

from ranking.ballots import Ballot, Item, PairVotes

#: With this many items there are 256 sets of them to look at, and each item more doubles the work.
MOST_ITEMS = 8


@dataclass(frozen=True)
class Kemeny(Generic[Item]):
    """The strict orders that contradict the ballots least, and what they have in common."""

    order: list[list[Item]]
    """Groups, best first. A group ends where every optimal strict order has the same items so far, so items of
    different groups stand this way round in all of them. Inside a group the order is that of first appearance."""
    distance: float
    """Disagreements of an optimal strict order with the ballots: for each of its pairs, the votes for the reverse."""
    n_optimal: int
    """How many strict orders have this distance."""


def kemeny_young(ballots: Iterable[Ballot[Item]], weights: Sequence[float] | None = None) -> Kemeny[Item]:
    """The orders of the items that the ballots name with the fewest disagreements (Kemeny 1959).

    To put a before b costs as many votes as the ballots have for b before a; Young and Levenglick (1978) show that
    this is the one neutral rule that is consistent and finds Condorcet's order. A ballot is a list of groups, best
    first, and may leave items out; pairs that it ties or leaves out cost nothing either way.

    Several strict orders may be best. None is preferred: `order` keeps what they share, so neither names nor the order
    of the ballots decide. That can tie two items which all ballots order the same, if a third may stand before both,
    between them and behind them. A cycle of three equal victories is one group, and so are items nobody compared.

    `weights`: how much each ballot counts, 1 if not given; what is equal then, see `ranked_pairs`.
    No ballots give an empty order, one item an order of one group; both have distance 0 and one optimal order.
    Cost: O(ballots x items^2 + 2^items x items^2), a few milliseconds at most. Raises BallotError; ValueError for more
    than 8 items.
    """
    count = PairVotes.of(ballots, weights)
    items = count.items
    if len(items) > MOST_ITEMS:
        raise ValueError(
            f"Kemeny's rule is exact for up to {MOST_ITEMS} items, but the ballots name {len(items)}. "
            "Use ranked_pairs or copeland, or leave items out."
        )
    # Costs are sums of votes: equal ones may differ by a rounding, others differ by a digit at least.
    against, slack = list(zip(*count.votes, strict=True)), 0.5 * 10.0**-count.digits
    distances, ways = _best_starts(against, slack)
    cuts = _cuts(against, distances, slack)
    groups = [[item for place, item in enumerate(items) if (end & ~start) >> place & 1] for start, end in cuts]
    return Kemeny(groups, round(distances[-1], count.digits), ways[-1])


def _best_starts(against: Sequence[Sequence[float]], slack: float) -> tuple[list[float], list[int]]:
    """For each set of items as a bit mask: the least cost of an order that starts with them, and how many reach it.

    Counts the cost of each pair as soon as one of the two is placed (dynamic programming over subsets).
    """
    distances, ways = [0.0], [1]
    for placed in range(1, 1 << len(against)):
        costs = [(_cost(against, distances, placed, last), ways[placed & ~(1 << last)]) for last in _members(placed)]
        least = min(cost for cost, _ in costs)
        distances.append(least)
        ways.append(sum(count for cost, count in costs if cost <= least + slack))
    return distances, ways


def _cost(against: Sequence[Sequence[float]], distances: Sequence[float], placed: int, last: int) -> float:
    """Least cost of a start whose last item is given."""
    later = sum(votes for place, votes in enumerate(against[last]) if not placed >> place & 1)
    return distances[placed & ~(1 << last)] + later


def _cuts(against: Sequence[Sequence[float]], distances: Sequence[float], slack: float) -> list[tuple[int, int]]:
    """(items before the group, items up to its end) of each group, best first."""
    count = len(against)
    starts: list[set[int]] = [set() for _ in range(count)] + [{(1 << count) - 1}]
    for size in range(count, 0, -1):
        for placed in starts[size]:
            for last in _members(placed):
                if _cost(against, distances, placed, last) <= distances[placed] + slack:
                    starts[size - 1].add(placed & ~(1 << last))
    shared = [next(iter(masks)) for masks in starts if len(masks) == 1]
    return list(pairwise(shared))


def _members(mask: int) -> list[int]:
    return [place for place in range(mask.bit_length()) if mask >> place & 1]
