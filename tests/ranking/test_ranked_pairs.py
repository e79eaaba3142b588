"""Ranked pairs: published elections, and what must hold for any."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from itertools import combinations, permutations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ranking import (
    BallotError,
    Ranked,
    acceptance_score,
    copeland,
    kemeny_young,
    plackett_luce,
    plackett_luce_with_adherence,
    ranked_pairs,
)

VECTORS = Path(__file__).resolve().parents[3] / "shared" / "data" / "vectors" / "ranked_pairs.json"

#: Where we differ from the published order, and why: equally strong victories that together close a cycle.
NEUTRAL = {"gorr4_tied_majorities": "A beats C and C beats B with the same strength; B beats A. Nothing may decide."}

Ballot = list[list[str]]


def published() -> list[dict[str, Any]]:
    return json.loads(VECTORS.read_text())["cases"] if VECTORS.exists() else []


@pytest.mark.skipif(not VECTORS.exists(), reason=f"the published elections are not on this machine: {VECTORS.name}")
@pytest.mark.parametrize("case", published(), ids=lambda case: case["name"])
def test_a_published_election_comes_out_as_published(case: dict[str, Any]) -> None:
    ballots = [ballot["ranking"] for ballot in case["ballots"] for _ in range(ballot["count"])]
    expected = [group if isinstance(group, list) else [group] for group in case["expected_ranking"]]
    order = [sorted(group) for group in ranked_pairs(ballots)]
    if case["name"] in NEUTRAL:
        places = {item: place for place, group in enumerate(order) for item in group}
        wanted = {item: place for place, group in enumerate(expected) for item in group}
        agree = [(a, b) for a, b in combinations(places, 2) if places[a] != places[b]]
        assert all((places[a] < places[b]) == (wanted[a] < wanted[b]) for a, b in agree)
        assert set(order[0]) >= set(expected[0])
    else:
        assert order == [sorted(group) for group in expected]


TENNESSEE = [
    (42, "MNCK"),
    (26, "NCKM"),
    (15, "CKNM"),
    (17, "KCNM"),
]


def test_tennessee_chooses_nashville() -> None:
    ballots = [[[item] for item in order] for count, order in TENNESSEE for _ in range(count)]
    assert ranked_pairs(ballots) == [["N"], ["C"], ["K"], ["M"]]
    assert ranked_pairs(ballots, by="winning_votes") == [["N"], ["C"], ["K"], ["M"]]


def test_the_weakest_link_of_a_circle_gives_way() -> None:
    ballots = [[["A"], ["B"], ["C"]]] * 4 + [[["B"], ["C"], ["A"]]] * 3 + [[["C"], ["A"], ["B"]]] * 2
    assert ranked_pairs(ballots) == [["A"], ["B"], ["C"]]


@pytest.mark.parametrize(
    ("ballots", "order"),
    [
        ([], []),
        ([[]], []),
        ([[["A"]]], [["A"]]),
        ([[["A"], ["B"]], [["B"], ["A"]]], [["A", "B"]]),
        ([[["A", "B"], ["C"]]], [["A", "B"], ["C"]]),
        ([[["A"], ["B"], ["C"]], [["B"], ["C"], ["A"]], [["C"], ["A"], ["B"]]], [["A", "B", "C"]]),
        ([[["A"], ["B"]], [["B"], ["C"]]], [["A"], ["B"], ["C"]]),
        ([[[], ["A"], []], [["B"]]], [["A", "B"]]),
    ],
    ids=[
        "no ballots",
        "an empty one",
        "one item",
        "a tie",
        "tied on paper",
        "a circle",
        "partial ones",
        "empty groups",
    ],
)
def test_small_elections(ballots: list[Ballot], order: list[list[str]]) -> None:
    assert ranked_pairs(ballots) == order


def test_votes_or_margins_may_disagree_about_strength() -> None:
    """A beats B by 3 of 3 votes, B beats C by 6 to 5, C beats A by 5 to 3: which victory is the weakest?"""
    ballots = [[["A"], ["B"]]] * 3 + [[["B"], ["C"]]] * 6 + [[["C"], ["B"]]] * 5
    ballots += [[["C"], ["A"]]] * 5 + [[["A"], ["C"]]] * 3
    assert ranked_pairs(ballots) == [["C"], ["A"], ["B"]]
    assert ranked_pairs(ballots, by="winning_votes") == [["B"], ["C"], ["A"]]


def test_a_ballot_that_names_an_item_twice_is_an_error() -> None:
    for ballot in ([["A"], ["A"]], [["A", "A"]]):
        with pytest.raises(BallotError, match="twice"):
            ranked_pairs([ballot])
    with pytest.raises(ValueError, match="winning_votes"):
        ranked_pairs([], by="luck")  # type: ignore[arg-type]


ORDERED: dict[str, Callable[[list[Ballot], list[float]], list[list[str]]]] = {
    "ranked_pairs": lambda cast, weights: ranked_pairs(cast, weights=weights),
    "winning_votes": lambda cast, weights: ranked_pairs(cast, "winning_votes", weights),
    "copeland": lambda cast, weights: copeland(cast, weights).order,
    "kemeny_young": lambda cast, weights: kemeny_young(cast, weights).order,
}


@pytest.mark.parametrize("rule", ORDERED.values(), ids=ORDERED.keys())
def test_the_order_of_weighted_ballots_does_not_matter(rule: Callable[[list[Ballot], list[float]], Any]) -> None:
    """Three weights that sum to the fourth, but not when added from left to right."""
    cast = [([["A"], ["B"]], 4827.2), ([["A"], ["B"]], 4527.5), ([["A"], ["B"]], 1870.4), ([["B"], ["A"]], 11225.1)]
    for some in permutations(cast):
        assert groups(rule([ballot for ballot, _w in some], [weight for _b, weight in some])) == [{"A", "B"}]


@pytest.mark.parametrize("rule", ORDERED.values(), ids=ORDERED.keys())
@pytest.mark.parametrize("scale", [1e-13, 1e-3, 1.0, 1e9, 1e90])
def test_only_the_proportion_of_weights_matters(rule: Callable[[list[Ballot], list[float]], Any], scale: float) -> None:
    ab, ba = [["A"], ["B"]], [["B"], ["A"]]
    assert rule([ab], [scale]) == [["A"], ["B"]]
    assert rule([ab, ba], [scale, 1.001 * scale]) == [["B"], ["A"]]
    assert groups(rule([ab, ab, ba], [scale / 3, 2 * scale / 3, scale])) == [{"A", "B"}]


def test_equal_leads_of_thirds_are_equally_strong() -> None:
    """A circle in which every lead is a third, once as 2/3 - 1/3."""
    cast: list[Ballot] = [[["A"], ["B"]], [["B"], ["A"]], [["B"], ["C"]], [["C"], ["A"]]]
    assert ranked_pairs(cast, weights=[2 / 3, 1 / 3, 1 / 3, 1 / 3]) == [["A", "B", "C"]]


READERS: dict[str, Callable[[Any], object]] = {
    "ranked_pairs": lambda ballot: ranked_pairs([ballot]),
    "copeland": lambda ballot: copeland([ballot]),
    "kemeny_young": lambda ballot: kemeny_young([ballot]),
    "plackett_luce": lambda ballot: plackett_luce([ballot]),
    "plackett_luce_with_adherence": lambda ballot: plackett_luce_with_adherence([("group", "ranker", ballot)]),
    "Ranked": lambda ballot: Ranked(["A", "B"], [ballot]),
}


@pytest.mark.parametrize("read", READERS.values(), ids=READERS.keys())
@pytest.mark.parametrize(
    ("ballot", "message"),
    [
        (lambda: ["A", "B"], "list of groups"),
        (lambda: "AB", "list of groups"),
        (lambda: [1, 2], "list of groups"),
        (lambda: 5, "list of groups"),
        (lambda: (group for group in [["A"], ["B"]]), "list of groups"),
        (lambda: [iter(["A"]), ["B"]], "list of groups"),
        (lambda: [[["A"]], [["B"]]], "hashed"),
    ],
    ids=["flat", "a string", "flat numbers", "a number", "a generator", "a group that is one", "unhashable"],
)
def test_what_is_no_ballot_is_refused(
    read: Callable[[Any], object], ballot: Callable[[], object], message: str
) -> None:
    with pytest.raises(BallotError, match=message):
        read(ballot())


@pytest.mark.parametrize("rule", ORDERED.values(), ids=ORDERED.keys())
@pytest.mark.parametrize(
    "weights", [[1.0], [1.0, -1.0], [1.0, float("nan")], [1.0, float("inf")], [1e308, 1e308], ["1", "1"], [1, None], 2]
)
def test_weights_that_do_not_fit_are_refused(rule: Callable[[list[Ballot], Any], object], weights: Any) -> None:
    with pytest.raises(BallotError, match="weight"):
        rule([[["A"], ["B"]], [["B"], ["A"]]], weights)


ITEMS = "ABCDE"


@st.composite
def ballots(draw: st.DrawFn, names: str = ITEMS, *, complete: bool = False, ties: bool = True) -> list[Ballot]:
    """Ballots on these items; partial ones with ties unless something else is asked for."""
    made = []
    for _ in range(draw(st.integers(0, 7))):
        named = list(names) if complete else draw(st.lists(st.sampled_from(names), unique=True))
        ballot: Ballot = []
        for item in draw(st.permutations(named)):
            if ties and ballot and draw(st.booleans()):
                ballot[-1].append(item)
            else:
                ballot.append([item])
        made.append(ballot)
    return made


def groups(order: list[list[str]]) -> list[set[str]]:
    return [set(group) for group in order]


@given(ballots(), st.permutations(ITEMS), st.sampled_from(["margins", "winning_votes"]))
def test_names_do_not_matter(cast: list[Ballot], names: list[str], by: Any) -> None:
    renamed = dict(zip(ITEMS, names, strict=True))
    other = [[[renamed[item] for item in group] for group in ballot] for ballot in cast]
    order = groups(ranked_pairs(cast, by=by))
    assert groups(ranked_pairs(other, by=by)) == [{renamed[item] for item in group} for group in order]


@given(ballots(), st.randoms())
def test_the_order_of_ballots_does_not_matter(cast: list[Ballot], chance: Any) -> None:
    shuffled = [[chance.sample(group, len(group)) for group in ballot] for ballot in cast]
    chance.shuffle(shuffled)
    assert groups(ranked_pairs(shuffled)) == groups(ranked_pairs(cast))


@given(ballots())
def test_every_named_item_is_ranked_once(cast: list[Ballot]) -> None:
    ranked = [item for group in ranked_pairs(cast) for item in group]
    assert len(ranked) == len(set(ranked))
    assert set(ranked) == {item for ballot in cast for group in ballot for item in group}


@given(ballots())
def test_whoever_beats_everybody_is_alone_in_front_and_whoever_loses_to_all_is_last(cast: list[Ballot]) -> None:
    votes: Counter[tuple[str, str]] = Counter()
    for ballot in cast:
        for better, worse in combinations(ballot, 2):
            votes.update((a, b) for a in better for b in worse)
    order = ranked_pairs(cast)
    items = [item for group in order for item in group]
    for item in items:
        others = [other for other in items if other != item]
        if others and all(votes[item, other] > votes[other, item] for other in others):
            assert order[0] == [item]
        if others and all(votes[item, other] < votes[other, item] for other in others):
            assert order[-1] == [item]


@given(ballots())
def test_everybody_voting_twice_changes_nothing(cast: list[Ballot]) -> None:
    assert groups(ranked_pairs(cast * 2)) == groups(ranked_pairs(cast))


@pytest.mark.parametrize(
    ("means", "score"),
    [({}, 1.0), ({"spam": 1 / 3}, 2 / 3), ({"spam": 2 / 3}, 1 / 3), ({"spam": 1.0, "lang_mismatch": 1.0}, -1.0)],
)
def test_acceptance_is_what_spam_and_wrong_language_leave(means: dict[str, float], score: float) -> None:
    assert acceptance_score(means) == pytest.approx(score)
