"""Data directories for real servers, and their end."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from embedded.services import Services

#: Quick to make, and still loses nothing when a process is killed.
NO_POWER_CUTS = {"fsync": "off"}

MakeServices = Callable[..., Services]


@pytest.fixture
def directory() -> Iterator[Path]:
    """An empty directory that every account may enter; pytest's own tmp_path is closed to others."""
    path = Path(tempfile.mkdtemp(prefix="oasst-services-"))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def services_of() -> Iterator[MakeServices]:
    """Makes the services of a data directory, as each command does for itself; none is left running."""
    made: list[Services] = []

    def make(data_dir: Path, **environment: str) -> Services:
        services = Services(data_dir, environment=environment, postgres_settings=NO_POWER_CUTS)
        made.append(services)
        return services

    yield make
    for services in made:
        for server in services.servers:
            server.stop()
        services.leave()


as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has somebody to step back to")
