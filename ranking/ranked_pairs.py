"""Ranked pairs (Tideman 1987): one order from many, neutral between equals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations, groupby
from typing import Literal

from ranking.ballots import Ballot, Item, items_of, pair_votes

Strength = Literal["margins", "winning_votes"]


def ranked_pairs(
    ballots: Iterable[Ballot[Item]], by: Strength = "margins", weights: Sequence[float] | None = None
) -> list[list[Item]]:
    """The consensus order of the items named on the ballots, in the shape of a ballot.

    A ballot is a list of groups, best first; items in one group are tied. A ballot may leave items out: it then says
    nothing about them. The result has one group per rank; items that the ballots cannot separate share one. Inside a
    group the order is that of first appearance and means nothing.

    Pairwise victories are locked from the strongest to the weakest, a victory that would close a cycle is passed over.
    Tideman's rule leaves open what to do with equally strong victories that contradict each other; here none of them is
    locked, so that neither names nor the order of the ballots ever decide (Tideman 1987; Zavist and Tideman 1989 on
    independence of clones break such ties at random instead).

    `by`: strength of a victory is its margin, or the votes of its winner (then fewer votes against).
    `weights`: how much each ballot counts, 1 if not given.
    No ballots give an empty order, one item an order of one group.
    Cost: O(ballots x items^2 + items^4); siblings are few. Raises BallotError.
    """
    if by not in ("margins", "winning_votes"):
        raise ValueError(f"by is {by!r}, but must be 'margins' or 'winning_votes'.")
    ballots = list(ballots)
    items, votes = items_of(ballots), pair_votes(ballots, weights)
    beats: dict[Item, set[Item]] = {item: set() for item in items}
    for _strength, group in groupby(_victories(items, votes, by), key=lambda victory: victory[0]):
        _lock(beats, [(winner, loser) for _s, winner, loser in group])
    return _layers(items, beats)


def _victories(
    items: Sequence[Item], votes: Mapping[tuple[Item, Item], float], by: str
) -> list[tuple[tuple[float, float], Item, Item]]:
    """(strength, winner, loser) of every pair that is not a tie, strongest first."""
    victories = []
    for one, other in combinations(items, 2):
        for winner, loser in ((one, other), (other, one)):
            won, lost = votes[winner, loser], votes[loser, winner]
            if won > lost:
                strength = (won - lost, 0) if by == "margins" else (won, -lost)
                victories.append((strength, winner, loser))
    return sorted(victories, key=lambda victory: victory[0], reverse=True)


def _lock(beats: dict[Item, set[Item]], victories: Sequence[tuple[Item, Item]]) -> None:
    """Lock equally strong victories, all but those that lie on a cycle with stronger ones or with each other."""
    stands = [(winner, loser) for winner, loser in victories if not _reaches(beats, loser, winner)]
    together = {item: set(losers) for item, losers in beats.items()}
    for winner, loser in stands:
        together[winner].add(loser)
    for winner, loser in stands:
        if not _reaches(together, loser, winner):
            beats[winner].add(loser)


def _reaches(beats: dict[Item, set[Item]], start: Item, goal: Item) -> bool:
    seen, todo = {start}, [start]
    while todo:
        for item in beats[todo.pop()] - seen:
            if item == goal:
                return True
            seen.add(item)
            todo.append(item)
    return False


def _layers(items: Sequence[Item], beats: dict[Item, set[Item]]) -> list[list[Item]]:
    """Repeatedly take the items that no remaining item beats."""
    order, remaining = [], list(items)
    while remaining:
        beaten = {loser for winner in remaining for loser in beats[winner]}
        top = [item for item in remaining if item not in beaten]
        order.append(top)
        remaining = [item for item in remaining if item in beaten]
    return order
