"""All row locks. Order: tree, then message, then task; language locks come before trees."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID
from zlib import crc32

from django.db import connection, transaction
from django.db.models import Case, Q, When
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common.errors import DomainError, ErrorCode
from common.prepared import Prepared
from tasks.models import Message, Task, TaskState, Tree
from tasks.querysets import TreeQuerySet
from tasks.refusals import MessageNotFound
from tasks.tree_states import State

#: First key of all our advisory locks; the second says what is locked.
OURS = 0x0A557


class TreeNotFound(DomainError):
    code = ErrorCode.NO_MESSAGE_TREE_FOUND
    status = 404
    sentence = _("There is no such conversation.")


class TaskNotFound(DomainError):
    code = ErrorCode.TASK_NOT_FOUND
    status = 404
    sentence = _("There is no such task. Go to the dashboard to see what is available.")


def _require_transaction() -> None:
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("A lock outlives its statement only inside a transaction.")


def lock_tree(tree_id: UUID) -> Tree:
    """The tree, locked FOR NO KEY UPDATE: rows may still refer to it, but nobody else counts or decides."""
    _require_transaction()
    tree: Tree | None = Tree.objects.select_for_update(no_key=True).filter(pk=tree_id).first()
    if tree is None:
        raise TreeNotFound
    return tree


_TRUST = ("sensitivity", "specificity", "adherence")
#: What answering needs to know of the person: whether they may, and how much their judgement counts.
_PERSON_COLUMNS = [
    f"{person}__{name}"
    # Whoever missed the task may answer late.
    for person in ("claimed_by", "last_holder")
    for name in ("status", "terms_version", *(f"reliability__{part}" for part in _TRUST))
]
#: All of the task, and of message and holder what answering needs: naming 60 columns costs more than reading them.
_TASK_COLUMNS = [field.name for field in Task._meta.concrete_fields]
_MESSAGE_COLUMNS = [
    f"message__{name}"
    for name in (
        "parent",
        "tree",
        "depth",
        "review_count",
        "review_result",
        "review_rules",
        "decided_after",
        "deleted",
        "imported__review_count",
        "imported__labels",
    )
]


_TREE_OF_TASK = Prepared[Tree](
    lambda task_id: Tree.objects.select_for_update(no_key=True, of=("self",)).filter(tasks__pk=task_id), task_id=UUID
)
_TASK = Prepared[Task](
    lambda task_id: (
        Task.objects.select_for_update(no_key=True, of=("self",))
        .select_related("message__imported", "claimed_by__reliability", "last_holder__reliability")
        .only(*_TASK_COLUMNS, *_MESSAGE_COLUMNS, *_PERSON_COLUMNS)
        .filter(pk=task_id)
    ),
    task_id=UUID,
)


def lock_task(task_id: UUID) -> tuple[Task, Tree | None]:
    """The task with its tree, both locked, tree first. A new prompt's task has no tree."""
    _require_transaction()
    tree = _TREE_OF_TASK.one(task_id=task_id)
    task = _TASK.one(task_id=task_id)
    if task is None:
        raise TaskNotFound
    return task, tree


def lock_next_tree(found: TreeQuerySet) -> Tree | None:
    """The first of these trees that nobody else has locked, locked; None when there is none."""
    _require_transaction()
    tree: Tree | None = found.select_for_update(no_key=True, skip_locked=True, of=("self",)).first()
    return tree


def lock_ended_trees(lang: str) -> list[UUID]:
    """Trees of the language whose backlog draw is still to come, locked; those just being moved come later."""
    _require_transaction()
    ended = Tree.objects.filter(lang=lang, end_due=True).order_by("id")
    return list(ended.select_for_update(no_key=True, skip_locked=True).values_list("id", flat=True))


def lock_openings(task_ids: Collection[UUID]) -> list[Task]:
    """Those of these tasks that are open still, locked: nobody claims them now. Waits for claims being made."""
    _require_transaction()
    return list(Task.objects.open().select_for_update().filter(pk__in=list(task_ids)).order_by("id"))


def lock_wanted(task: Task, by: User) -> Task | None:
    """The row that a late answer to this task may go to, locked: the person's own newer claim of the same work, or the
    row they missed, or any other opening of the same work. The tree must be locked.

    All openings of the work are locked, not the first free one: a second tab of this person may just be claiming
    another, and then that claim is the one to answer.
    """
    _require_transaction()
    same_work = Task.objects.same_work(task).select_related("message__imported")
    if task.message_id is None:
        missed_first = Case(When(pk=task.pk, then=0), default=1)
        prompts = same_work.open().select_for_update(no_key=True, skip_locked=True, of=("self",))
        wanted: Task | None = prompts.order_by(missed_first, "id").first()
        return wanted
    mine_or_open = Q(state=TaskState.CLAIMED, claimed_by=by) | Q(state=TaskState.OPEN)
    rows = same_work.filter(mine_or_open).select_for_update(no_key=True, of=("self",)).order_by("id")
    return min(rows, key=lambda row: (row.state != TaskState.CLAIMED, row.pk != task.pk, row.pk), default=None)


def lock_message(message_id: UUID, states: Collection[State]) -> bool:
    """Lock this message and its tree, so that neither moves on; the tree must be in one of these states, the message
    as it was written. False, at once, if it is not so or somebody else holds one of them."""
    _require_transaction()
    found = Message.objects.filter(pk=message_id, deleted=False, edited=False, tree__state__in=states)
    mine = found.select_related("tree").select_for_update(no_key=True, skip_locked=True, of=("self", "tree"))
    return mine.only("id", "tree__state").first() is not None


def keep_message(message_id: UUID) -> None:
    """Until the transaction ends, nobody removes this message: whoever stores something about it without the tree's
    lock asks for this first. Raises MessageNotFound if somebody just did."""
    _require_transaction()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM tasks_message WHERE id = %s FOR KEY SHARE", [message_id])
        if cursor.fetchone() is None:
            raise MessageNotFound


def lock_to_remove(message_ids: Collection[UUID]) -> list[UUID]:
    """Lock these messages, and each task that is about one of them or wrote one, against everything: from now on no new
    row refers to them, and claims and reactions being stored are waited for. Returns the tasks. The tree must be
    locked."""
    _require_transaction()
    messages = Message.objects.filter(pk__in=list(message_ids)).order_by("id").select_for_update()
    wrote = [task_id for task_id in messages.values_list("task_id", flat=True) if task_id]
    tasks = Task.objects.filter(Q(pk__in=wrote) | Q(message__in=list(message_ids))).order_by("id").select_for_update()
    return list(tasks.values_list("id", flat=True))


def _lock_for_all(what: int) -> None:
    _require_transaction()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [OURS, what])


def lock_language(lang: str) -> None:
    """Until the transaction ends, nobody else draws prompts or wakes trees in this language."""
    _lock_for_all(crc32(lang.encode()) - 2**31)


def lock_rules() -> None:
    """Until the transaction ends, nobody else stores a version of the rules."""
    _lock_for_all(-1)


#: A claim in one statement: the first open row that fits, skipping rows others are just taking.
#: `open_tasks` is a partial index in exactly this order, so the cost is that of the rows passed over.
CLAIM = """
    UPDATE tasks_task SET state = 'claimed', claimed_by_id = %(person)s, claimed_at = %(now)s, expires_at = %(expires)s,
           mode = %(mode)s
    WHERE id = (
        SELECT t.id FROM tasks_task t WHERE t.kind = %(kind)s AND {eligible}
        ORDER BY {order} LIMIT 1 FOR NO KEY UPDATE OF t SKIP LOCKED
    )
    RETURNING *
"""


def claim_first(*, eligible: str, uniform: bool, params: dict[str, Any]) -> Task | None:
    """Take the first open row of the kind that satisfies the SQL condition `eligible`; None when there is none."""
    _require_transaction()
    order = "random()" if uniform else "t.to_go, t.dice"
    return next(iter(Task.objects.raw(CLAIM.format(eligible=eligible, order=order), params)), None)
