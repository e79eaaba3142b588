"""Tasks for a client's people: hand one out, take its name, take the answer, give it up."""

from __future__ import annotations

from random import SystemRandom
from typing import Any
from uuid import UUID, uuid4

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import PolymorphicProxySerializer
from rest_framework.serializers import UUIDField

from accounts.models import User
from common.errors import DomainError, ErrorCode
from moderation import reports
from oasst_web import limits
from oasst_web.api.routes import PROXY, Call, Routes
from oasst_web.api.v1 import schemas, shown
from oasst_web.api.v1.protocol import PersonNotNamed, person_named, person_of
from oasst_web.api.v1.schemas import TaskDone, TaskRequest
from tasks import acknowledgements, assignment, interactions, rulebook, work
from tasks.drafts import Draft, InvalidRanking, RankingDraft, ReplyDraft, ReviewDraft
from tasks.kinds import KINDS, MANDATORY_LABELS, REPORT_LABELS, Deed, Kind, Mode, SkipReason
from tasks.models import Message
from tasks.refusals import MessageNotFound, NothingAvailable, WrongKindOfAnswer
from tasks.work import Work

RNG = SystemRandom()

routes = Routes()

MAY_NOT = (ErrorCode.USER_NOT_SPECIFIED, ErrorCode.USER_DISABLED, ErrorCode.USER_HAS_NOT_ACCEPTED_TOS)
ANSWERED = (
    *MAY_NOT,
    ErrorCode.TASK_INVALID_RESPONSE_TYPE,
    ErrorCode.TASK_INTERACTION_REQUEST_FAILED,
    ErrorCode.TASK_MESSAGE_TOO_LONG,
    ErrorCode.TASK_MESSAGE_DUPLICATED,
    ErrorCode.TASK_MESSAGE_TEXT_EMPTY,
    ErrorCode.TASK_MESSAGE_DUPLICATE_REPLY,
    ErrorCode.INVALID_FRONTEND_MESSAGE_ID,
    ErrorCode.MESSAGE_NOT_FOUND,
    ErrorCode.INVALID_RANKING_VALUE,
    ErrorCode.TREE_IN_ABORTED_STATE,
    ErrorCode.CORRUPT_RANKING_RESULT,
    ErrorCode.TEXT_LABELS_WRONG_MESSAGE_ID,
    ErrorCode.TEXT_LABELS_INVALID_LABEL,
    ErrorCode.TEXT_LABELS_MANDATORY_LABEL_MISSING,
    ErrorCode.TEXT_LABELS_NO_SELF_LABELING,
    ErrorCode.TASK_NOT_FOUND,
    ErrorCode.TASK_EXPIRED,
    ErrorCode.TASK_PAYLOAD_TYPE_MISMATCH,
    ErrorCode.TASK_ALREADY_DONE,
    ErrorCode.TASK_NOT_ASSIGNED_TO_USER,
    ErrorCode.GENERIC_ERROR,
)
SOMEBODY = {"id": "7", "display_name": "Ada", "auth_method": "discord"}


class NotCollective(DomainError):
    code = ErrorCode.TASK_GENERATION_FAILED
    status = 400
    sentence = _("Tasks here are for one person each; `collective` tasks do not exist. Ask again without it.")


class NothingToClose(DomainError):
    code = ErrorCode.TASK_NOT_ASSIGNED_TO_USER
    status = 400
    sentence = _("Only collective tasks are closed, and tasks here are for one person each. There is nothing to do.")


class WrongMessage(DomainError):
    code = ErrorCode.TEXT_LABELS_WRONG_MESSAGE_ID
    status = 400
    sentence = _("The task is about another message.")


@routes.add(
    "POST",
    "tasks/",
    PROXY,
    body=TaskRequest,
    answer=PolymorphicProxySerializer("Task", schemas.TASKS, "type"),
    refusals=(
        *MAY_NOT,
        ErrorCode.TASK_GENERATION_FAILED,
        ErrorCode.TASK_REQUESTED_TYPE_NOT_AVAILABLE,
        ErrorCode.TASK_TOO_MANY_PENDING,
        ErrorCode.TOO_MANY_REQUESTS,
    ),
    example={"type": "random", "user": SOMEBODY, "lang": "en"},
)
def request_task(call: Call) -> Any:
    """Hand a task to one of the client's people: of the type asked for, or of any."""
    if call.body.get("user") is None:
        raise PersonNotNamed
    limits.count(call.key, call.now, what="tasks")
    if call.body["collective"]:
        raise NotCollective
    wanted = call.body["type"]
    kind = {each.value: each for each in Kind}.get(wanted)
    if kind is None and wanted != "random":
        raise NothingAvailable
    person = person_of(call)
    task = assignment.claim(
        person=person, lang=call.body.get("lang") or "en", kind=kind, now=call.now, rules=rulebook.in_force(), rng=RNG
    )
    return _shown(work.show(task, person=person), call, person)


@routes.add(
    "POST",
    "tasks/availability",
    PROXY,
    query=schemas.Language,
    body=schemas.User,
    answer=schemas.COUNTS,
    refusals=MAY_NOT,
    example=SOMEBODY,
)
def tasks_availability(call: Call) -> Any:
    """How many tasks of each type the person could get now. Asking changes nothing."""
    person = person_named(call, call.body)
    there = assignment.available(person=person, lang=call.query["lang"], rules=rulebook.in_force())
    return {kind.value: there.get(kind, 0) for kind in Kind}


@routes.add(
    "POST",
    "tasks/{task_id}/ack",
    PROXY,
    acting=True,
    params={"task_id": UUIDField()},
    body=schemas.TaskAck,
    status=204,
    refusals=(
        ErrorCode.INVALID_FRONTEND_MESSAGE_ID,
        ErrorCode.TASK_NOT_FOUND,
        ErrorCode.TASK_EXPIRED,
        ErrorCode.TASK_ALREADY_UPDATED,
        ErrorCode.TASK_NOT_ASSIGNED_TO_USER,
    ),
    statuses={ErrorCode.TASK_NOT_FOUND: 404},
    example={"message_id": "discord-message-1"},
)
def tasks_acknowledge(call: Call) -> None:
    """Give the task the client's own name: the answer will come in under it."""
    acknowledgements.acknowledge(
        task_id=call.path["task_id"],
        client=call.key,
        person=call.person,
        name=call.body["message_id"],
        now=call.now,
    )


@routes.add(
    "POST",
    "tasks/{task_id}/nack",
    PROXY,
    acting=True,
    params={"task_id": UUIDField()},
    body=schemas.TaskNAck,
    status=204,
    refusals=(
        ErrorCode.USER_NOT_SPECIFIED,
        ErrorCode.TASK_NOT_FOUND,
        ErrorCode.TASK_ALREADY_DONE,
        ErrorCode.TASK_NOT_ASSIGNED_TO_USER,
    ),
    example={"reason": "too long"},
)
def tasks_acknowledge_failure(call: Call) -> None:
    """Decline the task for good; the reason is kept whole."""
    if call.person is None:
        raise PersonNotNamed
    assignment.skip(
        task_id=call.path["task_id"],
        by=call.person,
        reason=SkipReason.OTHER,
        text=call.body.get("reason") or "",
        now=call.now,
        rules=rulebook.in_force(),
        rng=RNG,
    )


@routes.add(
    "POST",
    "tasks/interaction",
    PROXY,
    body=schemas.INTERACTIONS,
    answer=TaskDone,
    refusals=ANSWERED,
    example={
        "type": "text_reply_to_message",
        "user": SOMEBODY,
        "message_id": "discord-message-1",
        "user_message_id": "discord-message-2",
        "text": "Because the air scatters blue light more than red.",
    },
)
def tasks_interaction(call: Call) -> Any:
    """Store the answer to a task. The same answer again changes nothing and is answered alike."""
    person, kind = person_of(call), call.body.get("type")
    if kind == "text_labels":
        if call.body.get("task_id") is None and not call.body.get("is_report"):
            # The task may be left out here; an answer to a task is its review all the same.
            review_of(call, person, assignment.review_task_of(message_id=call.body["message_id"], person=person).pk)
        else:
            store_labels(call, person)
    elif kind == "message_rating":
        raise WrongKindOfAnswer
    else:
        _answer(call, person)
    return {"id": uuid4(), "type": "task_done"}


@routes.add(
    "POST",
    "tasks/close",
    PROXY,
    body=schemas.TaskClose,
    answer=TaskDone,
    refusals=(ErrorCode.TASK_NOT_FOUND, ErrorCode.INVALID_FRONTEND_MESSAGE_ID, ErrorCode.TASK_NOT_ASSIGNED_TO_USER),
    statuses={ErrorCode.TASK_NOT_FOUND: 404},
    example={"message_id": "discord-message-1"},
)
def close_collective_task(call: Call) -> Any:
    """Close a collective task. There are none here, so this is always refused."""
    acknowledgements.task_named(client=call.key, person=None, name=call.body["message_id"])
    raise NothingToClose


def _answer(call: Call, person: User) -> None:
    task_id = acknowledgements.task_named(client=call.key, person=person, name=call.body["message_id"])
    rules, origin = rulebook.in_force(), None
    draft: Draft
    if call.body["type"] == "text_reply_to_message":
        name = call.body["user_message_id"]
        acknowledgements.check_name(name)
        origin = interactions.Origin(call.key, name)
        draft = ReplyDraft.of(call.body["text"], limit=rules.message_size_limit)
    else:
        draft = _ranking(call, task_id, person)
    interactions.submit(task_id=task_id, by=person, draft=draft, now=call.now, rules=rules, rng=RNG, origin=origin)


def _ranking(call: Call, task_id: UUID, person: User) -> Draft:
    """Places in the list that the person saw, best first."""
    task = assignment.held_task(task_id=task_id, by=person)
    if KINDS[Kind(task.kind)].deed is not Deed.RANK:
        raise WrongKindOfAnswer
    replies = work.replies_to_rank(task, person=person)
    places = call.body["ranking"]
    if sorted(places) != list(range(len(replies))):
        raise InvalidRanking
    order = [[replies[place].pk] for place in places]
    return RankingDraft.of(
        order, shown=[reply.pk for reply in replies], not_rankable=bool(call.body.get("not_rankable"))
    )


def store_labels(call: Call, person: User) -> None:
    """With a task its review, without one labels given freely, or a report."""
    task_id, message_id, text = call.body.get("task_id"), call.body["message_id"], call.body["text"]
    labels = _labels(call)
    if task_id is not None:
        review_of(call, person, task_id)
    elif call.body.get("is_report"):
        named = [name for name, value in labels.items() if value >= 0.5]
        # What a report cannot name as a label stays in its words.
        others = ", ".join(name for name in named if name not in REPORT_LABELS)
        reports.report(
            message_id=message_id,
            person=person,
            labels=[name for name in named if name in REPORT_LABELS],
            text=f"{text} ({others})" if others else text,
            now=call.now,
        )
    else:
        message = Message.objects.visible_to(person).filter(pk=message_id).first()
        if message is None:
            raise MessageNotFound
        interactions.label_freely(message=message, person=person, labels=labels, text=text, now=call.now)


def review_of(call: Call, person: User, task_id: UUID) -> None:
    """The labels as the review that this task asks for."""
    kind, message_id = assignment.asked(task_id=task_id, by=person)
    if KINDS[kind].deed is not Deed.REVIEW:
        raise WrongKindOfAnswer
    if message_id != call.body["message_id"]:
        raise WrongMessage
    draft = ReviewDraft.of(kind, _labels(call))
    interactions.submit(task_id=task_id, by=person, draft=draft, now=call.now, rules=rulebook.in_force(), rng=RNG)


def _labels(call: Call) -> dict[str, float]:
    return {name: value for name, value in call.body["labels"].items() if value is not None}


def _shown(seen: Work, call: Call, person: User) -> dict[str, Any]:
    """The task as the published protocol has it."""
    task, kind = seen.task, seen.kind
    about: dict[str, Any] = {"id": task.pk, "type": kind.value}
    if kind in (Kind.INITIAL_PROMPT, Kind.PROMPTER_REPLY):
        about["hint"] = None
    if kind is Kind.INITIAL_PROMPT:
        return about
    about["conversation"] = shown.conversation(seen.conversation, client=call.client, person=person, blind=True)
    if seen.row.deed is Deed.RANK:
        replies = shown.conversation(seen.replies, client=call.client, person=person, blind=True)["messages"]
        about |= {
            "reply_messages": replies,
            "replies": [reply.text for reply in seen.replies],
            "ranking_parent_id": task.message_id,
            "message_tree_id": task.tree_id,
            "reveal_synthetic": False,
        }
    elif seen.row.deed is Deed.REVIEW:
        assert seen.message is not None
        names = [name for name, _label in seen.labels]
        about |= {
            "message_id": task.message_id,
            "valid_labels": names,
            "mandatory_labels": [name for name in MANDATORY_LABELS if name in names],
            "mode": task.mode,
            "disposition": "spam" if Mode(task.mode) is Mode.SIMPLE else "quality",
            "labels": shown.labels(names),
            "prompt" if kind is Kind.LABEL_INITIAL_PROMPT else "reply": seen.message.text,
        }
    return about
