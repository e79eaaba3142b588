"""Keeps the processes of the site running: starts them, starts the dead ones again, ends them in order."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from embedded import data_directory, processes

#: Seconds before the first restart; doubled with every death that follows soon after.
FIRST_PAUSE = 0.5

#: Seconds a restart waits at most. Raise it to try a broken part less often.
LONGEST_PAUSE = 30.0

#: Seconds after which a part counts as healthy again, and its next death as its first.
HEALTHY = 60.0


@dataclass(frozen=True, slots=True)
class Plan:
    """What one part runs, where its words go (None: the terminal), and how long it may take to end."""

    name: str
    title: str
    command: Sequence[str]
    log: Path | None = None
    patience: float = 10.0


@dataclass(slots=True)
class _Running:
    plan: Plan
    child: subprocess.Popen[bytes] | None = None
    identity: processes.Identity | None = None
    started: float = 0.0
    pause: float = FIRST_PAUSE
    due: float | None = None
    deaths: int = 0


class Parts:
    """The parts of one running site, in the order in which they are started and ended."""

    def __init__(
        self,
        plans: Sequence[Plan],
        *,
        record: Path,
        directory: Path,
        say: Callable[[str], None],
        words_to_stderr: bool = False,
    ) -> None:
        self.record = record
        self.directory = directory
        self.say = say
        self.words_to_stderr = words_to_stderr
        self.environment: Mapping[str, str] = {}
        self._parts = [_Running(plan) for plan in plans]

    def start(self, environment: Mapping[str, str]) -> None:
        self.environment = environment
        for part in self._parts:
            self._start(part)

    def tend(self) -> None:
        """Look once after every part: say which ended, and start it again when its pause is over."""
        for part in self._parts:
            if part.identity is not None and not part.identity.alive():
                self._bury(part)
            elif part.due is not None and time.monotonic() >= part.due:
                self._start(part)

    def restart(self, environment: Mapping[str, str]) -> None:
        """End and start everything, for parts that must learn a new address."""
        self.stop()
        self.start(environment)

    def stop(self) -> None:
        """End the parts one after the other, each with its patience, children and all."""
        for part in self._parts:
            part.due = None
            if part.child is None or part.identity is None:
                continue
            processes.end(part.identity, ((signal.SIGTERM, part.plan.patience),))
            # Also after a clean end: a child that overlooked it would keep the port or a database connection.
            processes.send(part.identity.pid, signal.SIGKILL, group=True)
            part.child.wait()
            part.child = part.identity = None
        self._write_record()

    def kill(self) -> None:
        """End everything at once, for somebody who does not want to wait for stop()."""
        for pid in self.pids().values():
            processes.send(pid, signal.SIGKILL, group=True)

    def deaths(self) -> dict[str, int]:
        """How often each part ended by itself since the start."""
        return {part.plan.title: part.deaths for part in self._parts}

    def pids(self) -> dict[str, int]:
        return {part.plan.name: part.identity.pid for part in self._parts if part.identity is not None}

    def _start(self, part: _Running) -> None:
        environment = {**self.environment, "PYTHONUNBUFFERED": "1"}
        log = None if part.plan.log is None else data_directory.open_log(part.plan.log)
        words = log if log is not None else (sys.stderr.fileno() if self.words_to_stderr else None)
        try:
            part.child = subprocess.Popen(
                part.plan.command,
                stdin=subprocess.DEVNULL,
                stdout=words,
                stderr=log,
                cwd=self.directory,
                env=environment,
                # A group of its own: Ctrl-C reaches only us, who end the parts in order; and SIGKILL reaches all of it.
                start_new_session=True,
                preexec_fn=processes.die_with_parent(signal.SIGTERM),
            )
        finally:
            if log is not None:
                log.close()
        # None only if it died at once; an identity that was never alive is found dead by the next tend().
        part.identity = processes.identify(part.child.pid) or processes.Identity(part.child.pid, "")
        part.started = time.monotonic()
        part.due = None
        self._write_record()

    def _bury(self, part: _Running) -> None:
        assert part.child is not None
        # Before wait(): until then the pid, and with it the number of its group, cannot be given to somebody else.
        processes.send(part.child.pid, signal.SIGKILL, group=True)
        code = part.child.wait()
        if time.monotonic() - part.started > HEALTHY:
            part.pause = FIRST_PAUSE
        how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with status {code}"
        where = f" Its log: {part.plan.log}." if part.plan.log is not None else ""
        self.say(f"The {part.plan.title} {how}; starting it again in {part.pause:g} s.{where}")
        part.child = part.identity = None
        part.deaths += 1
        part.due = time.monotonic() + part.pause
        part.pause = min(2 * part.pause, LONGEST_PAUSE)

    def _write_record(self) -> None:
        known = {
            part.plan.title: {"pid": part.identity.pid, "birth": part.identity.birth}
            for part in self._parts
            if part.identity is not None
        }
        data_directory.write_record(self.record, {"pid": os.getpid(), "parts": known})


def end_leftovers(record: Path) -> list[str]:
    """End the parts of a site whose keeper was killed, by the record it left; returns their titles."""
    titles = []
    for title, known in data_directory.read_record(record).get("parts", {}).items():
        identity = processes.Identity(known["pid"], known["birth"])
        if identity.alive():
            processes.end(identity, ((signal.SIGTERM, 3.0), (signal.SIGKILL, 3.0)), group=True)
            titles.append(title)
    record.unlink(missing_ok=True)
    return titles
