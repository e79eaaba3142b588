"""The language of the pages is one thing, the language somebody works in another."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from oasst_web.pages.links import FOR_MODERATORS, menu_of
from tests.pages.site import client_of, make_person

pytestmark = pytest.mark.django_db


def choose(client: Client, language: str, **more: str) -> None:
    response = client.post(reverse("choose_interface_language"), {"language": language, **more})
    assert response.status_code == 302


def test_a_visitor_chooses_the_language_of_the_pages() -> None:
    client = Client()
    choose(client, "ar")
    page = client.get(reverse("home")).content.decode()
    assert 'lang="ar"' in page
    assert 'dir="rtl"' in page


def test_it_stays_with_the_account_and_the_language_of_work_does_not_change() -> None:
    person = make_person(lang="es")
    choose(client_of(person), "de")
    person = User.objects.get(pk=person.pk)
    assert person.profile.interface_lang == "de"
    assert person.lang == "es"


def test_a_language_without_pages_is_not_chosen() -> None:
    client = Client()
    choose(client, "tlh")
    assert 'lang="en"' in client.get(reverse("home")).content.decode()


def test_one_comes_back_to_the_page_and_never_to_another_site() -> None:
    client = Client()
    back = client.post(reverse("choose_interface_language"), {"language": "de", "next": "/terms/"})
    assert back["Location"] == "/terms/"
    away = client.post(reverse("choose_interface_language"), {"language": "de", "next": "https://elsewhere.example/"})
    assert away["Location"] == reverse("home")


def test_the_menu_of_moderators_has_more() -> None:
    assert not set(FOR_MODERATORS) & set(menu_of(make_person()))
    assert set(FOR_MODERATORS) <= set(menu_of(make_person(role="moderator")))
