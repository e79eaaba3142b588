"""How sure a group of ballots is about each pair of items: who is chosen, how likely, and what would turn it round."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import erf, exp, isclose, pi, sqrt
from typing import Generic

from ranking.ballots import Item

#: Standard errors to each side of a 95 % interval.
WIDTH = 1.959963984540054


@dataclass(frozen=True)
class Preference(Generic[Item]):
    """One pair of items, the preferred one first."""

    chosen: Item
    """The preferred one; where nothing separates the two, the one that comes first among the items."""
    rejected: Item
    """The other one."""
    p_chosen: float
    """Chance that the next ranker who separates the two puts `chosen` first; 0.5 to 1."""
    p_low: float
    """Lower end of the 95 % interval of `p_chosen`; may lie below 0.5."""
    p_high: float
    """Upper end, up to 1."""
    p_better: float
    """Posterior chance that `chosen` is the better one; 0.5 to 1. More ballots bring it to 1, but not `p_chosen`."""
    n_votes: int
    """Ballots that put one of the two before the other."""
    n_ties: int
    """Ballots that tied them."""
    flip_margin: int
    """How many ballots would have to reverse this pair until their majority, weighted by adherence, is for `rejected`.
    0 if it is already: the order then rests on what was said of other pairs. One more than there are ballots for
    `chosen` where nothing can turn it round, for there are none or they weigh nothing."""

    @property
    def tied(self) -> bool:
        """The ballots say nothing about which is better; `chosen` and `rejected` could as well be swapped."""
        return self.p_better == 0.5


def expit(x: float) -> float:
    """1 / (1 + exp(-x)), without overflow."""
    return 1.0 / (1.0 + exp(-x)) if x >= 0 else exp(x) / (1.0 + exp(x))


def normal_cdf(x: float) -> float:
    """Chance that a standard normal variable is at most x."""
    return 0.5 * (1.0 + erf(x / sqrt(2.0)))


def p_better(difference: float, variance: float) -> float:
    """Chance that a normal variable with this mean and variance is above 0."""
    if variance <= 0.0:
        return 0.5 if difference == 0.0 else float(difference > 0.0)
    return normal_cdf(difference / sqrt(variance))


def p_chosen(difference: float, variance: float) -> float:
    """Mean of the logistic of a normal variable (MacKay 1992)."""
    return expit(difference / sqrt(1.0 + pi * variance / 8.0))


def interval(difference: float, variance: float) -> tuple[float, float]:
    """The 95 % interval of the logistic of a normal variable."""
    reach = WIDTH * sqrt(max(0.0, variance))
    return expit(difference - reach), expit(difference + reach)


def flip_margin(for_it: Sequence[float], against: Sequence[float]) -> int:
    """The fewest ballots for a pair that must change sides until the weighted majority is against it.

    A rule of this project. `for_it`, `against`: weights of the ballots on each side, finite and from 0 on; that is not
    checked, and nothing is raised. The heaviest change first; a tie is not yet turned round, and a majority of less
    than 1e-9 is a tie. 0 if the majority is against it already. Ballots of weight 0 can turn nothing round: if all that
    remain are such, or there are none, one more than there are is returned. Cost: O(n log n).
    """
    lead = sum(for_it) - sum(against)
    if lead < 0.0 and not isclose(lead, 0.0, abs_tol=1e-9):
        return 0
    for count, weight in enumerate(sorted(for_it, reverse=True), start=1):
        lead -= 2.0 * weight
        if lead < 0.0 and not isclose(lead, 0.0, abs_tol=1e-9):
            return count
    return len(for_it) + 1


def preference(
    one: Item,
    other: Item,
    *,
    difference: float,
    variance: float,
    for_one: Sequence[float],
    for_other: Sequence[float],
    n_ties: int,
) -> Preference[Item]:
    """The pair, turned so that the stronger comes first; equal ones stay in the order given.

    `difference`: log strength of `one` less that of `other`; `variance`: of that difference. `for_one`, `for_other`:
    weights of the ballots on each side.
    """
    if isclose(difference, 0.0, abs_tol=1e-7):
        difference = 0.0  # What is left of an exact balance after iterating.
    if difference < 0.0:
        one, other, difference, for_one, for_other = other, one, -difference, for_other, for_one
    low, high = interval(difference, variance)
    return Preference(
        chosen=one,
        rejected=other,
        p_chosen=p_chosen(difference, variance),
        p_low=low,
        p_high=high,
        p_better=p_better(difference, variance),
        n_votes=len(for_one) + len(for_other),
        n_ties=n_ties,
        flip_margin=flip_margin(for_one, for_other),
    )
