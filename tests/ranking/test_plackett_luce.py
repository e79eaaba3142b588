"""Plackett-Luce: against choix, Bradley-Terry and a likelihood written anew; and a simulated crowd of rankers."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from math import exp, log
from typing import Any

import choix
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from ranking import Adherences, BallotError, TooManyTies, bradley_terry, plackett_luce, plackett_luce_with_adherence

N_ITEMS = 5

Ballot = list[list[int]]
Ranking = tuple[int, int, Ballot]

orders = st.permutations(range(N_ITEMS)).flatmap(lambda p: st.integers(2, N_ITEMS).map(lambda n: p[:n]))


@st.composite
def tied_ballots(draw: st.DrawFn, items: int = 4, largest: int = 2) -> Ballot:
    left, ballot = list(draw(st.permutations(range(items)))), []
    while left:
        size = draw(st.integers(1, largest))
        ballot.append(left[:size])
        left = left[size:]
    return ballot[: draw(st.integers(1, len(ballot)))]


@settings(max_examples=25, deadline=None)
@given(st.lists(orders, min_size=1, max_size=10), st.sampled_from([0.3, 1.0, 3.0, 10.0]))
def test_strengths_are_those_of_choix(data: list[list[int]], spread: float) -> None:
    found = plackett_luce([[[item] for item in order] for order in data], spread=spread)
    expected = choix.opt_rankings(N_ITEMS, data, alpha=1 / (2 * spread**2), tol=1e-7)
    assert found.strength == pytest.approx({item: expected[item] for item in found.items}, abs=1e-4)


def turner(params: np.ndarray, ballots: list[Ballot], adherence: list[float], spread: float, largest: int) -> float:
    """Minus the log posterior of strengths and logs of tie weights, choice by choice."""
    strengths, log_tie = params[: len(params) - largest + 1], [0.0, *params[len(params) - largest + 1 :]]
    total = (strengths**2).sum() / (2 * spread**2) + sum((t - log(0.5)) ** 2 / 2 for t in log_tie[1:])

    def weight(items: tuple[int, ...], follows: float) -> float:
        return exp(log_tie[len(items) - 1] + follows * sum(strengths[item] for item in items) / len(items))

    for ballot, follows in zip(ballots, adherence, strict=True):
        for place, chosen in enumerate(ballot):
            left = [item for tied in ballot[place:] for item in tied]
            if len(left) > 1:
                sets = (some for size in range(1, largest + 1) for some in combinations(left, size))
                total -= log(weight(tuple(chosen), follows) / sum(weight(some, follows) for some in sets))
    return float(total)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(tied_ballots(), st.sampled_from([0.3, 1.0, 1.5])), min_size=1, max_size=5))
def test_ties_and_adherence_are_those_of_the_papers(cast: list[tuple[Ballot, float]]) -> None:
    ballots, adherence = [[[0, 1], [2], [3]], *(b for b, _a in cast)], [1.0, *(a for _b, a in cast)]
    found = plackett_luce(ballots, adherence=adherence, spread=1.2)
    best = minimize(turner, np.zeros(5), (ballots, adherence, 1.2, 2), method="BFGS", options={"gtol": 1e-6})
    assert [found.strength[item] for item in range(4)] == pytest.approx(best.x[:4], abs=1e-3)
    assert found.tie == pytest.approx((1.0, exp(best.x[4])), abs=1e-3)


def test_many_ties_beside_a_clear_difference_are_followed_to_the_top() -> None:
    pairs = bradley_terry([("a", "b")] * 700 + [("a", "b", 0.5)] * 300)
    found = plackett_luce([[["a"], ["b"]]] * 700 + [[["a", "b"]]] * 300)
    assert found.converged
    assert found.strength == pytest.approx(dict(pairs.strength), abs=1e-8)
    assert found.tie == pytest.approx(pairs.tie, abs=1e-7)


def test_too_few_steps_are_told() -> None:
    ballots: list[Ballot] = [[[0, 1], [2]], [[0], [1], [2]]] * 5
    cut_short, enough = plackett_luce(ballots, steps=1), plackett_luce(ballots)
    assert (cut_short.converged, enough.converged) == (False, True)
    assert cut_short.iterations == 2  # One for the strengths, and one more after the weights of ties moved.
    assert not plackett_luce(ballots, tie=[1.0, 0.5], steps=1).converged
    assert not plackett_luce_with_adherence([(1, 1, ballots[0]), (1, 2, ballots[1])], steps=1).converged


def test_ties_of_three_are_those_of_the_papers() -> None:
    ballots: list[Ballot] = [[[0, 1, 2], [3]], [[0], [1, 2], [3]], [[1], [0], [3], [2]], [[0], [1, 2, 3]]]
    found = plackett_luce(ballots)
    best = minimize(turner, np.zeros(6), (ballots, [1.0] * 4, 1.0, 3), method="BFGS", options={"gtol": 1e-6})
    assert [found.strength[item] for item in range(4)] == pytest.approx(best.x[:4], abs=1e-3)
    assert found.tie == pytest.approx((1.0, exp(best.x[4]), exp(best.x[5])), abs=1e-3)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.lists(st.integers(0, N_ITEMS - 1), min_size=2, max_size=2, unique=True), st.sampled_from([1, 0.5])
        ),
        min_size=1,
        max_size=12,
    ),
    st.sampled_from([0.5, 1.0, 3.0]),
)
def test_on_ballots_of_two_it_is_bradley_terry(data: list[tuple[list[int], float]], spread: float) -> None:
    pairs = bradley_terry([(a, b, result) for (a, b), result in data], spread=spread)
    found = plackett_luce([[[a], [b]] if result == 1 else [[a, b]] for (a, b), result in data], spread=spread)
    assert found.strength == pytest.approx(dict(pairs.strength), abs=1e-5)
    assert found.tie == pytest.approx(pairs.tie, abs=1e-5)
    assert found.log_likelihood == pytest.approx(pairs.log_likelihood, abs=1e-4)
    assert found.items == pairs.items
    assert found.covariance == pytest.approx(pairs.covariance, abs=1e-4)


@settings(max_examples=25, deadline=None)
@given(st.lists(tied_ballots(largest=3), min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_neither_names_nor_the_order_of_ballots_matter(ballots: list[Ballot], chance: object) -> None:
    names = dict(enumerate(chance.sample("wxyz", 4)))
    renamed = [[[names[item] for item in chance.sample(tied, len(tied))] for tied in ballot] for ballot in ballots]
    chance.shuffle(renamed)
    before, after = plackett_luce(ballots), plackett_luce(renamed)
    assert {names[item]: s for item, s in before.strength.items()} == pytest.approx(dict(after.strength), abs=1e-6)
    assert before.tie == pytest.approx(after.tie, abs=1e-6)
    for a, b in combinations(before.items, 2):
        assert before.p_better(a, b) == pytest.approx(after.p_better(names[a], names[b]), abs=1e-6)


def test_a_single_ballot_and_unanimous_ones_give_finite_strengths() -> None:
    for ballots in ([[["a"], ["b"], ["c"]]], [[["a"], ["b"], ["c"]]] * 300):
        found = plackett_luce(ballots, spread=20.0)
        assert np.isfinite(found.log_strength).all()
        assert np.isfinite(found.covariance).all()
        assert found.order == [["a"], ["b"], ["c"]]


def test_items_that_are_treated_alike_share_a_group() -> None:
    found = plackett_luce([[["a"], ["b"], ["c"]], [["b"], ["a"], ["c"]], [["a", "b"], ["c"]]])
    assert [sorted(group) for group in found.order] == [["a", "b"], ["c"]]
    everything_tied = plackett_luce([[["a", "b", "c"]]] * 3)
    assert [sorted(group) for group in everything_tied.order] == [["a", "b", "c"]]


def test_a_ranker_of_adherence_0_says_nothing() -> None:
    with_them = plackett_luce([[["a"], ["b"]], [["b"], ["a"]], [["b"], ["a"]]], adherence=[1, 0, 0])
    without = plackett_luce([[["a"], ["b"]]])
    assert with_them.strength == pytest.approx(dict(without.strength))


def test_no_ballots_give_no_items() -> None:
    assert plackett_luce([]).items == ()
    assert plackett_luce([]).order == []
    assert plackett_luce([[]]).order == []


def test_a_single_item_has_strength_0() -> None:
    found = plackett_luce([[["a"]], [["a"]]])
    assert found.strength == {"a": 0.0}
    assert found.order == [["a"]]
    assert found.log_likelihood == 0


@pytest.mark.parametrize("spread", [0.0, -1.0, float("nan"), 1e-200, 1e10, float("inf")])
def test_a_spread_that_cannot_be_computed_with_is_refused(spread: float) -> None:
    with pytest.raises(ValueError, match="spread"):
        plackett_luce([[["a"], ["b"]]], spread=spread)
    with pytest.raises(ValueError, match="spread"):
        plackett_luce_with_adherence([(1, 1, [["a"], ["b"]])], spread=spread)


@pytest.mark.parametrize("tie", [[], [2.0], [1.0, 0.0], [1.0, -1.0], [1.0, float("nan")]])
def test_weights_that_make_ties_impossible_are_refused(tie: list[float]) -> None:
    with pytest.raises(ValueError, match="tie is"):
        plackett_luce([[["a", "b"]]], tie=tie)
    with pytest.raises(ValueError, match="tie is"):
        plackett_luce([], tie=tie)
    with pytest.raises(ValueError, match="tie is"):
        plackett_luce_with_adherence([(1, 1, [["a", "b"]])], tie=tie)


def test_given_weights_go_on_as_they_began() -> None:
    assert plackett_luce([[["a", "b", "c"], ["d"]]], tie=[1.0, 0.4]).tie == pytest.approx((1.0, 0.4, 0.16))


@pytest.mark.parametrize("concentration", [1.0, 0.0, float("nan"), float("inf")])
def test_a_prior_that_has_no_top_is_refused(concentration: float) -> None:
    with pytest.raises(ValueError, match="concentration"):
        plackett_luce_with_adherence([(1, 1, [["a"], ["b"]])], concentration=concentration)


def test_adherences_that_do_not_fit_the_ballots_are_refused() -> None:
    with pytest.raises(BallotError, match="2 ballots, but 1 adherences"):
        plackett_luce([[["a"], ["b"]]] * 2, adherence=[1.0])


@pytest.mark.parametrize("adherence", [float("nan"), float("inf"), -1.0, 1e50, "1", None])
def test_an_adherence_that_is_no_number_from_0_on_is_refused(adherence: Any) -> None:
    with pytest.raises(BallotError, match="adherence"):
        plackett_luce([[["a"], ["b"]]], adherence=[adherence])


@pytest.mark.parametrize("steps", [0, -1])
def test_no_steps_are_refused(steps: int) -> None:
    with pytest.raises(ValueError, match="steps"):
        plackett_luce([], steps=steps)
    with pytest.raises(ValueError, match="steps"):
        plackett_luce_with_adherence([], steps=steps)


@pytest.mark.parametrize("ranking", [("group", [["a"], ["b"]]), 5, ("group", ["unhashable"], [["a"]])])
def test_what_is_no_ranking_is_refused(ranking: object) -> None:
    with pytest.raises(ValueError, match="group, ranker, ballot"):
        plackett_luce_with_adherence([ranking])


def test_an_item_named_twice_is_refused() -> None:
    with pytest.raises(BallotError, match="twice"):
        plackett_luce([[["a"], ["b", "a"]]])


def test_ties_too_large_to_list_are_refused() -> None:
    with pytest.raises(TooManyTies, match="break the largest ties up"):
        plackett_luce([[list(range(10)), list(range(10, 20))]])


# A crowd of rankers.

HONEST, REVERSED = range(24), range(24, 28)
NEWCOMER = 28
SPREAD = 1.4


@dataclass(frozen=True)
class Crowd:
    rankings: list[Ranking]
    truth: np.ndarray
    """How closely each ranker follows the strengths; negative for who ranks upside down."""
    strengths: np.ndarray


def crowd(truth: np.ndarray, *, groups: int = 300, items: int = 4, ballots: int = 5, seed: int = 1) -> Crowd:
    """Rankings drawn from the model: the order of strength plus Gumbel noise is Plackett-Luce (Yellott 1977)."""
    rng = np.random.default_rng(seed)
    strengths = rng.normal(0, SPREAD, (groups, items))
    rankings: list[Ranking] = []
    for group in range(groups):
        for ranker in rng.choice(len(truth), ballots, replace=False).tolist():
            order = np.argsort(-(truth[ranker] * strengths[group] + rng.gumbel(size=items))).tolist()
            rankings.append((group, ranker, [[item] for item in order]))
    return Crowd(rankings, truth, strengths)


@pytest.fixture(scope="module")
def honest() -> tuple[Crowd, Adherences[int, int]]:
    truth = np.random.default_rng(2).gamma(6, 1 / 6, len(HONEST))
    made = crowd(truth / truth.mean())
    return made, plackett_luce_with_adherence(made.rankings)


@pytest.fixture(scope="module")
def mixed() -> tuple[Crowd, Adherences[int, int]]:
    made = crowd(np.array([1.0] * len(HONEST) + [-1.0] * len(REVERSED)))
    once = made.strengths[0].argsort()[::-1].tolist()
    made.rankings.append((0, NEWCOMER, [[item] for item in once]))
    return made, plackett_luce_with_adherence(made.rankings)


def test_adherences_follow_the_true_ones(honest: tuple[Crowd, Adherences[int, int]]) -> None:
    made, found = honest
    estimated = [found.of[ranker] for ranker in HONEST]
    assert found.converged
    assert np.corrcoef(estimated, made.truth)[0, 1] > 0.8
    assert np.polyfit(made.truth, estimated, 1)[0] > 0.4  # Few ballots hold everybody near 1, but not all the way.


def test_the_spread_of_strengths_is_found(honest: tuple[Crowd, Adherences[int, int]]) -> None:
    assert honest[1].spread == pytest.approx(SPREAD, rel=0.15)


def test_strengths_follow_the_true_ones(honest: tuple[Crowd, Adherences[int, int]]) -> None:
    made, found = honest
    estimated = np.array([[found.strengths[group].strength[item] for item in range(4)] for group in range(300)])
    centred = made.strengths - made.strengths.mean(axis=1, keepdims=True)
    assert np.corrcoef(estimated.ravel(), centred.ravel())[0, 1] > 0.85
    assert found.strengths[0].spread == found.spread


def test_who_ranks_upside_down_is_not_followed(mixed: tuple[Crowd, Adherences[int, int]]) -> None:
    _made, found = mixed
    assert max(found.of[ranker] for ranker in REVERSED) < 0.2
    assert np.mean([found.of[ranker] for ranker in HONEST]) == pytest.approx(1.15, abs=0.15)
    assert min(found.of[ranker] for ranker in HONEST) > 0.7


def test_the_mean_adherence_over_all_choices_is_1(mixed: tuple[Crowd, Adherences[int, int]]) -> None:
    _made, found = mixed
    # Every ballot of four items without ties is three choices.
    assert np.average(found.adherence, weights=found.n_ballots) == pytest.approx(1)


def test_a_newcomer_stays_near_1(mixed: tuple[Crowd, Adherences[int, int]]) -> None:
    _made, found = mixed
    place = found.rankers.index(NEWCOMER)
    assert found.n_ballots[place] == 1
    assert found.of[NEWCOMER] == pytest.approx(1, abs=0.3)
    assert found.error[place] > 0.2 > found.error[found.rankers.index(0)]


def test_the_same_rankings_give_the_same_adherences(mixed: tuple[Crowd, Adherences[int, int]]) -> None:
    made, found = mixed
    again = plackett_luce_with_adherence(iter(made.rankings))
    assert again.of == found.of
    assert again.spread == found.spread


def test_the_order_of_rankings_does_not_matter(mixed: tuple[Crowd, Adherences[int, int]]) -> None:
    made, found = mixed
    turned = plackett_luce_with_adherence(made.rankings[::-1])
    assert {ranker: turned.of[ranker] for ranker in found.of} == pytest.approx(dict(found.of), abs=2e-3)
    assert turned.spread == pytest.approx(found.spread, abs=2e-3)


def test_a_higher_concentration_holds_everybody_closer_to_1() -> None:
    made = crowd(np.array([1.0] * 10 + [-1.0] * 2), groups=30)
    loose = plackett_luce_with_adherence(made.rankings, concentration=2.0, spread=SPREAD)
    tight = plackett_luce_with_adherence(made.rankings, concentration=500.0, spread=SPREAD)
    assert loose.spread == tight.spread == SPREAD
    assert np.std(tight.adherence) < 0.5 * np.std(loose.adherence)
    assert min(tight.adherence) > 0.6


def test_sets_of_different_size_and_incomplete_ballots_are_fitted_together() -> None:
    rankings: list[tuple[object, str, list[list[str]]]] = [
        (1, "p", [["a"], ["b"]]),
        (1, "q", [["b"], ["a"]]),
        (2, "p", [["a"], ["b", "c"], ["d"]]),
    ]
    rankings += [(2, "q", [["a"], ["d"]]), (3, "q", [["x"], ["y"], ["z"]])]
    found = plackett_luce_with_adherence(rankings, spread=1.0)
    assert {group: len(found.strengths[group].items) for group in found.strengths} == {1: 2, 2: 4, 3: 3}
    assert found.strengths[1].strength == pytest.approx({"a": 0, "b": 0}, abs=0.1)
    assert found.strengths[3].order == [["x"], ["y"], ["z"]]
    assert found.n_ballots.tolist() == [2, 3]
    assert len(found.tie) == 2


def test_a_spread_that_one_ballot_a_group_cannot_tell_is_not_called_found() -> None:
    rankings = [(group, "r", [["a"], ["b"], ["c"]]) for group in range(20)]
    assert not plackett_luce_with_adherence(rankings).converged
    assert plackett_luce_with_adherence(rankings, spread=1.0).converged


def test_who_ties_everything_follows_less_the_more_they_tie() -> None:
    rankings: list[tuple[object, str, list[list[str]]]] = [
        (group, who, [["a"], ["b"], ["c"]]) for group in range(20) for who in "pqr"
    ]
    low = [
        plackett_luce_with_adherence([*rankings, *((n, "ties", [["a", "b", "c"]]) for n in range(many))]).of["ties"]
        for many in (1, 3, 20)
    ]
    assert 1.1 > low[0] > low[1] > low[2]
    assert low[2] < 0.4


def test_who_tied_a_little_or_ranked_one_item_stays_near_1_with_a_wide_error() -> None:
    rankings: list[tuple[object, str, list[list[str]]]] = [
        (group, who, [["a"], ["b"], ["c"]]) for group in range(20) for who in "pqr"
    ]
    rankings += [(group, "ties", [["a", "b", "c"]]) for group in range(3)] + [("alone", "one", [["a"]])]
    found = plackett_luce_with_adherence(rankings)
    for who in ("ties", "one"):
        place = found.rankers.index(who)
        assert found.of[who] == pytest.approx(1, abs=0.35)
        assert found.error[place] > found.error[found.rankers.index("p")]
    assert found.n_ballots[found.rankers.index("one")] == 0
    assert found.strengths["alone"].strength == {"a": 0.0}


def test_groups_of_one_item_alone_tell_nothing() -> None:
    found = plackett_luce_with_adherence([(1, "p", [["a"]]), (2, "q", [["b"]]), (3, "q", [])])
    assert found.of == pytest.approx({"p": 1.0, "q": 1.0}, abs=0.11)
    assert min(found.error) > 0.25
    assert found.converged
    assert found.strengths[1].order == [["a"]]
    assert found.strengths[3].order == []


def test_no_rankings_give_no_rankers() -> None:
    found: Adherences[int, int] = plackett_luce_with_adherence([])
    assert (found.rankers, dict(found.of), dict(found.strengths)) == ((), {}, {})
    assert found.converged


def test_an_answer_equals_itself_alone() -> None:
    found = plackett_luce_with_adherence([(1, "p", [["a"], ["b"]])], spread=1.0)
    assert found == found
    assert found != plackett_luce_with_adherence([(1, "p", [["a"], ["b"]])], spread=1.0)
