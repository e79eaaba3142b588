"""Whether a set of items needs one more ranking: as long as its pairs are open, and not for ever."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Literal, get_args

from ranking.ballots import Item
from ranking.consensus import Ranked, preferences, sides
from ranking.preferences import Preference

Over = Literal["mean", "every"]


@dataclass(frozen=True, kw_only=True)
class RankingRule:
    """When to stop asking for rankings of one set of items. Raises ValueError where it contradicts itself."""

    minimum: int = 3
    """Rankings before anything is settled, 0 or more."""
    maximum: int = 9
    """Rankings after which nobody is asked any more; not below the minimum."""
    decided: float = 0.9
    """The set is settled once the chance that the chosen one is better is so high; above 0, at most 1."""
    over: Over = "mean"
    """Of what: the mean of the pairs, or every single pair. With the mean, one pair of near-equals does not use up what
    others need more; a pair that the rankings still to come cannot turn round counts as certain."""

    def __post_init__(self) -> None:
        if not 0 <= self.minimum <= self.maximum:
            raise ValueError(
                f"minimum is {self.minimum!r} and maximum {self.maximum!r}, but they must be from 0 on, in this order."
            )
        if not 0.0 < self.decided <= 1.0:
            raise ValueError(f"decided is {self.decided!r}, but must be a chance above 0.")
        if self.over not in get_args(Over):
            raise ValueError(f"over is {self.over!r}, but must be 'mean' or 'every'.")


def rankings_wanted(
    ranked: Sequence[Ranked[Item]],
    asked: Sequence[int],
    rule: RankingRule,
    *,
    spread: float = 1.0,
    tie: Sequence[float] = (1.0, 0.5),
) -> list[int]:
    """How many more rankings each set wants now: what is missing to the minimum, then one at a time.

    A rule of this project, on `preferences`: a set wants one more as long as its pairs are not decided, see
    `RankingRule`. `asked`: answers so far to each set, "not rankable" included; such answers are no ballots. A set that
    more than half of those asked call not rankable is settled. `spread` and `tie` as in `consensus`. Pairs that the
    ballots tie are open. A set of one item, or none, wants none; no sets give an empty list. Cost: of `preferences` for
    the sets between minimum and maximum. Raises ValueError for a bad spread or tie, and for another number of counts
    than of sets.
    """
    if len(asked) != len(ranked):
        raise ValueError(f"There are {len(ranked)} sets, but {len(asked)} counts of answers in `asked`.")
    wanted = [
        max(0, rule.minimum - count) if len(group.items) > 1 else 0 for group, count in zip(ranked, asked, strict=True)
    ]
    open_ = [
        number
        for number, (group, count) in enumerate(zip(ranked, asked, strict=True))
        if len(group.items) > 1 and rule.minimum <= count < rule.maximum and 2 * len(group.ballots) >= count
    ]
    for number, pairs in zip(
        open_, preferences([ranked[number] for number in open_], spread=spread, tie=tie), strict=True
    ):
        wanted[number] = int(not _settled(ranked[number], pairs, rule, rule.maximum - asked[number]))
    return wanted


def _settled(group: Ranked[Item], pairs: Sequence[Preference[Item]], rule: RankingRule, to_come: int) -> bool:
    if rule.over == "every":
        return all(pair.p_better >= rule.decided for pair in pairs)
    places = [{item: place for place, items in enumerate(ballot) for item in items} for ballot in group.ballots]

    def chance(pair: Preference[Item]) -> float:
        for_it, against, _ties = sides(pair.chosen, pair.rejected, places, group.weights)
        # Those to come are usual rankers, of weight 1.
        return 1.0 if sum(for_it) - sum(against) > to_come else pair.p_better

    return fmean(map(chance, pairs)) >= rule.decided
