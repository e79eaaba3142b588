"""Row locks on people. Always in order of id, and never together with a lock on a tree."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common.errors import DomainError, ErrorCode


class PersonNotFound(DomainError):
    code = ErrorCode.USER_NOT_FOUND
    status = 404
    sentence = _("There is no such person.")


def lock_person(person_id: UUID) -> User:
    """The person, locked until the transaction ends. Raises PersonNotFound."""
    person = User.objects.select_for_update(no_key=True).filter(pk=person_id).first()
    if person is None:
        raise PersonNotFound
    return person


def lock_people(person_ids: Iterable[UUID]) -> list[User]:
    """These people, locked until the transaction ends."""
    return list(User.objects.select_for_update(no_key=True).filter(pk__in=list(person_ids)).order_by("id"))
