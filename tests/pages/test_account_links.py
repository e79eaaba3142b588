"""Signing in with accounts of other sites: one verified address is one person, whichever way they came first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.contrib.messages import get_messages
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from accounts import profiles
from accounts.models import AuthMethod, Status, User
from tests.accounts.other_site import OtherSite, in_place_of_all
from tests.pages.site import client_of, make_person
from tests.pages.test_entrance import ask_for_code

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_limits_of_other_tests(settings: Settings) -> None:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}


@pytest.fixture
def other_site(settings: Settings) -> Iterator[OtherSite]:
    with in_place_of_all(settings) as site:
        yield site


def ada_at_google(other_site: OtherSite, email: str = "ada@example.org", verified: bool = True) -> None:
    other_site.profile = {
        "id": "g-1",
        "email": email,
        "verified_email": verified,
        "given_name": "Ada",
        "name": "Ada Augusta King",
        "picture": "https://example.org/ada.jpg",
    }


def ada_at_discord(other_site: OtherSite, email: str = "ada@example.org", verified: bool = True) -> None:
    other_site.profile = {"id": 81, "username": "ada81", "global_name": "Ada", "email": email, "verified": verified}


def ada_at_github(other_site: OtherSite, *emails: str) -> None:
    other_site.profile = {"id": 42, "login": "countess", "name": "Ada King", "email": None}
    other_site.emails = [
        {"email": email, "primary": place == 0, "verified": True} for place, email in enumerate(emails)
    ]


def there_and_back(client: Client, site: str, **data: str) -> Any:
    """Press the button, be sent to the other site, and come back."""
    away = client.post(reverse("sign_in_with", args=[site]), data)
    assert away.status_code == 302, away.content
    answer = requests.get(away["Location"], allow_redirects=False, timeout=5)
    back = answer.headers["Location"]
    assert back.startswith("http://testserver/sign-in/with/")
    return client.get(back.removeprefix("http://testserver"))


def signed_in(client: Client) -> User:
    return User.objects.get(pk=client.session["_auth_user_id"])


def by_code(email: str) -> User:
    """Come in with a code, in a browser of its own."""
    client = Client()
    client.post(reverse("account_confirm_login_code"), {"code": ask_for_code(client, email)})
    return signed_in(client)


def said(response: Any) -> str:
    return " ".join(str(message) for message in get_messages(response.wsgi_request))


def test_a_newcomer_from_another_site_becomes_a_person_with_a_modest_name(other_site: OtherSite) -> None:
    ada_at_google(other_site)
    client = Client(headers={"accept-language": "de"})
    response = there_and_back(client, "google", next=reverse("rules"))
    assert response["Location"] == reverse("rules")
    person = signed_in(client)
    assert (person.email, person.display_name, person.lang) == ("ada@example.org", "Ada", "de")
    assert (person.auth_method, person.has_usable_password()) == (AuthMethod.GOOGLE, False)
    assert EmailAddress.objects.get(user=person).verified
    # Of what the other site told, nothing is kept that is not needed.
    assert SocialAccount.objects.get(user=person).extra_data == {"name": "ada@example.org"}
    assert not mail.outbox


@pytest.mark.parametrize("come", [ada_at_google, ada_at_discord, ada_at_github])
def test_first_by_mail_then_by_an_account_with_the_same_address(other_site: OtherSite, come: Any) -> None:
    first = by_code("ada@example.org")
    come(other_site, "Ada@example.org")
    client = Client()
    there_and_back(client, come.__name__.removeprefix("ada_at_"))
    assert signed_in(client) == first
    assert User.objects.count() == 1
    # It is linked now: the address may change there.
    come(other_site, "king@example.org")
    there_and_back(client, come.__name__.removeprefix("ada_at_"))
    client = Client()
    there_and_back(client, come.__name__.removeprefix("ada_at_"))
    assert signed_in(client) == first


@pytest.mark.parametrize("come", [ada_at_google, ada_at_discord, ada_at_github])
def test_first_by_an_account_then_by_mail_to_the_same_address(other_site: OtherSite, come: Any) -> None:
    come(other_site, "ada@example.org")
    client = Client()
    there_and_back(client, come.__name__.removeprefix("ada_at_"))
    assert by_code("ada@example.org") == signed_in(client)
    assert User.objects.count() == 1


def test_every_verified_address_of_an_account_is_the_same_person(other_site: OtherSite) -> None:
    ada_at_github(other_site, "ada@example.org", "king@example.org", "42+countess@users.noreply.github.com")
    client = Client()
    there_and_back(client, "github")
    person = signed_in(client)
    assert person.display_name == "countess"
    assert by_code("king@example.org") == person
    assert sorted(EmailAddress.objects.values_list("email", flat=True)) == ["ada@example.org", "king@example.org"]
    # And by another site that knows only the second one.
    ada_at_discord(other_site, "king@example.org")
    client = Client()
    there_and_back(client, "discord")
    assert signed_in(client) == person


@pytest.mark.parametrize("come", [ada_at_google, ada_at_discord])
def test_an_address_the_other_site_has_not_verified_makes_nobody_the_same(other_site: OtherSite, come: Any) -> None:
    victim = by_code("ada@example.org")
    come(other_site, "ada@example.org", False)
    client = Client()
    there_and_back(client, come.__name__.removeprefix("ada_at_"))
    stranger = signed_in(client)
    assert stranger != victim
    assert stranger.email is None
    assert by_code("ada@example.org") == victim


def test_an_unverified_address_is_not_kept_for_later_either(other_site: OtherSite) -> None:
    ada_at_discord(other_site, "ada@example.org", False)
    client = Client()
    there_and_back(client, "discord")
    assert by_code("ada@example.org") != signed_in(client)


def test_two_people_without_an_address_can_come(other_site: OtherSite) -> None:
    ada_at_discord(other_site, verified=False)
    there_and_back(Client(), "discord")
    other_site.profile = {"id": 82, "username": "bob"}
    there_and_back(Client(), "discord")
    assert sorted(User.objects.values_list("display_name", flat=True)) == ["Ada", "bob"]


def test_who_is_signed_in_links_an_account_and_may_unlink_it(other_site: OtherSite) -> None:
    me = by_code("me@example.org")
    client = client_of(me)
    ada_at_google(other_site)
    response = there_and_back(client, "google")
    assert response["Location"] == reverse("account_sign_in")
    page = client.get(reverse("account_sign_in")).content.decode()
    assert "you can sign in with Google too" in page
    assert "ada@example.org" in page
    assert SocialAccount.objects.get().user == me
    assert by_code("ada@example.org") == me
    visitor = Client()
    there_and_back(visitor, "google")
    assert signed_in(visitor) == me

    client.post(reverse("unlink_account", args=[SocialAccount.objects.get().pk]))
    assert not SocialAccount.objects.exists()


def test_linking_brings_no_account_and_no_address_of_somebody_else(other_site: OtherSite) -> None:
    ada_at_google(other_site)
    there_and_back(Client(), "google")
    bob = by_code("bob@example.org")
    response = there_and_back(client_of(bob), "google")
    assert "belongs to another account here" in said(response)
    ada_at_discord(other_site)
    response = there_and_back(client_of(bob), "discord")
    assert "belongs to another account here" in said(response)
    assert not SocialAccount.objects.filter(user=bob).exists()
    # Nor one without any address.
    ada_at_github(other_site)
    there_and_back(Client(), "github")
    response = there_and_back(client_of(bob), "github")
    assert "somebody else comes in here" in said(response)
    assert not SocialAccount.objects.filter(user=bob).exists()


def test_asking_for_a_code_to_an_address_keeps_nobody_from_linking_it(other_site: OtherSite) -> None:
    ask_for_code(Client(), "ada@example.org")
    me = by_code("me@example.org")
    ada_at_google(other_site)
    there_and_back(client_of(me), "google")
    assert by_code("ada@example.org") == me


def test_the_last_way_in_stays(other_site: OtherSite, settings: Settings) -> None:
    ada_at_discord(other_site, verified=False)
    client = Client()
    there_and_back(client, "discord")
    account = SocialAccount.objects.get()
    assert "your last way to sign in" in said(client.post(reverse("unlink_account", args=[account.pk])))
    ada_at_google(other_site)
    there_and_back(client, "google")
    assert signed_in(client).email == "ada@example.org"
    # Accounts of sites from which nobody can come do not count.
    SocialAccount.objects.filter(provider="google").delete()
    settings.SOCIALACCOUNT_PROVIDERS = {}
    response = client.post(reverse("remove_address"), {"email": "ada@example.org"})
    assert "your last way to sign in" in said(response)
    assert EmailAddress.objects.filter(email="ada@example.org").exists()


def test_nobody_unlinks_an_account_of_somebody_else(other_site: OtherSite) -> None:
    ada_at_google(other_site)
    there_and_back(Client(), "google")
    client_of(by_code("bob@example.org")).post(reverse("unlink_account", args=[SocialAccount.objects.get().pk]))
    assert SocialAccount.objects.exists()


def test_a_banned_person_stays_banned(other_site: OtherSite) -> None:
    banned = by_code("ada@example.org")
    User.objects.filter(pk=banned.pk).update(status=Status.BANNED)
    ada_at_google(other_site)
    client = Client()
    response = there_and_back(client, "google")
    assert response["Location"] == reverse("account_inactive")
    assert "_auth_user_id" not in client.session
    assert "This account is banned" in client.get(response["Location"]).content.decode()
    assert User.objects.get().status == Status.BANNED


@pytest.mark.parametrize("linked", [True, False])
def test_a_closed_account_stays_closed(other_site: OtherSite, linked: bool) -> None:
    person = by_code("ada@example.org")
    ada_at_google(other_site)
    if linked:
        there_and_back(Client(), "google")
    User.objects.filter(pk=person.pk).update(status=Status.DELETED)
    client = Client()
    response = there_and_back(client, "google")
    assert response["Location"] == reverse("account_inactive")
    assert "_auth_user_id" not in client.session
    assert SocialAccount.objects.count() == linked


def test_whoever_does_not_agree_there_is_back_where_they_were(other_site: OtherSite) -> None:
    other_site.agrees = False
    response = there_and_back(Client(), "github")
    assert response["Location"] == reverse("account_request_login_code")
    assert "You did not go on at GitHub" in said(response)
    response = there_and_back(client_of(make_person()), "github")
    assert response["Location"] == reverse("account_sign_in")


def test_a_code_is_good_once_and_only_in_the_browser_that_asked(other_site: OtherSite) -> None:
    ada_at_google(other_site)
    client = Client()
    away = client.post(reverse("sign_in_with", args=["google"]))
    back = requests.get(away["Location"], allow_redirects=False, timeout=5).headers["Location"]
    path = back.removeprefix("http://testserver")
    stranger = Client()
    assert "Something went wrong" in said(stranger.get(path))
    assert "_auth_user_id" not in stranger.session
    assert client.get(path)["Location"] == reverse("dashboard")
    client.logout()
    assert "Something went wrong" in said(client.get(path))


def test_only_sites_whose_keys_are_set_are_offered(client: Client, settings: Settings, other_site: OtherSite) -> None:
    page = client.get(reverse("account_request_login_code")).content.decode()
    assert "Sign in with Google" in page
    assert "Sign in with Discord" in page
    settings.SOCIALACCOUNT_PROVIDERS = {"github": settings.SOCIALACCOUNT_PROVIDERS["github"]}
    page = client.get(reverse("account_request_login_code")).content.decode()
    assert "Sign in with GitHub" in page
    assert "Google" not in page
    for site in ("google", "nowhere"):
        assert client.post(reverse("sign_in_with", args=[site])).status_code == 404
    assert client.get(reverse("google_callback")).status_code == 404
    assert client.get(reverse("sign_in_with", args=["github"])).status_code == 405


def test_no_more_is_asked_of_the_other_site_than_who_it_is(other_site: OtherSite) -> None:
    ada_at_google(other_site)
    there_and_back(Client(), "google")
    ada_at_github(other_site, "ada@example.org")
    there_and_back(Client(), "github")
    ada_at_discord(other_site)
    there_and_back(Client(), "discord")
    assert [set(asked.split()) for asked in other_site.scopes] == [
        {"profile", "email"},
        {"user:email"},
        {"email", "identify"},
    ]


def test_the_pages_follow_a_person_in_their_language(other_site: OtherSite, settings: Settings) -> None:
    settings.LANGUAGES = [("en", "English"), ("de", "Deutsch")]
    person = by_code("ada@example.org")
    profiles.change(person=person, now=timezone.now(), interface_lang="de")
    ada_at_google(other_site)
    client = Client()
    there_and_back(client, "google")
    assert client.cookies[settings.LANGUAGE_COOKIE_NAME].value == "de"
