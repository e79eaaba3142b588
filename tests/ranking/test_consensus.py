"""Consensus: the order of ranked pairs and the preferences of every pair, for many groups at once."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ranking import BallotError, Ranked, consensus, plackett_luce, preferences, ranked_pairs

Ballot = list[list[str]]


@st.composite
def groups(draw: st.DrawFn) -> Ranked[str]:
    items = "ABCDE"[: draw(st.integers(1, 5))]
    places = st.lists(st.integers(0, 2), min_size=len(items), max_size=len(items))
    cast = [
        [tied for level in range(3) if (tied := [i for i, p in zip(items, row, strict=True) if p == level])]
        for row in draw(st.lists(places, max_size=4))
    ]
    return Ranked(items, cast, [draw(st.sampled_from([0.4, 1.0, 1.3])) for _ in cast])


@settings(max_examples=30, deadline=None)
@given(st.lists(groups(), max_size=4))
def test_many_groups_come_out_as_each_alone(many: list[Ranked[str]]) -> None:
    together = consensus(many)
    assert len(together) == len(many)
    for group, found in zip(many, together, strict=True):
        (alone,) = consensus([group])
        assert found.order == alone.order == ranked_pairs(group.ballots)
        for one, other in zip(found.preferences, alone.preferences, strict=True):
            assert one.p_chosen == pytest.approx(other.p_chosen, abs=1e-6)
            assert one.p_better == pytest.approx(other.p_better, abs=1e-6)
            assert one.flip_margin == other.flip_margin or one.tied
        assert [p.p_chosen for p in preferences([group])[0]] == [p.p_chosen for p in alone.preferences]


def exact(ballots: list[Ballot], adherence: list[float], spread: float, nu: float) -> tuple[float, float]:
    """p_chosen and p_better of A over B, by adding up the posterior over a fine grid of differences."""
    d = np.linspace(-12, 12, 20_001)
    log = -(d**2) / (4 * spread**2)
    ties = any(len(group) > 1 for ballot in ballots for group in ballot)
    for ballot, eta in zip(ballots, adherence, strict=True):
        worth = np.stack([np.exp(eta * d / 2), np.exp(-eta * d / 2), np.full_like(d, nu if ties else 0.0)])
        said = 2 if len(ballot[0]) > 1 else 0 if ballot[0] == ["A"] else 1
        log = log + np.log(worth[said] / worth.sum(axis=0))
    weight = np.exp(log - log.max())
    weight /= weight.sum()
    return float((weight / (1 + np.exp(-d))).sum()), float(weight[d > 0].sum())


@pytest.mark.parametrize("spread", [0.5, 1.0, 1.8])
@pytest.mark.parametrize(
    "ballots",
    [["AB"], ["AB"] * 3, ["AB", "AB", "BA"], ["AB"] * 4 + ["BA"] * 3, ["AB"] * 6 + ["tie"], ["AB"] * 9],
    ids=len,
)
def test_chances_of_a_pair_are_those_of_the_exact_posterior(ballots: list[str], spread: float) -> None:
    cast = [[["A", "B"]] if ballot == "tie" else [[ballot[0]], [ballot[1]]] for ballot in ballots]
    adherence = [1.0, 0.6, 1.3, 1.0, 0.8, 1.0, 1.2, 1.0, 1.0][: len(cast)]
    ((pair,),) = preferences([Ranked("AB", cast, adherence)], spread=spread, tie=(1.0, 0.4))
    chosen, better = exact(cast, adherence, spread, 0.4)
    assert pair.chosen == "A"
    # A single vote, where items lie far apart, is the worst case.
    assert pair.p_chosen == pytest.approx(chosen, abs=0.02 if len(ballots) > 1 else 0.04)
    assert pair.p_better == pytest.approx(better, abs=0.03 if len(ballots) > 1 else 0.04)


@settings(max_examples=30, deadline=None)
@given(groups())
def test_preferences_lean_a_little_further_out_than_the_mode_of_plackett_luce(group: Ranked[str]) -> None:
    if not group.ballots:
        return
    alone = plackett_luce(group.ballots, adherence=group.adherence, spread=0.9, tie=(1.0, 0.3))
    (found,) = preferences([group], spread=0.9, tie=(1.0, 0.3))
    for p in found:
        assert p.p_chosen == pytest.approx(alone.p_chosen(p.chosen, p.rejected), abs=0.05)


ABC: Ballot = [["A"], ["B"], ["C"]]
CBA: Ballot = ABC[::-1]


def test_every_pair_is_there_once_and_agrees_with_a_clear_order() -> None:
    (found,) = consensus([Ranked("ABC", [ABC, ABC, CBA])])
    assert found.order == [["A"], ["B"], ["C"]]
    assert [(p.chosen, p.rejected) for p in found.preferences] == [("A", "B"), ("A", "C"), ("B", "C")]
    assert [(p.n_votes, p.n_ties, p.flip_margin) for p in found.preferences] == [(3, 0, 1)] * 3


def test_the_order_counts_ballots_alike_unless_weighted() -> None:
    group = Ranked("ABC", [ABC, CBA, CBA], [1.9, 0.5, 0.5])
    assert consensus([group])[0].order == [["C"], ["B"], ["A"]]
    assert consensus([group], weighted=True)[0].order == [["A"], ["B"], ["C"]]
    # The preferences are weighted either way.
    assert consensus([group])[0].preferences == consensus([group], weighted=True)[0].preferences
    assert consensus([group])[0].preferences[0].chosen == "A"


def test_the_strength_of_victories_can_be_chosen() -> None:
    # A circle: A over B by 5 to 4, B over C by 4 to 3, C over A by 4 to 2. Margins and winning votes cut it elsewhere.
    cast: list[Ballot] = [[["A"], ["B"]]] * 5 + [[["B"], ["A"]]] * 4 + [[["B"], ["C"]]] * 4 + [[["C"], ["B"]]] * 3
    cast += [[["C"], ["A"]]] * 4 + [[["A"], ["C"]]] * 2
    group = Ranked("ABC", cast)
    for by in ("margins", "winning_votes"):
        assert consensus([group], by=by)[0].order == ranked_pairs(cast, by)
    with pytest.raises(ValueError, match="by is"):
        consensus([group], by="luck")


def test_items_that_ballots_cannot_separate_share_a_group_and_are_tied() -> None:
    (found,) = consensus([Ranked("ABC", [[["A", "B"], ["C"]], [["B"], ["A"], ["C"]], [["A"], ["B"], ["C"]]])])
    assert [sorted(tied) for tied in found.order] == [["A", "B"], ["C"]]
    first = found.preferences[0]
    assert (first.chosen, first.rejected, first.p_chosen, first.tied) == ("A", "B", 0.5, True)


def test_an_item_no_ballot_names_is_in_every_pair_but_in_no_group() -> None:
    (found,) = consensus([Ranked("ABC", [[["A"], ["B"]]])])
    assert found.order == [["A"], ["B"]]
    unseen = [p for p in found.preferences if "C" in (p.chosen, p.rejected)]
    assert [(p.chosen, p.rejected, p.n_votes) for p in unseen] == [("A", "C", 0), ("C", "B", 0)]
    seen = next(p for p in found.preferences if "C" not in (p.chosen, p.rejected))
    assert all(p.p_better < seen.p_better for p in unseen)


def test_a_ballot_need_not_name_every_item() -> None:
    (found,) = consensus([Ranked("ABC", [[["A"], ["B"]], [["B"], ["C"]]])])
    assert found.order == [["A"], ["B"], ["C"]]
    assert {(p.chosen, p.rejected): p.n_votes for p in found.preferences} == {
        ("A", "B"): 1,
        ("A", "C"): 0,
        ("B", "C"): 1,
    }


def test_items_without_ballots_are_all_tied() -> None:
    (found,) = consensus([Ranked("ABC", [])])
    assert found.order == []
    assert all(p.tied and (p.n_votes, p.n_ties) == (0, 0) for p in found.preferences)
    assert len(found.preferences) == 3


@pytest.mark.parametrize("group", [Ranked("", []), Ranked("", [[]]), Ranked("A", []), Ranked("A", [[["A"]]])])
def test_fewer_than_two_items_have_no_pairs(group: Ranked[str]) -> None:
    (found,) = consensus([group])
    assert found.preferences == ()
    assert [item for tied in found.order for item in tied] == [i for b in group.ballots for t in b for i in t]


def test_no_groups_give_no_answers() -> None:
    assert consensus([]) == []
    assert preferences([]) == []


def test_a_wider_spread_makes_the_same_ballots_more_certain() -> None:
    group = Ranked("AB", [[["A"], ["B"]]] * 2)
    chances = [preferences([group], spread=spread)[0][0].p_chosen for spread in (0.1, 0.5, 1.0, 2.0)]
    assert chances == sorted(chances)
    assert chances[0] == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize(
    ("group", "message"),
    [
        (("AB", [[["A"], ["A"]]]), "twice"),
        (("ABA", [[["A"], ["B"]]]), "twice"),
        (("AB", [[["A"], ["Z"]]]), "Z"),
        (("AB", [[["A"], ["B"]]], [1.0, 1.0]), "1 ballots, but 2 adherences"),
        (("AB", [[["A"], ["B"]]] * 2, [1.0]), "2 ballots, but 1 adherences"),
        (("AB", [[["A"], ["B"]]], [float("nan")]), "adherence"),
        (("AB", [[["A"], ["B"]]], [float("inf")]), "adherence"),
        (("AB", [[["A"], ["B"]]], [-1.0]), "adherence"),
        (("AB", [[["A"], ["B"]]], [1e50]), "adherence"),
        (("AB", [[["A"], ["B"]]], ["1"]), "adherence"),
        (("AB", [[["A"], ["B"]]], [None]), "adherence"),
    ],
)
def test_ballots_that_do_not_fit_are_refused(group: tuple[Any, ...], message: str) -> None:
    with pytest.raises(BallotError, match=message):
        Ranked(*group)


def test_arrays_and_generators_are_read_as_lists_are() -> None:
    ballots: list[Ballot] = [ABC, CBA]
    said = consensus([Ranked("ABC", ballots, [0.0, 1.0])])
    assert consensus([Ranked(iter("ABC"), iter(ballots), iter([0.0, 1.0]))]) == said
    assert consensus([Ranked(np.array(["A", "B", "C"]), tuple(ballots), np.array([0.0, 1.0]))]) == said


def test_a_single_adherence_of_0_is_heard_from_an_array_too() -> None:
    for adherence in ([0.0], np.array([0.0])):
        assert all(pair.tied for pair in preferences([Ranked("ABC", [ABC], adherence)])[0])


@pytest.mark.parametrize(
    "wrong",
    [
        {"spread": 0.0},
        {"spread": float("nan")},
        {"spread": float("inf")},
        {"spread": 1e10},
        {"spread": 1e-200},
        {"tie": []},
        {"tie": [1.0, 0.0]},
        {"by": "luck"},
    ],
)
@pytest.mark.parametrize("groups", [[], [Ranked("AB", [[["A", "B"]]])]], ids=["no groups", "one"])
def test_a_spread_or_tie_or_strength_that_is_none_is_refused(groups: list[Ranked[str]], wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        consensus(groups, **wrong)


def test_a_condorcet_order_is_the_order_of_preferences() -> None:
    cast = [[[item] for item in order] for order in ("ABCD", "ABDC", "BACD", "ABCD", "ACBD")]
    (found,) = consensus([Ranked("DCBA", cast)])
    assert found.order == [["A"], ["B"], ["C"], ["D"]]
    assert {(p.chosen, p.rejected) for p in found.preferences} == set(combinations("ABCD", 2))


def test_a_huge_tie_among_many_items_is_taken_apart_instead_of_refused() -> None:
    items = [f"item {n}" for n in range(30)]
    best, rest = items[:20], items[20:]
    (found,) = consensus([Ranked(items, [[best, rest]] * 3)])
    pairs = {frozenset((pair.chosen, pair.rejected)): pair for pair in found.preferences}
    assert pairs[frozenset((items[0], items[1]))].tied
    across = pairs[frozenset((items[0], items[29]))]
    assert across.chosen == items[0]
    assert across.p_better > 0.9
    assert found.order == [best, rest]
