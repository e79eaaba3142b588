"""Ranked pairs: what a fair order owes to everybody, whatever the ballots."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import combinations, permutations, product
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from ranking.copeland import copeland
from ranking.kemeny import kemeny_young
from ranking.ranked_pairs import Strength, ranked_pairs
from tests.ranking.test_ranked_pairs import Ballot, ballots, groups

untimed = settings(deadline=None)
often = settings(untimed, max_examples=300)

strengths = st.sampled_from(["margins", "winning_votes"])

#: Few items meet in equally strong victories and in circles most of the time.
casts = st.one_of(
    ballots("ABC"),
    ballots("ABCD"),
    ballots("ABCDE"),
    ballots("ABCD", complete=True),
    ballots("ABCD", complete=True, ties=False),
    ballots("ABCDE", complete=True, ties=False),
)


@st.composite
def victories(draw: st.DrawFn) -> list[Ballot]:
    """Ballots of two items each, so that any pair can have any strength, and many or all are equal."""
    cast: list[Ballot] = []
    chances = draw(st.sampled_from([(-2, -1, 0, 1, 2), (-2, 0, 2), (-2, 2)]))
    for one, other in combinations("ABCDE"[: draw(st.integers(3, 5))], 2):
        lead = draw(st.sampled_from(chances))
        cast += [[[one], [other]]] * max(lead, 0) + [[[other], [one]]] * max(-lead, 0)
        cast += [[[one, other]]] if draw(st.booleans()) else []
    return cast


def leads(cast: list[Ballot]) -> Counter[tuple[str, str]]:
    """Votes for the first of a pair over the second, less the votes against."""
    counted: Counter[tuple[str, str]] = Counter()
    for ballot in cast:
        for better, worse in combinations(ballot, 2):
            counted.update((a, b) for a in better for b in worse)
            counted.subtract((b, a) for a in better for b in worse)
    return counted


def places(order: list[list[str]]) -> dict[str, int]:
    return {item: place for place, group in enumerate(order) for item in group}


def strict(order: str) -> Ballot:
    return [[item] for item in order]


def mapped(cast: list[Ballot], change: Callable[[str], str]) -> list[Ballot]:
    return [[[change(item) for item in group] for group in ballot] for ballot in cast]


def swapping(one: str, other: str) -> Callable[[str], str]:
    return lambda item: {one: other, other: one}.get(item, item)


def raised(ballot: Ballot, item: str, draw: Any) -> Ballot:
    """The ballot with the item moved up, or into a higher group; the order of the others stays."""
    place = places(ballot)[item]
    shared = len(ballot[place]) > 1
    others = [kept for group in ballot if (kept := [other for other in group if other != item])]
    # Even slots are a group of its own above the others' group, odd ones are in it.
    slot = draw(st.integers(0, 2 * place + shared))
    if slot % 2:
        others[slot // 2] = [*others[slot // 2], item]
    else:
        others.insert(slot // 2, [item])
    return others


@often
@given(st.one_of(casts, victories()), strengths, st.data())
def test_a_ballot_that_raises_an_item_never_takes_it_out_of_first_place(
    cast: list[Ballot], by: Strength, data: st.DataObject
) -> None:
    for item in next(iter(ranked_pairs(cast, by=by)), []):
        voting = [place for place, ballot in enumerate(cast) if item in places(ballot)]
        place = data.draw(st.sampled_from(voting))
        after = [*cast[:place], raised(cast[place], item, data.draw), *cast[place + 1 :]]
        assert item in ranked_pairs(after, by=by)[0]


def test_whoever_could_be_anywhere_is_placed_by_the_votes() -> None:
    """A, D, C and B beat each other in a circle; C beats A too, all with two votes. Each can be first and last.

    To tie them all would take the first place from A for a vote: with A raised to B on one ballot C is in front alone.
    """
    cast = [strict(pair) for pair in ("BA", "AD", "DC", "CB", "CA") for _ in range(2)]
    assert ranked_pairs(cast) == [["C"], ["B", "D"], ["A"]]
    assert ranked_pairs([[["A", "B"]], *cast[1:]])[0] == ["C"]


@often
@given(st.one_of(casts, victories()), strengths)
def test_reversed_ballots_reverse_the_order(cast: list[Ballot], by: Strength) -> None:
    order = groups(ranked_pairs(cast, by=by))
    assert groups(ranked_pairs([ballot[::-1] for ballot in cast], by=by)) == order[::-1]


def test_an_item_tied_with_two_others_stands_between_them() -> None:
    """Upside down and with A and B exchanged these are the same ballots: any other place for C would favour an end."""
    assert ranked_pairs([strict("ABC"), strict("CAB")]) == [["A"], ["C"], ["B"]]


def test_an_item_that_loses_to_all_can_tie_others_again() -> None:
    """A limit of the rule: D is last in any case, and so C, which could be last before, only can be first."""
    assert ranked_pairs([strict("ABCD"), strict("CABD")]) == [["A", "C"], ["B"], ["D"]]


@untimed
@given(st.one_of(casts, victories()), strengths, st.permutations("ABCDE"))
def test_items_that_the_ballots_treat_alike_share_a_group(cast: list[Ballot], by: Strength, names: list[str]) -> None:
    one, other = names[:2]
    both = cast + mapped(cast, swapping(one, other))
    place = places(ranked_pairs(both, by=by))
    assert place.get(one) == place.get(other)


@untimed
@given(st.one_of(casts, victories()), strengths, st.permutations("ABCDE"))
def test_swapping_two_items_on_every_ballot_swaps_them_in_the_order(
    cast: list[Ballot], by: Strength, names: list[str]
) -> None:
    swapped = swapping(*names[:2])
    order = ranked_pairs(cast, by=by)
    assert groups(ranked_pairs(mapped(cast, swapped), by=by)) == groups(mapped([order], swapped)[0])


@untimed
@given(ballots("ABCDE", complete=True, ties=False), strengths, st.permutations("ABCDE"))
def test_one_ballot_more_never_turns_round_what_everybody_agrees_on(
    cast: list[Ballot], by: Strength, extra: list[str]
) -> None:
    def agreeing(ballot: Ballot) -> Ballot:
        return ballot if places(ballot)["A"] < places(ballot)["B"] else mapped([ballot], swapping("A", "B"))[0]

    agreed = [agreeing(ballot) for ballot in cast]
    for voted in (agreed, [*agreed, agreeing(strict("".join(extra)))]):
        place = places(ranked_pairs(voted, by=by))
        assert not voted or place["A"] < place["B"]


def smith_set(items: set[str], lead: Counter[tuple[str, str]]) -> set[str]:
    """The fewest items that each beat every other one (Smith 1973)."""
    found = []
    for start in items:
        inside, todo = {start}, [start]
        while todo:
            item = todo.pop()
            unbeaten = {other for other in items - inside if lead[item, other] <= 0}
            inside |= unbeaten
            todo += unbeaten
        found.append(inside)
    return min(found, key=len, default=set())


@untimed
@given(st.one_of(casts, victories()), strengths)
def test_the_first_group_is_inside_the_smith_set(cast: list[Ballot], by: Strength) -> None:
    order = ranked_pairs(cast, by=by)
    assert set(next(iter(order), [])) <= smith_set(set(places(order)), leads(cast))


@untimed
@given(casts, strengths, st.data(), st.sampled_from([0.1, 0.5, 3.0, 100.0]))
def test_the_unit_of_the_weights_does_not_matter(
    cast: list[Ballot], by: Strength, data: st.DataObject, unit: float
) -> None:
    weights = data.draw(st.lists(st.integers(0, 4), min_size=len(cast), max_size=len(cast)))
    scaled = [weight * unit for weight in weights]
    assert ranked_pairs(cast, by=by, weights=scaled) == ranked_pairs(cast, by=by, weights=weights)


@untimed
@given(casts, strengths, st.data())
def test_a_ballot_of_weight_two_is_two_ballots(cast: list[Ballot], by: Strength, data: st.DataObject) -> None:
    weights = data.draw(st.lists(st.integers(1, 3), min_size=len(cast), max_size=len(cast)))
    copies = [ballot for ballot, weight in zip(cast, weights, strict=True) for _ in range(weight)]
    assert ranked_pairs(cast, by=by, weights=weights) == ranked_pairs(copies, by=by)


# Most casts have a circle or a tie, and are passed over.
@settings(untimed, suppress_health_check=[HealthCheck.filter_too_much])
@given(st.one_of(casts, victories()), strengths)
def test_where_the_majorities_form_an_order_every_rule_finds_it(cast: list[Ballot], by: Strength) -> None:
    best, lead = copeland(cast), leads(cast)
    # No pair is tied and there is no circle.
    assume(len(best.order) == len(best.scores) > 0)
    assume(all(lead[pair] for pair in combinations(best.scores, 2)))
    assert ranked_pairs(cast, by=by) == best.order
    assert kemeny_young(cast).order == best.order
    assert kemeny_young(cast).n_optimal == 1


def tiers_of(cast: list[Ballot], by: Strength, weights: list[int]) -> list[list[tuple[str, str]]]:
    """Victories as (winner, loser), equally strong ones together, the strongest first."""
    votes: Counter[tuple[str, str]] = Counter()
    for ballot, weight in zip(cast, weights, strict=True):
        for better, worse in combinations(ballot, 2):
            votes.update(dict.fromkeys(product(better, worse), weight))
    strength = {}
    for a, b in list(votes):
        won, lost = votes[a, b], votes[b, a]
        if won > lost:
            strength[a, b] = (won - lost, 0) if by == "margins" else (won, -lost)
    return [[pair for pair in strength if strength[pair] == level] for level in sorted(set(strength.values()))[::-1]]


def locked(pairs: list[tuple[str, str]]) -> set[tuple[str, str]]:
    """Who is before whom once these victories were locked one by one."""
    before: set[tuple[str, str]] = set()
    for winner, loser in pairs:
        if (loser, winner) not in before:
            above = {winner} | {a for a, b in before if b == winner}
            below = {loser} | {b for a, b in before if a == loser}
            before |= set(product(above, below))
    return before


@untimed
@given(st.permutations(range(1, 11)), st.lists(st.booleans(), min_size=10, max_size=10), strengths)
def test_without_equally_strong_victories_it_is_tidemans_order(
    weights: list[int], turned: list[bool], by: Strength
) -> None:
    pairs = combinations("ABCDE", 2)
    cast = [[[other], [one]] if turn else [[one], [other]] for (one, other), turn in zip(pairs, turned, strict=True)]
    before = locked([pair for tier in tiers_of(cast, by, weights) for pair in tier])
    losses = Counter(loser for _winner, loser in before)
    assert ranked_pairs(cast, by=by, weights=weights) == [[item] for item in sorted("ABCDE", key=losses.__getitem__)]


@untimed
@given(ballots("ABC"), strengths)
def test_of_three_items_the_first_are_those_that_some_order_of_equals_puts_first(
    cast: list[Ballot], by: Strength
) -> None:
    items = set(places(ranked_pairs(cast)))
    lead = leads(cast)
    first: set[str] = set()
    last: set[str] = set()
    for chosen in product(*(permutations(tier) for tier in tiers_of(cast, by, [1] * len(cast)))):
        before = locked([pair for tier in chosen for pair in tier])
        first |= items - {loser for _winner, loser in before}
        last |= items - {winner for winner, _loser in before}
    gains = {item for item in first & last if sum(lead[item, other] for other in items) > 0}
    order = groups(ranked_pairs(cast, by=by))
    assert order[:1] == ([(first - last) | gains or items] if items else [])


def test_equal_leads_of_fractions_are_equally_strong() -> None:
    """0.3 less 0.1 is not 0.2 to a computer."""
    cast = [strict(pair) for pair in ("AB", "BA", "BC", "CA")]
    assert ranked_pairs(cast, weights=[0.3, 0.1, 0.2, 0.2]) == [["A", "B", "C"]]


@pytest.mark.parametrize("by", ["margins", "winning_votes"])
def test_a_circle_with_one_strong_victory_is_opened_at_both_weak_ones(by: Strength) -> None:
    """A beats B clearly, B beats C and C beats A just so: only C can be both first and last."""
    cast = [strict("AB")] * 3 + [strict("BC"), strict("CA")]
    assert ranked_pairs(cast, by=by) == [["A"], ["C"], ["B"]]
