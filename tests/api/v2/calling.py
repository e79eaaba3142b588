"""What the tests of version 2 share: a person who calls with a token of their own."""

from __future__ import annotations

import json
from typing import Any

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client

from accounts.models import User
from tests.making import make_person


class Caller:
    """A person and their program."""

    def __init__(self, person: User | None = None, **fields: Any) -> None:
        self.person = person or make_person(**fields)
        session = SessionStore()
        session[SESSION_KEY] = str(self.person.pk)
        session[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
        session[HASH_SESSION_KEY] = self.person.get_session_auth_hash()
        session.create()
        self.token = session.session_key

    def call(
        self, method: str, path: str, body: Any = None, *, headers: dict[str, str] | None = None, **query: Any
    ) -> Any:
        given = {"X-Session-Token": self.token, **(headers or {})}
        data = "" if body is None else json.dumps(body, default=str)
        return Client(enforce_csrf_checks=True).generic(
            method, f"/api/v2/{path}", data=data, content_type="application/json", headers=given, query_params=query
        )

    def get(self, path: str, **rest: Any) -> Any:
        return self.call("GET", path, **rest)

    def post(self, path: str, body: Any = None, **rest: Any) -> Any:
        return self.call("POST", path, body, **rest)

    def claimed(self, kind: str | None = None) -> dict[str, Any]:
        """A task of this kind in their hands."""
        response = self.post("tasks", {"kind": kind, "lang": "en"})
        assert response.status_code == 201, response.json()
        return dict(response.json())


def problem(response: Any) -> tuple[int, str]:
    """Status and kind of a refusal, which is checked to be a whole one."""
    about = response.json()
    assert response["Content-Type"] == "application/problem+json", about
    assert about["status"] == response.status_code
    assert {"type", "title", "status", "detail", "instance", "code"} <= set(about)
    return response.status_code, about["type"].rsplit("/", 1)[-1]
