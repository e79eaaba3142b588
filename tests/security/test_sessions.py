"""How long somebody stays signed in, and what opens the moderators' area."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from allauth.account.internal.flows.login import record_authentication
from django.contrib import auth
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Role, User
from moderation import sanctions
from moderation.models import Action, ActionLog
from tests.pages.site import client_of, make_person
from tests.pages.test_entrance import ask_for_code

pytestmark = pytest.mark.django_db


def hours_left(client: Client) -> float:
    left = client.session.get_expiry_date() - timezone.now()
    return left / timedelta(hours=1)


@pytest.mark.parametrize("role", list(Role))
def test_a_session_ends_so_long_after_it_began_however_busy_it_is(role: Role, settings: Settings) -> None:
    client = client_of(make_person(role=role))
    before = client.session.get_expiry_date()
    client.post(reverse("choose_language"), {"lang": "de"})
    client.get(reverse("account"))
    assert client.session.get_expiry_date() == before
    limit = settings.SESSION_HOURS if role == Role.GENERAL else settings.MODERATOR_SESSION_HOURS
    assert limit - 0.1 < hours_left(client) <= limit
    assert settings.MODERATOR_SESSION_HOURS < settings.SESSION_HOURS


def test_so_does_one_that_began_with_a_code(client: Client, settings: Settings) -> None:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
    code = ask_for_code(client, make_person().email or "")
    answer = client.post(reverse("account_confirm_login_code"), {"code": code})
    assert settings.SESSION_HOURS - 0.1 < hours_left(client) <= settings.SESSION_HOURS
    left = int(answer.cookies[settings.SESSION_COOKIE_NAME]["max-age"]) / 3600
    assert settings.SESSION_HOURS - 0.1 < left <= settings.SESSION_HOURS
    assert client.post(reverse("add_address"), {"email": "another@example.org"}).status_code == 302


def test_an_ended_session_opens_nothing() -> None:
    client = client_of(make_person())
    session = client.session
    session.set_expiry(timezone.now() - timedelta(seconds=1))
    session.save()
    assert client.get(reverse("account")).status_code == 302


def test_whoever_becomes_a_moderator_signs_in_anew() -> None:
    person = make_person()
    client = client_of(person)
    admin = make_person(role=Role.ADMIN)
    sanctions.set_role(person_id=person.pk, role=Role.MODERATOR, by=admin, why="trusted", now=timezone.now())
    assert client.get(reverse("account")).status_code == 302


def test_a_new_session_begins_with_each_sign_in() -> None:
    client = client_of(make_person())
    first = client.session.session_key
    client.force_login(make_person())
    assert client.session.session_key != first
    assert not SessionStore().exists(first)


def signed_in(person: User, **how: Any) -> Client:
    """In a session that knows how they signed in."""
    client = client_of(person)
    request: HttpRequest = RequestFactory().get("/")
    request.session, request.user = client.session, person
    record_authentication(request, person, **how)
    request.session.save()
    assert auth.get_user(request) == person
    return client


def test_where_moderators_need_a_passkey_a_code_by_mail_does_not_open_their_area(settings: Settings) -> None:
    moderator = make_person(role=Role.MODERATOR)
    by_code = signed_in(moderator, method="code", email="somebody@example.org")
    by_passkey = signed_in(moderator, method="mfa", type="webauthn", passwordless=True)
    for client in (by_code, by_passkey):
        assert client.get(reverse("moderation_queue")).status_code == 200
    settings.MODERATORS_BY_PASSKEY = True
    refused = by_code.get(reverse("moderation_queue"))
    assert refused.status_code == 403
    assert reverse("account_sign_in") in refused.content.decode()
    assert by_passkey.get(reverse("moderation_queue")).status_code == 200
    # What volunteers do stays open to them.
    assert by_code.get(reverse("dashboard")).status_code == 200


def long_ago(client: Client) -> Client:
    """Signed in the day before."""
    session = client.session
    session["signed_in_at"] = (timezone.now() - timedelta(days=1)).timestamp()
    session.save()
    return client


CHANGES = [
    ("add_address", (), {"email": "typed@example.org"}),
    ("remove_address", (), {"email": "typed@example.org"}),
    ("main_address", (), {"email": "typed@example.org"}),
    ("unlink_account", (1,), {}),
    ("add_passkey", (), {"name": "a phone"}),
    ("remove_passkey", (1,), {}),
    ("account_delete", (), {"word": "delete"}),
]


@pytest.mark.parametrize(("name", "ids", "form"), CHANGES)
def test_how_one_signs_in_is_changed_only_soon_after_signing_in(
    name: str, ids: tuple[int, ...], form: dict[str, str]
) -> None:
    person = make_person()
    address = reverse(name, args=ids)
    refused = long_ago(client_of(person)).post(address, form)
    assert refused.status_code == 403
    assert "Sign in again" in refused.content.decode()
    assert client_of(person).post(address, form).status_code != 403


def test_an_account_elsewhere_is_linked_only_soon_after_signing_in(settings: Settings) -> None:
    app = {"client_id": "x", "secret": "y"}
    settings.SOCIALACCOUNT_PROVIDERS = {"github": {"APPS": [app], "OAUTH_PKCE_ENABLED": True}}
    person = make_person()
    address = reverse("sign_in_with", args=["github"])
    assert long_ago(client_of(person)).post(address).status_code == 403
    assert client_of(person).post(address).status_code == 302
    # Nobody is signed in yet who wants to come in with it.
    assert Client().post(address).status_code == 302


def test_signing_out_to_sign_in_again_leads_back_and_nowhere_else() -> None:
    client = long_ago(client_of(make_person()))
    page = client.post(reverse("add_address"), {"email": "typed@example.org"}).content.decode()
    wanted = f"{reverse('account_request_login_code')}?next="
    assert f'name="next" value="{wanted}' in page
    assert client.post(reverse("account_logout"), {"next": wanted + "/account/"})["Location"] == wanted + "/account/"
    assert (
        client_of(make_person()).post(reverse("account_logout"), {"next": "https://evil.example/"})["Location"] == "/"
    )


def test_a_moderator_signs_somebody_out_everywhere() -> None:
    moderator, person = make_person(role=Role.MODERATOR), make_person()
    theirs = client_of(person)
    answer = client_of(moderator).post(reverse("sign_out_person", args=[person.pk]), {"why": "a lost phone"})
    assert answer.status_code == 302
    assert theirs.get(reverse("account")).status_code == 302
    assert ActionLog.objects.get().action == Action.END_SESSIONS
    person.refresh_from_db()
    assert client_of(person).get(reverse("account")).status_code == 200


def test_the_tables_ask_for_it_too(settings: Settings) -> None:
    settings.MODERATORS_BY_PASSKEY = True
    client = signed_in(make_person(role=Role.ADMIN), method="code", email="somebody@example.org")
    assert client.get(reverse("admin:index")).status_code == 403
