"""How sure a figure is: what it would be had other items of the same sort been drawn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Seed = int | np.random.Generator

#: Numbers held at once while resampling: 16 MB for each of a handful of arrays.
AT_ONCE = 2_000_000


@dataclass(frozen=True)
class Estimate:
    """An average with its bootstrap interval. `float()` gives the average."""

    value: float
    """The average; nan where there is nothing to average."""
    low: float | None
    """Lower end of the interval. None if none was wanted, or if there is no honest one: see `interval`."""
    high: float | None
    """Upper end, as `low`."""
    n: int
    """How many things were averaged: pairs of votes, pairs of ballots, sets."""

    def __float__(self) -> float:
        return self.value


def check_interval(resamples: int, confidence: float) -> None:
    """Raises ValueError for fewer than 0 resamples, and for a confidence that is not between 0 and 1."""
    if resamples < 0:
        raise ValueError(f"Cannot resample {resamples} times.")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence is {confidence}, but must be between 0 and 1.")


def resampled(many: Numbers, resamples: int, *, width: int, seed: Seed) -> Iterator[Numbers]:
    """How often each row is there when all rows are drawn anew with replacement (Efron 1979).

    `many`: how often each row is there to begin with, shape (rows,); to draw equal rows one by one would cost a
    hundred times more. Yields blocks of shape (some of the resamples, rows), smaller ones the more numbers (`width`)
    the caller needs for each resample. The same seed gives the same draws.
    0 resamples yield nothing. Raises ValueError for any from no rows.
    """
    total = int(many.sum())
    if resamples and not total:
        raise ValueError(f"Cannot draw {resamples} times from 0 rows.")
    rng, block = np.random.default_rng(seed), max(1, AT_ONCE // (width + len(many)))
    for done in range(0, resamples, block):
        yield rng.multinomial(total, many / total, size=min(block, resamples - done)).astype(np.float64)


def interval(figures: Sequence[Numbers], n: int, confidence: float) -> tuple[float | None, float | None]:
    """The percentile interval of resampled figures, as (low, high).

    None and None without figures, and if `n`, the number of things resampled, is below 2: one thing says nothing about
    others. Also if so many figures are nan (more than 1 - confidence) that their lack could shift the ends at will.
    """
    if not figures or n < 2:
        return None, None
    every = np.concatenate(figures)
    defined = every[~np.isnan(every)]
    if len(every) - len(defined) > (1 - confidence) * len(every):
        return None, None
    low, high = np.quantile(defined, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)
