"""Exercises for newcomers: a file for each language, some for each kind of work, with what is said of an answer."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from django.utils.translation import get_language

from tasks.kinds import Kind, Role

FOLDER = Path(__file__).parent

#: The language that has every exercise.
SOURCE = "en"


class Measure(StrEnum):
    """What a program can tell of a text. It is told as a hint: whether a text is good, only people can say."""

    AT_LEAST_WORDS = "at_least_words"
    AT_MOST_LETTERS = "at_most_letters"
    MENTIONS = "mentions"
    """One of the words begins a word of the text."""
    EARLY = "early"
    """The same, within so many letters of the beginning."""
    AVOIDS = "avoids"
    """None of the phrases is in it."""
    NO_CONTACT = "no_contact"
    """No e-mail address and no long number."""


@dataclass(frozen=True)
class Line:
    """One message of an exercise."""

    role: Role
    text: str


@dataclass(frozen=True)
class Check:
    test: Measure
    met: str
    unmet: str
    number: int = 0
    words: Sequence[str] = ()


@dataclass(frozen=True)
class Sample:
    """A text somebody could have written, and what to think of it."""

    text: str
    why: str


@dataclass(frozen=True)
class Writing:
    """Write something, and see what is said of it."""

    situation: str
    conversation: Sequence[Line]
    checks: Sequence[Check]
    own_checks: Sequence[str]
    """What only the writer can tell."""
    good: Sequence[Sample]
    bad: Sample


@dataclass(frozen=True)
class Asked:
    """One question of a review, with what most people would answer."""

    label: str
    most: Sequence[float]
    """As stored in a review: 0 and 1 for no and yes, steps of a quarter for scales."""
    why: str


@dataclass(frozen=True)
class Reviewing:
    """Judge the last message of the conversation."""

    conversation: Sequence[Line]
    questions: Sequence[Asked]


@dataclass(frozen=True)
class Ranking:
    """Put the replies in order."""

    conversation: Sequence[Line]
    replies: Sequence[Sample]
    order: Sequence[Sequence[int]]
    """Places of the replies in the list, best first; those in one group are equally good."""
    why: str


Exercise = Writing | Reviewing | Ranking


@dataclass(frozen=True)
class Course:
    """All exercises of one kind of work in one language."""

    lang: str
    exercises: Sequence[Exercise]


def course(kind: Kind) -> Course:
    """In the language of the page, else in English."""
    page = (get_language() or SOURCE).lower().split("-")[0]
    lang = page if (FOLDER / f"{page}.toml").exists() else SOURCE
    return Course(lang, _exercises(lang)[kind])


@cache
def _exercises(lang: str) -> Mapping[Kind, Sequence[Exercise]]:
    data = tomllib.loads((FOLDER / f"{lang}.toml").read_text(encoding="utf-8"))
    return {Kind(kind): [_exercise(each) for each in exercises] for kind, exercises in data.items()}


def _exercise(data: Mapping[str, Any]) -> Exercise:
    conversation = [Line(Role(line["role"]), line["text"].strip()) for line in data.get("conversation", ())]
    if "questions" in data:
        return Reviewing(conversation, [_asked(question) for question in data["questions"]])
    if "replies" in data:
        return Ranking(conversation, _samples(data["replies"]), data["order"], data["why"])
    checks = [Check(**{**check, "test": Measure(check["test"])}) for check in data["checks"]]
    [bad] = _samples([data["bad"]])
    return Writing(data["situation"], conversation, checks, data["own_checks"], _samples(data["good"]), bad)


def _asked(data: Mapping[str, Any]) -> Asked:
    # In the files a scale goes from 1 to 5, as people see it; truth values are numbers already.
    most = [float(value) if isinstance(value, bool) else (value - 1) / 4 for value in data["most"]]
    return Asked(data["label"], most, data["why"])


def _samples(data: Sequence[Mapping[str, str]]) -> list[Sample]:
    return [Sample(sample["text"].strip(), sample["why"]) for sample in data]
