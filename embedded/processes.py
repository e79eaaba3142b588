"""Asks the system about processes: whether one lives, since when, what it runs, and ends it."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

LINUX = sys.platform.startswith("linux")
PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class Identity:
    """A process for good: a pid alone is given to somebody else after its process ends."""

    pid: int
    birth: str

    def alive(self) -> bool:
        return birth(self.pid) == self.birth


def identify(pid: int) -> Identity | None:
    born = birth(pid)
    return Identity(pid, born) if born else None


def birth(pid: int) -> str | None:
    """When the process began, in the system's own words; None for one that is gone or only waits to be reaped."""
    if LINUX:
        try:
            stat = Path(f"/proc/{pid}/stat").read_text()
        except OSError:
            return None
        # The name in parentheses may itself hold blanks and parentheses.
        fields = stat.rpartition(")")[2].split()
        return None if fields[0] in "ZX" else f"{fields[19]}@{_boot()}"
    answer = _ps(pid, "stat=,lstart=")
    return None if not answer or answer.startswith("Z") else answer.partition(" ")[2].strip()


@cache
def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return "this boot"


def command_line(pid: int) -> str:
    """What the process runs, its words joined by blanks; empty when it is gone."""
    if birth(pid) is None:
        return ""
    if LINUX:
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            return ""
    return _ps(pid, "command=")


def _ps(pid: int, columns: str) -> str:
    answer = subprocess.run(["ps", "-ww", "-o", columns, "-p", str(pid)], capture_output=True, text=True, check=False)
    return answer.stdout.strip()


def wait_until_gone(process: Identity, seconds: float) -> bool:
    """Whether the process ended in time. A child of ours is reaped by the caller's Popen; a zombie counts as gone."""
    deadline = time.monotonic() + seconds
    while process.alive():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def end(process: Identity, steps: tuple[tuple[signal.Signals, float], ...], *, group: bool = False) -> None:
    """Send one signal after the other, each with its seconds of patience, until the process is gone.

    With `group`, SIGKILL goes to the whole process group, so that no child outlives its parent.
    """
    for number, patience in steps:
        if not process.alive():
            break
        send(process.pid, number, group=group and number == signal.SIGKILL)
        if wait_until_gone(process, patience):
            break


def send(pid: int, number: int, *, group: bool = False) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number) if group else os.kill(pid, number)


def die_with_parent(number: signal.Signals) -> Callable[[], None] | None:
    """A `preexec_fn` after which the child gets this signal when its parent dies, even by kill -9 (Linux only)."""
    if not LINUX:
        return None
    libc = ctypes.CDLL(None)
    parent = os.getpid()

    def arrange() -> None:
        libc.prctl(PR_SET_PDEATHSIG, int(number))
        # The parent may have died before the line above: then no signal will ever come.
        if os.getppid() != parent:
            os._exit(1)

    return arrange
