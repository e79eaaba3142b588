"""The tables, for administrators to look at: nobody else gets in, nothing is written, and no secret shows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import keys
from accounts.models import ApiClient, Role, Scope, Status, User
from moderation import notes
from oasst_web.pages import admin
from tasks.models import Message
from tasks.tree_states import State
from tests.making import make_tree, root_of
from tests.pages.site import client_of, make_person

pytestmark = pytest.mark.django_db

TABLES: list[Any] = list(admin.site._registry.values())


@pytest.fixture
def client() -> Client:
    return client_of(make_person("Ada", role=Role.ADMIN))


def addresses() -> Iterator[str]:
    yield reverse("admin:index")
    for table in TABLES:
        meta = table.model._meta
        yield reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")


@pytest.mark.parametrize("role", [None, Role.GENERAL, Role.MODERATOR])
def test_nobody_else_gets_in(role: Role | None) -> None:
    client = Client() if role is None else client_of(make_person(role=role))
    for address in addresses():
        response = client.get(address)
        if role is None:
            assert response.status_code == 302
            assert response["Location"].startswith(reverse("account_request_login_code"))
        else:
            assert response.status_code == 403


def test_an_administrator_who_was_banned_is_out_at_once(client: Client) -> None:
    assert client.get(reverse("admin:index")).status_code == 200
    User.objects.update(status=Status.BANNED)
    assert client.get(reverse("admin:index")).status_code in (302, 403)


def test_every_table_can_be_looked_at(client: Client) -> None:
    make_tree(state=State.READY_FOR_EXPORT)
    for address in addresses():
        assert client.get(address).status_code == 200, address
        assert client.get(address, {"q": "no id"}).status_code == 200, address


def test_a_row_is_found_by_its_id_and_leads_to_its_page(client: Client) -> None:
    tree = make_tree(state=State.GROWING)
    make_tree(state=State.GROWING)
    response = client.get(reverse("admin:tasks_tree_changelist"), {"q": str(tree.pk)})
    assert [row.pk for row in response.context["cl"].result_list] == [tree.pk]
    page = client.get(reverse("admin:tasks_tree_change", args=[tree.pk]))
    assert page.status_code == 200
    assert reverse("moderated_tree", args=[tree.pk]) in page.content.decode()


@pytest.mark.parametrize("wrong", ["nonsense", "0", "9" * 40, "00000000-0000-4000-8000-000000000000", "\x00"])
def test_what_is_no_row_leads_back(client: Client, wrong: str) -> None:
    for name in ("tasks_tree", "accounts_pointentry", "moderation_report"):
        response = client.get(reverse("admin:index") + f"{name.replace('_', '/')}/{wrong}/change/")
        assert response.status_code in (302, 404)


def test_nothing_can_be_added_changed_or_deleted(client: Client) -> None:
    tree = make_tree(state=State.GROWING)
    for table in TABLES:
        name = f"admin:{table.model._meta.app_label}_{table.model._meta.model_name}"
        assert client.get(reverse(f"{name}_add")).status_code == 403
        assert client.post(reverse(f"{name}_add"), {}).status_code == 403
        answer = client.post(reverse(f"{name}_changelist"), {"action": "delete_selected", "_selected_action": "1"})
        assert answer.status_code in (302, 403, 200)
    for what in ("change", "delete"):
        address = reverse(f"admin:tasks_tree_{what}", args=[tree.pk])
        assert client.post(address, {"state": "halted_by_moderator", "post": "yes"}).status_code == 403
    tree.refresh_from_db()
    assert tree.state == State.GROWING
    assert not LogEntry.objects.exists()


def test_no_secret_no_address_and_no_text_shows(client: Client) -> None:
    person = make_person("Somebody")
    key = keys.issue(description="a site", scopes=[Scope.VOLUNTEER], now=timezone.now())[1]
    message: Message = root_of(make_tree(state=State.GROWING, author=person))
    notes.note(person_id=person.pk, by=User.objects.get(display_name="Ada"), text="A NOTE", now=timezone.now())
    client_row = ApiClient.objects.get()
    for name, pk in (
        ("accounts_user", person.pk),
        ("accounts_apiclient", client_row.pk),
        ("tasks_message", message.pk),
    ):
        for address in (reverse(f"admin:{name}_changelist"), reverse(f"admin:{name}_change", args=[pk])):
            page = client.get(address).content.decode()
            for secret in (person.email, person.password, client_row.key_hash, key, message.text, "A NOTE"):
                assert secret not in page
