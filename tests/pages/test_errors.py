"""What people are told when something went wrong: what happened, that their text is safe, how to go on."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from allauth.core.ratelimit import respond_429
from django.http import HttpResponse
from django.template.loader import get_template
from django.test import Client, RequestFactory
from django.urls import reverse
from pytest_django import Settings

from common.errors import DomainError
from oasst_web.pages import errors, kept
from tests.pages.site import client_of, make_person

TYPED = {"text": "An hour of <work>", "csrfmiddlewaretoken": "secret"}


class Busy(DomainError):
    status = 429
    sentence = "You are fast. Try again in a minute."


@pytest.mark.django_db
def test_a_missing_page_leads_on(client: Client) -> None:
    page = client.get("/nothing/here/").content.decode()
    assert reverse("home") in page
    assert reverse("my_messages") not in page
    assert reverse("my_messages") in client_of(make_person()).get("/nothing/here/").content.decode()


@pytest.mark.django_db
def test_who_may_not_is_told_whom_to_write_to(settings: Settings) -> None:
    settings.OPERATOR = "Example Club, mail@example.org"
    response = client_of(make_person()).get(reverse("agreement"))
    assert response.status_code == 403
    assert "The operator is Example Club" in response.content.decode()


@pytest.mark.django_db
def test_a_refusal_for_haste_says_when_to_come_back() -> None:
    request = RequestFactory().post("/work/1/", TYPED)
    request.user = make_person()
    response = errors.refused(request, Busy(retry_after=60))
    page = response.content.decode()
    assert (response.status_code, response["Retry-After"]) == (429, "60")
    assert "That was a little fast" in page
    assert "An hour of &lt;work&gt;" in page


@pytest.mark.parametrize(("view", "status"), [(errors.too_many_requests, 429), (errors.server_error, 500)])
def test_pages_for_bad_moments_need_no_database_and_keep_text_and_theme(view: object, status: int) -> None:
    request = RequestFactory().post("/work/1/", TYPED)
    request.COOKIES["theme"] = "dark"
    response = view(request)  # type: ignore[operator]
    assert isinstance(response, HttpResponse)
    page = response.content.decode()
    assert response.status_code == status
    assert "An hour of &lt;work&gt;" in page
    assert "secret" not in page
    assert 'data-theme="dark"' in page


def test_a_theme_nobody_offers_is_passed_over() -> None:
    request = RequestFactory().get("/")
    request.COOKIES["theme"] = '"><script>'
    assert "data-theme" not in errors.server_error(request).content.decode()


def test_allauth_answers_haste_with_our_page() -> None:
    request = RequestFactory().post("/sign-in/", TYPED)
    request.allauth = SimpleNamespace()  # type: ignore[attr-defined]  # its middleware would put it there
    response = respond_429(request)
    assert "That was a little fast" in response.content.decode()
    assert response["Retry-After"] == "60"


def test_every_error_has_a_page() -> None:
    names = ("400", "403", "404", "500", "banned", "csrf", "maintenance", "refused", "session_ended")
    for name in names:
        get_template(f"errors/{name}.html")


@pytest.mark.django_db
@pytest.mark.parametrize("charset", ["hex", "nonsense", "idna", "raw_unicode_escape", "utf-7"])
def test_a_form_in_letters_nobody_knows_gets_a_page(charset: str) -> None:
    client = client_of(make_person())
    client.raise_request_exception = False
    body = b'--x\r\nContent-Disposition: form-data; name="display_name"\r\n\r\n\\ud800 +2AA-\r\n--x--\r\n'
    kind = f"multipart/form-data; boundary=x; charset={charset}"
    response = client.generic("POST", reverse("account"), body, kind)
    assert "</html>" in response.content.decode()


def test_a_request_that_cannot_be_read_is_told_that_the_site_is_closed() -> None:
    kind = "application/x-www-form-urlencoded; charset=utf-16"
    request = RequestFactory().post("/work/1/", b"text=1", content_type=kind)
    assert errors.closed(request, note="", seconds=60).status_code == 503


def test_a_page_gives_back_what_was_said_and_not_what_was_counted() -> None:
    sent = {**TYPED, "comment": "Both are fine.", "pasted": "7", "word": "delete", "credential": "{}"}
    found = kept.of(RequestFactory().post("/work/1/", sent))
    assert found.texts == ("An hour of <work>", "Both are fine.")
    assert found.answers == ()
    assert dict(found.fields) == {"text": "An hour of <work>", "comment": "Both are fine.", "pasted": "7"}


@pytest.mark.django_db
def test_a_form_that_was_too_old_leads_to_the_page_it_was_on() -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_person())
    there = f"http://testserver{reverse('account_sign_in')}"
    for came_from, leads_to in ((there, there), ("https://evil.example/account/", reverse("add_address"))):
        page = client.post(reverse("add_address"), {"email": "me@example.org"}, headers={"Referer": came_from})
        assert page.status_code == 403
        assert f'href="{leads_to}"' in page.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("target", ["task", "nonsense", "//example.com/", "http://example.com/"])
def test_whoever_wants_to_go_nowhere_on_this_site_gets_home(target: str) -> None:
    assert client_of(make_person()).post(reverse("choose_theme"), {"next": target})["Location"] == reverse("home")
