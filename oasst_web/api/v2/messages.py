"""Messages: one's own, one by its id, reactions, reports."""

from __future__ import annotations

from typing import Any

from rest_framework.response import Response
from rest_framework.serializers import ChoiceField, UUIDField

from moderation import reports
from oasst_web.api.routes import Call, Routes
from oasst_web.api.v2 import paging, schemas, shown
from oasst_web.api.v2.paging import InvalidCursor, Paging
from oasst_web.api.v2.protocol import person_of
from tasks.kinds import EMOJIS
from tasks.models import Message
from tasks.reactions import Op
from tasks.refusals import MessageNotFound

MESSAGE = {"message_id": UUIDField()}
REACTION = {**MESSAGE, "emoji": ChoiceField(list(EMOJIS))}

routes = Routes()


@routes.add(
    "GET", "messages", people="signed_in", query=Paging, answer=schemas.TreeMessagePage, raises=(InvalidCursor,)
)
def list_my_messages(call: Call) -> Any:
    """The messages this person wrote, newest first."""
    person = person_of(call)
    found = paging.page(Message.objects.filter(author=person).select_related("tree"), call)
    return paging.shown(found, shown.messages(found.rows, person=person), call)


@routes.add(
    "GET",
    "messages/{message_id}",
    people="taking_part",
    params=MESSAGE,
    answer=schemas.TreeMessage,
    raises=(MessageNotFound,),
)
def show_message(call: Call) -> Any:
    """A message this person may see."""
    person = person_of(call)
    (about,) = shown.messages([_visible(call)], person=person)
    return about


@routes.add(
    "PUT",
    "messages/{message_id}/reactions/{emoji}",
    people="taking_part",
    params=REACTION,
    answer=schemas.Reactions,
    raises=(MessageNotFound,),
)
def add_reaction(call: Call) -> Any:
    """React to a message. A thumb up takes a thumb down away; thumbs on one's own message are ignored."""
    return _react(call, Op.ADD)


@routes.add(
    "DELETE",
    "messages/{message_id}/reactions/{emoji}",
    people="taking_part",
    params=REACTION,
    answer=schemas.Reactions,
    raises=(MessageNotFound,),
)
def remove_reaction(call: Call) -> Any:
    """Take a reaction back."""
    return _react(call, Op.REMOVE)


def _react(call: Call, op: Op) -> Any:
    person, message_id = person_of(call), call.path["message_id"]
    reports.react(message_id=message_id, person=person, emoji=call.path["emoji"], op=op, now=call.now)
    return shown.reactions([message_id], person=person)[message_id]


@routes.add(
    "POST",
    "messages/{message_id}/reports",
    people="taking_part",
    params=MESSAGE,
    body=schemas.Complaint,
    answer=schemas.ComplaintFiled,
    status=201,
    once=True,
    raises=(MessageNotFound,),
    example={"labels": ["spam"], "text": "It praises a shop."},
)
def report_message(call: Call) -> Any:
    """Tell the moderators what is wrong with a message. It is red-flagged, too."""
    filed = reports.report(
        message_id=call.path["message_id"],
        person=person_of(call),
        labels=call.body["labels"],
        text=call.body["text"],
        now=call.now,
    )
    about = {"id": filed.pk, "message_id": filed.message_id, "created_at": filed.created_at}
    return Response(about, status=201, headers={"Location": f"/api/v2/messages/{filed.message_id}"})


def _visible(call: Call) -> Message:
    rows = Message.objects.visible_to(person_of(call)).select_related("tree")
    found: Message | None = rows.filter(pk=call.path["message_id"]).first()
    if found is None:
        raise MessageNotFound
    return found
