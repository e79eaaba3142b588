"""Runs the whole site in the foreground: database, broker, web server, worker and timetable."""

from __future__ import annotations

import errno
import http.client
import json
import os
import signal
import sys
import threading
from argparse import ArgumentTypeError
from time import monotonic
from types import FrameType
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.core.management import BaseCommand, CommandError, CommandParser, call_command, get_commands
from django.db import connections

from embedded import data_directory, ports
from embedded.errors import StartupError
from embedded.locks import FileLock
from embedded.parts import FIRST_PAUSE, LONGEST_PAUSE, Parts, Plan, end_leftovers
from embedded.services import Services
from oasst_web import launch
from oasst_web.pages import health

#: Seconds until the site must be ready.
PATIENCE = 120.0

#: How often one part may end before the site is ready; then something is wrong that trying again does not mend.
TRIES = 3

#: Seconds between two looks at the parts.
LOOK = 0.25

EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}


class Command(BaseCommand):
    help = "Runs everything: PostgreSQL, Valkey, the web server, a worker and the timetable. Ctrl-C stops all of it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--demo", action="store_true", help="fill an empty site with demo people and conversations")
        parser.add_argument("--port", type=_port, default=8000, help="where the site listens (default: 8000)")
        parser.add_argument("--host", default="127.0.0.1", help="0.0.0.0 lets other machines in (default: 127.0.0.1)")
        parser.add_argument("--json", action="store_true", help="when ready, print one JSON line; all else on stderr")

    def handle(self, *args: Any, **options: Any) -> None:
        services = launch.services
        if services is None:
            raise CommandError("Start it as `manage.py up`.")
        Site(
            services,
            host=options["host"],
            port=options["port"],
            demo=options["demo"],
            machine_readable=options["json"],
        ).run()


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise ArgumentTypeError("a port is a number from 1 to 65535")
    return int(text)


class Site:
    """One run of the site over one data directory."""

    def __init__(self, services: Services, *, host: str, port: int, demo: bool, machine_readable: bool) -> None:
        self.services = services
        self.data_dir = services.data_dir
        self.record = self.data_dir / "up.json"
        self.host, self.port, self.demo, self.machine_readable = host, port, demo, machine_readable
        self.stop = threading.Event()
        self.parts = Parts(
            self._plans(),
            record=self.data_dir / "parts.json",
            directory=launch.PROJECT,
            say=self._say,
            words_to_stderr=machine_readable,
        )

    @property
    def url(self) -> str:
        host = EVERYWHERE.get(self.host, self.host)
        # By its name: browsers keep passkeys for names only.
        host = "localhost" if host == "127.0.0.1" else host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}/"

    def run(self) -> None:
        # Its servers may all be given, and then nobody has made the directory yet.
        data_directory.prepare(self.data_dir)
        only = FileLock(self.data_dir / "up.lock")
        if not only.take_alone():
            only.let_go()
            known = data_directory.read_record(self.record)
            raise StartupError(
                f"The site of {self.data_dir} already runs at {known.get('url', 'another address')} "
                f"(process {known.get('pid', 'unknown')}). End that one first, "
                "or set OASST_DATA_DIR to another directory for a second site."
            )
        try:
            self._run_alone()
        finally:
            self.record.unlink(missing_ok=True)
            only.let_go()

    def _run_alone(self) -> None:
        data_directory.write_record(self.record, {"pid": os.getpid(), "url": self.url})
        for title in end_leftovers(self.parts.record):
            self._say(f"Ended the {title} that an earlier run left behind.")
        self._check_port()
        if "REDIS_URL" in self.services.given:
            self._check_broker()
        count = launch.migrate()
        if count:
            self._say(f"Prepared the database: {count} migrations applied.")
        if self.demo and "demo" in get_commands():
            call_command("demo")
        # The parts have connections of their own; one of ours would only be in the way of a restarted server.
        connections.close_all()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)
        try:
            self.parts.start(self._environment())
            self._wait_until_ready()
            if self.stop.is_set():
                raise SystemExit(130)
            self._announce()
            self._watch()
        finally:
            self._say("Stopping.")
            self.parts.stop()

    def _check_port(self) -> None:
        problem = ports.refusal(self.port, self.host)
        if problem is None:
            return
        if problem.errno == errno.EADDRINUSE:
            raise StartupError(
                f"Port {self.port} on {self.host} is taken by another program. "
                f"End that program, or choose another port: `manage.py up --port {self._other_port()}`."
            )
        raise StartupError(
            f"Nothing of yours can listen on {self.host}, port {self.port} ({problem.strerror}). "
            "Choose another --host or --port."
        )

    def _check_broker(self) -> None:
        """Somebody's own may be down or mistyped; the site would then wait for it until its patience ends."""
        try:
            word = health.broker()
        except ValueError as error:
            raise StartupError(f"REDIS_URL is not an address: {error}") from error
        if word != health.OK:
            address = _without_password(self.services.given["REDIS_URL"])
            raise StartupError(f"The broker at {address} does not answer. Start it, or correct REDIS_URL.")

    def _plans(self) -> list[Plan]:
        logs = self.data_dir / "logs"
        celery = [sys.executable, "-m", "celery", "-A", "oasst_web"]
        bind = f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"
        web = [sys.executable, "-m", "gunicorn", "oasst_web.wsgi", "--bind", bind, "--log-level", "warning"]
        web += ["--config", str(settings.ROOT / "gunicorn.conf.py")]
        # A release is built in one of the two processes; the other goes on with what people wait for.
        worker = [*celery, "worker", "-c", "2", "-Q", "celery,exports", "--loglevel", "INFO"]
        worker += ["--without-gossip", "--without-mingle"]
        beat = [*celery, "beat", "--loglevel", "INFO", "--schedule", str(self.data_dir / "beat-schedule")]
        return [
            Plan("web", "web server", web),
            Plan("beat", "timetable", [*beat, "--pidfile="], logs / "beat.log"),
            # A worker ends its job first. Jobs may be cut off: every one is swept up again.
            Plan("worker", "worker", worker, logs / "worker.log", patience=15.0),
        ]

    def _environment(self) -> dict[str, str]:
        environment = {**os.environ, **self.services.addresses()}
        environment["OASST_DEMO"] = "1" if self.demo else "0"
        environment.setdefault("SITE_URL", self.url)
        if "ALLOWED_HOSTS" not in environment and self.host != "127.0.0.1":
            # Who opens the site to the network cannot list the names it is called by there.
            own = f"[{self.host}]" if ":" in self.host else self.host
            environment["ALLOWED_HOSTS"] = "*" if self.host in EVERYWHERE else f"{own},localhost,127.0.0.1"
        return environment

    def _wait_until_ready(self) -> None:
        deadline = monotonic() + PATIENCE
        answer = "no answer"
        while not self.stop.is_set():
            answer = self._readiness()
            if answer == "ready":
                return
            self.parts.tend()
            for title, deaths in self.parts.deaths().items():
                if deaths >= TRIES:
                    raise StartupError(
                        f"The {title} ended {deaths} times before the site was ready; the reason stands above or in "
                        f"{self.data_dir / 'logs'}."
                    )
            if monotonic() > deadline:
                raise StartupError(f"The site is not ready after {PATIENCE:.0f} seconds: {answer}.")
            self.stop.wait(LOOK)

    def _readiness(self) -> str:
        """ "ready", or what /readyz said instead. Asked directly: a proxy of the person's has no say here."""
        address = urlsplit(self.url)
        connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=10)
        try:
            connection.request("GET", "/readyz")
            response = connection.getresponse()
            body = response.read(1000).decode(errors="replace")
        except (OSError, http.client.HTTPException) as error:
            return str(error) or type(error).__name__
        finally:
            connection.close()
        return "ready" if response.status == 200 else f"/readyz answered {response.status} {body}"

    def _watch(self) -> None:
        pause, due = FIRST_PAUSE, 0.0
        while not self.stop.is_set():
            self.parts.tend()
            if monotonic() >= due:
                before = self.services.addresses()
                try:
                    for name in self.services.revive():
                        self._say(f"{name} had ended; it was started again.")
                    pause = FIRST_PAUSE
                except StartupError as error:
                    self._say(f"{error} Trying again in {pause:g} s.")
                    due = monotonic() + pause
                    pause = min(2 * pause, LONGEST_PAUSE)
                if self.services.addresses() != before:
                    self._say("A server has a new address; starting the parts again.")
                    self.parts.restart(self._environment())
            self.stop.wait(LOOK)

    def _announce(self) -> None:
        if self.machine_readable:
            print(json.dumps(self._facts()), flush=True)
        lines = ["", f"  The site runs at {self.url}", ""]
        lines += ["  Sign in with any e-mail address: the mail with the code is printed on this console."]
        if settings.DEMO:
            lines += ["  Or, with one click, as one of the demo people on the sign-in page."]
        if self.host not in ("127.0.0.1", "::1", "localhost"):
            lines += ["  Other machines can reach it, without encryption. Do not keep it open to strangers."]
            if settings.DEMO:
                lines += ["  Whoever reaches it can sign in as a demo person, also as a moderator."]
        lines += [f"  Data and logs: {self.data_dir}", "  Ctrl-C stops everything; the data stay.", ""]
        self._say("\n".join(lines))

    def _facts(self) -> dict[str, Any]:
        addresses = self.services.addresses()
        return {
            "url": self.url,
            "data_dir": str(self.data_dir),
            "demo": self.demo,
            "pids": {"up": os.getpid(), **self.parts.pids(), **self.services.pids()},
            "database_url": _without_password(addresses["DATABASE_URL"]),
            "redis_url": _without_password(addresses["REDIS_URL"]),
        }

    def _other_port(self) -> int:
        return next((port for port in range(self.port + 1, self.port + 100) if ports.is_free(port, self.host)), 0)

    def _say(self, words: str) -> None:
        print(words, file=sys.stderr if self.machine_readable else sys.stdout, flush=True)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self.stop.is_set():
            # Asked twice: somebody does not want to wait for unfinished work.
            self.parts.kill()
        self.stop.set()


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    account = f"{parts.username}@" if parts.username else ""
    port = f":{parts.port}" if parts.port else ""
    return urlunsplit((parts.scheme, f"{account}{parts.hostname or ''}{port}", parts.path, "", ""))
