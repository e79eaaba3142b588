"""People complain about a message: the report is kept whole, and the message enters the moderators' queue."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts import access
from accounts.models import User
from common.text import normalised
from moderation.models import FlaggedMessage, Report
from tasks import reactions
from tasks.drafts import InvalidLabel
from tasks.kinds import REPORT_LABELS
from tasks.models import Message
from tasks.refusals import MessageNotFound


@transaction.atomic
def report(*, message_id: UUID, person: User, labels: Sequence[str], text: str, now: datetime) -> Report:
    """Store a report, red-flag the message and queue it for moderators. A second report is stored beside the first."""
    access.check_may_take_part(person)
    if not set(labels) <= set(REPORT_LABELS):
        raise InvalidLabel
    message = Message.objects.visible_to(person).filter(pk=message_id).first()
    if message is None:
        raise MessageNotFound
    reactions.add(message=message, person=person, emoji=reactions.RED_FLAG, now=now)
    queue(message=message, now=now)
    return Report.objects.create(
        message=message, person=person, labels=list(labels), text=normalised(text), created_at=now
    )


def queue(*, message: Message, now: datetime) -> None:
    """Put the message in the queue, or back into it."""
    FlaggedMessage.objects.update_or_create(message=message, defaults={"processed": False, "created_at": now})
