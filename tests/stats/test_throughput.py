"""How fast work gets done, by day, week and language."""

from __future__ import annotations

from datetime import UTC, date, timedelta

import pytest

from stats import throughput
from stats.throughput import Waited
from tasks.models import Message, Review, Task, Tree
from tasks.tree_states import State
from tests.making import NOW, add_ranking, claim, make_person, make_tree, review, root_of, submit

pytestmark = pytest.mark.django_db

TODAY = NOW.astimezone(UTC).date()
MONDAY = date(2026, 1, 5)


def test_answers_by_day_and_deed_with_empty_days_between() -> None:
    tree = make_tree(state=State.RANKING, replies=2)
    Task.objects.update(done_at=NOW - timedelta(days=100))
    for days in (0, 0, 2):
        ranking = add_ranking(parent=root_of(tree), by=make_person())
        Task.objects.filter(ranking=ranking).update(done_at=NOW - timedelta(days=days))
    found = throughput.answers(lang="", now=NOW)
    assert len(found) == throughput.DAYS
    assert found[-1].day == TODAY
    assert [day.ranked for day in found[-3:]] == [1, 0, 2]
    assert sum(day.written + day.reviewed for day in found) == 0


def test_what_was_only_asked_to_measure_somebody_is_no_work_done() -> None:
    make_tree(state=State.RANKING, replies=2)
    Task.objects.filter(state="done").update(known_answer=True)
    assert sum(day.written + day.reviewed for day in throughput.answers(lang="", now=NOW)) == 0


def test_one_language_alone() -> None:
    make_tree(state=State.GROWING, replies=1, lang="de")
    german = throughput.answers(lang="de", now=NOW)[-2]
    assert (german.written, german.reviewed) == (2, 6)
    assert sum(day.reviewed for day in throughput.answers(lang="en", now=NOW)) == 0


def test_hours_from_writing_to_the_review_that_decided() -> None:
    for hours in (1, 3, 9):
        tree = make_tree(state=State.INITIAL_PROMPT_REVIEW)
        prompt = root_of(tree)
        for _ in range(3):
            review(prompt)
        prompt.refresh_from_db()
        assert prompt.review_result is True
        Message.objects.filter(pk=prompt.pk).update(created_at=NOW - timedelta(hours=hours))
        # What comes after the verdict does not move it.
        last = Review.objects.filter(message=prompt).order_by("-number").first()
        assert last is not None
        assert last.number == prompt.decided_after
    weeks = throughput.to_verdict(lang="", now=NOW)
    assert len(weeks) == throughput.WEEKS
    assert weeks[-1] == Waited(MONDAY, 3, 3.0, 2.0, 6.0)
    assert weeks[-2] == Waited(MONDAY - timedelta(weeks=1), 0)
    assert throughput.to_verdict(lang="de", now=NOW)[-1].number == 0


def test_hours_from_the_prompt_to_the_end_of_its_tree_without_imported_ones() -> None:
    for days, origin in ((1, ""), (3, ""), (50, "trees.jsonl")):
        tree = make_tree(state=State.READY_FOR_EXPORT)
        times = {"created_at": NOW - timedelta(days=days), "finished_at": NOW, "origin": origin}
        Tree.objects.filter(pk=tree.pk).update(**times)
    ended = throughput.to_end(lang="", now=NOW)[-1]
    assert (ended.number, ended.median) == (2, 48.0)


def test_what_is_wanted_and_how_long_it_would_take() -> None:
    tree = make_tree(state=State.RANKING, replies=2, lang="de")
    make_tree(state=State.GROWING, lang="fr")
    Task.objects.filter(state="done").update(done_at=NOW - timedelta(days=30))
    person = make_person(lang="de")
    submit(claim(person, lang="de"), person)
    rows = {row.lang: row for row in throughput.backlog(now=NOW)}
    german, french = rows["de"], rows["fr"]
    assert german.rank == Task.objects.open().filter(tree=tree).count()
    assert german.pace == pytest.approx(1 / 7)
    assert german.days == pytest.approx(7 * german.open)
    assert (french.write > 0, french.pace, french.days) == (True, 0.0, None)
    # Where nobody answers, it takes for ever.
    assert [row.lang for row in throughput.backlog(now=NOW)] == ["fr", "de"]
