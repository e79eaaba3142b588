"""`manage.py up` and its siblings from outside: started, broken and stopped as people do it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from embedded import ports, processes
from embedded.services import Services

PROJECT = Path(__file__).resolve().parents[2]

#: A machine may be slow; these tests only wait for as long as it takes.
PATIENCE = 100.0


def eventually(true: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, f"{what}: not in {PATIENCE:.0f} seconds"
        time.sleep(0.05)


class Machine:
    """A computer with nothing on it but this project, and one data directory."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.port = ports.free_port()
        ours = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "DJANGO_", "OASST_", "PYTEST_", "ALLOWED_HOSTS")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        self.environment = {**kept, "OASST_DATA_DIR": str(data_dir)}
        self.runs: list[subprocess.Popen[str]] = []

    def begin(self, *words: str, **environment: str) -> subprocess.Popen[str]:
        """Start `manage.py …` and leave it running; what it says goes to files in the data directory's neighbour."""
        number = len(self.runs)
        with self.words("out", number).open("w") as out, self.words("err", number).open("w") as err:
            process = subprocess.Popen(
                [sys.executable, "manage.py", *words],
                cwd=PROJECT,
                env={**self.environment, **environment},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                text=True,
                # As a shell does it: a Ctrl-C for one of these is not one for the tests.
                start_new_session=True,
            )
        self.runs.append(process)
        return process

    def run(self, *words: str, **environment: str) -> tuple[int, str, str]:
        """Run `manage.py …` to its end: status, stdout, stderr."""
        process = self.begin(*words, **environment)
        status = process.wait(PATIENCE)
        return status, self.words("out").read_text(), self.words("err").read_text()

    def words(self, stream: str, number: int = -1) -> Path:
        number = len(self.runs) - 1 if number < 0 else number
        return self.data_dir.with_name(f"{self.data_dir.name}-{number}.{stream}")

    def up(self, *words: str) -> tuple[subprocess.Popen[str], dict[str, Any]]:
        """Start the site and wait until it says that it is ready."""
        process = self.begin("up", "--json", "--port", str(self.port), *words)
        out = self.words("out")
        eventually(lambda: out.read_text().endswith("\n") or process.poll() is not None, "the site is ready")
        assert process.poll() is None, self.words("err").read_text()
        return process, json.loads(out.read_text())

    def database(self) -> psycopg.Connection[Any]:
        return psycopg.connect(Services(self.data_dir, environment={}).addresses()["DATABASE_URL"])

    def servers(self) -> dict[str, int]:
        return Services(self.data_dir, environment={}).pids()

    def leftovers(self) -> list[str]:
        """Every process that still works for this data directory."""
        if not processes.LINUX:
            return list(self.servers())
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdecimal():
                try:
                    environment = (entry / "environ").read_bytes()
                except OSError:
                    continue
                line = processes.command_line(int(entry.name))
                if line and (f"OASST_DATA_DIR={self.data_dir}\0".encode() in environment or str(self.data_dir) in line):
                    found.append(line)
        return found

    def clear(self) -> None:
        for process in self.runs:
            if process.poll() is None:
                process.kill()
            process.wait()
        Services(self.data_dir, environment={}).leave()
        eventually(lambda: not self.leftovers(), "everything of this test ended")


@pytest.fixture
def machine() -> Iterator[Machine]:
    # Not pytest's tmp_path: the account that runs PostgreSQL when we are root must be able to enter it.
    top = Path(tempfile.mkdtemp(prefix="oasst-up-"))
    top.chmod(0o711)
    machine = Machine(top / "data")
    yield machine
    machine.clear()
    shutil.rmtree(top, ignore_errors=True)


def status_of(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=20) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def test_up_serves_heals_itself_refuses_a_twin_and_stops_without_a_trace(machine: Machine) -> None:
    process, facts = machine.up()
    ready = facts["url"] + "readyz"
    assert status_of(ready) == 200
    assert facts["data_dir"] == str(machine.data_dir)
    assert sorted(facts["pids"]) == ["beat", "postgresql", "up", "valkey", "web", "worker"]
    secrets = [
        machine.data_dir.joinpath(name).read_text() for name in ("postgres_password", "valkey_password", "secret_key")
    ]
    said = machine.words("out").read_text() + machine.words("err").read_text()
    assert not [secret for secret in secrets if secret in said]

    # A twin on the same data is refused and does no harm.
    status, _, words = machine.run("up", "--port", str(ports.free_port()))
    assert status == 1
    assert f"already runs at {facts['url']} (process {process.pid})" in words
    assert "Traceback" not in words

    # Another command shares the servers and leaves them running.
    before = machine.servers()
    assert machine.run("migrate", "--check")[0] == 0
    assert machine.servers() == before

    # Whatever is killed comes back.
    for part in ("worker", "beat", "web"):
        os.kill(facts["pids"][part], signal.SIGKILL)
    os.kill(facts["pids"]["postgresql"], signal.SIGKILL)
    os.kill(facts["pids"]["valkey"], signal.SIGKILL)
    heard = machine.words("err", 0)
    for title in ("worker", "timetable", "web server"):
        announced = f"The {title} was ended by SIGKILL; starting it again"
        eventually(lambda announced=announced: announced in heard.read_text(), announced)  # type: ignore[misc]
    eventually(lambda: sorted(machine.servers()) == ["postgresql", "valkey"], "the servers are back")
    assert not set(machine.servers().values()) & set(before.values())
    eventually(lambda: status_of(ready) == 200, "the site is ready again")

    process.send_signal(signal.SIGINT)
    assert process.wait(PATIENCE) == 0
    assert machine.leftovers() == []


def test_up_recovers_after_everything_was_killed_and_keeps_the_data(machine: Machine) -> None:
    process, facts = machine.up()
    with machine.database() as connection:
        connection.execute("CREATE TABLE memory AS SELECT 'kept' AS word")
    for pid in facts["pids"].values():
        os.kill(pid, signal.SIGKILL)
    process.wait()

    again, facts = machine.up()
    assert status_of(facts["url"] + "readyz") == 200
    with machine.database() as connection:
        assert connection.execute("SELECT word FROM memory").fetchone() == ("kept",)

    # Only the keeper is killed this time: its parts end or are ended, and the port is free for the next.
    again.kill()
    again.wait()
    last, facts = machine.up()
    assert status_of(facts["url"] + "healthz") == 200
    last.terminate()
    assert last.wait(PATIENCE) == 0
    assert machine.leftovers() == []


def test_a_taken_port_is_named_and_another_one_proposed(machine: Machine) -> None:
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", machine.port))
        stranger.listen()
        status, _, words = machine.run("up", "--port", str(machine.port))
    assert status == 1
    assert f"Port {machine.port} on 127.0.0.1 is taken by another program." in words
    assert "manage.py up --port" in words
    assert "Traceback" not in words
    assert machine.leftovers() == []


def test_an_address_of_another_machine_is_not_called_a_taken_port(machine: Machine) -> None:
    # From the block of addresses that are for documentation only (RFC 5737).
    status, _, words = machine.run("up", "--host", "192.0.2.1", "--port", str(machine.port))
    assert status == 1
    assert words.startswith(f"Nothing of yours can listen on 192.0.2.1, port {machine.port}")
    assert "taken" not in words


@pytest.mark.skipif(not ports.is_free(0, "::1"), reason="NOT TESTED: this machine has no IPv6")
def test_the_site_can_be_at_an_ipv6_address(machine: Machine) -> None:
    process, facts = machine.up("--host", "::1")
    assert facts["url"] == f"http://[::1]:{machine.port}/"
    assert urllib.request.urlopen(facts["url"], timeout=10).status == 200
    process.send_signal(signal.SIGINT)
    assert process.wait(PATIENCE) == 0


def test_a_directory_that_cannot_be_written_is_one_clear_sentence(machine: Machine) -> None:
    machine.data_dir.write_text("a file, not a directory")
    status, out, words = machine.run("up")
    assert (status, out) == (1, "")
    assert words.startswith(f"{machine.data_dir} cannot be written")
    assert len(words.splitlines()) == 1
    machine.data_dir.unlink()


def test_a_plain_command_brings_its_own_migrated_database_and_cleans_up(machine: Machine) -> None:
    program = "from accounts.models import User; print(User.objects.count() >= 0)"
    status, out, words = machine.run("shell", "-c", program)
    assert status == 0, words
    assert out.splitlines()[-1] == "True"
    assert "Prepared the database" in words
    assert machine.leftovers() == []
    # The second time there is nothing to prepare and nothing to say.
    status, _, words = machine.run("shell", "-c", "pass")
    assert (status, words) == (0, "")


def test_the_first_of_two_commands_to_end_leaves_the_servers_to_the_second(machine: Machine) -> None:
    slow = machine.begin("shell", "-c", "import sys, time; print('here', flush=True); time.sleep(600)")
    slow_words = machine.words("out")
    eventually(lambda: "here" in slow_words.read_text(), "the slow command works")
    before = machine.servers()
    assert machine.run("shell", "-c", "pass")[0] == 0
    assert machine.servers() == before
    slow.send_signal(signal.SIGTERM)
    assert slow.wait(PATIENCE) == 128 + signal.SIGTERM
    assert machine.leftovers() == []


def test_commands_without_a_database_start_nothing(machine: Machine) -> None:
    assert machine.run("help")[0] == 0
    assert machine.run("up", "--help")[0] == 0
    assert machine.run("check")[0] == 0
    assert not machine.data_dir.exists()


def test_a_failing_command_fails(machine: Machine) -> None:
    assert machine.run("shell", "-c", "raise SystemExit(7)")[0] == 7
    assert machine.leftovers() == []


def test_a_database_that_does_not_answer_is_one_clear_sentence_without_its_password(machine: Machine) -> None:
    status, _, words = machine.run(
        "shell",
        "-c",
        "pass",
        DATABASE_URL=f"postgresql://somebody:hush@127.0.0.1:{machine.port}/nothing",
        REDIS_URL="redis://127.0.0.1:1/0",
    )
    assert status == 1
    assert words.startswith(f"The database at 127.0.0.1:{machine.port} does not answer")
    assert "hush" not in words
    assert "Traceback" not in words


@pytest.mark.parametrize("url", ["mysql://somebody@127.0.0.1/nothing", "nonsense"])
def test_an_address_of_no_postgresql_server_is_one_clear_sentence(url: str, machine: Machine) -> None:
    status, _, words = machine.run("shell", "-c", "pass", DATABASE_URL=url, REDIS_URL="redis://127.0.0.1:1/0")
    assert (status, words.splitlines()[-1]) == (1, "DATABASE_URL must name a PostgreSQL server.")
    assert "Traceback" not in words


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("redis://:hush@127.0.0.1:1/0", "The broker at redis://127.0.0.1:1/0 does not answer."),
        ("nonsense", "REDIS_URL is not an address:"),
    ],
)
def test_a_broker_that_does_not_answer_is_one_clear_sentence_at_once(url: str, sentence: str, machine: Machine) -> None:
    status, out, words = machine.run("up", "--port", str(machine.port), REDIS_URL=url)
    assert (status, out) == (1, "")
    assert words.splitlines()[-1].startswith(sentence)
    assert "hush" not in words
    assert "Traceback" not in words
    assert machine.leftovers() == []


def test_a_database_of_ones_own_is_prepared_when_it_is_fresh_and_left_alone_later(machine: Machine) -> None:
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        name = f"own_{machine.port}"
        connection.execute(f"CREATE DATABASE {name}")
        try:
            own = {"DATABASE_URL": os.environ["DATABASE_URL"].rpartition("/")[0] + f"/{name}"}
            status, _, words = machine.run("shell", "-c", "pass", **own)
            assert status == 0, words
            assert "Prepared the database" in words
            with psycopg.connect(own["DATABASE_URL"]) as inside:
                inside.execute("DELETE FROM django_migrations WHERE app = 'sessions'")
            status, _, words = machine.run("shell", "-c", "pass", **own)
            assert status == 0
            assert "1 migrations are pending, the first is sessions.0001_initial. Run `manage.py migrate`." in words
        finally:
            connection.execute(f"DROP DATABASE {name}")
