"""The parts of a running site: started again when they die, ended in order, and never left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from embedded import processes
from embedded.data_directory import read_record
from embedded.parts import Parts, Plan, end_leftovers

#: Starts a child of its own that overlooks SIGTERM, as a stuck worker process would, and tells both pids.
WITH_CHILD = """
import signal, subprocess, sys, time
stubborn = "from signal import *; import time; signal(SIGTERM, SIG_IGN); print('up', flush=True); time.sleep(600)"
child = subprocess.Popen([sys.executable, "-c", stubborn], stdout=subprocess.PIPE)
child.stdout.readline()
open(sys.argv[1], "w").write(str(child.pid))
time.sleep(600)
"""


def eventually(true: Callable[[], object], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.02)


class Site:
    """One part with a stubborn child, and everything it says."""

    def __init__(self, directory: Path) -> None:
        self.said: list[str] = []
        self.child_file = directory / "child"
        self.record = directory / "parts.json"
        command = [sys.executable, "-c", WITH_CHILD, str(self.child_file)]
        plan = Plan("worker", "worker", command, directory / "worker.log", patience=5)
        self.parts = Parts([plan], record=self.record, directory=directory, say=self.said.append)

    def start(self) -> tuple[processes.Identity, processes.Identity]:
        self.child_file.unlink(missing_ok=True)
        self.parts.start(dict(os.environ))
        return self.current()

    def tended(self) -> Parts:
        self.parts.tend()
        return self.parts

    def current(self) -> tuple[processes.Identity, processes.Identity]:
        eventually(lambda: self.child_file.exists() and self.child_file.read_text())
        parent = processes.identify(self.parts.pids()["worker"])
        child = processes.identify(int(self.child_file.read_text()))
        assert parent is not None
        assert child is not None
        return parent, child


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    yield site
    site.parts.kill()
    site.parts.stop()


def test_a_killed_part_is_announced_and_started_again_without_its_old_children(site: Site) -> None:
    parent, child = site.start()
    site.child_file.unlink()
    os.kill(parent.pid, signal.SIGKILL)
    eventually(lambda: site.tended().pids().get("worker", parent.pid) != parent.pid)
    assert not child.alive()
    assert site.current()[0] != parent
    assert site.parts.deaths() == {"worker": 1}
    assert "The worker was ended by SIGKILL; starting it again in 0.5 s." in site.said[0]


def test_a_part_that_keeps_dying_is_tried_less_and_less_often(tmp_path: Path) -> None:
    said: list[str] = []
    plan = Plan("web", "web server", [sys.executable, "-c", "raise SystemExit(3)"], tmp_path / "web.log")
    parts = Parts([plan], record=tmp_path / "parts.json", directory=tmp_path, say=said.append)
    parts.start(dict(os.environ))

    def died_twice() -> bool:
        parts.tend()
        return len(said) == 2

    eventually(died_twice)
    parts.stop()
    assert "The web server ended with status 3; starting it again in 0.5 s." in said[0]
    assert "starting it again in 1 s." in said[1]


def test_stopping_ends_the_children_that_overlook_it(site: Site) -> None:
    parent, child = site.start()
    site.parts.stop()
    assert not parent.alive()
    eventually(lambda: not child.alive())
    assert read_record(site.record)["parts"] == {}


def test_parts_left_behind_are_ended_by_the_record_they_are_in(site: Site) -> None:
    parent, _ = site.start()
    assert end_leftovers(site.record) == ["worker"]
    assert not parent.alive()
    assert end_leftovers(site.record) == []


def test_a_record_whose_pid_was_given_to_somebody_else_ends_nobody(site: Site) -> None:
    parent, _ = site.start()
    site.record.write_text(site.record.read_text().replace(parent.birth, "long ago"))
    assert end_leftovers(site.record) == []
    assert parent.alive()


@pytest.mark.skipif(not processes.LINUX, reason="other systems have no signal for the death of a parent")
def test_a_child_ends_when_its_parent_is_killed() -> None:
    program = (
        "import signal, subprocess, sys, time; from embedded import processes; "
        "child = subprocess.Popen(['sleep', '600'], preexec_fn=processes.die_with_parent(signal.SIGTERM)); "
        "print(child.pid, flush=True); time.sleep(600)"
    )
    project = Path(__file__).resolve().parents[2]
    parent = subprocess.Popen([sys.executable, "-c", program], cwd=project, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = processes.identify(int(parent.stdout.readline()))
    assert child is not None
    parent.kill()
    parent.communicate()
    assert processes.wait_until_gone(child, 10)
