"""Releases built by real workers: woken by whoever asks, together, and after one of them was killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from celery import current_app
from celery.contrib.testing.worker import start_worker
from celery.worker import state
from django.db import connection

from exports.models import Release, ReleaseState
from exports.releases import asking, build, parts, places
from oasst_web import settings as site
from tests.exports.files import OURS, bring_in
from tests.exports.releasing import asked, make_release
from tests.making import NOW

pytestmark = pytest.mark.django_db(transaction=True)

#: A command whose parts are so small that it can be killed between them.
BUILD = """
import os, time, django
django.setup()
from django.conf import settings
from django.utils import timezone
from pathlib import Path
from exports.releases import build, parts
settings.RELEASES_DIR = Path(os.environ["RELEASES_DIR"])
parts.TREES = 1
build.build(int(os.environ["RELEASE"]), clock=timezone.now, tell=lambda done, of: time.sleep(60) if done else None)
"""


@pytest.fixture
def workers(transactional_db: None) -> Iterator[None]:
    """Two threads that take what is in the queue of releases."""
    current_app.control.purge()
    options = {"pool": "threads", "concurrency": 2, "queues": ["exports", "parts"]}
    with start_worker(current_app, **options, perform_ping_check=False, shutdown_timeout=60):
        yield
        current_app.control.purge()
        while state.reserved_requests or state.active_requests:
            time.sleep(0.02)


@pytest.mark.usefixtures("workers", "releases_dir")
def test_asking_wakes_workers_who_build_it_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "TREES", 2)
    bring_in(OURS)
    alone = make_release("r1")
    asking.ask(name="r1", config=asked(), benchmarks={}, by=None, now=NOW)
    while (release := Release.objects.get()).state != ReleaseState.BUILT:
        assert release.state != ReleaseState.FAILED
        time.sleep(0.05)
    assert release.parts > 2
    assert release.manifest_digest == alone.manifest_digest


def test_after_a_kill_another_process_builds_the_same_bytes(
    releases_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "TREES", 1)
    bring_in(OURS)
    alone = make_release("r1")
    release = asking.ask(name="r1", config=asked(), benchmarks={}, by=None, now=NOW, here=True)
    database = connection.settings_dict
    address = f"postgresql://{database['USER']}:{database['PASSWORD']}@{database['HOST']}:{database['PORT']}/{database['NAME']}"
    environment = {
        **os.environ,
        "DATABASE_URL": address,
        "RELEASES_DIR": str(releases_dir),
        "RELEASE": str(release.pk),
    }
    process = subprocess.Popen([sys.executable, "-c", BUILD], cwd=site.ROOT, env=environment)
    while not Release.objects.get().parts_done:
        assert process.poll() is None
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert places.workshop("r1").exists()
    # The database frees the locks of a dead process as soon as it notices.
    while not build.build_waiting(clock=lambda: NOW):
        time.sleep(0.05)
    release.refresh_from_db()
    assert release.state == ReleaseState.BUILT
    assert release.manifest_digest == alone.manifest_digest
