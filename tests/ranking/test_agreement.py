"""Agreement: published examples, other people's programs, and what must hold for any votes and ballots."""

from __future__ import annotations

import json
from itertools import combinations
from math import isnan
from pathlib import Path
from random import Random
from typing import Any, get_args

import krippendorff
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from ranking.agreement import (
    Level,
    kendall_tau_b,
    kendall_w,
    krippendorff_alpha,
    ranking_agreement,
    raw_agreement,
)
from ranking.ballots import BallotError
from ranking.bootstrap import interval, resampled
from ranking.votes import Votes

VECTORS = Path(__file__).resolve().parents[3] / "shared" / "data" / "vectors" / "krippendorff.json"
LEVELS: tuple[Level, ...] = get_args(Level)

Votes3 = list[tuple[Any, Any, Any]]
Table = list[list[Any]]

#: Krippendorff 2011, example C: four observers, twelve units, and alpha at each level.
FOUR_OBSERVERS: Table = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3],
    [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None],
]
ALPHA_OF_FOUR = {"nominal": 0.743, "ordinal": 0.815, "interval": 0.849, "ratio": 0.797}


def votes_of(table: Table) -> Votes3:
    """One row for each rater, one column for each item."""
    return [(unit, rater, vote) for rater, row in enumerate(table) for unit, vote in enumerate(row) if vote is not None]


def published() -> list[dict[str, Any]]:
    return json.loads(VECTORS.read_text())["cases"] if VECTORS.exists() else []


@pytest.mark.parametrize("level", LEVELS)
def test_the_example_of_krippendorff_comes_out_as_published(level: Level) -> None:
    found = krippendorff_alpha(votes_of(FOUR_OBSERVERS), level)
    assert float(found) == found.alpha == pytest.approx(ALPHA_OF_FOUR[level], abs=0.0005)
    assert (found.n_items, found.n_votes, found.level) == (11, 40, level)
    assert found.alpha == pytest.approx(1 - found.observed / found.expected)
    assert found.low is not None
    assert found.high is not None
    assert found.low < found.alpha < found.high


@pytest.mark.skipif(not VECTORS.exists(), reason=f"the published examples are not on this machine: {VECTORS.name}")
@pytest.mark.parametrize("case", published(), ids=lambda case: case["name"])
def test_a_published_example_comes_out_as_published(case: dict[str, Any]) -> None:
    votes = votes_of(case["raters_by_units"])
    for level, alpha in case["published"].items():
        assert float(krippendorff_alpha(votes, level)) == pytest.approx(alpha, abs=0.0005)
    for level, alpha in case["computed_krippendorff_0_9_0"].items():
        assert float(krippendorff_alpha(votes, level)) == pytest.approx(alpha, abs=1e-7)


tables: st.SearchStrategy[Table] = st.integers(1, 8).flatmap(
    lambda units: st.lists(
        st.lists(st.none() | st.integers(0, 5), min_size=units, max_size=units), min_size=1, max_size=5
    )
)


@given(tables, st.sampled_from(LEVELS))
def test_alpha_is_what_another_program_says(table: Table, level: Level) -> None:
    found = krippendorff_alpha(votes_of(table), level, resamples=0)
    columns = [[vote for vote in column if vote is not None] for column in zip(*table, strict=True)]
    paired = [vote for column in columns if len(column) > 1 for vote in column]
    assert isnan(found.alpha) == (len(set(paired)) < 2)
    assert (found.n_items, found.n_votes) == (sum(len(column) > 1 for column in columns), len(paired))
    assert (found.low, found.high) == (None, None)
    if not isnan(found.alpha):
        expected = krippendorff.alpha(np.array(table, dtype=float), level_of_measurement=level)
        assert found.alpha == pytest.approx(expected, abs=1e-9)


@given(tables)
def test_raw_agreement_is_the_share_of_equal_pairs(table: Table) -> None:
    pairs = [
        one == other
        for column in zip(*table, strict=True)
        for one, other in combinations([vote for vote in column if vote is not None], 2)
    ]
    found = raw_agreement(votes_of(table), resamples=50)
    assert found.n == len(pairs)
    if pairs:
        assert float(found) == pytest.approx(sum(pairs) / len(pairs))
        assert krippendorff_alpha(votes_of(table), "ratio", resamples=50).raw == found
    else:
        assert isnan(found.value)


def test_large_numbers_keep_their_small_differences() -> None:
    far = [[1e9 + vote if vote else None for vote in row] for row in FOUR_OBSERVERS]
    near = krippendorff_alpha(votes_of(FOUR_OBSERVERS), "interval")
    assert float(krippendorff_alpha(votes_of(far), "interval")) == pytest.approx(near.alpha)


def test_only_the_order_counts_at_level_ordinal() -> None:
    words = [[vote and "abcdef"[vote] for vote in row] for row in FOUR_OBSERVERS]
    assert krippendorff_alpha(votes_of(words), "ordinal") == krippendorff_alpha(votes_of(FOUR_OBSERVERS), "ordinal")


def test_labels_that_were_coded_in_another_order_are_the_same_labels() -> None:
    item, rater = np.array([0, 0, 1, 1, 2, 2], np.int32), np.array([0, 1, 0, 1, 0, 1], np.int32)
    label = np.array([0, 1, 1, 2, 2, 2], np.int32)
    other = np.array([2, 0, 0, 1, 1, 1], np.int32)
    names = ("a", "b", "c"), ("r", "s")
    for level in LEVELS[1:]:
        one = krippendorff_alpha(Votes(*names, (1, 2, 3, 4), item, rater, label), level)
        two = krippendorff_alpha(Votes(*names, (2, 3, 1), item, rater, other), level)
        assert one == two


@pytest.mark.parametrize("level", LEVELS)
def test_who_voted_and_what_items_are_called_does_not_matter(level: Level) -> None:
    votes = votes_of(FOUR_OBSERVERS)
    chance = Random(3)
    other = [(f"item {97 * item % 13}", "dcba"[rater], label) for item, rater, label in votes]
    chance.shuffle(other)
    assert krippendorff_alpha(other, level, seed=5) == krippendorff_alpha(votes, level, seed=5)


def test_chance_is_an_argument() -> None:
    votes = votes_of(FOUR_OBSERVERS)
    ends = [(found.low, found.high) for found in (krippendorff_alpha(votes, seed=seed) for seed in (1, 1, 2))]
    assert ends[0] == ends[1] != ends[2]
    assert krippendorff_alpha(votes, seed=np.random.default_rng(1)) == krippendorff_alpha(votes, seed=1)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize(
    "votes",
    [[], [("a", "r", 1)], [("a", "r", 1), ("b", "r", 2)], [("a", "r", 1), ("b", "s", 2)]],
    ids=["no votes", "one vote", "one rater", "no item with two votes"],
)
def test_without_a_pair_of_votes_nothing_is_known(votes: Votes3, level: Level) -> None:
    found = krippendorff_alpha(votes, level)
    assert all(isnan(figure) for figure in (found.alpha, found.observed, found.expected, found.raw.value))
    assert (found.low, found.high, found.raw.low, found.raw.high) == (None, None, None, None)
    assert (found.n_items, found.n_votes, found.raw.n) == (0, 0, 0)


@pytest.mark.parametrize("level", LEVELS)
def test_people_who_always_say_the_same_have_no_alpha(level: Level) -> None:
    found = krippendorff_alpha([(item, rater, 0.1) for item in range(5) for rater in range(3)], level)
    assert isnan(found.alpha)
    assert (found.low, found.high) == (None, None)
    assert (found.observed, found.expected) == (0, 0)
    assert (found.raw.value, found.raw.low, found.raw.high, found.n_items) == (1, 1, 1, 5)


@given(st.floats(1e-3, 1e3), st.floats(1e-3, 1e3), st.integers(2, 9), st.sampled_from(LEVELS))
def test_rounding_makes_no_variation(common: float, elsewhere: float, items: int, level: Level) -> None:
    """A label that is only on an item with one vote moves the middle of the scale, and is no variation."""
    votes = [(item, rater, common) for item in range(items) for rater in range(3)]
    found = krippendorff_alpha([*votes, ("once", "r", elsewhere)], level, resamples=10)
    assert isnan(found.alpha)
    assert (found.observed, found.expected, found.low) == (0, 0, None)


@pytest.mark.parametrize("level", LEVELS)
def test_a_single_item_has_an_alpha_but_no_interval(level: Level) -> None:
    found = krippendorff_alpha([("a", "r", 1), ("a", "s", 2)], level)
    assert found.alpha == pytest.approx(0)
    assert (found.low, found.high, found.n_items) == (None, None, 1)
    assert (found.raw.value, found.raw.low) == (0, None)


@pytest.mark.parametrize("level", LEVELS)
def test_perfect_agreement_is_one_and_reversed_votes_are_below_zero(level: Level) -> None:
    perfect = krippendorff_alpha([(item, rater, item % 3) for item in range(9) for rater in "rs"], level)
    assert (perfect.alpha, perfect.low, perfect.high, perfect.raw.value) == (1, 1, 1, 1)
    reversed_votes = krippendorff_alpha([(item, rater, (item + rater) % 2) for item in range(9) for rater in (0, 1)])
    assert reversed_votes.alpha < -0.5


def test_a_label_too_rare_to_be_drawn_each_time_has_no_interval() -> None:
    votes = [(item, rater, int(item == 0)) for item in range(100) for rater in range(3)]
    rare = krippendorff_alpha(votes)
    assert (rare.alpha, rare.low, rare.high) == (1, None, None)
    assert (rare.raw.low, rare.raw.high) == (1, 1)
    often = krippendorff_alpha([(item, rater, int(item % 10 == 0)) for item, rater, _label in votes])
    assert often.low == 1


def test_a_rater_who_labels_an_item_twice_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"'bo' labels 'b' more than once. Keep one vote"):
        krippendorff_alpha([("a", "al", 1), ("b", "bo", 1), ("b", "al", 1), ("b", "bo", 2)])


@pytest.mark.parametrize(
    ("labels", "level", "words"),
    [
        ((1, 2), "cardinal", "nominal, ordinal, interval, ratio"),
        (("a", "b"), "interval", "finite numbers"),
        ((1, float("inf")), "interval", "finite numbers"),
        ((1, "b"), "ordinal", "must have an order"),
        ((1j, 2j), "ordinal", "must have an order"),
        ((-1, 1), "ratio", "below 0"),
        ((1, None), "nominal", "Leave out votes"),
        ((1, float("nan")), "interval", "Leave out votes"),
    ],
)
def test_labels_that_do_not_fit_the_level_are_an_error(labels: tuple[Any, Any], level: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        krippendorff_alpha([("a", "r", labels[0]), ("a", "s", labels[1])], level)


@pytest.mark.parametrize("level", ["nominal", "ordinal"])
def test_the_interval_covers_the_truth_about_as_often_as_it_says(level: Level) -> None:
    """Two labels, one true of 30 % of items, each vote wrong in 15 %: alpha of endless votes is known then."""
    rng, prevalence, error, covered = np.random.default_rng(20), 0.3, 0.15, 0
    share = prevalence * (1 - error) + (1 - prevalence) * error
    truth = 1 - error * (1 - error) / (share * (1 - share))
    for _trial in range(100):
        right = rng.random(80) < prevalence
        labels = right[:, None] ^ (rng.random((80, 3)) < error)
        votes = [(item, rater, int(labels[item, rater])) for item in range(80) for rater in range(3)]
        found = krippendorff_alpha(votes, level, resamples=400, seed=rng)
        assert found.low is not None
        assert found.high is not None
        covered += found.low <= truth <= found.high
    assert 88 <= covered <= 99


def test_votes_with_as_many_labels_as_votes_are_resampled_in_blocks() -> None:
    rng = np.random.default_rng(4)
    centres = rng.normal(size=400)
    votes = [(item, rater, centres[item] + rng.normal(scale=0.5)) for item in range(400) for rater in range(3)]
    found = krippendorff_alpha(votes, "interval", resamples=2000)
    assert found.alpha == pytest.approx(0.8, abs=0.05)
    assert found.low is not None
    assert found.high is not None
    assert 0.01 < found.high - found.low < 0.1
    assert found == krippendorff_alpha(votes, "interval", resamples=2000)


@pytest.mark.parametrize(("wrong", "words"), [({"confidence": 95}, "between 0 and 1"), ({"resamples": -1}, "-1 times")])
def test_an_interval_needs_a_confidence_and_resamples_that_exist(wrong: dict[str, Any], words: str) -> None:
    """Even where there is nothing to resample."""
    votes = votes_of(FOUR_OBSERVERS)
    for measure, about in (
        (krippendorff_alpha, votes),
        (krippendorff_alpha, []),
        (raw_agreement, []),
        (ranking_agreement, []),
    ):
        with pytest.raises(ValueError, match=words):
            measure(about, **wrong)


def test_one_thing_and_nothing_have_no_interval() -> None:
    with pytest.raises(ValueError, match="0 rows"):
        list(resampled(np.array([]), 5, width=1, seed=0))
    assert interval([np.arange(101.0)], 9, 0.9) == pytest.approx((5, 95))
    assert interval([np.arange(101.0)], 1, 0.9) == interval([], 9, 0.9) == (None, None)


ITEMS = "ABCDEF"


@st.composite
def ballots(draw: st.DrawFn, least: int = 0) -> list[list[str]]:
    """A partial ballot with ties."""
    ballot: list[list[str]] = []
    for item in draw(st.permutations(draw(st.lists(st.sampled_from(ITEMS), unique=True, min_size=least)))):
        if ballot and draw(st.booleans()):
            ballot[-1].append(item)
        else:
            ballot.append([item])
    return ballot


def places(ballot: list[list[str]]) -> dict[str, int]:
    return {item: place for place, group in enumerate(ballot) for item in group}


@given(ballots(), ballots())
def test_tau_b_is_what_another_program_says(first: list[list[str]], second: list[list[str]]) -> None:
    one, other = places(first), places(second)
    shared = sorted(one.keys() & other.keys())
    tau = kendall_tau_b(first, second)
    if len({one[item] for item in shared}) < 2 or len({other[item] for item in shared}) < 2:
        assert isnan(tau)
    else:
        expected = stats.kendalltau([one[item] for item in shared], [other[item] for item in shared]).statistic
        assert tau == pytest.approx(expected) == kendall_tau_b(second, first)


@given(st.lists(ballots(least=6), min_size=2, max_size=5))
def test_w_is_what_friedmans_test_says(cast: list[list[list[str]]]) -> None:
    """Friedman's statistic is W times ballots times (items - 1), ties corrected alike."""
    columns = [[places(ballot)[item] for ballot in cast] for item in ITEMS]
    w = kendall_w(cast)
    if all(len(ballot) == 1 for ballot in cast):
        assert isnan(w)
    else:
        assert w == pytest.approx(stats.friedmanchisquare(*columns).statistic / (len(cast) * 5))
        assert -1e-12 <= w <= 1 + 1e-12


def test_w_of_a_textbook() -> None:
    """Siegel 1956, Nonparametric Statistics: three executives rank six applicants."""
    executives = ("adcfeb", "aefdbc", "fcbeda")
    assert kendall_w([[[applicant] for applicant in order] for order in executives]) == pytest.approx(0.16, abs=0.005)


def test_equal_ballots_agree_and_reversed_ones_do_not() -> None:
    ballot = [["A"], ["B", "C"], ["D"]]
    assert kendall_tau_b(ballot, ballot) == kendall_w([ballot] * 4) == pytest.approx(1)
    assert kendall_tau_b(ballot, ballot[::-1]) == pytest.approx(-1)
    assert kendall_w([ballot, ballot[::-1]]) == 0


def test_only_items_that_all_name_are_compared() -> None:
    assert kendall_tau_b([["A"], ["X"], ["B"]], [["Y"], ["A"], ["B"]]) == 1
    assert kendall_w([[["A"], ["X"], ["B"]], [["Y"], ["A"], ["B"]], [["A"], ["B"]]]) == 1
    assert isnan(kendall_w([[["A"], ["B"]], [["B"], ["C"]], [["C"], ["A"]]]))


@pytest.mark.parametrize("cast", [[], [[["A"], ["B"]]], [[["A"]], [["A"]]], [[["A", "B"]]] * 3, [[], []]])
def test_ballots_that_order_nothing_together_have_no_w(cast: list[list[list[str]]]) -> None:
    assert isnan(kendall_w(cast))
    found = ranking_agreement([cast])
    assert isnan(float(found))
    assert (found.n_sets, found.n_ballots, found.tau_b.n, found.w.n, found.w.low) == (0, 0, 0, 0, None)


@pytest.mark.parametrize(
    ("wrong", "words"), [([["A"], ["B", "A"]], "twice"), (["AC", "BD"], "list of groups"), (iter([["A"]]), "generator")]
)
def test_a_ballot_that_makes_no_sense_is_an_error(wrong: Any, words: str) -> None:
    for measure, cast in (
        (kendall_tau_b, (wrong, [["A"]])),
        (kendall_w, ([wrong],)),
        (ranking_agreement, ([[wrong]],)),
    ):
        with pytest.raises(BallotError, match=words):
            measure(*cast)


def test_sets_are_averaged_over_their_pairs_and_over_themselves() -> None:
    agreeing, reversed_set = [[["A"], ["B"]]] * 3, [[["A"], ["B"]], [["B"], ["A"]]]
    found = ranking_agreement([agreeing, reversed_set, [[["A"], ["B"]]], []])
    assert float(found) == found.tau_b.value == pytest.approx((3 - 1) / 4)
    assert found.w.value == pytest.approx((1 + 0) / 2)
    assert (found.tau_b.n, found.w.n, found.n_sets, found.n_ballots) == (4, 2, 2, 5)
    alone = ranking_agreement([agreeing])
    assert (alone.tau_b.value, alone.tau_b.low, alone.w.low) == (1, None, None)


@given(st.lists(st.lists(ballots(), max_size=4), max_size=6), st.permutations(ITEMS), st.randoms())
def test_the_order_of_sets_and_the_names_in_them_do_not_matter(sets: Any, names: list[str], chance: Any) -> None:
    renamed = dict(zip(ITEMS, names, strict=True))
    other = [[[[renamed[item] for item in group] for group in ballot] for ballot in cast] for cast in sets]
    chance.shuffle(other)
    one, two = (ranking_agreement(each, resamples=20) for each in (sets, other))
    for mine, theirs in ((one.tau_b, two.tau_b), (one.w, two.w)):
        assert mine.value == pytest.approx(theirs.value, nan_ok=True)
        assert (mine.low, mine.high) == (theirs.low, theirs.high)
    assert (one.n_sets, one.n_ballots) == (two.n_sets, two.n_ballots)


def test_the_interval_of_rankings_covers_the_truth() -> None:
    """Each ballot on three items is the true order with chance 1/2, else any order: tau-b of two is 1/4 on average."""
    rng, covered = Random(9), 0
    for trial in range(60):
        sets = [
            [[["A"], ["B"], ["C"]] if rng.random() < 0.5 else [[item] for item in rng.sample("ABC", 3)] for _ in "xyz"]
            for _set in range(60)
        ]
        tau = ranking_agreement(sets, resamples=300, seed=trial).tau_b
        assert tau.low is not None
        assert tau.high is not None
        covered += tau.low <= 0.25 <= tau.high
    assert 52 <= covered <= 60
