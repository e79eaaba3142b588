"""Copeland's rule: counts by hand, and what must hold for any election."""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ranking.ballots import BallotError
from ranking.copeland import copeland
from tests.ranking.test_ranked_pairs import ITEMS, TENNESSEE, Ballot, ballots, groups

untimed = settings(deadline=None)


def test_tennessee_chooses_nashville() -> None:
    found = copeland(
        [[[item] for item in order] for _count, order in TENNESSEE], weights=[count for count, _order in TENNESSEE]
    )
    assert found.order == [["N"], ["C"], ["K"], ["M"]]
    assert found.scores == {"N": 3, "C": 1, "K": -1, "M": -3}


@pytest.mark.parametrize(
    ("ballots", "order", "scores"),
    [
        ([], [], {}),
        ([[]], [], {}),
        ([[["A"]]], [["A"]], {"A": 0}),
        ([[["A"], ["B"]], [["B"], ["A"]]], [["A", "B"]], {"A": 0, "B": 0}),
        ([[["A", "B"], ["C"]]], [["A", "B"], ["C"]], {"A": 1, "B": 1, "C": -2}),
        ([[["A"], ["B"]], [["C"]]], [["A"], ["C"], ["B"]], {"A": 1, "B": -1, "C": 0}),
        ([[["A"], ["B"]]] * 5 + [[["B"], ["C"]], [["C"], ["A"]]], [["A", "B", "C"]], {"A": 0, "B": 0, "C": 0}),
    ],
    ids=[
        "no ballots",
        "an empty one",
        "one item",
        "a tie",
        "tied on paper",
        "not compared",
        "a circle of any strength",
    ],
)
def test_small_elections(ballots: list[Ballot], order: list[list[str]], scores: dict[str, int]) -> None:
    found = copeland(ballots)
    assert (found.order, found.scores) == (order, scores)


def test_weights_decide_who_beats_whom() -> None:
    ballots = [[["A"], ["B"]], [["B"], ["A"]], [["B"], ["A"]]]
    assert copeland(ballots).order == [["B"], ["A"]]
    assert copeland(ballots, weights=[0.3, 0.1, 0.1]).order == [["A"], ["B"]]
    assert copeland(ballots, weights=[0.3, 0.1, 0.2]).order == [["A", "B"]]
    assert copeland(ballots, weights=np.array([0.3, 0.1, 0.1])).scores == {"A": 1, "B": -1}


@untimed
@given(ballots())
def test_a_score_is_victories_less_defeats(cast: list[Ballot]) -> None:
    votes: Counter[tuple[str, str]] = Counter()
    for ballot in cast:
        for better, worse in combinations(ballot, 2):
            votes.update((a, b) for a in better for b in worse)
    found = copeland(cast)
    for item, score in found.scores.items():
        won = sum(votes[item, other] > votes[other, item] for other in found.scores)
        lost = sum(votes[item, other] < votes[other, item] for other in found.scores)
        assert score == won - lost


@untimed
@given(ballots())
def test_groups_are_equal_scores_from_high_to_low(cast: list[Ballot]) -> None:
    found = copeland(cast)
    assert sorted(item for group in found.order for item in group) == sorted(found.scores)
    levels = [{found.scores[item] for item in group} for group in found.order]
    assert all(len(level) == 1 for level in levels)
    assert [max(level) for level in levels] == sorted(set(found.scores.values()), reverse=True)


@untimed
@given(ballots(), st.permutations(ITEMS), st.randoms())
def test_neither_names_nor_the_order_of_ballots_matter(cast: list[Ballot], names: list[str], chance: Any) -> None:
    renamed = dict(zip(ITEMS, names, strict=True))
    other = [[[renamed[item] for item in chance.sample(group, len(group))] for group in ballot] for ballot in cast]
    chance.shuffle(other)
    found, again = copeland(cast), copeland(other)
    assert groups(again.order) == [{renamed[item] for item in group} for group in found.order]
    assert again.scores == {renamed[item]: score for item, score in found.scores.items()}


@untimed
@given(ballots())
def test_reversed_ballots_reverse_the_order(cast: list[Ballot]) -> None:
    found, turned = copeland(cast), copeland([ballot[::-1] for ballot in cast])
    assert groups(turned.order) == groups(found.order)[::-1]
    assert turned.scores == {item: -score for item, score in found.scores.items()}


@untimed
@given(ballots())
def test_whoever_beats_everybody_is_alone_in_front(cast: list[Ballot]) -> None:
    found = copeland(cast)
    for item, score in found.scores.items():
        if score == len(found.scores) - 1 > 0:
            assert found.order[0] == [item]


def test_a_ballot_that_names_an_item_twice_or_lacks_a_weight_is_an_error() -> None:
    with pytest.raises(BallotError, match="twice"):
        copeland([[["A", "A"]]])
    with pytest.raises(BallotError, match="weights"):
        copeland([[["A"]]], weights=[])
