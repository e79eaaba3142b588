"""Bradley-Terry: strengths from comparisons of two, with ties."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from math import inf

import numpy as np

from ranking.ballots import Item
from ranking.choices import CONVERGED, LONGEST_STEP, Floats
from ranking.strengths import Strengths, check_spread

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

    `spread`: standard deviation of the normal prior of a log strength around 0. It keeps an item that won every
    comparison finite; 1 fits human preferences, where the better of two replies is chosen three times in four. Large
    values bring the strengths near maximum likelihood, but then chances and intervals are rough. `tie`: nu; estimated
    if not given, around 0.5.
    Items that were only tied with each other come out equal. Nothing compared gives no items. Memory grows with the
    square of the number of items, time with its cube. Raises ValueError for a pair of an item with itself, a result
    that is none of the three, a spread that is not above 0, and a tie below 0, or of 0 where there are ties.
    """
    check_spread(spread)
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
    estimated = tie is None and tied
    strengths, curvature = np.zeros(n), np.eye(n) / spread**2
    iterations = 0
    for iterations in range(1, steps + 1):  # noqa: B007  # told to the caller
        win, draw, _loss = _chances(strengths[i] - strengths[j], nu)
        # Of the difference d of each pair: score is the result - expected result, information its variance.
        score = count * (results - win - draw / 2)
        information = count * (win + draw / 4 - (win + draw / 2) ** 2)
        gradient = np.bincount(i, score, n) - np.bincount(j, score, n) - strengths / spread**2
        curvature = np.zeros((n, n))
        np.add.at(curvature, (i, j), -information)
        curvature += curvature.T
        curvature[np.diag_indices(n)] += 1 / spread**2 - curvature.sum(axis=1)
        step = np.linalg.solve(curvature, gradient)
        longest = float(np.abs(step).max(initial=0.0))
        strengths = strengths + step * min(1.0, LONGEST_STEP / max(longest, 1e-300))
        moved = 0.0
        if estimated:
            _w, draw, _l = _chances(strengths[i] - strengths[j], nu)
            log = np.log(nu)
            slope = (count * ((results == 0.5) - draw)).sum() - (log - np.log(USUAL_TIE)) / TIE_WIDTH**2
            moved = float(np.clip(slope / ((count * draw * (1 - draw)).sum() + 1 / TIE_WIDTH**2), -2, 2))
            nu = float(np.exp(log + moved))
        if max(longest, abs(moved)) < CONVERGED:
            break
    chances = np.stack(_chances(strengths[i] - strengths[j], nu))
    happened = chances[(2 - 2 * results).astype(np.int64), np.arange(len(results))]
    return Strengths(
        items=tuple(places),
        log_strength=strengths,
        covariance=np.asarray(np.linalg.inv(curvature), dtype=np.float64),
        tie=(1.0, nu) if nu else (1.0,),
        spread=spread,
        log_likelihood=float((count * np.log(happened)).sum()),
        iterations=iterations,
    )


def _read(pair: tuple[Item, Item] | tuple[Item, Item, float]) -> tuple[Item, Item, float]:
    if len(pair) not in (2, 3):
        raise ValueError(f"A pair must be (winner, loser) or (one, other, result), but one is {pair!r}.")
    one, other, result = pair if len(pair) == 3 else (*pair, 1.0)
    if one == other:
        raise ValueError(f"{one!r} is compared with itself.")
    if result not in (0, 0.5, 1):
        raise ValueError(f"The result of a pair must be 1, 0.5 or 0, but is {result!r}.")
    return one, other, float(result)


def _chances(difference: Floats, nu: float) -> tuple[Floats, Floats, Floats]:
    """Of a win, a tie and a loss of the first."""
    half = np.abs(difference) / 2
    likely, unlikely, draw = np.ones_like(half), np.exp(-2 * half), nu * np.exp(-half)
    total = likely + unlikely + draw
    first = difference >= 0
    return np.where(first, likely, unlikely) / total, draw / total, np.where(first, unlikely, likely) / total
