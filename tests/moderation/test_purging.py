"""Purging: what a person wrote goes for good, what others wrote does not, and every count that is left is right."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import OperationalError, transaction

from accounts.locking import PersonNotFound
from accounts.models import News, NewsKind, PointEntry, Status, User
from moderation import actions, appeals, purging, removals, reports, undoing
from moderation.log import Grounds, NotAllowed
from moderation.models import Action, ActionLog, QueueItem, Report, Signature
from moderation.purging import Gone, Unwanted
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
from tasks.refusals import MessageNotFound
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


def test_where_nobody_else_wrote_nothing_is_left() -> None:
    troll, other = make_people(2)
    own = make_tree(author=troll, replies=1, authors=[troll])
    tree = make_tree(author=other, replies=2, authors=[troll])
    theirs, beside = replies_to(root_of(tree))
    gone = purge(troll)
    assert (gone.own, gone.own_by_lang, gone.kept, gone.removed, gone.trees) == (3, {"en": 3}, 3, 3, 1)
    assert (gone.hidden, gone.others, gone.touched, gone.finished) == (0, frozenset(), 2, 0)
    assert not Tree.objects.filter(pk=own.pk).exists()
    assert not Message.objects.filter(pk=theirs.pk).exists()
    assert set(tree.messages.all()) == {root_of(tree), beside}
    assert not News.objects.exists()
    assert drifts() == []


def test_what_others_wrote_below_is_hidden_and_keeps_its_text_its_author_and_its_points() -> None:
    troll, other = make_people(2)
    tree = make_tree(replies=2, authors=[troll], goal=20)
    theirs, beside = replies_to(root_of(tree))
    below = add_message(tree=tree, parent=theirs, author=other, text="Written in good faith")
    advance(tree)
    rewards.settle_points(now=NOW)
    actions.edit_message(message_id=theirs.pk, text="Nicer", by=make_moderator(), why="", **given())
    told = purge(troll, preview=True)
    gone = purge(troll, grounds=Grounds(reason="spam"))
    assert told == gone
    assert (gone.own, gone.hidden, set(gone.others), gone.removed, gone.trees) == (1, 1, {other.pk}, 0, 0)
    below.refresh_from_db()
    theirs.refresh_from_db()
    assert (below.text, below.author, below.deleted) == ("Written in good faith", other, True)
    assert (theirs.text, theirs.author, theirs.task, theirs.deleted) == ("", None, None, True)
    assert not MessageRevision.objects.filter(message=theirs).exists()
    assert Message.objects.visible_to(other).filter(pk=below.pk).exists()
    assert not Message.objects.filter(pk=beside.pk, deleted=True).exists()
    assert set(PointEntry.objects.filter(person=other).values_list("reason", flat=True)) == {
        Reason.PROMPTER_REPLY,
        Reason.ACCEPTED_PROMPTER_REPLY,
    }
    assert not PointEntry.objects.filter(person=troll).exists()
    assert drifts() == []


def test_who_wrote_below_is_told_with_the_reason_and_finds_the_line_of_the_log() -> None:
    troll, other = make_people(2)
    tree = make_tree(replies=1, authors=[troll], goal=20)
    below = add_message(tree=tree, parent=replies_to(root_of(tree))[0], author=other)
    advance(tree)
    purge(troll, grounds=Grounds(reason="spam"))
    news = News.objects.get()
    assert (news.person, news.kind, news.about["reason"]) == (other, NewsKind.MESSAGE_REMOVED, "spam")
    assert news.about["message_id"] == str(below.pk)
    below.refresh_from_db()
    line = removals.of(below)
    assert line is not None
    assert (line.reason, line.person) == ("spam", troll)
    with pytest.raises(appeals.NothingToAppeal):
        appeals.appeal(message_id=below.pk, by=other, text="Please", now=NOW)


def test_a_tree_in_which_others_wrote_is_halted_and_not_deleted() -> None:
    troll, other = make_people(2)
    for state in (State.GROWING, State.RANKING, State.READY_FOR_EXPORT, State.BACKLOG_RANKING):
        tree = make_tree(author=troll, replies=2, authors=[other], state=state)
        gone = purge_messages(troll, prompts=True)
        tree.refresh_from_db()
        assert tree.state == State.HALTED_BY_MODERATOR
        assert (gone.trees, gone.finished, gone.hidden) == (0, int(state is State.READY_FOR_EXPORT), 2)
        assert gone.moves == {(state.value, State.HALTED_BY_MODERATOR.value): 1}
        assert tree.messages.filter(author=other).exclude(text="").exists()
        assert drifts() == []


def test_rankings_of_what_others_wrote_below_stay() -> None:
    troll = make_person()
    tree = make_tree(replies=1, authors=[troll], goal=20)
    place = replies_to(root_of(tree))[0]
    for _ in range(2):
        add_message(tree=tree, parent=place)
    advance(tree)
    ranking = add_ranking(parent=place, by=make_person())
    purge(troll)
    assert list(Ranking.objects.all()) == [ranking]
    assert drifts() == []


def test_nothing_brings_back_an_empty_place_or_what_hangs_below_it() -> None:
    troll, other, moderator = *make_people(2), make_moderator()
    tree = make_tree(replies=2, authors=[other, troll], goal=20)
    above, _beside = replies_to(root_of(tree))
    place = add_message(tree=tree, parent=above, author=troll)
    below = add_message(tree=tree, parent=place, author=make_person())
    advance(tree)
    actions.delete_message(message_id=above.pk, by=moderator, why="", **given())
    purge(troll)
    with pytest.raises(MessageNotFound):
        actions.undelete_message(message_id=below.pk, by=moderator, why="", **given())
    undoing.undo(line_id=ActionLog.objects.get(message=above).pk, by=moderator, **given())
    assert set(tree.messages.filter(deleted=True)) == {place, below}
    assert drifts() == []


def test_what_was_found_in_a_purged_text_is_forgotten_and_nobody_has_to_look_at_it() -> None:
    troll = make_person()
    tree = make_tree(replies=1, authors=[troll], goal=20)
    place = replies_to(root_of(tree))[0]
    add_message(tree=tree, parent=place)
    advance(tree)
    Signature.objects.create(message=place, lang="en", version="1", minhash=b"", bands=[])
    reporter = make_person()
    reports.report(message_id=place.pk, person=reporter, labels=["spam"], text="Look", now=NOW)
    purge(troll)
    assert not Signature.objects.exists()
    assert not QueueItem.objects.filter(processed=False).exists()
    assert Report.objects.get().text == "Look"
    assert News.objects.filter(person=reporter, kind=NewsKind.REPORT_ANSWERED).exists()


def test_an_open_appeal_of_another_still_gets_its_answer() -> None:
    troll, other, moderator = *make_people(2), make_moderator()
    tree = make_tree(author=troll, replies=1, authors=[other], goal=20)
    reply = replies_to(root_of(tree))[0]
    actions.delete_message(message_id=reply.pk, by=moderator, why="", grounds=Grounds(reason="spam"), **given())
    appeals.appeal(message_id=reply.pk, by=other, text="It is not", now=NOW)
    purge(troll)
    assert not QueueItem.objects.get(pk=reply.pk).processed
    appeals.decide(message_id=reply.pk, upheld=True, by=make_moderator(), answer="", why="", **given())
    reply.refresh_from_db()
    assert reply.deleted, "there is nothing any more that it could answer"


def test_a_purge_in_slices_does_the_same_and_goes_on_where_it_stopped() -> None:
    troll, other, moderator = *make_people(2), make_moderator()
    for _ in range(5):
        make_tree(author=troll, replies=1, authors=[other])
    told = purge(troll, preview=True)
    unwanted, after, gone, slices = Unwanted(person_id=troll.pk, everything=True, ban=True), None, Gone(), 0
    while True:
        part = purging.purge_some(
            unwanted=unwanted, after=after, preview=False, by=moderator, why="", at_once=2, **given()
        )
        gone, after, slices = gone + part.gone, part.after, slices + 1
        if after is None:
            break
    assert (gone, slices, part.left) == (told, 3, 0)
    assert ActionLog.objects.filter(action=Action.PURGE_PERSON).count() == 1
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
    assert (gone.kept, gone.own, gone.removed) == (0, 1, 1)
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
    add_ranking(parent=root_of(tree), by=ranker)
    rewards.settle_points(now=NOW)
    purge(troll)
    assert not PointEntry.objects.filter(person=troll).exists()
    kept = set(PointEntry.objects.filter(person=other).values_list("reason", flat=True))
    assert kept == {Reason.ASSISTANT_REPLY, Reason.ACCEPTED_ASSISTANT_REPLY, Reason.RANKED_SECOND}
    assert PointEntry.objects.filter(person=ranker, reason=Reason.RANKING).exists()
    before = PointEntry.objects.count()
    rewards.settle_points(now=NOW)
    assert PointEntry.objects.count() == before, "nothing is earned once more"


def test_replies_hidden_with_a_prompt_keep_the_points_for_their_places() -> None:
    troll, *writers = make_people(3)
    tree = make_tree(state=State.RANKING, author=troll, replies=2, authors=writers)
    add_ranking(parent=root_of(tree), by=make_person())
    rewards.settle_points(now=NOW)
    before = set(PointEntry.objects.filter(person__in=writers).values_list("reason", "source"))
    assert Reason.RANKED_FIRST in {reason for reason, _source in before}
    purge_messages(troll, prompts=True)
    assert not PointEntry.objects.filter(person=troll).exists()
    rewards.settle_points(now=NOW)
    assert set(PointEntry.objects.filter(person__in=writers).values_list("reason", "source")) == before


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
    assert (told.own, told.hidden, told.trees, told.finished) == (2, 2, 0, 1)
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
    for number, person in enumerate(crowd[:3]):

        def others_texts(left: Sequence[User] = tuple(crowd[number + 1 :])) -> set[Any]:
            return set(Message.objects.filter(author__in=left).values_list("id", "text"))

        texts = others_texts()
        told = purge(person, preview=True)
        assert drifts() == []
        assert purge(person) == told
        assert drifts() == []
        scoring.score_waiting(**given())
        rewards.settle_points(now=NOW)
        assert drifts() == []
        assert not Message.objects.filter(author=person).exists()
        assert not Message.objects.filter(author=None, deleted=False).exists()
        assert others_texts() == texts
        assert not Ranking.objects.filter(ranker=person).exists()
    messages = {str(pk) for pk in Message.objects.values_list("pk", flat=True)}
    written = PointEntry.objects.filter(reason__in=[Reason.PROMPT, Reason.ASSISTANT_REPLY, Reason.PROMPTER_REPLY])
    assert set(written.values_list("source", flat=True)) <= messages
