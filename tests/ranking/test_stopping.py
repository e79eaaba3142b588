"""When to stop asking for rankings."""

from __future__ import annotations

from typing import Any

import pytest

from ranking import Ranked, RankingRule, preferences, rankings_wanted

Ballot = list[list[str]]

RULE = RankingRule(minimum=2, maximum=5, decided=0.85)
AB: Ballot = [["A"], ["B"]]
BA: Ballot = [["B"], ["A"]]
ABC: Ballot = [["A"], ["B"], ["C"]]


def wanted(*ballots: Ballot, asked: int | None = None, items: str = "AB", rule: RankingRule = RULE) -> int:
    (found,) = rankings_wanted([Ranked(items, ballots)], [len(ballots) if asked is None else asked], rule)
    return found


def test_what_is_missing_to_the_minimum_is_wanted_at_once() -> None:
    assert wanted() == 2
    assert wanted(AB) == 1
    assert wanted(rule=RankingRule(minimum=4)) == 4


def test_below_the_minimum_even_a_clear_pair_wants_more() -> None:
    easy = RankingRule(minimum=3, decided=0.51)
    assert wanted(AB, AB, rule=easy) == 1
    assert wanted(AB, AB, AB, rule=easy) == 0


def test_one_at_a_time_is_wanted_while_a_pair_is_open() -> None:
    assert wanted(AB, BA) == 1
    assert wanted(AB, BA, AB) == 1


def test_none_is_wanted_once_every_pair_is_decided() -> None:
    ballots = [AB] * 4
    (pairs,) = preferences([Ranked("AB", ballots)])
    assert pairs[0].p_better > RULE.decided
    assert wanted(*ballots) == 0


def test_one_open_pair_among_decided_ones_is_enough() -> None:
    clear: list[Ballot] = [[["A"], ["B"], ["C"]], [["B"], ["A"], ["C"]]] * 2
    (pairs,) = preferences([Ranked("ABC", clear)])
    assert sorted(p.p_better > RULE.decided for p in pairs) == [False, True, True]
    assert wanted(*clear, items="ABC") == 1


def test_none_is_wanted_after_the_maximum() -> None:
    assert wanted(AB, BA, AB, BA) == 1
    assert wanted(AB, BA, AB, BA, AB) == 0
    assert wanted(AB, BA, AB, BA, AB, BA) == 0


def test_a_higher_bar_wants_more() -> None:
    ballots = [AB] * 3
    (pairs,) = preferences([Ranked("AB", ballots)])
    sure = pairs[0].p_better
    assert wanted(*ballots, rule=RankingRule(decided=sure + 0.001)) == 1
    assert wanted(*ballots, rule=RankingRule(decided=sure)) == 0


def test_a_set_that_most_call_not_rankable_is_settled() -> None:
    assert wanted(AB, asked=3) == 0
    assert wanted(asked=2) == 0
    assert wanted(AB, asked=2) == 1  # Half is not most.
    assert wanted(asked=1) == 1  # One voice is below the minimum.


def test_a_single_item_wants_none() -> None:
    assert wanted(items="A") == 0
    assert wanted(items="") == 0


def test_many_sets_are_asked_about_at_once() -> None:
    sets = [Ranked("A", []), Ranked("AB", []), Ranked("AB", [AB, BA]), Ranked("ABC", [ABC] * 4), Ranked("AB", [AB])]
    assert rankings_wanted(sets, [0, 0, 2, 5, 3], RULE) == [0, 2, 1, 0, 0]
    assert rankings_wanted([], [], RULE) == []


def test_ballots_of_careless_rankers_settle_less() -> None:
    ballots = [AB] * 4
    assert rankings_wanted([Ranked("AB", ballots, [0.1] * 4)], [4], RULE) == [1]
    assert rankings_wanted([Ranked("AB", ballots, [1.5] * 4)], [4], RULE) == [0]


def test_every_set_needs_its_number_of_answers() -> None:
    with pytest.raises(ValueError, match="1 sets, but 0 counts"):
        rankings_wanted([Ranked("AB", [])], [], RULE)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"minimum": 20, "maximum": 2}, "minimum"),
        ({"minimum": -1}, "minimum"),
        ({"decided": float("nan")}, "decided"),
        ({"decided": 0.0}, "decided"),
        ({"decided": 1.5}, "decided"),
        ({"over": "evry"}, "over"),
    ],
)
def test_a_rule_that_contradicts_itself_is_refused(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        RankingRule(**wrong)
