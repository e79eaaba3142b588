"""Bradley-Terry: against choix, against a likelihood written anew, and what must hold for any comparisons."""

from __future__ import annotations

from itertools import permutations

import choix
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from ranking import Strengths, bradley_terry

Win = tuple[int, int]
Result = tuple[int, int, float]

N_ITEMS = 5
SPREADS = st.sampled_from([0.3, 1.0, 3.0, 10.0])

two_items = st.lists(st.integers(0, N_ITEMS - 1), min_size=2, max_size=2, unique=True)
wins = st.lists(two_items.map(lambda two: (two[0], two[1])), min_size=1, max_size=25)
results = st.lists(
    st.tuples(two_items, st.sampled_from([0.0, 0.5, 1.0])).map(lambda drawn: (*drawn[0], drawn[1])),
    min_size=1,
    max_size=12,
)


@settings(max_examples=40, deadline=None)
@given(wins, SPREADS)
def test_strengths_are_those_of_choix(data: list[Win], spread: float) -> None:
    found = bradley_terry(data, spread=spread)
    expected = choix.opt_pairwise(N_ITEMS, data, alpha=1 / (2 * spread**2), tol=1e-7)
    assert found.strength == pytest.approx({item: expected[item] for item in found.items}, abs=1e-4)


def davidson(params: np.ndarray, data: list[Result], spread: float) -> float:
    """Minus the log posterior of strengths and log nu, as the paper writes it."""
    strengths, log_nu = params[:-1], params[-1]
    total = (strengths**2).sum() / (2 * spread**2) + (log_nu - np.log(0.5)) ** 2 / 2
    for one, other, result in data:
        worth_one, worth_other = np.exp(strengths[one]), np.exp(strengths[other])
        tie = np.exp(log_nu) * np.sqrt(worth_one * worth_other)
        happened = {1.0: worth_one, 0.5: tie, 0.0: worth_other}[result]
        total -= np.log(happened / (worth_one + worth_other + tie))
    return float(total)


@settings(max_examples=25, deadline=None)
@given(results, st.sampled_from([0.5, 1.0, 3.0]))
def test_ties_are_those_of_davidson(data: list[Result], spread: float) -> None:
    data = [*data, (0, 1, 0.5)]
    found = bradley_terry(data, spread=spread)
    best = minimize(davidson, np.zeros(N_ITEMS + 1), (data, spread), method="BFGS", options={"gtol": 1e-6})
    assert found.strength == pytest.approx({item: best.x[item] for item in found.items}, abs=1e-3)
    assert found.tie == pytest.approx((1.0, np.exp(best.x[-1])), abs=1e-3)
    log_nu = np.log(found.tie[1])
    at_top = np.array([*(found.strength.get(item, 0.0) for item in range(N_ITEMS)), log_nu])
    without_priors = davidson(at_top, data, 1e9) - (log_nu - np.log(0.5)) ** 2 / 2
    assert -found.log_likelihood == pytest.approx(without_priors, abs=1e-6)


def test_many_ties_beside_a_clear_difference_are_followed_to_the_top() -> None:
    """Strength and weight of ties hang together so much here that each alone hardly moves."""
    found = bradley_terry([("a", "b")] * 7000 + [("a", "b", 0.5)] * 3000)
    assert found.converged
    strength, nu = found.strength["a"], found.tie[1]
    win, tie, loss = np.exp(strength), nu, np.exp(-strength)
    # At the top, what happened beyond what was expected is just what the priors hold back.
    each = 10_000 / (win + tie + loss)
    assert 7000 + 3000 / 2 - each * (win + tie / 2) == pytest.approx(strength, abs=1e-4)
    assert 3000 - each * tie == pytest.approx(np.log(nu / 0.5), abs=1e-4)


def test_too_few_steps_are_told() -> None:
    cut_short, enough = (bradley_terry([("a", "b")] * 9 + [("a", "b", 0.5)], steps=steps) for steps in (2, 50))
    assert (cut_short.converged, cut_short.iterations) == (False, 2)
    assert enough.converged
    assert enough.iterations < 50


def test_an_answer_equals_itself_alone() -> None:
    found = bradley_terry([("a", "b")])
    assert found == found
    assert found != bradley_terry([("a", "b")])


def test_a_given_weight_of_ties_is_kept() -> None:
    found = bradley_terry([("a", "b", 0.5), ("a", "b", 1.0)], tie=0.8)
    assert found.tie == (1.0, 0.8)


def test_a_single_vote_gives_finite_strengths() -> None:
    found = bradley_terry([("a", "b")])
    # At the top of log expit(2x) - x² the two sides are 2 / (1 + exp(2x)) = 2x.
    assert found.strength == pytest.approx({"a": 0.337, "b": -0.337}, abs=2e-3)
    assert found.order == [["a"], ["b"]]
    assert 0.5 < found.p_chosen("a", "b") < found.p_better("a", "b") < 1
    assert found.p_chosen("b", "a") == pytest.approx(1 - found.p_chosen("a", "b"))


@pytest.mark.parametrize("spread", [1.0, 100.0])
def test_whoever_won_every_comparison_is_strong_but_finite(spread: float) -> None:
    found = bradley_terry([("a", "b")] * 500 + [("b", "c"), ("c", "b")], spread=spread)
    assert np.isfinite(found.log_strength).all()
    assert np.isfinite(found.covariance).all()
    assert found.order[0] == ["a"]
    low, high = found.interval("a", "b")
    assert 0 <= low <= found.p_chosen("a", "b") <= high <= 1
    assert 3 < found.strength["a"] - found.strength["b"] < 20


@settings(max_examples=40, deadline=None)
@given(results, st.randoms(use_true_random=False))
def test_neither_names_nor_order_nor_direction_matter(data: list[Result], chance: object) -> None:
    before = bradley_terry(data)
    names = dict(enumerate(chance.sample("vwxyz", N_ITEMS)))
    turned = [(names[b], names[a], 1 - r) if chance.random() < 0.5 else (names[a], names[b], r) for a, b, r in data]
    chance.shuffle(turned)
    after = bradley_terry(turned)
    assert {names[item]: s for item, s in before.strength.items()} == pytest.approx(dict(after.strength), abs=1e-6)
    assert before.tie == pytest.approx(after.tie, abs=1e-6)
    assert before.log_likelihood == pytest.approx(after.log_likelihood, abs=1e-6)
    for a, b in permutations(before.items, 2):
        assert before.p_better(a, b) == pytest.approx(after.p_better(names[a], names[b]), abs=1e-6)


def test_items_that_are_treated_alike_share_a_group() -> None:
    pairs: list[tuple[str, str, float]] = [("a", "c", 1), ("b", "c", 1), ("d", "c", 0), ("a", "b", 0.5)]
    found = bradley_terry(pairs)
    assert [sorted(group) for group in found.order] == [["a", "b"], ["c"], ["d"]]
    assert found.p_better("a", "b") == pytest.approx(0.5)


def test_a_circle_makes_all_equal() -> None:
    found = bradley_terry([("a", "b"), ("b", "c"), ("c", "a")])
    assert [sorted(group) for group in found.order] == [["a", "b", "c"]]


def test_more_ballots_for_it_bring_nearer_to_certainty() -> None:
    few, many = bradley_terry([("a", "b")] * 2), bradley_terry([("a", "b")] * 20)
    assert few.p_better("a", "b") < many.p_better("a", "b")
    assert few.p_chosen("a", "b") < many.p_chosen("a", "b")


def test_nothing_compared_gives_no_items() -> None:
    found: Strengths[str] = bradley_terry([])
    assert (found.items, found.order, dict(found.strength)) == ((), [], {})
    assert found.covariance.shape == (0, 0)
    assert found.log_likelihood == 0


def test_an_item_that_was_not_compared_is_not_there() -> None:
    with pytest.raises(KeyError):
        bradley_terry([("a", "b")]).p_chosen("a", "z")


@pytest.mark.parametrize("spread", [0.0, -1.0, float("nan"), 1e-200, 1e10, float("inf")])
def test_a_spread_that_cannot_be_computed_with_is_refused(spread: float) -> None:
    with pytest.raises(ValueError, match="spread"):
        bradley_terry([("a", "b")], spread=spread)


@pytest.mark.parametrize("steps", [0, -1])
def test_no_steps_are_refused(steps: int) -> None:
    with pytest.raises(ValueError, match="steps"):
        bradley_terry([], steps=steps)


@pytest.mark.parametrize("tie", [-1.0, 0.0, float("nan"), float("inf")])
def test_a_weight_that_makes_ties_impossible_is_refused(tie: float) -> None:
    with pytest.raises(ValueError, match="tie is"):
        bradley_terry([("a", "b", 0.5)], tie=tie)


def test_ties_may_be_ruled_out_where_there_are_none() -> None:
    assert bradley_terry([("a", "b")], tie=0.0).strength == bradley_terry([("a", "b")]).strength


def test_ties_that_could_have_been_but_were_not_tell_the_two_apart() -> None:
    possible, impossible = bradley_terry([("a", "b")] * 3, tie=2.0), bradley_terry([("a", "b")] * 3)
    assert possible.strength["a"] > impossible.strength["a"]


@pytest.mark.parametrize(
    ("pair", "message"),
    [
        (("a", "a"), "with itself"),
        (("a", "a", 0.5), "with itself"),
        (("a", "b", 0.7), "result of a pair"),
        (("a", "b", 2), "result of a pair"),
        (("a", "b", float("nan")), "result of a pair"),
        (("a",), "winner, loser"),
        (("a", "b", 1, 1), "winner, loser"),
        ("ab", "winner, loser"),
        (5, "winner, loser"),
        ((["a"], ["b"]), "winner, loser"),
    ],
)
def test_what_is_no_comparison_is_refused(pair: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        bradley_terry([pair])
