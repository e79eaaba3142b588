"""A volunteer objects to a removal, once; another moderator than the one who removed it decides."""

from __future__ import annotations

from datetime import datetime
from random import Random
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import Status, User
from common.errors import DomainError, ErrorCode
from common.text import normalised
from moderation import locking, queue, removals, telling
from moderation.log import Grounds, check, log
from moderation.models import Action, ActionLog, Appeal
from moderation.reasons import Reason
from moderation.removal import gone_for_good
from moderation.severity import Severity, Source
from tasks.locking import lock_tree
from tasks.models import Message
from tasks.refusals import MessageNotFound
from tasks.rules import TreeRules

#: Characters of an appeal.
LONGEST = 2000


class NothingToAppeal(DomainError):
    code = ErrorCode.MOVE_NOT_POSSIBLE
    status = 409
    sentence = _("This message was not removed, or you removed it yourself.")


class AppealedAlready(DomainError):
    code = ErrorCode.MOVE_NOT_POSSIBLE
    status = 409
    sentence = _("You appealed for this message before. That is possible once; you are told how it ends.")


class NoWords(DomainError):
    code = ErrorCode.INVALID_REQUEST
    status = 422
    sentence = _("Write why the message should come back, in at most 2000 characters.")


class NoAppeal(MessageNotFound):
    sentence = _("There is no open appeal for this message.")


def removal_of(message: Message) -> ActionLog | None:
    """By what this message was removed, if its author can object: not where they took it back themselves, nor where
    what it answered is gone for good."""
    removal = removals.of(message)
    if removal is None or removal.reason == Reason.AUTHOR_ASKED or (removal.by_id is None and not message.text):
        return None
    return None if message.deleted and message.pk in gone_for_good(message.tree_id) else removal


@transaction.atomic
def appeal(*, message_id: UUID, by: User, text: str, now: datetime) -> Appeal:
    """Ask for a second look at the removal of one's own message; also while one is suspended.

    Raises MessageNotFound, NothingToAppeal, AppealedAlready, NoWords; then nothing is stored.
    """
    text = normalised(text)
    message = Message.objects.filter(pk=message_id, author=by).first()
    if message is None or by.status not in (Status.ACTIVE, Status.SUSPENDED):
        raise MessageNotFound
    lock_tree(message.tree_id)
    message.refresh_from_db()
    if Appeal.objects.filter(message=message).exists():
        raise AppealedAlready
    removal = removal_of(message)
    if removal is None:
        raise NothingToAppeal
    if not text.strip() or len(text) > LONGEST:
        raise NoWords
    try:
        with transaction.atomic():
            filed = Appeal.objects.create(message=message, person=by, against=removal, text=text, created_at=now)
    except IntegrityError as twice:
        raise AppealedAlready from twice
    queue.put(message=message, source=Source.APPEAL, severity=Severity.MEDIUM, now=now, not_for=removal.by_id)
    return filed


@transaction.atomic
def decide(
    *,
    message_id: UUID,
    upheld: bool,
    by: User,
    answer: str,
    why: str,
    now: datetime,
    rules: TreeRules,
    rng: Random,
) -> ActionLog:
    """Say whether the volunteer was right; if so, exactly what was hidden comes back. Not by who removed it.

    Raises NotAllowed, NoAppeal, ItemHeld, NotForYou.
    """
    check(by)
    open_ones = Appeal.objects.select_related("message", "against").filter(message=message_id, decided_at=None)
    found = open_ones.first()
    if found is None:
        raise NoAppeal
    tree = lock_tree(found.message.tree_id)
    item = locking.lock_item(message_id)
    filed = open_ones.first()
    if filed is None or item is None:
        raise NoAppeal
    queue.refuse_others(item, by=by, now=now)
    if filed.against is not None and filed.against.by_id == by.pk:
        raise queue.NotForYou
    filed.decided_by, filed.decided_at, filed.upheld, filed.answer = by, now, upheld, answer[:1000]
    filed.save(update_fields=["decided_by", "decided_at", "upheld", "answer"])
    queue.close(message_ids=[message_id])
    grounds = Grounds(
        reason=Reason.MISTAKE.value if upheld else filed.against.reason if filed.against else "", told=answer
    )
    if upheld and filed.against is not None:
        removals.give_back(filed.against, by=by, why=why, now=now, rules=rules, rng=rng, grounds=grounds)
    telling.of_appeal(filed, now=now)
    return log(
        Action.UPHOLD_APPEAL if upheld else Action.REJECT_APPEAL,
        by=by,
        now=now,
        why=why,
        grounds=grounds,
        message=filed.message,
        tree=tree,
        person_id=filed.person_id,
    )
