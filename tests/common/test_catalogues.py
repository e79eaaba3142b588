"""Catalogues are compiled where they are stale, and tell how far they are."""

from __future__ import annotations

import errno
import gettext
import os
from contextlib import nullcontext
from pathlib import Path

import pytest

from common import catalogues

PO = """
msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

msgid "Send"
msgstr "Senden"

# machine-made: please review
msgid "Skip"
msgstr "Überspringen"

#, fuzzy
msgid "Give it back"
msgstr "Gib es"

msgid "Not yet"
msgstr ""

msgid "%(count)s reply"
msgid_plural "%(count)s replies"
msgstr[0] "%(count)s Antwort"
msgstr[1] ""
"""


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    source = tmp_path / "de" / "LC_MESSAGES" / "django.po"
    source.parent.mkdir(parents=True)
    source.write_text(PO, encoding="utf-8")
    return tmp_path


def test_what_is_compiled_is_what_gettext_reads_and_guesses_are_left_out(directory: Path) -> None:
    (made,) = catalogues.compile_stale(directory)
    with made.open("rb") as file:
        found = gettext.GNUTranslations(file)
    assert found.gettext("Skip") == "Überspringen"
    assert found.gettext("Give it back") == "Give it back"


def test_only_what_is_older_than_its_source_is_made_again(directory: Path) -> None:
    (made,) = catalogues.compile_stale(directory)
    assert catalogues.compile_stale(directory) == []
    source = made.with_suffix(".po")
    os.utime(source, (made.stat().st_mtime + 5, made.stat().st_mtime + 5))
    assert catalogues.compile_stale(directory) == [made]
    assert list(made.parent.glob("*.partial")) == []


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS, errno.ENOSPC])
def test_where_nothing_may_be_written_what_was_compiled_before_stays(
    directory: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuse(**_arguments: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(catalogues, "NamedTemporaryFile", refuse)
    with pytest.raises(OSError) if number == errno.ENOSPC else nullcontext():  # noqa: PT011  # a full disk is told of
        assert catalogues.compile_stale(directory) == []


def test_the_state_counts_what_is_missing_guessed_and_unread(directory: Path) -> None:
    (state,) = catalogues.states(directory)
    assert state == catalogues.State(locale="de", messages=5, missing=2, guessed=1, unread=1)
