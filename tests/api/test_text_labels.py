"""Version 1, labels: what a report or free labels leave behind, and which labels there are."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from moderation.models import QueueItem, Report
from tasks.kinds import LABELS, LABELS_OF_KIND, REPORT_LABELS, Kind
from tasks.models import FreeLabels, Message, Review
from tests.api.calling import Program, somebody
from tests.making import make_tree, replies_to, root_of

pytestmark = pytest.mark.django_db


def label(program: Program, message: Any, labels: dict[str, Any], **more: Any) -> Any:
    body = {"user": more.pop("user", None) or somebody(), "text": "", "message_id": message, "labels": labels}
    return program.post("text_labels/", {**body, **more})


def names(response: Any) -> list[str]:
    assert response.status_code == 200, response.json()
    return [row["name"] for row in response.json()["valid_labels"]]


def test_labels_without_a_task_are_kept_beside_the_reviews() -> None:
    (message,) = replies_to(root_of(make_tree(replies=1, verdict=None)))
    program, person = Program(), somebody()
    assert label(program, message.pk, {"quality": 1, "spam": None}, user=person).status_code == 204
    response = label(program, message.pk, {"quality": 0.5}, user=person)
    assert (response.status_code, response.content) == (204, b"")
    assert FreeLabels.objects.get().labels == {"quality": 0.5}
    message.refresh_from_db()
    assert (message.review_count, Review.objects.filter(message=message).count()) == (0, 0)


def test_a_report_keeps_its_words_and_flags_the_message() -> None:
    message = root_of(make_tree())
    program, person = Program(), somebody()
    for text in ("It insults me.", "It still does."):
        response = label(program, message.pk, {"toxicity": 1, "pii": 0}, user=person, text=text, is_report=True)
        assert response.status_code == 204
    assert [(report.text, report.labels) for report in Report.objects.order_by("pk")] == [
        ("It insults me.", ["toxicity"]),
        ("It still does.", ["toxicity"]),
    ]
    assert QueueItem.objects.get().message == message
    assert not FreeLabels.objects.exists()


@pytest.mark.parametrize(
    ("labels", "more", "status", "code"),
    [
        ({"pretty": 1}, {}, 400, 2051),
        ({"spam": 0}, {"message_id": uuid4()}, 404, 2001),
        ({"spam": 0}, {"message_id": uuid4(), "is_report": True}, 404, 2001),
        ({"spam": 0}, {"task_id": uuid4()}, 400, 2100),
    ],
)
def test_labels_that_cannot_be_taken_are_refused_by_number(
    labels: dict[str, Any], more: dict[str, Any], status: int, code: int
) -> None:
    response = label(Program(), make_tree().pk, labels, **more)
    assert (response.status_code, response.json()["error_code"]) == (status, code)
    assert not FreeLabels.objects.exists()


@pytest.mark.parametrize("value", [-0.1, 1.1, "much"])
def test_a_label_is_a_number_from_0_to_1(value: Any) -> None:
    response = label(Program(), make_tree().pk, {"quality": value})
    assert (response.status_code, response.json()["detail"][0]["loc"]) == (422, ["body", "labels", "quality"])


def test_a_task_takes_no_labels_of_another_message() -> None:
    tree = make_tree(replies=1, verdict=None)
    program, person = Program(), somebody()
    task = program.post("tasks/", {"type": "label_assistant_reply", "user": person}).json()
    response = label(program, tree.pk, {"spam": 0}, user=person, task_id=task["id"])
    assert (response.status_code, response.json()["error_code"]) == (400, 2050)
    response = label(program, task["message_id"], {"quality": 1}, user=person, task_id=task["id"])
    assert (response.status_code, response.json()["error_code"]) == (400, 2052)
    assert not Review.objects.filter(task=task["id"]).exists()


def test_which_labels_there_are_depends_on_the_message() -> None:
    tree = make_tree(replies=1)
    root, program = root_of(tree), Program()
    (reply,) = replies_to(root)
    path = "text_labels/valid_labels"
    assert names(program.get(path, message_id=root.pk)) == list(LABELS_OF_KIND[Kind.LABEL_INITIAL_PROMPT])
    assert names(program.get(path, message_id=reply.pk)) == list(LABELS_OF_KIND[Kind.LABEL_ASSISTANT_REPLY])
    assert names(program.get(path)) == [name for name in LABELS if name != "fails_task"]
    Message.objects.filter(pk=reply.pk).update(deleted=True)
    for unknown in (reply.pk, uuid4()):
        response = program.get(path, message_id=unknown)
        assert (response.status_code, response.json()["error_code"]) == (404, 2001)


def test_anybody_may_ask_what_a_report_can_name() -> None:
    response = Client().get("/api/v1/text_labels/report_labels")
    assert names(response) == list(REPORT_LABELS)
    assert set(response.json()["valid_labels"][0]) == {"name", "widget", "display_text", "help_text"}
