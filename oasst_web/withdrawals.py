"""What moderation knows of a removal, as the public ledger says it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from uuid import UUID

from exports.models import Why
from moderation import removals
from moderation.reasons import Reason

#: Every other reason is moderation.
WHY: Mapping[Reason, Why] = {
    Reason.AUTHOR_ASKED: Why.AUTHOR,
    Reason.RIGHTS: Why.RIGHTS,
    Reason.COPIED: Why.RIGHTS,
    Reason.PERSONAL_DATA: Why.PERSONAL_DATA,
    Reason.HATE: Why.HARM,
    Reason.VIOLENCE: Why.HARM,
    Reason.SEXUAL: Why.HARM,
    Reason.MINORS: Why.HARM,
    Reason.SELF_HARM: Why.HARM,
    Reason.ILLEGAL: Why.HARM,
}


def reasons(message_ids: Collection[UUID]) -> dict[UUID, Why]:
    """Of those of these messages whose removal somebody explained."""
    return {pk: WHY.get(reason, Why.MODERATION) for pk, reason in removals.reasons_of(message_ids).items()}
