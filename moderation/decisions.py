"""What a moderator decides about an item of the queue, with one key; the preview of many decisions; and undo.

Each decision is one or two of the actions of `actions` and `sanctions`. What is needed to take it back is in its line
of the log, and taking it back is a line of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import partial
from random import Random
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common.errors import DomainError, ErrorCode
from moderation import actions, locking, queue, removals, sanctions
from moderation.log import Grounds, check
from moderation.models import ActionLog, Appeal
from moderation.reasons import Reason
from tasks.locking import lock_tree
from tasks.models import Message
from tasks.refusals import MessageNotFound
from tasks.rules import TreeRules


class Decision(StrEnum):
    """What a key does."""

    KEEP = "keep"
    """Nothing is wrong. What automatic moderation removed comes back."""
    DELETE = "delete"
    UNDELETE = "undelete"
    EDIT = "edit"
    HALT = "halt"
    RESUME = "resume"
    WARN = "warn"
    SUSPEND = "suspend"
    BAN = "ban"


#: Decisions after which the item is done. The others leave it: what becomes of the message is still to be said.
FINAL = frozenset({Decision.KEEP, Decision.DELETE, Decision.UNDELETE, Decision.EDIT})
#: Decisions that may be made about many items at once.
IN_BULK = (Decision.KEEP, Decision.DELETE, Decision.UNDELETE)


class AppealFirst(DomainError):
    code = ErrorCode.MOVE_NOT_POSSIBLE
    status = 409
    sentence = _("Its author has appealed. Decide on the appeal: that says what becomes of the message.")


class InvalidDecision(DomainError):
    code = ErrorCode.INVALID_REQUEST
    status = 422
    sentence = _("Choose a reason.")


@dataclass(frozen=True, kw_only=True)
class Ruling:
    """One decision with its grounds, and what some of them need."""

    decision: Decision
    reason: Reason | None = None
    why: str = ""
    """For moderators."""
    told: str = ""
    """For the person concerned."""
    text: str = ""
    """The new text of EDIT."""
    until: datetime | None = None
    """The end of SUSPEND."""
    batch: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class Effect:
    """What deciding would change."""

    hidden: int = 0
    shown: int = 0
    authors: int = 0
    """People other than those meant whose messages go or come back with them."""
    moves: Counter[tuple[str, str]] | None = None
    """Trees that change their state, by from and to."""
    refused: Counter[str] | None = None
    """Items about which it cannot be decided so, by sentence."""


def decide(*, message_id: UUID, ruling: Ruling, by: User, now: datetime, rules: TreeRules, rng: Random) -> ActionLog:
    """Do what a moderator decided, and return the line of the log by which it can be undone for a minute.

    Whoever decides must hold the item, or find it unheld; a message that is in no queue can be decided on too. Raises
    NotAllowed, NotAboveThem, MessageNotFound, ItemHeld, NotForYou, AppealFirst, InvalidDecision, and what the action
    raises.
    """
    check(by)
    if ruling.reason is None:
        raise InvalidDecision
    grounds = Grounds(reason=ruling.reason.value, told=ruling.told, batch=ruling.batch)
    given: dict[str, Any] = {"by": by, "why": ruling.why, "now": now, "grounds": grounds}
    moved: dict[str, Any] = {**given, "rules": rules, "rng": rng}
    message = _message(message_id)
    _refuse_others(message_id, by=by, now=now)
    if ruling.decision in FINAL and Appeal.objects.filter(message=message, decided_at=None).exists():
        raise AppealFirst
    before = _newest_line(by)
    match ruling.decision:
        case Decision.KEEP:
            _in_one(partial(_keep, message_id, given, moved), message_id, by, now)
        case Decision.DELETE:
            _in_one(partial(actions.delete_message, message_id=message_id, **moved), message_id, by, now)
        case Decision.UNDELETE:
            _in_one(partial(_undelete, message_id, moved), message_id, by, now)
        case Decision.EDIT:
            edit = partial(actions.edit_message, message_id=message_id, text=ruling.text, **moved)
            _in_one(edit, message_id, by, now)
        case Decision.HALT:
            actions.halt_tree(tree_id=message.tree_id, **moved)
        case Decision.RESUME:
            actions.resume_tree(tree_id=message.tree_id, **moved)
        case Decision.WARN:
            sanctions.warn(person_id=_author(message), **given)
        case Decision.SUSPEND:
            if ruling.until is None:
                raise InvalidDecision(_("Say until when the person is suspended."))
            sanctions.suspend(person_id=_author(message), until=ruling.until, **moved)
        case Decision.BAN:
            sanctions.ban_person(person_id=_author(message), **moved)
    done = _newest_line(by)
    if done is None or done == before:
        raise InvalidDecision(_("This changes nothing."))
    return done


def _newest_line(by: User) -> ActionLog | None:
    return ActionLog.objects.filter(by=by).order_by("id").last()


def _author(message: Message) -> UUID:
    if message.author_id is None:
        raise InvalidDecision(_("Nobody known wrote this message."))
    return message.author_id


def decide_many(
    *, message_ids: Collection[UUID], ruling: Ruling, by: User, now: datetime, rules: TreeRules, rng: Random
) -> Effect:
    """The same decision about each of these items, one transaction each; it is said of which it was not possible."""
    return _each(message_ids, ruling, by, now, rules, rng, for_good=True)


def preview(
    *, message_ids: Collection[UUID], ruling: Ruling, by: User, now: datetime, rules: TreeRules, rng: Random
) -> Effect:
    """What `decide_many` would change: it is done to each item, counted, and taken back at once."""
    return _each(message_ids, ruling, by, now, rules, rng, for_good=False)


def _each(
    message_ids: Collection[UUID],
    ruling: Ruling,
    by: User,
    now: datetime,
    rules: TreeRules,
    rng: Random,
    *,
    for_good: bool,
) -> Effect:
    if ruling.decision not in IN_BULK:
        raise InvalidDecision(_("This cannot be decided about many messages at once."))
    hidden: set[str] = set()
    shown: set[str] = set()
    moves: Counter[tuple[str, str]] = Counter()
    refused: Counter[str] = Counter()
    for message_id in dict.fromkeys(message_ids):
        try:
            with transaction.atomic():
                line = decide(message_id=message_id, ruling=ruling, by=by, now=now, rules=rules, rng=rng)
                if not for_good:
                    transaction.set_rollback(True)
        except DomainError as refusal:
            refused[str(refusal)] += 1
            continue
        hidden |= set(line.after.get("hidden", ()))
        shown |= set(line.after.get("shown", ()))
        if line.before.get("state") != line.after.get("state"):
            moves[line.before["state"], line.after["state"]] += 1
    touched = Message.objects.filter(pk__in=hidden | shown)
    meant = Message.objects.filter(pk__in=list(message_ids)).values("author")
    others = touched.exclude(author__in=meant).exclude(author=None).values("author").distinct().count()
    return Effect(hidden=len(hidden), shown=len(shown), authors=others, moves=moves, refused=refused)


def _message(message_id: UUID) -> Message:
    message: Message | None = Message.objects.filter(pk=message_id).first()
    if message is None:
        raise MessageNotFound
    return message


def _refuse_others(message_id: UUID, *, by: User, now: datetime) -> None:
    with transaction.atomic():
        item = locking.lock_item(message_id)
        if item is not None and not item.processed:
            queue.refuse_others(item, by=by, now=now)


@transaction.atomic
def _in_one(deed: Callable[[], Any], message_id: UUID, by: User, now: datetime) -> None:
    """Under the lock of the tree nobody else decides; but somebody may have taken the item since we looked."""
    lock_tree(_message(message_id).tree_id)
    _refuse_others(message_id, by=by, now=now)
    deed()


def _keep(message_id: UUID, given: dict[str, Any], moved: dict[str, Any]) -> None:
    """Clear what speaks against it; and undo what automatic moderation did for that."""
    removal = removals.of(_message(message_id))
    if removal is not None and removal.by_id is None:
        removals.give_back(removal, **moved)
    actions.clear_flags(message_id=message_id, **given)


def _undelete(message_id: UUID, moved: dict[str, Any]) -> None:
    if not actions.undelete_message(message_id=message_id, **moved):
        raise InvalidDecision(_("This message is not deleted."))
