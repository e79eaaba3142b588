"""What the tests of the API share: a client program and its people."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.test import Client
from django.utils import timezone

from accounts import keys
from accounts.models import ApiClient, Scope


class Program:
    """A client program with a key of its own."""

    def __init__(self, *scopes: Scope, terms_accepted_there: bool = True) -> None:
        self.client: ApiClient
        self.client, self.key = keys.issue(
            description="A bot",
            scopes=scopes or (Scope.VOLUNTEER,),
            now=timezone.now(),
            terms_accepted_there=terms_accepted_there,
        )

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        acting: dict[str, Any] | None = None,
        version: int = 1,
        **query: Any,
    ) -> Any:
        headers = {"X-API-Key": self.key}
        if acting is not None:
            headers["x-oasst-user"] = f"{acting['auth_method']}:{acting['id']}"
        return Client().generic(
            method,
            f"/api/v{version}/{path}",
            data=_json(body),
            content_type="application/json",
            headers=headers,
            query_params=query,
        )

    def post(self, path: str, body: Any = None, **rest: Any) -> Any:
        return self.call("POST", path, {} if body is None else body, **rest)

    def get(self, path: str, **rest: Any) -> Any:
        return self.call("GET", path, **rest)


def _json(body: Any) -> str:
    import json

    return "" if body is None else json.dumps(body, default=str)


def somebody(name: str = "", auth_method: str = "discord") -> dict[str, Any]:
    """A person as a client names one."""
    return {"id": name or uuid4().hex, "display_name": name or "Somebody", "auth_method": auth_method}
