"""Two databases on one embedded server: `small` has only the trees people work on, `full` also a long history."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from embedded.services import Services

ROOT = Path(__file__).resolve().parents[1]
SIZES = ("small", "full")


@contextmanager
def server() -> Iterator[dict[str, str]]:
    """The environment for each size: DATABASE_URL, REDIS_URL and the rest. BENCHMARK_DIR moves the data."""
    directory = Path(os.environ.get("BENCHMARK_DIR", str(ROOT / ".local" / "benchmarks")))
    services = Services(directory, environment={})
    addresses = services.join()
    try:
        yield {**addresses, "SECRET_KEY": "benchmark" * 8, "OASST_DATA_DIR": str(directory)}
    finally:
        services.leave()


def url(environment: dict[str, str], size: str) -> str:
    """The address of one of the two databases, which is made if it is not there."""
    base, _slash, _name = environment["DATABASE_URL"].rpartition("/")
    with psycopg.connect(environment["DATABASE_URL"], autocommit=True) as connection:
        there = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [f"bench_{size}"]).fetchone()
        if there is None:
            connection.execute(f'CREATE DATABASE "bench_{size}"')
    return f"{base}/bench_{size}"


def use(environment: dict[str, str], size: str) -> None:
    """Point this process's Django at one of the databases. Once per process."""
    os.environ.update(environment)
    os.environ["DATABASE_URL"] = url(environment, size)
    os.environ["DJANGO_SETTINGS_MODULE"] = "oasst_web.settings.local"
    import django

    django.setup()
