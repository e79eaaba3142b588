"""Lets detectors look at texts in a child process: one that crashes, hangs or eats all memory takes nobody with it."""

from __future__ import annotations

import atexit
import json
import os
import selectors
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Any

from screening.findings import Concern, Found, Text

TABLE = "screening.detectors:DETECTORS"
#: Seconds in which a detector must have read its lists and models.
LOADING = 90.0
#: Bytes of an answer: no text has so many findings.
LONGEST_ANSWER = 4_000_000
ROOT = Path(__file__).resolve().parents[1]


class DetectorFailed(Exception):
    """A detector could not look at a text: it crashed, took too long, or said why itself."""


class Looker:
    """Asks the detectors of a table, each loaded once, one question at a time. To be closed in the end."""

    def __init__(self, table: str = TABLE) -> None:
        self.table = table
        module, name = table.split(":")
        self._concerns: Mapping[Concern, Any] = getattr(import_module(module), name)
        self._lock = threading.RLock()
        self._child: subprocess.Popen[bytes] | None = None
        self._loaded: dict[Concern, str | None] = {}
        self._versions: dict[Concern, str | None] = {}

    def __enter__(self) -> Looker:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def versions(self) -> dict[Concern, str]:
        """Concern → version of each detector that is installed. One that cannot even be loaded counts as installed:
        it is to be tried again, and the texts it did not see are not forgotten."""
        for concern in self._concerns:
            if concern not in self._versions:
                try:
                    self._load(concern)
                except DetectorFailed:
                    continue
        return {
            concern: self._versions.get(concern) or "unknown"
            for concern in self._concerns
            if self._versions.get(concern, "unknown") is not None
        }

    def look(self, concern: Concern, text: Text, deadline_seconds: float) -> list[Found]:
        """What this detector finds in this text. Raises DetectorFailed; the next call begins with a fresh child."""
        question = {"concern": concern.value, "text": text.text, "lang": text.lang, "role": text.role}
        with self._lock:
            self._load(concern)
            found = self._ask(question, deadline_seconds)["found"]
        length = len(text.text)
        return [
            Found(kind=kind[:40], score=min(max(score, 0.0), 1.0), start=max(start, 0), end=min(end, length))
            for kind, score, start, end in found
        ]

    def close(self) -> None:
        """End the child, whatever it is doing."""
        child, self._child = self._child, None
        self._loaded.clear()
        if child is not None:
            child.kill()
            child.communicate()

    def _load(self, concern: Concern) -> str | None:
        """Loading is no fault of the text, and so has a clock of its own."""
        with self._lock:
            if concern not in self._loaded or self._child is None:
                version = self._ask({"concern": concern.value}, LOADING)["version"]
                self._loaded[concern] = self._versions[concern] = version
            return self._loaded[concern]

    def _ask(self, question: dict[str, Any], seconds: float) -> dict[str, Any]:
        child = self._started()
        assert child.stdin is not None
        try:
            child.stdin.write(json.dumps(question).encode("ascii") + b"\n")
            child.stdin.flush()
            answer: dict[str, Any] = json.loads(self._line(child, seconds))
        except (BrokenPipeError, ValueError) as problem:
            self.close()
            raise DetectorFailed("It crashed.") from problem
        except TimeoutError as problem:
            self.close()
            raise DetectorFailed(f"It took longer than {seconds:g} seconds.") from problem
        if "failed" in answer:
            raise DetectorFailed(answer["failed"])
        return answer

    def _started(self) -> subprocess.Popen[bytes]:
        if self._child is None or self._child.poll() is not None:
            self.close()
            self._child = subprocess.Popen(
                [sys.executable, "-m", "screening.host", self.table],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                cwd=ROOT,
                # One thread each: the worker has the other cores.
                env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
            )
        return self._child

    @staticmethod
    def _line(child: subprocess.Popen[bytes], seconds: float) -> bytes:
        """One line of the child. Raises TimeoutError, and ValueError if it ended without one."""
        assert child.stdout is not None
        until, read = time.monotonic() + seconds, bytearray()
        with selectors.DefaultSelector() as waiting:
            waiting.register(child.stdout, selectors.EVENT_READ)
            while not read.endswith(b"\n"):
                left = until - time.monotonic()
                if left <= 0 or not waiting.select(left):
                    raise TimeoutError
                part = os.read(child.stdout.fileno(), 65_536)
                if not part or len(read) > LONGEST_ANSWER:
                    raise ValueError("It ended in the middle of an answer.")
                read += part
        return bytes(read)


@cache
def shared() -> Looker:
    """One for this process, kept for its life: detectors take seconds to load."""
    looker = Looker()
    atexit.register(looker.close)
    return looker
