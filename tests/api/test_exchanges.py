"""Recorded exchanges of Open-Assistant's server: the same requests get answers of the same shape here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tasks.kinds import Kind
from tasks.tree_states import State
from tests.api.calling import Program
from tests.making import make_tree, replies_to, root_of
from tests.pages.site import open_prompts

RECORDED = Path(__file__).resolve().parents[3] / "shared" / "data" / "protocol" / "exchanges.jsonl"

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not RECORDED.exists(), reason="the recorded exchanges are not beside the project"),
]


def exchanges() -> list[dict[str, Any]]:
    return [json.loads(line) for line in RECORDED.read_text().splitlines()] if RECORDED.exists() else []


def shape(value: Any) -> Any:
    """Keys and kinds of values; null may stand for anything."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return None if value is None else type(value).__name__


def lacking(theirs: Any, ours: Any, place: str = "") -> list[str]:
    """Where our shape lacks what theirs has."""
    if theirs is None or ours is None:
        return []
    if isinstance(theirs, dict) and isinstance(ours, dict):
        # Reactions: which there are is no question of shape.
        wanted = {} if place.endswith("emojis") else theirs
        missing = [f"{place}.{key}" for key in wanted if key not in ours]
        return missing + [
            line for key in wanted if key in ours for line in lacking(theirs[key], ours[key], f"{place}.{key}")
        ]
    if isinstance(theirs, list) and isinstance(ours, list):
        return lacking(theirs[0], ours[0], f"{place}[]") if theirs and ours else []
    return [] if theirs == ours or {theirs, ours} == {"int", "float"} else [f"{place}: {ours} instead of {theirs}"]


def work_of(kind: str) -> None:
    """A forest in which there is work of this kind."""
    if kind == Kind.INITIAL_PROMPT:
        open_prompts()
    elif kind == Kind.LABEL_INITIAL_PROMPT:
        make_tree(state=State.INITIAL_PROMPT_REVIEW)
    elif kind == Kind.RANK_ASSISTANT_REPLIES:
        make_tree(state=State.RANKING, replies=2)
    elif kind == Kind.LABEL_ASSISTANT_REPLY:
        make_tree(replies=1, verdict=None)
    elif kind == Kind.ASSISTANT_REPLY:
        make_tree()
    else:
        tree = make_tree(replies=1, verdict=True)
        if kind == Kind.LABEL_PROMPTER_REPLY:
            from tests.making import add_message, advance

            add_message(tree=tree, parent=replies_to(root_of(tree))[0], verdict=None)
            advance(tree)


TASKS = {line["response"]["type"]: line for line in reversed(exchanges()) if line["path"] == "/api/v1/tasks/"}


@pytest.mark.parametrize("kind", sorted(TASKS))
def test_a_task_has_the_recorded_shape_and_takes_the_recorded_answer(kind: str) -> None:
    work_of(kind)
    program, recorded = Program(), TASKS[kind]
    person = recorded["request"]["user"]
    response = program.post("tasks/", {**recorded["request"], "type": kind})
    assert response.status_code == 200, response.content
    task = response.json()
    assert lacking(shape(recorded["response"]), shape(task)) == []
    assert program.post(f"tasks/{task['id']}/ack", {"message_id": "post"}).status_code == 204
    request = {**answer_to(kind, recorded), "user": person}
    ours = {"message_id": "post"}
    if request["type"] == "text_labels":
        ours = {"message_id": task["message_id"], "task_id": task["id"]}
    response = program.post("tasks/interaction", {**request, **ours})
    assert response.status_code == 200, response.content
    assert lacking({"id": "str", "type": "str"}, shape(response.json())) == []


#: By the published description, where no answer was recorded.
LABELS = {"type": "text_labels", "text": "", "labels": {"spam": 0, "quality": 0.75}}


def answer_to(kind: str, recorded: dict[str, Any]) -> dict[str, Any]:
    """The interaction that followed this task, by its shape."""
    wanted = {
        Kind.RANK_ASSISTANT_REPLIES: "message_ranking",
        Kind.LABEL_INITIAL_PROMPT: "text_labels",
        Kind.LABEL_PROMPTER_REPLY: "text_labels",
        Kind.LABEL_ASSISTANT_REPLY: "text_labels",
    }.get(Kind(kind), "text_reply_to_message")
    rest = exchanges()
    for line in rest[rest.index(recorded) :]:
        if line["path"].endswith("/interaction") and line["request"]["type"] == wanted:
            return dict(line["request"])
    assert wanted == "text_labels"
    return LABELS


def test_other_calls_have_the_recorded_status_and_shape() -> None:
    program = Program()
    for line in exchanges():
        path, status = line["path"].removeprefix("/api/v1/"), line["status"]
        if path == "frontend_users/" or "00000000-0000" in path:
            response = program.call(line["method"], path, line["request"])
            assert response.status_code == status
            assert lacking(shape(line["response"]), shape(response.json())) == []


def test_what_the_recorded_server_refused_or_crashed_at_is_right_here() -> None:
    """Rankings were refused with 1004 there, and closing a task ended in a 500."""
    faults = {(line["path"].rsplit("/", 1)[1], line["status"]) for line in exchanges() if line["status"] in (400, 500)}
    assert {("interaction", 400), ("close", 500)} <= faults
    tree = make_tree(state=State.RANKING, replies=2)
    assert tree
    program = Program()
    person = {"id": "rp9", "display_name": "Rater", "auth_method": "local"}
    task = program.post("tasks/", {"type": "rank_assistant_replies", "user": person}).json()
    program.post(f"tasks/{task['id']}/ack", {"message_id": "post"})
    body = {"type": "message_ranking", "user": person, "message_id": "post", "ranking": [1, 0], "not_rankable": None}
    assert program.post("tasks/interaction", body).status_code == 200
    assert program.post("tasks/close", {"message_id": "post"}).status_code == 400
