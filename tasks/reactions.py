"""Emoji on messages: a thumb up excludes a thumb down, and nobody praises themselves."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import access
from accounts.models import User
from common import nudges
from common.errors import DomainError, ErrorCode
from tasks.kinds import EMOJIS
from tasks.models import Message, Reaction
from tasks.refusals import MessageNotFound

RED_FLAG = "red_flag"
OPPOSITES = {"+1": "-1", "-1": "+1"}


class UnknownEmoji(DomainError):
    code = ErrorCode.EMOJI_OP_UNSUPPORTED
    status = 422
    sentence = _("This reaction is not known here.")


@transaction.atomic
def toggle(*, message_id: UUID, person: User, emoji: str, now: datetime) -> bool:
    """Add the reaction, or take it away if it is there; returns whether it is there now.

    Thumbs on one's own message are ignored. Raises UnknownEmoji, MessageNotFound, UserDisabled, TermsNotAccepted.
    """
    if emoji not in EMOJIS:
        raise UnknownEmoji
    access.check_may_take_part(person)
    message = Message.objects.visible_to(person).filter(pk=message_id).first()
    if message is None:
        raise MessageNotFound
    if emoji in OPPOSITES and message.author_id == person.pk:
        return False
    mine = Reaction.objects.filter(message=message, person=person)
    if mine.filter(emoji=emoji).delete()[0]:
        return False
    add(message=message, person=person, emoji=emoji, now=now)
    return True


def add(*, message: Message, person: User, emoji: str, now: datetime) -> None:
    """Add a reaction; adding it twice changes nothing. Red flags wake automatic moderation."""
    if emoji in OPPOSITES:
        Reaction.objects.filter(message=message, person=person, emoji=OPPOSITES[emoji]).delete()
    Reaction.objects.get_or_create(message=message, person=person, emoji=emoji, defaults={"created_at": now})
    if emoji == RED_FLAG:
        nudges.soon("moderation.moderate")
