"""The log as a page: who reads it, how it is searched, and how it is taken away."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Role, User
from moderation import actions, sanctions
from moderation.log import Grounds
from moderation.models import ActionLog
from tests.making import NOW, given, make_tree
from tests.pages.site import client_of, make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def moderator() -> User:
    return make_person("Mora", role=Role.MODERATOR)


@pytest.fixture
def client(moderator: User) -> Client:
    return client_of(moderator)


@pytest.fixture
def troll(moderator: User) -> User:
    troll = make_person("Troll")
    actions.halt_tree(tree_id=make_tree(author=troll).pk, by=moderator, why="looks odd", **given())
    grounds = Grounds(reason="spam", told="Please stop.")
    sanctions.warn(person_id=troll.pk, by=moderator, why="=HYPERLINK(1)", now=NOW, grounds=grounds)
    return troll


def page(client: Client, **asked: Any) -> str:
    return client.get(reverse("audit_log"), asked).content.decode()


def test_a_line_says_who_did_what_to_whom_and_why(client: Client, troll: User) -> None:
    shown = page(client)
    for words in ("Warned somebody", "Stopped a tree", "Mora", "Troll", "looks odd", "Advertising or spam"):
        assert words in shown
    assert shown.rindex("Warned somebody") < shown.rindex("Stopped a tree"), "newest first"


def test_lines_are_found_by_person_action_and_what_they_are_about(client: Client, troll: User) -> None:
    line = ActionLog.objects.get(action="halt_tree")
    for asked, found in (
        ({"person": "Troll"}, {"looks odd", "=HYPERLINK(1)"}),
        ({"person": "Nobody of this name"}, set()),
        ({"action": "warn_person"}, {"=HYPERLINK(1)"}),
        ({"about": str(line.tree_id)}, {"looks odd"}),
        ({"since": "2999-01-01"}, set()),
    ):
        shown = page(client, **asked)
        assert {why for why in ("looks odd", "=HYPERLINK(1)") if why in shown} == found, asked


def test_the_log_is_taken_away_as_lines_of_json_and_as_a_table(client: Client, troll: User) -> None:
    address = reverse("audit_export")
    rows = [json.loads(line) for line in client.get(address, {"format": "jsonl"}).getvalue().decode().splitlines()]
    assert [row["action"] for row in rows] == ["halt_tree", "warn_person"]
    assert rows[0]["by_name"] == "Mora"
    assert rows[0]["before"]["state"] == "growing"
    table = list(csv.DictReader(io.StringIO(client.get(address, {"format": "csv"}).getvalue().decode())))
    assert [row["action"] for row in table] == ["halt_tree", "warn_person"]
    assert not table[1]["why"].startswith("="), "a spreadsheet would calculate it"


def test_only_moderators_read_the_log_and_nobody_writes_it(client: Client, troll: User) -> None:
    for name in ("audit_log", "audit_export"):
        assert client_of(troll).get(reverse(name)).status_code == 403
        assert client.post(reverse(name)).status_code == 405
