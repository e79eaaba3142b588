"""Plackett-Luce: strengths from rankings of any length, with ties, and with an adherence for every ranker."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import inf, log
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from ranking import choices
from ranking.ballots import Ballot, Item, items_of, one_for_each
from ranking.bradley_terry import TIE_WIDTH, USUAL_TIE
from ranking.choices import CONVERGED, Choices, Floats, Solution
from ranking.strengths import LEAST_SPREAD, MOST_SPREAD, Strengths, check_spread, check_steps

Group = TypeVar("Group", bound=Hashable)
Ranker = TypeVar("Ranker", bound=Hashable)

#: The joint fit has converged when no adherence moves by more, nor the logarithm of the spread or of a tie's weight.
STILL = 1e-4
SMALLEST_ADHERENCE = 1e-3
#: How far apart, in logs, the spreads are at which the evidence is compared.
NEARBY = 0.05


def plackett_luce(
    ballots: Iterable[Ballot[Item]],
    *,
    adherence: Sequence[float] | None = None,
    spread: float = 1.0,
    tie: Sequence[float] | None = None,
    steps: int = 200,
) -> Strengths[Item]:
    """Strengths of the items ranked (Plackett 1975, Luce 1959; ties as in Turner et al. 2020, after Davidson 1970).

    A ballot is a list of groups, best first; items in one group are tied; items left out were not judged.
    `adherence`: how closely whoever cast each ballot follows the strengths, up to 1000; 0 is a coin, 1 is usual, 1 for
    all if not given. It multiplies the log strengths. `spread`: standard deviation of the normal prior of a log
    strength around 0, from 0.001 to 1000; it keeps small samples finite. `tie`: weight of a tie of 1, 2, … items, the
    first being 1; estimated if not given. `steps`: Newton steps after which it ends, converged or not, and as many new
    weights of ties; a dozen are usual.

    Items that the ballots treat alike come out equal. No ballots give no items; one item has strength 0. Every set of
    items up to the size of the largest tie is a possible choice, and cost in time and memory is O(choices x sets), so
    it raises TooManyTies beyond 20,000 sets. Raises BallotError for a ballot that is no list of groups or names an item
    twice, and for adherences that do not fit the ballots; ValueError for a bad spread or tie, or no steps.
    """
    check_spread(spread)
    check_steps(steps)
    ballots = list(ballots)
    follows = one_for_each(ballots, [1.0] * len(ballots) if adherence is None else adherence, "adherence")
    items = items_of(ballots)
    made = Choices.of((0, place, ballot, items) for place, ballot in enumerate(ballots or [[]]))
    by_choice, weights = np.array(follows)[made.ranker], tie_weights(made.largest_tie, tie)
    solution = choices.solve(made, by_choice, spread, weights, steps=steps)
    iterations, settled = solution.iterations, True
    for _ in range(steps if tie is None and made.largest_tie > 1 else 0):
        moved = choices.better_tie_weights(made, by_choice, solution, weights, USUAL_TIE, TIE_WIDTH)
        settled = bool(np.abs(np.log(moved / weights)).max() < CONVERGED)
        weights = moved
        solution = choices.solve(made, by_choice, spread, weights, solution.strengths, steps=steps)
        iterations += solution.iterations
        if settled:
            break
    solution = replace(solution, iterations=iterations, converged=settled and solution.converged)
    return _strengths(items, made, solution, 0, weights, spread)


def checked_ties(given: Sequence[float] | None) -> list[float]:
    """Weights for ties of 1, 2, … items, the usual ones if none are given.

    Raises ValueError for weights that are not above 0, or a first one that is not 1.
    """
    weights = list((1.0, USUAL_TIE) if given is None else given)
    if not weights or weights[0] != 1.0 or not all(0.0 < weight < inf for weight in weights):
        raise ValueError(f"tie is {given!r}, but must be weights above 0 for ties of 1, 2, … items, the first being 1.")
    return weights


def tie_weights(largest: int, given: Sequence[float] | None) -> Floats:
    """Weights for ties up to the largest; beyond those given, each size weighs as much less as the one before.

    Raises ValueError as `checked_ties`.
    """
    weights = checked_ties(given)
    while len(weights) < largest:
        weights.append(weights[-1] * weights[-1] / weights[-2] if len(weights) > 1 else USUAL_TIE)
    return np.array(weights[:largest])


def _strengths(
    items: Sequence[Item], made: Choices, solution: Solution, group: int, tie: Floats, spread: float
) -> Strengths[Item]:
    n = len(items)
    inside = made.group == group
    happened = solution.chances[inside, made.chosen[inside]]
    return Strengths(
        items=tuple(items),
        log_strength=solution.strengths[group, :n],
        covariance=solution.covariance[group, :n, :n],
        tie=tuple(tie.tolist()),
        spread=spread,
        log_likelihood=float(np.log(happened).sum()),
        iterations=solution.iterations,
        converged=solution.converged,
    )


@dataclass(frozen=True, eq=False)
class Adherences(Generic[Group, Ranker]):
    """What many rankings of many groups of items tell of those who ranked."""

    rankers: tuple[Ranker, ...]
    """By first appearance."""
    adherence: NDArray[np.float64] = field(repr=False)
    """Shape (rankers,): how closely each follows what all together prefer. 0 is a coin, 1 is usual."""
    error: NDArray[np.float64] = field(repr=False)
    """Shape (rankers,): what the prior and the rankings leave open if the strengths were known. The true error is
    larger, the more so the fewer ballots a group has."""
    n_ballots: NDArray[np.int64] = field(repr=False)
    """Shape (rankers,): groups in which they put at least one item before another, or tied some."""
    strengths: Mapping[Group, Strengths[Hashable]] = field(repr=False)
    """The strengths inside each group, weighted by the adherences."""
    tie: tuple[float, ...]
    """Weight of a tie of 1, 2, … items, the first being 1: as given, or as estimated over all groups."""
    spread: float
    """Standard deviation of log strengths inside a group: as given, or as estimated."""
    iterations: int
    """How often strengths, adherences, ties and spread were improved."""
    converged: bool
    """False if `steps` were too few, or if the rankings do not tell the spread: it is then at an end of its range."""

    @cached_property
    def of(self) -> Mapping[Ranker, float]:
        """Ranker to adherence. A ranker who is not here is a newcomer: adherence 1."""
        return dict(zip(self.rankers, self.adherence.tolist(), strict=True))


def plackett_luce_with_adherence(
    rankings: Iterable[tuple[Group, Ranker, Ballot[Hashable]]],
    *,
    concentration: float = 10.0,
    spread: float | None = None,
    tie: Sequence[float] | None = None,
    steps: int = 100,
) -> Adherences[Group, Ranker]:
    """Strengths and the adherence of every ranker, estimated together from many groups of items.

    A ranking is (group, ranker, ballot). Items are compared inside their group only (siblings in a tree); what joins
    the groups is the rankers. The model is Plackett-Luce with the log strengths multiplied by the adherence of the
    ranker (Turner et al. 2020, whose R package PlackettLuce has them too); the mean adherence over all choices is 1.

    `concentration`: shape of the gamma prior of adherences, above 1; higher holds newcomers closer to 1 (the R package
    uses 10). `spread` of the strengths inside a group, from 0.001 to 1000: estimated if not given. `tie`: weights of
    ties, as in `plackett_luce`; estimated if not given. `steps`: improvements after which it ends, converged or not.

    Strengths are integrated out in the normal approximation while adherences are fitted, and the other way round the
    adherences are taken at their mode (expectation maximisation): a ranker is not called faithful for the share they
    had in the strengths. Ties of many among many items are taken apart, as in `consensus`.

    A ranker who ranked one item has adherence 1 and a wide error. One who ties everything comes out low, the lower the
    more they tied: whoever follows strengths seldom finds all equal. No rankings give no rankers, a group of one item
    has strength 0. With one ballot for each group, or where all rank alike, the rankings do not tell the spread: the
    estimate may then run to an end of its range, and `converged` is False. Give a spread then.
    Cost: O(iterations x choices x sets), where sets are all sets of items up to the largest tie; 20 seconds for
    60,000 rankings of three. Raises BallotError, and ValueError for what is no ranking, a bad spread, tie or
    concentration, or no steps.
    """
    if not 1.0 < concentration < inf:
        raise ValueError(f"concentration is {concentration!r}, but must be a finite number above 1.")
    check_steps(steps)
    if spread is not None:
        check_spread(spread)
    fit = _Fit(rankings, concentration, spread, tie)
    converged, iterations = False, 0
    for iterations in range(1, steps + 1):  # noqa: B007  # told to the caller
        if fit.step() < STILL:
            converged = fit.spread_given or LEAST_SPREAD < fit.spread < MOST_SPREAD
            break
    return fit.result(iterations, converged)


class _Fit(Generic[Group, Ranker]):
    """The state of the joint fit: groups of equal size are solved together."""

    def __init__(
        self,
        rankings: Iterable[tuple[Group, Ranker, Ballot[Hashable]]],
        concentration: float,
        spread: float | None,
        tie: Sequence[float] | None,
    ) -> None:
        ballots: dict[Group, list[tuple[Ranker, Ballot[Hashable]]]] = defaultdict(list)
        self.rankers: dict[Ranker, None] = {}
        for ranking in rankings:
            try:
                group, ranker, ballot = ranking
                ballots[group].append((ranker, ballot))
                self.rankers[ranker] = None
            except (TypeError, ValueError) as problem:
                raise ValueError(f"A ranking must be (group, ranker, ballot), but one is {ranking!r}.") from problem
        code = {ranker: place for place, ranker in enumerate(self.rankers)}
        # Items and largest tie of each group. With few items the choices are few, whatever is tied.
        kinds: dict[tuple[int, int], list[tuple[Group, list[Hashable]]]] = defaultdict(list)
        for group, cast in ballots.items():
            items = items_of(ballot for _r, ballot in cast)
            largest = max((len(tied) for _r, ballot in cast for tied in ballot), default=1)
            kinds[len(items), 0 if len(items) <= choices.FEW else largest].append((group, items))
        self.buckets = [bucket for (size, _tie), bucket in sorted(kinds.items()) if size > 1]
        self.lonely = kinds.get((0, 0), []) + kinds.get((1, 0), [])
        self.made = [
            Choices.of(
                (
                    (number, code[ranker], ballot, items)
                    for number, (group, items) in enumerate(bucket)
                    for ranker, ballot in ballots[group]
                ),
                choices.FEWER_SETS,
            )
            for bucket in self.buckets
        ]
        self.weight = sum(
            (np.bincount(made.ranker, minlength=len(code)) for made in self.made), np.zeros(len(code), dtype=np.int64)
        )
        self.adherence, self.error = np.ones(len(code)), np.full(len(code), 1 / np.sqrt(concentration))
        self.concentration, self.spread, self.tie_given = concentration, spread or 1.0, tie is not None
        self.spread_given = spread is not None
        largest = max((made.largest_tie for made in self.made), default=1)
        self.tie = tie_weights(largest, tie)
        self.solutions: list[Solution | None] = [None] * len(self.made)

    def step(self) -> float:
        """One round: strengths, adherences, ties, spread. Returns how far the adherences moved."""
        slope, bend = np.zeros(len(self.adherence)), np.zeros(len(self.adherence))
        for place, made in enumerate(self.made):
            by_choice = self.adherence[made.ranker]
            before = self.solutions[place]
            start = None if before is None else before.strengths
            solution = choices.solve(made, by_choice, self.spread, self.tie[: made.largest_tie], start)
            self.solutions[place] = solution
            more_slope, more_bend = self._towards(made, solution, by_choice)
            slope += more_slope
            bend += more_bend
        slope += (self.concentration - 1) / self.adherence - self.concentration
        bend += (self.concentration - 1) / self.adherence**2
        step = slope / bend
        # Never below half of what it was: the gamma prior has no mass at 0, and Newton does not know that.
        moved = np.clip(self.adherence + step, np.maximum(self.adherence / 2, SMALLEST_ADHERENCE), self.adherence * 2)
        # Only adherence times spread is seen in the rankings: what is usual is 1, the rest is spread.
        moved /= np.average(moved, weights=self.weight) if self.weight.sum() else 1.0
        furthest = float(np.abs(moved - self.adherence).max(initial=0.0))
        self.adherence, self.error = moved, 1 / np.sqrt(bend)
        if not self.spread_given and self.made:
            wider = self._likelier_spread()
            furthest, self.spread = max(furthest, abs(log(wider / self.spread))), wider
        if not self.tie_given and len(self.tie) > 1:
            furthest = max(furthest, self._move_ties())
        return furthest

    def _towards(self, made: Choices, solution: Solution, by_choice: Floats) -> tuple[Floats, Floats]:
        """Slope and curvature of the expected log likelihood in each ranker's adherence."""
        worth = (solution.strengths @ made.members.T)[made.group]
        mean = (solution.chances * worth).sum(axis=1)
        variance = (solution.chances * worth**2).sum(axis=1) - mean**2
        expected = solution.chances @ made.members
        # What the strengths' own uncertainty costs: half the trace of curvature times covariance, adherence squared.
        unsure = choices.information(made, np.ones(len(by_choice)), solution.chances, expected)
        cost = (unsure * solution.covariance[made.group]).sum(axis=(1, 2))
        gained = worth[np.arange(len(made.chosen)), made.chosen] - mean - by_choice * cost
        n = len(self.adherence)
        return np.bincount(made.ranker, gained, n), np.bincount(made.ranker, variance + cost, n)  # type: ignore[return-value]

    def _likelier_spread(self) -> float:
        """The top of a parabola through the evidence at three spreads, or the better end if it has none between."""
        at = self.spread * np.exp([-NEARBY, 0.0, NEARBY])
        below, here, above = (self._evidence(spread) for spread in at)
        bend = below - 2 * here + above
        steps = 2.0 * float(np.sign(above - below)) if bend >= 0 else float(np.clip((below - above) / bend / 2, -2, 2))
        return float(np.clip(self.spread * np.exp(NEARBY * steps), LEAST_SPREAD, MOST_SPREAD))

    def _evidence(self, spread: float) -> float:
        """Log probability of the rankings when strengths have this spread, strengths integrated out (Laplace).

        Expectation maximisation of the spread would take the mode for the mean and come out a fifth too low with five
        ballots a group; this is right to some percent.
        """
        total = 0.0
        for made, solution in zip(self.made, self.solutions, strict=True):
            assert solution is not None
            by_choice, tie = self.adherence[made.ranker], self.tie[: made.largest_tie]
            moved = choices.solve(made, by_choice, spread, tie, solution.strengths)
            total += float(choices.evidence(made, moved, spread).sum())
        return total

    def _move_ties(self) -> float:
        """One Newton step for the weights of ties, over all groups."""
        size = len(self.tie)
        slope, bend = np.zeros(size), np.zeros((size, size))
        for made, solution in zip(self.made, self.solutions, strict=True):
            assert solution is not None
            one_hot = np.eye(size)[made.sizes - 1]
            expected = solution.chances @ one_hot
            slope[: made.largest_tie] += made.ties_chosen()
            slope -= expected.sum(axis=0)
            bend += np.diag(expected.sum(axis=0)) - expected.T @ expected
        logs = np.log(self.tie[1:])
        slope, bend = slope[1:] - (logs - np.log(USUAL_TIE)) / TIE_WIDTH**2, bend[1:, 1:]
        step = np.clip(np.linalg.solve(bend + np.eye(size - 1) / TIE_WIDTH**2, slope), -1.0, 1.0)
        self.tie = np.concatenate([[1.0], np.exp(logs + step)])
        return float(np.abs(step).max())

    def result(self, iterations: int, converged: bool) -> Adherences[Group, Ranker]:
        strengths: dict[Group, Strengths[Hashable]] = {}
        n_ballots = np.zeros(len(self.adherence), dtype=np.int64)
        for bucket, made, solution in zip(self.buckets, self.made, self.solutions, strict=True):
            if solution is not None:
                for number, (group, items) in enumerate(bucket):
                    strengths[group] = _strengths(items, made, solution, number, self.tie, self.spread)
            cast = np.unique(np.stack([made.group, made.ranker]), axis=1)
            n_ballots += np.bincount(cast[1], minlength=len(n_ballots))
        # Who never chose anything is a newcomer.
        self.adherence = np.where(self.weight > 0, self.adherence, 1.0)
        tie = tuple(self.tie.tolist())
        for group, items in self.lonely:
            n = len(items)
            strengths[group] = Strengths(
                tuple(items), np.zeros(n), np.eye(n) * self.spread**2, tie, self.spread, 0.0, 0, True
            )
        return Adherences(
            rankers=tuple(self.rankers),
            adherence=self.adherence,
            error=self.error,
            n_ballots=n_ballots,
            strengths=strengths,
            tie=tie,
            spread=self.spread,
            iterations=iterations,
            converged=converged,
        )
