"""Ranked pairs (Tideman 1987): one order from many, neutral between equals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations, groupby
from math import fsum
from typing import Literal, get_args

from ranking.ballots import Ballot, Item, PairVotes

Strength = Literal["margins", "winning_votes"]

Tier = Sequence[tuple[int, int]]
"""The equally strong victories of one strength, as (winner, loser)."""


def ranked_pairs(
    ballots: Iterable[Ballot[Item]], by: Strength = "margins", weights: Sequence[float] | None = None
) -> list[list[Item]]:
    """The consensus order of the items named on the ballots, in the shape of a ballot.

    A ballot is a list of groups, best first; items in one group are tied. A ballot may leave items out: it then says
    nothing about them. The result has one group per rank; items that the ballots cannot separate share one. Inside a
    group the order is that of first appearance and means nothing.

    Pairwise victories are locked from the strongest to the weakest; one that would close a cycle is passed over
    (Tideman 1987). Where equally strong victories contradict each other, it matters which of them comes first. Zavist
    and Tideman (1989) draw lots. Here nothing is drawn, and neither names nor the order of the ballots decide:

    1. An item can be first if some order of equally strong victories puts it there. Likewise it can be last.
    2. The first group are the items that can be first and not last, and those that can be both but have more votes for
       them than against them. The last group mirrors it. The items between are ordered in the same way.
    3. If that singles nobody out, all are tied.

    Without equally strong victories and ties of two items this is Tideman's order. It always holds that whoever beats
    every other item is alone in front, that the first group is inside the Smith set, that an item of the first group
    stays there when a ballot raises it, and that reversed ballots give the reversed order.
    Who can be first is NP-complete to say (Brill and Fischer 2012). What is used here is exact up to three items; with
    more it may let an item in that no order puts first, but it keeps none out.
    A limit: an item that loses to all others can tie items before it, because they then can no longer be last; likewise
    one that beats all others.

    `by`: strength of a victory is its margin, or the votes of its winner (then fewer votes against).
    `weights`: how much each ballot counts, 1 if not given. Votes are equal if they are so to 12 digits of all weights
    together: two ballots of 0.1 and 0.2 make up for one of 0.3.
    No ballots give an empty order, one item an order of one group.
    Cost: O(ballots x items^2 + items^5), usually far less; siblings are few. Raises BallotError; ValueError for `by`.
    """
    check_strength(by)
    count = PairVotes.of(ballots, weights)
    items, votes, leads, digits = count.items, count.votes, count.leads, count.digits
    victories = []
    for one, other in combinations(range(len(items)), 2):
        lead = round(leads[one][other], digits)
        if lead:
            winner, loser = (one, other) if lead > 0 else (other, one)
            strength = abs(lead), 0.0
            if by == "winning_votes":
                strength = round(votes[winner][loser], digits), -round(votes[loser][winner], digits)
            victories.append((strength, (winner, loser)))
    victories.sort(key=_strength, reverse=True)
    tiers = [[pair for _, pair in tier] for _, tier in groupby(victories, key=_strength)]
    return [[items[place] for place in sorted(group)] for group in _order(leads, tiers, digits)]


def check_strength(by: Strength) -> None:
    """Raises ValueError for what is no strength of a victory."""
    if by not in get_args(Strength):
        raise ValueError(f"by is {by!r}, but must be 'margins' or 'winning_votes'.")


def _strength(victory: tuple[tuple[float, float], tuple[int, int]]) -> tuple[float, float]:
    return victory[0]


def _order(leads: Sequence[Sequence[float]], tiers: Sequence[Tier], digits: int) -> list[set[int]]:
    """Take the first and the last group away, until what is left is tied. `leads`, `digits`: see `PairVotes`."""
    front: list[set[int]] = []
    back: list[set[int]] = []
    rest = set(range(len(leads)))
    while len(rest) > 1:
        first, last = _ends(rest, leads, tiers, digits)
        if not (first and last):
            # Then everybody can be first and can be last, and collects as many votes as they give away.
            break
        front.append(first)
        back.append(last)
        rest = rest - first - last
        tiers = [[(winner, loser) for winner, loser in tier if winner in rest and loser in rest] for tier in tiers]
    middle = [rest] if rest else []
    return front + middle + back[::-1]


def _ends(
    rest: set[int], leads: Sequence[Sequence[float]], tiers: Sequence[Tier], digits: int
) -> tuple[set[int], set[int]]:
    """The first and the last group.

    Each condition for being first speaks of the item alone and holds all the more when a ballot raises it. So no ballot
    that raises an item costs it the first place. A comparison with the others here (the most votes) could do that.
    """
    mirrored = [[(loser, winner) for winner, loser in tier] for tier in tiers]
    winners = {winner for tier in tiers for winner, _ in tier}
    losers = {loser for tier in tiers for _, loser in tier}
    # Whoever loses to nobody can be first; whoever loses and beats nobody cannot.
    both = winners & losers
    can_be_first = rest - losers | {item for item in both if _can_be_first(item, len(leads), tiers)}
    can_be_last = rest - winners | {item for item in both if _can_be_first(item, len(leads), mirrored)}
    first, last = can_be_first - can_be_last, can_be_last - can_be_first
    for item in can_be_first & can_be_last:
        lead = round(fsum(leads[item][other] for other in rest), digits)
        if lead > 0:
            first.add(item)
        elif lead < 0:
            last.add(item)
    return first, last


def _can_be_first(item: int, count: int, tiers: Sequence[Tier]) -> bool:
    """Whether a chain of victories from the item, each as strong or stronger, contradicts every victory over it.

    The other items are looked at as if this one stood in front of them. `sure` are the victories that are locked
    whichever of the equally strong ones come first, `possible` those that may be: bit masks of whom an item reaches.
    """
    sure = [1 << place for place in range(count)]
    possible = list(sure)
    for tier in tiers:
        rivals, standing = 0, []
        for winner, loser in tier:
            if loser == item:
                rivals |= 1 << winner
            elif not sure[loser] >> winner & 1:
                standing.append((winner, loser))
        for winner, loser in standing:
            _connect(possible, winner, loser)
        if rivals & ~possible[item]:
            return False
        for winner, loser in standing:
            if not possible[loser] >> winner & 1:
                _connect(sure, winner, loser)
    return True


def _connect(reached: list[int], winner: int, loser: int) -> None:
    """Let the winner, and whoever reaches it, reach what the loser reaches."""
    if reached[winner] >> loser & 1:
        return
    gained = reached[loser]
    for place, mask in enumerate(reached):
        if mask >> winner & 1:
            reached[place] = mask | gained
