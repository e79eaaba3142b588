"""How far one person has come, and the levels."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts import profiles
from accounts.models import PointEntry, User
from stats import progress
from stats.badges import BADGES
from stats.models import BadgeAward
from stats.progress import Progress
from tasks.kinds import Kind
from tasks.points import POINTS, THRESHOLDS, Reason, level, standing
from tests.making import NOW, claim, make_person, make_tree, submit

pytestmark = pytest.mark.django_db


def of(person: User, after: timedelta = timedelta()) -> Progress:
    person.refresh_from_db()
    return progress.of(person, NOW + after)


def streaking(**fields: Any) -> User:
    """Somebody with a streak of three days, who last answered at NOW."""
    running = {"streak_started_at": NOW - timedelta(days=3), "streak_days": 3, "last_activity_at": NOW}
    return make_person(**{**running, **fields})


def test_a_newcomer_sees_a_beginning() -> None:
    found = of(make_person())
    assert (found.points, found.level.level, found.level.missing) == (0, 1, THRESHOLDS[0])
    assert (found.streak_days, found.streak_waits_until, found.missing_a_day) == (0, None, False)
    assert (found.answers_today, found.daily_goal, found.goal_reached) == (0, 5, False)
    assert (found.badges, found.newest_badge) == (0, None)


def test_points_are_those_of_the_boards_and_place_one_on_a_level() -> None:
    person = make_person()
    for number, reason in enumerate([Reason.RANKED_FIRST, *[Reason.PROMPT] * 9]):
        PointEntry.objects.create(person=person, reason=reason, source=str(number), points=POINTS[reason])
    found = of(person)
    assert found.points == 9
    assert found.level == standing(9)
    assert (found.level.since, found.level.until) == (9, 16)


@pytest.mark.parametrize("points", [0, 3, 4, 5, 78, 79, 5999, 6000, 10_000])
def test_what_is_missing_leads_exactly_to_the_next_level(points: int) -> None:
    found = standing(points)
    assert found.level == level(points)
    assert level(found.since) == found.level
    if found.until is None:
        assert (found.level, found.missing) == (100, 0)
    else:
        assert level(points + found.missing) == found.level + 1
        assert level(points + found.missing - 1) == found.level
        assert found.missing == found.until - points


def test_answers_of_today_are_measured_against_the_goal_of_the_day() -> None:
    person = make_person()
    profiles.change(person=person, now=NOW, daily_goal=1)
    for at in (NOW - timedelta(days=1), NOW):
        make_tree()
        submit(claim(person, Kind.ASSISTANT_REPLY, now=at), person, now=at)
    assert (of(person).answers_today, of(person).goal_reached) == (1, True)
    profiles.change(person=person, now=NOW, daily_goal=0)
    assert not of(person).goal_reached, "who wants no goal has none to reach"


def test_a_streak_says_until_when_it_waits() -> None:
    person = streaking()
    found = of(person, timedelta(hours=2))
    assert (found.streak_days, found.missing_a_day, found.repair_left) == (3, False, True)
    assert found.streak_waits_until == NOW + timedelta(hours=60)
    late = of(person, timedelta(hours=40))
    assert (late.streak_days, late.missing_a_day) == (3, True)


def test_without_a_repair_it_waits_for_36_hours() -> None:
    person = streaking(streak_repaired_at=NOW - timedelta(days=5))
    found = of(person)
    assert (found.repair_left, found.repaired_at) == (False, NOW - timedelta(days=5))
    assert found.streak_waits_until == NOW + timedelta(hours=36)
    over = of(person, timedelta(hours=37))
    assert (over.streak_days, over.streak_waits_until) == (0, None), "the job is not waited for"


def test_the_newest_badge_is_shown() -> None:
    person = make_person()
    for number, slug in enumerate(["week-streak", "first-accepted", "of-another-release"]):
        BadgeAward.objects.create(person=person, badge=slug, earned_at=NOW + timedelta(hours=number))
    found = of(person)
    assert (found.badges, found.newest_badge) == (2, BADGES["first-accepted"])


def test_it_costs_four_queries(django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    person = streaking()
    with django_assert_max_num_queries(4):
        progress.of(person, NOW)
