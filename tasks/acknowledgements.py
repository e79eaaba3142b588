"""An API client gives a task it shows to somebody a name of its own, and finds the task again by it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError
from django.utils.translation import gettext_lazy as _

from accounts.models import ApiClient, User
from common.errors import DomainError, ErrorCode
from tasks.locking import TaskNotFound
from tasks.models import Acknowledgement, Task, TaskState
from tasks.refusals import NotYours, TaskGone


class InvalidFrontendId(DomainError):
    code = ErrorCode.INVALID_FRONTEND_MESSAGE_ID
    status = 400
    sentence = _("The id of a message must be text of 1 to 200 characters.")


class AlreadyAcknowledged(DomainError):
    code = ErrorCode.TASK_ALREADY_UPDATED
    status = 409
    sentence = _("This task was acknowledged under another id, or this id names another task. Use the first one.")


def acknowledge(*, task_id: UUID, client: ApiClient, person: User | None, name: str, now: datetime) -> None:
    """Bind the client's name to the task that one of its people holds. The same name again changes nothing.

    Without a person it is whoever holds the task or missed its deadline, if that is one of the client's. Raises
    TaskNotFound, TaskGone, NotYours, AlreadyAcknowledged, InvalidFrontendId.
    """
    check_name(name)
    holder = _holder(task_id, client, person)
    mine = Acknowledgement.objects.filter(client=client, person=holder)
    before = mine.filter(task=task_id).values_list("frontend_message_id", flat=True).first()
    if before is not None:
        if before != name:
            raise AlreadyAcknowledged
        return
    bound = Acknowledgement(client=client, task_id=task_id, person_id=holder, frontend_message_id=name, at=now)
    try:
        Acknowledgement.objects.bulk_create([bound], ignore_conflicts=True)
    except IntegrityError as problem:
        raise TaskNotFound from problem  # It was given back meanwhile, and then not wanted any more.
    taken = mine.select_related("task").filter(frontend_message_id=name).first()
    if taken is None:
        raise TaskNotFound
    if taken.task_id == task_id:
        return
    if taken.task.state != TaskState.DONE and holder in (taken.task.claimed_by_id, taken.task.last_holder_id):
        raise AlreadyAcknowledged
    # Some clients have few names, or name a task after its message: a name is free again when its task is done.
    mine.filter(pk=taken.pk).update(task=task_id, at=now)


def _holder(task_id: UUID, client: ApiClient, person: User | None) -> UUID:
    columns = ("claimed_by", "claimed_by__api_client", "last_holder", "last_holder__api_client")
    row = Task.objects.filter(pk=task_id).values_list(*columns).first()
    if row is None:
        raise TaskNotFound
    claimed_by, of_client, last_holder, of_last_client = row
    holder: UUID | None = claimed_by or last_holder
    if holder is None:
        raise TaskGone
    if (of_client if claimed_by else of_last_client) != client.pk or (person is not None and person.pk != holder):
        raise NotYours
    return holder


def task_named(*, client: ApiClient, person: User | None, name: str) -> UUID:
    """The task this client gave the name to, for this person or for anybody. Raises TaskNotFound, InvalidFrontendId."""
    check_name(name)
    named = Acknowledgement.objects.filter(client=client, frontend_message_id=name)
    if person is not None:
        named = named.filter(person=person)
    found: UUID | None = named.values_list("task", flat=True).first()
    if found is None:
        raise TaskNotFound
    return found


def check_name(name: str) -> None:
    """Raises InvalidFrontendId for what cannot name a message."""
    if not 0 < len(name) <= 200:
        raise InvalidFrontendId
