"""Kemeny's rule: against every order there is, on a published election, and what must hold for any."""

from __future__ import annotations

from collections import Counter
from itertools import combinations, pairwise, permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ranking.ballots import BallotError
from ranking.kemeny import kemeny_young
from tests.ranking.test_ranked_pairs import ITEMS, TENNESSEE, Ballot, ballots, groups

untimed = settings(deadline=None)


@st.composite
def weighed(draw: st.DrawFn) -> tuple[list[Ballot], list[float] | None]:
    """Ballots on up to six items, and weights in tenths for some."""
    cast = draw(ballots("ABCDEF"))
    tenths = draw(st.none() | st.lists(st.integers(0, 20), min_size=len(cast), max_size=len(cast)))
    return cast, None if tenths is None else [tenth / 10 for tenth in tenths]


def disagreements(cast: list[Ballot], weights: list[float] | None) -> dict[tuple[str, ...], float]:
    """Every strict order of the items, with the weight of the ballots' pairs that it turns round."""
    votes: Counter[tuple[str, str]] = Counter()
    for place, ballot in enumerate(cast):
        tenths = 10 if weights is None else round(10 * weights[place])
        for better, worse in combinations(ballot, 2):
            votes.update(dict.fromkeys([(a, b) for a in better for b in worse], tenths))
    items = sorted({item for ballot in cast for group in ballot for item in group})
    return {
        order: sum(votes[worse, better] for better, worse in combinations(order, 2)) / 10
        for order in permutations(items)
    }


@untimed
@given(weighed())
def test_no_order_contradicts_the_ballots_less(election: tuple[list[Ballot], list[float] | None]) -> None:
    found, every = kemeny_young(*election), disagreements(*election)
    least = min(every.values())
    assert found.distance == pytest.approx(least)
    assert found.n_optimal == list(every.values()).count(least)


@untimed
@given(weighed())
def test_a_group_ends_where_all_the_best_orders_have_the_same_items_so_far(
    election: tuple[list[Ballot], list[float] | None],
) -> None:
    every = disagreements(*election)
    least = min(every.values())
    best = [order for order, distance in every.items() if distance == least]
    ends = [size for size in range(len(best[0]) + 1) if len({frozenset(order[:size]) for order in best}) == 1]
    expected = [set(best[0][start:end]) for start, end in pairwise(ends)]
    assert groups(kemeny_young(*election).order) == expected


def test_tennessee_agrees_with_393_of_600_pairs() -> None:
    ballots = [[[item] for item in order] for _count, order in TENNESSEE]
    found = kemeny_young(ballots, weights=[count for count, _order in TENNESSEE])
    assert found.order == [["N"], ["C"], ["K"], ["M"]]
    assert (found.distance, found.n_optimal) == (600 - 393, 1)


@pytest.mark.parametrize(
    ("ballots", "order", "distance", "n_optimal"),
    [
        ([], [], 0, 1),
        ([[]], [], 0, 1),
        ([[["A"]]], [["A"]], 0, 1),
        ([[["A", "B"]]], [["A", "B"]], 0, 2),
        ([[["A"], ["B"]], [["B"], ["A"]]], [["A", "B"]], 1, 2),
        ([[["A", "B"], ["C"]]], [["A", "B"], ["C"]], 0, 2),
        ([[["A"], ["B"]], [["B"], ["C"]]], [["A"], ["B"], ["C"]], 0, 1),
        ([[["A"], ["B"]], [["B"], ["C"]], [["C"], ["A"]]], [["A", "B", "C"]], 1, 3),
        ([[["A"], ["B"], ["C"]], [["C"], ["A"], ["B"]]], [["A", "B", "C"]], 2, 3),
    ],
    ids=[
        "no ballots",
        "an empty one",
        "one item",
        "tied on paper",
        "a tie",
        "a tie in front",
        "partial ones",
        "a circle",
        "one that may stand anywhere ties two that all agree on",
    ],
)
def test_small_elections(ballots: list[Ballot], order: list[list[str]], distance: int, n_optimal: int) -> None:
    found = kemeny_young(ballots)
    assert (found.order, found.distance, found.n_optimal) == (order, distance, n_optimal)


def test_equal_sums_of_fractions_are_a_tie() -> None:
    """0.1 + 0.2 is not 0.3 to a computer."""
    assert kemeny_young([[["A"], ["B"]], [["A"], ["B"]], [["B"], ["A"]]], [0.1, 0.2, 0.3]).order == [["A", "B"]]
    ballots = [[["C"], ["A"]], [["A"], ["B"], ["C"]], [["B"], ["A"]]]
    assert kemeny_young(ballots, [0.4, 0.3, 0.2]).n_optimal == kemeny_young(ballots, [4, 3, 2]).n_optimal == 2


@untimed
@given(ballots(), st.permutations(ITEMS), st.randoms())
def test_neither_names_nor_the_order_of_ballots_matter(cast: list[Ballot], names: list[str], chance: Any) -> None:
    renamed = dict(zip(ITEMS, names, strict=True))
    other = [[[renamed[item] for item in chance.sample(group, len(group))] for group in ballot] for ballot in cast]
    chance.shuffle(other)
    found, again = kemeny_young(cast), kemeny_young(other)
    assert groups(again.order) == [{renamed[item] for item in group} for group in found.order]
    assert (again.distance, again.n_optimal) == (found.distance, found.n_optimal)


@untimed
@given(ballots())
def test_reversed_ballots_reverse_the_order(cast: list[Ballot]) -> None:
    found, turned = kemeny_young(cast), kemeny_young([ballot[::-1] for ballot in cast])
    assert groups(turned.order) == groups(found.order)[::-1]
    assert (turned.distance, turned.n_optimal) == (found.distance, found.n_optimal)


@untimed
@given(ballots())
def test_whoever_beats_everybody_is_alone_in_front(cast: list[Ballot]) -> None:
    votes: Counter[tuple[str, str]] = Counter()
    for ballot in cast:
        for better, worse in combinations(ballot, 2):
            votes.update((a, b) for a in better for b in worse)
    order = kemeny_young(cast).order
    items = {item for group in order for item in group}
    for item in items:
        if len(items) > 1 and all(votes[item, other] > votes[other, item] for other in items - {item}):
            assert order[0] == [item]


def test_eight_items_are_ordered_and_nine_are_refused() -> None:
    assert kemeny_young([[[item] for item in "ABCDEFGH"]]).order == [[item] for item in "ABCDEFGH"]
    with pytest.raises(ValueError, match=r"up to 8 items, but the ballots name 9\. Use ranked_pairs"):
        kemeny_young([[[item] for item in "ABCDEFGHI"]])


def test_a_ballot_that_names_an_item_twice_or_lacks_a_weight_is_an_error() -> None:
    with pytest.raises(BallotError, match="twice"):
        kemeny_young([[["A"], ["A"]]])
    with pytest.raises(BallotError, match="weights"):
        kemeny_young([[["A"]]], weights=[])
