"""A moderator takes a decision back, for a minute after it was made: what was done is undone, not merely done again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from accounts import shut_out
from accounts.models import NewsKind, Status, User
from common import nudges
from common.errors import DomainError, ErrorCode
from moderation import actions, queue, telling
from moderation.log import check, lock_subject, log
from moderation.models import Action, ActionLog, Finding, Report
from tasks import locking, trees
from tasks.models import Message, MessageRevision, Tree
from tasks.rules import TreeRules
from tasks.tree_states import Event, State

#: For how long.
UNDOABLE = timedelta(minutes=1)

#: For the log.
WHY = "Taken back."


class TooLateToUndo(DomainError):
    code = ErrorCode.MOVE_NOT_POSSIBLE
    status = 409
    sentence = _("It is too late to take this back. Decide anew instead: everything can be decided the other way.")


class CannotBeUndone(DomainError):
    code = ErrorCode.MOVE_NOT_POSSIBLE
    status = 409
    sentence = _("This cannot be taken back.")


class UndoneAlready(DomainError):
    code = ErrorCode.MOVE_NOT_POSSIBLE
    status = 409
    sentence = _("This was taken back already.")


def is_undoable(line: ActionLog, *, by: User, now: datetime) -> bool:
    """Whether this moderator can take this line back now."""
    return line.by_id == by.pk and line.action in _UNDOES and now < line.at + UNDOABLE


def undo(*, line_id: int, by: User, now: datetime, rules: TreeRules, rng: Random) -> ActionLog:
    """Take back what one line of the log says this moderator did; a double click does it once.

    Raises NotAllowed, CannotBeUndone, TooLateToUndo, UndoneAlready.
    """
    check(by)
    line = ActionLog.objects.filter(pk=line_id, by=by).first()
    if line is None or line.action not in _UNDOES:
        raise CannotBeUndone
    if line.at + UNDOABLE <= now:
        raise TooLateToUndo
    try:
        with transaction.atomic():
            # The line first: a second tab waits here, and is refused when this one has committed.
            done = log(
                Action.UNDO,
                by=by,
                now=now,
                why=WHY,
                undoes=line,
                message_id=line.message_id,
                tree_id=line.tree_id,
                person_id=line.person_id,
            )
            _UNDOES[Action(line.action)](line, by=by, why=WHY, now=now, rules=rules, rng=rng)
    except IntegrityError as twice:
        raise UndoneAlready from twice
    return done


def undo_batch(*, batch: UUID, by: User, now: datetime, rules: TreeRules, rng: Random) -> int:
    """Take back what was done in one go. Returns how many decisions; what cannot be taken back any more stays."""
    undone = 0
    for line in ActionLog.objects.filter(batch=batch, by=by, undone_by=None).order_by("-id"):
        try:
            undo(line_id=line.pk, by=by, now=now, rules=rules, rng=rng)
        except (CannotBeUndone, TooLateToUndo, UndoneAlready):
            continue
        undone += 1
    return undone


def _tree(line: ActionLog) -> Tree:
    assert line.tree_id is not None
    return locking.lock_tree(line.tree_id)


def _id(line: ActionLog) -> UUID:
    assert line.message_id is not None
    return line.message_id


def _delete(line: ActionLog, *, now: datetime, **how: Any) -> None:
    """Everything that was hidden shows again. It goes on being moderated: the moderator did not say it is good."""
    tree = _tree(line)
    hidden = [UUID(pk) for pk in line.after["hidden"]]
    cleared = dict(Message.objects.filter(pk__in=hidden).values_list("id", "flags_cleared_at"))
    actions.show(tree=tree, message_ids=hidden, now=now, **how)
    Message.objects.bulk_update(
        [Message(pk=pk, flags_cleared_at=at) for pk, at in cleared.items()], ["flags_cleared_at"]
    )
    _go_on(tree, line, now=now, **how)
    _open_again(line)
    telling.take_back(kinds=[NewsKind.MESSAGE_REMOVED], sources=[f"{line.pk}:{pk}" for pk in hidden])
    _forget_answers(hidden)


def _undelete(line: ActionLog, **how: Any) -> None:
    actions.hide(tree=_tree(line), message_ids=[UUID(pk) for pk in line.after["shown"]], **how)
    _open_again(line)


def _edit(line: ActionLog, *, by: User, now: datetime, **_how: Any) -> None:
    """The text it had before is the newest version again; the one that was taken back stays among the versions."""
    _tree(line)
    message: Message = Message.objects.get(pk=_id(line))
    newest = message.revisions.order_by("id").last()
    if newest is None or newest.pk != line.after["revision"]:
        raise CannotBeUndone(_("The text was changed again since."))
    old = MessageRevision.objects.get(pk=line.before["revision"])
    MessageRevision.objects.create(message=message, text=old.text, by=by, at=now)
    message.text, message.edited, message.screening_due = old.text, line.before["edited"], True
    message.save(update_fields=["text", "edited", "screening_due"])
    _open_again(line)
    nudges.soon("moderation.screen")


def _halt(line: ActionLog, *, now: datetime, **how: Any) -> None:
    _go_on(_tree(line), line, now=now, **how)


def _resume(line: ActionLog, **how: Any) -> None:
    trees.advance(tree=_tree(line), event=Event.HALTED, **how)


def _keep(line: ActionLog, *, by: User, now: datetime, **how: Any) -> None:
    tree = _tree(line)
    was = line.before.get("flags_cleared_at")
    Message.objects.filter(pk=_id(line)).update(flags_cleared_at=was and parse_datetime(was))
    Finding.objects.filter(pk__in=line.before["findings"]).update(cleared_at=None, cleared_by=None)
    # Keeping may have brought back what automatic moderation had removed: that goes again, by another line of the log.
    back = ActionLog.objects.filter(
        by=by, at=line.at, tree=tree.pk, action=Action.UNDELETE_MESSAGE, message=line.message_id
    ).last()
    if back is not None:
        actions.hide(tree=tree, message_ids=[UUID(pk) for pk in back.after["shown"]], by=by, now=now, **how)
        if tree.state != back.before["state"] == State.HALTED_BY_MODERATOR:
            trees.advance(tree=tree, event=Event.HALTED, by=by, now=now, **how)
    _open_again(line)
    _forget_answers([_id(line)])


def _sanction(line: ActionLog, *, by: User, now: datetime, **_how: Any) -> None:
    assert line.person_id is not None
    person = lock_subject(line.person_id, by=by)
    if person.status != line.after["status"]:
        raise CannotBeUndone(_("Something else was decided about this person since."))
    until = line.before.get("until")
    person.status, person.suspended_until = Status(line.before["status"]), until and parse_datetime(until)
    person.save(update_fields=["status", "suspended_until"])
    if line.action == Action.BAN_PERSON:
        shut_out.let_in(person=person)
    elif person.status == Status.BANNED:
        shut_out.shut(person=person, now=now)
    telling.take_back(kinds=[NewsKind.SUSPENDED], sources=[str(line.pk)])


def _warning(line: ActionLog, **_how: Any) -> None:
    telling.take_back(kinds=[NewsKind.WARNED], sources=[str(line.pk)])


def _go_on(tree: Tree, line: ActionLog, **how: Any) -> None:
    """If the decision stopped the tree, it goes on."""
    stopped = line.before.get("state") != State.HALTED_BY_MODERATOR
    if stopped and tree.state == State.HALTED_BY_MODERATOR:
        trees.advance(tree=tree, event=Event.RESUMED, **how)


def _open_again(line: ActionLog) -> None:
    queue.reopen(message_ids=[UUID(pk) for pk in line.before.get("open", ())])


def _forget_answers(message_ids: list[UUID]) -> None:
    reports = Report.objects.filter(message__in=message_ids).values_list("id", flat=True)
    telling.take_back(kinds=[NewsKind.REPORT_ANSWERED], sources=[str(pk) for pk in reports])


_UNDOES: dict[Action, Callable[..., None]] = {
    Action.DELETE_MESSAGE: _delete,
    Action.UNDELETE_MESSAGE: _undelete,
    Action.EDIT_MESSAGE: _edit,
    Action.HALT_TREE: _halt,
    Action.RESUME_TREE: _resume,
    Action.CLEAR_FLAGS: _keep,
    Action.WARN_PERSON: _warning,
    Action.SUSPEND_PERSON: _sanction,
    Action.BAN_PERSON: _sanction,
    Action.UNBAN_PERSON: _sanction,
}
