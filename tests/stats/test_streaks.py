"""Streaks: whole days since somebody began to come back; over after 36 hours away."""

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
