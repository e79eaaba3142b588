"""What moderators tell each other about a person."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common.errors import DomainError, ErrorCode
from common.text import normalised
from moderation.log import lock_subject, log
from moderation.models import Action, PersonNote


class EmptyNote(DomainError):
    code = ErrorCode.INVALID_REQUEST
    status = 422
    sentence = _("Write something: an empty note tells nobody anything.")


@transaction.atomic
def note(*, person_id: UUID, text: str, by: User, now: datetime) -> PersonNote:
    """Add a note; notes are never changed. Raises NotAllowed, NotAboveThem, PersonNotFound, EmptyNote."""
    person = lock_subject(person_id, by=by)
    text = normalised(text)
    if not text.strip():
        raise EmptyNote
    written = PersonNote.objects.create(person=person, by=by, at=now, text=text)
    log(Action.NOTE_PERSON, by=by, now=now, why="", after={"note": written.pk}, person=person)
    return written
