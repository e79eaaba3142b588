"""The page of those whose answers tell least: for moderators, to look and no more."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from accounts.models import Role, Status
from oasst_web.pages.reliability import LONGEST
from tasks.models import Reliability
from tests.pages.site import client_of, make_person

pytestmark = pytest.mark.django_db

AT = datetime(2026, 2, 1, 6, tzinfo=UTC)


@pytest.fixture
def client() -> Client:
    return client_of(make_person("A moderator", role=Role.MODERATOR))


def measure(name: str, status: Status = Status.ACTIVE, **figures: Any) -> None:
    Reliability.objects.create(person=make_person(name, status=status), measured_at=AT, **figures)


def measure_reviewer(name: str, *, information: float = 0.2, status: Status = Status.ACTIVE, **more: Any) -> None:
    figures = {
        "sensitivity": 0.71, "sensitivity_low": 0.5, "sensitivity_high": 0.88,
        "specificity": 0.93, "specificity_low": 0.85, "specificity_high": 0.97,
        "agreement": 0.84, "competence": 0.66, "n_reviews": 40, "n_known": 4, "known_right": 3,
    }  # fmt: skip
    measure(name, status, **{**figures, "information": information, **more})


def measure_ranker(name: str, *, adherence: float = 0.31, **more: Any) -> None:
    measure(name, **{"adherence": adherence, "adherence_error": 0.12, "n_rankings": 12, **more})


def page_of(client: Client) -> str:
    response = client.get(reverse("reliability"))
    assert response.status_code == 200
    return response.content.decode()


def words(page: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", page).split())


def rows_of(page: str) -> list[list[str]]:
    """The rows of each table, as words."""
    bodies = re.findall(r"<tbody>.*?</tbody>", page, re.DOTALL)
    return [[words(row) for row in re.findall(r"<tr>.*?</tr>", body, re.DOTALL)] for body in bodies]


def test_a_moderator_sees_who_tells_least_and_what_that_means(client: Client) -> None:
    measure_reviewer("Ada")
    measure_ranker("Bo")
    page = page_of(client)
    assert rows_of(page) == [
        ["Ada 0.200 40 84 % 71 % 50 % to 88 % 93 % 85 % to 97 % 3 of 4 66 %"],
        ["Bo 0.31 ± 0.12 12"],
    ]
    for part in (
        "nothing else happens to anybody because of them",
        "Small numbers say little",
        "Measured on Feb. 1, 2026, 6 a.m. UTC",
    ):
        assert part in words(page)


def test_those_who_tell_least_come_first(client: Client) -> None:
    for name, figure in (("Middle", 0.3), ("Least", 0.01), ("Most", 0.6)):
        measure_reviewer(name, information=figure)
    for name, figure in (("Follows", 1.2), ("Opposes", -0.4), ("By chance", 0.0)):
        measure_ranker(name, adherence=figure)
    reviewers, rankers = rows_of(page_of(client))
    assert [row.split()[0] for row in reviewers] == ["Least", "Middle", "Most"]
    assert [row.split()[0] for row in rankers] == ["Opposes", "By", "Follows"]


def test_few_answers_are_left_out(client: Client) -> None:
    measure_reviewer("Beginner", n_reviews=9, n_rankings=9)
    page = page_of(client)
    assert "Beginner" not in page
    assert "Nobody has 10 reviews or 10 rankings yet." in words(page)
    measure_reviewer("Regular", n_reviews=10)
    page = page_of(client)
    assert "Regular" in page
    assert "Beginner" not in page
    assert "Nobody has 10 rankings yet." in words(page)


def test_somebody_banned_is_marked(client: Client) -> None:
    measure_reviewer("Ada", information=0.1)
    measure_reviewer("Bo", information=0.2, status=Status.BANNED)
    ((ada, bo),) = rows_of(page_of(client))
    assert "Banned" not in ada
    assert bo.startswith("Bo Banned")


def test_what_is_unknown_is_called_so(client: Client) -> None:
    measure_reviewer("Ada", agreement=None, competence=None, n_known=0, known_right=0)
    measure_ranker("Bo", adherence_error=None)
    assert rows_of(page_of(client)) == [
        ["Ada 0.200 40 unknown 71 % 50 % to 88 % 93 % 85 % to 97 % none asked unknown"],
        ["Bo 0.31 12"],
    ]


def test_before_anybody_is_measured_the_page_says_when_that_will_be(client: Client) -> None:
    page = words(page_of(client))
    assert "People are measured every six hours, as soon as they have answered." in page
    assert "Measured on" not in page
    assert f'class="button primary" href="{reverse("dashboard")}"' in page_of(client)


def test_the_page_keeps_the_content_security_policy_and_reads_little(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(LONGEST + 1):
        measure_reviewer(f"Number {number}", n_rankings=12)
    with django_assert_max_num_queries(6):
        page = page_of(client)
    assert [len(rows) for rows in rows_of(page)] == [LONGEST, LONGEST]
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=", page)


def test_a_name_cannot_write_on_the_page(client: Client) -> None:
    measure_reviewer("<script>alert(1)</script>")
    assert "<script>alert" not in page_of(client)
