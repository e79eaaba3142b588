"""Row locks on people: always in order of id, and never together with a lock on a tree. And on webhooks and what is on
its way to them: after a tree, never before one."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext_lazy as _

from accounts.models import ApiClient, NoticeKind, Scope, User, Webhook
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


def lock_client(client: ApiClient) -> None:
    """Until the transaction ends, nobody else counts what this client has."""
    ApiClient.objects.select_for_update(no_key=True).get(pk=client.pk)


def lock_webhook(client: ApiClient, webhook_id: UUID, *, to_delete: bool = False) -> Webhook | None:
    """This webhook of the client, locked until the transaction ends; None if it has none of this id. Only `to_delete`
    waits for those who store a delivery for it, and makes them wait."""
    return Webhook.objects.select_for_update(no_key=not to_delete).filter(client=client, pk=webhook_id).first()


#: KEY SHARE keeps the rows from being deleted while deliveries are stored for them, and holds up nobody else.
SUBSCRIBED = """
    SELECT w.id FROM accounts_webhook w JOIN accounts_apiclient c ON c.id = w.client_id
    WHERE %(kind)s = ANY(w.kinds) AND c.scopes && %(scopes)s::varchar[] AND c.revoked_at IS NULL
    ORDER BY w.id FOR KEY SHARE OF w
"""


def keep_subscribed(kind: NoticeKind, scopes: Collection[Scope]) -> list[UUID]:
    """The webhooks that want this kind, of clients with one of these scopes. None of them vanishes before the
    transaction ends: what happened must not fail because somebody unsubscribes meanwhile."""
    with connection.cursor() as cursor:
        cursor.execute(SUBSCRIBED, {"kind": kind.value, "scopes": [scope.value for scope in scopes]})
        return [row[0] for row in cursor.fetchall()]


#: Materialised, or the planner may run the locking part more than once and take more than it should.
CLAIM_DELIVERIES = """
    WITH due AS MATERIALIZED (
        SELECT d.id FROM (
            SELECT w.id, w.failing_since FROM accounts_webhook w JOIN accounts_apiclient c ON c.id = w.client_id
            WHERE w.enabled AND c.revoked_at IS NULL AND w.id <> ALL(%(passed_by)s::uuid[])
              AND EXISTS (SELECT 1 FROM accounts_delivery WHERE webhook_id = w.id AND next_attempt_at <= %(now)s)
            ORDER BY random() LIMIT %(webhooks)s
        ) w CROSS JOIN LATERAL (
            SELECT id FROM accounts_delivery WHERE webhook_id = w.id AND next_attempt_at <= %(now)s
            ORDER BY next_attempt_at, id
            LIMIT CASE WHEN w.failing_since IS NULL THEN %(each)s ELSE 1 END
            FOR NO KEY UPDATE SKIP LOCKED
        ) d
    )
    UPDATE accounts_delivery SET attempts = attempts + 1, next_attempt_at = %(until)s
    FROM due WHERE due.id = accounts_delivery.id
    RETURNING accounts_delivery.id
"""


def claim_deliveries(
    *, now: datetime, until: datetime, webhooks: int, each: int, passed_by: Collection[UUID]
) -> list[UUID]:
    """Take deliveries that are due until then: of so many webhooks so many each, and one of a webhook that is failing.
    Nobody else takes them before that moment, once this has committed."""
    with connection.cursor() as cursor:
        cursor.execute(
            CLAIM_DELIVERIES,
            {"now": now, "until": until, "webhooks": webhooks, "each": each, "passed_by": list(passed_by)},
        )
        return [row[0] for row in cursor.fetchall()]
