"""The moderators' queue of flagged messages: what is in it, and what somebody has looked at."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from moderation import telling
from moderation.log import check, log
from moderation.models import Action, QueueItem
from tasks import locking
from tasks.refusals import MessageNotFound


class NotFlagged(MessageNotFound):
    sentence = _("Nobody flagged this message, or it is gone.")


@transaction.atomic
def mark_processed(*, message_id: UUID, by: User, why: str, now: datetime) -> QueueItem:
    """Somebody has dealt with the entry. A new flag puts it back into the queue; flags so far go on counting.

    To say besides that the flags were wrong, use `actions.clear_flags`. Raises NotAllowed, NotFlagged, MessageNotFound.
    """
    check(by)
    locking.keep_message(message_id)
    flag: QueueItem | None = QueueItem.objects.select_related("message__tree").filter(pk=message_id).first()
    if flag is None:
        raise NotFlagged
    if not flag.processed:
        flag.processed = True
        # A flag that came in since we looked keeps the entry in the queue.
        QueueItem.objects.filter(pk=flag.pk, created_at=flag.created_at).update(
            processed=True, claimed_by=None, claimed_until=None, not_for=None
        )
        telling.reporters(message_ids=[message_id], deleted=flag.message.deleted, now=now)
        message = flag.message
        log(
            Action.PROCESS_FLAG,
            by=by,
            now=now,
            why=why,
            message=message,
            tree=message.tree,
            person=message.author,
        )
    return flag
