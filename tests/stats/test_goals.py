"""Goals of a week: what the people of a language want to reach together."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import pytest

from oasst_web.timetable import TIMETABLE
from stats import goals, jobs
from stats.models import LanguageGoal
from tasks.kinds import Kind
from tasks.models import Message, Task, TaskState, Tree
from tasks.tree_states import State
from tests.making import NOW, claim, make_person, make_tree, root_of, submit

pytestmark = pytest.mark.django_db

MONDAY = date(2026, 1, 5)
#: In the middle of the week of MONDAY.
LATER = NOW + timedelta(days=2)
WEEK = timedelta(weeks=1)


def finish(at: datetime = NOW, *, times: int = 1, lang: str = "en") -> list[Tree]:
    trees = [make_tree(lang=lang) for _ in range(times)]
    Tree.objects.filter(pk__in=[tree.pk for tree in trees]).update(finished_at=at, state=State.READY_FOR_EXPORT)
    return trees


def goal(lang: str = "en", at: datetime = LATER) -> LanguageGoal:
    found = goals.of(lang, at)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("finished", "target"),
    [
        ([0, 0, 0, 0], 5),
        ([4, 4, 4, 4], 5),
        ([10, 10, 10, 10], 12),
        ([0, 10, 10, 500], 12),
        ([17, 17, 17, 17], 20),
        ([83, 80, 85, 90], 105),
        ([2, 2, 30, 30], 19),
    ],
)
def test_a_goal_is_a_fifth_more_than_usual_and_easy_to_remember(finished: Sequence[int], target: int) -> None:
    assert goals.target(finished) == target


def test_a_week_begins_on_monday_in_utc() -> None:
    assert goals.week_of(NOW) == MONDAY
    assert goals.week_of(datetime.fromisoformat("2026-01-12T00:30:00+01:00")) == MONDAY
    assert goals.week_of(datetime.fromisoformat("2026-01-12T00:30:00+00:00")) == MONDAY + WEEK


def test_the_target_comes_from_the_four_weeks_before() -> None:
    for number in range(1, 5):
        finish(NOW - number * WEEK, times=10, lang="de")
    finish(NOW - 5 * WEEK, times=20, lang="de")
    finish(lang="de", times=3)
    goals.count(now=LATER)
    assert (goal("de").target, goal("de").finished, goal("de").week) == (12, 3, MONDAY)
    assert goals.of("en", LATER) is None


def test_where_people_only_begin_to_work_there_is_a_goal_too() -> None:
    make_tree(lang="fr")
    person = make_person()
    submit(claim(person, Kind.ASSISTANT_REPLY, lang="fr"), person)
    goals.count(now=LATER)
    assert (goal("fr").target, goal("fr").finished, goal("fr").people) == (goals.LEAST, 0, 0)


def test_a_goal_once_set_stands() -> None:
    finish()
    goals.count(now=NOW)
    finish(NOW - WEEK, times=9)
    finish(NOW - 2 * WEEK, times=9)
    finish(NOW - 3 * WEEK, times=9)
    goals.count(now=LATER)
    assert goal().target == goals.LEAST
    assert LanguageGoal.objects.filter(week=MONDAY).count() == 1


def test_everybody_who_worked_in_a_finished_tree_has_a_part_in_it() -> None:
    author, reviewer = make_person(), make_person()
    first, second = finish(times=2)
    Message.objects.filter(pk=first.pk).update(author=author)
    before = len(_workers(first, second))
    make_tree()  # Not finished: whoever worked there has no part in it.
    Task.objects.create(
        kind=Kind.LABEL_INITIAL_PROMPT,
        lang="en",
        state=TaskState.DONE,
        tree=first,
        message=root_of(first),
        claimed_by=reviewer,
        done_at=NOW,
    )
    goals.count(now=LATER)
    assert goal().people == before + 1


def _workers(*trees: Tree) -> set[object]:
    """Who wrote and reviewed in trees that have only a prompt."""
    authors = Message.objects.filter(tree__in=trees).values_list("author", flat=True)
    answered = Task.objects.filter(tree__in=trees, state=TaskState.DONE).values_list("claimed_by", flat=True)
    return {*authors, *answered}


def test_reaching_it_is_dated_once() -> None:
    finish(times=4)
    goals.count(now=NOW)
    assert goal().reached_at is None
    finish()
    goals.count(now=LATER)
    goals.count(now=LATER + timedelta(hours=1))
    assert (goal().finished, goal().reached_at) == (5, LATER)


def test_last_week_is_counted_once_more_after_its_end() -> None:
    goals_of_last = LanguageGoal.objects.filter(week=MONDAY)
    finish(times=2)
    goals.count(now=LATER)
    finish(NOW + timedelta(days=6, hours=11, minutes=59), times=1)
    after = NOW + WEEK
    goals.count(now=after)
    assert goals_of_last.get().finished == 3
    finish(NOW, times=1)
    goals.count(now=after + timedelta(days=1))
    assert goals_of_last.get().finished == 3, "what is over is over"
    assert goal(at=after).finished == 0


def test_the_nearest_goals_come_first() -> None:
    finish(times=2, lang="de")
    finish(times=4, lang="ar")
    goals.count(now=LATER)
    assert [each.lang for each in goals.of_week(LATER)] == ["ar", "de"]
    assert goals.of_week(LATER + WEEK) == []


def test_the_clock_counts_goals() -> None:
    assert "stats.count_goals" in {entry["task"] for entry in TIMETABLE.values()}
    person = make_person()
    make_tree()
    submit(claim(person, Kind.ASSISTANT_REPLY), person)
    Task.objects.filter(claimed_by=person).update(done_at=datetime.now(tz=NOW.tzinfo))
    assert jobs.count_goals() == 1
