"""First steps: who is led there, what is stored of them, and that nobody has to take them."""

from __future__ import annotations

from itertools import pairwise

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from accounts import profiles
from accounts.models import Status, User
from tests.pages.site import client_of, make_person

pytestmark = pytest.mark.django_db

STEPS = ("welcome", "welcome_topics", "welcome_practice")


@pytest.fixture
def newcomer() -> User:
    return make_person(terms=False)


def accept(client: Client, target: str = "") -> str:
    response = client.post(reverse("terms"), {"next": target or reverse("dashboard")})
    return str(response["Location"])


def test_who_accepts_the_terms_comes_to_the_first_steps_once(newcomer: User) -> None:
    client = client_of(newcomer)
    assert accept(client) == reverse("welcome")
    client.post(reverse("welcome_done"))
    # As when the terms have changed.
    assert accept(client) == reverse("dashboard")


def test_who_came_for_something_else_gets_that(newcomer: User) -> None:
    assert accept(client_of(newcomer), reverse("my_messages")) == reverse("my_messages")


def test_languages_are_stored_and_the_first_is_the_one_to_work_in(newcomer: User) -> None:
    client = client_of(newcomer)
    accept(client)
    answer = {"first": "de", "others": ["en", "de", "klingon", "ar"]}
    assert client.post(reverse("welcome"), answer)["Location"] == reverse("welcome_topics")
    newcomer.refresh_from_db()
    assert newcomer.lang == "de"
    assert profiles.of(newcomer).languages == ["de", "en", "ar"]
    assert '<option value="de"\n                            lang="de"\n                            selected>' in (
        client.get(reverse("welcome")).content.decode()
    )


def test_an_unknown_language_is_asked_for_again(newcomer: User) -> None:
    client = client_of(newcomer)
    accept(client)
    response = client.post(reverse("welcome"), {"first": "klingon"})
    assert response.status_code == 400
    assert "Choose the language you want to work in first." in response.content.decode()
    newcomer.refresh_from_db()
    assert newcomer.lang == "en"


def test_likely_languages_stand_before_the_fold(newcomer: User) -> None:
    client = client_of(newcomer)
    accept(client)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    page = client.get(reverse("welcome"), headers={"accept-language": "pt,ar;q=0.5"}).content.decode()
    near, far = page.split("<details>", 1)[0], page.split("More languages", 1)[1]
    for code in ("pt-BR", "ar", "en"):
        assert f'value="{code}"\n               ' in near, code
    assert 'value="fr"\n               ' in far


def test_topics_are_stored_and_unknown_ones_are_passed_over(newcomer: User) -> None:
    client = client_of(newcomer)
    accept(client)
    response = client.post(reverse("welcome_topics"), {"topics": ["cooking", "alchemy", "maths", "cooking"]})
    assert response["Location"] == reverse("welcome_practice")
    assert profiles.of(newcomer).topics == ["cooking", "maths"]
    assert client.get(reverse("welcome_topics")).content.decode().count("checked") == 2


def test_every_step_can_be_left_out_and_all_of_them_at_once(newcomer: User) -> None:
    client = client_of(newcomer)
    accept(client)
    for step, following in pairwise(STEPS):
        assert f'href="{reverse(following)}"' in client.get(reverse(step)).content.decode()
    assert client.post(reverse("welcome_done"))["Location"] == reverse("dashboard")
    profile = profiles.of(newcomer)
    assert profile.welcomed_at is not None
    assert (profile.languages, profile.topics) == (["en"], [])


def test_where_one_wanted_to_be_is_kept_through_the_steps(newcomer: User) -> None:
    client = client_of(newcomer)
    accept(client)
    target = reverse("my_messages")
    for step, answer, following in (
        ("welcome", {"first": "en"}, "welcome_topics"),
        ("welcome_topics", {}, "welcome_practice"),
    ):
        there = reverse(following, query={"next": target})
        assert client.post(reverse(step), {**answer, "next": target})["Location"] == there
        assert there.replace("&", "&amp;") in client.get(reverse(step, query={"next": target})).content.decode()
    assert client.post(reverse("welcome_practice"), {"next": target})["Location"] == target
    assert client.post(reverse("welcome_practice"), {"next": "https://evil.example/"})["Location"] == reverse(
        "dashboard"
    )


def test_the_steps_are_for_people_who_take_part(client: Client) -> None:
    suspended = client_of(make_person(status=Status.SUSPENDED))
    for step in STEPS:
        assert client.get(reverse(step)).status_code == 302
        assert suspended.get(reverse(step)).status_code == 403
    assert client_of(make_person()).get(reverse("welcome_done")).status_code == 405


def test_a_step_costs_few_queries(django_assert_max_num_queries: object) -> None:
    client = client_of(make_person())
    for step in STEPS:
        with django_assert_max_num_queries(10):  # type: ignore[operator]
            assert client.get(reverse(step)).status_code == 200


def test_what_was_ticked_stays_when_the_first_language_is_missing() -> None:
    page = client_of(make_person()).post(reverse("welcome"), {"first": "", "others": ["fr"]})
    assert page.status_code == 400
    assert [choice.value for choice in [*page.context["near"], *page.context["far"]] if choice.chosen] == ["fr"]
