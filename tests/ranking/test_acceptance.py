"""Whether a message is kept: Open-Assistant's score, and as many reviews as it takes."""

from __future__ import annotations

from dataclasses import replace
from math import log, nan
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ranking import DECIDING, Opinion, SequentialRule, acceptance_score, sequential_verdict

RULE = SequentialRule(minimum=2, maximum=5, base_rate=0.12, accept_at=0.99, reject_at=0.9, reject_at_end=0.3)


def bad(sensitivity: float = 0.8, specificity: float = 0.9) -> Opinion:
    return Opinion(True, sensitivity, specificity)


def fine(sensitivity: float = 0.8, specificity: float = 0.9) -> Opinion:
    return Opinion(False, sensitivity, specificity)


#: Whoever is better than a coin.
reviewers = st.tuples(st.floats(0.55, 1.0), st.floats(0.5, 1.0))
opinions = st.builds(lambda is_bad, who: Opinion(is_bad, *who), st.booleans(), reviewers)

#: How bad a verdict is for the message.
SEVERITY = {True: 0, None: 1, False: 2}


def test_labels_that_decide_are_taken_off_1() -> None:
    assert DECIDING == ("spam", "lang_mismatch")
    assert acceptance_score({}) == 1
    assert acceptance_score({"spam": 0.25, "lang_mismatch": 0.5, "toxicity": 1.0}) == 0.25
    assert acceptance_score({"spam": 1, "lang_mismatch": 1}) == -1


def test_the_posterior_is_that_of_bayes() -> None:
    p_bad = 0.12 * 0.8 * 0.2 / (0.12 * 0.8 * 0.2 + 0.88 * 0.1 * 0.9)
    verdict = sequential_verdict([bad(), fine()], RULE)
    assert verdict.p_bad == pytest.approx(p_bad)
    assert (verdict.accepted, verdict.n_reviews) == (None, 2)
    assert bad().log_odds == pytest.approx(log(8))
    assert fine().log_odds == pytest.approx(log(0.2 / 0.9))


def test_without_opinions_one_more_is_wanted() -> None:
    verdict = sequential_verdict([], RULE)
    assert (verdict.accepted, verdict.n_reviews) == (None, 0)
    assert verdict.p_bad == pytest.approx(RULE.base_rate)


def test_nothing_is_decided_below_the_minimum() -> None:
    sure = Opinion(True, 0.99, 0.99), Opinion(False, 0.99, 0.99)
    assert [sequential_verdict([opinion], RULE).accepted for opinion in sure] == [None, None]
    assert [sequential_verdict([opinion] * 2, RULE).accepted for opinion in sure] == [False, True]


def test_with_the_maximum_there_is_a_verdict() -> None:
    torn = [bad(), fine(), bad(), fine()]
    assert sequential_verdict(torn, RULE).accepted is None
    rejected, accepted = sequential_verdict([*torn, bad()], RULE), sequential_verdict([*torn, fine()], RULE)
    assert 0.3 < rejected.p_bad < 0.9
    assert rejected.accepted is False
    assert 0.01 < accepted.p_bad < 0.3
    assert accepted.accepted is True


def test_it_is_harder_to_be_accepted_than_to_be_rejected() -> None:
    even = replace(RULE, base_rate=0.5)
    alike = {"sensitivity": 0.9, "specificity": 0.9}

    def needed(opinion: Opinion) -> int:
        return next(n for n in range(1, RULE.maximum) if sequential_verdict([opinion] * n, even).accepted is not None)

    assert needed(bad(**alike)) == 2
    assert needed(fine(**alike)) == 3
    assert sequential_verdict([bad(**alike)] * 2, even).accepted is False
    assert sequential_verdict([fine(**alike)] * 3, even).accepted is True


@settings(max_examples=60, deadline=None)
@given(st.lists(opinions, max_size=8), st.randoms(use_true_random=False))
def test_the_order_of_opinions_means_nothing(some: list[Opinion], chance: object) -> None:
    other = chance.sample(some, len(some))
    assert sequential_verdict(iter(other), RULE).p_bad == pytest.approx(sequential_verdict(some, RULE).p_bad)


@pytest.mark.parametrize("says_bad", [True, False])
@pytest.mark.parametrize("share", [0.0, 0.3, 0.5, 1.0])
def test_a_reviewer_who_says_the_same_to_everything_adds_nothing(says_bad: bool, share: float) -> None:
    useless = Opinion(says_bad, share, 1 - share)
    assert useless.log_odds == pytest.approx(0)
    before, after = sequential_verdict([bad()], RULE), sequential_verdict([bad(), useless], RULE)
    assert after.p_bad == pytest.approx(before.p_bad)
    assert after.n_reviews == 2


def test_a_reviewer_who_is_always_wrong_is_read_the_other_way_round() -> None:
    assert Opinion(True, 0.2, 0.1).log_odds == pytest.approx(Opinion(False, 0.8, 0.9).log_odds)
    assert Opinion(True, 0.2, 0.1).log_odds < 0 < Opinion(False, 0.2, 0.1).log_odds


@pytest.mark.parametrize("opinion", [Opinion(True, 1.0, 1.0), Opinion(False, 1.0, 1.0)])
def test_nobody_is_right_beyond_doubt(opinion: Opinion) -> None:
    assert abs(opinion.log_odds) == pytest.approx(log(999))
    contradicted = [opinion, *[Opinion(not opinion.bad, 0.9, 0.9)] * 4]
    assert (sequential_verdict(contradicted, RULE).p_bad > 0.12) != opinion.bad


@settings(max_examples=100, deadline=None)
@given(st.lists(opinions, max_size=7), reviewers)
def test_one_more_bad_vote_never_helps(some: list[Opinion], who: tuple[float, float]) -> None:
    before = sequential_verdict(some, RULE)
    after = sequential_verdict([*some, Opinion(True, *who)], RULE)
    assert after.p_bad >= before.p_bad
    if before.accepted is False:
        assert after.accepted is False
    # A vote for bad is worse than one for fine.
    otherwise = sequential_verdict([*some, Opinion(False, *who)], RULE)
    assert SEVERITY[after.accepted] >= SEVERITY[otherwise.accepted]


@settings(max_examples=60, deadline=None)
@given(st.lists(reviewers, min_size=1, max_size=7))
def test_the_more_votes_are_bad_the_worse_the_verdict(who: list[tuple[float, float]]) -> None:
    verdicts = [
        sequential_verdict([Opinion(n < n_bad, *reviewer) for n, reviewer in enumerate(who)], RULE)
        for n_bad in range(len(who) + 1)
    ]
    assert [v.p_bad for v in verdicts] == sorted(v.p_bad for v in verdicts)
    severity = [SEVERITY[v.accepted] for v in verdicts]
    assert severity == sorted(severity)


@pytest.mark.parametrize("wrong", [(-0.1, 0.9), (0.9, 1.1), (nan, 0.9), (0.9, nan)])
def test_a_reviewer_has_chances_between_0_and_1(wrong: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        Opinion(True, *wrong)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"minimum": 5, "maximum": 2}, "5 and 2"),
        ({"minimum": 0}, "at least 1"),
        ({"base_rate": 0}, "base rate"),
        ({"base_rate": 1}, "base rate"),
        ({"base_rate": nan}, "base rate"),
        ({"accept_at": 1.1}, "accept_at must lie between 0 and 1"),
        ({"reject_at": nan}, "reject_at must"),
        ({"reject_at_end": -0.1}, "reject_at_end must"),
    ],
)
def test_a_rule_that_makes_no_sense_is_an_error(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        SequentialRule(**wrong)


@settings(max_examples=60, deadline=None)
@given(st.lists(opinions, max_size=9))
def test_a_verdict_keeps_to_its_rule(some: list[Opinion]) -> None:
    verdict = sequential_verdict(some, RULE)
    assert 0 <= verdict.p_bad <= 1
    assert verdict.n_reviews == len(some)
    if verdict.accepted is None:
        assert len(some) < RULE.maximum
    if verdict.accepted is not None:
        assert len(some) >= RULE.minimum
    if verdict.accepted:
        assert verdict.p_bad <= 1 - RULE.accept_at + 1e-12 or (len(some) >= RULE.maximum and verdict.p_bad < 0.3)
