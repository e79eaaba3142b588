"""Streaks: whole days since somebody began to come back; over after 36 hours away, but for one missed day a month."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from accounts.models import User
from stats import streaks
from tasks.kinds import Kind
from tests.making import NOW, claim, make_person, make_tree, submit

pytestmark = pytest.mark.django_db


def answer(person: User, at: datetime) -> None:
    make_tree()
    submit(claim(person, Kind.ASSISTANT_REPLY, now=at), person, now=at)


def streak(person: User) -> tuple[int, datetime | None]:
    person.refresh_from_db()
    return person.streak_days, person.streak_started_at


def test_a_streak_counts_whole_days_since_its_first_answer() -> None:
    person = make_person()
    for day in range(3):
        at = NOW + timedelta(days=day)
        answer(person, at)
        streaks.keep(now=at)
        assert streak(person) == (day, NOW)
    assert person.last_activity_at == NOW + timedelta(days=2)


def test_a_streak_ends_after_36_hours_and_not_before() -> None:
    person = make_person()
    answer(person, NOW)
    streaks.keep(now=NOW + timedelta(hours=36))
    assert streak(person) == (0, NOW)
    streaks.keep(now=NOW + timedelta(hours=36, seconds=1))
    assert streak(person) == (0, None)


def test_after_a_pause_a_new_streak_begins() -> None:
    person = make_person()
    for day in (0, 1, 4):
        answer(person, NOW + timedelta(days=day))
        streaks.keep(now=NOW + timedelta(days=day))
    assert streak(person) == (0, NOW + timedelta(days=4))


def test_a_pause_is_seen_even_if_the_job_slept_through_it() -> None:
    person = make_person()
    for day in (0, 4, 5):
        answer(person, NOW + timedelta(days=day))
    streaks.keep(now=NOW + timedelta(days=5))
    assert streak(person) == (1, NOW + timedelta(days=4))


def test_the_job_may_run_twice() -> None:
    person = make_person()
    answer(person, NOW)
    for _ in range(2):
        streaks.keep(now=NOW)
    assert streak(person) == (0, NOW)


def test_an_answer_committed_a_little_late_is_still_seen() -> None:
    quick, slow = make_person(), make_person()
    answer(quick, NOW)
    streaks.keep(now=NOW)
    answer(slow, NOW - timedelta(minutes=5))
    streaks.keep(now=NOW)
    assert streak(slow) == (0, NOW - timedelta(minutes=5))


def test_a_simulation_whose_clock_runs_ahead_stops_nobodys_streak() -> None:
    person, simulated = make_person(), make_person()
    answer(simulated, NOW + timedelta(days=3))
    streaks.keep(now=NOW)
    answer(person, NOW + timedelta(hours=1))
    streaks.keep(now=NOW + timedelta(hours=1))
    assert streak(person) == (0, NOW + timedelta(hours=1))


def come_back(person: User, *days: float) -> None:
    for day in days:
        answer(person, NOW + timedelta(days=day))
        streaks.keep(now=NOW + timedelta(days=day))


def test_one_missed_day_a_month_is_forgiven() -> None:
    person = make_person()
    come_back(person, 0, 1, 3, 4)
    assert streak(person) == (4, NOW)
    assert person.streak_repaired_at == NOW + timedelta(days=3)
    assert not streaks.repair_left(person, now=NOW + timedelta(days=4))


def test_a_second_missed_day_in_a_month_ends_the_streak() -> None:
    person = make_person()
    come_back(person, 0, 1, 3, 4, 6)
    assert streak(person) == (0, NOW + timedelta(days=6))


def test_a_month_later_a_missed_day_is_forgiven_again() -> None:
    person = make_person()
    come_back(person, 0, 1, 3)
    User.objects.filter(pk=person.pk).update(streak_repaired_at=NOW - timedelta(days=25))
    come_back(person, 4, 6)
    assert streak(person) == (6, NOW)
    assert person.streak_repaired_at == NOW + timedelta(days=6)


@pytest.mark.parametrize(("hours", "goes_on"), [(60, True), (61, False)])
def test_no_more_than_one_day_is_forgiven(hours: int, goes_on: bool) -> None:
    person = make_person()
    come_back(person, 0, 1, 1 + hours / 24)
    assert (streak(person)[1] == NOW) is goes_on
    assert (person.streak_repaired_at is not None) is goes_on


def test_a_streak_that_may_still_be_saved_is_not_ended_by_the_clock() -> None:
    person = make_person()
    come_back(person, 0, 1)
    streaks.keep(now=NOW + timedelta(days=1, hours=60))
    assert streak(person) == (1, NOW)
    streaks.keep(now=NOW + timedelta(days=1, hours=60, seconds=1))
    assert streak(person) == (0, None)
    assert person.streak_repaired_at is None, "what saved nothing is not used up"


def test_where_nothing_is_left_to_forgive_the_clock_ends_a_streak_after_36_hours() -> None:
    person = make_person()
    come_back(person, 0, 1, 3)
    streaks.keep(now=NOW + timedelta(days=3, hours=36))
    assert streak(person) == (3, NOW)
    streaks.keep(now=NOW + timedelta(days=3, hours=36, seconds=1))
    assert streak(person) == (0, None)


def test_a_streak_of_less_than_a_day_uses_nothing_up() -> None:
    person = make_person()
    come_back(person, 0, 2)
    assert streak(person) == (0, NOW + timedelta(days=2))
    assert person.streak_repaired_at is None


def test_a_missed_day_is_forgiven_even_if_the_job_slept_through_it() -> None:
    person = make_person()
    for day in (0, 1, 3, 4):
        answer(person, NOW + timedelta(days=day))
    streaks.keep(now=NOW + timedelta(days=4))
    assert streak(person) == (4, NOW)
    assert person.streak_repaired_at == NOW + timedelta(days=3)
