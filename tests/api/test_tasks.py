"""Version 1, tasks: request, acknowledge, answer, decline."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import Scope
from tasks.models import Message, Ranking, Review, Skip
from tasks.tree_states import State
from tests.api.calling import Program, somebody
from tests.making import drifts, make_tree, replies_to, root_of

pytestmark = pytest.mark.django_db


def given(program: Program, kind: str, person: dict[str, Any] | None = None) -> tuple[dict[str, Any], dict[str, Any]]:
    """A task of this kind in this person's hands, and the person."""
    person = person or somebody()
    response = program.post("tasks/", {"type": kind, "user": person, "lang": "en"})
    assert response.status_code == 200, response.json()
    return response.json(), person


def acknowledged(program: Program, kind: str, name: str = "post-1") -> tuple[dict[str, Any], dict[str, Any]]:
    task, person = given(program, kind)
    assert program.post(f"tasks/{task['id']}/ack", {"message_id": name}).status_code == 204
    return task, person


def reply(person: dict[str, Any], name: str = "post-1", text: str = "Because of the air.") -> dict[str, Any]:
    return {
        "type": "text_reply_to_message",
        "user": person,
        "message_id": name,
        "user_message_id": f"answer-to-{name}",
        "text": text,
    }


def test_a_reply_goes_through_three_calls() -> None:
    make_tree()
    program = Program()
    task, person = acknowledged(program, "assistant_reply")
    response = program.post("tasks/interaction", reply(person))
    assert (response.status_code, response.json()["type"]) == (200, "task_done")
    stored = Message.objects.get(frontend_message_id="answer-to-post-1")
    assert (stored.text, stored.api_client, stored.author.username) == (
        "Because of the air.",
        program.client,
        person["id"],
    )
    assert str(stored.parent_id) == task["conversation"]["messages"][-1]["id"]
    assert drifts() == []


def test_the_same_answer_twice_is_stored_once_and_another_is_refused() -> None:
    make_tree()
    program = Program()
    _task, person = acknowledged(program, "assistant_reply")
    for _ in range(2):
        assert program.post("tasks/interaction", reply(person)).status_code == 200
    response = program.post("tasks/interaction", reply(person, text="Something else."))
    assert (response.status_code, response.json()["error_code"]) == (400, 2105)
    assert Message.objects.filter(api_client=program.client).count() == 1


def test_a_ranking_names_places_in_the_list_that_was_shown() -> None:
    make_tree(state=State.RANKING, replies=3)
    program = Program()
    task, person = acknowledged(program, "rank_assistant_replies")
    body = {"type": "message_ranking", "user": person, "message_id": "post-1", "ranking": [2, 0, 1]}
    assert program.post("tasks/interaction", body).status_code == 200
    shown = [message["id"] for message in task["reply_messages"]]
    assert Ranking.objects.get().order == [[shown[2]], [shown[0]], [shown[1]]]


@pytest.mark.parametrize("places", [[0], [0, 0, 1], [1, 2, 3]])
def test_a_ranking_of_other_places_is_refused(places: list[int]) -> None:
    make_tree(state=State.RANKING, replies=3)
    program = Program()
    _task, person = acknowledged(program, "rank_assistant_replies")
    body = {"type": "message_ranking", "user": person, "message_id": "post-1", "ranking": places}
    response = program.post("tasks/interaction", body)
    assert (response.status_code, response.json()["error_code"]) == (400, 2003)


@pytest.mark.parametrize("path", ["tasks/interaction", "text_labels/"])
def test_labels_with_a_task_are_its_review_whichever_way_they_come(path: str) -> None:
    tree = make_tree(replies=1, verdict=None)
    program = Program()
    task, person = given(program, "label_assistant_reply")
    labels = dict.fromkeys(task["valid_labels"], 0.0)
    body = {
        "type": "text_labels",
        "user": person,
        "text": task["reply"],
        "labels": labels,
        "message_id": task["message_id"],
        "task_id": task["id"],
    }
    assert program.post(path, body).status_code in (200, 204)
    (message,) = replies_to(root_of(tree))
    assert Review.objects.get(reviewer__username=person["id"]).message == message
    assert message.review_count == 1


def test_three_reviews_decide_also_through_the_labels_route() -> None:
    make_tree(replies=1, verdict=None)
    program = Program()
    for _ in range(3):
        task, person = given(program, "label_assistant_reply")
        about = {"message_id": task["message_id"], "task_id": task["id"], "labels": {"spam": 0}}
        assert program.post("text_labels/", {"user": person, "text": "", **about}).status_code == 204
    assert Message.objects.get(pk=task["message_id"]).review_result is True


def test_a_decline_keeps_the_reason_and_the_task_is_offered_no_more() -> None:
    make_tree(width=1)
    program = Program()
    task, person = given(program, "assistant_reply")
    path = f"tasks/{task['id']}/nack"
    assert program.post(path, {"reason": "x" * 600}).json()["error_code"] == 4000
    assert program.post(path, {"reason": "x" * 600}, acting=person).status_code == 204
    assert Skip.objects.get().text == "x" * 600
    response = program.post("tasks/", {"type": "assistant_reply", "user": person})
    assert (response.status_code, response.json()["error_code"]) == (503, 1006)


def test_nobody_answers_what_another_client_was_given() -> None:
    make_tree()
    mine, other = Program(), Program()
    task, person = acknowledged(mine, "assistant_reply")
    assert other.post("tasks/interaction", reply(person)).json()["error_code"] == 2100
    response = other.post(f"tasks/{task['id']}/ack", {"message_id": "mine-now"})
    assert (response.status_code, response.json()["error_code"]) == (400, 2106)
    assert not Message.objects.filter(api_client__isnull=False).exists()


def test_a_name_stands_for_one_task_of_a_client() -> None:
    make_tree(width=3)
    program = Program()
    task, _person = acknowledged(program, "assistant_reply")
    second, _other = given(program, "assistant_reply")
    again = program.post(f"tasks/{task['id']}/ack", {"message_id": "post-1"})
    assert again.status_code == 204
    for path, name in ((task["id"], "post-2"), (second["id"], "post-1")):
        response = program.post(f"tasks/{path}/ack", {"message_id": name})
        assert (response.status_code, response.json()["error_code"]) == (400, 2103)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"type": "random"}, 400, 4000),
        ({"type": "random", "collective": True}, 400, 1005),
        ({"type": "rate_summary"}, 503, 1006),
        ({"type": "assistant_reply"}, 503, 1006),
    ],
)
def test_a_request_that_cannot_be_served_is_refused_by_number(body: dict[str, Any], status: int, code: int) -> None:
    if "collective" in body or body["type"] != "random":
        body = {**body, "user": somebody()}
    response = Program().post("tasks/", body)
    assert (response.status_code, response.json()["error_code"]) == (status, code)


def test_a_request_of_another_shape_says_where_it_is_wrong() -> None:
    response = Program().post("tasks/", {"type": "sing", "user": {"id": "1"}})
    assert response.status_code == 422
    places = {tuple(problem["loc"]) for problem in response.json()["detail"]}
    assert places == {("body", "type"), ("body", "user", "display_name"), ("body", "user", "auth_method")}


def test_collective_tasks_are_closed_with_a_refusal_and_no_crash() -> None:
    make_tree()
    program = Program()
    acknowledged(program, "assistant_reply")
    response = program.post("tasks/close", {"message_id": "post-1"})
    assert (response.status_code, response.json()["error_code"]) == (400, 2106)
    response = program.post("tasks/close", {"message_id": "unknown"})
    assert (response.status_code, response.json()["error_code"]) == (404, 2100)


def test_what_is_available_is_counted_and_nothing_changes() -> None:
    make_tree(width=2)
    response = Program().post("tasks/availability", somebody())
    assert response.json()["assistant_reply"] == 2
    assert response.json()["initial_prompt"] == 0


def test_a_key_is_needed_and_must_have_the_scope() -> None:
    program = Program(Scope.EXPORTER)
    response = program.post("tasks/", {"user": somebody()})
    assert (response.status_code, response.json()["error_code"]) == (403, 2)
    program.key = "wrong"
    assert program.post("tasks/", {"user": somebody()}).status_code == 403


def test_people_of_a_client_that_does_not_show_the_terms_must_accept_them() -> None:
    make_tree()
    response = Program(terms_accepted_there=False).post("tasks/", {"type": "assistant_reply", "user": somebody()})
    assert (response.status_code, response.json()["error_code"]) == (451, 4003)
