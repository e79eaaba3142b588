"""What each deed is worth: Open-Assistant's score formula as a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from math import floor


class Reason(StrEnum):
    """Why points were given; each line of the ledger has one."""

    PROMPT = "prompt"
    PROMPTER_REPLY = "prompter_reply"
    ASSISTANT_REPLY = "assistant_reply"
    LABELS_SIMPLE = "labels_simple"
    LABELS_FULL = "labels_full"
    RANKING = "ranking"
    ACCEPTED_PROMPT = "accepted_prompt"
    ACCEPTED_PROMPTER_REPLY = "accepted_prompter_reply"
    ACCEPTED_ASSISTANT_REPLY = "accepted_assistant_reply"
    RANKED_FIRST = "ranked_first"
    """One person's ranking put the message first; the source names ranking and message."""
    RANKED_SECOND = "ranked_second"
    RANKED_THIRD = "ranked_third"
    IMPACT_REVIEW = "impact_review"
    """A review told something about the verdict that nobody knew yet. Ours, like the next."""
    IMPACT_RANKING = "impact_ranking"
    """A ranking told something about the pairs that nobody knew yet."""


POINTS: dict[Reason, Decimal] = {
    Reason.PROMPT: Decimal("0.1"),
    Reason.PROMPTER_REPLY: Decimal(1),
    Reason.ASSISTANT_REPLY: Decimal(4),
    Reason.LABELS_SIMPLE: Decimal(1),
    Reason.LABELS_FULL: Decimal(2),
    Reason.RANKING: Decimal(1),
    Reason.ACCEPTED_PROMPT: Decimal("0.1"),
    Reason.ACCEPTED_PROMPTER_REPLY: Decimal(1),
    Reason.ACCEPTED_ASSISTANT_REPLY: Decimal(4),
    Reason.RANKED_FIRST: Decimal(9),
    Reason.RANKED_SECOND: Decimal(3),
    Reason.RANKED_THIRD: Decimal(1),
}

#: What a bit of information about a verdict, or about the pairs of a set, is worth. A vote that only repeats what was
#: settled tells next to nothing, and one that led away from what came out tells nothing.
POINTS_PER_BIT = Decimal(2)

PLACES = (Reason.RANKED_FIRST, Reason.RANKED_SECOND, Reason.RANKED_THIRD)


def score(points_by_reason: Mapping[str, Decimal]) -> int:
    """The leaderboard score: tenths are dropped per reason, as in the reference formula."""
    return sum(floor(points) for points in points_by_reason.values())


#: Score needed for level 2, 3, … 100: round(sum of 3 + 1.1521 i for i = 1..k).
THRESHOLDS = tuple(round(sum(3 + 1.1521 * i for i in range(1, k + 1))) for k in range(1, 100))


def level(points: int) -> int:
    """1 to 100: how many thresholds are reached, the first being 0."""
    return 1 + sum(threshold <= points for threshold in THRESHOLDS)


@dataclass(frozen=True)
class Standing:
    """Where a score stands among the levels."""

    level: int
    since: int
    """Score at which this level begins."""
    until: int | None
    """Score at which the next one begins; None on the last."""
    missing: int
    """Points to the next level; 0 on the last."""


def standing(points: int) -> Standing:
    """The level of a score, from where to where it goes, and what is missing to the next."""
    reached = level(points)
    since = 0 if reached == 1 else THRESHOLDS[reached - 2]
    until = THRESHOLDS[reached - 1] if reached <= len(THRESHOLDS) else None
    return Standing(reached, since, until, 0 if until is None else until - points)
