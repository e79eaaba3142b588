"""Why rankers disagree: a clear example of each cause."""

from __future__ import annotations

from itertools import combinations
from math import isfinite
from typing import Any

import pytest

from ranking import Cause, Ranked, Split, disagreement, preferences, why_split

Ballot = list[list[str]]


def orders(*texts: str) -> list[Ballot]:
    """ "AB C" is A, then B, then C; "A=B C" ties A and B."""
    return [[group.split("=") for group in text.split()] for text in texts]


def splits(ballots: list[Ballot], adherence: list[float] | None = None, **known: Any) -> dict[str, Split[str]]:
    """Every pair as "AB", in alphabetic order, with why it is split."""
    items = sorted({item for ballot in ballots for tied in ballot for item in tied})
    group = Ranked(items, ballots, adherence or [])
    (pairs,) = preferences([group])
    found = why_split(group, pairs, **known)
    assert len(found) == len(pairs)
    return {"".join(sorted((p.chosen, p.rejected))): split for p, split in zip(pairs, found, strict=True)}


def test_two_orders_with_followers_are_two_camps() -> None:
    found = splits(orders(*["A B C D"] * 5, *["D C B A"] * 5))
    assert {split.cause for split in found.values()} == {Cause.TWO_CAMPS}


def test_camps_may_agree_on_a_third_item() -> None:
    found = splits(orders(*["A B C D E"] * 6, *["A E D C B"] * 6))
    assert found["BE"].cause is Cause.TWO_CAMPS
    assert found["AB"].cause is None


def test_one_ballot_upside_down_from_somebody_who_seldom_follows_is_an_unreliable_voter() -> None:
    found = splits(orders(*["A B C D"] * 5, "D C B A"), [1.0] * 5 + [0.2])
    assert found["AD"].cause is Cause.UNRELIABLE_VOTER
    assert found["AB"].cause is Cause.UNRELIABLE_VOTER


def test_the_less_a_voter_follows_the_readier_they_are_taken_for_the_cause() -> None:
    seen = [
        splits(orders(*["A B C D"] * 5, "B A C D"), [1.0] * 5 + [follows])["AB"].evidence[Cause.UNRELIABLE_VOTER]
        for follows in (0.1, 0.5, 1.0, 1.5)
    ]
    assert seen == sorted(set(seen), reverse=True)
    assert seen[0] > seen[-1] + 1


def test_an_even_split_of_two_amid_agreement_are_near_equals() -> None:
    found = splits(orders(*["A B"] * 8, *["B A"] * 8))
    assert found["AB"].cause is Cause.NEAR_EQUALS


def test_many_ties_beside_votes_are_near_equals() -> None:
    found = splits(orders(*["A=B C"] * 5, "A B C", "B A C"))
    assert found["AB"].cause is Cause.NEAR_EQUALS
    assert found["AC"].cause is None


def test_two_ballots_that_contradict_each_other_lack_votes() -> None:
    assert splits(orders("A B", "B A"))["AB"].cause is Cause.LACK_OF_VOTES


@pytest.mark.parametrize("known", [{"disagreement": 0.6}, {"not_rankable": 0.4}])
def test_where_nothing_else_fits_unclear_labels_are_the_cause(known: dict[str, float]) -> None:
    assert splits(orders("A B", "B A"), **known)["AB"].cause is Cause.UNCLEAR_LABELS
    weak = {name: value / 2 for name, value in known.items()}
    assert splits(orders("A B", "B A"), **weak)["AB"].cause is Cause.LACK_OF_VOTES


def test_unclear_labels_do_not_hide_two_camps() -> None:
    found = splits(orders(*["A B C D"] * 5, *["D C B A"] * 5), disagreement=1.0, not_rankable=0.5)
    assert found["AD"].cause is Cause.TWO_CAMPS


@pytest.mark.parametrize("n", [1, 2, 9])
def test_rankers_who_all_agree_are_not_split(n: int) -> None:
    found = splits(orders(*["A B C"] * n), disagreement=1.0)
    assert [(split.cause, split.evidence) for split in found.values()] == [(None, {})] * 3


def test_a_tie_all_agree_on_is_not_a_split() -> None:
    assert splits(orders(*["A=B C"] * 4))["AB"] == Split(None, {})


def test_noise_that_votes_have_outweighed_needs_no_cause() -> None:
    found = splits(orders(*["A B C"] * 5, "A C B", "B A C", "A B C", "A C B"))
    assert found["BC"].evidence
    assert found["BC"].cause is None
    assert found["AC"].evidence == {}


def test_from_when_a_pair_is_decided_can_be_set() -> None:
    ballots = orders(*["A B"] * 4, *["B A"] * 2)
    assert splits(ballots, decided=0.55)["AB"].cause is None
    assert splits(ballots, decided=0.99)["AB"].cause is Cause.LACK_OF_VOTES


def test_names_and_the_order_of_ballots_do_not_matter() -> None:
    ballots = orders(*["A B C"] * 3, "C B A", "B C A", "B=A C")
    before, after = splits(ballots), splits(ballots[::-1])
    assert before.keys() == after.keys()
    for name, split in before.items():
        assert split.cause is after[name].cause
        assert split.evidence == pytest.approx(after[name].evidence, abs=1e-6)


def test_one_item_and_no_ballots_have_no_splits() -> None:
    assert splits(orders("A")) == {}
    group = Ranked("AB", [])
    (pairs,) = preferences([group])
    assert why_split(group, pairs) == [Split(None, {})]


def test_a_ranker_of_adherence_0_is_certainly_unreliable() -> None:
    assert splits(orders(*["A B"] * 3, "B A"), [1, 1, 1, 0])["AB"].cause is Cause.UNRELIABLE_VOTER


@pytest.mark.parametrize("follows", [1e-300, 400.0, 1000.0])
def test_adherences_at_the_ends_of_their_range_leave_finite_evidence(follows: float) -> None:
    found = splits(orders(*["A B"] * 3, "B A"), [1, 1, 1, follows])["AB"]
    assert all(isfinite(factor) for factor in found.evidence.values())
    assert Cause.UNRELIABLE_VOTER in found.evidence


@pytest.mark.parametrize("ballots", [orders("A B"), orders("A B", "B A")], ids=["agreed", "split"])
@pytest.mark.parametrize("wrong", [{"spread": 0.0}, {"spread": float("inf")}, {"tie": [2.0]}])
def test_a_spread_or_tie_that_is_none_is_refused(ballots: list[Ballot], wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        splits(ballots, **wrong)


def test_without_weights_of_ties_the_usual_ones_are_taken() -> None:
    ballots = orders(*["A=B C"] * 5, "A B C", "B A C")
    assert splits(ballots, tie=None) == splits(ballots, tie=(1.0, 0.5))


def test_ballots_that_name_one_of_two_take_no_side() -> None:
    found = splits(orders("A B C", "A C", "B C", "B A C"))
    assert found["AB"].evidence
    assert found["AC"].evidence == {}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], 0.0),
        ([[]], 0.0),
        ([[0.5]], 0.0),
        ([[1, 1, 1]], 0.0),
        ([[0, 1]], 1.0),
        ([[0, 0, 1, 1]], 1.0),
        ([[0, 1, 1]], 1.0),
        ([[0, 0.5]], 0.5),
        ([[0, 0, 0, 1]], 0.75),
        ([[0, 1], [1, 1]], 0.5),
        ([[0, 1], [1]], 1.0),
    ],
)
def test_disagreement_is_as_by_hand(values: list[list[float]], expected: float) -> None:
    assert disagreement(values) == pytest.approx(expected)


def test_no_values_disagree_more_than_two_halves() -> None:
    for a, b, c in combinations([0, 0.2, 0.5, 0.9, 1], 3):
        assert 0 <= disagreement([[a, b, c]]) <= 1
