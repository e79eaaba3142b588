"""What moderators do. Each is logged, and each that can change a tree's facts fires an event, so no tree hangs."""

from __future__ import annotations

from datetime import datetime
from random import Random
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.locking import lock_person
from accounts.models import Status, User
from common.errors import DomainError, ErrorCode
from moderation import removal, reports
from moderation.models import Action, ActionLog, FlaggedMessage
from tasks import assignment, locking, scoring, trees, verdicts
from tasks.drafts import ReplyDraft
from tasks.models import Message, MessageRevision, Tree
from tasks.refusals import MessageNotFound
from tasks.rules import TreeRules
from tasks.tree_states import Event, State


class NotAllowed(DomainError):
    code = ErrorCode.NOT_ALLOWED
    status = 403
    sentence = _("Only moderators may do this.")


class MoveNotPossible(DomainError):
    code = ErrorCode.MOVE_NOT_POSSIBLE
    status = 409
    sentence = _("The tree is in a state in which this cannot be done. Reload to see where it stands.")


class AccountClosed(DomainError):
    code = ErrorCode.MOVE_NOT_POSSIBLE
    status = 409
    sentence = _("This account was closed. Nobody can sign in to it, so there is nothing to ban.")


def log(action: Action, *, by: User | None, now: datetime, why: str, **about: object) -> None:
    """One line of the audit log; without `by`, of automatic moderation."""
    ActionLog.objects.create(action=action, by=by, at=now, why=why[:500], **about)


def _check(by: User | None) -> None:
    """Moderators may act, and automatic moderation (nobody) may."""
    if by is not None and not by.is_moderator:
        raise NotAllowed


def _locked(message_id: UUID) -> tuple[Message, Tree]:
    tree_id = Message.objects.filter(pk=message_id).values_list("tree_id", flat=True).first()
    if tree_id is None:
        raise MessageNotFound
    tree = locking.lock_tree(tree_id)
    return Message.objects.get(pk=message_id), tree


@transaction.atomic
def delete_message(*, message_id: UUID, by: User | None, why: str, now: datetime, rules: TreeRules, rng: Random) -> int:
    """Hide a message and everything below it. Returns how many were hidden; deleting twice changes nothing more."""
    _check(by)
    message, tree = _locked(message_id)
    branch = removal.with_all_below(tree, [message.pk])
    hidden: int = Message.objects.filter(pk__in=branch, deleted=False).update(deleted=True)
    reports.answer(message_ids=branch, deleted=True, now=now)
    log(Action.DELETE_MESSAGE, by=by, now=now, why=why, message=message, tree=tree)
    trees.advance(tree=tree, event=Event.RECHECKED, by=by, now=now, rules=rules, rng=rng, why=why)
    return hidden


@transaction.atomic
def undelete_message(*, message_id: UUID, by: User, why: str, now: datetime, rules: TreeRules, rng: Random) -> int:
    """Show a message and all its ancestors again; what is below it stays as it is. Returns how many were shown. Raises
    MessageNotFound, also if the author of one of them took it back: there is nothing left to be shown."""
    _check(by)
    message, tree = _locked(message_id)
    parents = dict(Message.objects.filter(tree=tree).values_list("id", "parent_id"))
    path: list[UUID] = []
    at: UUID | None = message.pk
    while at is not None:
        path.append(at)
        at = parents[at]
    if Message.objects.filter(pk__in=path, deleted=True, text="").exists():
        raise MessageNotFound
    # A moderator has looked: the flags that removed it no longer count, or automatic moderation would do so again.
    shown: int = Message.objects.filter(pk__in=path, deleted=True).update(deleted=False, flags_cleared_at=now)
    log(Action.UNDELETE_MESSAGE, by=by, now=now, why=why, message=message, tree=tree)
    # The rules may have changed while it was away.
    verdicts.settle_open(tree, rules)
    trees.advance(tree=tree, event=Event.RECHECKED, by=by, now=now, rules=rules, rng=rng, why=why)
    return shown


@transaction.atomic
def edit_message(
    *, message_id: UUID, text: str, by: User, why: str, now: datetime, rules: TreeRules, rng: Random
) -> Message:
    """Change the text; every version is kept. Reviews, verdict and ranks stay: an edit is for small corrections."""
    _check(by)
    message, tree = _locked(message_id)
    draft = ReplyDraft.of(text, limit=rules.message_size_limit)
    if draft.text == message.text:
        return message
    if not message.revisions.exists():  # Its author may have corrected it before.
        MessageRevision.objects.create(message=message, text=message.text, by=message.author, at=message.created_at)
    MessageRevision.objects.create(message=message, text=draft.text, by=by, at=now)
    message.text, message.edited = draft.text, True
    message.save(update_fields=["text", "edited"])
    log(Action.EDIT_MESSAGE, by=by, now=now, why=why, message=message, tree=tree)
    trees.advance(tree=tree, event=Event.RECHECKED, by=by, now=now, rules=rules, rng=rng, why=why)
    return message


@transaction.atomic
def halt_tree(*, tree_id: UUID, by: User, why: str, now: datetime, rules: TreeRules, rng: Random) -> Tree:
    """Stop a tree in any state."""
    return _move(tree_id, Event.HALTED, Action.HALT_TREE, by, why, now, rules, rng)


@transaction.atomic
def resume_tree(*, tree_id: UUID, by: User, why: str, now: datetime, rules: TreeRules, rng: Random) -> Tree:
    """Let a halted or aborted tree go on where its facts put it. Flags and skips so far no longer count."""
    return _move(tree_id, Event.RESUMED, Action.RESUME_TREE, by, why, now, rules, rng)


@transaction.atomic
def retry_scoring(*, tree_id: UUID, by: User, why: str, now: datetime, rules: TreeRules, rng: Random) -> Tree:
    """Score a tree again whose scoring failed."""
    _check(by)
    tree = scoring.retry(tree_id=tree_id, by=by, now=now, rules=rules, rng=rng)
    log(Action.RETRY_SCORING, by=by, now=now, why=why, tree=tree)
    return tree


def _move(
    tree_id: UUID, event: Event, action: Action, by: User, why: str, now: datetime, rules: TreeRules, rng: Random
) -> Tree:
    _check(by)
    tree = locking.lock_tree(tree_id)
    before = tree.state
    if event is Event.RESUMED:
        verdicts.settle_open(tree, rules)
    already = event is Event.HALTED and before == State.HALTED_BY_MODERATOR
    trees.advance(tree=tree, event=event, by=by, now=now, rules=rules, rng=rng, why=why)
    if tree.state == before and not already and not tree.transitions.filter(at=now, event=event).exists():
        raise MoveNotPossible
    log(action, by=by, now=now, why=why, tree=tree)
    return tree


@transaction.atomic
def clear_flags(*, message_id: UUID, by: User, why: str, now: datetime) -> None:
    """A moderator looked and found nothing wrong: red flags so far no longer count, and the queue entry is done."""
    _check(by)
    message, tree = _locked(message_id)
    message.flags_cleared_at = now
    message.save(update_fields=["flags_cleared_at"])
    FlaggedMessage.objects.filter(message=message).update(processed=True)
    reports.answer(message_ids=[message.pk], deleted=False, now=now)
    log(Action.CLEAR_FLAGS, by=by, now=now, why=why, message=message, tree=tree)


def ban_person(*, person_id: UUID, by: User, why: str, now: datetime, rules: TreeRules, rng: Random) -> User:
    """Nothing more is handed out to this person; what they hold goes back; their prompts not yet growing are halted.

    The status is committed first: whatever happens afterwards, a ban is a ban. Doing it again finishes the rest.
    """
    person = _set_status(person_id, Status.BANNED, Action.BAN_PERSON, by, why, now)
    let_go(person=person, by=by, why=why, now=now, rules=rules, rng=rng)
    return person


def let_go(*, person: User, by: User, why: str, now: datetime, rules: TreeRules, rng: Random) -> None:
    """What a person holds goes back, and their prompts not yet growing are halted: nobody would draw them any more.
    One transaction per task and tree."""
    assignment.return_all_of(person=person, now=now, rules=rules, rng=rng)
    waiting = Tree.objects.in_state(State.INITIAL_PROMPT_REVIEW, State.PROMPT_LOTTERY_WAITING).filter(
        messages__author=person, messages__parent__isnull=True
    )
    for tree_id in list(waiting.values_list("id", flat=True)):
        with transaction.atomic():
            tree = locking.lock_tree(tree_id)
            trees.advance(tree=tree, event=Event.AUTHOR_BANNED, by=by, now=now, rules=rules, rng=rng, why=why)


def unban_person(*, person_id: UUID, by: User, why: str, now: datetime) -> User:
    """The person may take part again. Halted prompts stay halted until a moderator resumes them."""
    return _set_status(person_id, Status.ACTIVE, Action.UNBAN_PERSON, by, why, now)


@transaction.atomic
def _set_status(person_id: UUID, status: Status, action: Action, by: User, why: str, now: datetime) -> User:
    person = lock_subject(person_id, by=by)
    if person.status == Status.DELETED:
        raise AccountClosed  # Banned or unbanned, a closed account could be signed in to again.
    person.status = status
    person.save(update_fields=["status"])
    log(action, by=by, now=now, why=why, person=person)
    return person


def lock_subject(person_id: UUID, *, by: User) -> User:
    """The person somebody moderates, locked. Raises NotAllowed unless they may, PersonNotFound."""
    _check(by)
    person = lock_person(person_id)
    if person.is_admin and not by.is_admin:
        raise NotAllowed(_("Only an administrator may do this to an administrator."))
    return person
