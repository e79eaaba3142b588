"""Client programs subscribe to what happens, and every notice is kept for them until it is delivered.

A notice is stored in the transaction of what happened, with one delivery for each webhook that wants it (a
transactional outbox): none is lost, and none is sent of what was rolled back. Sending is a job's work: `deliveries`.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts import locking, outgoing
from accounts.models import ApiClient, Delivery, DeliveryState, Notice, NoticeKind, Scope, Webhook
from common import nudges
from common.errors import DomainError, ErrorCode

#: What may be subscribed to, and the scopes one of which a key needs for it.
WHO_MAY: dict[NoticeKind, frozenset[Scope]] = {
    NoticeKind.TREE_FINISHED: frozenset(Scope),
    NoticeKind.RELEASE_PUBLISHED: frozenset(Scope),
    NoticeKind.REPORT_FILED: frozenset({Scope.MODERATOR, Scope.ADMIN}),
}
#: Webhooks of one client. Each makes everything that happens a little dearer.
MOST = 10
#: Bytes of chance in a secret; Standard Webhooks asks for 24 to 64.
SECRET_BYTES = 32
#: For so long notices can be replayed.
KEPT = timedelta(days=30)
#: And so much later they are forgotten: none vanishes while it is being replayed.
FORGOTTEN = KEPT + timedelta(days=1)


#: `Delivery.state` as a condition.
IN_STATE: dict[DeliveryState, Q] = {
    DeliveryState.WAITING: Q(next_attempt_at__isnull=False),
    DeliveryState.DELIVERED: Q(next_attempt_at__isnull=True, delivered_at__isnull=False),
    DeliveryState.FAILED: Q(next_attempt_at__isnull=True, delivered_at__isnull=True),
}


class WebhookNotFound(DomainError):
    code = ErrorCode.WEBHOOK_NOT_FOUND
    status = 404
    sentence = _("There is no such webhook, or nothing of this id was ever on its way to it.")


class InvalidKinds(DomainError):
    code = ErrorCode.INVALID_WEBHOOK
    status = 422
    sentence = _("Say what the webhook wants to be told: at least one of the kinds that can be subscribed to.")


class KindNotAllowed(DomainError):
    code = ErrorCode.NOT_ALLOWED
    status = 403
    sentence = _("To be told of this, the key needs another scope.")


class TooManyWebhooks(DomainError):
    code = ErrorCode.TOO_MANY_WEBHOOKS
    status = 409
    sentence = _("This client has as many webhooks as it may have. Delete one that is no longer needed.")


@transaction.atomic
def subscribe(*, client: ApiClient, url: str, kinds: Collection[NoticeKind], now: datetime) -> Webhook:
    """A new webhook of this client, with the secret that is to be shown once. Raises AddressRefused, InvalidKinds,
    KindNotAllowed, TooManyWebhooks."""
    outgoing.address(url, loopback=settings.WEBHOOKS_TO_LOOPBACK)
    if not kinds or not set(kinds) <= set(WHO_MAY):
        raise InvalidKinds
    if not all(client.may(*WHO_MAY[kind]) for kind in kinds):
        raise KindNotAllowed
    locking.lock_client(client)
    if of(client).count() >= MOST:
        raise TooManyWebhooks
    secret = "whsec_" + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()
    return Webhook.objects.create(client=client, url=url, kinds=sorted(set(kinds)), secret=secret, created_at=now)


@transaction.atomic
def unsubscribe(*, client: ApiClient, webhook_id: UUID) -> None:
    """The webhook is told nothing more, and what was on its way is forgotten. Raises WebhookNotFound."""
    # Whoever just stores a delivery for it comes first, or that delivery would refuse to go with it.
    webhook = locking.lock_webhook(client, webhook_id, to_delete=True)
    if webhook is None:
        raise WebhookNotFound
    webhook.delete()


def of(client: ApiClient) -> QuerySet[Webhook]:
    """The client's webhooks, oldest first."""
    return Webhook.objects.filter(client=client).order_by("created_at", "id")


def get(*, client: ApiClient, webhook_id: UUID) -> Webhook:
    """This webhook of this client. Raises WebhookNotFound."""
    webhook = of(client).filter(pk=webhook_id).first()
    if webhook is None:
        raise WebhookNotFound
    return webhook


def deliveries(*, client: ApiClient, webhook_id: UUID, state: DeliveryState | None = None) -> QuerySet[Delivery]:
    """What was or is on its way to this webhook. Raises WebhookNotFound."""
    found = get(client=client, webhook_id=webhook_id).deliveries.select_related("notice")
    return found if state is None else found.filter(IN_STATE[state])


def announce(*, kind: NoticeKind, subject: UUID | int | str, payload: Mapping[str, Any], now: datetime) -> None:
    """Tell every webhook that wants to know. Belongs in the transaction of what happened: both are stored, or neither.

    The payload names things and holds no words of people: the receiver reads those with its key, if it may.
    """
    notice = Notice.objects.create(kind=kind, subject=str(subject), payload=dict(payload), created_at=now)
    _address(notice, locking.keep_subscribed(kind, WHO_MAY[kind]), now)


@transaction.atomic
def ping(*, client: ApiClient, webhook_id: UUID, now: datetime) -> Delivery:
    """Send a test. One that is still waiting is sent now, instead of another. Raises WebhookNotFound."""
    webhook = _wake(client, webhook_id)
    tests = webhook.deliveries.filter(notice__kind=NoticeKind.PING).select_related("notice")
    waiting = tests.filter(next_attempt_at__isnull=False).first()
    if waiting is not None:
        return _again(waiting, now)
    notice = Notice.objects.create(
        kind=NoticeKind.PING, subject=str(webhook.pk), payload={"webhook_id": str(webhook.pk)}, created_at=now
    )
    (delivery,) = _address(notice, [webhook.pk], now)
    return delivery


@transaction.atomic
def replay(*, client: ApiClient, webhook_id: UUID, delivery_id: UUID, now: datetime) -> Delivery:
    """Send this once more, with all its attempts, whatever became of it before. Raises WebhookNotFound."""
    deliveries = _wake(client, webhook_id).deliveries.select_related("notice")
    delivery = deliveries.filter(pk=delivery_id).first()
    if delivery is None:
        raise WebhookNotFound
    return _again(delivery, now)


@transaction.atomic
def replay_since(*, client: ApiClient, webhook_id: UUID, since: datetime, now: datetime) -> int:
    """Send everything since this moment once more, also what happened before the webhook was there. Returns how many;
    what is older than KEPT is out of reach. Raises WebhookNotFound."""
    webhook = _wake(client, webhook_id)
    wanted = Notice.objects.filter(kind__in=webhook.kinds, created_at__gte=max(since, now - KEPT))
    again = Delivery.objects.filter(webhook=webhook, notice__in=wanted).update(**_anew(now))
    never = wanted.exclude(deliveries__webhook=webhook).values_list("pk", flat=True)
    new = Delivery.objects.bulk_create(
        (Delivery(webhook=webhook, notice_id=pk, next_attempt_at=now, created_at=now) for pk in never), batch_size=1000
    )
    nudges.soon("accounts.deliver_webhooks")
    return again + len(new)


def forget(*, now: datetime) -> int:
    """Forget notices nobody can replay any more, with their deliveries, delivered or not. Returns how many rows."""
    return Notice.objects.filter(created_at__lt=now - FORGOTTEN).delete()[0]


def _address(notice: Notice, webhook_ids: Collection[UUID], now: datetime) -> list[Delivery]:
    if not webhook_ids:
        return []
    nudges.soon("accounts.deliver_webhooks")
    return Delivery.objects.bulk_create(
        Delivery(webhook_id=pk, notice=notice, next_attempt_at=now, created_at=now) for pk in webhook_ids
    )


def _wake(client: ApiClient, webhook_id: UUID) -> Webhook:
    """The webhook, locked. Its client wants something sent, so it is there again, if ever it was not."""
    webhook = locking.lock_webhook(client, webhook_id)
    if webhook is None:
        raise WebhookNotFound
    if not webhook.enabled:
        webhook.enabled = True
        webhook.save(update_fields=["enabled"])
    return webhook


def _anew(now: datetime) -> dict[str, Any]:
    return {"attempts": 0, "next_attempt_at": now, "delivered_at": None}


def _again(delivery: Delivery, now: datetime) -> Delivery:
    for name, value in _anew(now).items():
        setattr(delivery, name, value)
    delivery.save(update_fields=list(_anew(now)))
    nudges.soon("accounts.deliver_webhooks")
    return delivery
