"""Items for checks: only what is beyond doubt, and enough bad ones among them."""

from __future__ import annotations

import random
from collections.abc import Hashable
from itertools import product

import pytest

from ranking.gold import GoldRules, Tally, choose_gold, gold_candidates, overwhelming
from ranking.reliability import reviewer_reliability


@pytest.mark.parametrize(
    ("bad", "fine", "p_bad", "verdict"),
    [
        (3, 0, 0.9995, True),
        (0, 3, 0.0005, False),
        (0, 2, 0.0001, None),
        (1, 9, 0.0001, None),
        (3, 0, 0.998, None),
        (0, 3, 0.002, None),
        (3, 0, 0.0001, None),
        (0, 3, 0.9999, None),
        (0, 0, 0.0, None),
    ],
)
def test_only_the_overwhelming_is_gold(bad: int, fine: int, p_bad: float, verdict: bool | None) -> None:
    assert overwhelming(bad, fine, p_bad) is verdict


def test_rules_for_gold_can_be_loosened() -> None:
    assert overwhelming(1, 9, 0.0001, GoldRules(against=1)) is False
    assert overwhelming(2, 2, 0.0001, GoldRules(against=2)) is None
    assert overwhelming(1, 0, 0.9, GoldRules(votes=1, certainty=0.9)) is True
    for wrong in ({"votes": 0}, {"against": -1}, {"certainty": 0.5}):
        with pytest.raises(ValueError, match=r"vote|certainty"):
            GoldRules(**wrong)
    for counts in ((-1, 3, 0.5), (3, 0, 1.5)):
        with pytest.raises(ValueError, match="negative"):
            overwhelming(*counts)


def test_a_probability_that_only_arithmetic_keeps_from_the_certainty_has_it() -> None:
    rules = GoldRules(certainty=0.936)
    assert 1 - 0.064 < 0.936
    assert overwhelming(0, 3, 0.064, rules) is False
    assert overwhelming(0, 3, 0.0641, rules) is None


def test_gold_candidates_are_the_known_items_of_the_next_run() -> None:
    tallies = [
        Tally("spam", votes_bad=4, votes_fine=0, p_bad=0.9999),
        Tally("disputed", votes_bad=2, votes_fine=2, p_bad=0.4),
        Tally("good", votes_bad=0, votes_fine=5, p_bad=0.0001),
    ]
    known = gold_candidates(tallies)
    assert known == {"spam": True, "good": False}
    found = reviewer_reliability([("spam", "a", True), ("good", "a", True), ("disputed", "a", True)], known=known)
    assert (found.of("a").n_known, found.of("a").known_right) == (2, 1)
    assert gold_candidates([]) == {}


def test_gold_is_drawn_with_the_wanted_share_of_bad_items() -> None:
    candidates: dict[Hashable, bool] = {item: item < 10 for item in range(100)}
    drawn = choose_gold(candidates, 12, chance=random.Random(1), bad_share=0.25)
    assert (len(drawn), sum(drawn.values())) == (12, 3)
    assert all(candidates[item] == verdict for item, verdict in drawn.items())
    assert drawn == choose_gold(candidates, 12, chance=random.Random(1), bad_share=0.25)
    assert list(drawn.values())[:3] != [True, True, True]


def test_items_in_use_stay_as_long_as_their_kind_has_room() -> None:
    candidates = {"a": True, "b": True, **dict.fromkeys(range(8), False)}
    chosen = choose_gold(candidates, 4, chance=random.Random(1), keep={"b", 0, 1, 2, 3})
    assert set(chosen) >= {"a", "b"}
    assert set(chosen) - {"a", "b"} < {0, 1, 2, 3}
    assert len(chosen) == 4


def test_too_few_items_of_one_kind_are_made_up_by_the_other() -> None:
    candidates: dict[Hashable, bool] = {item: item < 2 for item in range(6)}
    for n, share in product(range(9), (0, 0.5, 1)):
        drawn = choose_gold(candidates, n, chance=random.Random(n), bad_share=share)
        assert len(drawn) == min(n, 6)
    assert sum(choose_gold(candidates, 4, chance=random.Random(0), bad_share=1).values()) == 2
    assert sum(choose_gold(candidates, 5, chance=random.Random(0), bad_share=0).values()) == 1
    assert choose_gold({}, 3, chance=random.Random(0)) == {}
    with pytest.raises(ValueError, match="share"):
        choose_gold({}, -1, chance=random.Random(0))
