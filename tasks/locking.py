"""All row locks. Order: tree, then message, then task; language locks come before trees."""

from __future__ import annotations

from uuid import UUID
from zlib import crc32

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from common.errors import DomainError, ErrorCode
from tasks.models import Task, Tree


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
    """The tree, locked FOR NO KEY UPDATE: answers may still be inserted elsewhere, but nobody else counts or decides."""
    _require_transaction()
    tree = Tree.objects.select_for_update(no_key=True).filter(pk=tree_id).first()
    if tree is None:
        raise TreeNotFound
    return tree


def lock_task(task_id: UUID) -> tuple[Task, Tree | None]:
    """The task with its tree, both locked, tree first. A new prompt's task has no tree."""
    _require_transaction()
    tree = Tree.objects.select_for_update(no_key=True, of=("self",)).filter(tasks__pk=task_id).first()
    task = (
        Task.objects.select_for_update(no_key=True, of=("self",))
        .select_related("message", "claimed_by")
        .filter(pk=task_id)
        .first()
    )
    if task is None:
        raise TaskNotFound
    return task, tree


def lock_next_tree(queryset_of_trees: object) -> Tree | None:
    """Any one tree of the queryset that nobody else has locked, locked; None when there is none."""
    _require_transaction()
    trees: Tree | None = queryset_of_trees.select_for_update(no_key=True, skip_locked=True, of=("self",)).first()  # type: ignore[attr-defined]
    return trees


def lock_language(lang: str) -> None:
    """Until the transaction ends, nobody else draws prompts or wakes trees in this language."""
    _require_transaction()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [0x0A557, crc32(lang.encode()) - 2**31])


#: A claim in one statement: the first open row that fits, skipping rows others are just taking.
#: `open_tasks` is a partial index in exactly this order, so the cost is that of the rows passed over.
CLAIM = """
    UPDATE tasks_task SET state = 'claimed', claimed_by_id = %(person)s, claimed_at = %(now)s, expires_at = %(expires)s,
           mode = %(mode)s
    WHERE id = (
        SELECT t.id FROM tasks_task t WHERE t.kind = %(kind)s AND {eligible}
        ORDER BY {order} LIMIT 1 FOR NO KEY UPDATE OF t SKIP LOCKED
    )
    RETURNING id
"""


def claim_first(*, eligible: str, uniform: bool, params: dict[str, object]) -> UUID | None:
    """Take the first open row of the kind that satisfies the SQL condition `eligible`; None when there is none."""
    _require_transaction()
    order = "random()" if uniform else "t.to_go, t.dice"
    with connection.cursor() as cursor:
        cursor.execute(CLAIM.format(eligible=eligible, order=order), params)
        row = cursor.fetchone()
    return row[0] if row else None
