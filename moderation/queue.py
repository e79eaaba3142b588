"""The moderators' queue: one item per message, held by one moderator at a time."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common.errors import DomainError, ErrorCode
from moderation import exposure, locking
from moderation.log import NotAllowed, check
from moderation.models import QueueItem
from moderation.querysets import Wanted
from moderation.severity import Severity, Source
from tasks.models import Message
from tasks.refusals import MessageNotFound

#: How long an item is held for one moderator. Whoever looks on longer takes it again.
HELD = timedelta(minutes=10)


class ItemHeld(DomainError):
    code = ErrorCode.MOVE_NOT_POSSIBLE
    status = 409
    sentence = _("Another moderator is looking at this just now. Take the next one, or come back later.")


class NotForYou(NotAllowed):
    sentence = _("This is about your own decision or your own message: somebody else has to look at it.")


#: A new reason to look opens the item anew, or makes it worse; what somebody holds they go on holding.
_PUT = """
    INSERT INTO moderation_flaggedmessage AS item
        (message_id, processed, created_at, opened_at, lang, sources, severity, not_for_id)
    VALUES (%(message)s, false, %(now)s, %(now)s, %(lang)s, ARRAY[%(source)s]::varchar[], %(severity)s, %(not_for)s)
    ON CONFLICT (message_id) DO UPDATE SET
        processed = false, created_at = %(now)s, lang = %(lang)s,
        opened_at = CASE WHEN item.processed THEN %(now)s ELSE item.opened_at END,
        sources = CASE WHEN item.processed THEN ARRAY[%(source)s]::varchar[]
                       WHEN %(source)s = ANY(item.sources) THEN item.sources
                       ELSE array_append(item.sources, %(source)s::varchar) END,
        severity = CASE WHEN item.processed THEN %(severity)s ELSE greatest(item.severity, %(severity)s) END,
        claimed_by_id = CASE WHEN item.processed THEN NULL ELSE item.claimed_by_id END,
        claimed_until = CASE WHEN item.processed THEN NULL ELSE item.claimed_until END,
        not_for_id = CASE WHEN item.processed THEN %(not_for)s ELSE coalesce(%(not_for)s, item.not_for_id) END
"""


def put(*, message: Message, source: Source, severity: Severity, now: datetime, not_for: UUID | None = None) -> None:
    """Put the message into the queue, or back into it."""
    values: dict[str, Any] = {
        "message": message.pk,
        "lang": message.lang,
        "source": source.value,
        "severity": int(severity),
        "not_for": not_for,
        "now": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(_PUT, values)


def close(*, message_ids: Collection[UUID]) -> list[UUID]:
    """These messages are decided on. Returns which of them were waiting."""
    waiting = list(
        QueueItem.objects.filter(message__in=message_ids, processed=False).order_by("pk").values_list("pk", flat=True)
    )
    QueueItem.objects.filter(pk__in=waiting).update(processed=True, claimed_by=None, claimed_until=None, not_for=None)
    return waiting


def reopen(*, message_ids: Collection[UUID]) -> None:
    """The decision on them was taken back: they wait again, as they did."""
    QueueItem.objects.filter(pk__in=message_ids).update(processed=False, claimed_by=None, claimed_until=None)


@transaction.atomic
def claim_next(*, by: User, wanted: Wanted, now: datetime) -> QueueItem | None:
    """Hold the worst item that waits longest and that nobody else holds; None if there is none for this moderator.

    Whoever saw as much harm as one may in a day gets only the harmless ones. Raises NotAllowed.
    """
    check(by)
    waiting = QueueItem.objects.waiting().matching(wanted).free_for(by, now=now)
    if exposure.left(by, now=now) <= 0:
        waiting = waiting.harmless()
    item = locking.lock_first_item(waiting)
    return None if item is None else _hold(item, by, now)


@transaction.atomic
def claim(*, message_id: UUID, by: User, now: datetime) -> QueueItem:
    """Hold this item, or go on holding it. Raises NotAllowed, MessageNotFound, ItemHeld, NotForYou."""
    check(by)
    item = locking.lock_item(message_id)
    if item is None:
        raise MessageNotFound
    refuse_others(item, by=by, now=now)
    return _hold(item, by, now)


@transaction.atomic
def release(*, message_id: UUID, by: User) -> None:
    """Let somebody else look. Nothing happens if this moderator does not hold it."""
    QueueItem.objects.filter(pk=message_id, claimed_by=by).update(claimed_by=None, claimed_until=None)


def refuse_others(item: QueueItem, *, by: User, now: datetime) -> None:
    """Raises ItemHeld while another moderator holds the item, NotForYou if `by` may not decide on it."""
    if item.not_for_id == by.pk or item.message.author_id == by.pk:
        raise NotForYou
    if item.is_held(now) and item.claimed_by_id != by.pk:
        raise ItemHeld


def _hold(item: QueueItem, by: User, now: datetime) -> QueueItem:
    item.claimed_by, item.claimed_until = by, now + HELD
    item.save(update_fields=["claimed_by", "claimed_until"])
    return item
