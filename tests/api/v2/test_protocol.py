"""Version 2, what holds for every route: who may call, how refusals look, what is remembered."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Status
from common.errors import DomainError
from oasst_web import limits
from oasst_web.api.v2.protocol import type_of
from oasst_web.api.v2.urls import ROUTES
from tests.api.v2.calling import Caller, problem
from tests.making import make_person, make_tree

pytestmark = pytest.mark.django_db


def browser_of(caller: Caller, **options: Any) -> Client:
    client = Client(**options)
    client.force_login(caller.person)
    return client


def test_whoever_is_not_signed_in_is_told_so() -> None:
    for headers in ({}, {"X-Session-Token": "nobody"}, {"X-Session-Token": ""}, {"X-Session-Token": "\x00'"}):
        response = Client().get("/api/v2/me", headers=headers)
        assert problem(response) == (401, "not-signed-in")
        assert response["WWW-Authenticate"] == "X-Session-Token"


def test_a_wrong_token_is_refused_though_a_browser_is_signed_in() -> None:
    client = browser_of(Caller())
    assert problem(client.get("/api/v2/me", headers={"X-Session-Token": "wrong"}))[0] == 401


def test_a_browser_needs_a_csrf_token_for_changes_only() -> None:
    make_tree()
    client = browser_of(Caller(), enforce_csrf_checks=True)
    assert client.get("/api/v2/me").status_code == 200
    body = {"data": {"kind": "assistant_reply"}, "content_type": "application/json"}
    assert problem(client.post("/api/v2/tasks", **body)) == (403, "csrf-failed")
    client.get(reverse("rules"))
    token = client.cookies["csrftoken"].value
    assert client.post("/api/v2/tasks", **body, headers={"X-CSRFToken": token}).status_code == 201


def test_who_has_not_accepted_the_terms_or_is_suspended_gets_no_work_but_may_look_at_what_is_theirs() -> None:
    until = timezone.now() + timedelta(hours=1)
    without = Caller(make_person(terms=False))
    suspended = Caller(status=Status.SUSPENDED, suspended_until=until)
    assert problem(without.post("tasks", {})) == (451, "user-has-not-accepted-tos")
    refused = suspended.post("tasks", {})
    assert problem(refused) == (403, "user-disabled")
    for caller in (without, suspended):
        assert caller.get("messages").status_code == 200
        assert caller.get("me").status_code == 200


def test_a_ban_holds_from_the_next_call_on() -> None:
    caller = Caller()
    assert caller.get("tasks").status_code == 200
    caller.person.status = Status.BANNED
    caller.person.save()
    assert problem(caller.get("tasks")) == (401, "not-signed-in")
    assert problem(caller.get("me")) == (401, "not-signed-in")


def test_a_closed_account_is_nobody() -> None:
    caller = Caller(status=Status.DELETED)
    assert problem(caller.get("me"))[0] == 401


def test_one_person_may_call_so_often(monkeypatch: pytest.MonkeyPatch) -> None:
    cache.clear()
    monkeypatch.setattr(limits, "CALLS_OF_A_PERSON", 2)
    caller = Caller()
    # The window may end in between, once.
    statuses = [caller.get("me").status_code for _ in range(6)]
    assert statuses[:2] == [200, 200]
    assert 429 in statuses
    assert Caller().get("me").status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "content_type", "data", "status"),
    [
        ("GET", "nothing/here", "application/json", "", 404),
        ("PATCH", "me", "application/json", "", 405),
        ("POST", "tasks", "text/plain", "kind", 415),
        ("POST", "tasks", "application/json", "{", 400),
        ("POST", "tasks", "application/json", '{"kind": NaN}', 400),
    ],
)
def test_what_http_refuses_is_a_problem_too(method: str, path: str, content_type: str, data: str, status: int) -> None:
    caller = Caller()
    headers = {"X-Session-Token": caller.token}
    response = Client().generic(method, f"/api/v2/{path}", data, content_type, headers=headers)
    assert problem(response)[0] == status
    assert response.json()["type"] == "about:blank"
    assert response.json()["title"]


def test_what_is_wrong_with_a_request_is_pointed_at() -> None:
    caller = Caller()
    response = caller.post("tasks", {"kind": "nonsense", "lang": "x" * 99})
    assert problem(response) == (422, "invalid-request")
    assert [error["pointer"] for error in response.json()["errors"]] == ["#/kind", "#/lang"]
    response = caller.get("messages", limit=0)
    assert [error["parameter"] for error in response.json()["errors"]] == ["limit"]


def test_the_type_of_a_problem_leads_to_its_sentences() -> None:
    refused = Client().get("/api/v2/me").json()
    about = Client().get(refused["type"]).json()
    assert (about["type"], about["title"], about["code"]) == (refused["type"], refused["title"], refused["code"])
    assert refused["detail"] in about["sentences"]
    assert problem(Client().get("/api/v2/problems/nonsense"))[0] == 422


def test_every_refusal_a_route_names_has_a_type_that_can_be_looked_up() -> None:
    refusals: set[type[DomainError]] = {refusal for route in ROUTES for refusal in route.raises}
    for refusal in refusals:
        assert Client().get(type_of(refusal.code)).status_code == 200, refusal


def test_no_answer_is_kept_for_somebody_else() -> None:
    response = Caller().get("me")
    assert "private" in response["Cache-Control"]
    assert {"X-Session-Token", "Cookie"} <= {name.strip() for name in response["Vary"].split(",")}
    assert not response.cookies
    assert Client().get("/api/v2/me")["Cache-Control"] == "no-store"


def test_it_does_not_matter_what_a_client_would_rather_have() -> None:
    assert Caller().get("me", headers={"Accept": "text/html"}).status_code == 200
