"""Messages by the name the client gave them: what may be read of one by its id may be read by that name too."""

from __future__ import annotations

from uuid import UUID

from rest_framework.serializers import CharField

from oasst_web.api.routes import Call, Routes
from oasst_web.api.v1 import readings
from tasks.models import Message
from tasks.refusals import MessageNotFound

routes = Routes()


def found(call: Call) -> Message:
    """The client's message of this name. Our own id, by which we name what others brought, will do too."""
    name = call.path["message_id"]
    rows = Message.objects.readable_by(call.key).with_what_is_shown()
    message = rows.filter(api_client=call.key, frontend_message_id=name).first()
    if message is None and (pk := _as_id(name)) is not None:
        message = rows.filter(pk=pk).first()
    if message is None:
        raise MessageNotFound
    return message  # type: ignore[no-any-return]  # the manager is typed Any


def _as_id(name: str) -> UUID | None:
    try:
        return UUID(name)
    except ValueError:
        return None


readings.add(
    routes,
    "frontend_messages/{message_id}",
    found,
    acting=False,
    suffix="_by_frontend_id",
    params={"message_id": CharField()},
)
