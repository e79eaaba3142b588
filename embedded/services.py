"""The two servers of one data directory, shared by every command that runs on it at the same time."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from embedded import data_directory
from embedded.locks import FileLock
from embedded.postgres import Postgres
from embedded.valkey import Valkey

#: Seconds to wait while another command starts or stops the servers.
TURN = 180.0


class Services:
    """PostgreSQL and Valkey, each embedded unless its address is given.

    Everybody who uses them holds a shared lock for as long. Who leaves and finds nobody else holding it stops them.
    Starting and stopping happen under a second lock, one command at a time.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        environment: Mapping[str, str],
        postgres_settings: Mapping[str, str] | None = None,
        die_with_us: bool = False,
    ) -> None:
        """`environment` is looked through for DATABASE_URL and REDIS_URL; a server named there is not embedded."""
        # Resolved: the servers know their files by the real path.
        self.data_dir = data_dir.resolve()
        self.given = {name: environment[name] for name in ("DATABASE_URL", "REDIS_URL") if environment.get(name)}
        servers: list[Postgres | Valkey] = []
        if "DATABASE_URL" not in self.given:
            servers.append(Postgres(self.data_dir, settings=postgres_settings, die_with_us=die_with_us))
        if "REDIS_URL" not in self.given:
            servers.append(Valkey(self.data_dir, die_with_us=die_with_us))
        self.servers = tuple(servers)
        self._turn = FileLock(self.data_dir / "services.lock")
        self._use = FileLock(self.data_dir / "in-use.lock")

    def join(self) -> dict[str, str]:
        """Use the servers from now on, starting those that do not run; returns the addresses as environment."""
        data_directory.prepare(self.data_dir)
        with self._turn.alone(TURN):
            self._use.share()
            try:
                self._start()
            except BaseException:
                self._stop_if_last()
                raise
        return self.addresses()

    def revive(self) -> list[str]:
        """Start again whatever died while we use it; returns the names of those that did."""
        if all(server.process() is not None for server in self.servers):
            return []
        with self._turn.alone(TURN):
            dead = [server.title for server in self.servers if server.process() is None]
            self._start()
        return dead

    def leave(self) -> None:
        """Use them no more; the last to leave stops them."""
        if not self.data_dir.is_dir():
            return
        with self._turn.alone(TURN):
            self._stop_if_last()

    def addresses(self) -> dict[str, str]:
        return {**self.given, **{server.variable: server.url for server in self.servers}}

    def pids(self) -> dict[str, int]:
        found = {server.title.lower(): server.process() for server in self.servers}
        return {name: process.pid for name, process in found.items() if process is not None}

    def _start(self) -> None:
        for server in self.servers:
            server.start()

    def _stop_if_last(self) -> None:
        last = self._use.take_alone()
        if last:
            for server in reversed(self.servers):
                server.stop()
        self._use.let_go()


def data_dir(environment: Mapping[str, str], project: Path) -> Path:
    """OASST_DATA_DIR, or `.local` in the project."""
    return Path(os.path.abspath(environment.get("OASST_DATA_DIR") or project / ".local"))
