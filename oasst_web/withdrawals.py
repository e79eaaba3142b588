"""What moderation knows of a removal, as the public ledger says it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from exports.models import Why
from exports.takedowns import Moderation
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


#: What a text must not go on telling because of these, once it was cut out.
CUT_OUT = frozenset({Why.RIGHTS, Why.PERSONAL_DATA, Why.HARM})


def removed(message_ids: Collection[UUID]) -> dict[UUID, Why]:
    """Of those of these messages whose removal somebody explained."""
    return {pk: WHY.get(reason, Why.MODERATION) for pk, reason in removals.reasons_of(message_ids).items()}


def edited(since: datetime) -> dict[UUID, Why]:
    """Messages out of which moderators cut something since, and why. Small corrections take nothing back."""
    found = {pk: WHY.get(reason, Why.MODERATION) for pk, reason in removals.edited_since(since).items()}
    return {pk: why for pk, why in found.items() if why in CUT_OUT}


KNOWN = Moderation(removed=removed, edited=edited)
