"""What people may know of what was decided about them: what was removed and why, and what moderators wrote to them.

Never who did it: a name would only draw anger. Of several messages hidden together, only the author of the one that was
meant reads the reason; nothing is said against the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise

from accounts.models import Status, User
from moderation import appeals
from moderation.log import WHY_TAKEN_BACK
from moderation.models import Action, ActionLog, Appeal
from moderation.reasons import REASONS, Reason
from tasks.models import Message
from tasks.refusals import MessageNotFound
from tasks.tree_states import State

#: What is told to the person it was done to.
TOLD = (Action.WARN_PERSON, Action.SUSPEND_PERSON, Action.BAN_PERSON, Action.UNBAN_PERSON)
#: By what somebody is kept out, and what lets them in again.
LETTING_IN = (Action.UNBAN_PERSON, Action.END_SUSPENSION)
KEEPING_OUT = (Action.SUSPEND_PERSON, Action.BAN_PERSON, Action.PURGE_PERSON, Action.PURGE_MESSAGES, *LETTING_IN)


@dataclass(frozen=True, kw_only=True)
class Notice:
    """What a moderator decided about a person."""

    action: Action
    at: datetime
    reason: str | Promise
    """A sentence; empty where none was given."""
    told: str
    """In the moderator's own words."""
    until: datetime | None


@dataclass(frozen=True, kw_only=True)
class Removal:
    """How a message of somebody's was removed, and what became of their appeal."""

    message: Message
    at: datetime | None
    """None once it is back."""
    automatic: bool
    own: bool
    """Its author took it back, or asked for it."""
    with_another: bool
    """Only because one above it was removed."""
    ended: bool
    """It is not hidden: the whole conversation ended because of it."""
    reason: str | Promise
    told: str
    appeal: Appeal | None


def notices(person: User) -> list[Notice]:
    """What moderators wrote to this person, newest first, without what they took back."""
    lines = ActionLog.objects.filter(person=person.pk, action__in=TOLD, undone_by=None).order_by("-id")
    return [_notice(line) for line in lines]


def of_standing(person: User, *, now: datetime) -> Notice | None:
    """Why this person may not take part, or why nobody comes in by their closed account any more; None if no moderator
    said so, or nobody is kept out."""
    if person.status == Status.ACTIVE:
        return None
    lines = ActionLog.objects.filter(person=person.pk, action__in=KEEPING_OUT, undone_by=None).order_by("-id")
    # A purge may leave the account as it was.
    line = next((each for each in lines if each.before.get("status") != each.after.get("status", "")), None)
    if line is None or line.action in LETTING_IN:
        return None
    notice = _notice(line)
    over = person.status == Status.DELETED and notice.until is not None and notice.until <= now
    return None if over else notice


def _notice(line: ActionLog) -> Notice:
    until = line.after.get("until")
    return Notice(
        action=Action(line.action),
        at=line.at,
        reason=_sentence(line.reason),
        told=line.told,
        until=parse_datetime(until) if until else None,
    )


def _sentence(reason: str) -> str | Promise:
    return REASONS[Reason(reason)].told if reason in list(Reason) else ""


def removed_from(person: User) -> QuerySet[Message]:
    """What this person wrote and is hidden, or ended its conversation, or was appealed for."""
    ending = ActionLog.objects.filter(
        person=person.pk, action=Action.ABORT_TREE, undone_by=None, message__isnull=False
    ).values("message")
    ended = Q(pk__in=ending, tree__state=State.ABORTED_LOW_GRADE)
    mine: QuerySet[Message] = Message.objects.filter(author=person)
    return mine.filter(Q(deleted=True) | ended | Q(appeal__isnull=False)).select_related("tree", "appeal")


def of_message(person: User, message_id: UUID) -> Removal | None:
    """How this message of theirs was removed; None if it is there and they never appealed. Raises MessageNotFound."""
    mine = Message.objects.filter(author=person, pk=message_id).select_related("tree", "appeal").first()
    if mine is None:
        raise MessageNotFound
    (found,) = of_messages([mine])
    return found if found.at is not None or mine.deleted or found.appeal is not None else None


def may_appeal(person: User, removal: Removal) -> bool:
    """Whether this person, who wrote it, can object now."""
    gone = removal.at is not None and removal.appeal is None
    return gone and person.is_active and appeals.removal_of(removal.message) is not None


def of_messages(messages: Sequence[Message]) -> list[Removal]:
    """The same of several, each with its tree and its appeal, in two queries at most."""
    lines = lines_of(messages)
    return [_removal(message, lines.get(message.pk)) for message in messages]


def lines_of(messages: Sequence[Message]) -> dict[UUID, ActionLog]:
    """By which line of the log each of these messages, fetched with its tree, is gone; see `removals.of`."""
    gone = {message.pk: message for message in messages if message.deleted or _ended(message)}
    if not gone:
        return {}
    found: dict[UUID, ActionLog] = {}
    lines = ActionLog.objects.filter(
        tree__in={message.tree_id for message in gone.values()},
        action__in=[Action.DELETE_MESSAGE, Action.ABORT_TREE],
        undone_by=None,
    )
    for line in lines.order_by("id"):
        if line.action == Action.DELETE_MESSAGE:
            hidden = {UUID(pk) for pk in line.after.get("hidden", ())} & gone.keys()
            found |= {pk: line for pk in hidden if gone[pk].deleted}
        elif line.message_id in gone and not gone[line.message_id].deleted:
            found[line.message_id] = line
    return found


def _ended(message: Message) -> bool:
    return bool(message.tree.state == State.ABORTED_LOW_GRADE)


def _removal(message: Message, line: ActionLog | None) -> Removal:
    appeal: Appeal | None = getattr(message, "appeal", None)
    another = line is not None and line.message_id != message.pk
    own = line is not None and not another and (line.reason == Reason.AUTHOR_ASKED or line.why == WHY_TAKEN_BACK)
    return Removal(
        message=message,
        at=line.at if line is not None else None,
        automatic=line is not None and line.by_id is None and not own,
        own=own,
        with_another=another,
        ended=line is not None and line.action == Action.ABORT_TREE,
        reason=_sentence(line.reason) if line is not None and not another else "",
        told=line.told if line is not None and not another else "",
        appeal=appeal,
    )
