"""Version 1, administration: keys, settings without secrets, flags, purging and merging people."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.test import Client

from accounts.models import ApiClient, Role, Scope, Status, User
from moderation.models import Action, ActionLog, QueueItem
from tasks import rulebook
from tasks.models import Message, MessageRevision, Tree
from tests.api.calling import Program, somebody
from tests.making import NOW, add_message, advance, drifts, make_person, make_tree, replies_to, root_of

pytestmark = pytest.mark.django_db

CLIENT = {"description": "A website", "frontend_type": "web"}


@pytest.fixture
def moderator() -> Program:
    return Program(Scope.MODERATOR)


# --- keys


def test_a_key_with_the_scope_admin_makes_keys_that_work_at_once() -> None:
    admin = Program(Scope.ADMIN)
    response = admin.post("admin/api_client", CLIENT)
    assert response.status_code == 200
    key = response.json()
    made = ApiClient.objects.exclude(pk=admin.client.pk).get()
    assert (made.description, made.frontend_type, made.scopes) == ("A website", "web", ["volunteer"])
    assert key not in made.key_hash
    headers = {"X-API-Key": key}
    assert Client().get("/api/v1/admin/backend_settings/public", headers=headers).status_code == 200
    assert Client().get("/api/v1/admin/backend_settings/full", headers=headers).status_code == 403
    line = ActionLog.objects.get()
    assert (line.action, line.by) == (Action.ISSUE_KEY, admin.client.person)
    assert str(made.pk) in line.why
    assert key not in line.why


def test_the_key_of_an_administrator_may_come_as_a_bearer_token() -> None:
    admin = Program(Scope.ADMIN)
    response = Client().post(
        "/api/v1/admin/api_client",
        json.dumps(CLIENT),
        content_type="application/json",
        headers={"Authorization": f"Bearer {admin.key}"},
    )
    assert response.status_code == 200


def test_a_trusted_client_moderates_and_has_an_account_to_moderate_in() -> None:
    admin = Program(Scope.ADMIN)
    body = {**CLIENT, "trusted": True, "admin_email": "ops@example.org", "terms_accepted_there": True}
    admin.post("admin/api_client", body)
    made = ApiClient.objects.exclude(pk=admin.client.pk).get()
    assert set(made.scopes) == {Scope.VOLUNTEER, Scope.MODERATOR}
    assert (made.admin_email, made.terms_accepted_there) == ("ops@example.org", True)
    assert made.person.is_moderator


@pytest.mark.parametrize("scope", [Scope.VOLUNTEER, Scope.MODERATOR, Scope.EXPORTER])
def test_no_other_key_makes_keys(scope: Scope) -> None:
    response = Program(scope).post("admin/api_client", CLIENT)
    assert (response.status_code, response.json()["error_code"]) == (403, 2)
    assert ApiClient.objects.count() == 1


# --- settings


def test_the_settings_tell_the_rules_in_force_and_no_secret(moderator: Program) -> None:
    rulebook.change(changes={"goal_tree_size": 17, "message_size_limit": 999}, by=None, note="", now=NOW)
    response = moderator.get("admin/backend_settings/full")
    assert response.status_code == 200
    shown = response.json()
    assert shown["tree_manager"]["goal_tree_size"] == 17
    assert shown["tree_manager"]["mandatory_labels_assistant_reply"] == ["spam"]
    assert "fails_task" in shown["tree_manager"]["labels_assistant_reply"]
    assert shown["MESSAGE_SIZE_LIMIT"] == 999
    database = settings.DATABASES["default"]
    secrets = [settings.SECRET_KEY, settings.REDIS_URL, database["PASSWORD"], database["HOST"], database["NAME"]]
    for secret in filter(None, [*secrets, moderator.key]):
        assert secret not in response.content.decode()
    words = (
        "KEY",
        "TOKEN",
        "SECRET",
        "PASSWORD",
        "POSTGRES",
        "REDIS",
        "URI",
        "SALT",
        "HOST",
        "PATH",
        "AUTH",
        "DISCORD",
    )
    assert [name for name in shown if any(word in name for word in words)] == []


def test_every_key_sees_the_public_settings_and_only_these() -> None:
    public = Program().get("admin/backend_settings/public").json()
    full = Program(Scope.MODERATOR).get("admin/backend_settings/full").json()
    assert public.items() <= full.items()
    assert "tree_manager" not in public
    assert Program().get("admin/backend_settings/full").status_code == 403
    assert Client().get("/api/v1/admin/backend_settings/public").status_code == 403


# --- flags


def flagged(how_many: int) -> list[str]:
    """The ids of flagged messages, oldest flag first."""
    tree = make_tree(replies=how_many, goal=30, width=30)
    for number, message in enumerate(replies_to(root_of(tree))):
        QueueItem.objects.create(message=message, created_at=NOW + timedelta(minutes=number))
    return [str(reply.pk) for reply in replies_to(root_of(tree))]


def test_flags_are_listed_oldest_first(moderator: Program) -> None:
    ids = flagged(3)
    response = moderator.get("admin/flagged_messages", max_count=2)
    assert [flag["message_id"] for flag in response.json()] == ids[:2]
    assert response.json()[0]["processed"] is False
    assert moderator.get("admin/flagged_messages", max_count=10**30).status_code == 200
    assert moderator.get("admin/flagged_messages").status_code == 422
    assert Program().get("admin/flagged_messages", max_count=2).status_code == 403


def test_flags_are_paged(moderator: Program) -> None:
    ids = flagged(5)
    seen: list[str] = []
    after: dict[str, str] = {}
    while True:
        page = moderator.get("admin/flagged_messages/cursor", max_count=2, **after).json()
        seen += [flag["message_id"] for flag in page["items"]]
        if page["next"] is None:
            break
        after = {"after": page["next"]}
    assert seen == ids
    newest = moderator.get("admin/flagged_messages/cursor", desc=True, max_count=1).json()
    assert (newest["items"][0]["message_id"], newest["order"], newest["sort_key"]) == (ids[-1], "desc", "created_date")
    refused = moderator.get("admin/flagged_messages/cursor", after="yesterday")
    assert (refused.status_code, refused.json()["error_code"]) == (400, 101)


def test_a_flag_is_marked_as_processed_and_the_log_says_by_whom(moderator: Program) -> None:
    (pk,) = flagged(1)
    for _ in range(2):
        response = moderator.post(f"admin/flagged_messages/{pk}/processed")
        assert (response.status_code, response.json()["processed"]) == (200, True)
    line = ActionLog.objects.get()
    assert (line.action, line.by, str(line.message_id)) == (Action.PROCESS_FLAG, moderator.client.person, pk)
    assert Message.objects.get(pk=pk).flags_cleared_at is None, "the flags go on counting"


def test_the_log_names_the_moderator_whom_the_client_names(moderator: Program) -> None:
    (pk,) = flagged(1)
    grace = somebody("grace")
    person = make_person(
        role=Role.MODERATOR, api_client=moderator.client, auth_method=grace["auth_method"], username=grace["id"]
    )
    moderator.post(f"admin/flagged_messages/{pk}/processed", acting=grace)
    assert ActionLog.objects.get().by == person


def test_what_nobody_flagged_cannot_be_processed(moderator: Program) -> None:
    for pk in (uuid4(), make_tree().pk):
        response = moderator.post(f"admin/flagged_messages/{pk}/processed")
        assert (response.status_code, response.json()["error_code"]) == (404, 2001)


# --- purging


def test_a_purge_is_a_preview_unless_asked_for(moderator: Program) -> None:
    troll = make_person()
    make_tree(author=troll, replies=1)
    response = moderator.post(f"admin/purge_user/{troll.pk}")
    answer = response.json()
    assert (response.status_code, answer["preview"]) == (200, True)
    assert answer["before"] == {
        "all": 2, "active": 2, "active_by_lang": {"en": 2}, "deleted": 0, "message_trees": 1
    }  # fmt: skip
    assert answer["after"] == {"all": 2, "active": 0, "active_by_lang": {}, "deleted": 2, "message_trees": 1}
    assert answer["duration"] > 0
    assert Tree.objects.count() == 1
    assert User.objects.get(pk=troll.pk).status == Status.ACTIVE
    assert not ActionLog.objects.exists()


def test_a_person_who_replied_in_other_trees_and_was_edited_is_purged(moderator: Program) -> None:
    troll = make_person()
    tree = make_tree(replies=2, authors=[troll])
    theirs = tree.messages.get(author=troll)
    MessageRevision.objects.create(message=theirs, text="Before", at=NOW)
    add_message(tree=tree, parent=theirs)
    advance(tree)
    answer = moderator.post(f"admin/purge_user/{troll.pk}", preview=False).json()
    # What another wrote below is hidden with an empty place above it.
    assert (answer["before"]["active"], answer["after"]["active"], answer["after"]["deleted"]) == (4, 2, 2)
    assert not Message.objects.filter(author=troll).exists()
    stats = moderator.post(f"admin/purge_user/{uuid4()}")
    assert (stats.status_code, stats.json()["error_code"]) == (404, 4002)
    assert Message.objects.count() == 4
    assert User.objects.get(pk=troll.pk).status == Status.DELETED
    assert set(ActionLog.objects.values_list("by", flat=True)) == {moderator.client.person.pk}
    assert drifts() == []


def test_messages_of_a_time_are_purged_without_the_account(moderator: Program) -> None:
    person = make_person()
    make_tree(replies=1, authors=[person])
    own = make_tree(author=person)

    def purge(**query: Any) -> int:
        answer = moderator.post(f"admin/purge_user/{person.pk}/messages", preview=False, **query).json()
        return int(answer["before"]["all"] - answer["after"]["all"])

    assert purge(min_date="2030-01-01T00:00:00") == 0
    assert purge(max_date="2000-01-01T00:00:00Z") == 0
    assert purge(min_date="2000-01-01T00:00:00Z", max_date="2030-01-01T00:00:00Z") == 1
    assert Tree.objects.filter(pk=own.pk).exists()
    assert purge(purge_initial_prompts=True) == 1
    assert User.objects.get(pk=person.pk).status == Status.ACTIVE
    assert drifts() == []


@pytest.mark.parametrize("path", ["purge_user/{}", "purge_user/{}/messages"])
def test_only_moderators_purge_and_nobody_an_administrator(moderator: Program, path: str) -> None:
    admin = Program(Scope.ADMIN).client.person
    assert Program().post(f"admin/{path.format(admin.pk)}").status_code == 403
    response = moderator.post(f"admin/{path.format(admin.pk)}", preview=False)
    assert (response.status_code, response.json()["error_code"]) == (403, 9003)
    assert moderator.post(f"admin/{path.format('nobody')}").status_code == 422


# --- merging


def test_two_accounts_with_the_same_reaction_become_one(moderator: Program) -> None:
    message = root_of(make_tree())
    volunteers = Program()
    names = [somebody("ada"), somebody("ada", "google")]
    for name in names:
        flag = {"user": name, "emoji": "red_flag", "op": "add"}
        assert volunteers.post(f"messages/{message.pk}/emoji", flag).status_code == 202
    into, source = User.objects.filter(username="ada").order_by("auth_method")
    body: dict[str, Any] = {"destination_user_id": into.pk, "source_user_ids": [source.pk]}
    assert moderator.post("admin/merge_users", body).status_code == 204
    assert [reaction.person for reaction in message.reactions.all()] == [into]
    assert User.objects.get(pk=source.pk).status == Status.DELETED
    assert drifts() == []


def test_merging_names_what_is_wrong(moderator: Program) -> None:
    into, source, closed = make_person(), make_person(), make_person(status=Status.DELETED)

    def refusal(program: Program, destination: Any, *sources: Any) -> tuple[int, int]:
        body = {"destination_user_id": destination, "source_user_ids": sources}
        response = program.post("admin/merge_users", body)
        return response.status_code, response.json()["error_code"]

    assert refusal(Program(), into.pk, source.pk) == (403, 2)
    assert refusal(moderator, into.pk, uuid4()) == (404, 4002)
    assert refusal(moderator, closed.pk, source.pk) == (400, 9004)
    assert refusal(moderator, into.pk, Program(Scope.ADMIN).client.person.pk) == (403, 9003)
    assert moderator.post("admin/merge_users", {"destination_user_id": "x"}).status_code == 422
    assert User.objects.get(pk=source.pk).status == Status.ACTIVE
