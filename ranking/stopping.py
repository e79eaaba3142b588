"""Whether a set of items needs one more ranking: as long as its pairs are open, and not for ever."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Literal

from ranking.ballots import Item
from ranking.consensus import Ranked, preferences, sides
from ranking.preferences import Preference


@dataclass(frozen=True, kw_only=True)
class RankingRule:
    """When to stop asking for rankings of one set of items."""

    minimum: int = 3
    """Rankings before anything is settled."""
    maximum: int = 9
    """Rankings after which nobody is asked any more."""
    decided: float = 0.9
    """The set is settled once the chance that the chosen one is better is so high."""
    over: Literal["mean", "every"] = "mean"
    """Of what: the mean of the pairs, or every single pair. With the mean, one pair of near-equals does not use up what
    others need more; a pair that the rankings still to come cannot turn round counts as certain."""


def rankings_wanted(
    ranked: Sequence[Ranked[Item]],
    asked: Sequence[int],
    rule: RankingRule,
    *,
    spread: float = 1.0,
    tie: Sequence[float] = (1.0, 0.5),
) -> list[int]:
    """How many more rankings each set wants now: what is missing to the minimum, then one at a time.

    A set wants one more as long as its pairs are not decided, see `RankingRule`. `asked`: answers so far, "not
    rankable" included; such answers are no ballots. A set that more than half of those asked call not rankable is
    settled. `spread` and `tie` as in `consensus`. A set of one item wants none.
    """
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
