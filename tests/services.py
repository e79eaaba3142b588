"""Gives a test run a PostgreSQL and a Valkey of its own, before Django reads its settings."""

from __future__ import annotations

import atexit
import os
import secrets
import shutil
import tempfile
from pathlib import Path

import pytest

from common import catalogues
from embedded.services import Services

#: Nothing in a test run needs to survive a power cut.
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}

_running: Services | None = None


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests() -> None:
    """Start them, once for the run: an xdist worker finds the addresses in its environment."""
    global _running
    os.environ.setdefault("SECRET_KEY", secrets.token_urlsafe(50))
    if _running is not None or "PYTEST_XDIST_WORKER" in os.environ:
        return
    catalogues.compile_stale(Path(__file__).resolve().parents[1] / "oasst_web" / "locale")
    directory = Path(tempfile.mkdtemp(prefix="oasst-tests-"))
    # The account that runs PostgreSQL when we are root must be able to enter it.
    directory.chmod(0o711)
    _running = Services(directory, environment=os.environ, postgres_settings=FAST, die_with_us=True)
    # Also when pytest itself breaks down.
    atexit.register(_stop)
    os.environ.update(_running.join())
    os.environ["OASST_DATA_DIR"] = str(directory)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    _stop()


def _stop() -> None:
    global _running
    if _running is not None:
        _running.leave()
        shutil.rmtree(_running.data_dir, ignore_errors=True)
        _running = None
