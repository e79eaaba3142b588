"""The shapes of version 2 that are about webhooks."""

from __future__ import annotations

from rest_framework.serializers import (
    BooleanField,
    CharField,
    ChoiceField,
    DateTimeField,
    DictField,
    IntegerField,
    JSONField,
    ListField,
    UUIDField,
)

from accounts.models import DeliveryState, NoticeKind
from accounts.webhooks import WHO_MAY
from oasst_web.api.v2.paging import Paging
from oasst_web.api.v2.schemas import Shape

SUBSCRIBABLE = [kind.value for kind in WHO_MAY]


class WebhookOrder(Shape):
    """What a program wants to be told, and where."""

    url = CharField(max_length=2048, help_text="Begins with https:// and is on the public internet.")
    kinds = ListField(child=ChoiceField(SUBSCRIBABLE), min_length=1, max_length=len(SUBSCRIBABLE))


class WebhookAbout(Shape):
    """An address that is told what happens."""

    id = UUIDField()
    url = CharField()
    kinds = ListField(child=ChoiceField(SUBSCRIBABLE))
    enabled = BooleanField(
        help_text="False: it answered 410, or took nothing for a week. Its deliveries wait until one is asked for."
    )
    failing_since = DateTimeField(allow_null=True, help_text="Null if it took the last message.")
    created_at = DateTimeField()


class WebhookNew(WebhookAbout):
    """A new webhook, with what is shown this once."""

    secret = CharField(help_text="Signs every message: whsec_ and 32 bytes in base64.")


class WebhookList(Shape):
    items = WebhookAbout(many=True, help_text="Oldest first.")


class DeliveryAbout(Shape):
    """A message on its way to a webhook."""

    id = UUIDField(help_text="The header webhook-id, the same at every attempt.")
    kind = ChoiceField(NoticeKind.values)
    payload = DictField(child=JSONField(), help_text="`data` of the message.")
    happened_at = DateTimeField()
    created_at = DateTimeField()
    state = ChoiceField(DeliveryState.values, help_text="failed: given up; it can be replayed.")
    attempts = IntegerField(help_text="Since it was created or replayed.")
    next_attempt_at = DateTimeField(allow_null=True)
    delivered_at = DateTimeField(allow_null=True)
    last_status = IntegerField(allow_null=True, help_text="HTTP status of the last answer; null if there was none.")
    last_problem = CharField(allow_null=True)


class DeliveriesQuery(Paging):
    state = ChoiceField(DeliveryState.values, required=False, help_text="Only those that are in this state.")


class DeliveryPage(Shape):
    items = DeliveryAbout(many=True, help_text="Newest first.")
    next = CharField(allow_null=True, help_text="Cursor of the next page.")


class ReplayOrder(Shape):
    """From when on everything is sent once more."""

    since = DateTimeField(help_text="What happened more than 30 days ago is out of reach.")


class ReplayStarted(Shape):
    count = IntegerField(help_text="Messages that are sent.")
