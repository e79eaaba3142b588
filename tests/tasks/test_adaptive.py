"""The adaptive rules: another answer is asked for only while something is open. And what is stored of each pair."""

from __future__ import annotations

from math import isclose
from typing import Any

import pytest

from accounts.models import User
from tasks import rulebook, scoring, upkeep
from tasks.kinds import Kind
from tasks.models import Message, Preference, Reliability, Tree
from tasks.tree_states import State
from tests.making import (
    NOW,
    add_ranking,
    advance,
    claim,
    claim_on,
    draft_for,
    drifts,
    given,
    make_person,
    make_tree,
    openings,
    replies_to,
    review,
    root_of,
    submit,
)

pytestmark = pytest.mark.django_db


def adaptive(**changes: Any) -> None:
    fewest = {"min_reviews": 2, "min_rankings": 2}
    rules = {"review_rule": "adaptive", "ranking_rule": "adaptive", "p_known_answer": 0, **fewest, **changes}
    rulebook.change(changes=rules, by=None, note="", now=NOW)


def known(sensitivity: float = 0.95, specificity: float = 0.95, adherence: float = 1.0) -> User:
    """Somebody whose reliability was measured."""
    person = make_person()
    Reliability.objects.create(
        person=person, sensitivity=sensitivity, specificity=specificity, adherence=adherence, measured_at=NOW
    )
    return person


def open_reviews(tree: Tree) -> int:
    return openings(tree).get(Kind.LABEL_ASSISTANT_REPLY, 0)


def test_two_reliable_reviewers_who_agree_are_enough() -> None:
    adaptive()
    tree = make_tree(replies=1, verdict=None)
    (reply,) = replies_to(root_of(tree))
    assert open_reviews(tree) == 2
    review(reply, by=known())
    assert open_reviews(tree) == 1
    review(reply, by=known())
    reply.refresh_from_db()
    assert (reply.review_result, reply.decided_after) == (True, 2)
    assert open_reviews(tree) == 0
    assert drifts() == []


def test_as_long_as_reviewers_contradict_each_other_one_more_is_asked() -> None:
    adaptive(max_reviews=5)
    tree = make_tree(replies=1, verdict=None)
    (reply,) = replies_to(root_of(tree))
    for number, spam in enumerate((0.0, 1.0, 0.0, 1.0)):
        review(reply, by=known(0.8, 0.8), spam=spam)
        assert open_reviews(tree) == 1, number
        assert drifts() == []
    review(reply, by=known(0.8, 0.8), spam=1.0)
    reply.refresh_from_db()
    assert (reply.review_result, reply.decided_after) == (False, 5)
    assert open_reviews(tree) == 0


def test_what_a_coin_says_settles_nothing() -> None:
    adaptive()
    tree = make_tree(replies=1, verdict=None)
    (reply,) = replies_to(root_of(tree))
    for _ in range(3):
        review(reply, by=known(0.5, 0.5))
    reply.refresh_from_db()
    assert reply.review_result is None
    assert open_reviews(tree) == 1


def test_the_fixed_rule_hears_everybody_alike() -> None:
    tree = make_tree(replies=1, verdict=None)
    (reply,) = replies_to(root_of(tree))
    for spam in (1.0, 0.0, 0.0):
        review(reply, by=known(0.99, 0.99) if spam else known(0.5, 0.5), spam=spam)
    reply.refresh_from_db()
    assert reply.review_result is True


def rank(tree: Tree, best: Message, *, by: User | None = None) -> None:
    person = by or make_person()
    task = claim(person, Kind.RANK_ASSISTANT_REPLIES)
    submit(task, person, draft_for(task, person, best=best))


def test_rankers_who_agree_are_asked_until_the_pair_is_decided_and_no_longer() -> None:
    adaptive(pair_decided_at=0.9)
    tree = make_tree(state=State.RANKING, replies=2)
    best = replies_to(root_of(tree))[0]
    assert openings(tree) == {Kind.RANK_ASSISTANT_REPLIES: 2}
    asked = 0
    while tree.state == State.RANKING:
        rank(tree, best)
        asked += 1
        tree.refresh_from_db()
        assert drifts() == []
        assert openings(tree).get(Kind.RANK_ASSISTANT_REPLIES, 0) <= 1
    scoring.score_waiting(**given())
    (pair,) = Preference.objects.all()
    assert pair.chosen_id == best.pk
    assert pair.p_better >= 0.9
    assert pair.n_votes == asked < 9
    assert drifts() == []


def test_a_pair_that_stays_open_is_given_up_at_the_maximum() -> None:
    adaptive(max_rankings=4)
    tree = make_tree(state=State.RANKING, replies=2)
    replies = replies_to(root_of(tree))
    for number in range(4):
        assert openings(tree)[Kind.RANK_ASSISTANT_REPLIES] >= 1
        rank(tree, replies[number % 2])
    tree.refresh_from_db()
    assert tree.state == State.READY_FOR_SCORING
    assert drifts() == []


def test_replies_most_rankers_will_not_order_are_settled() -> None:
    adaptive()
    tree = make_tree(state=State.RANKING, replies=2)
    for _ in range(2):
        person = make_person()
        task = claim(person, Kind.RANK_ASSISTANT_REPLIES)
        submit(task, person, draft_for(task, person, not_rankable=True))
    tree.refresh_from_db()
    assert tree.state == State.READY_FOR_SCORING
    scoring.score_waiting(**given())
    assert not Preference.objects.exists()
    assert drifts() == []


def test_a_ranking_keeps_the_weight_it_came_in_with() -> None:
    tree = make_tree(state=State.RANKING, replies=2)
    person = known(adherence=0.3)
    task = claim_on(root_of(tree), Kind.RANK_ASSISTANT_REPLIES, by=person)
    submit(task, person)
    Reliability.objects.update(adherence=2.0)
    assert root_of(tree).rankings.get().adherence == 0.3


def scored(*orders: list[list[int]], replies: int = 3) -> dict[tuple[int, int], Preference]:
    """The pairs by number of the replies, (chosen, rejected)."""
    tree = make_tree(state=State.RANKING, replies=replies)
    found = replies_to(root_of(tree))
    for order in orders:
        add_ranking(parent=root_of(tree), by=make_person(), order=[[found[n] for n in group] for group in order])
    advance(tree)
    scoring.score_waiting(**given())
    assert drifts() == []
    number = {reply.pk: place for place, reply in enumerate(found)}
    return {(number[p.chosen_id], number[p.rejected_id]): p for p in root_of(tree).preferences.all()}


def test_every_pair_of_siblings_is_stored_with_how_sure_it_is() -> None:
    pairs = scored([[0], [1], [2]], [[0], [1], [2]], [[1], [0], [2]])
    assert set(pairs) == {(0, 1), (0, 2), (1, 2)}
    close, clear = pairs[0, 1], pairs[0, 2]
    assert 0.5 < close.p_chosen < clear.p_chosen < 1
    assert close.p_low < 0.5 < close.p_chosen < close.p_high
    assert (close.n_votes, close.flip_margin, close.cause) == (3, 1, "lack_of_votes")
    assert (clear.n_votes, clear.flip_margin, clear.cause) == (3, 2, "")


def test_equals_are_a_pair_at_one_half_and_nobody_is_better() -> None:
    (pair,) = scored([[0], [1]], [[1], [0]], [[0, 1]], replies=2).values()
    assert pair.tied
    assert isclose(pair.p_chosen, 0.5)
    assert (pair.n_votes, pair.n_ties) == (2, 1)


def test_scoring_again_replaces_the_pairs() -> None:
    tree = make_tree(state=State.READY_FOR_EXPORT, replies=3)
    assert Preference.objects.count() == 3
    Message.objects.filter(pk=replies_to(root_of(tree))[0].pk).update(deleted=True)
    advance(tree)
    scoring.score_waiting(**given())
    assert Preference.objects.count() == 1
    assert drifts() == []


def test_a_pair_that_is_not_what_the_rankings_say_is_a_drift() -> None:
    make_tree(state=State.READY_FOR_EXPORT, replies=2)
    Preference.objects.update(p_chosen=0.99)
    (drift,) = drifts()
    assert "p_chosen" in drift
    assert "0.99" in drift
    Preference.objects.all().delete()
    (drift,) = drifts()
    assert "stored none" in drift


def test_trees_scored_before_there_were_preferences_get_theirs_and_keep_their_ranks() -> None:
    tree = make_tree(state=State.READY_FOR_EXPORT, replies=3)
    before = [reply.rank for reply in replies_to(root_of(tree))]
    Preference.objects.all().delete()
    make_tree(state=State.GROWING, replies=2)
    assert upkeep.fill_preferences() == 1
    assert upkeep.fill_preferences() == 0
    assert Preference.objects.count() == 3
    assert [reply.rank for reply in replies_to(root_of(tree))] == before
    assert drifts() == []
