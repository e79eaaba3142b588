"""Rankings as a row of choices: the likelihood that Plackett-Luce with ties maximises, for many groups at once.

Whoever ranks A first, then B and C tied, chose {A} out of {A, B, C} and then {B, C} out of what was left. The chance to
choose the set C of items is proportional to

    tie[|C|] * exp(adherence * mean strength of the items in C)

among all sets of remaining items (Davidson 1970 for pairs; Turner, van Etten, Firth and Kosmidis 2020 for rankings).
Strengths have a normal prior around 0, so that few ballots give finite strengths and honest intervals.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import NDArray

from ranking.ballots import Ballot, named

Floats = NDArray[np.float64]

#: A choice is looked for among all sets up to the largest tie. So many sets are as many as memory bears.
MOST_SETS = 20_000
#: Where ties that are too large are taken apart, it is so that no more sets than these are looked at.
FEWER_SETS = 2000
#: Groups of so few items are solved together, whatever their ballots tie: the choices are few anyway.
FEW = 4
#: No step of Newton's method is longer: far from the optimum the curvature says little.
LONGEST_STEP = 2.0
#: Newton steps shrink quadratically: after one this short, the next would be far below any digit shown.
CONVERGED = 1e-6


class TooManyTies(ValueError):
    """Ties too large for so many items: the choices cannot be listed."""


@dataclass(frozen=True)
class Choices:
    """The choices behind some ballots. Row t of the arrays is one choice; choices are sorted by group."""

    members: Floats
    """Shape (sets, items): 1/size where the item belongs to the set, else 0."""
    sizes: NDArray[np.int64]
    """Shape (sets,): items in each set."""
    group: NDArray[np.int64]
    """Shape (choices,): the group of items that was ranked."""
    ranker: NDArray[np.int64]
    """Shape (choices,): who chose."""
    chosen: NDArray[np.int64]
    """Shape (choices,): the set that was chosen."""
    allowed: NDArray[np.bool_]
    """Shape (choices, sets): which sets could have been chosen."""
    n_groups: int

    @property
    def largest_tie(self) -> int:
        return int(self.sizes.max(initial=1))

    @classmethod
    def of(
        cls, ranked: Iterable[tuple[int, int, Ballot[Hashable], Sequence[Hashable]]], most_sets: int | None = None
    ) -> Choices:
        """From (group, ranker, ballot, items of the group). Raises BallotError, TooManyTies.

        Groups are numbered from 0; items that a group has but a ballot leaves out were not judged by it.
        `most_sets`: instead of refusing large ties among many items, take them apart so that no more sets than that are
        looked at. Each item of such a tie was then chosen before what came later, and nothing is said of the others.
        """
        rows = sorted(ranked, key=lambda row: row[0])
        n_items = max((len(items) for *_rest, items in rows), default=0)
        largest = max((len(tied) for _g, _r, ballot, _items in rows for tied in ballot), default=1)
        if most_sets is not None:
            largest = _largest_within(n_items, largest, most_sets)
        sets = _sets(n_items, max(1, largest))
        code = {mask: number for number, mask in enumerate(sets)}
        made: list[tuple[int, int, int, int]] = []
        for group, ranker, ballot, items in rows:
            bit = {item: 1 << place for place, item in enumerate(items)}
            left = sum(bit[item] for item in named(ballot))
            for tied in ballot:
                mask = sum(bit[item] for item in tied)
                later = left ^ mask
                if mask in code:
                    if left & (left - 1):  # With one item left there is nothing to choose.
                        made.append((group, ranker, code[mask], left))
                elif later:
                    made.extend((group, ranker, code[bit[item]], bit[item] | later) for item in tied)
                left = later
        masks = np.array(sets, dtype=object)
        lefts = sorted({row[3] for row in made})
        inside = {left: number for number, left in enumerate(lefts)}
        allowed = np.array([[mask & left == mask for mask in sets] for left in lefts], dtype=bool)
        columns = np.array([(g, r, c, inside[left]) for g, r, c, left in made], dtype=np.int64).reshape(-1, 4)
        bits = np.array([[bool(mask >> place & 1) for place in range(n_items)] for mask in masks], dtype=float)
        bits = bits.reshape(len(sets), n_items)
        sizes = bits.sum(axis=1).astype(np.int64)
        return cls(
            members=bits / np.maximum(sizes, 1)[:, None],
            sizes=sizes,
            group=columns[:, 0],
            ranker=columns[:, 1],
            chosen=columns[:, 2],
            allowed=allowed.reshape(len(lefts), len(sets))[columns[:, 3]],
            n_groups=1 + max((row[0] for row in rows), default=-1),
        )

    @cached_property
    def starts(self) -> NDArray[np.intp]:
        """Where the choices of each group begin."""
        return np.flatnonzero(np.concatenate([[True], self.group[1:] != self.group[:-1]]))

    def ties_chosen(self) -> Floats:
        """How often a tie of 1, 2, … items was chosen: shape (largest tie,)."""
        return np.bincount(self.sizes[self.chosen] - 1, minlength=self.largest_tie).astype(float)


def _largest_within(n_items: int, largest: int, most_sets: int) -> int:
    """The largest tie up to `largest` with so many sets at most; 1 at least."""
    count, size = n_items, 1
    while size < largest and (count := count + comb(n_items, size + 1)) <= most_sets:
        size += 1
    return size


def _sets(n_items: int, largest: int) -> list[int]:
    """Every set of up to `largest` of `n_items` items, as bit masks."""
    sets: list[int] = []
    for size in range(1, min(largest, n_items) + 1):
        for places in combinations(range(n_items), size):
            sets.append(sum(1 << place for place in places))
            if len(sets) > MOST_SETS:
                raise TooManyTies(
                    f"Ties of {largest} among {n_items} items allow more than {MOST_SETS} choices. "
                    "Rank fewer items together, or break the largest ties up."
                )
    return sets


@dataclass(frozen=True)
class Solution:
    """Where the posterior of the strengths is highest, and how wide it is there."""

    strengths: Floats
    """Shape (groups, items): log strengths, their mean in each group 0."""
    covariance: Floats
    """Shape (groups, items, items): of the normal approximation to the posterior (Laplace)."""
    chances: Floats
    """Shape (choices, sets): how likely each choice was."""
    iterations: int
    """Newton steps taken."""
    converged: bool
    """Whether the last of them was so short that another would change nothing."""


def solve(
    choices: Choices,
    adherence: Floats,
    spread: float | Floats,
    tie: Floats,
    start: Floats | None = None,
    steps: int = 200,
) -> Solution:
    """Newton's method on the log posterior, which is concave, for all groups at once.

    `adherence`: shape (choices,), of whoever made the choice. `spread`: standard deviation of the prior of a strength,
    for all groups or shape (groups,).
    `tie`: shape (largest tie,), the weight of a tie of 1, 2, … items; the first is 1.
    """
    n_items = choices.members.shape[1]
    strengths = np.zeros((choices.n_groups, n_items)) if start is None else start
    tightness = np.broadcast_to(1.0 / np.square(spread), (choices.n_groups,))[:, None]
    precision = tightness[:, :, None] * np.eye(n_items)
    iterations, converged = 0, False
    chances, curvature = _chances(choices, adherence, strengths, tie), precision
    for iterations in range(1, steps + 1):  # noqa: B007  # told to the caller
        expected = chances @ choices.members
        gradient = _by_group(choices, adherence[:, None] * (choices.members[choices.chosen] - expected))
        gradient -= strengths * tightness
        curvature = precision + _by_group(choices, information(choices, adherence, chances, expected))
        step = np.linalg.solve(curvature, gradient[..., None])[..., 0]
        longest = np.abs(step).max(axis=1, initial=0.0, keepdims=True)
        step *= np.minimum(1.0, LONGEST_STEP / np.maximum(longest, 1e-300))
        strengths = strengths + step
        chances = _chances(choices, adherence, strengths, tie)
        converged = bool(longest.max(initial=0.0) < CONVERGED)
        if converged:
            break
    covariance = np.asarray(np.linalg.inv(curvature), dtype=np.float64)
    return Solution(strengths, covariance, chances, iterations, converged)


def means(choices: Choices, adherence: Floats, solution: Solution) -> Floats:
    """The means of the posterior, where `solution` has its mode: shape (groups, items).

    The likelihood falls off more slowly away from 0 than towards it, so the posterior leans outwards, the more so the
    fewer ballots there are. This is the first correction to Laplace's approximation (Tierney and Kadane 1986, in its
    form with third derivatives). Memory: choices x sets x items.
    """
    apart = choices.members - (solution.chances @ choices.members)[:, None]
    wide = ((apart @ solution.covariance[choices.group]) * apart).sum(axis=2)
    pull = -(adherence**3)[:, None] * ((solution.chances * wide)[:, None] @ apart)[:, 0]
    moved: Floats = solution.strengths + 0.5 * (solution.covariance @ _by_group(choices, pull)[..., None])[..., 0]
    return moved


def _chances(choices: Choices, adherence: Floats, strengths: Floats, tie: Floats) -> Floats:
    worth = strengths @ choices.members.T
    log = adherence[:, None] * worth[choices.group] + np.log(tie)[choices.sizes - 1]
    log = np.where(choices.allowed, log, -np.inf)
    log -= log.max(axis=1, initial=-np.inf, keepdims=True)
    chances: Floats = np.exp(log)
    chances /= chances.sum(axis=1, keepdims=True)
    return chances


def information(choices: Choices, adherence: Floats, chances: Floats, expected: Floats) -> Floats:
    """Of each choice, shape (choices, items, items): adherence² times the covariance of membership."""
    sets, n_items = choices.members.shape
    products = (choices.members[:, :, None] * choices.members[:, None, :]).reshape(sets, n_items * n_items)
    second = (chances @ products).reshape(len(chances), n_items, n_items)
    covariance: Floats = adherence[:, None, None] ** 2 * (second - expected[:, :, None] * expected[:, None, :])
    return covariance


def _by_group(choices: Choices, values: Floats) -> Floats:
    """Sum the rows of each group; groups without a choice get 0."""
    summed = np.zeros((choices.n_groups, *values.shape[1:]))
    if len(values):
        summed[choices.group[choices.starts]] = np.add.reduceat(values, choices.starts, axis=0)
    return summed


def evidence(choices: Choices, solution: Solution, spread: float | Floats) -> Floats:
    """Log probability of each group's ballots, strengths integrated out (Laplace): shape (groups,), in nats."""
    happened = solution.chances[np.arange(len(choices.chosen)), choices.chosen]
    likelihood = _by_group(choices, np.log(happened)[:, None])[:, 0]
    n_items = solution.strengths.shape[1]
    penalty = (solution.strengths**2).sum(axis=1) / (2 * np.square(spread)) + n_items * np.log(spread)
    log_volume: Floats = np.linalg.slogdet(solution.covariance)[1] / 2
    total: Floats = likelihood - penalty + log_volume
    return total


def better_tie_weights(
    choices: Choices, adherence: Floats, solution: Solution, tie: Floats, centre: float, width: float
) -> Floats:
    """One step of Newton's method for the weights of ties of two and more, which have a log-normal prior.

    The step is that of the profile likelihood, in which the strengths follow the weights. Taken for themselves, the two
    would go up a narrow ridge in ever smaller turns.
    """
    if choices.largest_tie == 1:
        return tie
    by_size = np.eye(choices.largest_tie)[choices.sizes - 1][:, 1:]
    expected = solution.chances @ by_size
    log = np.log(tie[1:])
    gradient = choices.ties_chosen()[1:] - expected.sum(axis=0) - (log - np.log(centre)) / width**2
    curvature = np.diag(expected.sum(axis=0) + 1 / width**2) - expected.T @ expected
    # By choice, size and item: how the size of the set goes with its members.
    both = (by_size[:, :, None] * choices.members[:, None, :]).reshape(len(by_size), -1)
    apart = expected[:, :, None] * (solution.chances @ choices.members)[:, None, :]
    shared = _by_group(choices, adherence[:, None, None] * ((solution.chances @ both).reshape(apart.shape) - apart))
    curvature -= (shared @ solution.covariance @ shared.transpose(0, 2, 1)).sum(axis=0)
    step = np.clip(np.linalg.solve(curvature, gradient), -LONGEST_STEP, LONGEST_STEP)
    return np.concatenate([[1.0], np.exp(log + step)])
