"""Version 1: a ban holds, whatever the banned person was, and whatever becomes of the account."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from accounts.models import Role, Scope, Status, User
from moderation import merging
from moderation.models import ActionLog
from tests.api.calling import Program, somebody
from tests.api.test_messages import MODERATING, person_of, refusal
from tests.making import given, make_moderator, make_tree

pytestmark = pytest.mark.django_db

BOTH = (Scope.VOLUNTEER, Scope.MODERATOR)
NEW_PROMPT = {"type": "initial_prompt", "lang": "en"}
ID = UUID(int=7)

#: Beside what moderators do to one message.
ELSEWHERE: tuple[tuple[str, str, Any], ...] = (
    ("PUT", f"users/{ID}?enabled=true", None),
    ("DELETE", f"users/{ID}", None),
    ("DELETE", f"users/{ID}/messages", None),
    ("POST", f"admin/purge_user/{ID}", None),
    ("POST", f"admin/purge_user/{ID}/messages", None),
    ("POST", f"admin/flagged_messages/{ID}/processed", None),
    ("POST", "admin/merge_users", {"destination_user_id": str(ID), "source_user_ids": []}),
)


@pytest.mark.parametrize("status", [Status.BANNED, Status.DELETED])
def test_a_moderator_who_was_banned_moderates_no_more(status: Status) -> None:
    program, named = Program(*BOTH), somebody()
    person_of(program, named, role=Role.MODERATOR, status=status)
    tree = make_tree()
    of_message = [(method, f"messages/{tree.pk}{path}", body) for method, path, body in MODERATING if method != "GET"]
    for method, path, body in [*of_message, *ELSEWHERE]:
        if body and "user" in body:
            body = {**body, "user": named}
        answer = program.call(method, path, body, acting=None if body and "user" in body else named)
        assert refusal(answer) == (503, 4001), path
    assert not ActionLog.objects.exists()


def banned_and_closed(program: Program) -> tuple[User, dict[str, Any]]:
    named = {**somebody("ada"), "display_name": "Ada"}
    person = person_of(program, named)
    assert program.call("PUT", f"users/{person.pk}", enabled=False).status_code == 204
    assert program.call("DELETE", f"users/{person.pk}").status_code == 204
    return person, named


def test_nobody_comes_back_from_a_ban_because_the_account_was_closed() -> None:
    moderating = Program(*BOTH)
    person, named = banned_and_closed(moderating)
    for _ in range(2):
        again = moderating.post("frontend_users/", {**named, "tos_acceptance": True}).json()
        assert again["user_id"] == str(person.pk)
        assert (again["enabled"], again["deleted"], again["display_name"]) == (False, True, "Deleted user")
        assert refusal(moderating.post("tasks/", {**NEW_PROMPT, "user": named})) == (503, 4001)
        # Closing it again changes nothing.
        assert moderating.call("DELETE", f"users/{person.pk}").status_code == 204
    assert refusal(moderating.post("frontend_users/", {**named, "enabled": True})) == (400, 9004)
    person.refresh_from_db()
    assert (person.status, person.display_name, person.username) == (Status.DELETED, "Deleted user", "ada")


def test_a_purge_that_shuts_somebody_out_is_not_undone_by_closing() -> None:
    program, named = Program(*BOTH), somebody("ada")
    person = person_of(program, named)
    assert program.post(f"admin/purge_user/{person.pk}", preview=False).status_code == 200
    assert program.call("DELETE", f"users/{person.pk}").status_code == 204
    assert program.post("frontend_users/", named).json()["user_id"] == str(person.pk)


@pytest.mark.parametrize("unbanned", [False, True])
def test_of_whoever_was_not_banned_in_the_end_the_name_is_forgotten(unbanned: bool) -> None:
    program, named = Program(*BOTH), somebody("ada")
    person, into = person_of(program, named), person_of(program)
    if unbanned:
        for enabled in (False, True):
            program.call("PUT", f"users/{person.pk}", enabled=enabled)
    merging.merge_people(into_id=into.pk, source_ids={person.pk}, by=make_moderator(), why="The same.", **given())
    assert program.call("DELETE", f"users/{person.pk}").status_code == 204
    person.refresh_from_db()
    assert person.username == f"deleted_{person.pk}"
