"""Charts as numbers that a template draws as SVG: no script, no inline style, readable at any width."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from math import ceil, floor

from django.utils.formats import number_format

#: The plot inside the drawing, in percent of it; what is left holds the scale and the dates.
LEFT, TOP, WIDTH, HEIGHT = 9.0, 5.0, 88.0, 82.0
#: A name stands in the middle only if a point is there, give or take so much percent.
MIDDLE = 5.0


@dataclass(frozen=True)
class Point:
    """One place on the line. Points are evenly spaced."""

    name: str
    """What stands under the chart, and in the tooltip."""
    value: float | None
    """None breaks the line."""
    low: float | None = None
    """Ends of the interval; without them none is drawn."""
    high: float | None = None
    title: str = ""
    """The tooltip, if more than the name is to be said."""


@dataclass(frozen=True)
class Mark:
    """A height worth knowing: a dashed line across the chart, with its name."""

    value: float
    name: str


@dataclass(frozen=True)
class Placed:
    """Something at a place of the drawing, in percent of its width and height, as SVG wants numbers."""

    x: str
    y: str
    name: str = ""
    anchor: str = "middle"


@dataclass(frozen=True)
class Bar:
    """An interval that is drawn as a bar, since it stands alone."""

    x: str
    top: str
    bottom: str


@dataclass(frozen=True)
class Column:
    """What is counted at one place: one number, or several that stand on each other, the first one lowest."""

    name: str
    """What stands under the chart, and in the tooltip."""
    counts: Sequence[int]
    title: str = ""
    """The tooltip, if more than the name is to be said."""


@dataclass(frozen=True)
class Box:
    """One count of a column, in percent of the drawing."""

    x: str
    y: str
    width: str
    height: str
    part: int
    """Which of the counts that stand on each other; the first is 1."""
    name: str


@dataclass(frozen=True)
class Chart:
    """What `components/chart.html` draws. Lines and bands are in a square of 100 by 100, stretched over the plot."""

    title: str
    frame: dict[str, str]
    """Place and size of the plot in the drawing, in percent."""
    scale: list[Placed]
    """Heights with their numbers."""
    marks: list[Placed]
    names: list[Placed]
    """What stands under the chart."""
    dots: list[Placed]
    lines: list[str] = field(default_factory=list)
    """Points of polylines."""
    bands: list[str] = field(default_factory=list)
    """Points of polygons: the intervals of neighbours."""
    bars: list[Bar] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)
    """Columns of a column chart."""


def line_chart(
    title: str,
    points: Sequence[Point],
    *,
    marks: Sequence[Mark] = (),
    bottom: float = 0.0,
    top: float = 1.0,
    step: float = 0.2,
) -> Chart | None:
    """The chart of these points, or None if none of them has a value: say in words why.

    The scale goes from `bottom` to `top` by `step`, and further down if a point does. Time goes from left to right in
    every language: charts are not mirrored.
    """
    known = [each for point in points for each in (point.value, point.low, point.high) if each is not None]
    if not any(point.value is not None for point in points):
        return None
    # The tiny number: what lies on the scale's lowest line needs no line below it.
    steps_down = max(0, -floor((min(known) - bottom) / step + 1e-9))
    bottom -= steps_down * step
    across = _spread(len(points))

    def down(value: float) -> float:
        return 100 * (top - value) / (top - bottom)

    def x(place: int) -> str:
        return _number(LEFT + WIDTH * across[place] / 100)

    def y(value: float) -> str:
        return _number(TOP + HEIGHT * down(value) / 100)

    def corner(place: int, value: float) -> str:
        return f"{_number(across[place])},{_number(down(value))}"

    heights = [bottom + step * count for count in range(round((top - bottom) / step) + 1)]
    chart = Chart(
        title=title,
        frame=_frame(),
        scale=[Placed(_number(LEFT - 1), y(height), number_format(round(height, 9), 1), "end") for height in heights],
        marks=[Placed(_number(LEFT + WIDTH), y(mark.value), mark.name, "end") for mark in marks],
        names=[
            Placed(x(place), _number(TOP + HEIGHT + 9), points[place].name, anchor) for place, anchor in _named(across)
        ],
        dots=[
            Placed(x(place), y(point.value), point.title or point.name)
            for place, point in enumerate(points)
            if point.value is not None
        ],
    )
    for run in _runs(points, lambda point: point.value is not None):
        if len(run) > 1:
            chart.lines.append(" ".join(corner(place, points[place].value or 0.0) for place in run))
    for run in _runs(points, lambda point: point.low is not None and point.high is not None):
        if len(run) > 1:
            above = [corner(place, points[place].high or 0.0) for place in run]
            below = [corner(place, points[place].low or 0.0) for place in reversed(run)]
            chart.bands.append(" ".join(above + below))
        else:
            alone = points[run[0]]
            chart.bars.append(Bar(x(run[0]), y(alone.high or 0.0), y(alone.low or 0.0)))
    return chart


#: How much of its place a column fills.
FILLED = 0.75


def column_chart(title: str, columns: Sequence[Column]) -> Chart | None:
    """The chart of these counts from 0 upwards, or None if there is nothing to see: say in words why.

    Time goes from left to right in every language, as in line charts.
    """
    highest = max((sum(column.counts) for column in columns), default=0)
    if highest == 0:
        return None
    top, step = round_scale(highest)
    place = WIDTH / len(columns)

    def y(count: int) -> str:
        return _number(TOP + HEIGHT * (1 - count / top))

    chart = Chart(
        title=title,
        frame=_frame(),
        scale=[
            Placed(_number(LEFT - 1), y(height), number_format(height, 0, force_grouping=True), "end")
            for height in range(0, top + 1, step)
        ],
        marks=[],
        names=[
            Placed(_number(LEFT + place * (number + 0.5)), _number(TOP + HEIGHT + 9), columns[number].name, anchor)
            for number, anchor in _named(_spread(len(columns)))
        ],
        dots=[],
    )
    for number, column in enumerate(columns):
        below = 0
        for part, count in enumerate(column.counts, start=1):
            if count:
                chart.boxes.append(
                    Box(
                        x=_number(LEFT + place * (number + (1 - FILLED) / 2)),
                        y=y(below + count),
                        width=_number(place * FILLED),
                        height=_number(HEIGHT * count / top),
                        part=part,
                        name=column.title or column.name,
                    )
                )
            below += count
    return chart


def round_scale(highest: float) -> tuple[int, int]:
    """The end of a scale from 0 that holds the highest number, and its step: 1, 2 or 5 times a power of ten, so that
    there are at most five steps."""
    power = 1
    while True:
        for step in (power, 2 * power, 5 * power):
            if highest <= 5 * step:
                return max(1, ceil(highest / step)) * step, step
        power *= 10


def _spread(count: int) -> list[float]:
    """So many places evenly from 0 to 100; one alone is in the middle."""
    return [50.0] if count == 1 else [100 * place / (count - 1) for place in range(count)]


def _frame() -> dict[str, str]:
    return {
        "start": _number(LEFT),
        "end": _number(LEFT + WIDTH),
        "top": _number(TOP),
        "width": _number(WIDTH),
        "height": _number(HEIGHT),
    }


def _runs(points: Sequence[Point], has: Callable[[Point], bool]) -> list[list[int]]:
    """Places of neighbours that have it."""
    groups = groupby(range(len(points)), key=lambda place: has(points[place]))
    return [list(places) for there, places in groups if there]


def _named(across: Sequence[float]) -> list[tuple[int, str]]:
    """The places whose names stand under the chart, and how each is aligned: the first, the middle, the last."""
    last = len(across) - 1
    if not last:
        return [(0, "middle")]
    middle = min(range(len(across)), key=lambda place: abs(across[place] - 50))
    there = [(middle, "middle")] if last > 1 and abs(across[middle] - 50) < MIDDLE else []
    return [(0, "start"), *there, (last, "end")]


def _number(value: float) -> str:
    """Digits and a point, whatever the language of the page: SVG reads no commas."""
    return f"{value:.2f}"
