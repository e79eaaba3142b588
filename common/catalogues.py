"""Translations of the pages: catalogues in git say them in words, compiled ones are made wherever the site starts.

A translation that a machine made and nobody has read yet is shown, and marked with the comment `MACHINE` for whoever
reviews it.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

#: The translator's comment that marks an unread translation.
MACHINE = "machine-made: please review"

#: Why nothing may be written: not by us, or by nobody on a disk mounted to be read.
_NOT_HERE = {errno.EACCES, errno.EPERM, errno.EROFS}


@dataclass(frozen=True)
class State:
    """How far a translation is."""

    locale: str
    messages: int
    missing: int
    guessed: int
    """Marked fuzzy: carried over from a sentence that has changed since. They are not shown."""
    unread: int
    """Made by a machine, and marked for review."""


def sources(directory: Path) -> Iterator[Path]:
    """Every catalogue there is."""
    return iter(sorted(directory.glob("*/LC_MESSAGES/django.po")))


def read(source: Path) -> Catalog:
    with source.open("rb") as file:
        return read_po(file, locale=source.parents[1].name)


def compile_stale(directory: Path) -> list[Path]:
    """Compile the catalogues that are newer than what was made of them. Returns what was made.

    Several processes may do it at once: a compiled catalogue appears whole or not at all. Where nothing may be written,
    as in a container, what was compiled before stays.
    """
    made = []
    for source in sources(directory):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        try:
            with NamedTemporaryFile(dir=target.parent, suffix=".partial", delete=False) as file:
                write_mo(file, read(source))
            Path(file.name).chmod(0o644)
            os.replace(file.name, target)
        except OSError as problem:
            if problem.errno not in _NOT_HERE:
                raise
            continue
        made.append(target)
    return made


def states(directory: Path) -> list[State]:
    """How far each translation is."""
    found = []
    for source in sources(directory):
        messages = [message for message in read(source) if message.id]
        found.append(
            State(
                locale=source.parents[1].name,
                messages=len(messages),
                missing=sum(not _filled(message.string) for message in messages),
                guessed=sum(message.fuzzy for message in messages),
                unread=sum(MACHINE in message.user_comments for message in messages),
            )
        )
    return found


def _filled(string: str | tuple[str, ...] | list[str] | None) -> bool:
    return all(string) if isinstance(string, tuple | list) else bool(string)
