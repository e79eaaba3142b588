"""File locks: the kernel lets go of them when a process dies, however it dies."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from embedded.errors import StartupError


class FileLock:
    """One lock file, held shared or alone by this process."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    def share(self) -> None:
        fcntl.flock(self._open(), fcntl.LOCK_SH)

    def take_alone(self) -> bool:
        """Try to be the only holder, without waiting. A refusal may lose a shared hold: let go after it."""
        try:
            fcntl.flock(self._open(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def let_go(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    @contextmanager
    def alone(self, seconds: float) -> Iterator[None]:
        """Hold it alone, waiting for the others at most this long."""
        deadline = time.monotonic() + seconds
        while not self.take_alone():
            if time.monotonic() > deadline:
                self.let_go()
                raise StartupError(
                    f"Another command has been starting or stopping the services for {seconds:.0f} seconds. "
                    f"Look who holds {self.path}, end it, and try again."
                )
            time.sleep(0.05)
        try:
            yield
        finally:
            self.let_go()

    def _open(self) -> int:
        if self._descriptor is None:
            # Not inheritable, as every file Python opens: a child must not hold our lock after we died.
            self._descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        return self._descriptor
