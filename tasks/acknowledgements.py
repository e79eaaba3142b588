"""An API client gives a task it shows to somebody a name of its own, and finds the task again by it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import ApiClient, User
from common.errors import DomainError, ErrorCode
from common.prepared import Prepared
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
    while True:
        before = _BEFORE.all(client=client.pk, person=holder, task=task_id, name=name)
        of_task = {row.frontend_message_id for row in before if row.task_id == task_id}
        if name in of_task:
            return
        if of_task:
            raise AlreadyAcknowledged
        if before:
            break
        if _bind(task_id, client, holder, name, now):
            return
    (taken,) = before
    if taken.task.state != TaskState.DONE and holder in (taken.task.claimed_by_id, taken.task.last_holder_id):
        raise AlreadyAcknowledged
    # Some clients have few names, or name a task after its message: a name is free again when its task is done.
    Acknowledgement.objects.filter(pk=taken.pk).update(task=task_id, at=now)


#: What this person's task is called, and what this name calls already.
_BEFORE = Prepared(
    lambda client, person, task, name: Acknowledgement.objects.select_related("task").filter(
        Q(task=task) | Q(frontend_message_id=name), client=client, person=person
    ),
    client=UUID,
    person=UUID,
    task=UUID,
    name=str,
)


def _bind(task_id: UUID, client: ApiClient, holder: UUID, name: str, now: datetime) -> bool:
    """Store the name; False when the same moment brought another row of it. Raises TaskNotFound."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                """INSERT INTO tasks_acknowledgement (client_id, frontend_message_id, task_id, person_id, at)
                VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING""",
                [client.pk, name, task_id, holder, now],
            )
            return bool(cursor.rowcount)
    except IntegrityError as problem:
        raise TaskNotFound from problem  # It was given back meanwhile, and then not wanted any more.


_HOLDER = Prepared[Any](
    lambda task_id: Task.objects.filter(pk=task_id).values_list(
        "claimed_by", "claimed_by__api_client", "last_holder", "last_holder__api_client"
    ),
    task_id=UUID,
)


def _holder(task_id: UUID, client: ApiClient, person: User | None) -> UUID:
    row = _HOLDER.one(task_id=task_id)
    if row is None:
        raise TaskNotFound
    claimed_by, of_client, last_holder, of_last_client = row
    holder: UUID | None = claimed_by or last_holder
    if holder is None:
        raise TaskGone
    if (of_client if claimed_by else of_last_client) != client.pk or (person is not None and person.pk != holder):
        raise NotYours
    return holder


_NAMED = Prepared[Any](
    lambda client, name: (
        Acknowledgement.objects.filter(client=client, frontend_message_id=name)
        .order_by("id")
        .values_list("task", flat=True)[:1]
    ),
    client=UUID,
    name=str,
)
_NAMED_FOR = Prepared[Any](
    lambda client, name, person: Acknowledgement.objects.filter(
        client=client, frontend_message_id=name, person=person
    ).values_list("task", flat=True),
    client=UUID,
    name=str,
    person=UUID,
)


def task_named(*, client: ApiClient, person: User | None, name: str) -> UUID:
    """The task this client gave the name to, for this person or for anybody. Raises TaskNotFound, InvalidFrontendId."""
    check_name(name)
    found: UUID | None = (
        _NAMED.one(client=client.pk, name=name)
        if person is None
        else _NAMED_FOR.one(client=client.pk, name=name, person=person.pk)
    )
    if found is None:
        raise TaskNotFound
    return found


def check_name(name: str) -> None:
    """Raises InvalidFrontendId for what cannot name a message."""
    if not 0 < len(name) <= 200:
        raise InvalidFrontendId
