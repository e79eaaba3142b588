"""Dawid and Skene: the published table, an independent computation of tiny ones, and what must hold for any."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Hashable
from itertools import pairwise, product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ranking.dawid_skene import DawidSkene, Table, dawid_skene, fit, most_probable, one_coin, pseudo_votes, shares
from ranking.mace import mace
from ranking.votes import Votes

VECTORS = Path(__file__).resolve().parents[3] / "shared" / "data" / "vectors" / "dawid_skene_1979.json"

Triple = tuple[Hashable, Hashable, Hashable]


@pytest.mark.skipif(not VECTORS.exists(), reason=f"the published table is not on this machine: {VECTORS.name}")
def test_the_anaesthetists_of_1979_come_out_as_published() -> None:
    table = json.loads(VECTORS.read_text())
    votes = [
        (patient, observer, said)
        for patient, observers in table["responses"].items()
        for observer, answers in observers.items()
        for said in answers
    ]
    found, expected = dawid_skene(votes), table["computed"]
    assert found.iterations == expected["iterations"]
    assert found.converged
    assert found.log_likelihood == pytest.approx(expected["log_likelihood"], abs=1e-9)
    assert found.class_marginals == pytest.approx(expected["class_marginals"], abs=1e-6)
    assert found.class_marginals == pytest.approx(table["published"]["class_marginals"], abs=0.005)
    assert found.error_rates == pytest.approx(np.array(expected["error_rates"]), abs=1e-6)
    assert found.posterior == pytest.approx(np.array(expected["posterior"]), abs=1e-6)
    assert list(found.labels) == expected["labels"]
    assert found.labels == tuple(found.label_of(patient) for patient in table["responses"])


#: a and b always agree, c often says x.
SMALL: list[Triple] = [
    (item, rater, label)
    for item, labels in {1: "xxx", 2: "xxx", 3: "xxx", 4: "yyx", 5: "yyy", 6: "yyx"}.items()
    for rater, label in zip("abc", labels, strict=True)
]


def test_two_who_agree_outvote_one_who_says_mostly_the_same() -> None:
    found = dawid_skene(SMALL)
    assert found.labels == ("x", "x", "x", "y", "y", "y")
    assert found.class_marginals == pytest.approx([0.5, 0.5])
    assert found.error_rates_of("a") == pytest.approx(np.eye(2), abs=1e-9)
    assert found.error_rates_of("c") == pytest.approx(np.array([[1, 0], [2 / 3, 1 / 3]]))
    assert found.log_likelihood == pytest.approx(6 * math.log(1 / 2) + 2 * math.log(2 / 3) + math.log(1 / 3))
    assert found.accuracy == pytest.approx([1, 1, 2 / 3])
    assert found.posterior_of(4) == pytest.approx({"x": 0, "y": 1})


def test_one_coin_gives_each_rater_one_accuracy() -> None:
    found = one_coin(SMALL)
    assert found.labels == ("x", "x", "x", "y", "y", "y")
    assert found.accuracy == pytest.approx([1, 1, 2 / 3])
    assert found.error_rates_of("c") == pytest.approx(np.array([[2 / 3, 1 / 3], [1 / 3, 2 / 3]]))


def test_errors_of_one_coin_are_spread_over_all_other_classes() -> None:
    votes = [(item, rater, item % 3) for item in range(9) for rater in "abc"]
    votes += [(item, "d", item % 3 if item < 6 else (item + 1) % 3) for item in range(9)]
    rates = one_coin(votes).error_rates_of("d")
    assert rates == pytest.approx(np.full((3, 3), 1 / 6) + np.eye(3) / 2)


@st.composite
def tables(draw: st.DrawFn, items: int = 5, raters: int = 4, labels: str = "xyz") -> list[Triple]:
    """At least one vote; raters may repeat themselves, and leave items out."""
    cell = st.tuples(st.integers(0, items - 1), st.integers(0, raters - 1), st.sampled_from(labels))
    return draw(st.lists(cell, min_size=1, max_size=20))


METHODS = [dawid_skene, one_coin]
PRIORS: dict[Any, Any] = {dawid_skene: np.array([[2.0, 1, 0.5], [1, 3, 1], [0.5, 1, 2]]), one_coin: (3.0, 1.5)}


def all_three(votes: list[Triple]) -> list[Triple]:
    """With the classes x, y and z, whatever was drawn."""
    return [*votes, ("extra", "extra", "x"), ("extra", "extra", "y"), ("extra", "extra", "z")]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("with_prior", [False, True], ids=["alone", "with a prior"])
@given(votes=tables())
def test_no_iteration_lowers_what_the_method_raises(method: Any, with_prior: bool, votes: list[Triple]) -> None:
    prior = PRIORS[method] if with_prior else None
    known = {0: "y", 3: "x"}
    path = [
        found.log_likelihood + found.log_prior
        for steps in range(12)
        for found in [method(all_three(votes), known=known, prior=prior, tolerance=0, max_iterations=steps)]
    ]
    assert all(after >= before - 1e-9 for before, after in pairwise(path))


@given(votes=tables())
def test_pseudo_items_count_towards_what_the_search_raises(votes: list[Triple]) -> None:
    table = Table(Votes.of(all_three(votes)))
    path = [
        found.log_likelihood + found.log_prior
        for steps in range(12)
        for found in [
            fit(
                table,
                table.vote_shares(),
                lambda counts: (shares(counts), 0.0),
                marginal_prior=np.array([20.0, 1.0, 3.0]),
                tolerance=0,
                max_iterations=steps,
            )
        ]
    ]
    assert all(after >= before - 1e-9 for before, after in pairwise(path))


def log_likelihood_by_enumeration(votes: list[Triple], found: DawidSkene, known: dict[Any, Any]) -> float:
    """Sum the probability of all votes over every way to give the items classes."""
    total = 0.0
    open_items = [item for item in found.items if item not in known]
    for drawn in product(range(len(found.classes)), repeat=len(open_items)):
        truth = dict(zip(open_items, drawn, strict=True))
        p = math.prod(found.class_marginals[k] for k in drawn)
        truth |= {item: found.classes.index(label) for item, label in known.items()}
        for item, rater, label in votes:
            p *= found.error_rates[found.raters.index(rater), truth[item], found.classes.index(label)]
        total += p
    return math.log(total)


@pytest.mark.parametrize("method", METHODS)
@given(votes=tables(items=4, labels="xy"), steps=st.integers(0, 6))
def test_the_log_likelihood_is_the_sum_over_all_that_may_be_true(method: Any, votes: list[Triple], steps: int) -> None:
    known = {0: "x"} if any(item == 0 for item, _rater, _label in votes) else {}
    found = method(votes, known=known, max_iterations=steps)
    assert found.log_likelihood == pytest.approx(log_likelihood_by_enumeration(votes, found, known), abs=1e-9)


@given(votes=tables(items=3, labels="xy"))
def test_the_posterior_is_bayes_rule_under_the_estimates(votes: list[Triple]) -> None:
    found = dawid_skene(votes, max_iterations=3)
    for place, item in enumerate(found.items):
        joint = found.class_marginals.copy()
        for of_what, rater, label in votes:
            if of_what == item:
                joint *= found.error_rates[found.raters.index(rater), :, found.classes.index(label)]
        assert found.posterior[place] == pytest.approx(joint / joint.sum(), abs=1e-9)


@pytest.mark.parametrize("method", METHODS)
@given(votes=tables(), chance=st.randoms(use_true_random=False), names=st.permutations("xyz"))
def test_neither_names_nor_the_order_of_votes_matter(
    method: Any, votes: list[Triple], chance: Any, names: list[str]
) -> None:
    votes = all_three(votes)
    renamed = dict(zip("xyz", names, strict=True))
    other = [(f"item {item}", f"rater {rater}", renamed[str(label)]) for item, rater, label in votes]
    chance.shuffle(other)
    one, two = method(votes, max_iterations=8), method(other, max_iterations=8)
    assert two.log_likelihood == pytest.approx(one.log_likelihood, abs=1e-6)
    for item in one.items:
        moved = {renamed[str(label)]: p for label, p in one.posterior_of(item).items()}
        assert two.posterior_of(f"item {item}") == pytest.approx(moved, abs=1e-6)
    order = [two.classes.index(renamed[str(label)]) for label in one.classes]
    for rater in one.raters:
        rates = two.error_rates_of(f"rater {rater}")[np.ix_(order, order)]
        assert rates == pytest.approx(one.error_rates_of(rater), abs=1e-6)


def simulated(accuracies: list[float], items: int, classes: int, seed: int) -> tuple[list[Triple], list[int]]:
    """Everybody votes on everything; errors are uniform."""
    chance = np.random.default_rng(seed)
    truth = chance.integers(classes, size=items)
    votes: list[Triple] = []
    for rater, accuracy in enumerate(accuracies):
        errs = chance.random(items) >= accuracy
        said = (truth + errs * chance.integers(1, classes, size=items)) % classes
        votes += [(item, rater, int(label)) for item, label in enumerate(said)]
    return votes, truth.tolist()


@pytest.mark.parametrize("method", METHODS)
def test_known_accuracies_are_found_again(method: Any) -> None:
    accuracies = [0.95, 0.9, 0.8, 0.7, 0.6]
    votes, truth = simulated(accuracies, items=2000, classes=3, seed=5)
    found = method(votes)
    assert found.accuracy == pytest.approx(accuracies, abs=0.04)
    majority = dawid_skene(votes, max_iterations=0)
    right = [np.mean([a == b for a, b in zip(table.labels, truth, strict=True)]) for table in (found, majority)]
    assert right[0] > 0.95
    assert right[0] >= right[1]


@pytest.mark.parametrize("method", METHODS)
def test_known_items_stay_known_and_show_who_errs(method: Any) -> None:
    """Two raters against one: only the known items tell that the one is right."""
    truth = {item: "xy"[item % 2] for item in range(40)}
    votes: list[Triple] = []
    for item, label in truth.items():
        wrong = "xy"[(item + 1) % 2]
        votes += [(item, "right", label), (item, "wrong", wrong), (item, "wrong too", wrong)]
    known = {item: truth[item] for item in range(10)}
    found = method(votes, known={**known, "nobody voted on it": "z"})
    assert found.classes == ("x", "y")
    assert [found.posterior_of(item)[label] for item, label in known.items()] == [1.0] * 10
    assert all(found.label_of(item) == label for item, label in truth.items())
    assert method(votes).label_of(39) != truth[39]


def test_known_items_do_not_tell_how_common_a_class_is() -> None:
    votes = [(item, rater, "bad" if item < 8 else "fine") for item in range(28) for rater in "ab"]
    found = dawid_skene(votes, known=dict.fromkeys(range(8), "bad"))
    assert found.class_marginals == pytest.approx([0, 1])
    everything = dawid_skene(votes, known={item: "bad" if item < 8 else "fine" for item in range(28)})
    assert everything.class_marginals == pytest.approx([8 / 28, 20 / 28])


def test_a_known_class_that_nobody_voted_for_is_a_class() -> None:
    found = dawid_skene([(1, "a", "x"), (2, "a", "z")], known={1: "y"})
    assert found.classes == ("x", "y", "z")
    assert found.posterior_of(1) == {"x": 0, "y": 1, "z": 0}
    assert found.error_rates_of("a")[1] == pytest.approx([1, 0, 0])
    assert found.label_of(2) == "z"


def test_a_prior_keeps_a_rater_with_few_votes_from_being_infallible() -> None:
    votes = [(1, "a", "x"), (1, "b", "x"), (2, "a", "y"), (2, "b", "y")]
    assert dawid_skene(votes).error_rates_of("a") == pytest.approx(np.eye(2))
    cautious = dawid_skene(votes, prior=pseudo_votes(2, right=2, wrong=1)).error_rates_of("a")
    assert 2 / 3 < cautious[0, 0] < 3 / 4 + 1e-9
    assert one_coin(votes, prior=(3, 1)).accuracy[0] == pytest.approx(5 / 6, abs=0.02)


def test_a_row_that_no_item_speaks_for_is_uniform() -> None:
    votes = [(1, "a", "x"), (1, "b", "x"), (2, "b", "y")]
    assert dawid_skene(votes).error_rates_of("a")[1] == pytest.approx([0.5, 0.5])


def test_a_tie_goes_to_the_first_class() -> None:
    votes = [("i", "a", "y"), ("i", "b", "x")]
    assert dawid_skene(votes).posterior_of("i") == pytest.approx({"x": 0.5, "y": 0.5})
    assert dawid_skene(votes).labels == ("x",)
    nearly = np.array([[0.5 - 1e-12, 0.5 + 1e-12], [0.49, 0.51], [0.51, 0.49]])
    assert most_probable(("x", "y"), nearly) == ("x", "y", "x")


@pytest.mark.parametrize("method", METHODS)
def test_no_votes_give_empty_arrays(method: Any) -> None:
    found = method([], known={1: "x"})
    assert (found.items, found.raters, found.classes, found.labels) == ((), (), (), ())
    assert found.posterior.shape == (0, 0)
    assert found.error_rates.shape == (0, 0, 0)
    assert (found.log_likelihood, found.iterations, found.converged) == (0, 0, True)


def test_a_single_item_keeps_its_shares_or_goes_to_the_majority() -> None:
    votes = [("i", rater, label) for rater, label in enumerate("xxyyz")]
    assert dawid_skene(votes).posterior == pytest.approx(np.array([[0.4, 0.4, 0.2]]))
    assert one_coin(votes).posterior == pytest.approx(np.array([[0.5, 0.5, 0]]))
    assert one_coin([*votes, ("i", 5, "y")]).posterior == pytest.approx(np.array([[0, 1, 0]]))


@pytest.mark.parametrize("method", METHODS)
def test_one_vote_is_believed(method: Any) -> None:
    found = method([("i", "a", "x")])
    assert found.labels == ("x",)
    assert found.log_likelihood == pytest.approx(0)
    assert found.accuracy == pytest.approx([1])


@pytest.mark.parametrize("method", METHODS)
def test_a_single_rater_is_believed(method: Any) -> None:
    found = method([(1, "a", "x"), (2, "a", "y"), (3, "a", "x")])
    assert found.labels == ("x", "y", "x")
    assert found.accuracy == pytest.approx([1])


@pytest.mark.parametrize("method", METHODS)
def test_where_all_say_the_same_all_are_right(method: Any) -> None:
    found = method([(item, rater, "x") for item in range(3) for rater in "ab"])
    assert found.classes == ("x",)
    assert found.error_rates == pytest.approx(np.ones((2, 1, 1)))
    assert one_coin([("i", "a", "x")], prior=(1, 1)).accuracy == pytest.approx([1])


def test_accuracy_is_about_items_as_common_as_they_are() -> None:
    votes = [(item, rater, "bad" if item < 2 else "fine") for item in range(10) for rater in "abc"]
    found = dawid_skene([*votes, *((item, "d", "fine") for item in range(10))])
    assert found.accuracy == pytest.approx([1, 1, 1, 0.8])


@pytest.mark.parametrize("method", METHODS)
def test_names_without_votes_are_allowed_in_coded_votes(method: Any) -> None:
    column = np.array([0, 0], dtype=np.int32)
    votes = Votes((1, 2), ("a", "b"), ("y", "x"), column, column, np.array([0, 0], dtype=np.int32))
    found = method(votes)
    assert found.classes == ("x", "y")
    assert found.label_of(1) == "y"
    assert found.error_rates_of("b") == pytest.approx(np.full((2, 2), 0.5))


def test_labels_that_cannot_be_sorted_keep_their_order() -> None:
    assert dawid_skene([(1, "a", "x"), (2, "a", 1)]).classes == ("x", 1)


def test_the_search_says_whether_it_ended_early() -> None:
    votes, _truth = simulated([0.8, 0.7, 0.6], items=50, classes=2, seed=1)
    assert not dawid_skene(votes, max_iterations=2).converged
    assert dawid_skene(votes, max_iterations=2).iterations == 2
    assert dawid_skene(votes, tolerance=1e-3).iterations < dawid_skene(votes).iterations


def test_arguments_that_make_no_sense_are_errors() -> None:
    votes: list[Triple] = [(1, "a", "x"), (2, "a", "y")]
    with pytest.raises(ValueError, match="A vote must be"):
        dawid_skene([(1, "a")])  # type: ignore[list-item]
    for prior in (np.ones((3, 3)), -np.ones((2, 2)), np.full((2, 2), math.nan), np.full((2, 2), math.inf)):
        with pytest.raises(ValueError, match="pseudo-votes"):
            dawid_skene(votes, prior=prior)
    for pair in ((-1, 1), (1, math.nan), (1, math.inf)):
        with pytest.raises(ValueError, match="right and wrong"):
            one_coin(votes, prior=pair)
    for right in (-1, math.nan):
        with pytest.raises(ValueError, match="pseudo-votes"):
            pseudo_votes(2, right=right)
    for tolerance in (-1, math.nan):
        with pytest.raises(ValueError, match="tolerance"):
            dawid_skene(votes, tolerance=tolerance)
    with pytest.raises(ValueError, match="iterations"):
        dawid_skene(votes, max_iterations=-1)
    with pytest.raises(KeyError):
        dawid_skene(votes).posterior_of("unheard of")


@pytest.mark.parametrize("method", [*METHODS, mace])
@pytest.mark.parametrize("missing", [None, math.nan])
def test_what_nobody_said_is_no_class(method: Any, missing: Any) -> None:
    with pytest.raises(ValueError, match="Leave out votes that were not given"):
        method([(1, "a", "x"), (1, "b", missing)])
    with pytest.raises(ValueError, match="None or nan"):
        method([(1, "a", "x")], known={1: missing})


@pytest.mark.parametrize("vote", [([1], "a", "x"), (1, {"a"}, "x"), (1, "a", ["x"]), (1, "a", "x", "y"), 5])
def test_what_is_no_vote_is_named(vote: Any) -> None:
    with pytest.raises(ValueError, match=f"A vote must be .* {re.escape(repr(vote))} is not"):
        Votes.of([(2, "a", "x"), vote])


def test_coded_votes_can_be_compared() -> None:
    votes = Votes.of(SMALL)
    assert votes == votes
    assert votes != Votes.of(SMALL)
