"""Emoji on messages: a thumb up excludes a thumb down, and nobody praises themselves."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import access
from accounts.models import User
from common import nudges
from common.errors import DomainError, ErrorCode
from tasks import locking
from tasks.kinds import EMOJIS
from tasks.models import Message, Reaction
from tasks.refusals import MessageNotFound

RED_FLAG = "red_flag"
OPPOSITES = {"+1": "-1", "-1": "+1"}


class UnknownEmoji(DomainError):
    code = ErrorCode.EMOJI_OP_UNSUPPORTED
    status = 422
    sentence = _("This reaction is not known here.")


class Op(StrEnum):
    """What to do with a reaction."""

    TOGGLE = "toggle"
    ADD = "add"
    REMOVE = "remove"


def toggle(*, message_id: UUID, person: User, emoji: str, now: datetime) -> bool:
    """Add the reaction, or take it away if it is there; returns whether it was added."""
    return react(message_id=message_id, person=person, emoji=emoji, op=Op.TOGGLE, now=now)


@transaction.atomic
def react(*, message_id: UUID, person: User, emoji: str, op: Op, now: datetime) -> bool:
    """Add a reaction or take it away; returns whether it was added. Adding what is there, or taking away what is not,
    changes nothing.

    Thumbs on one's own message are ignored. Raises UnknownEmoji, MessageNotFound, UserDisabled, TermsNotAccepted.
    """
    if emoji not in EMOJIS:
        raise UnknownEmoji
    access.check_may_take_part(person)
    message = Message.objects.visible_to(person).filter(pk=message_id).first()
    if message is None:
        raise MessageNotFound
    mine = Reaction.objects.filter(message=message, person=person, emoji=emoji)
    if op is not Op.ADD and (mine.delete()[0] or op is Op.REMOVE):
        return False
    if emoji in OPPOSITES and message.author_id == person.pk:
        return False
    return add(message=message, person=person, emoji=emoji, now=now)


@transaction.atomic
def add(*, message: Message, person: User, emoji: str, now: datetime) -> bool:
    """Add a reaction; returns whether it is new, for adding it twice changes nothing. Red flags wake automatic
    moderation. Raises MessageNotFound."""
    locking.keep_message(message.pk)
    if emoji in OPPOSITES:
        Reaction.objects.filter(message=message, person=person, emoji=OPPOSITES[emoji]).delete()
    _reaction, new = Reaction.objects.get_or_create(
        message=message, person=person, emoji=emoji, defaults={"created_at": now}
    )
    if emoji == RED_FLAG:
        nudges.soon("moderation.moderate")
    return new
