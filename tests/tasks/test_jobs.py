"""Jobs, with a real worker and a real broker: a nudge after an answer does the rest."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from celery import current_app
from celery.contrib.testing.worker import start_worker
from celery.worker import state

from accounts.models import PointEntry
from oasst_web.timetable import TIMETABLE
from tasks import jobs, rulebook
from tasks.kinds import Kind
from tasks.models import Task, Tree
from tasks.tree_states import State
from tests.making import claim, drifts, make_people, make_tree, submit

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def worker(transactional_db: None) -> Iterator[None]:
    """Stops, with all it began, before the database is emptied."""
    current_app.control.purge()
    with start_worker(current_app, pool="threads", concurrency=1, perform_ping_check=False, shutdown_timeout=30):
        yield
        current_app.control.purge()
        while state.reserved_requests or state.active_requests:
            time.sleep(0.02)


def in_the_end(tree: Tree, wanted: State) -> bool:
    """Look until it is so. pytest's own time limit ends a test in which it never will be."""
    while Tree.objects.get(pk=tree.pk).state != wanted:
        time.sleep(0.02)
    return True


@pytest.mark.usefixtures("worker")
def test_the_last_ranking_wakes_the_worker_that_scores_the_tree() -> None:
    tree = make_tree(state=State.RANKING)
    for person in make_people(3):
        submit(claim(person, Kind.RANK_ASSISTANT_REPLIES), person)
    assert in_the_end(tree, State.READY_FOR_EXPORT)
    assert drifts() == []


@pytest.mark.usefixtures("worker")
def test_an_accepted_prompt_wakes_the_lottery() -> None:
    tree = make_tree(state=State.INITIAL_PROMPT_REVIEW)
    for person in make_people(3):
        submit(claim(person, Kind.LABEL_INITIAL_PROMPT), person)
    assert in_the_end(tree, State.GROWING)


def test_every_job_is_in_the_timetable_and_the_other_way_round() -> None:
    current_app.loader.import_default_modules()
    ours = {name for name in current_app.tasks if not name.startswith("celery.")}
    assert {entry["task"] for entry in TIMETABLE.values()} <= ours


def test_jobs_do_by_the_clock_what_nobody_woke_them_for() -> None:
    scored = make_tree(state=State.READY_FOR_SCORING, replies=2)
    drawn = make_tree(state=State.PROMPT_LOTTERY_WAITING)
    rulebook.change(changes={"num_reviews_reply": 4}, by=None, note="", now=scored.created_at)
    late = make_tree()
    (person,) = make_people(1)
    claim(person, Kind.ASSISTANT_REPLY)
    for job in (jobs.score_trees, jobs.run_lottery, jobs.return_expired, jobs.settle_points, jobs.recheck_trees) * 2:
        job()
    states = dict(Tree.objects.values_list("pk", "state"))
    assert (states[scored.pk], states[drawn.pk]) == (State.READY_FOR_EXPORT, State.GROWING)
    assert not Task.objects.held_by(person).exists()
    assert Task.objects.open().filter(tree=late).exists()
    assert PointEntry.objects.exists()
    assert drifts() == []
