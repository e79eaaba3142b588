"""Preferences: chances that keep their word, and how many ballots would turn a pair round."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ranking import Preference, Ranked, flip_margin, preferences, ranked_pairs

Ballot = list[list[str]]

AB: Ballot = [["A"], ["B"]]
BA: Ballot = [["B"], ["A"]]
TIED: Ballot = [["A", "B"]]

WEIGHTS = st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0, 1.75]), max_size=6)


def pair(*ballots: Ballot, adherence: list[float] | None = None) -> Preference[str]:
    """The preference between A and B."""
    items = sorted({item for ballot in ballots for tied in ballot for item in tied} | {"A", "B"})
    (found,) = preferences([Ranked(items, ballots, adherence or [])])
    return next(p for p in found if {p.chosen, p.rejected} == {"A", "B"})


@st.composite
def ballots(draw: st.DrawFn, items: str = "ABCD") -> list[Ballot]:
    places = st.lists(st.integers(0, 3), min_size=len(items), max_size=len(items))
    cast = draw(st.lists(places, max_size=6))
    return [
        [tied for level in range(4) if (tied := [i for i, p in zip(items, row, strict=True) if p == level])]
        for row in cast
    ]


@settings(max_examples=60, deadline=None)
@given(ballots(), st.lists(st.sampled_from([0.1, 0.7, 1.0, 1.6]), min_size=6, max_size=6))
def test_chances_lie_where_they_must(cast: list[Ballot], follows: list[float]) -> None:
    (found,) = preferences([Ranked("ABCD", cast, follows[: len(cast)])])
    assert {frozenset((p.chosen, p.rejected)) for p in found} == {frozenset(two) for two in combinations("ABCD", 2)}
    assert len(found) == 6
    for p in found:
        assert 0.5 <= p.p_chosen <= 1
        assert 0 <= p.p_low <= p.p_chosen <= p.p_high <= 1
        assert 0.5 <= p.p_better <= 1
        assert p.n_votes + p.n_ties == len(cast)
        assert 0 <= p.flip_margin <= p.n_votes + 1
        assert p.tied == (p.p_better == 0.5)


@settings(max_examples=60, deadline=None)
@given(ballots())
def test_swapping_two_items_swaps_their_preference(cast: list[Ballot]) -> None:
    swapped = [[[{"A": "B", "B": "A"}.get(item, item) for item in tied] for tied in ballot] for ballot in cast]
    one, other = pair(*cast), pair(*swapped)
    assert one.p_chosen == pytest.approx(other.p_chosen, abs=1e-6)
    assert one.p_better == pytest.approx(other.p_better, abs=1e-6)
    assert (one.p_low, one.p_high) == pytest.approx((other.p_low, other.p_high), abs=1e-6)
    if not one.tied:
        assert (one.chosen, one.rejected) == (other.rejected, other.chosen)
        assert one.flip_margin == other.flip_margin


@settings(max_examples=40, deadline=None)
@given(ballots())
def test_reversing_every_ballot_of_two_items_turns_the_preference_round(cast: list[Ballot]) -> None:
    two = [[[item for item in tied if item in "AB"] for tied in ballot] for ballot in cast]
    two = [[tied for tied in ballot if tied] for ballot in two]
    one, other = pair(*two), pair(*(ballot[::-1] for ballot in two))
    assert one.p_chosen == pytest.approx(other.p_chosen)
    assert one.tied or one.chosen == other.rejected


def test_more_unanimous_ballots_bring_nearer_to_certainty() -> None:
    chances = [pair(*[AB] * n).p_better for n in range(1, 12)]
    assert chances == sorted(chances)
    assert chances[0] < 0.85 < chances[-1]


def test_votes_on_both_sides_make_better_certain_but_not_chosen() -> None:
    few, many = pair(*[AB] * 2, BA), pair(*[AB] * 200, *[BA] * 100)
    assert many.p_better > 0.999 > 0.85 > few.p_better
    assert many.p_chosen == pytest.approx(2 / 3, abs=0.01)
    assert many.p_high - many.p_low < few.p_high - few.p_low


def test_ballots_of_adherence_0_say_nothing() -> None:
    told = pair(AB, BA, BA, adherence=[1, 0, 0])
    assert told.chosen == "A"
    assert told.p_better == pytest.approx(pair(AB).p_better)
    assert told.n_votes == 3
    assert pair(BA, adherence=[0]).tied


def test_a_ballot_of_higher_adherence_says_more() -> None:
    found = pair(AB, BA, adherence=[0.5, 1.5])
    assert (found.chosen, found.flip_margin) == ("B", 1)
    assert pair(AB, adherence=[1.5]).p_better > pair(AB).p_better > pair(AB, adherence=[0.5]).p_better


@pytest.mark.parametrize(
    "cast",
    [[], [AB, BA], [TIED], [AB, TIED, BA], [[["A"], ["C"], ["B"]], [["B"], ["C"], ["A"]]], [[["C"], ["A", "B"]]]],
)
def test_balanced_ballots_leave_a_pair_tied(cast: list[Ballot]) -> None:
    found = pair(*cast)
    assert found.tied
    assert (found.p_chosen, found.p_better, found.chosen) == (0.5, 0.5, "A")
    assert found.p_low == pytest.approx(1 - found.p_high)


def test_a_pair_that_ballots_decide_is_not_tied() -> None:
    assert not pair(AB).tied
    assert (pair(AB, TIED).n_votes, pair(AB, TIED).n_ties) == (1, 1)


# How many ballots would turn a pair round.


@pytest.mark.parametrize(
    ("for_it", "against", "margin"),
    [
        ([1, 1], [1], 1),
        ([1, 1, 1], [], 2),
        ([1] * 4, [1] * 2, 2),  # One makes it a tie, and a tie is not yet turned round.
        ([1], [], 1),
        ([1], [1], 1),
        ([1], [1, 1], 0),
        ([], [1], 0),
        ([], [], 1),
        ([0.5, 1.5], [1], 1),  # The heaviest changes first: 0.5 against 2.5.
        ([0.5, 0.5, 0.5], [1], 1),
        ([1, 1, 0.1], [], 2),
        ([0.1] * 3, [0.1] * 3, 1),  # 0.1 + 0.1 + 0.1 is no lead over itself.
        ([0.1 + 0.2], [0.3], 1),
        ([0, 0], [], 3),  # Nothing that weighs nothing can turn it round.
    ],
)
def test_the_flip_margin_is_as_by_hand(for_it: list[float], against: list[float], margin: int) -> None:
    assert flip_margin(for_it, against) == margin
    assert flip_margin(for_it[::-1], against[::-1]) == margin


@settings(max_examples=100, deadline=None)
@given(WEIGHTS, WEIGHTS)
def test_that_many_ballots_turn_it_round_and_no_fewer(for_it: list[float], against: list[float]) -> None:
    """Every way of reversing ballots is tried."""
    turned = [
        sum(reverse)
        for reverse in product([False, True], repeat=len(for_it))
        if sum(w if keep else -w for w, keep in zip(for_it, (not r for r in reverse), strict=True)) < sum(against)
    ]
    assert flip_margin(for_it, against) == min(turned, default=len(for_it) + 1)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 6), st.integers(0, 6), st.randoms(use_true_random=False))
def test_really_reversing_ballots_turns_the_majority(n_ab: int, n_ba: int, chance: object) -> None:
    cast = [AB] * n_ab + [BA] * n_ba
    follows = [chance.choice([0.5, 1.0, 1.5]) for _ in cast]
    found = pair(*cast, adherence=follows)
    if not cast or found.tied:
        return
    theirs = AB if found.chosen == "A" else BA
    # The heaviest first.
    supporters = sorted((n for n, ballot in enumerate(cast) if ballot is theirs), key=lambda n: -follows[n])

    def majority(reversed_: int) -> list[list[str]]:
        turned = [ballot[::-1] if n in supporters[:reversed_] else ballot for n, ballot in enumerate(cast)]
        return ranked_pairs(turned, weights=follows)

    assert majority(found.flip_margin) == [[found.rejected], [found.chosen]]
    assert majority(found.flip_margin - 1) != [[found.rejected], [found.chosen]]


def test_the_flip_margin_is_0_where_the_direct_majority_is_the_other_way() -> None:
    # A third item tells more than the direct votes: A is far above C whenever it is above B, and only just below it.
    cast: list[Ballot] = [[["A"], ["C"], ["D"], ["B"]]] * 3 + [[["B"], ["A"], ["C"], ["D"]]] * 4
    found = pair(*cast)
    assert (found.chosen, found.n_votes) == ("A", 7)
    assert found.flip_margin == 0


# Chances keep their word.

SPREAD, TIE = 1.2, 0.4
N_GROUPS = 1500


def drawn(strengths: np.ndarray, rng: np.random.Generator) -> list[list[int]]:
    """One ballot from the model with ties of two, choice by choice."""
    left, ballot = list(range(len(strengths))), []
    while len(left) > 1:
        sets = [[item] for item in left] + [list(two) for two in combinations(left, 2)]
        weights = np.array([(1.0, TIE)[len(some) - 1] * np.exp(strengths[some].mean()) for some in sets])
        ballot.append(sets[rng.choice(len(sets), p=weights / weights.sum())])
        left = [item for item in left if item not in ballot[-1]]
    return [*ballot, left] if left else ballot


@pytest.fixture(scope="module")
def told() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of every pair: p_better, p_chosen, and by how much the chosen one is truly stronger."""
    rng = np.random.default_rng(20)
    truth = rng.normal(0, SPREAD, (N_GROUPS, 3))
    cast = [[drawn(strengths, rng) for _ in range(2 + group % 3)] for group, strengths in enumerate(truth)]
    found = preferences([Ranked(range(3), some) for some in cast], spread=SPREAD, tie=(1.0, TIE))
    rows = [
        (p.p_better, p.p_chosen, strengths[p.chosen] - strengths[p.rejected])
        for pairs, strengths in zip(found, truth, strict=True)
        for p in pairs
    ]
    better, chosen, difference = np.array(rows).T
    return better, chosen, difference


def test_a_pair_said_to_be_right_nine_times_in_ten_is(told: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    better, _chosen, difference = told
    for decile in np.array_split(np.argsort(better), 10):
        assert better[decile].mean() == pytest.approx((difference[decile] > 0).mean(), abs=0.04)


def test_the_next_ranker_chooses_as_often_as_said(told: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    _better, chosen, difference = told
    would = 1 / (1 + np.exp(-difference))
    for decile in np.array_split(np.argsort(chosen), 10):
        assert chosen[decile].mean() == pytest.approx(would[decile].mean(), abs=0.03)
