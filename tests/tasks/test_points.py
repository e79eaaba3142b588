"""The points formula and the levels, against the published numbers."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tasks.points import PLACES, POINTS, THRESHOLDS, Reason, level, score


def test_every_reason_is_worth_what_the_reference_says() -> None:
    assert set(POINTS) == set(Reason) - {Reason.IMPACT_REVIEW, Reason.IMPACT_RANKING}
    assert POINTS[Reason.ASSISTANT_REPLY] + POINTS[Reason.ACCEPTED_ASSISTANT_REPLY] == 8
    assert POINTS[Reason.PROMPT] == POINTS[Reason.ACCEPTED_PROMPT] == Decimal("0.1")
    assert [POINTS[place] for place in PLACES] == [9, 3, 1]
    assert POINTS[Reason.LABELS_FULL] == 2 * POINTS[Reason.LABELS_SIMPLE] == 2


def test_an_accepted_reply_with_three_first_places_is_worth_35() -> None:
    points = {Reason.ASSISTANT_REPLY: 4, Reason.ACCEPTED_ASSISTANT_REPLY: 4, Reason.RANKED_FIRST: 27}
    assert score({reason: Decimal(value) for reason, value in points.items()}) == 35


def test_tenths_are_dropped_for_each_reason_by_itself() -> None:
    assert score({"prompt": Decimal("1.9"), "accepted_prompt": Decimal("1.9")}) == 2
    assert score({}) == 0


def test_thresholds_are_the_published_ones() -> None:
    assert [0, *THRESHOLDS[:10]] == [0, 4, 9, 16, 24, 32, 42, 53, 65, 79, 93]
    assert THRESHOLDS[-1] == 6000
    assert list(THRESHOLDS) == sorted(set(THRESHOLDS))


@pytest.mark.parametrize(
    ("points", "expected"), [(0, 1), (3, 1), (4, 2), (8, 2), (9, 3), (5999, 99), (6000, 100), (10**6, 100)]
)
def test_a_level_is_how_many_thresholds_are_reached(points: int, expected: int) -> None:
    assert level(points) == expected
