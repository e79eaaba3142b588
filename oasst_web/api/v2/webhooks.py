"""Webhooks of a program: where it is told what happens, what was told it, and again."""

from __future__ import annotations

from typing import Any

from rest_framework.response import Response
from rest_framework.serializers import UUIDField

from accounts import webhooks
from accounts.models import DeliveryState, NoticeKind
from accounts.outgoing import AddressRefused
from accounts.webhooks import InvalidKinds, KindNotAllowed, TooManyWebhooks, WebhookNotFound
from oasst_web.api.routes import ANY_KEY, Call, Routes
from oasst_web.api.v2 import paging, shown
from oasst_web.api.v2 import webhook_schemas as schemas
from oasst_web.api.v2.paging import InvalidCursor

WEBHOOK = {"webhook_id": UUIDField()}
DELIVERY = {**WEBHOOK, "delivery_id": UUIDField()}

routes = Routes()


@routes.add("GET", "webhooks", ANY_KEY, answer=schemas.WebhookList)
def list_webhooks(call: Call) -> Any:
    """The webhooks of this key."""
    return {"items": [shown.webhook(webhook) for webhook in webhooks.of(call.key)]}


@routes.add(
    "POST",
    "webhooks",
    ANY_KEY,
    body=schemas.WebhookOrder,
    answer=schemas.WebhookNew,
    status=201,
    raises=(AddressRefused, InvalidKinds, KindNotAllowed, TooManyWebhooks),
    example={"url": "https://example.org/hooks/trees", "kinds": ["tree.finished"]},
)
def subscribe_webhook(call: Call) -> Response:
    """Be told of what happens at this address. Messages are signed as Standard Webhooks has it, with a secret that is
    shown in this answer and never again. They come at least once, in no certain order, and name things by their ids.
    `report.filed` is for keys that moderate."""
    kinds = [NoticeKind(kind) for kind in call.body["kinds"]]
    webhook = webhooks.subscribe(client=call.key, url=call.body["url"], kinds=kinds, now=call.now)
    about = {**shown.webhook(webhook), "secret": webhook.secret}
    return Response(about, status=201, headers={"Location": f"/api/v2/webhooks/{webhook.pk}"})


@routes.add(
    "GET", "webhooks/{webhook_id}", ANY_KEY, params=WEBHOOK, answer=schemas.WebhookAbout, raises=(WebhookNotFound,)
)
def show_webhook(call: Call) -> Any:
    """One webhook of this key."""
    return shown.webhook(webhooks.get(client=call.key, webhook_id=call.path["webhook_id"]))


@routes.add("DELETE", "webhooks/{webhook_id}", ANY_KEY, params=WEBHOOK, status=204, raises=(WebhookNotFound,))
def delete_webhook(call: Call) -> None:
    """Be told nothing more there. What was on its way is forgotten."""
    webhooks.unsubscribe(client=call.key, webhook_id=call.path["webhook_id"])


@routes.add(
    "GET",
    "webhooks/{webhook_id}/deliveries",
    ANY_KEY,
    params=WEBHOOK,
    query=schemas.DeliveriesQuery,
    answer=schemas.DeliveryPage,
    raises=(WebhookNotFound, InvalidCursor),
)
def list_deliveries(call: Call) -> Any:
    """What was or is on its way to this webhook, newest first."""
    state = call.query.get("state")
    rows = webhooks.deliveries(
        client=call.key, webhook_id=call.path["webhook_id"], state=DeliveryState(state) if state else None
    )
    found = paging.page(rows, call)
    return paging.shown(found, [shown.delivery(row) for row in found.rows], call)


@routes.add(
    "POST",
    "webhooks/{webhook_id}/deliveries/{delivery_id}/replay",
    ANY_KEY,
    params=DELIVERY,
    answer=schemas.DeliveryAbout,
    status=202,
    raises=(WebhookNotFound,),
)
def replay_delivery(call: Call) -> Any:
    """Send this once more, whatever became of it before. Its id stays."""
    return shown.delivery(
        webhooks.replay(
            client=call.key,
            webhook_id=call.path["webhook_id"],
            delivery_id=call.path["delivery_id"],
            now=call.now,
        )
    )


@routes.add(
    "POST",
    "webhooks/{webhook_id}/replay",
    ANY_KEY,
    params=WEBHOOK,
    body=schemas.ReplayOrder,
    answer=schemas.ReplayStarted,
    status=202,
    raises=(WebhookNotFound,),
    example={"since": "2026-01-05T12:00:00Z"},
)
def replay_webhook(call: Call) -> Any:
    """Send everything that happened since a moment once more, also what happened before the webhook was there."""
    count = webhooks.replay_since(
        client=call.key, webhook_id=call.path["webhook_id"], since=call.body["since"], now=call.now
    )
    return {"count": count}


@routes.add(
    "POST",
    "webhooks/{webhook_id}/test",
    ANY_KEY,
    params=WEBHOOK,
    answer=schemas.DeliveryAbout,
    status=202,
    raises=(WebhookNotFound,),
)
def ping_webhook(call: Call) -> Any:
    """Send a message of the kind `ping`, to see whether it arrives."""
    return shown.delivery(webhooks.ping(client=call.key, webhook_id=call.path["webhook_id"], now=call.now))
