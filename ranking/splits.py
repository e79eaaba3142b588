"""Why rankers disagree about a pair: which of five explanations fits the ballots best."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations
from math import expm1, factorial, inf, log
from typing import Generic

import numpy as np

from ranking import choices
from ranking.ballots import Ballot, Item
from ranking.choices import Choices
from ranking.consensus import Ranked
from ranking.plackett_luce import checked_ties, tie_weights
from ranking.preferences import Preference
from ranking.strengths import check_spread


class Cause(StrEnum):
    """Why rankers are split over a pair."""

    LACK_OF_VOTES = "lack_of_votes"
    """So few ballots are usually split like that; more would settle it."""
    UNRELIABLE_VOTER = "unreliable_voter"
    """One ballot that looks drawn by chance stands against the rest."""
    TWO_CAMPS = "two_camps"
    """Two orders, each with its followers: a question of taste."""
    NEAR_EQUALS = "near_equals"
    """The two are about equally good, and the ballots are coins."""
    UNCLEAR_LABELS = "unclear_labels"
    """Reviewers do not agree what the messages are, or rankers that they can be ranked."""


#: An explanation is taken when the ballots are so much more likely under it than under one ordinary consensus.
TWICE = log(2.0)
#: Near-equals are this much closer than items usually are, and tied so much more readily.
CLOSER, MORE_TIES = 0.2, 4.0
#: Rankers who may be one of two camps: a camp of one is a single voter.
SMALLEST_CAMP = 2
#: From this share of disagreement among reviewers, or of rankers who call the items not rankable, labels are unclear.
UNCLEAR, NOT_RANKABLE = 0.5, 1 / 3


@dataclass(frozen=True)
class Split(Generic[Item]):
    """A pair the rankers disagree about, and how well each explanation fits."""

    cause: Cause | None
    """The best explanation; None where all agree, or ordinary noise has been outweighed by votes."""
    evidence: dict[Cause, float]
    """Log Bayes factor of each explanation by ballots against one ordinary consensus, in nats; inf for one voter of
    adherence 0."""


def why_split(
    group: Ranked[Item],
    pairs: Sequence[Preference[Item]],
    *,
    decided: float = 0.85,
    disagreement: float = 0.0,
    not_rankable: float = 0.0,
    spread: float = 1.0,
    tie: Sequence[float] = (1.0, 0.5),
) -> list[Split[Item]]:
    """For each pair of a group of items: why its rankers are split, if they are.

    `pairs`: the preferences of the group. `decided`: from this `p_better` on, a pair is settled. `disagreement`: how
    much reviewers disagree about what the items are, 0 to 1. `not_rankable`: share of rankers who refused to order
    them. `spread` and `tie` as in `consensus`.

    Each explanation is a model of the ballots, and its marginal likelihood is compared with that of one ordinary
    consensus: one voter's ballot drawn by chance (the less they usually follow the crowd, the more readily this is
    believed), two camps with an order each, or a pair at nearly the same strength. The most likely one is named if it
    is at least twice as likely (Kass and Raftery 1995 on Bayes factors). Otherwise unclear labels are named where
    there are any, then a lack of votes where the pair is not decided. A pair without a vote on each side, or a tie
    beside a vote, is not split. One item, or none, has no pairs, and so no splits.

    Cost: O(pairs x ballots) marginal likelihoods, some 2 ms for three items and 5 ballots that are split over all of
    them. Raises ValueError for a bad spread or tie; what is wrong with ballots, `Ranked` refuses.
    """
    check_spread(spread)
    tie = checked_ties(tie)
    contested = [pair for pair in pairs if _is_split(pair, group.ballots)]
    factors = dict(zip(contested, _bayes_factors(group, contested, spread, tie), strict=True))
    found = []
    for pair in pairs:
        evidence = factors.get(pair, {})
        cause: Cause | None = None
        if evidence:
            cause, factor = max(evidence.items(), key=lambda entry: entry[1])
            if factor < TWICE and (disagreement >= UNCLEAR or not_rankable >= NOT_RANKABLE):
                cause = Cause.UNCLEAR_LABELS
            elif factor < TWICE:
                cause = Cause.LACK_OF_VOTES if pair.p_better < decided else None
        found.append(Split[Item](cause, evidence))
    return found


def _is_split(pair: Preference[Item], ballots: Sequence[Ballot[Item]]) -> bool:
    sides = Counter(_side(pair, ballot) for ballot in ballots)
    return sum(sides[side] > 0 for side in (1, 0, -1)) > 1


def _side(pair: Preference[Item], ballot: Ballot[Item]) -> int | None:
    """1 for the chosen one, -1 for the rejected one, 0 for a tie, None if the ballot does not name both."""
    places = {item: place for place, items in enumerate(ballot) for item in items}
    if pair.chosen not in places or pair.rejected not in places:
        return None
    return int(np.sign(places[pair.rejected] - places[pair.chosen]))


@dataclass(frozen=True)
class _Parts:
    """The ballots of a group, sorted out for one pair, by their number."""

    camps: tuple[list[int], list[int]]
    dissenters: list[int]
    """Whoever stands alone on a side."""
    smaller: int
    """Votes on the smaller side."""

    @classmethod
    def of(cls, pair: Preference[Item], ballots: Sequence[Ballot[Item]]) -> _Parts:
        sides = [_side(pair, ballot) for ballot in ballots]
        camps = [n for n, side in enumerate(sides) if side == 1], [n for n, side in enumerate(sides) if side == -1]
        smaller = min(map(len, camps))
        dissenters = [camp[0] for camp in camps if len(camp) == 1]
        # Who ties the pair, or does not name it, may be of either camp; here they follow the larger one.
        max(camps, key=len).extend(n for n, side in enumerate(sides) if side in (0, None))
        return cls(camps, dissenters, smaller)


def _bayes_factors(
    group: Ranked[Item], pairs: Sequence[Preference[Item]], spread: float, tie: Sequence[float]
) -> list[dict[Cause, float]]:
    """Of each explanation against one ordinary consensus, for each pair. Everybody's adherence is taken for 1."""
    if not pairs:
        return []
    ballots = [ballot for ballot in group.ballots if ballot]
    follows = [weight for ballot, weight in zip(group.ballots, group.weights, strict=True) if ballot]
    everybody = list(range(len(ballots)))
    parts = [_Parts.of(pair, ballots) for pair in pairs]
    alone = sorted({n for part in parts for n in part.dissenters})
    wanted = [everybody, *([m for m in everybody if m != n] for n in alone), *(c for part in parts for c in part.camps)]
    evidence = _evidence([[ballots[n] for n in part] for part in wanted], group.items, spread, tie)
    whole, without, camps = evidence[0], dict(zip(alone, evidence[1:], strict=False)), evidence[1 + len(alone) :]
    only = [[_restricted(ballot, pair) for ballot in ballots] for pair in pairs]
    apart = _evidence(only, group.items, spread, tie)
    more_ties = [tie[0], *(MORE_TIES * weight for weight in tie[1:])]
    close = _evidence(only, group.items, CLOSER * spread, more_ties)
    found = []
    for number, part in enumerate(parts):
        factors = {Cause.NEAR_EQUALS: close[number] - apart[number]}
        if part.smaller >= SMALLEST_CAMP:
            # Each ranker's camp is a coin; that the camps could be named the other way round gives one coin back.
            coins = (len(ballots) - 1) * log(2.0)
            factors[Cause.TWO_CAMPS] = camps[2 * number] + camps[2 * number + 1] - coins - whole
        for n in part.dissenters:
            by_chance = -log(factorial(sum(map(len, ballots[n]))))
            # The odds of a chance of exp(-2 adherence).
            doubt = -2.0 * follows[n] - log(-expm1(-2.0 * follows[n])) if follows[n] else inf
            factor = without[n] + by_chance - whole + doubt
            factors[Cause.UNRELIABLE_VOTER] = max(factor, factors.get(Cause.UNRELIABLE_VOTER, -inf))
        found.append(factors)
    return found


def _evidence(
    parts: Sequence[Sequence[Ballot[Item]]], items: Sequence[Item], spread: float, tie: Sequence[float]
) -> list[float]:
    """Log marginal likelihood of each part of the ballots, all solved together."""
    cast = ((number, 0, ballot, items) for number, part in enumerate(parts) for ballot in part or [[]])
    made = Choices.of(cast, choices.FEWER_SETS)
    solution = choices.solve(made, np.ones(len(made.group)), spread, tie_weights(made.largest_tie, tie))
    found: list[float] = choices.evidence(made, solution, spread).tolist()
    return found


def _restricted(ballot: Ballot[Item], pair: Preference[Item]) -> list[list[Item]]:
    """What a ballot says of this pair alone."""
    kept = [[item for item in items if item in (pair.chosen, pair.rejected)] for items in ballot]
    return [items for items in kept if items] if sum(map(len, kept)) == 2 else []


def disagreement(label_values: Sequence[Sequence[float]]) -> float:
    """How much reviewers differ about one label of some messages: 0 if all say the same, 1 if half say 0 and half 1.

    A rule of this project. `label_values`: for each message the values, 0 to 1, that its reviewers gave; that is not
    checked, and nothing is raised. The mean absolute difference of two reviewers of one message, over the largest that
    so many could have. Messages with fewer than two values tell nothing; without any others it is 0. Cost: O(messages x
    reviewers^2).
    """
    apart = possible = 0.0
    for values in label_values:
        apart += sum(abs(a - b) for a, b in combinations(values, 2))
        half = len(values) // 2
        possible += half * (len(values) - half) if len(values) > 1 else 0
    return apart / possible if possible else 0.0
