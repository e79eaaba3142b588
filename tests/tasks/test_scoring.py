"""Ranks and points: computed from the answers, stored once, the same however often the job runs."""

from __future__ import annotations

from decimal import Decimal

import pytest

from accounts.models import PointEntry, User
from moderation import actions
from tasks import rewards, scoring, verdicts
from tasks.kinds import Kind
from tasks.models import Message, Tree
from tasks.points import Reason, score
from tasks.tree_states import Event, State
from tests.making import (
    NOW,
    add_ranking,
    advance,
    claim,
    draft_for,
    drifts,
    given,
    make_moderator,
    make_people,
    make_person,
    make_tree,
    replies_to,
    review,
    root_of,
    rules,
    submit,
)

pytestmark = pytest.mark.django_db


def ranked(tree: Tree, *orders: list[list[int]]) -> list[int | None]:
    """The ranks of the replies after these rankings of them by their number."""
    replies = replies_to(root_of(tree))
    for order in orders:
        add_ranking(parent=root_of(tree), by=make_person(), order=[[replies[n] for n in group] for group in order])
    advance(tree)
    scoring.score_waiting(**given())
    tree.refresh_from_db()
    assert tree.state == State.READY_FOR_EXPORT
    assert drifts() == []
    return [reply.rank for reply in replies_to(root_of(tree))]


def test_replies_get_their_place_in_the_consensus() -> None:
    tree = make_tree(state=State.RANKING, replies=3)
    assert ranked(tree, [[2], [0], [1]], [[2], [1], [0]], [[0], [2], [1]]) == [1, 2, 0]


def test_replies_nobody_can_separate_share_a_rank_and_the_next_counts_both() -> None:
    tree = make_tree(state=State.RANKING, replies=3)
    assert ranked(tree, [[0, 1], [2]], [[0], [1], [2]], [[1], [0], [2]]) == [0, 0, 2]


def test_three_people_in_a_circle_put_nobody_first() -> None:
    tree = make_tree(state=State.RANKING, replies=3)
    assert ranked(tree, [[0], [1], [2]], [[1], [2], [0]], [[2], [0], [1]]) == [0, 0, 0]


def test_rejected_replies_have_no_rank() -> None:
    tree = make_tree(state=State.RANKING, replies=3)
    Message.objects.filter(pk=replies_to(root_of(tree))[0].pk).update(deleted=True)
    Tree.objects.filter(pk=tree.pk).update(goal_tree_size=3)
    assert ranked(tree, *[[[2], [1]]] * 3) == [None, 1, 0]


@pytest.mark.parametrize("verdict", [True, False])
def test_a_verdict_once_given_stands_whatever_the_reviews_say(verdict: bool) -> None:
    tree = make_tree(replies=1, verdict=verdict)
    (reply,) = replies_to(root_of(tree))
    reply.reviews.update(labels={"spam": float(verdict)})
    verdicts.settle(reply, rules())
    assert reply.review_result is verdict


@pytest.mark.parametrize(("spam", "verdict"), [(0.5, False), (0.25, True)])
def test_a_score_on_the_threshold_does_not_pass_it(spam: float, verdict: bool) -> None:
    tree = make_tree(replies=1, verdict=None)
    (reply,) = replies_to(root_of(tree))
    for _ in range(3):
        review(reply, spam=spam, acceptance_threshold_reply=0.5)
    reply.refresh_from_db()
    assert reply.review_result is verdict


def test_scoring_twice_changes_nothing() -> None:
    tree = make_tree(state=State.READY_FOR_SCORING, replies=2)
    assert scoring.score_waiting(**given()) == 1
    assert scoring.score_waiting(**given()) == 0
    assert tree.transitions.filter(event=Event.SCORED).count() == 1


def test_a_consensus_that_breaks_stops_only_its_own_tree_and_says_why() -> None:
    broken = make_tree(state=State.READY_FOR_SCORING, replies=2)
    fine = make_tree(state=State.READY_FOR_SCORING, replies=2)
    ranking = root_of(broken).rankings.first()
    ranking.order = [ranking.order[0], ranking.order[0]]
    ranking.save()
    assert scoring.score_waiting(**given()) == 2
    broken.refresh_from_db()
    fine.refresh_from_db()
    assert (broken.state, fine.state) == (State.SCORING_FAILED, State.READY_FOR_EXPORT)
    assert "BallotError" in broken.transitions.last().why
    ranking.order = [[pk] for pk in ranking.shown]
    ranking.save()
    actions.retry_scoring(tree_id=broken.pk, by=make_moderator(), why="mended", **given())
    scoring.score_waiting(**given())
    broken.refresh_from_db()
    assert broken.state == State.READY_FOR_EXPORT
    assert drifts() == []


def points_of(person: User) -> dict[str, Decimal]:
    points: dict[str, Decimal] = {}
    for entry in PointEntry.objects.filter(person=person):
        points[entry.reason] = points.get(entry.reason, Decimal(0)) + entry.points
    return points


def test_an_accepted_reply_ranked_first_three_times_earns_35() -> None:
    writer, other = make_people(2)
    tree = make_tree(width=2, goal=3)
    for person in (writer, other):
        receipt = submit(claim(person, Kind.ASSISTANT_REPLY), person)
        for _ in range(3):
            review(Message.objects.get(pk=receipt.answer_id))
    for person in make_people(3):
        task = claim(person, Kind.RANK_ASSISTANT_REPLIES)
        best = tree.messages.get(author=writer)
        submit(task, person, draft_for(task, person, best=best))
    for _ in range(2):
        rewards.settle_points(now=NOW)
        Tree.objects.update(points_due=True)
    assert score(points_of(writer)) == 35
    assert points_of(other) == {
        Reason.ASSISTANT_REPLY: 4, Reason.ACCEPTED_ASSISTANT_REPLY: 4, Reason.RANKED_SECOND: 9
    }  # fmt: skip


def test_points_are_counted_once_although_the_job_ran_twice() -> None:
    make_tree(replies=2)
    assert rewards.settle_points(now=NOW) == 1
    before = PointEntry.objects.count()
    Tree.objects.update(points_due=True)
    assert rewards.settle_points(now=NOW) == 1
    assert rewards.settle_points(now=NOW) == 0
    assert PointEntry.objects.count() == before > 0


def test_a_place_shared_by_two_is_given_to_both_and_the_next_one_is_skipped() -> None:
    writers = make_people(3)
    tree = make_tree(state=State.RANKING, replies=3, authors=writers)
    a, b, c = replies_to(root_of(tree))
    add_ranking(parent=root_of(tree), by=make_person(), order=[[a, b], [c]])
    rewards.settle_points(now=NOW)
    assert [points_of(writer).get(Reason.RANKED_FIRST) for writer in writers] == [9, 9, None]
    assert points_of(writers[2])[Reason.RANKED_THIRD] == 1


def test_a_set_that_is_not_rankable_earns_its_ranker_a_point_and_no_writer_any() -> None:
    tree = make_tree(state=State.RANKING, replies=2)
    ranker = make_person()
    task = claim(ranker, Kind.RANK_ASSISTANT_REPLIES)
    submit(task, ranker, draft_for(task, ranker, not_rankable=True))
    rewards.settle_points(now=NOW)
    assert points_of(ranker) == {Reason.RANKING: 1}
    assert not PointEntry.objects.filter(reason__in=[Reason.RANKED_FIRST, Reason.RANKED_SECOND]).exists()
    assert tree.messages.filter(ranking_count=1).count() == 2


def test_full_reviews_earn_twice_what_simple_ones_do() -> None:
    for chance, reason, points in ((1.0, Reason.LABELS_FULL, 2), (0.0, Reason.LABELS_SIMPLE, 1)):
        make_tree(state=State.INITIAL_PROMPT_REVIEW)
        person = make_person()
        submit(claim(person, Kind.LABEL_INITIAL_PROMPT, p_full_labeling_review_prompt=chance), person)
        rewards.settle_points(now=NOW)
        assert points_of(person) == {reason: points}


def test_imported_messages_earn_nothing() -> None:
    tree = make_tree(replies=1)
    Message.objects.filter(tree=tree).update(task=None)
    rewards.settle_points(now=NOW)
    assert set(PointEntry.objects.values_list("reason", flat=True)) == {Reason.LABELS_FULL}
