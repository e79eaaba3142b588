"""Weeks: what is counted in which, and what the published figures do not see of it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db.models import QuerySet
from django.test import Client

from accounts.models import Scope
from oasst_web.timetable import TIMETABLE
from stats import jobs, public, series
from stats.models import PublicFigures
from stats.public import Figures
from stats.series import Series, Weeks
from tasks.models import Message, Task, Tree
from tasks.tree_states import State
from tests.api.calling import Program
from tests.making import BEFORE, NOW, add_message, add_ranking, add_review, make_person, make_tree, replies_to, root_of

pytestmark = pytest.mark.django_db

MONDAY = date(2026, 1, 5)
LAST_MONDAY = date(2025, 12, 29)


def weeks_of(lang: str = series.TOGETHER) -> Weeks:
    weeks = series.of(lang)
    assert weeks
    return weeks


def long_ago(tasks: QuerySet[Any]) -> None:
    """What was done then is in no week that is counted."""
    tasks.update(done_at=NOW - timedelta(weeks=500))


def test_a_week_begins_on_monday_in_universal_time() -> None:
    assert NOW.date() == MONDAY
    tree = make_tree(replies=1)
    before, after = datetime(2026, 1, 4, 23, 59, tzinfo=UTC), datetime(2026, 1, 5, tzinfo=UTC)
    Message.objects.filter(pk=root_of(tree).pk).update(created_at=before)
    Message.objects.filter(parent__isnull=False).update(created_at=after)
    series.count(now=NOW)
    weeks = weeks_of()
    assert list(weeks.mondays) == [LAST_MONDAY, MONDAY]
    assert weeks.counts[Series.PROMPTER] == [1, 0]
    assert weeks.counts[Series.ASSISTANT] == [0, 1]


def test_only_accepted_messages_of_people_count() -> None:
    tree = make_tree(replies=1)
    add_message(tree=tree, parent=root_of(tree), verdict=False)
    add_message(tree=tree, parent=root_of(tree), verdict=None)
    machine = add_message(tree=tree, parent=root_of(tree))
    Message.objects.filter(pk=machine.pk).update(synthetic=True)
    series.count(now=NOW)
    weeks = weeks_of()
    assert sum(weeks.counts[Series.PROMPTER]) == 1
    assert sum(weeks.counts[Series.ASSISTANT]) == 1


def test_languages_are_counted_apart_and_together() -> None:
    make_tree(replies=1)
    make_tree(replies=2, lang="de")
    assert series.count(now=NOW) == 2
    german, together, nothing = weeks_of("de"), weeks_of(), weeks_of("eo")
    assert sum(german.counts[Series.ASSISTANT]) == 2
    assert sum(together.counts[Series.ASSISTANT]) == 3
    # A language without anything has the same weeks, so that pages need no case for it.
    assert list(nothing.mondays) == list(together.mondays)
    assert sum(nothing.counts[Series.ASSISTANT]) == 0
    assert series.languages() == ["de", "en"]


def test_whoever_works_in_two_languages_is_one_person_altogether() -> None:
    person = make_person()
    for lang in ("en", "de"):
        add_review(root_of(make_tree(lang=lang)), by=person)
    long_ago(Task.objects.exclude(claimed_by=person))
    series.count(now=NOW)
    for lang in ("en", "de", ""):
        assert sum(weeks_of(lang).counts[Series.PEOPLE]) == 1, lang
    assert sum(weeks_of().counts[Series.REVIEWS]) == 2


def test_rankings_and_finished_trees_have_their_weeks() -> None:
    tree = make_tree(state=State.READY_FOR_EXPORT, replies=2)
    add_ranking(parent=root_of(tree), by=make_person(), order=[replies_to(root_of(tree))])
    Tree.objects.filter(pk=tree.pk).update(finished_at=NOW)
    series.count(now=NOW)
    weeks = weeks_of("en")
    assert list(weeks.mondays) == [LAST_MONDAY, MONDAY]
    assert weeks.counts[Series.TREES] == [0, 1]
    assert weeks.counts[Series.RANKINGS] == [4, 0]


def test_no_week_is_left_out_and_a_year_is_enough() -> None:
    tree = make_tree(replies=1)
    Message.objects.filter(pk=root_of(tree).pk).update(created_at=BEFORE - timedelta(weeks=300))
    Message.objects.filter(parent__isnull=False).update(created_at=BEFORE - timedelta(weeks=10))
    long_ago(Task.objects.all())
    series.count(now=NOW)
    weeks = weeks_of()
    assert len(weeks.mondays) == 12
    assert sum(weeks.counts[Series.PROMPTER]) == 0
    later = NOW + timedelta(weeks=series.WEEKS)
    series.count(now=later)
    weeks = weeks_of()
    assert list(weeks.mondays) == [series.monday_of(later.date())]


def test_counting_again_changes_what_changed_and_forgets_what_is_gone() -> None:
    make_tree(replies=1, lang="de")
    series.count(now=NOW)
    Message.objects.update(deleted=True)
    long_ago(Task.objects.all())
    series.count(now=NOW + timedelta(hours=1))
    assert series.languages() == []
    weeks = weeks_of()
    assert weeks.counted_at == NOW + timedelta(hours=1)
    assert sum(map(sum, weeks.counts.values())) == 0


def test_the_published_figures_do_not_know_of_weeks() -> None:
    make_tree(replies=1)
    public.count(now=NOW)
    series.count(now=NOW)
    assert sorted(Program(Scope.EXPORTER).get("stats/cached").json()["stats_by_name"]) == sorted(Figures)
    assert not any(name.startswith(series.PREFIX) for name in Figures)
    assert Client().get(f"/api/v1/stats/cached/{series.PREFIX}en").status_code in (401, 403, 404, 422)


def test_an_overview_is_only_given_of_a_whole_count() -> None:
    assert public.at_a_glance() is None
    assert public.overview() is None
    make_tree(state=State.READY_FOR_EXPORT, replies=2)
    make_tree(replies=3, lang="de")
    public.count(now=NOW)
    glance, overview = public.at_a_glance(), public.overview()
    assert glance
    assert overview
    assert (glance.messages, glance.finished_trees, glance.languages) == (7, 1, 2)
    assert glance.counted_at == NOW
    assert [row.lang for row in overview.languages] == ["de", "en"]
    assert dict(overview.languages[1].trees) == {State.READY_FOR_EXPORT: 1}
    PublicFigures.objects.filter(pk=Figures.TERMS_ACCEPTED).delete()
    assert public.at_a_glance() is None


def test_the_job_is_on_the_timetable() -> None:
    assert "stats.count_weeks" in TIMETABLE
    assert jobs.count_weeks() == 0
    assert series.of() is not None
