"""What happens around a manage.py command: it gets its settings, its servers and a migrated database."""

from __future__ import annotations

import os
import secrets
import signal
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import django
import psycopg
from django.core.management import (
    CommandError,
    CommandParser,
    call_command,
    execute_from_command_line,
    handle_default_options,
)
from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor

from common import catalogues
from embedded import data_directory
from embedded.errors import StartupError
from embedded.services import Services, data_dir

PROJECT = Path(__file__).resolve().parents[1]

#: Commands that touch no database: nothing is started for them.
WITHOUT_DATABASE = frozenset(
    {
        "check",
        "compile_catalogues",
        "collectstatic",
        "compilemessages",
        "diffsettings",
        "findstatic",
        "help",
        "makemessages",
        "sendtestemail",
        "startapp",
        "startproject",
        "test",
        "version",
        "write_python_client",
    }
)

#: Commands about migrations find the database as it is; `up` migrates by itself, and more strictly.
LEAVE_MIGRATIONS_ALONE = frozenset(
    {
        "makemigrations",
        "migrate",
        "optimizemigration",
        "showmigrations",
        "sqlmigrate",
        "squashmigrations",
        "up",
    }
)

#: The advisory lock under which migrations run ("oasst" in ASCII).
MIGRATION_LOCK = 0x6F61737374

#: Seconds to wait while another process migrates.
MIGRATION_TURN = 600.0

#: The servers this command uses; `up` looks after them.
services: Services | None = None


def run(argv: Sequence[str]) -> None:
    """Run one manage.py command line. Raises StartupError with a sentence for the person when it cannot begin."""
    command = argv[1] if len(argv) > 1 else "help"
    _take_settings_option(argv)
    catalogues.compile_stale(PROJECT / "oasst_web" / "locale")
    os.environ["OASST_DATA_DIR"] = str(data_dir(os.environ, PROJECT))
    if not _needs_database(argv):
        for name, value in _placeholders().items():
            os.environ.setdefault(name, value)
        execute_from_command_line(list(argv))
        return
    if command == "up" and "--demo" in argv:
        # Before the settings are read, in this process as in its children.
        os.environ["OASST_DEMO"] = "1"
    with _using_services():
        if command not in LEAVE_MIGRATIONS_ALONE:
            django.setup()
            _migrate_on_first_use()
        if command == "migrate":
            django.setup()
            with _migrating_alone():
                execute_from_command_line(list(argv))
        else:
            execute_from_command_line(list(argv))


def migrate() -> int:
    """Apply what is pending, one process at a time; returns how many migrations there were."""
    with _migrating_alone():
        # Counted again under the lock: another process may just have applied them.
        pending = _pending()
        if pending:
            call_command("migrate", interactive=False, verbosity=0)
    return len(pending)


def _take_settings_option(argv: Sequence[str]) -> None:
    """Heed --settings and --pythonpath already here: settings are read before Django parses the command line."""
    parser = CommandParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--settings")
    parser.add_argument("--pythonpath")
    try:
        options, _ = parser.parse_known_args(list(argv[2:]))
    except CommandError:
        return
    handle_default_options(options)


def _needs_database(argv: Sequence[str]) -> bool:
    command = argv[1] if len(argv) > 1 else "help"
    if command.startswith("-") or {"-h", "--help", "--version"} & set(argv[2:]):
        return False
    return command not in WITHOUT_DATABASE or any(word.startswith("--database") for word in argv[2:])


def _placeholders() -> Mapping[str, str]:
    """Settings can be read with these, and nothing can be reached: the command is not supposed to."""
    return {
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "SECRET_KEY": secrets.token_urlsafe(50),
    }


@contextmanager
def _using_services() -> Iterator[None]:
    global services
    services = Services(Path(os.environ["OASST_DATA_DIR"]), environment=os.environ)
    # A plain `kill` and a closed terminal must not leave the servers running.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _exit_on_signal)
    if not os.environ.get("SECRET_KEY"):
        data_directory.prepare(services.data_dir)
        os.environ["SECRET_KEY"] = data_directory.secret(services.data_dir / "secret_key", 50)
    if not services.servers:
        yield
        return
    os.environ.update(services.join())
    try:
        yield
    finally:
        # Stopping takes a moment and must not be cut short: half-stopped servers would stay.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        connection.close()
        services.leave()


def _exit_on_signal(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def _migrate_on_first_use() -> None:
    """Embedded databases are always brought up to date; somebody's own only when nothing is in it yet."""
    assert services is not None
    pending = _pending()
    if not pending:
        return
    own = "DATABASE_URL" in services.given
    if own and _has_migrated():
        print(
            f"{len(pending)} migrations are pending, the first is {pending[0]}. Run `manage.py migrate`.",
            file=sys.stderr,
        )
        return
    count = migrate()
    print(f"Prepared the database: {count} migrations applied.", file=sys.stderr)


def _pending() -> list[str]:
    with _clear_database_errors():
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [str(migration) for migration, _ in plan]


def _has_migrated() -> bool:
    with _clear_database_errors():
        return "django_migrations" in connection.introspection.table_names()


@contextmanager
def _migrating_alone() -> Iterator[None]:
    """Hold the migration lock, on a connection of its own: commands may close theirs."""
    with _clear_database_errors():
        parameters = connection.get_connection_params()
        parameters.pop("cursor_factory", None)
        parameters.pop("context", None)
        holder = psycopg.connect(**parameters, autocommit=True)
    with holder:
        deadline = time.monotonic() + MIGRATION_TURN
        # Asked again and again: a session that waits inside pg_advisory_lock() holds a snapshot,
        # and CREATE INDEX CONCURRENTLY in the migrating process would wait for that one in turn.
        while not _taken(holder):
            if time.monotonic() > deadline:
                raise StartupError(
                    f"Another process has been migrating the database for {MIGRATION_TURN:.0f} seconds. "
                    "Wait for it or end it, then start again."
                )
            time.sleep(0.2)
        yield


def _taken(holder: psycopg.Connection[tuple[bool]]) -> bool:
    row = holder.execute("SELECT pg_try_advisory_lock(%s)", [MIGRATION_LOCK]).fetchone()
    return row is not None and row[0]


@contextmanager
def _clear_database_errors() -> Iterator[None]:
    try:
        yield
    except (OperationalError, psycopg.OperationalError) as error:
        place = connection.settings_dict
        raise StartupError(
            f"The database at {place['HOST']}:{place['PORT'] or 5432} does not answer: {str(error).strip()} "
            "Start it, or correct DATABASE_URL."
        ) from error
