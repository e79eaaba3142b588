"""Where the files of releases are: a directory of this machine, and, if there is one, an S3-compatible store."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.conf import settings

#: Bytes sent together.
PIECE = 1 << 24


def of(name: str) -> Path:
    """The finished files of a release."""
    return Path(settings.RELEASES_DIR) / name


def workshop(name: str) -> Path:
    """Where it is built. The same file system, so that finished files move in one step."""
    return Path(settings.RELEASES_DIR) / ".building" / name


def store() -> tuple[Any, str] | None:
    """The S3-compatible store of `RELEASES_STORE`, and the path in it; None if there is none. Raises ValueError."""
    if not settings.RELEASES_STORE:
        return None
    from pyarrow import fs  # it takes a moment, and few processes need it

    filesystem, path = fs.FileSystem.from_uri(settings.RELEASES_STORE)
    return filesystem, path.rstrip("/")


def deliver(name: str, *, recalled: bool) -> int:
    """Bring the store to where it should be: all files of a published release, none of one that was taken back. Returns
    files sent; 0 where there is nothing to do, or no store. Raises OSError."""
    sent = _sent(name)
    if not settings.RELEASES_STORE or sent.exists() == (not recalled):
        return 0
    if recalled:
        _remove(name)
        sent.unlink()
        return 0
    count = _send(name)
    sent.parent.mkdir(exist_ok=True)
    sent.touch()
    return count


def forget(name: str) -> None:
    """The files are not as they were sent: `deliver` sends them again."""
    _sent(name).unlink(missing_ok=True)


def address(name: str, path: str) -> str:
    """Where people find this file in the store; empty where it is not, or not as it is now."""
    if not settings.RELEASES_URL or not _sent(name).exists():
        return ""
    return f"{settings.RELEASES_URL.rstrip('/')}/{quote(f'{name}/{path}')}"


def _sent(name: str) -> Path:
    """There, if the store has the files as they are."""
    return Path(settings.RELEASES_DIR) / ".sent" / name


def _send(name: str) -> int:
    found = store()
    if found is None:
        return 0
    filesystem, root = found
    directory = of(name)
    every = [path.relative_to(directory).as_posix() for path in sorted(directory.rglob("*")) if path.is_file()]
    for each in every:
        target = f"{root}/{name}/{each}"
        if filesystem.type_name == "local":
            filesystem.create_dir(target.rpartition("/")[0], recursive=True)
        # As it is: by its name it would be compressed once more.
        with (directory / each).open("rb") as file, filesystem.open_output_stream(target, compression=None) as out:
            while piece := file.read(PIECE):
                out.write(piece)
    return len(every)


def _remove(name: str) -> None:
    if (found := store()) is not None:
        filesystem, root = found
        filesystem.delete_dir_contents(f"{root}/{name}", missing_dir_ok=True)
