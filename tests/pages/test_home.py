"""The landing page and what is read beside it: figures, goals, about, privacy, terms, and what machines ask for."""

from __future__ import annotations

import re

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from oasst_web.pages import entrance
from stats import goals, public
from stats.models import LanguageGoal
from tasks.tree_states import State
from tests.making import make_tree
from tests.pages.site import client_of, make_person

pytestmark = pytest.mark.django_db


def page_of(client: Client, name: str = "home") -> str:
    response = client.get(reverse(name))
    assert response.status_code == 200
    return str(response.content.decode())


def test_a_visitor_reads_what_was_made_so_far(client: Client) -> None:
    make_tree(state=State.READY_FOR_EXPORT, replies=2)
    make_tree(replies=3, lang="de")
    public.count(now=timezone.now())
    page = " ".join(page_of(client).split())
    for figure in (
        "<dt> messages </dt> <dd>7</dd>",
        "<dt> finished conversation </dt> <dd>1</dd>",
        "<dt> languages </dt> <dd>2",
    ):
        assert figure in page
    assert "Counted 0 minutes ago." in page


def test_before_anything_is_there_the_page_invites_all_the_same(client: Client) -> None:
    assert "nothing has been counted yet" in page_of(client)
    public.count(now=timezone.now())
    page = page_of(client)
    assert "The first conversation can be yours." in page
    assert reverse("account_request_login_code") in page
    assert reverse("practices") in page


def test_goals_of_this_week_are_shown_the_nearest_first(client: Client) -> None:
    now = timezone.now()
    assert "this week" not in page_of(client)
    for number, lang in enumerate(("en", "de", "fr", "es")):
        LanguageGoal.objects.create(
            lang=lang, week=goals.week_of(now), target=10, finished=number, people=number, counted_at=now
        )
    page = page_of(client)
    assert page.count("<meter") == entrance.GOALS_SHOWN
    assert page.index("Español") < page.index("Français") < page.index("Deutsch")


def test_the_landing_page_costs_few_queries(client: Client, django_assert_max_num_queries: object) -> None:
    public.count(now=timezone.now())
    with django_assert_max_num_queries(2):  # type: ignore[operator]
        page_of(client)


@pytest.mark.parametrize("name", ["home", "about", "privacy", "terms", "practices", "guidelines", "statistics"])
def test_pages_for_everybody_have_no_inline_script_or_style(client: Client, name: str) -> None:
    page = page_of(client, name)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=", page)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", page))
    assert client.head(reverse(name)).status_code == 200
    assert client.post(reverse(name), {}).status_code in (401, 405)


def test_privacy_and_terms_lead_to_what_one_can_do() -> None:
    client = client_of(make_person())
    for name in ("account_consent", "account_data", "account_delete"):
        assert reverse(name) in page_of(client, "privacy")
    assert reverse("account_consent") in page_of(client, "terms")
    assert "at least 16 years old" in page_of(client, "terms")


def test_robots_are_told_what_to_leave_alone(client: Client) -> None:
    response = client.get(reverse("robots"))
    assert response["Content-Type"].startswith("text/plain")
    lines = response.content.decode().splitlines()
    assert "User-agent: *" in lines
    assert "Disallow: /work/" in lines
    assert "Disallow: /" not in lines


def test_the_site_can_be_put_among_the_programs_of_a_phone(client: Client) -> None:
    response = client.get(reverse("manifest"))
    assert response["Content-Type"] == "application/manifest+json"
    manifest = response.json()
    assert manifest["start_url"] == "/"
    assert all(finders.find(icon["src"].removeprefix(settings.STATIC_URL)) for icon in manifest["icons"])
    assert reverse("manifest") in page_of(client)
