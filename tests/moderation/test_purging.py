"""Purging: what a person wrote goes for good, and every count that is left is as if it had never been there."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import OperationalError, transaction

from accounts.locking import PersonNotFound
from accounts.models import PointEntry, Status, User
from moderation import actions, purging
from moderation.log import NotAllowed
from moderation.models import Action, ActionLog, QueueItem, Report
from moderation.purging import Gone
from tasks import locking, rewards, scoring
from tasks.kinds import Kind
from tasks.models import (
    ImportedMessage,
    Message,
    MessageRevision,
    Preference,
    Ranking,
    Reaction,
    Review,
    Skip,
    Task,
    Tree,
)
from tasks.points import Reason
from tasks.tree_states import State
from tests.making import (
    BEFORE,
    NOW,
    add_message,
    add_ranking,
    advance,
    another_connection,
    claim,
    claim_on,
    drifts,
    given,
    make_admin,
    make_moderator,
    make_people,
    make_person,
    make_tree,
    openings,
    replies_to,
    root_of,
    submit,
)
from tests.moderation.forests import grow

pytestmark = pytest.mark.django_db


def purge(person: User, *, by: User | None = None, **about: Any) -> Gone:
    about = {"ban": True, "preview": False, **about}
    return purging.purge_person(person_id=person.pk, by=by or make_moderator(), why="a troll", **about, **given())


def purge_messages(person: User, **about: Any) -> Gone:
    about = {"prompts": False, "since": None, "until": None, "preview": False, **about}
    return purging.purge_messages(person_id=person.pk, by=make_moderator(), why="a troll", **about, **given())


def tables() -> dict[str, int]:
    kinds = (Message, Review, Ranking, Task, Tree, Reaction, PointEntry, Preference, ActionLog, Skip)
    return {model.__name__: model.objects.count() for model in kinds}


def test_a_prompt_goes_with_its_tree_and_a_reply_with_what_others_wrote_below() -> None:
    troll, other = make_people(2)
    own = make_tree(author=troll, replies=2, authors=[other])
    tree = make_tree(author=other, replies=2, authors=[troll])
    theirs, beside = replies_to(root_of(tree))
    below = add_message(tree=tree, parent=theirs, author=other)
    advance(tree)
    gone = purge(troll)
    assert (gone.kept, gone.kept_by_lang, gone.deleted, gone.trees) == (5, {"en": 5}, 0, 1)
    assert not Tree.objects.filter(pk=own.pk).exists()
    assert not Message.objects.filter(pk__in=[theirs.pk, below.pk]).exists()
    assert set(tree.messages.all()) == {root_of(tree), beside}
    assert drifts() == []


def test_the_place_of_a_purged_reply_is_open_again() -> None:
    troll = make_person()
    tree = make_tree(goal=3, width=2, replies=2, authors=[troll], state=State.RANKING)
    purge(troll)
    tree.refresh_from_db()
    assert tree.state == State.GROWING
    assert openings(tree) == {Kind.ASSISTANT_REPLY: 1}
    assert drifts() == []


def test_an_edited_reported_and_hidden_message_goes_too() -> None:
    troll, moderator = make_person(), make_moderator()
    tree = make_tree(replies=2, authors=[troll])
    message = tree.messages.get(author=troll)
    actions.edit_message(message_id=message.pk, text="New", by=moderator, why="", **given())
    Report.objects.create(message=message, person=make_person(), text="Look")
    QueueItem.objects.create(message=message)
    actions.delete_message(message_id=message.pk, by=moderator, why="", **given())
    gone = purge(troll)
    assert (gone.kept, gone.deleted) == (0, 1)
    assert not MessageRevision.objects.exists()
    assert not Report.objects.exists()
    assert not QueueItem.objects.exists()
    assert drifts() == []


def test_rankings_with_a_purged_reply_no_longer_count_and_the_tree_is_ranked_anew() -> None:
    troll = make_person()
    tree = make_tree(replies=3, goal=3, authors=[troll], state=State.RANKING)
    for person in make_people(2):
        add_ranking(parent=root_of(tree), by=person)
    advance(tree)
    purge(troll)
    assert not Ranking.objects.exists()
    assert set(tree.messages.values_list("ranking_count", flat=True)) == {0}
    assert openings(tree) == {Kind.RANK_ASSISTANT_REPLIES: 3}
    assert drifts() == []


def test_rankings_of_other_replies_in_the_tree_stay() -> None:
    troll = make_person()
    tree = make_tree(replies=2, goal=20)
    reply, _other = replies_to(root_of(tree))
    add_message(tree=tree, parent=reply, author=troll)
    add_ranking(parent=root_of(tree), by=make_person())
    purge(troll)
    assert Ranking.objects.count() == 1
    assert drifts() == []


@pytest.mark.parametrize("replies", [2, 4])
def test_a_finished_tree_is_scored_again_without_what_went(replies: int) -> None:
    troll = make_person()
    tree = make_tree(state=State.READY_FOR_EXPORT, replies=replies, authors=[troll])
    assert Preference.objects.exists()
    purge(troll)
    tree.refresh_from_db()
    assert tree.state == State.READY_FOR_SCORING
    assert not Preference.objects.exists()
    assert set(tree.messages.values_list("rank", flat=True)) == {None}
    scoring.score_waiting(**given())
    tree.refresh_from_db()
    assert tree.state == State.READY_FOR_EXPORT
    assert drifts() == []


def test_a_halted_tree_keeps_no_rank_that_nobody_can_explain() -> None:
    troll = make_person()
    tree = make_tree(state=State.READY_FOR_EXPORT, replies=3, authors=[troll])
    actions.halt_tree(tree_id=tree.pk, by=make_moderator(), why="", **given())
    purge(troll)
    assert set(tree.messages.values_list("rank", flat=True)) == {None}
    assert not Preference.objects.exists()
    assert drifts() == []


def test_nor_a_rank_that_the_person_helped_to_or_that_counts_what_nobody_ranked() -> None:
    ranker, late = make_people(2)
    trees = [make_tree(state=State.READY_FOR_EXPORT, replies=3) for _ in range(2)]
    add_ranking(parent=root_of(trees[0]), by=ranker)
    add_message(tree=trees[1], parent=root_of(trees[1]), author=late)
    for tree in trees:
        advance(tree)
    scoring.score_waiting(**given())
    for tree, person in zip(trees, (ranker, late), strict=True):
        actions.halt_tree(tree_id=tree.pk, by=make_moderator(), why="", **given())
        assert tree.messages.filter(rank__isnull=False).exists()
        purge(person)
        assert set(tree.messages.values_list("rank", flat=True)) == {None}
    assert drifts() == []


def test_what_the_person_ranked_no_longer_counts_but_their_reviews_do() -> None:
    troll = make_person()
    tree = make_tree(state=State.RANKING, replies=2)
    ranked = submit(claim(troll, Kind.RANK_ASSISTANT_REPLIES), troll)
    reviewed = make_tree(replies=1, verdict=None)
    submit(claim(troll, Kind.LABEL_ASSISTANT_REPLY), troll)
    rewards.settle_points(now=NOW)
    assert Ranking.objects.filter(pk=ranked.answer_id).exists()
    purge(troll)
    assert not Ranking.objects.exists()
    assert set(tree.messages.filter(parent__isnull=False).values_list("ranking_count", flat=True)) == {0}
    assert replies_to(root_of(reviewed))[0].review_count == 1
    assert set(PointEntry.objects.filter(person=troll).values_list("reason", flat=True)) == {Reason.LABELS_FULL}
    assert drifts() == []


def test_the_points_for_what_went_are_gone_and_who_judged_it_keeps_theirs() -> None:
    troll, other, ranker = make_people(3)
    tree = make_tree(state=State.RANKING, replies=2, authors=[troll, other])
    below = add_message(tree=tree, parent=tree.messages.get(author=troll), author=make_person())
    advance(tree)
    add_ranking(parent=root_of(tree), by=ranker)
    rewards.settle_points(now=NOW)
    purge(troll)
    assert not PointEntry.objects.filter(person__in=[troll, below.author]).exists()
    kept = set(PointEntry.objects.filter(person=other).values_list("reason", flat=True))
    assert kept == {Reason.ASSISTANT_REPLY, Reason.ACCEPTED_ASSISTANT_REPLY, Reason.RANKED_SECOND}
    assert PointEntry.objects.filter(person=ranker, reason=Reason.RANKING).exists()
    before = PointEntry.objects.count()
    rewards.settle_points(now=NOW)
    assert PointEntry.objects.count() == before, "nothing is earned once more"


def test_the_places_of_replies_that_went_with_the_prompt_are_worth_nothing() -> None:
    troll, *writers = make_people(3)
    tree = make_tree(state=State.RANKING, author=troll, replies=2, authors=writers)
    add_ranking(parent=root_of(tree), by=make_person())
    rewards.settle_points(now=NOW)
    assert PointEntry.objects.filter(person__in=writers, reason=Reason.RANKED_FIRST).exists()
    purge_messages(troll, prompts=True)
    assert not PointEntry.objects.filter(person__in=[troll, *writers]).exists()


def test_nobody_holds_a_task_about_what_is_gone_and_the_person_holds_none() -> None:
    troll, other = make_people(2)
    tree = make_tree(replies=1, authors=[troll], goal=20)
    theirs = replies_to(root_of(tree))[0]
    claim_on(theirs, Kind.PROMPTER_REPLY, by=other)
    claim_on(root_of(make_tree()), Kind.ASSISTANT_REPLY, by=troll)
    purge(troll)
    assert not Task.objects.filter(state="claimed").exists()
    assert drifts() == []


def test_reactions_and_skips_of_the_person_are_forgotten_and_the_account_is_closed() -> None:
    troll = make_person()
    tree = make_tree()
    Reaction.objects.create(message=root_of(tree), person=troll, emoji="+1")
    Skip.objects.create(message=root_of(tree), person=troll, kind=Kind.ASSISTANT_REPLY)
    moderator = make_moderator()
    purge(troll, by=moderator)
    assert not Reaction.objects.exists()
    assert not Skip.objects.exists()
    assert User.objects.get(pk=troll.pk).status == Status.DELETED
    line = ActionLog.objects.get()
    assert (line.action, line.by, line.person, line.why) == (Action.PURGE_PERSON, moderator, troll, "a troll")


def test_without_a_ban_the_person_may_go_on() -> None:
    person = make_person()
    make_tree(author=person)
    purge(person, ban=False)
    assert User.objects.get(pk=person.pk).status == Status.ACTIVE
    assert not Tree.objects.exists()


def test_a_preview_tells_what_would_go_and_changes_nothing() -> None:
    troll, other = make_people(2)
    make_tree(author=troll, replies=2)
    tree = make_tree(state=State.READY_FOR_EXPORT, replies=3, authors=[troll, other])
    claim_on(root_of(make_tree()), Kind.ASSISTANT_REPLY, by=troll)
    rewards.settle_points(now=NOW)
    before = tables()
    told = purge(troll, preview=True)
    assert tables() == before
    assert (told.kept, told.trees) == (4, 1)
    tree.refresh_from_db()
    assert tree.state == State.READY_FOR_EXPORT
    assert User.objects.get(pk=troll.pk).status == Status.ACTIVE
    assert drifts() == []
    assert purge(troll) == told


def test_purging_twice_changes_nothing_more() -> None:
    troll = make_person()
    make_tree(replies=2, authors=[troll])
    purge(troll)
    assert purge(troll) == Gone()


def test_messages_go_by_date_and_prompts_only_if_asked_for() -> None:
    person = make_person()
    own = make_tree(author=person)
    tree = make_tree(replies=2, authors=[person])
    reply = tree.messages.get(author=person)
    Message.objects.filter(pk=reply.pk).update(created_at=BEFORE)
    assert purge_messages(person, since=BEFORE + timedelta(seconds=1)) == Gone()
    assert purge_messages(person, until=BEFORE - timedelta(seconds=1)) == Gone()
    assert purge_messages(person, since=BEFORE, until=BEFORE).kept == 1
    assert purge_messages(person) == Gone()
    assert Tree.objects.filter(pk=own.pk).exists()
    assert purge_messages(person, prompts=True).trees == 1
    assert User.objects.get(pk=person.pk).status == Status.ACTIVE
    assert drifts() == []


def test_only_those_purge_who_stand_above_the_person() -> None:
    person, moderator, admin = make_person(), make_moderator(), make_admin()
    make_tree(author=person)
    for by, whom in ((make_person(), person), (make_moderator(), moderator), (moderator, admin), (make_admin(), admin)):
        for preview in (True, False):
            with pytest.raises(NotAllowed):
                purge(whom, by=by, preview=preview)
    assert Tree.objects.exists()
    purge(moderator, by=admin)
    with pytest.raises(PersonNotFound):
        purge(User(id=uuid4()))


@pytest.mark.django_db(transaction=True)
def test_from_the_moment_a_message_is_being_removed_nobody_reacts_to_it() -> None:
    """Otherwise the reaction would come in after what refers to the message was looked up, and nothing could go."""
    person = make_person()
    message = root_of(make_tree())
    with transaction.atomic():
        tree = locking.lock_tree(message.tree_id)
        locking.lock_to_remove([tree.pk])
        with another_connection() as cursor:
            cursor.execute("SET lock_timeout = '100ms'")
            cursor.execute(
                "INSERT INTO tasks_reaction (message_id, person_id, emoji, created_at) VALUES (%s, %s, '+1', now())",
                [message.pk, person.pk],
            )
            with pytest.raises(OperationalError, match="lock timeout"):
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_published_ranks_stay_where_nobody_ranked_here() -> None:
    person = make_person()
    tree = make_tree(state=State.BACKLOG_RANKING, replies=3, authors=[person])
    for rank, reply in enumerate(replies_to(root_of(tree))):
        ImportedMessage.objects.create(message=reply, rank=rank, review_result=True)
        Message.objects.filter(pk=reply.pk).update(rank=rank)
    purge(person)
    assert list(tree.messages.order_by("rank").values_list("rank", flat=True)) == [1, 2, None]


@pytest.mark.parametrize("seed", range(3))
def test_whoever_is_purged_from_a_forest_leaves_no_drift(seed: int) -> None:
    crowd = grow(seed=seed)
    assert drifts() == []
    for person in crowd[:3]:
        told = purge(person, preview=True)
        assert drifts() == []
        assert purge(person) == told
        assert drifts() == []
        scoring.score_waiting(**given())
        rewards.settle_points(now=NOW)
        assert drifts() == []
        assert not Message.objects.filter(author=person).exists()
        assert not Ranking.objects.filter(ranker=person).exists()
    messages = {str(pk) for pk in Message.objects.values_list("pk", flat=True)}
    written = PointEntry.objects.filter(reason__in=[Reason.PROMPT, Reason.ASSISTANT_REPLY, Reason.PROMPTER_REPLY])
    assert set(written.values_list("source", flat=True)) <= messages
