"""An appeal: once, for what was removed, decided by somebody else; then exactly what was hidden comes back."""

from __future__ import annotations

import pytest

from accounts.models import News, NewsKind, Status, User
from moderation import actions, appeals, leaving, queue
from moderation.appeals import AppealedAlready, NoAppeal, NothingToAppeal, NoWords
from moderation.models import Action, ActionLog, Appeal, QueueItem
from moderation.querysets import Wanted
from moderation.queue import NotForYou
from tasks.models import Message
from tasks.refusals import MessageNotFound
from tests.making import (
    NOW,
    add_message,
    advance,
    drifts,
    given,
    make_moderator,
    make_person,
    make_tree,
    replies_to,
    root_of,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def first() -> User:
    """The moderator who removed it."""
    return make_moderator()


@pytest.fixture
def removed(first: User) -> Message:
    """With a message of somebody else below it."""
    tree = make_tree(replies=2)
    (reply, _other) = replies_to(root_of(tree))
    add_message(tree=tree, parent=reply)
    advance(tree)
    actions.delete_message(message_id=reply.pk, by=first, why="", **given())
    reply.refresh_from_db()
    return reply


def appeal(message: Message, *, by: User | None = None, text: str = "But it is a good answer.") -> Appeal:
    person = by or message.author
    assert person is not None
    return appeals.appeal(message_id=message.pk, by=person, text=text, now=NOW)


def decide(message: Message, *, upheld: bool, by: User) -> ActionLog:
    return appeals.decide(message_id=message.pk, upheld=upheld, by=by, answer="We looked.", why="", **given())


def test_an_appeal_calls_another_moderator(removed: Message, first: User) -> None:
    appeal(removed)
    item = QueueItem.objects.get(pk=removed.pk)
    assert (item.processed, item.sources, item.not_for) == (False, ["appeal"], first)
    assert queue.claim_next(by=first, wanted=Wanted(), now=NOW) is None
    with pytest.raises(NotForYou):
        decide(removed, upheld=False, by=first)
    assert queue.claim_next(by=make_moderator(), wanted=Wanted(), now=NOW) is not None


def test_who_was_right_gets_back_exactly_what_was_hidden(removed: Message) -> None:
    appeal(removed)
    line = decide(removed, upheld=True, by=make_moderator())
    assert line.action == Action.UPHOLD_APPEAL
    assert not Message.objects.filter(tree=removed.tree_id, deleted=True).exists()
    news = News.objects.get(kind=NewsKind.APPEAL_DECIDED)
    assert (news.person, news.about["decision"]) == (removed.author, "upheld")
    assert QueueItem.objects.get(pk=removed.pk).processed
    assert drifts() == []


def test_a_rejected_appeal_is_final_and_answered(removed: Message) -> None:
    filed = appeal(removed)
    decide(removed, upheld=False, by=make_moderator())
    filed.refresh_from_db()
    assert (filed.upheld, filed.answer) == (False, "We looked.")
    assert Message.objects.get(pk=removed.pk).deleted
    with pytest.raises(AppealedAlready):
        appeal(removed)
    with pytest.raises(NoAppeal):
        decide(removed, upheld=True, by=make_moderator())


def test_only_for_ones_own_message_that_was_removed(removed: Message) -> None:
    with pytest.raises(MessageNotFound):
        appeal(removed, by=make_person())
    for message in replies_to(root_of(make_tree(replies=1))):
        with pytest.raises(NothingToAppeal):
            appeal(message)
    for text in ("", "  ", "x" * 2001):
        with pytest.raises(NoWords):
            appeal(removed, text=text)
    assert not Appeal.objects.exists()


def test_what_somebody_took_back_themselves_needs_no_appeal() -> None:
    tree = make_tree(replies=1)
    (reply,) = replies_to(root_of(tree))
    assert reply.author is not None
    leaving.take_back(person=reply.author, **given())
    with pytest.raises(NothingToAppeal):
        appeal(reply)


@pytest.mark.parametrize(("status", "may"), [(Status.SUSPENDED, True), (Status.BANNED, False)])
def test_a_suspended_person_may_appeal_and_a_banned_one_may_not(removed: Message, status: Status, may: bool) -> None:
    assert removed.author is not None
    User.objects.filter(pk=removed.author.pk).update(status=status)
    removed.author.refresh_from_db()
    if may:
        assert appeal(removed).pk
    else:
        with pytest.raises(MessageNotFound):
            appeal(removed)
