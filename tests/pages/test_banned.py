"""Nobody who was banned comes in: by no way there is, nor with what they had under another name. They learn why."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Role, User
from moderation import people, sanctions
from moderation.log import Grounds
from moderation.reasons import REASONS, Reason
from oasst_web import sign_in
from oasst_web.demo import people as demo
from tasks import rulebook
from tests.accounts.other_site import OtherSite, in_place_of_all
from tests.accounts.passkey import Device
from tests.pages.site import client_of, make_person
from tests.pages.test_account_links import ada_at_discord, ada_at_github, ada_at_google, by_code, said, there_and_back
from tests.pages.test_entrance import ask_for_code, code_in, without_code

pytestmark = pytest.mark.django_db

EMAIL = "ada@example.org"
WHY = "You sold shoes in every answer."


@pytest.fixture(autouse=True)
def _no_limits_of_other_tests(settings: Settings) -> None:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
    settings.OPERATOR = "Example Club, mail@example.org"


@pytest.fixture
def other_site(settings: Settings) -> Iterator[OtherSite]:
    with in_place_of_all(settings) as site:
        yield site


def given() -> dict[str, Any]:
    by = make_person("Strict Sheriff", role=Role.MODERATOR)
    return {"by": by, "why": "Among us", "now": timezone.now(), "rules": rulebook.in_force(), "rng": Random(1)}


def ban(person: User) -> None:
    grounds = Grounds(reason=Reason.SPAM.value, told=WHY)
    sanctions.ban_person(person_id=person.pk, grounds=grounds, **given())


def close(person: User) -> None:
    people.close_account(person_id=person.pk, **given())


def confirm(client: Client, code: str) -> Any:
    return client.post(reverse("account_confirm_login_code"), {"code": code})


def refused_with_reason(client: Client, response: Any) -> str:
    """The page on which the way in ends, which says why."""
    assert response["Location"] == reverse("account_inactive"), response
    assert "_auth_user_id" not in client.session
    page = client.get(response["Location"])
    text = page.content.decode()
    assert page.status_code == 403
    for words in (WHY, str(REASONS[Reason.SPAM].told), "Example Club, mail@example.org"):
        assert words in text
    for words in ("Strict Sheriff", "Among us"):
        assert words not in text
    return text


def test_a_code_opens_nothing_but_says_why() -> None:
    ban(by_code(EMAIL))
    client = Client()
    text = refused_with_reason(client, confirm(client, ask_for_code(client, EMAIL)))
    assert "This account is banned" in text


def test_asking_for_a_code_tells_nobody_who_is_banned() -> None:
    ban(by_code(EMAIL))
    close(by_code("closed@example.org"))
    mail.outbox.clear()
    pages = []
    for email in (EMAIL, "ada+2@example.org", "closed@example.org", "nobody@example.org"):
        client = Client()
        ask_for_code(client, email)
        page = client.get(reverse("account_confirm_login_code")).content.decode()
        pages.append(page.replace(email, "").split("<main")[1])
        wrong = confirm(client, "WRONG1").content.decode()
        assert "This is not the code we sent" in wrong
        inactive = client.get(reverse("account_inactive")).content.decode()
        assert WHY not in inactive, "without the code nobody learns anything"
        assert "banned" not in inactive
    assert len({without_token(page) for page in pages}) == 1
    assert len({without_code(message) for message in mail.outbox}) == 1  # type: ignore[arg-type]


def without_token(page: str) -> str:
    return "".join(line for line in page.splitlines() if "csrfmiddlewaretoken" not in line)


@pytest.mark.parametrize("email", [EMAIL, "Ada+new@Example.org"])
def test_nobody_signs_up_again_with_the_address_of_a_ban(email: str) -> None:
    person = by_code(EMAIL)
    ban(person)
    close(person)
    for _again in range(2):
        client = Client()
        text = refused_with_reason(client, confirm(client, ask_for_code(client, email)))
        assert "You cannot come in here" in text


def test_an_account_made_in_advance_and_never_used_does_not_help() -> None:
    early = Client()
    code = ask_for_code(early, "ada+reserve@example.org")
    ban(by_code(EMAIL))
    refused_with_reason(early, confirm(early, code))
    again = Client()
    refused_with_reason(again, confirm(again, ask_for_code(again, "ada+reserve@example.org")))


def test_a_ban_while_the_code_is_on_its_way_is_in_time() -> None:
    person = by_code(EMAIL)
    client = Client()
    code = ask_for_code(client, EMAIL)
    ban(person)
    refused_with_reason(client, confirm(client, code))


def test_why_is_told_for_a_while_and_only_in_the_browser_that_proved_it(monkeypatch: pytest.MonkeyPatch) -> None:
    ban(by_code(EMAIL))
    client = Client()
    confirm(client, ask_for_code(client, EMAIL))
    assert WHY not in Client().get(reverse("account_inactive")).content.decode()
    assert WHY in client.get(reverse("account_inactive")).content.decode()
    monkeypatch.setattr(sign_in, "TOLD_FOR", timedelta(seconds=-1))
    assert WHY not in client.get(reverse("account_inactive")).content.decode()


def test_a_session_ends_at_the_next_request_and_nothing_typed_is_lost() -> None:
    person = make_person()
    client = client_of(person)
    assert client.get(reverse("my_messages")).status_code == 200
    ban(person)
    assert client.get(reverse("my_messages")).status_code == 302
    response = client.post(reverse("report", args=[person.pk]), {"text": "Half a page"})
    assert response.status_code == 401
    assert "Half a page" in response.content.decode()


@pytest.mark.parametrize("come", [ada_at_google, ada_at_discord, ada_at_github])
@pytest.mark.parametrize("closed", [False, True])
def test_no_account_of_another_site_opens(other_site: OtherSite, come: Any, closed: bool) -> None:
    site = come.__name__.removeprefix("ada_at_")
    come(other_site, EMAIL)
    client = Client()
    there_and_back(client, site)
    person = User.objects.get(pk=client.session["_auth_user_id"])
    ban(person)
    if closed:
        close(person)
    # With the same account, though its address is another one by now; and with the address at another account.
    for email in (EMAIL, "new@example.org"):
        come(other_site, email)
        client = Client()
        refused_with_reason(client, there_and_back(client, site))
    assert User.objects.filter(role=Role.GENERAL).count() == 1


def test_another_account_of_another_site_with_an_address_of_a_ban_opens_nothing(other_site: OtherSite) -> None:
    person = by_code(EMAIL)
    ban(person)
    close(person)
    ada_at_github(other_site, "innocent@example.org", EMAIL)
    client = Client()
    refused_with_reason(client, there_and_back(client, "github"))
    assert not SocialAccount.objects.exists()


def test_nobody_links_an_account_or_adds_an_address_of_a_ban_to_theirs(other_site: OtherSite) -> None:
    ada_at_google(other_site, EMAIL)
    first = Client()
    there_and_back(first, "google")
    person = User.objects.get(pk=first.session["_auth_user_id"])
    ban(person)
    close(person)
    client = client_of(make_person())
    assert "is shut out" in said(there_and_back(client, "google"))
    client.post(reverse("add_address"), {"email": EMAIL})
    response = client.post(reverse("prove_address"), {"code": code_in(str(mail.outbox[-1].body))})
    assert "is shut out" in said(response)
    assert not EmailAddress.objects.filter(email=EMAIL).exists()
    assert not SocialAccount.objects.exists()


def test_who_shares_a_verified_address_with_a_ban_elsewhere_still_comes_in(other_site: OtherSite) -> None:
    bob = by_code("bob@example.org")
    ban(by_code(EMAIL))
    ada_at_github(other_site, "bob@example.org", EMAIL)
    client = Client()
    there_and_back(client, "github")
    assert client.session["_auth_user_id"] == str(bob.pk)
    assert not EmailAddress.objects.filter(user=bob, email=EMAIL).exists()


def test_a_passkey_opens_nothing() -> None:
    person, device = make_person(), Device()
    device.register(client_of(person))
    client = Client()
    assert device.sign_in(client)["Location"] == reverse("dashboard")
    assert client.session["_auth_user_id"] == str(person.pk)
    ban(person)
    client = Client()
    refused_with_reason(client, device.sign_in(client))


def test_the_demo_opens_no_banned_account(client: Client, settings: Settings) -> None:
    settings.DEMO = True
    person = User.objects.create_user(demo.EMAILS[0])
    ban(person)
    refused_with_reason(client, client.post(reverse("demo_sign_in"), {"email": person.email}))


def test_when_the_ban_is_over_the_door_is_open_again() -> None:
    person = by_code(EMAIL)
    ban(person)
    sanctions.unban_person(person_id=person.pk, by=make_person(role=Role.MODERATOR), why="", now=timezone.now())
    assert by_code(EMAIL) == person


def test_a_closed_account_that_was_suspended_long_ago_begins_anew() -> None:
    person = by_code(EMAIL)
    now = timezone.now()
    given_ = {**given(), "grounds": Grounds(told=WHY)}
    sanctions.suspend(person_id=person.pk, until=now + timedelta(days=1), **given_)
    sanctions.end_suspensions(now=now + timedelta(days=2))
    close(person)
    again = by_code(EMAIL)
    assert again != person
