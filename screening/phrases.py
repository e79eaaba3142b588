"""Looks for phrases of many languages at once: written by people, so letters, spaces and signs may differ a little.

A list is a text file: one phrase a line, `language|score|phrase`, and `#` begins a remark. Languages without spaces
between words are looked for as they are written.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

LISTS = Path(__file__).parent / "lists"
#: Scripts that put no spaces between words; a phrase in one may stand anywhere.
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
_APOSTROPHES = str.maketrans({"’": "'", "ʼ": "'", "`": "'", "´": "'", "‐": "-", "‑": "-", "–": "-", "—": "-"})


@dataclass(frozen=True)
class Match:
    """Where a phrase of a list stands in a text."""

    score: float
    start: int
    end: int


def folded(text: str) -> str:
    """In lower case, sign by sign, so that every place stays where it is; marks and dashes in their plain form."""
    if text.isascii():
        return text.lower()
    return "".join(_fold(sign) for sign in text.translate(_APOSTROPHES))


@cache
def _fold(sign: str) -> str:
    lower = unicodedata.normalize("NFKC", sign).lower()
    return lower if len(lower) == 1 else sign


def is_unspaced(text: str) -> bool:
    """Whether it is, in part, in a script that puts no spaces between words."""
    return _UNSPACED.search(text) is not None


@cache
def version(name: str) -> str:
    """Changes with every change of the list."""
    return hashlib.sha256((LISTS / f"{name}.txt").read_bytes()).hexdigest()[:8]


@cache
def _compiled(name: str) -> tuple[tuple[float, re.Pattern[str]], ...]:
    """All phrases of one score as one expression."""
    by_score: dict[float, list[str]] = {}
    for line in (LISTS / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            _lang, score, phrase = line.split("|", 2)
            by_score.setdefault(float(score), []).append(_expression(folded(phrase.strip())))
    return tuple(
        (score, re.compile("|".join(sorted(phrases, key=len, reverse=True)))) for score, phrases in by_score.items()
    )


def _expression(phrase: str) -> str:
    if is_unspaced(phrase):
        return r"\s{0,3}".join(map(re.escape, phrase.split()))
    words = r"\s{1,3}".join(map(re.escape, phrase.split()))
    return rf"(?<!\w){words}(?!\w)"


def find(name: str, text: str) -> Iterator[Match]:
    """Every phrase of the list in this text, the surest list first."""
    plain = folded(text)
    for score, pattern in _compiled(name):
        for match in pattern.finditer(plain):
            yield Match(score, match.start(), match.end())
