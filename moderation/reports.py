"""People flag a message or complain about it: a report is kept whole, and the message enters the moderators' queue."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import access, webhooks
from accounts.models import NoticeKind, User
from common.text import normalised
from moderation import queue, severity
from moderation.models import Report
from moderation.severity import Severity, Source
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
        raise InvalidLabel(_("A report can name these: %(names)s.") % {"names": ", ".join(REPORT_LABELS)})
    message = Message.objects.visible_to(person).filter(pk=message_id).first()
    if message is None:
        raise MessageNotFound
    reactions.add(message=message, person=person, emoji=reactions.RED_FLAG, now=now)
    worst = max((severity.OF_REPORT[label] for label in labels), default=Severity.MEDIUM)
    queue.put(message=message, source=Source.REPORT, severity=worst, now=now)
    filed = Report.objects.create(
        message=message, person=person, labels=list(labels), text=normalised(text), created_at=now
    )
    about = {"message_id": str(message.pk), "tree_id": str(message.tree_id), "lang": message.lang}
    payload = {"report_id": filed.pk, **about, "labels": filed.labels}
    webhooks.announce(kind=NoticeKind.REPORT_FILED, subject=filed.pk, payload=payload, now=now)
    return filed


@transaction.atomic
def react(*, message_id: UUID, person: User, emoji: str, op: reactions.Op, now: datetime) -> None:
    """React to a message; a red flag, when it is new, also queues it. Taking the flag back leaves it in the queue: a
    moderator should still look. Raises what `reactions.react` raises."""
    added = reactions.react(message_id=message_id, person=person, emoji=emoji, op=op, now=now)
    if added and emoji == reactions.RED_FLAG:
        put_flagged(message=Message.objects.get(pk=message_id), now=now)


def put_flagged(*, message: Message, now: datetime) -> None:
    """A red flag alone says little: it is anybody's, and gives no reason."""
    queue.put(message=message, source=Source.RED_FLAG, severity=Severity.MEDIUM, now=now)
