"""What several rankings of the same items say together: the order, and how sure they are of every pair."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Generic

import numpy as np

from ranking import choices
from ranking.ballots import Ballot, BallotError, Item, distinct, named, one_for_each
from ranking.choices import Choices
from ranking.plackett_luce import checked_ties, tie_weights
from ranking.preferences import Preference, preference
from ranking.ranked_pairs import Strength, check_strength, ranked_pairs
from ranking.strengths import check_spread


@dataclass(frozen=True)
class Ranked(Generic[Item]):
    """Some items, and the ballots on them.

    Raises BallotError if an item is there twice, if a ballot is no list of groups or names an item twice or an unknown
    one, and if adherences do not fit the ballots.
    """

    items: Sequence[Item]
    """Every item to be compared, in an order that means nothing but is always the same."""
    ballots: Sequence[Ballot[Item]]
    """What each ranker said; a ballot may leave items out, or be empty."""
    adherence: Sequence[float] = ()
    """How closely whoever cast each ballot follows the crowd, up to 1000; 1 is usual, 0 a coin. 1 for all if empty."""

    def __post_init__(self) -> None:
        # As tuples: a generator can be read only once, and an array is not simply true or false.
        items, ballots, adherence = tuple(self.items), tuple(self.ballots), tuple(self.adherence)
        known = distinct(items, "The list of items")
        for ballot in ballots:
            if unknown := set(named(ballot)) - known:
                raise BallotError(f"A ballot names {sorted(map(str, unknown))}, which is not to be ranked.")
        if adherence:
            adherence = tuple(one_for_each(ballots, adherence, "adherence"))
        for name, value in (("items", items), ("ballots", ballots), ("adherence", adherence)):
            object.__setattr__(self, name, value)

    @property
    def weights(self) -> Sequence[float]:
        """Shape (ballots,): the adherences, also where none were given."""
        return self.adherence or [1.0] * len(self.ballots)


@dataclass(frozen=True)
class Consensus(Generic[Item]):
    """What the ballots on some items say together."""

    order: list[list[Item]]
    """Ranked pairs of the ballots: groups, best first."""
    preferences: tuple[Preference[Item], ...]
    """Every pair of items once."""


def consensus(
    ranked: Sequence[Ranked[Item]],
    *,
    by: Strength = "margins",
    weighted: bool = False,
    spread: float = 1.0,
    tie: Sequence[float] = (1.0, 0.5),
) -> list[Consensus[Item]]:
    """The order and the preferences of several groups of items, for instance all siblings of one tree.

    The order is that of ranked pairs (Tideman 1987), each ballot counting 1, or with `weighted` its adherence. `by` as
    in `ranked_pairs`. The preferences are those of Plackett-Luce with ties, where a ranker's adherence multiplies the
    log strengths, and log strengths have a normal prior with standard deviation `spread`; `tie` as in `plackett_luce`.
    The two are different questions, so in a circle, or between near-equals, they may differ.

    Items that the ballots cannot separate share a group of the order, and are a pair with p_chosen 0.5. Items that no
    ballot names are in no group of the order, and in every pair with what little is known. No groups give no answers;
    a group of one item has no pairs. A tie of many among many more items is taken apart: each of them then stands
    before the later ones, as it was said, but nothing is concluded from the tie itself.

    Cost: of `ranked_pairs` for each group, and O(choices x sets) for the preferences, where sets are all sets of items
    up to the largest tie, 2,000 at most. Groups are solved together, so ask for many at once: four sets of three take
    1.5 ms. Raises ValueError for a bad spread, tie or `by`; what is wrong with ballots, `Ranked` refuses.
    """
    check_strength(by)
    return [
        Consensus(ranked_pairs(group.ballots, by, group.weights if weighted else None), pairs)
        for group, pairs in zip(ranked, preferences(ranked, spread=spread, tie=tie), strict=True)
    ]


def preferences(
    ranked: Sequence[Ranked[Item]], *, spread: float = 1.0, tie: Sequence[float] = (1.0, 0.5)
) -> list[tuple[Preference[Item], ...]]:
    """The preferences of `consensus` alone: for each group every pair of its items once, in the order of its items.

    Plackett-Luce with ties (see `plackett_luce`) at the mean of the posterior (Tierney and Kadane 1986). `spread`:
    standard deviation of the prior of log strengths, from 0.001 to 1000. `tie`: weight of a tie of 1, 2, … items.
    A pair that the ballots do not separate has p_chosen 0.5, and so has every pair of a group without ballots. No
    groups give an empty list; a group of fewer than two items gives no pairs. Cost as in `consensus`. Raises
    ValueError for a bad spread or tie.
    """
    check_spread(spread)
    tie = checked_ties(tie)
    together: dict[tuple[int, int], list[int]] = defaultdict(list)
    for number, group in enumerate(ranked):
        n = len(group.items)
        together[(0, 0) if n <= choices.FEW else (n, _largest_tie(group))].append(number)
    found: list[tuple[Preference[Item], ...]] = [()] * len(ranked)
    for numbers in together.values():
        groups = [ranked[number] for number in numbers]
        for number, pairs in zip(numbers, _solved(groups, spread, tie), strict=True):
            found[number] = pairs
    return found


def _largest_tie(group: Ranked[Item]) -> int:
    return max((len(tied) for ballot in group.ballots for tied in ballot), default=1)


def _solved(
    groups: Sequence[Ranked[Item]], spread: float, tie: Sequence[float]
) -> Iterator[tuple[Preference[Item], ...]]:
    """Groups whose choices are of the same kind, solved at once."""
    made = Choices.of(
        (
            (number, ballot_number, ballot, group.items)
            for number, group in enumerate(groups)
            for ballot_number, ballot in enumerate(group.ballots or [[]])
        ),
        choices.FEWER_SETS,
    )
    # A group whose ballots have no ties could choose none: what others tied elsewhere must not change its chances.
    ties = np.array([_largest_tie(group) for group in groups])
    made = replace(made, allowed=made.allowed & (made.sizes <= ties[made.group, None]))
    adherence = np.array(
        [groups[g].weights[b] for g, b in zip(made.group.tolist(), made.ranker.tolist(), strict=True)], dtype=float
    )
    solution = choices.solve(made, adherence, spread, tie_weights(made.largest_tie, tie))
    # The mode would understate every preference.
    strengths = choices.means(made, adherence, solution)
    for number, group in enumerate(groups):
        yield _pairs(group, strengths[number].tolist(), solution.covariance[number].tolist())


def _pairs(group: Ranked[Item], strengths: list[float], covariance: list[list[float]]) -> tuple[Preference[Item], ...]:
    places = [{item: place for place, items in enumerate(ballot) for item in items} for ballot in group.ballots]
    pairs = []
    for (i, one), (j, other) in combinations(enumerate(group.items), 2):
        for_one, for_other, n_ties = sides(one, other, places, group.weights)
        pairs.append(
            preference(
                one,
                other,
                difference=strengths[i] - strengths[j],
                variance=covariance[i][i] + covariance[j][j] - 2.0 * covariance[i][j],
                for_one=for_one,
                for_other=for_other,
                n_ties=n_ties,
            )
        )
    return tuple(pairs)


def sides(
    one: Item, other: Item, places: Sequence[dict[Item, int]], weights: Sequence[float]
) -> tuple[list[float], list[float], int]:
    """Weights of the ballots for one and for the other, and how many tie them. `places`: item to place, by ballot."""
    for_one, for_other, n_ties = [], [], 0
    for place, weight in zip(places, weights, strict=True):
        if one in place and other in place:
            if place[one] < place[other]:
                for_one.append(weight)
            elif place[one] > place[other]:
                for_other.append(weight)
            else:
                n_ties += 1
    return for_one, for_other, n_ties
