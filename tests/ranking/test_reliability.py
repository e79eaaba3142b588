"""Reviewers: careful ones, careless ones, spammers, adversaries and newcomers."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ranking.reliability import Prior, Reviewer, information, information_gain, reviewer_reliability
from ranking.votes import Votes

Triple = tuple[Hashable, Hashable, bool]

#: P(says bad | bad), P(says fine | fine)
RATES = {
    "careful": (0.95, 0.97),
    "strict": (0.95, 0.8),
    "lenient": (0.6, 0.98),
    "usual": (0.8, 0.92),
    "usual too": (0.8, 0.92),
    "always fine": (0.0, 1.0),
    "always bad": (1.0, 0.0),
    "guesses": (0.5, 0.5),
    "adversary": (0.1, 0.15),
}


def crowd(
    rates: Mapping[str, tuple[float, float]] = RATES, items: int = 1500, base_rate: float = 0.15, seed: int = 3
) -> tuple[list[Triple], list[bool]]:
    """Everybody votes on everything."""
    chance = np.random.default_rng(seed)
    bad = chance.random(items) < base_rate
    votes: list[Triple] = []
    for rater, (sensitivity, specificity) in rates.items():
        says_bad = chance.random(items) < np.where(bad, sensitivity, 1 - specificity)
        votes += [(item, rater, bool(said)) for item, said in enumerate(says_bad)]
    return votes, bad.tolist()


def test_everybody_is_found_to_be_what_they_are() -> None:
    votes, bad = crowd()
    found = reviewer_reliability(votes)
    assert found.converged
    assert found.base_rate == pytest.approx(0.15, abs=0.02)
    assert np.mean((found.p_bad > 0.5) == bad) > 0.98
    for rater, (sensitivity, specificity) in RATES.items():
        reviewer = found.of(rater)
        assert reviewer.sensitivity == pytest.approx(sensitivity, abs=0.07), rater
        assert reviewer.specificity == pytest.approx(specificity, abs=0.04), rater
        assert reviewer.n_votes == 1500


def test_the_votes_of_constant_sayers_and_guessers_weigh_almost_nothing() -> None:
    found = reviewer_reliability(crowd()[0])
    assert found.of("always fine").sensitivity < 0.05
    assert found.of("always fine").weight_fine == pytest.approx(0, abs=0.05)
    assert found.of("always bad").weight_bad == pytest.approx(0, abs=0.05)
    assert found.of("guesses").weight_bad == pytest.approx(0, abs=0.25)
    useful = found.of("usual").information
    assert useful > 0.15
    for rater in ("always fine", "always bad", "guesses"):
        assert found.of(rater).information < 0.1 * useful
    assert found.of("careful").information > useful


def test_an_adversary_counts_the_other_way_round_and_moves_nobody_else() -> None:
    found = reviewer_reliability(crowd()[0])
    assert found.of("adversary").weight_bad < -1
    assert found.of("adversary").weight_fine > 1
    assert found.of("adversary").agreement < 0.3


def test_spammers_do_not_buy_agreement_by_saying_what_is_common() -> None:
    """Agreement alone would trust who always says fine; information does not."""
    found = reviewer_reliability(crowd()[0])
    lazy, strict = found.of("always fine"), found.of("strict")
    assert lazy.agreement == pytest.approx(0.85, abs=0.03)
    assert lazy.agreement > strict.agreement
    assert lazy.information < strict.information / 10


HONEST = {f"honest {k}": (0.85, 0.93) for k in range(6)}


def test_a_newcomer_with_one_wrong_vote_stays_near_the_crowd_and_one_with_200_does_not() -> None:
    votes, bad = crowd({f"honest {k}": (0.85, 0.93) for k in range(20)}, items=400)
    fine_items = [item for item, is_bad in enumerate(bad) if not is_bad]
    once = [(item, "once wrong", True) for item in fine_items[:1]]
    often = [(item, "often wrong", True) for item in fine_items[:200]]
    found = reviewer_reliability(votes + once + often)
    crowd_specificity = found.newcomer.specificity
    assert crowd_specificity == pytest.approx(0.9, abs=0.03)
    assert crowd_specificity - 0.1 < found.of("once wrong").specificity < crowd_specificity
    assert found.of("once wrong").sensitivity == pytest.approx(found.newcomer.sensitivity, abs=0.02)
    assert found.of("often wrong").specificity < 0.15


def test_somebody_who_never_voted_is_the_mean_of_the_crowd() -> None:
    votes, _bad = crowd(HONEST)
    found = reviewer_reliability(votes)
    assert found.of("never seen") == found.newcomer
    assert found.newcomer.sensitivity == pytest.approx(0.85, abs=0.05)
    assert found.newcomer.specificity == pytest.approx(0.93, abs=0.03)
    assert found.newcomer.n_votes == 0
    assert math.isnan(found.newcomer.agreement)


def test_whoever_votes_a_lot_does_not_speak_for_the_crowd() -> None:
    """One careless person casts half of all votes, but is one of seven people."""
    votes, _bad = crowd({**HONEST, "everywhere": (0.5, 0.6)}, items=1200)
    found = reviewer_reliability([vote for vote in votes if vote[1] == "everywhere" or vote[0] in range(200)])
    assert found.newcomer.specificity > 0.85


def test_without_votes_everybody_is_what_the_prior_says() -> None:
    found = reviewer_reliability([], prior=Prior(sensitivity=0.7, specificity=0.8, base_rate=0.2))
    assert (found.items, found.raters) == ((), ())
    assert found.p_bad.shape == found.agreement.shape == found.information.shape == (0,)
    assert found.sensitivity_interval.shape == (0, 2)
    assert found.newcomer.sensitivity == pytest.approx(0.7)
    assert found.newcomer.specificity == pytest.approx(0.8)
    assert found.base_rate == pytest.approx(0.2)
    assert found.p_bad_of("anything") == pytest.approx(0.2)
    assert found.converged


@pytest.mark.parametrize("said", [True, False])
def test_one_vote_moves_everything_a_little(said: bool) -> None:
    found = reviewer_reliability([("item", "rater", said)])
    assert (found.p_bad_of("item") > 0.1) == said
    assert 0.01 < found.p_bad_of("item") < 0.6
    assert found.of("rater").sensitivity == pytest.approx(0.8, abs=0.1)
    assert found.of("rater").specificity == pytest.approx(0.9, abs=0.1)
    assert math.isnan(found.of("rater").agreement)


@pytest.mark.parametrize("said", [True, False])
def test_where_all_say_the_same_nobody_becomes_an_adversary(said: bool) -> None:
    found = reviewer_reliability([(item, rater, said) for item in range(50) for rater in "abc"])
    assert ((found.p_bad > 0.5) == said).all()
    assert found.newcomer.sensitivity + found.newcomer.specificity > 1
    assert found.of("a").agreement == 1


def test_a_single_rater_is_believed_as_far_as_the_prior_goes() -> None:
    found = reviewer_reliability([(item, "a", item % 5 == 0) for item in range(100)])
    assert found.p_bad[0] == pytest.approx(0.45, abs=0.05)
    assert found.p_bad[1] == pytest.approx(0.025, abs=0.02)
    assert found.of("a").sensitivity == pytest.approx(0.8, abs=0.05)


def test_known_items_stay_known_and_turn_a_wrong_majority_over() -> None:
    votes, bad = crowd({"right": (0.95, 0.95), "wrong": (0.2, 0.2), "wrong too": (0.2, 0.2)}, items=400, base_rate=0.4)
    known: dict[Hashable, bool] = {item: bad[item] for item in range(100)}
    found = reviewer_reliability(votes, known={**known, "nobody voted on it": True})
    assert [found.p_bad_of(item) for item in known] == [float(is_bad) for is_bad in known.values()]
    assert np.mean((found.p_bad > 0.5) == bad) > 0.9
    assert found.of("right").weight_bad > 1
    assert found.of("wrong").weight_bad < -1
    reviewer = found.of("right")
    assert reviewer.n_known == 100
    says = {item: said for item, rater, said in votes if rater == "right"}
    assert reviewer.known_right == sum(says[item] == is_bad for item, is_bad in known.items())


def test_a_crowd_that_is_always_wrong_does_not_make_newcomers_adversaries() -> None:
    votes: list[Triple] = [(item, rater, item >= 20) for item in range(40) for rater in "abcdefghijklmnop"]
    found = reviewer_reliability(votes, known={item: item < 20 for item in range(40)})
    assert found.of("a").sensitivity < 0.5
    assert (found.newcomer.sensitivity, found.newcomer.specificity) == (0.8, 0.9)


def test_the_posterior_is_bayes_rule_under_the_rates() -> None:
    votes, _bad = crowd({"a": (0.6, 0.99), "b": (0.7, 0.97), "c": (0.5, 0.98), "d": (0.6, 0.98)}, items=200)
    found = reviewer_reliability(votes)
    for item in found.items:
        odds = found.base_rate / (1 - found.base_rate)
        for of_what, rater, says_bad in votes:
            if of_what == item:
                reviewer = found.of(rater)
                odds *= math.exp(reviewer.weight_bad if says_bad else reviewer.weight_fine)
        assert found.p_bad_of(item) == pytest.approx(odds / (1 + odds), abs=1e-3)


def test_known_items_do_not_tell_how_common_bad_ones_are() -> None:
    votes, bad = crowd(HONEST, items=1000)
    known = {item: True for item, is_bad in enumerate(bad) if is_bad and item < 900}
    left = sum(is_bad for item, is_bad in enumerate(bad) if item not in known) / (1000 - len(known))
    assert reviewer_reliability(votes, known=known).base_rate == pytest.approx(left, abs=0.01)


def test_agreement_leaves_out_ones_own_votes() -> None:
    """Each of two people sees only the other, and however often they repeat themselves, they do not see themselves."""
    votes: list[Triple] = [(item, "a", item < 3) for item in range(9)] * 3
    votes += [(item, "b", item < 1) for item in range(9)]
    found = reviewer_reliability([*votes, ("alone", "a", True), ("alone", "a", True)])
    assert found.of("a").agreement == pytest.approx(7 / 9)
    assert found.of("b").agreement == pytest.approx(7 / 9)


def test_with_others_who_are_of_two_minds_half_a_vote_agrees() -> None:
    everybody_is_equal = Prior(0.8, 0.8, strength=1e12, people=1e12, base_rate=0.5, items=1e12)
    votes: list[Triple] = [("item", "a", True), ("item", "b", True), ("item", "c", False)]
    found = reviewer_reliability(votes, prior=everybody_is_equal)
    assert [found.of(rater).agreement for rater in "abc"] == [0.5, 0.5, 0]


def test_on_known_items_agreement_is_with_the_truth() -> None:
    votes: list[Triple] = [(item, "a", True) for item in range(4)]
    found = reviewer_reliability(votes, known={0: True, 1: False, 2: False})
    assert found.of("a").agreement == pytest.approx(1 / 3)
    assert (found.of("a").n_known, found.of("a").known_right) == (3, 1)


def test_intervals_hold_the_truth_about_as_often_as_they_say_and_narrow_with_votes() -> None:
    chance = np.random.default_rng(8)
    rates = {f"rater {k}": (float(chance.beta(8, 2)), float(chance.beta(18, 2))) for k in range(40)}
    found = reviewer_reliability(crowd(rates, items=300)[0], level=0.9)
    truth = np.array(list(rates.values()))
    for column, interval in ((0, found.sensitivity_interval), (1, found.specificity_interval)):
        inside = (interval[:, 0] <= truth[:, column]) & (truth[:, column] <= interval[:, 1])
        assert 0.75 <= inside.mean() <= 1
    low, high = found.of("rater 0").specificity_interval
    assert low < found.of("rater 0").specificity < high
    new_low, new_high = found.newcomer.specificity_interval
    assert high - low < new_high - new_low
    wide = reviewer_reliability(crowd(rates, items=300)[0], level=0.99).of("rater 0").specificity_interval
    assert wide[0] < low < high < wide[1]


@st.composite
def tables(draw: st.DrawFn) -> list[Triple]:
    """Perhaps no votes; raters may repeat themselves, and leave items out."""
    cell = st.tuples(st.integers(0, 4), st.integers(0, 3), st.booleans())
    return draw(st.lists(cell, max_size=25))


@given(votes=tables(), known=st.dictionaries(st.integers(0, 5), st.booleans()))
def test_bad_and_fine_never_change_places(votes: list[Triple], known: dict[Hashable, bool]) -> None:
    found = reviewer_reliability(votes, known=known)
    assert found.newcomer.sensitivity + found.newcomer.specificity > 1
    assert found.newcomer.weight_bad > 0 > found.newcomer.weight_fine
    assert np.isfinite(found.p_bad).all()
    assert 0 < found.base_rate < 1
    for rates in (found.sensitivity, found.specificity):
        assert ((rates > 0) & (rates < 1)).all()
    assert (found.known_right <= found.n_known).all()
    assert (found.n_known <= found.n_votes).all()
    assert found.n_votes.sum() == len(votes)


@given(votes=tables(), chance=st.randoms(use_true_random=False))
def test_neither_names_nor_the_order_of_votes_matter(votes: list[Triple], chance: Any) -> None:
    other = [(f"item {item}", f"rater {rater}", said) for item, rater, said in votes]
    chance.shuffle(other)
    one, two = reviewer_reliability(votes, max_iterations=10), reviewer_reliability(other, max_iterations=10)
    for item in one.items:
        assert two.p_bad_of(f"item {item}") == pytest.approx(one.p_bad_of(item), abs=1e-6)
    for rater in one.raters:
        a, b = one.of(rater), two.of(f"rater {rater}")
        assert (b.sensitivity, b.specificity) == pytest.approx((a.sensitivity, a.specificity), abs=1e-6)
        assert b.agreement == pytest.approx(a.agreement, nan_ok=True)


@given(votes=tables())
def test_bad_and_fine_are_treated_alike(votes: list[Triple]) -> None:
    """Turn every vote and the prior around: everything else turns around too."""
    prior = Prior(sensitivity=0.7, specificity=0.9, base_rate=0.3)
    turned = Prior(sensitivity=0.9, specificity=0.7, base_rate=0.7)
    one = reviewer_reliability(votes, prior=prior, max_iterations=10)
    two = reviewer_reliability([(i, r, not said) for i, r, said in votes], prior=turned, max_iterations=10)
    assert two.p_bad == pytest.approx(1 - one.p_bad, abs=1e-6)
    assert two.sensitivity == pytest.approx(one.specificity, abs=1e-6)
    assert two.information == pytest.approx(one.information, abs=1e-6)


def test_raters_without_votes_in_coded_votes_are_newcomers() -> None:
    column = np.array([0], dtype=np.int32)
    found = reviewer_reliability(Votes(("i",), ("a", "b"), (True, False), column, column, column))
    assert found.p_bad_of("i") > 0.1
    assert found.of("b").sensitivity == pytest.approx(found.newcomer.sensitivity)
    assert math.isnan(found.of("b").agreement)


def test_arguments_that_make_no_sense_are_errors() -> None:
    with pytest.raises(ValueError, match=r"Votes must be True .* but there is 'bad'"):
        reviewer_reliability([("i", "a", "bad")])
    with pytest.raises(ValueError, match=r"Known items must be True .* but there is 'bad'"):
        reviewer_reliability([("i", "a", True)], known={"i": "bad"})  # type: ignore[dict-item]
    with pytest.raises(ValueError, match="level"):
        reviewer_reliability([], level=1)
    for wrong, words in [
        ({"sensitivity": 1}, "between 0 and 1"),
        ({"sensitivity": 0.4, "specificity": 0.6}, "more than 1"),
        ({"strength": 0}, "positive"),
        ({"items": math.nan}, "positive"),
        ({"people": math.inf}, "finite"),
    ]:
        with pytest.raises(ValueError, match=words):
            Prior(**wrong)


@given(*[st.floats(0, 1)] * 3)
def test_information_is_the_entropy_that_one_vote_removes(sensitivity: float, specificity: float, base: float) -> None:
    def entropy(*ps: float) -> float:
        return -sum(p * math.log2(p) for p in ps if p > 0)

    cells = [base * sensitivity, base * (1 - sensitivity), (1 - base) * (1 - specificity), (1 - base) * specificity]
    says_bad = cells[0] + cells[2]
    expected = entropy(base, 1 - base) + entropy(says_bad, 1 - says_bad) - entropy(*cells)
    assert information(sensitivity, specificity, base) == pytest.approx(expected, abs=1e-9)


def test_information_of_known_votes() -> None:
    assert information(1.0, 1.0, 0.5) == pytest.approx(1)
    assert information(0.0, 0.0, 0.5) == pytest.approx(1)
    assert information(0.3, 0.7, 0.1) == pytest.approx(0)
    both = information(np.array([1.0, 0.3]), np.array([1.0, 0.7]), 0.5)
    assert both == pytest.approx([1, 0])
    with pytest.raises(ValueError, match="between 0 and 1"):
        information(1.2, 0.5, 0.5)


def test_a_vote_that_doubles_the_probability_of_the_verdict_tells_one_bit() -> None:
    assert information_gain(0.25, 0.5, True) == pytest.approx(1)
    assert information_gain(0.5, 0.25, True) == pytest.approx(-1)
    assert information_gain(0.75, 0.5, False) == pytest.approx(1)
    assert information_gain(0.001, 0.0005, False) == pytest.approx(0, abs=0.001)
    assert information_gain(0.0, 1.0, True) == pytest.approx(math.log2(1e6), abs=1e-4)
    assert information_gain(0.0, 1.0, True, floor=0.25) == pytest.approx(math.log2(3))
    for wrong in [(-0.1, 0.5, 1e-6), (0.5, 1.1, 1e-6), (0.5, 0.5, 0.5)]:
        with pytest.raises(ValueError, match="between 0 and"):
            information_gain(wrong[0], wrong[1], True, floor=wrong[2])


@given(st.lists(st.floats(0, 1), min_size=2), st.booleans())
def test_the_gains_of_all_votes_sum_to_the_gain_from_first_to_last(path: list[float], outcome: bool) -> None:
    gains = [information_gain(before, after, outcome) for before, after in pairwise(path)]
    assert sum(gains) == pytest.approx(information_gain(path[0], path[-1], outcome), abs=1e-9)


@given(believed=st.floats(0.01, 0.99), reported=st.floats(0.01, 0.99), before=st.floats(0.01, 0.99))
def test_nobody_expects_more_by_saying_what_they_do_not_believe(
    believed: float, reported: float, before: float
) -> None:
    def expected(p: float) -> float:
        return believed * information_gain(before, p, True) + (1 - believed) * information_gain(before, p, False)

    assert expected(believed) >= expected(reported) - 1e-9


def test_a_reviewer_shows_the_weight_of_their_votes() -> None:
    reviewer = Reviewer(0.8, 0.9, (0.7, 0.9), (0.8, 0.95), 0.9, 5, 0, 0, 0.3)
    assert reviewer.weight_bad == pytest.approx(math.log(8))
    assert reviewer.weight_fine == pytest.approx(math.log(2 / 9))
