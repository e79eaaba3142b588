"""The agreement page: for moderators, with a chart and the same numbers in a table."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from accounts.models import Role, User
from stats.models import RANKINGS, AgreementFigure
from tests.pages.site import client_of, make_person

pytestmark = pytest.mark.django_db

MONDAY = date(2026, 1, 5)
WEEK = timedelta(weeks=1)


@pytest.fixture
def moderator() -> User:
    return make_person(role=Role.MODERATOR)


@pytest.fixture
def client(moderator: User) -> Client:
    return client_of(moderator)


def store(subject: str = "spam", week: date | None = None, lang: str = "en", **figures: Any) -> None:
    at = datetime(2026, 2, 1, tzinfo=UTC)
    fields = {"n_items": 40, "n_votes": 121, "computed_at": at, **figures}
    AgreementFigure.objects.create(lang=lang, subject=subject, week=week, **fields)


def store_alpha(subject: str = "spam", week: date | None = None, *, alpha: float = 0.812, **more: Any) -> None:
    figures = {"alpha": alpha, "alpha_low": alpha - 0.1, "alpha_high": alpha + 0.1}
    store(subject, week, **{**figures, "raw": 0.934, "raw_low": 0.9, "raw_high": 0.96, "base_rate": 0.0314, **more})


def page_of(client: Client, **query: str) -> str:
    response = client.get(reverse("agreement", query=query))
    assert response.status_code == 200
    return re.sub(r"\s+", " ", response.content.decode())


def words(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page))


def rows_of(page: str) -> list[str]:
    """The rows of the first table, as words."""
    return [
        words(row).strip() for row in re.findall(r"<tr.*?</tr>", page[page.index("<tbody") : page.index("</tbody")])
    ]


def test_a_moderator_sees_figures_and_how_to_read_them(client: Client) -> None:
    store_alpha()
    store_alpha(week=MONDAY)
    store_alpha("quality", alpha=0.7, base_rate=0.614)
    store_alpha("humor", alpha=0.2)
    page = words(page_of(client))
    for part in (
        "From 0.80 on a label is reliable, from 0.667 on it bears tentative conclusions",
        "Alpha over all time 0.81 0.71 to 0.91",
        "Equal answers 93 % 90 % to 96 %",
        "Is the message spam? 0.81 0.71 to 0.91 reliable 93 % 90 % to 96 % 3.1 % 40",
        "Quality 0.70 0.60 to 0.80 tentative 93 % 90 % to 96 % 0.61 40",
        "Humour 0.20 0.10 to 0.30 not reliable",
    ):
        assert part in page


def test_the_chart_has_a_table_with_the_same_numbers(client: Client) -> None:
    store_alpha()
    alphas = {MONDAY: 0.812, MONDAY + WEEK: 0.75, MONDAY + 3 * WEEK: 0.655}
    for week, alpha in alphas.items():
        store_alpha(week=week, alpha=alpha)
    page = page_of(client)
    assert re.findall(r"<circle.*?<title>(.*?)</title>", page) == [
        "Week of Jan. 5, 2026: 0.81, between 0.71 and 0.91",
        "Week of Jan. 12, 2026: 0.75, between 0.65 and 0.85",
        "Week of Jan. 26, 2026: 0.66, between 0.56 and 0.76",
    ]
    assert rows_of(page) == [
        "Jan. 26, 2026 0.66 0.56 to 0.76 93 % 90 % to 96 % 3.1 % 40 121",
        "Jan. 12, 2026 0.75 0.65 to 0.85 93 % 90 % to 96 % 3.1 % 40 121",
        "Jan. 5, 2026 0.81 0.71 to 0.91 93 % 90 % to 96 % 3.1 % 40 121",
    ]
    assert len(re.findall("<polyline", page)) == 1, "a week without a figure is a gap"
    assert len(re.findall('class="chart-bar"', page)) == 1


def test_language_and_question_are_chosen_in_the_address(client: Client) -> None:
    store_alpha("pii", lang="de", alpha=0.5)
    store_alpha("pii", MONDAY, lang="de", alpha=0.5)
    store_alpha()
    page = page_of(client, lang="de", subject="pii")
    assert re.search(r'value="de" lang="de" selected', page)
    assert re.search(r'value="pii" selected', page)
    assert "Alpha over all time 0.50" in words(page)
    assert "0.81" not in page


@pytest.mark.parametrize("query", [{"lang": "xx", "subject": "nothing"}, {"lang": "", "subject": ""}, {}])
def test_what_cannot_be_chosen_is_ones_own_language_and_the_first_question(
    client: Client, query: dict[str, str]
) -> None:
    store_alpha()
    page = page_of(client, **query)
    assert re.search(r'value="en" lang="en" selected', page)
    assert re.search(r'value="spam" selected', page)
    assert 'value="xx"' not in page


def test_rankings_are_read_by_tau_and_w(client: Client) -> None:
    taus = {"tau_b": 0.41, "tau_b_low": -0.3, "tau_b_high": 0.52, "kendall_w": 0.62, "kendall_w_low": 0.5}
    for week in (None, MONDAY):
        store(RANKINGS, week, **taus, kendall_w_high=0.7)
    page = page_of(client, subject=RANKINGS)
    assert "Tau-b over all time 0.41 -0.30 to 0.52 W 0.62 0.50 to 0.70" in words(page)
    assert rows_of(page) == ["Jan. 5, 2026 0.41 -0.30 to 0.52 0.62 0.50 to 0.70 40 121"]
    assert "Rankings : tau-b 0.41 and W 0.62, from 40 sets of replies." in words(page)
    assert "chart-mark" not in page, "the limits of alpha are not those of tau"


def test_without_variation_the_page_says_why_there_is_no_alpha(client: Client) -> None:
    for week in (None, MONDAY):
        store(week=week, raw=1.0, raw_low=1.0, raw_high=1.0, base_rate=0.0)
    page = page_of(client)
    assert "everybody always gave the same answer" in page
    assert "There is nothing to draw" in page
    assert rows_of(page) == ["Jan. 5, 2026 unknown 100 % 100 % to 100 % 0.0 % 40 121"]


def test_before_anything_is_measured_the_page_says_what_to_do(client: Client) -> None:
    page = page_of(client)
    assert "Nothing was measured in this language yet." in page
    assert reverse("dashboard") in page
    assert "choose one above" not in page
    store_alpha(lang="de")
    assert "There are figures of other languages: choose one above." in page_of(client)
    store_alpha("pii")
    assert "No two people answered this about the same thing yet." in page_of(client)


def test_the_page_keeps_the_content_security_policy_and_reads_little(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    store_alpha()
    for count in range(60):
        store_alpha(week=MONDAY + count * WEEK)
    with django_assert_max_num_queries(6):
        page = page_of(client)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=", page)
    assert "css/charts.css" in page
