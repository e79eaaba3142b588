"""Broker and worker are away while people write and report: nothing is lost, and everything is screened afterwards."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from celery import current_app
from celery.contrib.testing.worker import start_worker
from celery.worker import state
from django.conf import settings
from django.db import connection

from moderation.models import Finding, QueueItem, Report, Screening
from tasks.models import Message
from tests.making import drifts

pytestmark = pytest.mark.django_db(transaction=True)

PEOPLE = 500
TREES = 10


def at_a_dead_broker(people: int) -> None:
    """Let so many people write and report in a process whose broker is a port at which nobody listens."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        database = connection.settings_dict
        user, password = quote(database["USER"]), quote(database["PASSWORD"])
        where = f"{database['HOST']}:{database['PORT']}/{database['NAME']}"
        environment = {
            **os.environ,
            "DATABASE_URL": f"postgresql://{user}:{password}@{where}",
            "REDIS_URL": f"redis://127.0.0.1:{closed.getsockname()[1]}/0",
            "DJANGO_SETTINGS_MODULE": "oasst_web.settings.test",
        }
        command = [sys.executable, "-m", "tests.journeys.without_broker", str(people)]
        done = subprocess.run(command, env=environment, cwd=settings.ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "The broker is away" in done.stderr


@pytest.fixture
def worker(transactional_db: None) -> Iterator[None]:
    current_app.control.purge()
    with start_worker(current_app, pool="threads", concurrency=1, perform_ping_check=False, shutdown_timeout=60):
        yield
        current_app.control.purge()
        while state.reserved_requests or state.active_requests:
            time.sleep(0.02)


@pytest.mark.timeout(400)
def test_a_thousand_messages_and_reports_without_broker_and_worker_are_all_screened_afterwards(
    request: pytest.FixtureRequest,
) -> None:
    at_a_dead_broker(PEOPLE)
    assert Message.objects.filter(screening_due=True).count() == PEOPLE + TREES
    assert Report.objects.count() == PEOPLE
    assert QueueItem.objects.filter(sources=["report"]).count() == TREES
    request.getfixturevalue("worker")
    # As the timetable does every half minute.
    current_app.send_task("moderation.screen")
    while Screening.objects.count() < PEOPLE + TREES:
        time.sleep(0.05)
    assert not Message.objects.filter(screening_due=True).exists()
    found = Finding.objects.filter(concern="personal_data", kind="email").values("message").distinct().count()
    assert found == PEOPLE
    assert QueueItem.objects.filter(processed=False).count() == PEOPLE + TREES
    assert drifts() == []
