"""The log of what moderators did, who may do it, and to whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from accounts.locking import lock_person
from accounts.models import User
from common.errors import DomainError, ErrorCode
from moderation.models import Action, ActionLog


class NotAllowed(DomainError):
    code = ErrorCode.NOT_ALLOWED
    status = 403
    sentence = _("Only moderators may do this.")


class NotAboveThem(NotAllowed):
    sentence = _("Nobody may do this to somebody of the same or a higher rank. Ask somebody above you both.")


#: Why a message is gone that its author took back.
WHY_TAKEN_BACK = "Taken back by its author."


@dataclass(frozen=True)
class Grounds:
    """Why something is done: a reason of the table, words for the person concerned, and what else was done with it."""

    reason: str = ""
    """A value of `reasons.Reason`; empty where no person was asked for one."""
    told: str = ""
    batch: UUID | None = None


UNEXPLAINED = Grounds()


def log(
    action: Action,
    *,
    by: User | None,
    now: datetime,
    why: str,
    grounds: Grounds = UNEXPLAINED,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    undoes: ActionLog | None = None,
    **about: object,
) -> ActionLog:
    """One line of the audit log; without `by`, of automatic moderation. `before` and `after` hold states, ids and
    numbers, never what somebody wrote: the log cannot forget."""
    return ActionLog.objects.create(
        action=action,
        by=by,
        at=now,
        why=why[:500],
        reason=grounds.reason,
        told=grounds.told[:1000],
        batch=grounds.batch,
        before=before or {},
        after=after or {},
        undoes=undoes,
        **about,
    )


def check(by: User | None) -> None:
    """Moderators may act, and automatic moderation (nobody) may."""
    if by is not None and not by.is_moderator:
        raise NotAllowed


def lock_subject(person_id: UUID, *, by: User) -> User:
    """The person somebody moderates, locked. Raises NotAllowed, PersonNotFound, NotAboveThem."""
    check(by)
    person = lock_person(person_id)
    if person.rank >= by.rank:
        raise NotAboveThem
    return person
