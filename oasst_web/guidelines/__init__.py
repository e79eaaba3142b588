"""The guidelines: texts in a folder per language, each with a version, a date and what changed in front.

+++
[[versions]]           newest first; a translation has the number of the English version it follows
number = 1
date = 2026-11-26
changed = "First version."
+++
What comes before the first heading, then sections with headings of the second level.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from django.utils.functional import Promise
from django.utils.text import slugify
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from tasks.kinds import KINDS

FOLDER = Path(__file__).parent
FENCE = "+++\n"
HEADING = "## "

#: The language every guideline exists in; the others are translations.
SOURCE = "en"

GENERAL = "general"
LABELS = "labels"

#: Every text with what it is called, in the order of the list.
CHAPTERS: Mapping[str, str | Promise] = {
    GENERAL: _("What holds for everything"),
    **{kind.value: row.title for kind, row in KINDS.items()},
}


@dataclass(frozen=True)
class Version:
    number: int
    date: date
    changed: str


@dataclass(frozen=True)
class Section:
    anchor: str
    title: str
    text: str
    """Markdown without headings."""


@dataclass(frozen=True)
class Guideline:
    """One text in one language."""

    lang: str
    versions: Sequence[Version]
    """Newest first."""
    lead: str
    """Markdown."""
    sections: Sequence[Section]

    @property
    def version(self) -> Version:
        return self.versions[0]


@dataclass(frozen=True)
class Example:
    """What is said about one label beyond its question: a case for each end, and what people get wrong."""

    yes: str
    no: str
    note: str = ""


@dataclass(frozen=True)
class Examples:
    """The examples of all labels in one language."""

    lang: str
    versions: Sequence[Version]
    of: Mapping[str, Example]
    """By name of the label."""

    @property
    def version(self) -> Version:
        return self.versions[0]


def guideline(chapter: str) -> Guideline:
    """The text in the language of the page, else in English."""
    return next(found for lang in _wanted() if (found := _read(chapter, lang)))


def examples() -> Examples:
    """The examples in the language of the page, else in English."""
    return next(found for lang in _wanted() if (found := _read_examples(lang)))


def behind(text: Guideline | Examples, chapter: str) -> bool:
    """Whether a translation follows an older version than the newest English one."""
    source = _read_examples(SOURCE) if chapter == LABELS else _read(chapter, SOURCE)
    return source is not None and text.version.number < source.version.number


def _wanted() -> list[str]:
    code = (get_language() or SOURCE).lower()
    return [code, code.split("-")[0], SOURCE]


@cache
def _languages() -> frozenset[str]:
    return frozenset(path.name for path in FOLDER.iterdir() if path.is_dir() and not path.name.startswith("_"))


@cache
def _read(chapter: str, lang: str) -> Guideline | None:
    path = FOLDER / lang / f"{chapter}.md"
    if lang not in _languages() or not path.exists():
        return None
    _nothing, front, text = path.read_text(encoding="utf-8").split(FENCE, 2)
    lead, *parts = f"\n{text}".split(f"\n{HEADING}")
    sections = []
    for part in parts:
        title, _newline, body = part.partition("\n")
        sections.append(Section(slugify(title, allow_unicode=True), title, body.strip()))
    return Guideline(lang, _versions(tomllib.loads(front)), lead.strip(), sections)


@cache
def _read_examples(lang: str) -> Examples | None:
    path = FOLDER / lang / f"{LABELS}.toml"
    if lang not in _languages() or not path.exists():
        return None
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    return Examples(lang, _versions(data), {name: Example(**example) for name, example in data["labels"].items()})


def _versions(data: Mapping[str, Any]) -> list[Version]:
    return [Version(**version) for version in data["versions"]]
