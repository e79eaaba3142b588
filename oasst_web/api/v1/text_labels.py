"""Labels: given with a task, freely, or in a report; and which there are."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from common.errors import ErrorCode
from oasst_web.api.routes import ANY_KEY, PROXY, PUBLIC, Call, Routes
from oasst_web.api.v1 import schemas, shown
from oasst_web.api.v1.protocol import person_of
from oasst_web.api.v1.tasks import MAY_NOT, SOMEBODY, store_labels
from tasks.kinds import LABELS, LABELS_OF_KIND, REPORT_LABELS, REVIEW_OF_ROLE, Kind, Role
from tasks.models import Message
from tasks.refusals import MessageNotFound

routes = Routes()


class OfWhich(serializers.Serializer[Any]):
    message_id = serializers.UUIDField(required=False, help_text="Only those that a review of this message asks for.")


@routes.add(
    "POST",
    "text_labels/",
    PROXY,
    body=schemas.TextLabels,
    status=204,
    refusals=(
        *MAY_NOT,
        ErrorCode.MESSAGE_NOT_FOUND,
        ErrorCode.TREE_IN_ABORTED_STATE,
        ErrorCode.TEXT_LABELS_WRONG_MESSAGE_ID,
        ErrorCode.TEXT_LABELS_INVALID_LABEL,
        ErrorCode.TEXT_LABELS_MANDATORY_LABEL_MISSING,
        ErrorCode.TEXT_LABELS_NO_SELF_LABELING,
        ErrorCode.TASK_NOT_FOUND,
        ErrorCode.TASK_EXPIRED,
        ErrorCode.TASK_PAYLOAD_TYPE_MISMATCH,
        ErrorCode.TASK_ALREADY_DONE,
        ErrorCode.TASK_NOT_ASSIGNED_TO_USER,
    ),
    example={
        "type": "text_labels",
        "user": SOMEBODY,
        "text": "The message that is labelled, or why it is reported.",
        "labels": {"spam": 0, "quality": 0.75},
        "message_id": "6f1f2a0e-6f5a-4b7e-9a57-0d3b6a7a2f10",
        "task_id": None,
        "is_report": False,
    },
)
def label_text(call: Call) -> None:
    """Label a message: with a task this is its review, without one the labels are kept beside the reviews, and a report
    goes to the moderators."""
    store_labels(call, person_of(call))


@routes.add(
    "GET",
    "text_labels/valid_labels",
    ANY_KEY,
    query=OfWhich,
    answer=schemas.ValidLabelsResponse,
    refusals=(ErrorCode.MESSAGE_NOT_FOUND,),
)
def get_valid_labels(call: Call) -> Any:
    """The labels of a message, in the order in which they are asked for; without a message those that fit any."""
    if "message_id" not in call.query:
        return {"valid_labels": shown.labels(name for name in LABELS if name != "fails_task")}
    message = Message.objects.readable_by(call.key).filter(pk=call.query["message_id"]).first()
    if message is None:
        raise MessageNotFound
    kind = REVIEW_OF_ROLE[Role(message.role)] if message.parent_id else Kind.LABEL_INITIAL_PROMPT
    return {"valid_labels": shown.labels(LABELS_OF_KIND[kind])}


@routes.add("GET", "text_labels/report_labels", PUBLIC, answer=schemas.ValidLabelsResponse)
def get_report_labels(call: Call) -> Any:
    """The labels that a report may name."""
    return {"valid_labels": shown.labels(REPORT_LABELS)}
