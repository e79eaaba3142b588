"""Row locks on what waits for moderators: after a tree, if that is locked too, and before people."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from moderation.models import Proposal, QueueItem


def lock_first_item(waiting: QuerySet[QueueItem]) -> QueueItem | None:
    """The first of these that nobody else is just taking."""
    return waiting.select_for_update(of=("self",), no_key=True, skip_locked=True).select_related("message").first()


def lock_item(message_id: UUID) -> QueueItem | None:
    """This item, locked until the transaction ends."""
    items = QueueItem.objects.select_for_update(of=("self",), no_key=True).select_related("message")
    return items.filter(pk=message_id).first()


def lock_proposal(proposal_id: int) -> Proposal | None:
    """This proposal, locked until the transaction ends."""
    return Proposal.objects.select_for_update(no_key=True).filter(pk=proposal_id).first()
