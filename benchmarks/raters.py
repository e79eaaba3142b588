"""Simulated people: reviewers who err at a rate of their own, and rankers who follow the truth more or less closely."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
Flags = NDArray[np.bool_]
Rng = np.random.Generator

#: How unequally people contribute: standard deviation of the log of their activity. 1.5 lets the busiest tenth cast
#: 58 % of the votes.
HEAVY_TAILED = 1.5


def activities(rng: Rng, people: int, tail: float) -> Floats:
    """Chances, which sum to 1, that the next answer is that of each person."""
    activity = rng.lognormal(0.0, tail, people)
    return np.asarray(activity / activity.sum())


def hand_out(rng: Rng, items: int, each: int, chances: Floats) -> Whole:
    """Who answers what: shape (items, each). Nobody answers one item twice; the hand-out is otherwise random."""
    cumulated = np.cumsum(chances)
    cumulated[-1] = 1.0
    who = np.searchsorted(cumulated, rng.random((items, each)))
    while True:
        ordered = np.sort(who, axis=1)
        twice = (ordered[:, 1:] == ordered[:, :-1]).any(axis=1)
        if not twice.any():
            return who
        who[twice] = np.searchsorted(cumulated, rng.random((int(twice.sum()), each)))


@dataclass(frozen=True)
class Reviews:
    """Items, people, and all votes that would be cast if every item got as many as fit."""

    is_bad: Flags
    """Shape (items,): the truth."""
    sensitivity: Floats
    """Shape (people,): how often each calls a bad item bad."""
    specificity: Floats
    """Shape (people,): how often each calls a fine item fine."""
    who: Whole
    """Shape (items, votes)."""
    says_bad: Flags
    """Shape (items, votes)."""


def reviews(rng: Rng, *, items: int, people: int, each: int, two_rates: bool, tail: float) -> Reviews:
    """12 % bad items; each person is right in 70 to 97 % of cases, with `two_rates` on bad and fine items apart."""
    is_bad = rng.random(items) < 0.12
    sensitivity = rng.uniform(0.70, 0.97, people)
    specificity = rng.uniform(0.70, 0.97, people) if two_rates else sensitivity
    who = hand_out(rng, items, each, activities(rng, people, tail))
    right = rng.random(who.shape) < np.where(is_bad[:, None], sensitivity[who], specificity[who])
    return Reviews(is_bad, sensitivity, specificity, who, right == is_bad[:, None])


def expit(x: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-x)))


def spread_for(agreement: float, *, with_truth: bool) -> float:
    """The spread of log strengths at which a pair is judged alike so often: by a ranker and the truth, or by two."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(80)
    low, high = 0.01, 20.0
    for _ in range(60):
        middle = (low + high) / 2
        p = expit(np.abs(nodes) * middle * np.sqrt(2.0))
        alike = float((weights * (p if with_truth else p * p + (1 - p) ** 2)).sum() / weights.sum())
        low, high = (middle, high) if alike < agreement else (low, middle)
    return (low + high) / 2


def draw_orders(rng: Rng, strengths: Floats) -> Whole:
    """Plackett-Luce: orders of the last axis, best first, by adding Gumbel noise (Yellott 1977)."""
    return np.argsort(-(strengths + rng.gumbel(size=strengths.shape)), axis=-1)


def ballot(order: Sequence[int]) -> list[list[int]]:
    """An order without ties as a ballot."""
    return [[place] for place in order]
