"""Read a database that people write to at the same time, as if it stood still."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from django.db import connection, transaction
from psycopg import sql


@contextmanager
def one_moment(snapshot: str = "") -> Iterator[None]:
    """All queries inside see the database as it was at the first, or in a moment that somebody keeps, and may change
    nothing. Raises DatabaseError when nobody keeps that moment any more.

    Inside somebody else's transaction, whose isolation cannot be changed any more, its own view counts.
    """
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            if snapshot:
                cursor.execute(sql.SQL("SET TRANSACTION SNAPSHOT {}").format(sql.Literal(snapshot)))
        yield


@contextmanager
def kept_moment() -> Iterator[str]:
    """Keeps this moment for as long as the block lasts: its name is for `one_moment`, here and in other processes.

    Inside somebody else's transaction its own view counts, and it has no name."""
    if connection.in_atomic_block:
        yield ""
        return
    connection.ensure_connection()
    parameters = {key: value for key, value in connection.get_connection_params().items() if value is not None}
    parameters.pop("cursor_factory", None)
    parameters.pop("context", None)
    with psycopg.connect(**parameters, autocommit=True) as keeper:
        keeper.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        row = keeper.execute("SELECT pg_export_snapshot()").fetchone()
        assert row is not None
        yield str(row[0])
