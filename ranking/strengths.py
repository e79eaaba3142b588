"""Strengths of items on one scale, with what is not known about them: the answer of every preference model here."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from math import isclose
from typing import Generic

import numpy as np
from numpy.typing import NDArray

from ranking import preferences
from ranking.ballots import Item

#: Standard deviations of log strengths that can be computed with. Beyond, what is left open drowns in rounding.
LEAST_SPREAD, MOST_SPREAD = 1e-3, 1e3


@dataclass(frozen=True, eq=False)
class Strengths(Generic[Item]):
    """Log strengths: one that is higher by d is preferred with odds exp(d) by a ranker of adherence 1.

    Strengths are where the posterior is highest. With few ballots its mean lies further out, so the chances here are a
    little timid; `consensus` corrects that.
    """

    items: tuple[Item, ...]
    """By first appearance."""
    log_strength: NDArray[np.float64] = field(repr=False)
    """Shape (items,), their mean 0."""
    covariance: NDArray[np.float64] = field(repr=False)
    """Shape (items, items): of the normal approximation to the posterior, given the weights of ties."""
    tie: tuple[float, ...]
    """Weight of a tie of 1, 2, … items; the first is 1. With ties of two only, the second is Davidson's nu."""
    spread: float
    """Standard deviation of the prior of a log strength."""
    log_likelihood: float
    """Of the data at these strengths, in nats; the prior is not in it."""
    iterations: int
    """Newton steps taken, those after each change of the weights of ties included. Inside `Adherences`: of the last
    round, for this group and those like it."""
    converged: bool
    """False if the last step still moved something: `steps` were too few."""

    @cached_property
    def strength(self) -> Mapping[Item, float]:
        """Item to log strength, strongest first."""
        pairs = zip(self.items, self.log_strength.tolist(), strict=True)
        return dict(sorted(pairs, key=lambda pair: -pair[1]))

    @property
    def order(self) -> list[list[Item]]:
        """Groups, strongest first; strengths that differ by less than 1e-6 are equal."""
        groups: list[list[Item]] = []
        last = 0.0
        for item, strength in self.strength.items():
            if groups and isclose(last, strength, abs_tol=1e-6):
                groups[-1].append(item)
            else:
                groups.append([item])
            last = strength
        return groups

    def p_chosen(self, one: Item, other: Item) -> float:
        """Chance that the next ranker who separates the two puts `one` first, uncertainty included."""
        return preferences.p_chosen(*self._difference(one, other))

    def interval(self, one: Item, other: Item) -> tuple[float, float]:
        """The 95 % interval of that chance."""
        return preferences.interval(*self._difference(one, other))

    def p_better(self, one: Item, other: Item) -> float:
        """Posterior chance that `one` is stronger than `other`."""
        return preferences.p_better(*self._difference(one, other))

    def _difference(self, one: Item, other: Item) -> tuple[float, float]:
        """Mean and variance of the difference. Raises KeyError for an item that is not here."""
        i, j = self._places[one], self._places[other]
        variance = self.covariance[i, i] + self.covariance[j, j] - 2.0 * self.covariance[i, j]
        return float(self.log_strength[i] - self.log_strength[j]), float(variance)

    @cached_property
    def _places(self) -> Mapping[Hashable, int]:
        return {item: place for place, item in enumerate(self.items)}


def check_spread(spread: float) -> None:
    """Raises ValueError for what is no standard deviation, or none that can be computed with."""
    if not LEAST_SPREAD <= spread <= MOST_SPREAD:
        raise ValueError(
            f"spread is {spread!r}, but must lie between {LEAST_SPREAD:g} and {MOST_SPREAD:g}: "
            "it is the standard deviation of log strengths."
        )


def check_steps(steps: int) -> None:
    """Raises ValueError for fewer than one."""
    if steps < 1:
        raise ValueError(f"steps is {steps!r}, but at least one must be taken.")
