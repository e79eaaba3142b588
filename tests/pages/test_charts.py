"""Line charts: where points come to stand, and what is left out."""

from __future__ import annotations

import re

import pytest
from django.template.loader import render_to_string

from oasst_web.pages.charts import Chart, Mark, Point, line_chart


def chart_of(*points: Point) -> Chart:
    chart = line_chart("A chart", points)
    assert chart
    return chart


def corners(points: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in (corner.split(",") for corner in points.split())]


def test_points_stand_at_their_height_and_evenly_spaced() -> None:
    chart = chart_of(Point("a", 0.0), Point("b", 0.5), Point("c", 1.0))
    assert [corners(line) for line in chart.lines] == [[(0, 100), (50, 50), (100, 0)]]
    assert [dot.name for dot in chart.dots] == ["a", "b", "c"]
    assert [float(dot.x) for dot in chart.dots] == [9, 53, 97]
    assert [float(dot.y) for dot in chart.dots] == [87, 46, 5]


def test_a_band_goes_along_the_upper_ends_and_back_along_the_lower_ones() -> None:
    chart = chart_of(Point("a", 0.5, 0.25, 0.75), Point("b", 0.5, 0.5, 1.0))
    assert [corners(band) for band in chart.bands] == [[(0, 25), (100, 0), (100, 50), (0, 75)]]
    assert chart.bars == []


def test_an_unknown_value_breaks_the_line_and_one_alone_is_a_dot_with_a_bar() -> None:
    known = [Point(str(number), 0.5, 0.4, 0.6) for number in range(3)]
    chart = chart_of(known[0], known[1], Point("gap", None), known[2])
    assert [len(corners(line)) for line in chart.lines] == [2]
    assert [len(corners(band)) for band in chart.bands] == [4]
    assert len(chart.dots) == 3
    assert [bar.x for bar in chart.bars] == ["97.00"]


def test_a_point_without_an_interval_breaks_the_band_and_not_the_line() -> None:
    chart = chart_of(Point("a", 0.5, 0.4, 0.6), Point("b", 0.5), Point("c", 0.5, 0.4, 0.6), Point("d", 0.5, 0.4, 0.6))
    assert [len(corners(line)) for line in chart.lines] == [4]
    assert [corners(band)[0] for band in chart.bands] == [(66.67, 40)]
    assert len(chart.bars) == 1


@pytest.mark.parametrize(
    ("low", "lowest"), [(0.0, "0.0"), (-0.01, "-0.2"), (-0.2, "-0.2"), (-0.21, "-0.4"), (-1.0, "-1.0")]
)
def test_the_scale_goes_down_as_far_as_the_intervals(low: float, lowest: str) -> None:
    chart = chart_of(Point("a", 0.5, low, 0.6), Point("b", 0.5, 0.4, 0.6))
    assert (chart.scale[0].name, chart.scale[-1].name) == (lowest, "1.0")
    assert "0.0" in [height.name for height in chart.scale]
    assert all(0 <= y <= 100 for _x, y in corners(chart.bands[0]))


@pytest.mark.parametrize(
    ("count", "places"),
    [
        (1, [(0, "middle")]),
        (2, [(0, "start"), (1, "end")]),
        (3, [(0, "start"), (1, "middle"), (2, "end")]),
        (4, [(0, "start"), (3, "end")]),
        (41, [(0, "start"), (20, "middle"), (40, "end")]),
    ],
)
def test_names_stand_at_the_ends_and_in_the_middle(count: int, places: list[tuple[int, str]]) -> None:
    chart = chart_of(*(Point(str(number), 0.5) for number in range(count)))
    assert [(int(name.name), name.anchor) for name in chart.names] == places


def test_where_nothing_is_known_there_is_no_chart() -> None:
    assert line_chart("A chart", []) is None
    assert line_chart("A chart", [Point("a", None), Point("b", None)]) is None


def test_the_drawing_escapes_names_and_styles_nothing_inline() -> None:
    chart = line_chart("<b>", [Point("<i>", 0.5, 0.4, 0.6), Point("b", 0.5, 0.4, 0.6)], marks=[Mark(0.8, "<u>")])
    drawn = render_to_string("components/chart.html", {"chart": chart})
    assert not re.search(r"<[biu]>|style=|\son", drawn)
    assert drawn.count("chart-dot") == 2
