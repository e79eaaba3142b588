"""An API client gives a task it shows to somebody a name of its own, and finds the task again by it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
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
    task: Task | None = Task.objects.select_related("claimed_by", "last_holder").filter(pk=task_id).first()
    if task is None:
        raise TaskNotFound
    holder = task.claimed_by or task.last_holder
    if holder is None:
        raise TaskGone
    if holder.api_client_id != client.pk or person not in (None, holder):
        raise NotYours
    for _try in range(2):
        try:
            with transaction.atomic():
                return _bind(task, client, holder, name, now)
        except IntegrityError:
            continue  # The same call came twice at once; the other has stored it.
    raise AlreadyAcknowledged


def _bind(task: Task, client: ApiClient, holder: User, name: str, now: datetime) -> None:
    mine = Acknowledgement.objects.filter(client=client, person=holder)
    before = mine.filter(task=task).first()
    if before is not None:
        if before.frontend_message_id != name:
            raise AlreadyAcknowledged
        return
    taken = mine.select_related("task").filter(frontend_message_id=name).first()
    if taken is None:
        Acknowledgement.objects.create(client=client, task=task, person=holder, frontend_message_id=name, at=now)
        return
    if taken.task.state != TaskState.DONE and holder.pk in (taken.task.claimed_by_id, taken.task.last_holder_id):
        raise AlreadyAcknowledged
    # Some clients have few names, or name a task after its message: a name is free again when its task is done.
    taken.task, taken.at = task, now
    taken.save(update_fields=["task", "at"])


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
