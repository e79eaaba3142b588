"""Version 1, tasks: request, acknowledge, answer, decline."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Scope
from moderation.models import Report
from oasst_web import limits
from tasks import rulebook
from tasks.models import FreeLabels, Message, Ranking, Review, Skip
from tasks.tree_states import State
from tests.api.calling import Program, somebody
from tests.making import at_once, drifts, make_tree, replies_to, root_of

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


def test_a_name_stands_for_one_task_of_a_person_as_long_as_it_is_held() -> None:
    make_tree(width=3)
    program = Program()
    task, person = acknowledged(program, "assistant_reply")
    assert program.post(f"tasks/{task['id']}/ack", {"message_id": "post-1"}).status_code == 204
    response = program.post(f"tasks/{task['id']}/ack", {"message_id": "post-2"})
    assert (response.status_code, response.json()["error_code"]) == (400, 2103)
    make_tree(state=State.RANKING, replies=2)
    second, _person = given(program, "rank_assistant_replies", person)
    response = program.post(f"tasks/{second['id']}/ack", {"message_id": "post-1"})
    assert (response.status_code, response.json()["error_code"]) == (400, 2103)
    # Some clients have few names: one is free again when its task is done.
    assert program.post("tasks/interaction", reply(person)).status_code == 200
    assert program.post(f"tasks/{second['id']}/ack", {"message_id": "post-1"}).status_code == 204
    ranking = {"type": "message_ranking", "user": person, "message_id": "post-1", "ranking": [0, 1]}
    assert program.post("tasks/interaction", ranking).status_code == 200


def test_two_people_may_have_tasks_of_one_name() -> None:
    """Some clients name a review after its message, which three people review."""
    make_tree(width=3)
    program = Program()
    for text in ("One answer.", "Another answer."):
        _task, person = acknowledged(program, "assistant_reply", "the-message")
        assert program.post("tasks/interaction", reply(person, "the-message", text)).status_code == 200
    assert sorted(Message.objects.filter(api_client=program.client).values_list("text", flat=True)) == [
        "Another answer.",
        "One answer.",
    ]


def test_a_text_is_stored_even_if_its_name_is_taken() -> None:
    make_tree(width=3)
    program = Program()
    for name in ("post-1", "post-2"):
        _task, person = acknowledged(program, "assistant_reply", name)
        body = {**reply(person, name, f"Text for {name}."), "user_message_id": "always-the-same"}
        assert program.post("tasks/interaction", body).status_code == 200
    names = Message.objects.filter(api_client=program.client).order_by("created_at")
    assert list(names.values_list("text", "frontend_message_id")) == [
        ("Text for post-1.", "always-the-same"),
        ("Text for post-2.", None),
    ]


def test_an_answer_with_labels_is_a_review_also_without_the_id_of_its_task() -> None:
    make_tree(replies=1, verdict=None)
    program = Program()
    task, person = given(program, "label_assistant_reply")
    body = {"type": "text_labels", "user": person, "text": "", "labels": {"spam": 0}, "message_id": task["message_id"]}
    assert program.post("tasks/interaction", body).status_code == 200
    assert Review.objects.filter(message=task["message_id"], reviewer__username=person["id"]).count() == 1
    response = program.post("tasks/interaction", {**body, "user": somebody()})
    assert (response.status_code, response.json()["error_code"]) == (400, 2100)


def test_a_report_keeps_every_word_whatever_labels_come_with_it() -> None:
    tree = make_tree(replies=1)
    program, about = Program(), {"message_id": str(root_of(tree).pk), "user": somebody(), "is_report": True}
    # As the website sends it: no slash, and an empty list of labels.
    assert program.post("text_labels", {**about, "text": "It is a copy.", "labels": []}).status_code == 204
    assert (
        program.post("text_labels/", {**about, "text": "Rude.", "labels": {"spam": 1, "humor": 1}}).status_code == 204
    )
    assert list(Report.objects.order_by("id").values_list("text", "labels")) == [
        ("It is a copy.", []),
        ("Rude. (humor)", ["spam"]),
    ]


def test_free_labels_keep_the_words_that_came_with_them() -> None:
    tree = make_tree(replies=1)
    body = {"message_id": str(root_of(tree).pk), "user": somebody(), "labels": {"spam": 0.2}}
    assert Program().post("text_labels/", {**body, "text": "Because."}).status_code == 204
    assert FreeLabels.objects.get().text == "Because."


@pytest.mark.parametrize("path", ["tasks", "messages", "frontend_users", "stats"])
def test_an_address_may_leave_its_last_slash_out(path: str) -> None:
    method = "POST" if path in ("tasks", "frontend_users") else "GET"
    response = Program(Scope.ADMIN).call(method, path, {} if method == "POST" else None)
    assert response.status_code != 404


def test_a_body_that_is_nested_beyond_reason_is_refused() -> None:
    program = Program()
    for body in ("[" * 100_000, "[" * 50 + "]" * 50):
        response = Client().post(
            "/api/v1/tasks/", data=body, content_type="application/json", headers={"X-API-Key": program.key}
        )
        assert response.status_code == 422


def test_the_same_acknowledgement_many_times_at_once_is_one(transactional_db: None) -> None:
    make_tree()
    program = Program()
    task, _person = given(program, "assistant_reply")

    def acknowledge() -> int:
        return int(program.post(f"tasks/{task['id']}/ack", {"message_id": "post"}).status_code)

    assert at_once(*[acknowledge] * 4) == [204] * 4


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


def test_whoever_asks_too_often_hears_when_to_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    make_tree(width=3)
    rulebook.change(changes={"task_requests_per_4_minutes": 1}, by=None, note="", now=timezone.now())
    program = Program()
    _task, person = given(program, "assistant_reply")
    response = program.post("tasks/", {"type": "assistant_reply", "user": person})
    assert (response.status_code, response.json()["error_code"], response["Retry-After"]) == (429, 429, "240")
    # And a key, whomever it asks for.
    monkeypatch.setattr(limits, "LIMITS", {"tasks": 2, "calls": 50_000})
    other = Program()
    answers = [other.post("tasks/", {"type": "rate_summary", "user": somebody()}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [503, 503, 429]
    assert 0 < int(answers[-1]["Retry-After"]) <= 60
