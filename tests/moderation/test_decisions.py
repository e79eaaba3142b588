"""Decisions: each does what its key says, is undone for a minute without a trace in the trees, and many at once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from accounts.models import News, NewsKind, Status, User
from moderation import actions, automatic, decisions, queue, reports, sanctions, undoing
from moderation.decisions import AppealFirst, Decision, InvalidDecision, Ruling
from moderation.log import NotAboveThem, NotAllowed
from moderation.models import Action, ActionLog, Appeal, QueueItem
from moderation.queue import ItemHeld
from moderation.reasons import Reason
from moderation.undoing import CannotBeUndone, TooLateToUndo, UndoneAlready
from tasks.models import Message, Tree
from tasks.tree_states import State
from tests.making import (
    NOW,
    add_message,
    advance,
    drifts,
    given,
    make_admin,
    make_moderator,
    make_people,
    make_person,
    make_tree,
    replies_to,
    root_of,
)

pytestmark = pytest.mark.django_db


def decide(message: Message, decision: Decision, *, by: User, **changes: Any) -> ActionLog:
    ruling = Ruling(decision=decision, **{"reason": Reason.SPAM, **changes})
    return decisions.decide(message_id=message.pk, ruling=ruling, by=by, **given())


def undo(line: ActionLog, *, by: User, after: timedelta = timedelta(0)) -> ActionLog:
    return undoing.undo(line_id=line.pk, by=by, **given(now=NOW + after))


def reported(message: Message) -> User:
    person = make_person()
    reports.report(message_id=message.pk, person=person, labels=["spam"], text="Ads", now=NOW)
    return person


def told(person: User | None) -> list[str]:
    return list(News.objects.filter(person=person).order_by("id").values_list("kind", flat=True))


def picture(tree: Tree) -> dict[str, Any]:
    """All that a decision about a message may change."""
    rows = Message.objects.filter(tree=tree).order_by("id")
    return {
        "state": Tree.objects.get(pk=tree.pk).state,
        "messages": list(rows.values("id", "text", "deleted", "edited", "flags_cleared_at")),
        "waiting": list(QueueItem.objects.filter(processed=False).order_by("pk").values_list("pk", flat=True)),
        "people": list(User.objects.order_by("id").values_list("id", "status", "suspended_until")),
    }


@pytest.fixture
def tree() -> Tree:
    """Growing, with a reply somebody reported and another person's message below it."""
    tree = make_tree(replies=2)
    first = replies_to(root_of(tree))[0]
    add_message(tree=tree, parent=first)
    advance(tree)
    reported(first)
    return tree


@pytest.fixture
def reply(tree: Tree) -> Message:
    return replies_to(root_of(tree))[0]


@pytest.mark.parametrize(
    ("decision", "changes"),
    [
        (Decision.KEEP, {}),
        (Decision.DELETE, {}),
        (Decision.EDIT, {"text": "Something nicer"}),
        (Decision.HALT, {}),
        (Decision.WARN, {"told": "Please stop."}),
        (Decision.SUSPEND, {"until": NOW + timedelta(days=3)}),
        (Decision.BAN, {}),
    ],
)
def test_every_decision_changes_something_and_is_undone_without_a_trace(
    tree: Tree, reply: Message, decision: Decision, changes: dict[str, Any]
) -> None:
    moderator = make_moderator()
    before = picture(tree)
    line = decide(reply, decision, by=moderator, **changes)
    assert line.reason == Reason.SPAM
    assert picture(tree) != before or News.objects.exists()
    assert drifts() == []
    undo(line, by=moderator)
    assert picture(tree) == before
    moderation = [NewsKind.MESSAGE_REMOVED, NewsKind.REPORT_ANSWERED, NewsKind.WARNED, NewsKind.SUSPENDED]
    assert not News.objects.filter(kind__in=moderation).exists(), "what people were told is taken back"
    assert drifts() == []
    with pytest.raises(UndoneAlready):
        undo(line, by=moderator)


def test_deleting_the_prompt_stops_the_tree_and_undoing_lets_it_go_on() -> None:
    tree, moderator = make_tree(replies=2), make_moderator()
    line = decide(root_of(tree), Decision.DELETE, by=moderator)
    assert Tree.objects.get(pk=tree.pk).state == State.HALTED_BY_MODERATOR
    undo(line, by=moderator)
    assert Tree.objects.get(pk=tree.pk).state == State.GROWING
    assert not Message.objects.filter(deleted=True).exists()
    assert drifts() == []


def test_bringing_back_and_resuming_are_undone_too() -> None:
    tree, moderator = make_tree(replies=2), make_moderator()
    (reply, _other) = replies_to(root_of(tree))
    actions.delete_message(message_id=reply.pk, by=make_moderator(), why="", **given())
    line = decide(reply, Decision.UNDELETE, by=moderator)
    assert not Message.objects.get(pk=reply.pk).deleted
    undo(line, by=moderator)
    assert Message.objects.get(pk=reply.pk).deleted
    actions.halt_tree(tree_id=tree.pk, by=make_moderator(), why="", **given())
    line = decide(reply, Decision.RESUME, by=moderator)
    assert Tree.objects.get(pk=tree.pk).state == State.GROWING
    undo(line, by=moderator)
    assert Tree.objects.get(pk=tree.pk).state == State.HALTED_BY_MODERATOR
    assert drifts() == []


def test_a_decision_is_undone_for_a_minute_by_who_made_it(reply: Message) -> None:
    moderator = make_moderator()
    line = decide(reply, Decision.DELETE, by=moderator)
    with pytest.raises(CannotBeUndone):
        undo(line, by=make_moderator())
    assert undoing.is_undoable(line, by=moderator, now=NOW)
    with pytest.raises(TooLateToUndo):
        undo(line, by=moderator, after=undoing.UNDOABLE)
    assert not undoing.is_undoable(line, by=moderator, now=NOW + undoing.UNDOABLE)
    assert Message.objects.get(pk=reply.pk).deleted


def test_a_text_that_was_changed_since_is_not_changed_back(reply: Message) -> None:
    moderator = make_moderator()
    line = decide(reply, Decision.EDIT, by=moderator, text="Something nicer")
    actions.edit_message(message_id=reply.pk, text="Nicer still", by=make_moderator(), why="", **given())
    with pytest.raises(CannotBeUndone):
        undo(line, by=moderator)
    assert Message.objects.get(pk=reply.pk).text == "Nicer still"
    assert not ActionLog.objects.filter(action=Action.UNDO).exists()


def test_authors_and_reporters_are_told(tree: Tree, reply: Message) -> None:
    reporter = make_person()
    reports.report(message_id=reply.pk, person=reporter, labels=[], text="", now=NOW)
    (below,) = replies_to(reply)
    decide(reply, Decision.DELETE, by=make_moderator(), told="No ads, please.")
    assert told(reply.author) == [NewsKind.MESSAGE_REMOVED]
    assert told(below.author) == [NewsKind.MESSAGE_REMOVED]
    assert told(reporter) == [NewsKind.REPORT_ANSWERED]
    about = News.objects.get(person=below.author).about
    assert (about["reason"], about["with_another"]) == ("spam", True)


def test_keeping_undoes_what_automatic_moderation_did_for_good(tree: Tree, reply: Message) -> None:
    for _ in range(4):
        reported(reply)
    assert automatic.moderate(**given()) == 1
    assert Message.objects.get(pk=reply.pk).deleted
    moderator = make_moderator()
    line = decide(reply, Decision.KEEP, by=moderator, reason=Reason.HARMLESS)
    assert not Message.objects.filter(tree=tree, deleted=True).exists()
    for _ in range(4):
        reported(reply)
    assert automatic.moderate(**given()) == 0
    assert drifts() == []
    undo(line, by=moderator)
    assert Message.objects.get(pk=reply.pk).deleted
    assert drifts() == []


def test_an_aborted_prompt_that_is_kept_goes_on() -> None:
    tree = make_tree(state=State.INITIAL_PROMPT_REVIEW)
    for _ in range(4):
        reported(root_of(tree))
    automatic.moderate(**given())
    assert Tree.objects.get(pk=tree.pk).state == State.ABORTED_LOW_GRADE
    decide(root_of(tree), Decision.KEEP, by=make_moderator(), reason=Reason.HARMLESS)
    assert Tree.objects.get(pk=tree.pk).state == State.INITIAL_PROMPT_REVIEW
    assert drifts() == []


def test_a_decision_that_settles_it_closes_the_item_and_the_others_leave_it(reply: Message) -> None:
    moderator = make_moderator()
    decide(reply, Decision.WARN, by=moderator, told="Please stop.")
    decide(reply, Decision.HALT, by=moderator)
    assert not QueueItem.objects.get(pk=reply.pk).processed
    decide(reply, Decision.DELETE, by=moderator)
    assert QueueItem.objects.get(pk=reply.pk).processed


def test_what_another_moderator_holds_is_theirs_to_decide(reply: Message) -> None:
    queue.claim(message_id=reply.pk, by=make_moderator(), now=NOW)
    for decision in Decision:
        with pytest.raises(ItemHeld):
            decide(reply, decision, by=make_moderator(), told="x", text="x", until=NOW + timedelta(days=1))


def test_what_is_missing_or_changes_nothing_is_refused(reply: Message) -> None:
    moderator = make_moderator()
    for ruling in (
        Ruling(decision=Decision.KEEP),
        Ruling(decision=Decision.SUSPEND, reason=Reason.SPAM),
        Ruling(decision=Decision.UNDELETE, reason=Reason.MISTAKE),
        Ruling(decision=Decision.EDIT, reason=Reason.OTHER, text=reply.text),
    ):
        with pytest.raises(InvalidDecision):
            decisions.decide(message_id=reply.pk, ruling=ruling, by=moderator, **given())
    with pytest.raises(sanctions.NothingToldThem):
        decide(reply, Decision.WARN, by=moderator)
    with pytest.raises(NotAllowed):
        decide(reply, Decision.KEEP, by=make_person())


def test_a_moderators_message_is_moderated_but_not_the_moderator() -> None:
    author, moderator = make_moderator(), make_moderator()
    tree = make_tree(replies=1, authors=[author])
    (reply,) = replies_to(root_of(tree))
    with pytest.raises(NotAboveThem):
        decide(reply, Decision.BAN, by=moderator)
    decide(reply, Decision.DELETE, by=moderator)
    decide(reply, Decision.BAN, by=make_admin())
    author.refresh_from_db()
    assert author.status == Status.BANNED


def test_an_appeal_is_decided_before_anything_else(reply: Message) -> None:
    decide(reply, Decision.DELETE, by=make_moderator())
    Appeal.objects.create(message=reply, person=reply.author, text="But why?", created_at=NOW)
    with pytest.raises(AppealFirst):
        decide(reply, Decision.UNDELETE, by=make_moderator())


# --- many at once


def test_a_preview_counts_what_would_change_and_changes_nothing() -> None:
    spammer, other = make_people(2)
    trees = [make_tree(author=spammer, replies=1, authors=[other]) for _ in range(3)]
    roots = [root_of(tree) for tree in trees]
    ruling = Ruling(decision=Decision.DELETE, reason=Reason.SPAM)
    before = [picture(tree) for tree in trees]
    held = roots[2]
    reported(held)
    queue.claim(message_id=held.pk, by=make_moderator(), now=NOW)
    how = {"message_ids": [root.pk for root in roots], "ruling": ruling, "by": make_moderator(), **given()}
    effect = decisions.preview(**how)
    assert (effect.hidden, effect.authors) == (4, 1)
    assert effect.moves == {(State.GROWING, State.HALTED_BY_MODERATOR): 2}
    assert effect.refused == {str(ItemHeld.sentence): 1}
    assert [picture(tree)["messages"] for tree in trees] == [each["messages"] for each in before]
    assert not ActionLog.objects.exists()
    assert decisions.decide_many(**how) == effect
    assert Message.objects.filter(deleted=True).count() == 4
    assert drifts() == []


def test_many_decisions_are_undone_together() -> None:
    trees = [make_tree(replies=1) for _ in range(3)]
    moderator = make_moderator()
    batch = make_person().pk
    ruling = Ruling(decision=Decision.DELETE, reason=Reason.SPAM, batch=batch)
    decisions.decide_many(message_ids=[tree.pk for tree in trees], ruling=ruling, by=moderator, **given())
    assert undoing.undo_batch(batch=batch, by=moderator, **given()) == 3
    assert not Message.objects.filter(deleted=True).exists()
    assert undoing.undo_batch(batch=batch, by=moderator, **given()) == 0
    assert drifts() == []


def test_nobody_is_banned_in_bulk(reply: Message) -> None:
    ruling = Ruling(decision=Decision.BAN, reason=Reason.SPAM)
    with pytest.raises(InvalidDecision):
        decisions.decide_many(message_ids=[reply.pk], ruling=ruling, by=make_moderator(), **given())
