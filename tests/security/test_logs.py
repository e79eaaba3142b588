"""What the log says of the doors, and what it never says."""

from __future__ import annotations

import logging
import re
import sys
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from accounts import keys
from accounts.models import Role, Scope
from common.one_line import OneLine
from tests.pages.site import client_of, make_person
from tests.pages.test_entrance import ask_for_code

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_limits_of_other_tests(settings: Settings) -> None:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """Everything, also what only a developer would switch on."""
    caplog.set_level(logging.DEBUG)
    for name in ("django.db.backends", "django.request", "allauth", "oasst"):
        caplog.set_level(logging.DEBUG, logger=name)
    return caplog


def events(log: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in log.records if record.name == "oasst.security"]


def test_coming_in_and_going_out_is_noted(client: Client, log: pytest.LogCaptureFixture) -> None:
    person = make_person()
    code = ask_for_code(client, person.email or "")
    client.post(reverse("account_confirm_login_code"), {"code": code})
    client.post(reverse("account_logout"))
    said = events(log)
    assert any(line.startswith("signed_in") and str(person.pk) in line for line in said)
    assert any(line.startswith("signed_out") and str(person.pk) in line for line in said)


def test_a_wrong_code_is_noted(client: Client, log: pytest.LogCaptureFixture) -> None:
    ask_for_code(client, make_person().email or "")
    client.post(reverse("account_confirm_login_code"), {"code": "WRONG-1"})
    assert any(line.startswith("incorrect_code") for line in events(log))


def test_whoever_was_banned_and_comes_back_is_noted(client: Client, log: pytest.LogCaptureFixture) -> None:
    person = make_person(status="banned")
    code = ask_for_code(client, person.email or "")
    client.post(reverse("account_confirm_login_code"), {"code": code})
    assert any(line.startswith("turned_away") and str(person.pk) in line for line in events(log))


def test_what_was_refused_is_noted_with_who_and_what(log: pytest.LogCaptureFixture) -> None:
    person = make_person()
    client_of(person).get(reverse("moderated_person", args=[person.pk]))
    Client().get("/api/v2/me")
    said = events(log)
    assert any(re.search(rf"refused status=403 .*moderation/people/.* person={person.pk}", line) for line in said)
    assert any("refused status=401" in line for line in said)


def test_no_secret_is_ever_logged(client: Client, log: pytest.LogCaptureFixture, settings: Settings) -> None:
    """A sign-in, wrong and right; a key, wrong and right; a page that breaks. Statements of the database aside: they
    are logged by nobody who did not switch that on."""
    person = make_person("Nadja", role=Role.MODERATOR)
    code = ask_for_code(client, person.email or "")
    client.post(reverse("account_confirm_login_code"), {"code": "WRONG-1"})
    client.post(reverse("account_confirm_login_code"), {"code": code})
    key = keys.issue(description="a site", scopes=[Scope.VOLUNTEER], now=timezone.now())[1]
    for given in (key, "0" * 64):
        client.get("/api/v1/messages/", headers={"X-API-Key": given})
    mail_off = reverse("mail_off", args=["a-token-of-somebody"])
    client.get(mail_off)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    client.get(reverse("tree", args=["00000000-0000-4000-8000-000000000000"]), {"q": "what I look for"})
    assert mail.outbox
    written = "\n".join(
        OneLine("%(name)s %(message)s").format(record)
        for record in log.records
        if record.name != "django.db.backends" and not record.name.startswith("celery")
    )
    assert "signed_in" in written
    for secret in (code, key, session, "WRONG-1", person.email, "what I look for"):
        assert str(secret) not in written


def test_a_line_stays_one_line_whatever_is_in_it() -> None:
    def line(message: str, **about: Any) -> str:
        return OneLine("%(levelname)s %(message)s").format(
            logging.LogRecord("x", logging.INFO, "", 0, message, None, about.get("exc_info"))
        )

    assert line("a\nERROR b\r\x1b[2Jc\u2028d") == "INFO a\\nERROR b\\r\\x1b[2Jc\\x2028d"
    try:
        raise ValueError("first\nINFO signed_in person=1")
    except ValueError:
        told = line("broken", exc_info=sys.exc_info())
    assert all(each.startswith(("INFO broken", "| ")) for each in told.splitlines())
    assert "INFO signed_in" in told
