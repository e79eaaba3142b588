"""Who may call what: one table, and a walk through it with every caller there is."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from accounts.models import Role, Scope, Status
from oasst_web.api.v1 import urls as v1
from oasst_web.api.v2 import urls as v2
from tests.api.calling import Program
from tests.api.v2.calling import Caller

pytestmark = pytest.mark.django_db

NOBODY = frozenset[str]()
ANY_KEY = frozenset({"volunteer", "moderator", "exporter", "admin"})
#: Speaks for its own volunteers.
PROXY = frozenset({"volunteer", "admin"})
MODERATES = frozenset({"moderator", "admin"})
#: For volunteers' programs and for the tools of moderators.
EITHER = PROXY | MODERATES
ADMIN = frozenset({"admin"})
EVERYBODY = ANY_KEY | {"without a key"}

#: Version 1: route → keys that may call it.
V1: dict[str, frozenset[str]] = {
    "POST tasks/": PROXY,
    "POST tasks/availability": PROXY,
    "POST tasks/{task_id}/ack": PROXY,
    "POST tasks/{task_id}/nack": PROXY,
    "POST tasks/interaction": PROXY,
    "POST tasks/close": PROXY,
    "POST text_labels/": PROXY,
    "GET text_labels/valid_labels": ANY_KEY,
    "GET text_labels/report_labels": EVERYBODY,
    "GET messages/": ANY_KEY,
    "GET messages/cursor": ANY_KEY,
    "GET messages/{message_id}": ANY_KEY,
    "DELETE messages/{message_id}": MODERATES,
    "GET messages/{message_id}/conversation": ANY_KEY,
    "GET messages/{message_id}/tree": ANY_KEY,
    "GET messages/{message_id}/tree/state": ANY_KEY,
    "PUT messages/{message_id}/tree/state": MODERATES,
    "GET messages/{message_id}/children": ANY_KEY,
    "GET messages/{message_id}/descendants": ANY_KEY,
    "GET messages/{message_id}/longest_conversation_in_tree": ANY_KEY,
    "GET messages/{message_id}/max_children_in_tree": ANY_KEY,
    "PUT messages/{message_id}/undelete": MODERATES,
    "POST messages/{message_id}/edit": MODERATES,
    "GET messages/{message_id}/history": MODERATES,
    "POST messages/{message_id}/emoji": PROXY,
    "GET frontend_messages/{message_id}": ANY_KEY,
    "GET frontend_messages/{message_id}/conversation": ANY_KEY,
    "GET frontend_messages/{message_id}/tree": ANY_KEY,
    "GET frontend_messages/{message_id}/children": ANY_KEY,
    "GET frontend_messages/{message_id}/descendants": ANY_KEY,
    "GET frontend_messages/{message_id}/longest_conversation_in_tree": ANY_KEY,
    "GET frontend_messages/{message_id}/max_children_in_tree": ANY_KEY,
    "GET users/by_username": EITHER,
    "GET users/by_display_name": EITHER,
    "GET users/cursor": EITHER,
    "GET users/{user_id}": EITHER,
    "PUT users/{user_id}": MODERATES,
    "DELETE users/{user_id}": MODERATES,
    "GET users/{user_id}/messages": EITHER,
    "DELETE users/{user_id}/messages": MODERATES,
    "GET users/{user_id}/messages/cursor": EITHER,
    "GET users/{user_id}/stats": EITHER,
    "GET users/{user_id}/stats/{time_frame}": EITHER,
    "GET users/{user_id}/stats/{time_frame}/window": EITHER,
    "GET frontend_users/": EITHER,
    "POST frontend_users/": EITHER,
    "GET frontend_users/{auth_method}/{username}": EITHER,
    "GET frontend_users/{auth_method}/{username}/messages": EITHER,
    "DELETE frontend_users/{auth_method}/{username}/messages": MODERATES,
    "GET frontend_users/{auth_method}/{username}/messages/cursor": EITHER,
    "GET stats/": MODERATES,
    "GET stats/tree_manager/state_counts": MODERATES,
    "GET stats/tree_manager/message_counts": MODERATES,
    "GET stats/tree_manager": MODERATES,
    "GET stats/cached/{name}": ANY_KEY,
    "GET stats/cached": ANY_KEY,
    "POST stats/cached/update": MODERATES,
    "GET leaderboards/{time_frame}": ANY_KEY,
    "POST leaderboards/update/{time_frame}": MODERATES,
    "POST leaderboards/update": MODERATES,
    "GET trollboards/{time_frame}": MODERATES,
    "GET hf/text_toxicity": MODERATES,
    "POST admin/api_client": ADMIN,
    "GET admin/backend_settings/full": MODERATES,
    "GET admin/backend_settings/public": ANY_KEY,
    "POST admin/purge_user/{user_id}": MODERATES,
    "POST admin/purge_user/{user_id}/messages": MODERATES,
    "GET admin/flagged_messages/cursor": MODERATES,
    "GET admin/flagged_messages": MODERATES,
    "POST admin/flagged_messages/{message_id}/processed": MODERATES,
    "POST admin/merge_users": MODERATES,
    "GET auth/check": EVERYBODY,
}


#: People, as version 2 knows them. Who is suspended may read their own things, and why nothing is handed out.
ACTIVE = frozenset({"volunteer", "moderator", "administrator"})
SIGNED_IN = ACTIVE | {"suspended", "without terms"}

#: Version 2: route → people who may call it, by token.
V2: dict[str, frozenset[str]] = {
    "POST tasks": ACTIVE,
    "GET tasks": ACTIVE,
    "GET tasks/available": ACTIVE,
    "GET tasks/{task_id}": ACTIVE,
    "POST tasks/{task_id}/answer": ACTIVE,
    "POST tasks/{task_id}/skip": ACTIVE,
    "POST tasks/{task_id}/release": ACTIVE,
    "GET messages": SIGNED_IN,
    "GET messages/{message_id}": ACTIVE,
    "PUT messages/{message_id}/reactions/{emoji}": ACTIVE,
    "DELETE messages/{message_id}/reactions/{emoji}": ACTIVE,
    "POST messages/{message_id}/reports": ACTIVE,
    "GET trees/{tree_id}": ACTIVE,
    "GET me": SIGNED_IN,
    "POST me/terms": SIGNED_IN,
    "GET events": SIGNED_IN,
    "GET rules": SIGNED_IN,
    "GET rules/{version}": SIGNED_IN,
    "GET releases": SIGNED_IN | {"banned", "nobody"},
    "GET releases/{name}": SIGNED_IN | {"banned", "nobody"},
    "GET ledger": SIGNED_IN | {"banned", "nobody"},
    "GET problems/{name}": SIGNED_IN | {"banned", "nobody"},
}
#: Version 2: routes for programs, with a key of any scope; no person's token opens them.
V2_KEYS = frozenset({
    "GET webhooks",
    "POST webhooks",
    "GET webhooks/{webhook_id}",
    "DELETE webhooks/{webhook_id}",
    "GET webhooks/{webhook_id}/deliveries",
    "POST webhooks/{webhook_id}/deliveries/{delivery_id}/replay",
    "POST webhooks/{webhook_id}/replay",
    "POST webhooks/{webhook_id}/test",
})  # fmt: skip

PEOPLE: dict[str, dict[str, Any]] = {
    "volunteer": {},
    "moderator": {"role": Role.MODERATOR},
    "administrator": {"role": Role.ADMIN},
    "suspended": {"status": Status.SUSPENDED},
    "banned": {"status": Status.BANNED},
    "without terms": {"terms": False},
}


def key_of(route: Any) -> str:
    return f"{route.method} {route.path}"


def test_every_route_is_in_the_table() -> None:
    assert set(V1) == {key_of(route) for route in v1.ROUTES}
    assert V2_KEYS | set(V2) == {key_of(route) for route in v2.ROUTES}


def address(path: str) -> str:
    """The path with ids nobody has."""
    known = {"time_frame": "day", "auth_method": "local", "emoji": "+1", "version": "1", "name": "nobody"}
    for name, value in {**known, "username": "nobody"}.items():
        path = path.replace(f"{{{name}}}", value)
    parts = [str(uuid4()) if part.startswith("{") else part for part in path.split("/")]
    return "/".join(parts)


@pytest.mark.parametrize("route", sorted(V1))
def test_a_key_opens_what_the_table_says_and_nothing_else(route: str) -> None:
    method, path = route.split(" ")
    for scope in Scope:
        response = Program(scope).call(method, address(path), {} if method in ("POST", "PUT") else None)
        refused = response.status_code == 403 and response.json().get("error_code") == 2
        assert refused is (scope.value not in V1[route]), (scope, response.status_code, response.content[:200])
    response = Client().generic(method, f"/api/v1/{address(path)}", data="{}", content_type="application/json")
    refused = response.status_code == 403 and response.json().get("error_code") == 2
    assert refused is ("without a key" not in V1[route])


@pytest.mark.parametrize("route", sorted(V2))
def test_a_person_may_do_what_the_table_says_and_nothing_else(route: str) -> None:
    method, path = route.split(" ")
    body: dict[str, Any] | None = {} if method in ("POST", "PUT") else None
    for name, fields in PEOPLE.items():
        response = Caller(**fields).call(method, address(path), body)
        refused = response.status_code in (401, 403, 451)
        assert refused is (name not in V2[route]), (name, response.status_code)
    for headers in ({}, {"X-Session-Token": "x" * 32}, {"X-API-Key": Program(Scope.ADMIN).key}):
        response = Client().generic(
            method, f"/api/v2/{address(path)}", data="{}", content_type="application/json", headers=headers
        )
        assert (response.status_code == 401) is ("nobody" not in V2[route]), (headers, response.status_code)


@pytest.mark.parametrize("route", sorted(V2_KEYS))
def test_only_programs_have_webhooks(route: str) -> None:
    method, path = route.split(" ")
    body: dict[str, Any] | None = {} if method == "POST" else None
    for scope in Scope:
        assert Program(scope).call(method, address(path), body, version=2).status_code not in (401, 403)
    assert Caller(role=Role.ADMIN).call(method, address(path), body).status_code == 401


def test_a_revoked_key_opens_nothing() -> None:
    from django.utils import timezone

    from accounts import keys

    program = Program(Scope.ADMIN)
    assert program.get("stats/cached").status_code == 200
    keys.revoke(client_id=program.client.pk, now=timezone.now())
    assert program.get("stats/cached").status_code == 403
