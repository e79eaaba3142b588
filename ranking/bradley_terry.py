"""Bradley-Terry: strengths from comparisons of two, with ties."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from math import inf

import numpy as np

from ranking.ballots import Item
from ranking.choices import CONVERGED, LONGEST_STEP, Floats
from ranking.strengths import Strengths, check_spread, check_steps

#: Prior of Davidson's nu, the weight of a tie: log-normal around this, with this width in logs.
USUAL_TIE, TIE_WIDTH = 0.5, 1.0


def bradley_terry(
    pairs: Iterable[tuple[Item, Item] | tuple[Item, Item, float]],
    *,
    spread: float = 1.0,
    tie: float | None = None,
    steps: int = 200,
) -> Strengths[Item]:
    """Strengths of the items compared (Bradley and Terry 1952; ties as in Davidson 1970).

    A pair is (winner, loser), or (one, other, result) with the result 1 if `one` won, 0.5 for a tie, 0 if `other` won.
    P(one wins) : P(tie) : P(other wins) = exp(d/2) : nu : exp(-d/2), where d is the difference of log strengths.

    `spread`: standard deviation of the normal prior of a log strength around 0, from 0.001 to 1000. It keeps an item
    that won every comparison finite; 1 fits human preferences, where the better of two replies is chosen three times in
    four. Large values bring the strengths near maximum likelihood, but then chances and intervals are rough. `tie`: nu;
    estimated if not given, around 0.5. `steps`: Newton steps after which it ends, converged or not; a dozen are usual.

    Items that were only tied with each other come out equal. A single comparison gives finite strengths, nothing
    compared gives no items. Cost: memory grows with the square of the number of items, time with its cube. Raises
    ValueError for what is no pair, a pair of an item with itself, a result that is none of the three, a bad spread, no
    steps, and a tie below 0, or of 0 where there are ties.
    """
    check_spread(spread)
    check_steps(steps)
    places: dict[Item, int] = {}
    counted: Counter[tuple[int, int, float]] = Counter()
    for pair in pairs:
        one, other, result = _read(pair)
        counted[places.setdefault(one, len(places)), places.setdefault(other, len(places)), result] += 1
    n = len(places)
    rows = np.array([(*key, count) for key, count in counted.items()], dtype=float).reshape(-1, 4)
    i, j = rows[:, 0].astype(np.int64), rows[:, 1].astype(np.int64)
    results, count = rows[:, 2], rows[:, 3]
    tied = bool((results == 0.5).any())
    if tie is not None and not (0.0 < tie < inf or (tie == 0.0 and not tied)):
        raise ValueError(f"tie is {tie!r}, but must be above 0, or 0 if nothing is tied: it is the weight of a tie.")
    nu = tie if tie is not None else (USUAL_TIE if tied else 0.0)
    # Log strengths, and last how far log nu is above the usual one. They move together: in turns, they would go up a
    # narrow ridge in ever smaller steps.
    at, free = np.zeros(n + 1), n + (tie is None and tied)
    tightness = np.append(np.full(n, 1 / spread**2), 1 / TIE_WIDTH**2)
    iterations, converged, curvature = 0, False, np.diag(tightness)
    for iterations in range(1, steps + 1):  # noqa: B007  # told to the caller
        gradient, curvature = _slopes(n, rows, *_chances(at[i] - at[j], nu)[:2])
        gradient -= at * tightness
        curvature += np.diag(tightness)
        step = np.linalg.solve(curvature[:free, :free], gradient[:free])
        longest = float(np.abs(step).max(initial=0.0))
        at[:free] += step * min(1.0, LONGEST_STEP / max(longest, 1e-300))
        if free > n:
            nu = float(USUAL_TIE * np.exp(at[n]))
        converged = longest < CONVERGED
        if converged:
            break
    chances = np.stack(_chances(at[i] - at[j], nu))
    happened = chances[(2 - 2 * results).astype(np.int64), np.arange(len(results))]
    return Strengths(
        items=tuple(places),
        log_strength=at[:n],
        covariance=np.asarray(np.linalg.inv(curvature[:n, :n]), dtype=np.float64),
        tie=(1.0, nu) if nu else (1.0,),
        spread=spread,
        log_likelihood=float((count * np.log(happened)).sum()),
        iterations=iterations,
        converged=converged,
    )


def _read(pair: tuple[Item, Item] | tuple[Item, Item, float]) -> tuple[Item, Item, float]:
    try:
        # A string falls apart into letters: two of them are no pair.
        one, other, result = (*pair, 1.0) if len(pair) == 2 and not isinstance(pair, str) else pair
        alike = len({one, other}) == 1
    except (TypeError, ValueError) as problem:
        raise ValueError(f"A pair must be (winner, loser) or (one, other, result), but one is {pair!r}.") from problem
    if alike:
        raise ValueError(f"{one!r} is compared with itself.")
    if result not in (0, 0.5, 1):
        raise ValueError(f"The result of a pair must be 1, 0.5 or 0, but is {result!r}.")
    return one, other, float(result)


def _slopes(n: int, rows: Floats, win: Floats, draw: Floats) -> tuple[Floats, Floats]:
    """Gradient and curvature (its sign turned) of the log likelihood in n log strengths and, last, in log nu.

    `rows`: (one, other, result, how often). `win`, `draw`: their chances.
    """
    i, j, results, count = rows[:, 0].astype(np.int64), rows[:, 1].astype(np.int64), rows[:, 2], rows[:, 3]
    expected = win + draw / 2

    def by_item(values: Floats) -> Floats:
        """From the difference of two to each of them."""
        return (np.bincount(i, values, n + 1) - np.bincount(j, values, n + 1)).astype(np.float64)

    gradient = by_item(count * (results - expected))
    gradient[n] = (count * ((results == 0.5) - draw)).sum()
    # Of the result and of being tied: variances and covariance.
    curvature = np.zeros((n + 1, n + 1))
    np.add.at(curvature, (i, j), -count * (win + draw / 4 - expected**2))
    curvature += curvature.T
    curvature -= np.diag(curvature.sum(axis=1))
    curvature[n] = curvature[:, n] = by_item(count * draw * (0.5 - expected))
    curvature[n, n] = (count * draw * (1 - draw)).sum()
    return gradient, curvature


def _chances(difference: Floats, nu: float) -> tuple[Floats, Floats, Floats]:
    """Of a win, a tie and a loss of the first."""
    half = np.abs(difference) / 2
    likely, unlikely, draw = np.ones_like(half), np.exp(-2 * half), nu * np.exp(-half)
    total = likely + unlikely + draw
    first = difference >= 0
    return np.where(first, likely, unlikely) / total, draw / total, np.where(first, unlikely, likely) / total
