"""Impact: points for what an answer told, and none for repeating what was settled."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from accounts.models import PointEntry, User
from tasks import impact, rewards, scoring
from tasks.deciding import Heard, Published
from tasks.points import Reason
from tasks.rules import TreeRules
from tasks.standings import Cast, Siblings
from tasks.tree_states import Event, State
from tests.making import NOW, add_ranking, advance, given, make_person, make_tree, replies_to, review, root_of

RULES = TreeRules()


def heard(*spam: float, sensitivity: float = 0.9, specificity: float = 0.9) -> list[Heard]:
    return [Heard({"spam": value}, sensitivity, specificity) for value in spam]


def bits(reviews: list[Heard], *, bad: bool, known: bool = False) -> list[float]:
    heard = [replace(review, known_answer=known) for review in reviews]
    return impact.of_reviews(heard, Published(), bad=bad, rules=RULES)


def test_who_finds_the_bad_message_tells_more_than_who_passes_a_fine_one() -> None:
    assert bits(heard(1.0), bad=True)[0] > 2
    assert 0 < bits(heard(0.0), bad=False)[0] < 0.5


def test_repeating_what_is_settled_tells_next_to_nothing() -> None:
    told = bits(heard(1.0, 1.0, 1.0, 1.0, 1.0), bad=True)
    assert told == sorted(told, reverse=True)
    assert told[-1] < 0.01


def test_a_coin_tells_nothing_and_a_wrong_vote_less() -> None:
    assert bits(heard(1.0, sensitivity=0.5, specificity=0.5), bad=True) == pytest.approx([0.0])
    assert bits(heard(0.0), bad=True)[0] < 0


def test_a_known_answer_earns_what_a_first_review_does() -> None:
    first, *_more = bits(heard(0.0, 0.0, 0.0), bad=False)
    assert bits(heard(0.0, 0.0, 0.0), bad=False, known=True) == pytest.approx([first] * 3)


def test_the_ranking_that_settles_a_pair_tells_most_and_a_contrary_one_less_than_nothing() -> None:
    ab, ba = Cast([["a"], ["b"]]), Cast([["b"], ["a"]])
    told = impact.of_rankings(Siblings(["a", "b"], [ab, ab, ab, ba, ab]), RULES)
    assert told[0] > told[1] > told[2] > 0 > told[3]


def test_equals_and_single_replies_tell_nothing() -> None:
    ab, ba = Cast([["a"], ["b"]]), Cast([["b"], ["a"]])
    assert impact.of_rankings(Siblings(["a", "b"], [ab, ba]), RULES) == [0.0, 0.0]
    assert impact.of_rankings(Siblings(["a"], [Cast([["a"]])]), RULES) == []


def earned(person: User, reason: Reason) -> Decimal:
    return sum((entry.points for entry in PointEntry.objects.filter(person=person, reason=reason)), Decimal(0))


@pytest.mark.django_db
def test_impact_is_paid_once_when_the_tree_has_ended_and_never_taken_back() -> None:
    tree = make_tree(replies=1, verdict=None)
    (reply,) = replies_to(root_of(tree))
    right, wrong = make_person(), make_person()
    for person, spam in ((right, 1.0), (wrong, 0.0), (make_person(), 1.0)):
        review(reply, by=person, spam=spam)
    rewards.settle_points(now=NOW)
    assert not PointEntry.objects.filter(reason=Reason.IMPACT_REVIEW).exists(), "people still work on the tree"
    advance(tree, Event.HALTED)
    for _ in range(2):
        rewards.settle_points(now=NOW)
        type(tree).objects.update(points_due=True)
    assert earned(right, Reason.IMPACT_REVIEW) > 3
    assert earned(wrong, Reason.IMPACT_REVIEW) == 0
    assert not PointEntry.objects.filter(points__lt=0).exists()


@pytest.mark.django_db
def test_rankers_of_a_finished_tree_earn_by_what_they_told() -> None:
    tree = make_tree(state=State.RANKING, replies=2)
    best, other = replies_to(root_of(tree))
    people = [make_person() for _ in range(3)]
    for person, order in zip(people, ([best, other], [best, other], [other, best]), strict=True):
        add_ranking(parent=root_of(tree), by=person, order=[[reply] for reply in order])
    advance(tree)
    scoring.score_waiting(**given())
    rewards.settle_points(now=NOW)
    first, second, against = (earned(person, Reason.IMPACT_RANKING) for person in people)
    assert first > second > against == 0
