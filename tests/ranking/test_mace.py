"""MACE: an independent computation of tiny tables, spammers and experts in simulated ones, and what must hold."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable
from itertools import pairwise, product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ranking.mace import Mace, mace

Triple = tuple[Hashable, Hashable, Hashable]

METHODS: Any = ["variational", "em"]


@st.composite
def tables(draw: st.DrawFn, items: int = 5, raters: int = 4, labels: str = "xyz", votes: int = 20) -> list[Triple]:
    """At least one vote; raters may repeat themselves, and leave items out."""
    cell = st.tuples(st.integers(0, items - 1), st.integers(0, raters - 1), st.sampled_from(labels))
    return draw(st.lists(cell, min_size=1, max_size=votes))


def crowd(seed: int = 3, items: int = 300) -> tuple[list[Triple], list[int]]:
    """Three classes; raters of competence 0.9, 0.8 and 0.5, one who guesses, and one who always says 2."""
    chance = np.random.default_rng(seed)
    truth = chance.integers(3, size=items)
    votes: list[Triple] = []
    for rater, competence in {"0.9": 0.9, "0.8": 0.8, "0.5": 0.5, "guesses": 0.0}.items():
        said = np.where(chance.random(items) < competence, truth, chance.integers(3, size=items))
        votes += [(item, rater, int(label)) for item, label in enumerate(said)]
    return votes + [(item, "always 2", 2) for item in range(items)], truth.tolist()


@pytest.mark.parametrize("method", METHODS)
def test_competence_is_found_again_and_spammers_have_none(method: Any) -> None:
    votes, truth = crowd()
    found = mace(votes, method=method)
    assert found.competence_of("0.9") == pytest.approx(0.9, abs=0.07)
    assert found.competence_of("0.8") == pytest.approx(0.8, abs=0.07)
    assert found.competence_of("0.5") == pytest.approx(0.5, abs=0.07)
    assert found.competence_of("guesses") < 0.1
    assert found.competence_of("always 2") < 0.05
    assert found.spam_distribution[found.raters.index("always 2"), 2] > 0.9
    assert found.spam_distribution[found.raters.index("guesses")] == pytest.approx([1 / 3] * 3, abs=0.1)
    right = np.mean([said == true for said, true in zip(found.labels, truth, strict=True)])
    assert right > 0.9
    assert right > np.mean([said == true for said, true in zip(majority(votes), truth, strict=True)])


def majority(votes: list[Triple]) -> list[Hashable]:
    counts: dict[Hashable, Counter[Hashable]] = {}
    for item, _rater, label in votes:
        counts.setdefault(item, Counter())[label] += 1
    return [count.most_common(1)[0][0] for count in counts.values()]


@pytest.mark.parametrize("method", METHODS)
@given(votes=tables())
def test_no_iteration_lowers_what_the_method_raises(method: Any, votes: list[Triple]) -> None:
    known = {0: "y", 3: "x"}
    path = [
        found.log_likelihood if found.elbo is None else found.elbo
        for steps in range(12)
        for found in [mace(votes, known=known, method=method, starts=1, tolerance=0, max_iterations=steps)]
    ]
    assert all(after >= before - 1e-9 for before, after in pairwise(path))


def log_likelihood_by_enumeration(votes: list[Triple], found: Mace, known: dict[Any, Any]) -> float:
    """Sum the probability of all votes over every way to give the items classes."""
    total = 0.0
    open_items = [item for item in found.items if item not in known]
    for drawn in product(found.classes, repeat=len(open_items)):
        truth = dict(zip(open_items, drawn, strict=True)) | known
        p = (1 / len(found.classes)) ** len(open_items)
        for item, rater, label in votes:
            row = found.raters.index(rater)
            spam = (1 - found.competence[row]) * found.spam_distribution[row, found.classes.index(label)]
            p *= spam + found.competence[row] * (truth[item] == label)
        total += p
    return math.log(total)


@pytest.mark.parametrize("method", METHODS)
@given(votes=tables(items=4), steps=st.integers(0, 5))
def test_the_log_likelihood_is_the_sum_over_all_that_may_be_true(method: Any, votes: list[Triple], steps: int) -> None:
    known = {0: "x"} if any(item == 0 for item, _rater, _label in votes) else {}
    found = mace(votes, known=known, method=method, starts=2, max_iterations=steps)
    assert found.log_likelihood == pytest.approx(log_likelihood_by_enumeration(votes, found, known), abs=1e-9)


def log_evidence(votes: list[Triple], tried: float, idle: float, spam: float) -> float:
    """The exact log probability of all votes under the priors, by every way to give items classes and votes effort."""
    items, raters, labels = (sorted({vote[k] for vote in votes}, key=str) for k in range(3))

    def log_beta(*parameters: float) -> float:
        return sum(math.lgamma(p) for p in parameters) - math.lgamma(sum(parameters))

    total = 0.0
    for drawn in product(labels, repeat=len(items)):
        truth = dict(zip(items, drawn, strict=True))
        for effort in product([True, False], repeat=len(votes)):
            if any(tries and truth[item] != label for tries, (item, _r, label) in zip(effort, votes, strict=True)):
                continue
            log_p = -len(items) * math.log(len(labels))
            for rater in raters:
                own = [(tries, vote[2]) for tries, vote in zip(effort, votes, strict=True) if vote[1] == rater]
                n_tried = sum(tries for tries, _label in own)
                log_p += log_beta(tried + n_tried, idle + len(own) - n_tried) - log_beta(tried, idle)
                habits = Counter(label for tries, label in own if not tries)
                log_p += log_beta(*(spam + habits[label] for label in labels)) - log_beta(*[spam] * len(labels))
            total += math.exp(log_p)
    return math.log(total)


@given(
    votes=tables(items=3, raters=2, labels="xy", votes=6), prior=st.sampled_from([(0.5, 0.5, 10.0), (3.0, 1.0, 2.0)])
)
def test_the_bound_stays_below_the_exact_evidence_and_near_it(
    votes: list[Triple], prior: tuple[float, float, float]
) -> None:
    tried, idle, spam = prior
    found = mace(votes, competence_prior=(tried, idle), spam_prior=spam, starts=3)
    assert found.elbo is not None
    exact = log_evidence(votes, tried, idle, spam)
    assert found.elbo <= exact + 1e-9
    assert found.elbo > exact - 0.7 * len(votes) - 0.7


@pytest.mark.parametrize("method", METHODS)
@given(votes=tables(), chance=st.randoms(use_true_random=False), names=st.permutations("xyz"))
def test_neither_names_nor_the_order_of_votes_matter_to_one_start(
    method: Any, votes: list[Triple], chance: Any, names: list[str]
) -> None:
    renamed = dict(zip("xyz", names, strict=True))
    other = [(f"item {item}", f"rater {rater}", renamed[str(label)]) for item, rater, label in votes]
    chance.shuffle(other)
    one = mace(votes, method=method, starts=1, max_iterations=8)
    two = mace(other, method=method, starts=1, max_iterations=8, seed=9)
    order = [two.classes.index(renamed[str(label)]) for label in one.classes]
    assert two.log_likelihood == pytest.approx(one.log_likelihood, abs=1e-6)
    for place, item in enumerate(one.items):
        moved = two.posterior[two.items.index(f"item {item}")][order]
        assert moved == pytest.approx(one.posterior[place], abs=1e-6)
    for place, rater in enumerate(one.raters):
        row = two.raters.index(f"rater {rater}")
        assert two.competence[row] == pytest.approx(one.competence[place], abs=1e-6)
        assert two.spam_distribution[row][order] == pytest.approx(one.spam_distribution[place], abs=1e-6)


def test_the_same_seed_gives_the_same_answer() -> None:
    votes = [(item, rater, (item * rater) % 3) for item in range(7) for rater in range(5)]
    one, two = (mace(votes, method="em", seed=4) for _ in range(2))
    assert np.array_equal(one.competence, two.competence)
    three = mace(votes, method="em", seed=np.random.default_rng(4))
    assert np.array_equal(one.competence, three.competence)


@pytest.mark.parametrize("method", METHODS)
def test_a_start_by_chance_can_find_what_the_one_from_vote_shares_misses(method: Any) -> None:
    """Five raters who make little sense: each string has their labels for one item."""
    table = ["12101", "20112", "20002", "02210", "01220", "20001"]
    votes = [(item, rater, label) for item, labels in enumerate(table) for rater, label in enumerate(labels)]
    one, many = (mace(votes, method=method, starts=starts, seed=2) for starts in (1, 10))
    aims = [found.log_likelihood if found.elbo is None else found.elbo for found in (one, many)]
    assert aims[1] > aims[0] + 1


@pytest.mark.parametrize("method", METHODS)
def test_a_start_by_chance_does_not_ask_who_voted_first(method: Any) -> None:
    """Votes that nothing but chance can tell apart."""
    votes = [(item, rater, "xy"[(item + number) % 2]) for item in range(4) for number, rater in enumerate("abcd")]
    one, two = mace(votes, method=method, seed=1), mace(votes[::-1], method=method, seed=1)
    assert np.ptp(one.competence) > 0.1
    for rater in "abcd":
        assert two.competence_of(rater) == pytest.approx(one.competence_of(rater), abs=1e-4)
    assert two.labels == one.labels[::-1]


def test_known_items_stay_known_and_show_who_spams() -> None:
    """The two who agree spam: only the known items tell."""
    votes: list[Triple] = []
    for item in range(30):
        votes += [(item, "tries", "xyz"[item % 3]), (item, "spams", "x"), (item, "spams too", "x")]
    known: dict[Hashable, Hashable] = {item: "xyz"[item % 3] for item in range(15)}
    found = mace(votes, known={**known, "nobody voted on it": "w"})
    assert found.classes == ("x", "y", "z")
    assert found.labels == tuple("xyz"[item % 3] for item in range(30))
    assert found.competence_of("tries") > 0.9
    assert found.competence_of("spams") < 0.1


def test_no_votes_give_empty_arrays() -> None:
    for method in METHODS:
        found = mace([], method=method)
        assert (found.items, found.raters, found.classes, found.labels) == ((), (), (), ())
        assert found.posterior.shape == (0, 0)
        assert found.competence.shape == (0,)
        assert found.spam_distribution.shape == (0, 0)
        assert (found.log_likelihood, found.converged) == (0, True)


@pytest.mark.parametrize("method", METHODS)
def test_one_vote_is_believed(method: Any) -> None:
    found = mace([("i", "a", "x")], method=method)
    assert found.labels == ("x",)
    assert found.posterior == pytest.approx(np.ones((1, 1)))
    assert found.competence == pytest.approx([0.5])


@pytest.mark.parametrize("method", METHODS)
def test_a_single_rater_is_believed(method: Any) -> None:
    found = mace([(1, "a", "x"), (2, "a", "y"), (3, "a", "x")], method=method)
    assert found.labels == ("x", "y", "x")


def test_one_class_leaves_competence_to_the_prior() -> None:
    votes = [(item, rater, "x") for item in range(3) for rater in "ab"]
    assert mace(votes, competence_prior=(3, 1)).competence == pytest.approx([0.75, 0.75], abs=0.05)
    assert mace(votes, method="em", starts=1).competence == pytest.approx([0.5, 0.5])


def test_a_tie_goes_to_the_first_class() -> None:
    assert mace([("i", "a", "y"), ("i", "b", "x")], starts=1).labels == ("x",)


def test_the_search_says_whether_it_ended_early() -> None:
    votes, _truth = crowd(items=60)
    assert not mace(votes, max_iterations=3).converged
    assert mace(votes, max_iterations=3).iterations == 3
    assert mace(votes).converged
    assert mace(votes, tolerance=1e-2).iterations < mace(votes).iterations


def test_arguments_that_make_no_sense_are_errors() -> None:
    votes: list[Triple] = [(1, "a", "x")]
    for wrong, words in [
        ({"method": "luck"}, "variational"),
        ({"competence_prior": (0, 1)}, "positive"),
        ({"competence_prior": (1, math.nan)}, "positive"),
        ({"competence_prior": (1, 1, 1)}, "two numbers"),
        ({"spam_prior": 0}, "positive"),
        ({"spam_prior": math.inf}, "positive and finite"),
        ({"starts": 0}, "start"),
        ({"max_iterations": -1}, "iterations"),
        ({"tolerance": -1}, "tolerance"),
        ({"tolerance": math.nan}, "tolerance"),
    ]:
        with pytest.raises(ValueError, match=words):
            mace(votes, **wrong)
    with pytest.raises(ValueError, match="A vote must be"):
        mace([(1, "a")])  # type: ignore[list-item]
    with pytest.raises(KeyError):
        mace(votes).competence_of("unheard of")
