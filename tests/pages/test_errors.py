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
from oasst_web.pages import errors
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
