"""Figures about the whole: for everybody, counted by a job, and for moderators, counted when asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Max, Min, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Status, User
from common.errors import DomainError, ErrorCode
from stats.models import PublicFigures
from tasks.models import Message, Tree
from tasks.tree_states import ACTIVE, State


class Figures(StrEnum):
    """Names of the published protocol."""

    MESSAGES_BY_LANG = "human_messages_by_lang"
    MESSAGES_BY_ROLE = "human_messages_by_role"
    TREES_BY_STATE = "message_trees_by_state"
    TREES_BY_LANG_AND_STATE = "message_trees_states_by_lang"
    TERMS_ACCEPTED = "users_accepted_tos"


class NotCountedYet(DomainError):
    code = ErrorCode.CACHED_STATS_NOT_AVAILABLE
    status = 404
    sentence = _("These figures have not been counted yet. They are counted several times an hour.")


def _human_messages(by: str) -> dict[str, int]:
    """Messages that people wrote and that became data."""
    return _counts(Message.objects.kept().filter(synthetic=False), by)


def _counts(rows: Any, by: str) -> dict[str, int]:
    return dict(rows.order_by(by).values_list(by).annotate(Count("pk")))


def trees_by_state() -> dict[str, int]:
    return _counts(Tree.objects.all(), "state")


def _trees_by_lang_and_state() -> list[dict[str, Any]]:
    rows = Tree.objects.order_by("lang", "state").values("lang", "state").annotate(count=Count("pk"))
    return list(rows)


def _terms_accepted() -> dict[str, int]:
    return {"count": User.objects.filter(status=Status.ACTIVE, terms_accepted_at__isnull=False).count()}


COUNTED: Mapping[Figures, Callable[[], Any]] = {
    Figures.MESSAGES_BY_LANG: lambda: _human_messages("lang"),
    Figures.MESSAGES_BY_ROLE: lambda: _human_messages("role"),
    Figures.TREES_BY_STATE: trees_by_state,
    Figures.TREES_BY_LANG_AND_STATE: _trees_by_lang_and_state,
    Figures.TERMS_ACCEPTED: _terms_accepted,
}


@transaction.atomic
def count(*, now: datetime) -> int:
    """Count all public figures anew. Returns how many. May run twice, also at once."""
    # In one order, so that two runs wait for each other instead of locking each other out.
    figures = [PublicFigures(name=name, figures=counted(), counted_at=now) for name, counted in COUNTED.items()]
    PublicFigures.objects.bulk_create(
        figures, update_conflicts=True, unique_fields=["name"], update_fields=["figures", "counted_at"]
    )
    return len(figures)


def figures(name: Figures) -> PublicFigures:
    """Raises NotCountedYet."""
    found = PublicFigures.objects.filter(pk=name).first()
    if found is None:
        raise NotCountedYet
    return found


def every() -> list[PublicFigures]:
    """All that were counted."""
    return list(PublicFigures.objects.filter(pk__in=list(Figures)).order_by("pk"))


@dataclass(frozen=True)
class Glance:
    """The whole in four numbers, for whoever comes by."""

    messages: int
    """Accepted, written by people."""
    finished_trees: int
    languages: int
    """In which there is an accepted message."""
    people: int
    """Who accepted the terms."""
    counted_at: datetime


@dataclass(frozen=True)
class LanguageRow:
    """What there is in one language."""

    lang: str
    messages: int
    trees: Mapping[str, int]
    """By state."""


@dataclass(frozen=True)
class Overview:
    """What there is altogether and in each language."""

    glance: Glance
    languages: list[LanguageRow]
    """Most messages first."""
    trees: Mapping[str, int]
    """Of all languages, by state."""


def at_a_glance() -> Glance | None:
    """The last count; None before the first one."""
    found = {row.name: row for row in every()}
    return _glance(found) if len(found) == len(Figures) else None


def overview() -> Overview | None:
    """The last count; None before the first one."""
    found = {row.name: row for row in every()}
    if len(found) < len(Figures):
        return None
    messages = found[Figures.MESSAGES_BY_LANG].figures
    states: dict[str, dict[str, int]] = {lang: {} for lang in messages}
    for row in found[Figures.TREES_BY_LANG_AND_STATE].figures:
        states.setdefault(row["lang"], {})[row["state"]] = row["count"]
    rows = [LanguageRow(lang, messages.get(lang, 0), trees) for lang, trees in states.items()]
    rows.sort(key=lambda row: (-row.messages, row.lang))
    return Overview(_glance(found), rows, found[Figures.TREES_BY_STATE].figures)


def _glance(found: Mapping[str, PublicFigures]) -> Glance:
    by_lang = found[Figures.MESSAGES_BY_LANG].figures
    return Glance(
        messages=sum(by_lang.values()),
        finished_trees=found[Figures.TREES_BY_STATE].figures.get(State.READY_FOR_EXPORT, 0),
        languages=len(by_lang),
        people=found[Figures.TERMS_ACCEPTED].figures["count"],
        counted_at=min(row.counted_at for row in found.values()),
    )


@dataclass(frozen=True)
class Totals:
    """How much there is, deleted messages included or counted apart."""

    messages: int
    kept: int
    """Not deleted."""
    kept_by_lang: Mapping[str, int]
    deleted: int
    trees: int


def totals() -> Totals:
    """Counted now: reads every message once."""
    by_lang: dict[str, int] = {}
    kept = deleted = 0
    rows = Message.objects.order_by("lang", "deleted").values_list("lang", "deleted").annotate(Count("pk"))
    for lang, gone, number in rows:
        if gone:
            deleted += number
        else:
            kept += number
            by_lang[lang] = number
    return Totals(kept + deleted, kept, by_lang, deleted, Tree.objects.count())


@dataclass(frozen=True)
class TreeSize:
    """How far a tree has grown."""

    tree_id: UUID
    state: str
    goal: int
    messages: int
    depth: int
    oldest: datetime
    youngest: datetime


def tree_sizes(*, only_active: bool, limit: int) -> list[TreeSize]:
    """The youngest trees that have any message left, with the size of each; deleted messages do not count."""
    trees = Tree.objects.in_state(*ACTIVE) if only_active else Tree.objects.all()
    there = Q(messages__deleted=False)
    sizes = (
        Tree.objects.filter(pk__in=trees.order_by("-created_at", "-pk").values("pk")[:limit])
        .filter(there)
        .annotate(
            messages_left=Count("messages"),
            deepest=Max("messages__depth"),
            oldest=Min("messages__created_at"),
            youngest=Max("messages__created_at"),
        )
        .order_by("-created_at", "-pk")
    )
    columns = ("pk", "state", "goal_tree_size", "messages_left", "deepest", "oldest", "youngest")
    return [TreeSize(*row) for row in sizes.values_list(*columns)]
