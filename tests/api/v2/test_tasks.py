"""Version 2, work: claim, see, answer, skip, release; each once, however often it is sent."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from time import sleep
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from tasks import assignment, rulebook
from tasks.models import Message, Ranking, Review, Skip, Task, TaskState
from tasks.tree_states import State
from tests.api.v2.calling import Caller, problem
from tests.making import drifts, given, held, make_tree, replies_to, root_of

pytestmark = pytest.mark.django_db

TEXT = {"text": "Because of the air."}


def test_a_task_is_claimed_and_can_be_seen_again() -> None:
    tree = make_tree()
    caller = Caller()
    response = caller.post("tasks", {"kind": "assistant_reply", "lang": "en"})
    assert response.status_code == 201
    task = response.json()
    assert response["Location"] == f"/api/v2/tasks/{task['id']}"
    assert (task["deed"], task["state"]) == ("write", "held")
    assert [turn["text"] for turn in task["conversation"]] == [root_of(tree).text]
    assert set(task["conversation"][0]) == {"id", "role", "text"}
    assert caller.get(f"tasks/{task['id']}").json() == task
    (held,) = caller.get("tasks").json()["items"]
    assert held == {name: task[name] for name in held}


def test_without_a_kind_any_work_is_handed_out_in_ones_own_language() -> None:
    make_tree(lang="de")
    caller = Caller(lang="de")
    assert caller.post("tasks", {}).json()["lang"] == "de"
    assert problem(Caller(lang="fr").post("tasks", {})) == (404, "task-requested-type-not-available")


def test_what_is_available_is_told_and_changes_nothing() -> None:
    make_tree(width=2)
    caller = Caller()
    for _ in range(2):
        about = caller.get("tasks/available", lang="en").json()
        assert (about["lang"], [(each["kind"], each["count"]) for each in about["items"]]) == (
            "en",
            [("assistant_reply", 2)],
        )
    assert caller.get("tasks/available", lang="fr").json()["items"] == []


def test_a_reply_is_stored_once_however_often_it_is_sent() -> None:
    make_tree()
    caller = Caller()
    task = caller.claimed("assistant_reply")
    first = caller.post(f"tasks/{task['id']}/answer", TEXT).json()
    again = caller.post(f"tasks/{task['id']}/answer", TEXT).json()
    assert again == {**first, "repeated": True}
    assert first["repeated"] is False
    assert Message.objects.get(author=caller.person).pk == Message.objects.get(pk=first["message_id"]).pk
    other = caller.post(f"tasks/{task['id']}/answer", {"text": "Something else."})
    assert problem(other) == (409, "task-already-done")
    assert caller.get(f"tasks/{task['id']}").json()["state"] == "answered"
    assert drifts() == []


def test_a_review_answers_the_questions() -> None:
    tree = make_tree(replies=1, verdict=None)
    caller = Caller()
    task = caller.claimed("label_assistant_reply")
    mandatory = [question["name"] for question in task["questions"] if question["mandatory"]]
    receipt = caller.post(f"tasks/{task['id']}/answer", {"labels": {**dict.fromkeys(mandatory, 0), "quality": None}})
    assert receipt.status_code == 200, receipt.json()
    (message,) = replies_to(root_of(tree))
    review = Review.objects.get(reviewer=caller.person)
    assert (review.message, set(review.labels)) == (message, set(mandatory))
    assert receipt.json()["message_id"] is None
    assert receipt.json()["answer_id"] == str(review.pk)


def test_a_ranking_names_replies_by_id_with_ties() -> None:
    make_tree(state=State.RANKING, replies=3)
    caller = Caller()
    task = caller.claimed("rank_assistant_replies")
    first, second, third = (reply["id"] for reply in task["replies"])
    order = [[second], [first, third]]
    assert caller.post(f"tasks/{task['id']}/answer", {"order": order, "not_rankable": True}).status_code == 200
    stored = Ranking.objects.get(ranker=caller.person)
    assert (stored.order, stored.not_rankable) == ([[second], sorted([first, third])], True)
    assert [reply["id"] for reply in caller.get(f"tasks/{task['id']}").json()["replies"]] == [first, second, third]


@pytest.mark.parametrize(
    ("body", "refused"),
    [
        ({"text": "  "}, (422, "task-message-text-empty")),
        ({"text": "x" * 5000}, (422, "task-message-too-long")),
        ({"labels": {"spam": 0}}, (422, "task-payload-type-mismatch")),
        ({"order": [[str(uuid4())]]}, (422, "task-payload-type-mismatch")),
        ({"text": "a", "labels": {}}, (422, "invalid-request")),
        ({}, (422, "invalid-request")),
        ([], (422, "invalid-request")),
        ({"text": "a\x00b"}, (422, "invalid-request")),
        ({"text": "\ud800"}, (422, "invalid-request")),
        ({"text": None}, (422, "invalid-request")),
    ],
)
def test_what_is_no_answer_to_this_task_is_refused(body: Any, refused: tuple[int, str]) -> None:
    make_tree()
    caller = Caller()
    task = caller.claimed("assistant_reply")
    assert problem(caller.post(f"tasks/{task['id']}/answer", body)) == refused
    assert Task.objects.get(pk=task["id"]).state == TaskState.CLAIMED


@pytest.mark.parametrize(
    ("labels", "refused"),
    [
        ({"quality": 1}, "text-labels-mandatory-label-missing"),
        ({"spam": 0, "helpful\x00": 1}, "text-labels-invalid-label"),
        ({"spam": 2}, "invalid-request"),
        ({"spam": "x"}, "invalid-request"),
    ],
)
def test_labels_that_do_not_fit_are_refused(labels: Any, refused: str) -> None:
    make_tree(state=State.INITIAL_PROMPT_REVIEW)
    caller = Caller()
    task = caller.claimed("label_initial_prompt")
    response = caller.post(f"tasks/{task['id']}/answer", {"labels": labels})
    assert problem(response) == (422, refused)
    if refused == "invalid-request":
        assert [error["pointer"] for error in response.json()["errors"]] == ["#/labels/spam"]


def test_an_order_of_other_replies_is_refused() -> None:
    make_tree(state=State.RANKING, replies=2)
    caller = Caller()
    task = caller.claimed("rank_assistant_replies")
    response = caller.post(f"tasks/{task['id']}/answer", {"order": [[str(uuid4())]]})
    assert problem(response) == (422, "invalid-ranking-value")


def test_nobody_sees_or_answers_the_task_of_somebody_else() -> None:
    make_tree()
    task, other = Caller().claimed("assistant_reply"), Caller()
    for response in (
        other.get(f"tasks/{task['id']}"),
        other.post(f"tasks/{task['id']}/answer", TEXT),
        other.post(f"tasks/{task['id']}/skip", {}),
    ):
        assert problem(response) == (403, "task-not-assigned-to-user")
    assert other.post(f"tasks/{task['id']}/release").status_code == 204
    assert Task.objects.get(pk=task["id"]).state == TaskState.CLAIMED
    assert problem(other.get(f"tasks/{uuid4()}")) == (404, "task-not-found")
    assert problem(other.get("tasks/7")) == (422, "invalid-request")


def test_a_skipped_task_is_offered_no_more_and_skipping_twice_is_skipping() -> None:
    make_tree(width=1)
    caller = Caller()
    task = caller.claimed("assistant_reply")
    for _ in range(2):
        response = caller.post(f"tasks/{task['id']}/skip", {"reason": "too_long", "text": "x" * 600})
        assert response.status_code == 204
    assert (Skip.objects.get().reason, Skip.objects.get().text) == ("too_long", "x" * 600)
    assert problem(caller.post("tasks", {"kind": "assistant_reply"}))[0] == 404
    assert Caller().claimed("assistant_reply")


def test_a_released_task_may_come_again() -> None:
    make_tree(width=1)
    caller = Caller()
    task = caller.claimed("assistant_reply")
    for _ in range(2):
        assert caller.post(f"tasks/{task['id']}/release").status_code == 204
    assert caller.get("tasks").json()["items"] == []
    assert caller.claimed("assistant_reply")["id"] == task["id"]


def test_what_is_answered_is_neither_skipped_nor_released() -> None:
    make_tree()
    caller = Caller()
    task = caller.claimed("assistant_reply")
    caller.post(f"tasks/{task['id']}/answer", TEXT)
    for deed in ("skip", "release"):
        assert problem(caller.post(f"tasks/{task['id']}/{deed}", {})) == (409, "task-already-done")


def test_a_late_answer_is_taken_while_the_work_is_wanted() -> None:
    make_tree(width=1)
    caller = Caller()
    task = caller.claimed("assistant_reply")
    assignment.return_expired(**given(now=timezone.now() + timedelta(days=1)))
    late = caller.get(f"tasks/{task['id']}").json()
    assert (late["state"], late["expires_at"]) == ("late", None)
    assert caller.get("tasks").json()["items"] == []
    assert caller.post(f"tasks/{task['id']}/answer", TEXT).status_code == 200


def test_a_claim_sent_again_with_its_key_takes_no_second_task() -> None:
    make_tree(width=3)
    caller, key = Caller(), {"Idempotency-Key": '"8e03978e"'}
    body = {"kind": "assistant_reply", "lang": "en"}
    first = caller.post("tasks", body, headers=key)
    again = caller.post("tasks", body, headers=key)
    assert (again.status_code, again["Location"], again.json()) == (201, first["Location"], first.json())
    assert Task.objects.held_by(caller.person).count() == 1
    # Quotes are how the draft writes a string; they are no part of it.
    assert caller.post("tasks", body, headers={"Idempotency-Key": "8e03978e"}).json() == first.json()


def test_a_key_is_good_for_one_request() -> None:
    make_tree(width=3)
    caller, key = Caller(), {"Idempotency-Key": "one"}
    task = caller.claimed("assistant_reply")
    receipt = caller.post(f"tasks/{task['id']}/answer", TEXT, headers=key).json()
    # The first receipt, word for word.
    assert caller.post(f"tasks/{task['id']}/answer", TEXT, headers=key).json() == receipt
    other = caller.post(f"tasks/{task['id']}/answer", {"text": "Something else."}, headers=key)
    assert problem(other) == (422, "idempotency-key-reused")
    assert problem(caller.post("tasks", {}, headers=key)) == (422, "idempotency-key-reused")


def test_keys_of_different_people_have_nothing_to_do_with_each_other() -> None:
    make_tree(width=3)
    key = {"Idempotency-Key": "one"}
    ids = {Caller().post("tasks", {"kind": "assistant_reply"}, headers=key).json()["id"] for _ in range(2)}
    assert len(ids) == 2


def test_a_refused_request_leaves_its_key_free() -> None:
    make_tree()
    caller, key = Caller(), {"Idempotency-Key": "one"}
    task = caller.claimed("assistant_reply")
    assert caller.post(f"tasks/{task['id']}/answer", {"text": " "}, headers=key).status_code == 422
    assert caller.post(f"tasks/{task['id']}/answer", TEXT, headers=key).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_request_whose_first_copy_still_runs_is_told_to_wait() -> None:
    tree, caller = make_tree(), Caller()
    path, key = f"tasks/{caller.claimed('assistant_reply')['id']}/answer", {"Idempotency-Key": "one"}

    def first() -> Any:
        try:
            return caller.post(path, TEXT, headers=key)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with held("tasks_tree", tree.pk):
            answer = pool.submit(first)
            while not somebody_waits():
                sleep(0.05)
            again = caller.post(path, TEXT, headers=key)
        assert answer.result().status_code == 200
    assert problem(again) == (409, "idempotency-key-in-use")
    assert again["Retry-After"] == "1"
    assert caller.post(path, TEXT, headers=key).json() == answer.result().json()


def somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
        return cursor.fetchone() is not None


def test_who_asks_very_often_is_told_how_long_to_wait() -> None:
    rulebook.change(changes={"task_requests_per_4_minutes": 2}, by=None, note="", now=timezone.now())
    caller = Caller()
    for _ in range(3):
        make_tree()
    for _ in range(2):
        caller.claimed("assistant_reply")
    response = caller.post("tasks", {"kind": "assistant_reply"})
    assert problem(response) == (429, "too-many-requests")
    assert int(response["Retry-After"]) > 0
