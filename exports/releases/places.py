"""Where the files of releases are: a directory of this machine, and, if there is one, an S3-compatible store."""

from __future__ import annotations

from pathlib import Path
from typing import Any

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


def send(name: str, *, only: list[str] | None = None) -> int:
    """Copy the files of a release, or these of them, to the store. Returns how many; 0 where there is no store."""
    found = store()
    if found is None:
        return 0
    filesystem, root = found
    directory = of(name)
    every = [path.relative_to(directory).as_posix() for path in sorted(directory.rglob("*")) if path.is_file()]
    sent = [each for each in every if only is None or each in only]
    for each in sent:
        with (directory / each).open("rb") as file, filesystem.open_output_stream(f"{root}/{name}/{each}") as out:
            while piece := file.read(PIECE):
                out.write(piece)
    return len(sent)


def remove(name: str) -> None:
    """Delete the files of a release from the store; those of this machine stay for whoever has to answer for them."""
    if (found := store()) is not None:
        filesystem, root = found
        filesystem.delete_dir_contents(f"{root}/{name}", missing_dir_ok=True)
