"""Programs sign people in by a code, as the sign-in page does."""

from __future__ import annotations

import json
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client
from pytest_django import Settings

from accounts.models import Status, User
from tests.pages.site import make_person
from tests.pages.test_entrance import code_in, without_code

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_limits_of_other_tests(settings: Settings) -> None:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}


def post(path: str, body: Any, token: str = "", **headers: str) -> Any:
    given = {**headers, **({"X-Session-Token": token} if token else {})}
    url = f"/_allauth/app/v1/auth/{path}"
    # A program sends no cookies and knows no CSRF token.
    return Client(enforce_csrf_checks=True).post(url, json.dumps(body), "application/json", headers=given)


def asked(email: str, **headers: str) -> str:
    """The token of a session in which a code was asked for."""
    response = post("code/request", {"email": email}, **headers)
    assert response.status_code == 401, response.content
    assert not response.cookies
    return str(response.json()["meta"]["session_token"])


def confirmed(token: str) -> Any:
    return post("code/confirm", {"code": code_in(str(mail.outbox[-1].body))}, token)


def test_a_new_address_becomes_a_person_and_gets_a_token() -> None:
    token = asked("New.Person@Example.org", **{"Accept-Language": "pt"})
    assert mail.outbox[0].to == ["new.person@example.org"]
    assert Client().get("/api/v2/me", headers={"X-Session-Token": token}).status_code == 401
    response = confirmed(token)
    assert (response.status_code, response.json()["meta"]["is_authenticated"]) == (200, True)
    person = User.objects.get(email="new.person@example.org")
    assert (person.lang, person.has_usable_password()) == ("pt-BR", False)
    assert EmailAddress.objects.get(user=person).verified
    token = response.json()["meta"]["session_token"]
    assert Client().get("/api/v2/me", headers={"X-Session-Token": token}).json()["id"] == str(person.pk)


def test_a_known_address_gets_the_same_answer_and_the_same_mail() -> None:
    known = make_person()
    first = post("code/request", {"email": known.email}).json()
    second = post("code/request", {"email": "unknown@example.org"}).json()
    assert first["data"] == second["data"]
    assert without_code(mail.outbox[0]) == without_code(mail.outbox[1])
    assert User.objects.filter(email=known.email).count() == 1


def test_a_wrong_code_does_not_open() -> None:
    token = asked("a@example.org")
    response = post("code/confirm", {"code": "WRONG1"}, token)
    assert response.status_code == 400
    assert "not the code we sent" in response.json()["errors"][0]["message"]


def test_a_closed_account_does_not_open() -> None:
    person = make_person(status=Status.DELETED)
    response = confirmed(asked(person.email or ""))
    assert (response.status_code, response.json()["meta"]["is_authenticated"]) == (401, False)


def test_signing_out_ends_the_token() -> None:
    token = confirmed(asked("a@example.org")).json()["meta"]["session_token"]
    header = {"X-Session-Token": token}
    assert Client().get("/api/v2/me", headers=header).status_code == 200
    Client().delete("/_allauth/app/v1/auth/session", headers=header)
    assert Client().get("/api/v2/me", headers=header).status_code == 401


@pytest.mark.parametrize("path", ["auth/login", "auth/signup", "auth/password/request", "account/password/change"])
def test_there_is_no_other_way_in(path: str) -> None:
    assert Client().post(f"/_allauth/app/v1/{path}", "{}", "application/json").status_code == 404


@pytest.mark.parametrize("body", ['{"email": "\\u0000@example.org"}', '{"email": 7}', "[]", "{", '{"email": null}'])
def test_what_is_no_address_is_refused(body: str) -> None:
    assert Client().post("/_allauth/app/v1/auth/code/request", body, "application/json").status_code == 400
    assert not mail.outbox
