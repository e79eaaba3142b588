"""A moderator bans somebody in a real Chromium: their open page ends, and no way leads back in, by page, program or
another site."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from copy import deepcopy
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from accounts import keys
from accounts.models import Role, Scope, User
from common.errors import ErrorCode
from moderation import sanctions
from moderation.reasons import REASONS, Reason
from tests.accounts.other_site import OtherSite, in_place_of_all
from tests.journeys.reader import Reader
from tests.making import given, make_tree
from tests.pages.site import make_person
from tests.pages.test_account_links import ada_at_github

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

EMAIL = "ada@example.org"


@pytest.fixture
def other_site(settings: Settings) -> Iterator[OtherSite]:
    with in_place_of_all(settings) as site:
        # The browser is sent there by a form, which the policy allows for the sites that are offered.
        policy = deepcopy(settings.CONTENT_SECURITY_POLICY)
        policy["DIRECTIVES"]["form-action"].append(site.url)
        settings.CONTENT_SECURITY_POLICY = policy
        yield site


def called(reader: Reader, path: str, body: object = None, **headers: str) -> tuple[int, dict[str, object]]:
    """What a program gets."""
    data = None if body is None else json.dumps(body).encode()
    request = Request(reader.site + path, data, {"Content-Type": "application/json", **headers})
    try:
        with urlopen(request) as answer:
            return answer.status, json.load(answer)
    except HTTPError as refused:
        return refused.code, json.load(refused)


def token(reader: Reader) -> tuple[int, dict[str, object]]:
    """What a program gets that signs them in by code."""
    _status, begun = called(reader, "/_allauth/app/v1/auth/code/request", {"email": EMAIL})
    session = {"X-Session-Token": str(begun["meta"]["session_token"])}  # type: ignore[index]
    found = re.search(r"^([A-Z0-9-]{6,})$", str(mail.outbox[-1].body), re.MULTILINE)
    assert found
    return called(reader, "/_allauth/app/v1/auth/code/confirm", {"code": found[1]}, **session)


def test_a_ban_ends_what_is_open_and_closes_every_way_in(reader: Reader, other_site: OtherSite) -> None:
    page = reader.page
    ada_at_github(other_site, EMAIL)
    reader.open("account_request_login_code")
    page.get_by_role("button", name="GitHub").click()
    page.wait_for_url(lambda url: "/sign-in/" not in url)
    ada = User.objects.get(email=EMAIL)
    status, answer = token(reader)
    assert status == 200
    theirs = {"X-Session-Token": str(answer["meta"]["session_token"])}  # type: ignore[index]
    assert called(reader, "/api/v2/me", **theirs)[0] == 200
    _client, key = keys.issue(
        description="a site", scopes=[Scope.VOLUNTEER], now=timezone.now(), terms_accepted_there=True
    )

    moderator = make_person("Mora", role=Role.MODERATOR)
    window = page.context.browser.new_context().new_page()  # type: ignore[union-attr]
    other = Reader(window, reader.site)
    other.sign_in(moderator.email or "")
    other.open("moderated_person", ada.pk)
    window.locator("summary", has_text=re.compile(r"^\s*Ban\s*$")).click()
    form = window.locator(f'form[action="{reverse("ban_person", args=[ada.pk])}"]')
    form.get_by_label("Reason").select_option("spam")
    form.get_by_label("What they are told").fill("You sold shoes in every answer.")
    form.get_by_role("button", name="Ban").click()
    window.get_by_text("They are banned, and their ways to sign in are closed.").wait_for()
    window.context.close()

    # What is open ends.
    reader.open("my_messages")
    assert "/sign-in/" in page.url
    assert called(reader, "/api/v2/me", **theirs)[0] == 401
    # By code, on the page: they read why.
    page.get_by_label("Your e-mail address").fill(EMAIL)
    page.get_by_role("button", name="Send me a code").click()
    page.get_by_role("heading", name="Look into your mail").wait_for()
    found = re.search(r"^([A-Z0-9-]{6,})$", str(mail.outbox[-1].body), re.MULTILINE)
    assert found
    page.get_by_label("Code from the mail").fill(found[1])
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="This account is banned").wait_for()
    page.get_by_text("You sold shoes in every answer.").wait_for()
    page.get_by_text(str(REASONS[Reason.SPAM].told)).wait_for()
    # By the account of another site.
    page.context.clear_cookies()
    reader.open("account_request_login_code")
    page.get_by_role("button", name="GitHub").click()
    page.get_by_role("heading", name="This account is banned").wait_for()
    # By a program that signs them in, in version 2.
    status, answer = token(reader)
    assert status == 403
    assert answer["errors"][0]["code"] == "account_banned"  # type: ignore[index]
    # By a program that speaks for them, in version 1.
    volunteer = {"id": "ada", "display_name": "Ada", "auth_method": "local"}
    task = {"type": "random", "user": volunteer, "lang": "en"}
    make_tree(replies=1)
    assert called(reader, "/api/v1/tasks/", task, **{"X-API-Key": key})[0] == 200
    there = User.objects.get(username="ada")
    sanctions.ban_person(person_id=there.pk, by=moderator, why="Among us", **given(now=timezone.now()))
    status, answer = called(reader, "/api/v1/tasks/", task, **{"X-API-Key": key})
    assert answer["error_code"] == ErrorCode.USER_DISABLED
