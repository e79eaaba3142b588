"""The directory that keeps everything that outlives a run: databases, secrets, logs, records."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from typing import IO, Any

from embedded.errors import StartupError

#: Bytes after which a log is moved to `<name>.log.1` at the next start. Raise it to keep more history.
LOG_LIMIT = 10_000_000


def prepare(directory: Path) -> None:
    """Make the directory, and find out now rather than half-way whether it can be written."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "logs").mkdir(mode=0o700, exist_ok=True)
        for probe in (directory / f".probe-{os.getpid()}", directory / "logs" / f".probe-{os.getpid()}"):
            probe.write_text("")
            probe.unlink()
    except OSError as error:
        raise StartupError(
            f"{directory} cannot be written ({error.strerror}). "
            "Set OASST_DATA_DIR to a directory of yours, or run as the user it belongs to."
        ) from error


def secret(path: Path, length: int = 32) -> str:
    """The secret kept in this file; made up when there is none yet.

    Linked into place, so that two first starts agree on one secret and nobody reads half of it.
    """
    try:
        return _read_secret(path)
    except FileNotFoundError:
        draft = path.with_name(f".{path.name}-{os.getpid()}")
        draft.unlink(missing_ok=True)
        write_private(draft, secrets.token_urlsafe(length))
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
        return _read_secret(path)


def _read_secret(path: Path) -> str:
    try:
        value = path.read_text().strip()
    except PermissionError as error:
        raise StartupError(
            f"{path} belongs to another user. Run as that user, or set OASST_DATA_DIR to a directory of yours."
        ) from error
    if not value:
        raise StartupError(f"{path} is empty. Restore it from a backup, or delete it with all of {path.parent}.")
    return value


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)


def write_record(path: Path, record: dict[str, Any]) -> None:
    """Replace a record in one step, so that a kill never leaves half of one."""
    draft = path.with_name(f".{path.name}-{os.getpid()}")
    write_private(draft, json.dumps(record, indent=2) + "\n")
    draft.replace(path)


def read_record(path: Path) -> dict[str, Any]:
    """The record, or an empty one when it is missing or was damaged: records can always be made again."""
    try:
        record = json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def open_log(path: Path) -> IO[bytes]:
    """The log, opened to append; a big one is put aside first."""
    if path.exists() and path.stat().st_size > LOG_LIMIT:
        path.replace(path.with_name(path.name + ".1"))
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")


def last_lines(path: Path, count: int = 3, since: int = 0) -> str:
    """The end of a log as one line for an error message, from byte `since` on."""
    try:
        with path.open("rb") as file:
            file.seek(since)
            lines = file.read().decode(errors="replace").splitlines()
    except OSError:
        return ""
    return " | ".join(line.strip() for line in lines[-count:] if line.strip())
