"""People flag a message or complain about it: a report is kept whole, and the message enters the moderators' queue."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import access, news, webhooks
from accounts.models import News, NewsKind, NoticeKind, User
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
        raise InvalidLabel(_("A report can name these: %(names)s.") % {"names": ", ".join(REPORT_LABELS)})
    message = Message.objects.visible_to(person).filter(pk=message_id).first()
    if message is None:
        raise MessageNotFound
    reactions.add(message=message, person=person, emoji=reactions.RED_FLAG, now=now)
    queue(message=message, now=now)
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
        queue(message=Message.objects.get(pk=message_id), now=now)


def queue(*, message: Message, now: datetime) -> None:
    """Put the message in the queue, or back into it."""
    FlaggedMessage.objects.update_or_create(message=message, defaults={"processed": False, "created_at": now})


def answer(*, message_ids: Collection[UUID], deleted: bool, now: datetime) -> None:
    """Tell everybody who reported one of these messages what a moderator, or automatic moderation, decided. A report is
    answered once."""
    reported = Report.objects.filter(message__in=message_ids).order_by("id")
    news.tell(
        News(
            person_id=person_id,
            kind=NewsKind.REPORT_ANSWERED,
            source=str(pk),
            about={"report_id": pk, "message_id": str(message_id), "decision": "deleted" if deleted else "kept"},
            at=now,
        )
        for pk, person_id, message_id in reported.values_list("id", "person_id", "message_id")
    )
