"""What each review and ranking told: bits of information about what came out in the end. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from ranking import Ranked, information_gain, preferences
from tasks.deciding import Heard, Published, chances_to_be_bad
from tasks.rules import TreeRules
from tasks.standings import Siblings


def of_reviews(heard: Sequence[Heard], published: Published, *, bad: bool, rules: TreeRules) -> list[float]:
    """Bits that each review told of the verdict; below 0 where it led away from it. In the order they came in.

    A review of a known answer is taken for the first one, so that it earns what any other does, and nobody can tell it
    from its points. `bad`: the verdict.
    """
    chances = chances_to_be_bad(heard, published, rules)
    bits = []
    for number, review in enumerate(heard):
        before, after = chances[number], chances[number + 1]
        if review.known_answer:
            before, after = chances_to_be_bad([review], Published(), rules)
        bits.append(information_gain(before, after, bad))
    return bits


def of_rankings(siblings: Siblings, rules: TreeRules) -> list[float]:
    """Bits that each ballot told of which reply of a pair is better, mean over the pairs that came out unequal."""
    whole = siblings.ranked
    if len(whole.items) < 2 or not whole.ballots:
        return []
    so_far = [
        Ranked(whole.items, whole.ballots[:count], list(whole.weights[:count]))
        for count in range(len(whole.ballots) + 1)
    ]
    found = preferences(so_far, spread=rules.preference_spread, tie=rules.tie_weights)
    chances = [{(pair.chosen, pair.rejected): pair.p_better for pair in pairs} for pairs in found]
    came_out = [(pair.chosen, pair.rejected) for pair in found[-1] if not pair.tied]
    if not came_out:
        return [0.0] * len(whole.ballots)

    def chance(count: int, chosen: str, rejected: str) -> float:
        known = chances[count]
        return known[chosen, rejected] if (chosen, rejected) in known else 1.0 - known[rejected, chosen]

    return [
        sum(information_gain(chance(n, *pair), chance(n + 1, *pair), True) for pair in came_out) / len(came_out)
        for n in range(len(whole.ballots))
    ]
