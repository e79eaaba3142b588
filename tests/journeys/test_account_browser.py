"""The account pages in a real Chromium: passkeys, an account elsewhere under the strict policy, and no barriers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.urls import reverse
from pytest_django import Settings

from accounts.models import User
from tests.accounts.other_site import in_place_of_all
from tests.journeys.reader import Reader
from tests.pages.site import make_person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PAGES = ("account", "account_consent", "account_sign_in", "account_data", "account_delete")


@contextmanager
def device(reader: Reader) -> Iterator[None]:
    """A phone that keeps passkeys, and whose owner always agrees."""
    session = reader.page.context.new_cdp_session(reader.page)
    session.send("WebAuthn.enable")
    about = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": about})
    yield
    session.send("WebAuthn.disable")


def test_a_passkey_is_made_opens_the_door_and_is_removed(reader: Reader) -> None:
    person = make_person("Ada")
    page = reader.page
    with device(reader):
        reader.sign_in(person.email or "")
        reader.open("account_sign_in")
        page.get_by_label("Name of the passkey").fill("My phone")
        page.get_by_role("button", name="Add a passkey").click()
        page.get_by_text("The passkey is stored").wait_for()
        assert page.get_by_text("My phone").first.is_visible()
        # A device makes one for each account.
        page.get_by_role("button", name="Add a passkey").click()
        page.get_by_text("No passkey was made").wait_for()
        page.context.clear_cookies()

        page.goto(reader.site + reverse("account_request_login_code", query={"next": reverse("account_sign_in")}))
        page.get_by_role("button", name="Sign in with a passkey").click()
        page.wait_for_url(reader.site + reverse("account_sign_in"))
        page.get_by_role("button", name="Remove My phone").click()
        page.get_by_text("No passkey yet").wait_for()
        assert not Authenticator.objects.exists()
        page.context.clear_cookies()

        reader.open("account_request_login_code")
        page.get_by_role("button", name="Sign in with a passkey").click()
        page.get_by_text("We do not know this passkey").wait_for()


def test_an_account_elsewhere_opens_the_door_under_the_strict_policy(reader: Reader, settings: Settings) -> None:
    page = reader.page
    with in_place_of_all(settings) as other_site:
        # Chromium asks the policy of a form also where the answer sends it.
        directives = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
        settings.CONTENT_SECURITY_POLICY = {
            "DIRECTIVES": {**directives, "form-action": [*directives["form-action"], other_site.url]}
        }
        other_site.profile = {"id": 42, "login": "countess", "email": None}
        reader.open("account_request_login_code")
        assert reader.barriers() == []
        page.get_by_role("button", name="Sign in with GitHub").click()
        page.wait_for_url(lambda url: "/sign-in/" not in url)
        person = User.objects.get()
        assert person.display_name == "countess"

        reader.open("account_sign_in")
        other_site.profile = {"id": "81", "username": "ada81"}
        page.get_by_role("button", name="Link an account of Discord").click()
        page.get_by_text("you can sign in with Discord too").wait_for()
        page.get_by_role("button", name="Unlink GitHub").click()
        page.wait_for_load_state()
        assert SocialAccount.objects.get(user=person).provider == "discord"
        page.get_by_role("button", name="Unlink Discord").click()
        page.get_by_text("This is your last way to sign in").wait_for()


def test_the_account_pages_fit_a_phone_and_have_no_barriers(reader: Reader) -> None:
    person = make_person("Ada")
    reader.sign_in(person.email or "")
    page = reader.page
    page.set_viewport_size({"width": 360, "height": 800})
    for theme in ("light", "dark"):
        page.context.add_cookies([{"name": "theme", "value": theme, "url": reader.site}])
        for name in PAGES:
            reader.open(name)
            assert reader.fits(), name
            assert reader.barriers() == [], (name, theme)


def test_a_person_leaves_by_a_typed_word(reader: Reader) -> None:
    person = make_person("Ada")
    reader.sign_in(person.email or "")
    page = reader.page
    reader.open("account_data")
    page.get_by_role("link", name="Delete my account").click()
    page.get_by_label("It stays, without my name").check()
    page.get_by_role("button", name="Delete my account").click()
    assert page.get_by_label("To show that you mean it").evaluate("box => !box.checkValidity()")
    page.get_by_label("To show that you mean it").fill("delete")
    page.get_by_role("button", name="Delete my account").click()
    page.get_by_text("Your account is deleted").wait_for()
