"""What moderators do to messages and trees. Each is logged, and each that can change a tree's facts fires an event, so
no tree hangs."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from random import Random
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common import nudges
from common.errors import DomainError, ErrorCode
from moderation import queue, removal, telling
from moderation.log import UNEXPLAINED, Grounds, check, log
from moderation.models import Action, Finding
from tasks import locking, scoring, trees, verdicts
from tasks.drafts import ReplyDraft
from tasks.models import Message, MessageRevision, Tree
from tasks.refusals import MessageNotFound
from tasks.rules import TreeRules
from tasks.tree_states import Event, State


class MoveNotPossible(DomainError):
    code = ErrorCode.MOVE_NOT_POSSIBLE
    status = 409
    sentence = _("The tree is in a state in which this cannot be done. Reload to see where it stands.")


def _locked(message_id: UUID) -> tuple[Message, Tree]:
    tree_id = Message.objects.filter(pk=message_id).values_list("tree_id", flat=True).first()
    if tree_id is None:
        raise MessageNotFound
    tree = locking.lock_tree(tree_id)
    return Message.objects.get(pk=message_id), tree


@transaction.atomic
def delete_message(
    *,
    message_id: UUID,
    by: User | None,
    why: str,
    now: datetime,
    rules: TreeRules,
    rng: Random,
    grounds: Grounds = UNEXPLAINED,
) -> int:
    """Hide a message and everything below it. Returns how many were hidden; deleting twice changes nothing more.

    Their authors are told, with the reason. If somebody wants it undone, exactly those that were hidden come back.
    """
    check(by)
    message, tree = _locked(message_id)
    branch = removal.with_all_below(tree, [message.pk])
    shown = Message.objects.filter(pk__in=branch, deleted=False)
    hidden = list(shown.order_by("depth", "created_at", "id").values_list("id", flat=True))
    Message.objects.filter(pk__in=hidden).update(deleted=True)
    before = tree.state
    # What automatic moderation removed a moderator should still see.
    closed = queue.close(message_ids=branch) if by is not None else []
    trees.advance(tree=tree, event=Event.RECHECKED, by=by, now=now, rules=rules, rng=rng, why=why)
    line = log(
        Action.DELETE_MESSAGE,
        by=by,
        now=now,
        why=why,
        grounds=grounds,
        before={"state": before, "open": [str(pk) for pk in closed]},
        after={"state": tree.state, "hidden": [str(pk) for pk in hidden]},
        message=message,
        tree=tree,
        person=message.author,
    )
    telling.of_removal(line, hidden=hidden, now=now)
    telling.reporters(message_ids=branch, deleted=True, now=now)
    return len(hidden)


@transaction.atomic
def undelete_message(
    *,
    message_id: UUID,
    by: User,
    why: str,
    now: datetime,
    rules: TreeRules,
    rng: Random,
    grounds: Grounds = UNEXPLAINED,
) -> int:
    """Show a message and all its ancestors again; what is below it stays as it is. Returns how many were shown. Raises
    MessageNotFound, also if the author of one of them took it back: there is nothing left to be shown."""
    check(by)
    message, tree = _locked(message_id)
    parents = dict(Message.objects.filter(tree=tree).values_list("id", "parent_id"))
    path: list[UUID] = []
    at: UUID | None = message.pk
    while at is not None:
        path.append(at)
        at = parents[at]
    if Message.objects.filter(pk__in=path, deleted=True, text="").exists():
        raise MessageNotFound
    before = tree.state
    shown = list(Message.objects.filter(pk__in=path, deleted=True).order_by("depth").values_list("id", flat=True))
    closed = queue.close(message_ids=shown)
    show(tree=tree, message_ids=shown, now=now, by=by, why=why, rules=rules, rng=rng)
    log(
        Action.UNDELETE_MESSAGE,
        by=by,
        now=now,
        why=why,
        grounds=grounds,
        before={"state": before, "open": [str(pk) for pk in closed]},
        after={"state": tree.state, "shown": [str(pk) for pk in shown]},
        message=message,
        tree=tree,
        person=message.author,
    )
    return len(shown)


def show(
    *, tree: Tree, message_ids: Collection[UUID], by: User, why: str, now: datetime, rules: TreeRules, rng: Random
) -> None:
    """Show hidden messages of a locked tree again, and let it settle. A moderator has looked: automatic moderation,
    which may have removed them, leaves them alone from now on. What was taken back or purged meanwhile stays hidden,
    and so does what is below it."""
    gone = removal.gone_for_good(tree)
    Message.objects.filter(pk__in=set(message_ids) - gone, deleted=True).update(deleted=False, flags_cleared_at=now)
    # The rules may have changed while they were away.
    verdicts.settle_open(tree, rules)
    trees.advance(tree=tree, event=Event.RECHECKED, by=by, now=now, rules=rules, rng=rng, why=why)


def hide(
    *, tree: Tree, message_ids: Collection[UUID], by: User, why: str, now: datetime, rules: TreeRules, rng: Random
) -> None:
    """The opposite: hide just these messages of a locked tree, and let it settle."""
    Message.objects.filter(pk__in=message_ids).update(deleted=True)
    trees.advance(tree=tree, event=Event.RECHECKED, by=by, now=now, rules=rules, rng=rng, why=why)


@transaction.atomic
def edit_message(
    *,
    message_id: UUID,
    text: str,
    by: User,
    why: str,
    now: datetime,
    rules: TreeRules,
    rng: Random,
    grounds: Grounds = UNEXPLAINED,
) -> Message:
    """Change the text; every version is kept. Reviews, verdict and ranks stay: an edit is for small corrections. What
    was found in the old text is looked for anew."""
    check(by)
    message, tree = _locked(message_id)
    draft = ReplyDraft.of(text, limit=rules.message_size_limit)
    if draft.text == message.text:
        return message
    if not message.revisions.exists():  # Its author may have corrected it before.
        MessageRevision.objects.create(message=message, text=message.text, by=message.author, at=message.created_at)
    was = MessageRevision.objects.filter(message=message).latest("id")
    new = MessageRevision.objects.create(message=message, text=draft.text, by=by, at=now)
    closed = queue.close(message_ids=[message.pk])
    before = {"revision": was.pk, "edited": message.edited, "open": [str(pk) for pk in closed]}
    message.text, message.edited, message.screening_due = draft.text, True, True
    message.save(update_fields=["text", "edited", "screening_due"])
    nudges.soon("moderation.screen")
    log(
        Action.EDIT_MESSAGE,
        by=by,
        now=now,
        why=why,
        grounds=grounds,
        before=before,
        after={"revision": new.pk, "edited": True},
        message=message,
        tree=tree,
        person=message.author,
    )
    trees.advance(tree=tree, event=Event.RECHECKED, by=by, now=now, rules=rules, rng=rng, why=why)
    return message


@transaction.atomic
def halt_tree(
    *,
    tree_id: UUID,
    by: User,
    why: str,
    now: datetime,
    rules: TreeRules,
    rng: Random,
    grounds: Grounds = UNEXPLAINED,
) -> Tree:
    """Stop a tree in any state."""
    return _move(tree_id, Event.HALTED, Action.HALT_TREE, by, why, now, rules, rng, grounds)


@transaction.atomic
def resume_tree(
    *,
    tree_id: UUID,
    by: User,
    why: str,
    now: datetime,
    rules: TreeRules,
    rng: Random,
    grounds: Grounds = UNEXPLAINED,
) -> Tree:
    """Let a halted or aborted tree go on where its facts put it. Flags and skips no longer stop it by themselves."""
    return _move(tree_id, Event.RESUMED, Action.RESUME_TREE, by, why, now, rules, rng, grounds)


@transaction.atomic
def retry_scoring(*, tree_id: UUID, by: User, why: str, now: datetime, rules: TreeRules, rng: Random) -> Tree:
    """Score a tree again whose scoring failed."""
    check(by)
    tree = scoring.retry(tree_id=tree_id, by=by, now=now, rules=rules, rng=rng)
    log(Action.RETRY_SCORING, by=by, now=now, why=why, tree=tree)
    return tree


def _move(
    tree_id: UUID,
    event: Event,
    action: Action,
    by: User,
    why: str,
    now: datetime,
    rules: TreeRules,
    rng: Random,
    grounds: Grounds,
) -> Tree:
    check(by)
    tree = locking.lock_tree(tree_id)
    before = tree.state
    if event is Event.RESUMED:
        verdicts.settle_open(tree, rules)
    already = event is Event.HALTED and before == State.HALTED_BY_MODERATOR
    trees.advance(tree=tree, event=event, by=by, now=now, rules=rules, rng=rng, why=why)
    if tree.state == before and not already and not tree.transitions.filter(at=now, event=event).exists():
        raise MoveNotPossible
    root = Message.objects.filter(pk=tree.pk).first()
    log(
        action,
        by=by,
        now=now,
        why=why,
        grounds=grounds,
        before={"state": before},
        after={"state": tree.state},
        tree=tree,
        message=root,
        person=root.author if root else None,
    )
    return tree


@transaction.atomic
def clear_flags(*, message_id: UUID, by: User, why: str, now: datetime, grounds: Grounds = UNEXPLAINED) -> None:
    """A moderator looked and found nothing wrong: red flags and findings no longer count, for good, and the queue entry
    is done. New reports still bring the message back before a moderator."""
    check(by)
    message, tree = _locked(message_id)
    before: dict[str, Any] = {
        "flags_cleared_at": message.flags_cleared_at and message.flags_cleared_at.isoformat(),
        "open": [str(pk) for pk in queue.close(message_ids=[message.pk])],
    }
    message.flags_cleared_at = now
    message.save(update_fields=["flags_cleared_at"])
    standing = Finding.objects.filter(message=message, cleared_at=None).order_by("id")
    before["findings"] = list(standing.values_list("id", flat=True))
    standing.update(cleared_at=now, cleared_by=by)
    telling.reporters(message_ids=[message.pk], deleted=False, now=now)
    log(
        Action.CLEAR_FLAGS,
        by=by,
        now=now,
        why=why,
        grounds=grounds,
        before=before,
        message=message,
        tree=tree,
        person=message.author,
    )
