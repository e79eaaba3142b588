"""Work: what there is, claim it, see it, answer it, decline it, give it back."""

from __future__ import annotations

from random import SystemRandom
from typing import Any

from rest_framework.response import Response
from rest_framework.serializers import UUIDField

from oasst_web.api.routes import Call, Routes
from oasst_web.api.v2 import schemas, shown
from oasst_web.api.v2.protocol import person_of
from tasks import assignment, interactions, rulebook, work
from tasks.drafts import (
    Draft,
    InvalidLabel,
    InvalidRanking,
    LabelMissing,
    RankingDraft,
    ReplyDraft,
    ReviewDraft,
    TextEmpty,
    TextTooLong,
)
from tasks.kinds import KINDS, Deed, Kind, SkipReason
from tasks.locking import TaskNotFound
from tasks.models import Task
from tasks.refusals import (
    AlreadyFinished,
    AlreadyRanked,
    AlreadyReviewed,
    AlreadySkipped,
    AnswerConflict,
    DuplicateMessage,
    DuplicateReply,
    NothingAvailable,
    NotYours,
    TaskGone,
    TooManyPending,
    TooManyRequests,
    TreeEnded,
    WrongKindOfAnswer,
)

RNG = SystemRandom()
TASK = {"task_id": UUIDField()}

routes = Routes()


@routes.add(
    "POST",
    "tasks",
    people="taking_part",
    body=schemas.ClaimOrder,
    answer=schemas.Assignment,
    status=201,
    once=True,
    raises=(NothingAvailable, TooManyPending, TooManyRequests),
    example={"kind": "assistant_reply", "lang": "en"},
)
def claim_task(call: Call) -> Response:
    """Take a task, of the kind asked for or of any. It is this person's until it expires."""
    person, rules, kind = person_of(call), rulebook.in_force(), call.body["kind"]
    task = assignment.claim(
        person=person,
        lang=call.body["lang"] or person.lang,
        kind=Kind(kind) if kind else None,
        now=call.now,
        rules=rules,
        rng=RNG,
    )
    seen = work.show(task, person=person)
    about = shown.assignment(seen, person=person, size_limit=rules.message_size_limit)
    return Response(about, status=201, headers={"Location": f"/api/v2/tasks/{task.pk}"})


@routes.add("GET", "tasks", people="taking_part", answer=schemas.HeldTaskList)
def list_held_tasks(call: Call) -> Any:
    """The tasks this person holds, those first that expire first."""
    person = person_of(call)
    held = Task.objects.held_by(person).order_by("expires_at")
    return {"items": [shown.held_task(task, person=person) for task in held]}


@routes.add("GET", "tasks/available", people="taking_part", query=schemas.WorkQuery, answer=schemas.AvailableWork)
def list_available_work(call: Call) -> Any:
    """How many tasks of each kind this person could claim now. Asking changes nothing."""
    person = person_of(call)
    lang = call.query.get("lang") or person.lang
    there = assignment.available(person=person, lang=lang, rules=rulebook.in_force())
    return {"lang": lang, "items": [shown.work_of_kind(kind, count) for kind, count in there.items()]}


@routes.add(
    "GET",
    "tasks/{task_id}",
    people="taking_part",
    params=TASK,
    answer=schemas.Assignment,
    raises=(TaskNotFound, NotYours),
)
def show_task(call: Call) -> Any:
    """A task this person holds, missed or answered, with all one needs to do it."""
    person = person_of(call)
    task = assignment.held_task(task_id=call.path["task_id"], by=person)
    limit = rulebook.in_force().message_size_limit
    return shown.assignment(work.show(task, person=person), person=person, size_limit=limit)


@routes.add(
    "POST",
    "tasks/{task_id}/answer",
    people="taking_part",
    params=TASK,
    body={"text": schemas.TextAnswer, "labels": schemas.LabelsAnswer, "order": schemas.OrderAnswer},
    answer=schemas.AnswerReceipt,
    once=True,
    raises=(
        TaskNotFound,
        NotYours,
        TaskGone,
        TreeEnded,
        AnswerConflict,
        WrongKindOfAnswer,
        TextEmpty,
        TextTooLong,
        DuplicateMessage,
        DuplicateReply,
        InvalidLabel,
        LabelMissing,
        AlreadyReviewed,
        InvalidRanking,
        AlreadyRanked,
    ),
    example={"text": "Because the air scatters blue light more than red."},
)
def answer_task(call: Call) -> Any:
    """Answer a task: with `text` what is to be written, with `labels` a review, with `order` a ranking.

    The task itself is the idempotency key: the same answer again changes nothing and is answered alike, another one is
    refused. An answer past the deadline is taken as long as the work is wanted.
    """
    person, rules = person_of(call), rulebook.in_force()
    task = assignment.held_task(task_id=call.path["task_id"], by=person)
    draft = _draft(call, task, rules.message_size_limit)
    receipt = interactions.submit(task_id=task.pk, by=person, draft=draft, now=call.now, rules=rules, rng=RNG)
    wrote = KINDS[receipt.kind].deed is Deed.WRITE
    return {
        "task_id": receipt.task_id,
        "kind": receipt.kind,
        "answer_id": receipt.answer_id,
        "message_id": receipt.answer_id if wrote else None,
        "tree_id": receipt.tree_id,
        "repeated": receipt.repeated,
    }


def _draft(call: Call, task: Task, size_limit: int) -> Draft:
    """What was said, as a draft for this task. Raises WrongKindOfAnswer and what drafts raise."""
    kind, said = Kind(task.kind), call.body
    match KINDS[kind].deed:
        case Deed.WRITE if "text" in said:
            return ReplyDraft.of(said["text"], limit=size_limit)
        case Deed.REVIEW if "labels" in said:
            return ReviewDraft.of(kind, said["labels"])
        case Deed.RANK if "order" in said:
            replies = work.replies_to_rank(task, person=person_of(call))
            return RankingDraft.of(
                said["order"], shown=[reply.pk for reply in replies], not_rankable=said["not_rankable"]
            )
    raise WrongKindOfAnswer


@routes.add(
    "POST",
    "tasks/{task_id}/skip",
    people="taking_part",
    params=TASK,
    body=schemas.SkipOrder,
    status=204,
    raises=(TaskNotFound, NotYours, AlreadyFinished),
    example={"reason": "not_my_subject"},
)
def skip_task(call: Call) -> None:
    """Decline a task for good: this person is never offered it again. Declining twice changes nothing."""
    reason = call.body["reason"]
    try:
        assignment.skip(
            task_id=call.path["task_id"],
            by=person_of(call),
            reason=SkipReason(reason) if reason else None,
            text=call.body["text"],
            now=call.now,
            rules=rulebook.in_force(),
            rng=RNG,
        )
    except AlreadySkipped:
        pass  # The first answer was lost on the way.


@routes.add(
    "POST",
    "tasks/{task_id}/release",
    people="taking_part",
    params=TASK,
    status=204,
    raises=(TaskNotFound, AlreadyFinished),
)
def release_task(call: Call) -> None:
    """Give a task back for others to do; it may be offered again. What one no longer holds is left as it is."""
    assignment.release(
        task_id=call.path["task_id"], by=person_of(call), now=call.now, rules=rulebook.in_force(), rng=RNG
    )
