"""Which items the crowd settled so clearly that they can serve to check reviewers."""

from __future__ import annotations

import random
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from ranking.ballots import Item


@dataclass(frozen=True)
class Tally:
    """What is known about one item."""

    item: Hashable
    """Its name."""
    votes_bad: int
    """How many people said bad."""
    votes_fine: int
    """How many people said fine."""
    p_bad: float
    """P(the item is bad | all votes), for example from `reviewer_reliability`."""


@dataclass(frozen=True)
class GoldRules:
    """What makes an item a known one."""

    votes: int = 3
    """The least number of votes. Raise it for fewer, surer known items."""
    against: int = 0
    """The most votes against the verdict: 0 wants everybody to agree."""
    certainty: float = 0.999
    """The least probability of the verdict, above 0.5 and at most 1. Raise it for fewer, surer known items."""

    def __post_init__(self) -> None:
        if self.votes < 1 or self.against < 0:
            raise ValueError("A known item needs at least one vote, and cannot have a negative number against it.")
        if not 0.5 < self.certainty <= 1:
            raise ValueError(f"The certainty must be above 0.5 and at most 1, but is {self.certainty}.")


DEFAULT = GoldRules()

ROUNDING = 1e-12
"""A probability that lacks no more than this has the wanted certainty: 1 - 0.064 is a little less than 0.936."""


def overwhelming(votes_bad: int, votes_fine: int, p_bad: float, rules: GoldRules = DEFAULT) -> bool | None:
    """True if the item is bad beyond doubt, False if it is fine beyond doubt, None if people could still disagree.

    Source: a rule of this project; that checks can be made without experts is the idea of Oleson et al. 2011,
    "Programmatic gold". Items on which all agree are the easy ones: people look better on them than they are, so use
    them to find careless people, not to grade careful ones.

    The verdict needs enough votes, few against it, more for it than against it, and a high probability. Where votes and
    probability point in different directions the answer is None; so it is for as many votes on both sides, and without
    votes.
    Raises ValueError for a negative number of votes or a probability that does not lie between 0 and 1.
    """
    if min(votes_bad, votes_fine) < 0 or not 0 <= p_bad <= 1:
        raise ValueError(
            f"Votes cannot be negative, and P(bad) lies between 0 and 1: {votes_bad}, {votes_fine}, {p_bad}."
        )
    if votes_bad + votes_fine < rules.votes or min(votes_bad, votes_fine) > rules.against:
        return None
    certainty = rules.certainty - ROUNDING
    if votes_bad > votes_fine and p_bad >= certainty:
        return True
    if votes_fine > votes_bad and 1 - p_bad >= certainty:
        return False
    return None


def gold_candidates(tallies: Iterable[Tally], rules: GoldRules = DEFAULT) -> dict[Hashable, bool]:
    """The items that may serve as known ones: True for bad, False for fine, by item, in the order they came.

    The result is what `reviewer_reliability` takes as `known`. No items give an empty dict. If an item comes twice its
    last tally counts. Source, ties and errors: see `overwhelming`.
    """
    verdicts = {tally.item: overwhelming(tally.votes_bad, tally.votes_fine, tally.p_bad, rules) for tally in tallies}
    return {item: verdict for item, verdict in verdicts.items() if verdict is not None}


def choose_gold(
    candidates: Mapping[Item, bool],
    n: int,
    *,
    chance: random.Random,
    bad_share: float = 0.5,
    keep: Collection[Item] = (),
) -> dict[Item, bool]:
    """Draw up to n known items, of which a share of `bad_share` is bad, in a random order.

    Source: a rule of this project. Bad items are rare: without a share one would hardly ever check whether somebody
    finds them. The number of bad ones is `bad_share` x n, rounded (half to even). If there are too few of one kind, the
    other kind fills up; if there are too few in all, all are chosen, and of no candidates none. Candidates
    in `keep`, those in use say, are taken before others of their kind; apart from that every item of a kind is equally
    probable. Which are drawn depends on the order of the candidates and the state of `chance`.
    Raises ValueError if n is negative or the share does not lie between 0 and 1.
    """
    if n < 0 or not 0 <= bad_share <= 1:
        raise ValueError(f"n cannot be negative, and the share lies between 0 and 1, but they are {n} and {bad_share}.")
    bad = [item for item, is_bad in candidates.items() if is_bad]
    fine = [item for item, is_bad in candidates.items() if not is_bad]
    n = min(n, len(candidates))
    n_bad = min(max(round(bad_share * n), n - len(fine)), len(bad))
    chosen = _draw(bad, n_bad, keep, chance) + _draw(fine, n - n_bad, keep, chance)
    chance.shuffle(chosen)
    return {item: candidates[item] for item in chosen}


def _draw(items: Sequence[Item], n: int, keep: Collection[Item], chance: random.Random) -> list[Item]:
    first = [item for item in items if item in keep]
    first = chance.sample(first, min(n, len(first)))
    rest = [item for item in items if item not in keep]
    return first + chance.sample(rest, n - len(first))
