"""What nobody searches for is stored encrypted, and a key can be replaced while people work."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from accounts import keys, webhooks
from accounts.models import NoticeKind, Role, Scope, Webhook
from common import encrypted
from common.encrypted import Unreadable
from moderation import notes, people, reports
from moderation.models import PersonNote, Report
from moderation.people import Changes
from tasks.tree_states import State
from tests.making import given, make_tree, root_of
from tests.pages.site import make_person

pytestmark = pytest.mark.django_db


def stored(table: str, column: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {table} WHERE {column} <> ''")  # noqa: S608
        return str(cursor.fetchone()[0])


def one_of_each() -> None:
    admin, person = make_person(role=Role.ADMIN), make_person()
    message = root_of(make_tree(state=State.GROWING))
    reports.report(message_id=message.pk, person=person, labels=["pii"], text="SECRET WORDS", now=timezone.now())
    notes.note(person_id=person.pk, text="SECRET WORDS", by=admin, now=timezone.now())
    changes = Changes(notes="SECRET WORDS")
    people.edit(person_id=person.pk, changes=changes, by=admin, why="", **given(now=timezone.now()))
    client, _key = keys.issue(description="a site", scopes=[Scope.VOLUNTEER], now=timezone.now())
    webhooks.subscribe(client=client, url="https://example.org/hook", kinds=list(NoticeKind)[:1], now=timezone.now())


COLUMNS = [
    ("moderation_report", "text"),
    ("moderation_personnote", "text"),
    ("accounts_user", "notes"),
    ("accounts_webhook", "secret"),
]


def test_the_database_holds_none_of_it_in_plain() -> None:
    one_of_each()
    for table, column in COLUMNS:
        raw = stored(table, column)
        assert raw.startswith(encrypted.MARK)
        assert "SECRET" not in raw
        assert "whsec_" not in raw
    assert Report.objects.get().text == PersonNote.objects.get().text == "SECRET WORDS"
    assert Webhook.objects.get().secret.startswith("whsec_")


def test_a_key_is_replaced_and_the_old_one_taken_away(settings: Settings) -> None:
    one_of_each()
    old = settings.ENCRYPTION_KEYS
    settings.ENCRYPTION_KEYS = ["a new key", *old]
    assert Report.objects.get().text == "SECRET WORDS"
    out = StringIO()
    call_command("reencrypt", stdout=out)
    assert "moderation.Report.text: 1 texts encrypted anew" in out.getvalue()
    settings.ENCRYPTION_KEYS = ["a new key"]
    assert Report.objects.get().text == "SECRET WORDS"
    assert Webhook.objects.get().secret.startswith("whsec_")
    settings.ENCRYPTION_KEYS = old
    with pytest.raises(Unreadable):
        Report.objects.get()


def test_what_was_stored_before_is_read_and_encrypted_by_the_same_command() -> None:
    one_of_each()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE moderation_report SET text = 'from before'")
    assert Report.objects.get().text == "from before"
    call_command("reencrypt", stdout=StringIO())
    assert stored("moderation_report", "text").startswith(encrypted.MARK)
    assert Report.objects.get().text == "from before"
    again = StringIO()
    call_command("reencrypt", stdout=again)
    assert "moderation.Report.text: 0 texts" in again.getvalue()
