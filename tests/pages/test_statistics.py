"""Public statistics: what the page shows of the figures that were counted, and of none."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from oasst_web.pages.charts import Column, column_chart
from stats import public, series
from tasks.fates import STATES
from tasks.tree_states import State
from tests.making import make_tree

pytestmark = pytest.mark.django_db


def page_of(client: Client, **query: str) -> str:
    response = client.get(reverse("statistics", query=query or None))
    assert response.status_code == 200
    return str(response.content.decode())


def counted() -> None:
    public.count(now=timezone.now())
    series.count(now=timezone.now())


def test_before_the_first_count_the_page_says_when_to_come_back(client: Client) -> None:
    assert "Nothing has been counted yet" in page_of(client)
    public.count(now=timezone.now())
    assert "The weeks have not been counted yet" in page_of(client)


def test_every_chart_has_its_numbers_in_a_table(client: Client) -> None:
    make_tree(state=State.READY_FOR_EXPORT, replies=2)
    counted()
    page = page_of(client)
    assert page.count('<svg class="chart"') == page.count("As a table") > 0
    assert "Finished conversations" in page


def test_one_language_is_chosen_by_the_address(client: Client) -> None:
    make_tree(replies=2)
    make_tree(replies=3, lang="de")
    counted()
    assert "There are 4 accepted messages in this language." in page_of(client, lang="de")
    assert '<tr class="chosen">' in page_of(client, lang="de")
    # Nothing there, or no language at all: no error either way.
    assert "There are 0 accepted messages in this language." in page_of(client, lang="eo")
    assert "in this language" not in page_of(client, lang="klingon\x00")


def test_the_page_costs_few_queries_whatever_there_is(client: Client, django_assert_max_num_queries: object) -> None:
    for lang in ("en", "de", "fr", "es"):
        make_tree(replies=2, lang=lang)
    counted()
    with django_assert_max_num_queries(2):  # type: ignore[operator]
        page_of(client)


def test_every_state_of_a_tree_has_a_name() -> None:
    assert set(STATES) == set(State)


@pytest.mark.parametrize(
    ("highest", "scale"),
    [
        (1, ["0", "1"]),
        (4, ["0", "1", "2", "3", "4"]),
        (11, ["0", "5", "10", "15"]),
        (1234, ["0", "500", "1,000", "1,500"]),
    ],
)
def test_the_scale_of_columns_has_round_numbers(highest: int, scale: list[str]) -> None:
    chart = column_chart("A chart", [Column("a", [highest])])
    assert chart
    assert [height.name for height in chart.scale] == scale


def test_parts_of_a_column_stand_on_each_other() -> None:
    chart = column_chart("A chart", [Column("a", [2, 2]), Column("b", [0, 1])])
    assert chart
    below, above, alone = chart.boxes
    assert (below.part, above.part, alone.part) == (1, 2, 2)
    assert float(above.y) + float(above.height) == pytest.approx(float(below.y), abs=0.02)
    assert float(alone.y) + float(alone.height) == pytest.approx(float(below.y) + float(below.height), abs=0.02)
    assert below.x == above.x != alone.x


def test_where_nothing_happened_there_are_no_columns() -> None:
    assert column_chart("A chart", []) is None
    assert column_chart("A chart", [Column("a", [0]), Column("b", [0])]) is None


def test_bars_are_drawn_without_inline_styles(client: Client) -> None:
    make_tree(replies=2)
    counted()
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=", page_of(client))
