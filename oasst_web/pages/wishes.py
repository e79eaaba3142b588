"""What a person wants to work on just now, as they said it on the dashboard. Kept with their session."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeVar

from django.http import HttpRequest
from django.utils.functional import Promise

from accounts import profiles
from accounts.models import Profile
from oasst_web.pages import doors
from tasks.kinds import KINDS, Kind
from tasks.topics import TOPICS, Difficulty, Topic
from tasks.wishes import Wish

#: Session key.
WISH = "wish"

E = TypeVar("E", bound=Enum)


@dataclass(frozen=True)
class Choice:
    """One box to tick."""

    value: str
    name: str | Promise
    chosen: bool


@dataclass(frozen=True)
class Choices:
    """The wish as the form shows it."""

    wish: Wish
    kinds: list[Choice]
    topics: list[Choice]
    difficulties: list[Choice]
    known: bool
    """Only topics that the person says they know."""
    knows_some: bool
    """They have said of some."""

    @property
    def said(self) -> list[str | Promise]:
        """What is wished, in words; nothing when everything is fine."""
        every = [*self.kinds, *self.topics, *self.difficulties]
        return [choice.name for choice in every if choice.chosen]

    @property
    def open(self) -> bool:
        return bool(self.said or self.known)


def remember(request: HttpRequest) -> None:
    """Keep what the form says. Values that do not exist are left out."""
    said = {
        "kinds": [kind.value for kind in _among(Kind, request.GET.getlist("kind"))],
        "topics": [topic.value for topic in _among(Topic, request.GET.getlist("topic"))],
        "difficulties": [level.value for level in _among(Difficulty, _numbers(request.GET.getlist("difficulty")))],
        "known": "known" in request.GET,
    }
    if any(said.values()):
        request.session[WISH] = said
    else:
        request.session.pop(WISH, None)


def of(request: HttpRequest, profile: Profile | None = None) -> Wish:
    """The wish. One query if it is for what the person knows and their profile is not at hand."""
    said: dict[str, Any] = request.session.get(WISH) or {}
    topics = _among(Topic, said.get("topics", []))
    if said.get("known"):
        known = (profile or profiles.of(doors.person(request))).topics
        topics = [*topics, *_among(Topic, known)]
    return Wish(
        topics=frozenset(topics),
        difficulties=frozenset(_among(Difficulty, said.get("difficulties", []))),
        kinds=frozenset(_among(Kind, said.get("kinds", []))),
    )


def choices(request: HttpRequest, profile: Profile) -> Choices:
    """For the form on the dashboard."""
    said: dict[str, Any] = request.session.get(WISH) or {}
    return Choices(
        wish=of(request, profile),
        kinds=[Choice(kind.value, row.title, kind.value in said.get("kinds", [])) for kind, row in KINDS.items()],
        topics=[Choice(topic.value, name, topic.value in said.get("topics", [])) for topic, name in TOPICS.items()],
        difficulties=[
            Choice(str(level.value), level.label, level.value in said.get("difficulties", [])) for level in Difficulty
        ],
        known=bool(said.get("known")),
        knows_some=bool(profile.topics),
    )


def _among(members: type[E], values: Iterable[object]) -> list[E]:
    """A session may remember what an older version knew."""
    asked = list(values)
    return [member for member in members if member.value in asked]


def _numbers(values: Iterable[str]) -> list[int]:
    return [int(value) for value in values if value.isdecimal() and len(value) < 3]
