"""Whether a set of items needs one more ranking: as long as some pair is open, and not for ever."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ranking.ballots import Item
from ranking.consensus import Ranked, preferences


@dataclass(frozen=True, kw_only=True)
class RankingRule:
    """When to stop asking for rankings of one set of items."""

    minimum: int = 3
    """Rankings before anything is settled."""
    maximum: int = 9
    """Rankings after which nobody is asked any more."""
    decided: float = 0.75
    """A pair is settled once the chance that the chosen one is better is so high."""


def rankings_wanted(
    ranked: Sequence[Ranked[Item]],
    asked: Sequence[int],
    rule: RankingRule,
    *,
    spread: float = 1.0,
    tie: Sequence[float] = (1.0, 0.5),
) -> list[int]:
    """How many more rankings each set wants now: what is missing to the minimum, then one at a time.

    A set wants one more as long as some pair of it is not decided. `asked`: answers so far, "not rankable" included;
    such answers are no ballots. A set that more than half of those asked call not rankable is settled. `spread` and
    `tie` as in `consensus`. A set of one item wants none.
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
        wanted[number] = int(any(pair.p_better < rule.decided for pair in pairs))
    return wanted
