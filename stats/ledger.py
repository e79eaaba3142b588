"""How points are earned, in plain words, and what one person earned, line by line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import Q
from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import PointEntry, User
from tasks.models import Message, Ranking, Review
from tasks.points import POINTS, Reason

#: Lines of a page.
SIZE = 20


@dataclass(frozen=True)
class Explained:
    """What a reason for points says to people."""

    name: Promise
    """In a line of the ledger."""
    sentence: Promise
    """When it is given, and why."""


EXPLAINED: Mapping[Reason, Explained] = {
    Reason.PROMPT: Explained(_("You wrote a prompt"), _("For every prompt you write.")),
    Reason.ACCEPTED_PROMPT: Explained(_("A prompt was accepted"), _("When reviewers accept your prompt.")),
    Reason.PROMPTER_REPLY: Explained(_("You replied as the user"), _("For every reply you write as the user.")),
    Reason.ACCEPTED_PROMPTER_REPLY: Explained(
        _("A reply as the user was accepted"), _("When reviewers accept your reply as the user.")
    ),
    Reason.ASSISTANT_REPLY: Explained(
        _("You replied as the assistant"), _("For every reply you write as the assistant: it takes the most care.")
    ),
    Reason.ACCEPTED_ASSISTANT_REPLY: Explained(
        _("A reply as the assistant was accepted"), _("When reviewers accept your reply as the assistant.")
    ),
    Reason.RANKED_FIRST: Explained(
        _("Somebody ranked your message first"), _("Each time somebody puts your message first among its siblings.")
    ),
    Reason.RANKED_SECOND: Explained(
        _("Somebody ranked your message second"), _("Each time somebody puts your message second.")
    ),
    Reason.RANKED_THIRD: Explained(
        _("Somebody ranked your message third"), _("Each time somebody puts your message third.")
    ),
    Reason.LABELS_SIMPLE: Explained(_("You gave a short review"), _("For every review with few questions.")),
    Reason.LABELS_FULL: Explained(_("You gave a full review"), _("For every review with all questions.")),
    Reason.RANKING: Explained(_("You ranked replies"), _("For every set of replies you sort.")),
    Reason.IMPACT_REVIEW: Explained(
        _("Your review helped to decide"),
        _(
            "For what your review told about the verdict that nobody knew yet. It is paid when the conversation has "
            "ended. A review that only repeats what was settled earns next to nothing here."
        ),
    ),
    Reason.IMPACT_RANKING: Explained(
        _("Your ranking helped to decide"),
        _(
            "For what your ranking told about the order that came out in the end. It is paid when the conversation "
            "has ended."
        ),
    ),
}


@dataclass(frozen=True)
class Worth:
    """A row of the table of reasons."""

    explained: Explained
    points: Decimal | None
    """None: it depends on what the answer told."""


def reasons() -> list[Worth]:
    """Every reason with what it is worth."""
    return [Worth(explained, POINTS.get(reason)) for reason, explained in EXPLAINED.items()]


@dataclass(frozen=True)
class Line:
    """One line of somebody's ledger."""

    name: Promise | str
    points: Decimal
    lang: str
    at: datetime
    message: Message | None
    """What earned it, or what it was about; None if the person may not read it, or no longer."""


@dataclass(frozen=True)
class Page:
    """Some lines, newest first, and where the lines after them begin; empty on the last page."""

    lines: list[Line]
    after: str


def page(*, person: User, after: str = "") -> Page:
    """The person's lines older than the cursor; a cursor we cannot read means the newest. At most four queries."""
    rows = PointEntry.objects.filter(person=person)
    start = _read(after)
    if start is not None:
        at, pk = start
        rows = rows.filter(Q(created_at__lt=at) | Q(created_at=at, pk__lt=pk))
    found = list(rows.order_by("-created_at", "-pk")[: SIZE + 1])
    entries = found[:SIZE]
    last = entries[-1] if len(found) > SIZE else None
    return Page(_lines(person, entries), f"{last.created_at.isoformat()}_{last.pk}" if last else "")


def _lines(person: User, entries: Sequence[PointEntry]) -> list[Line]:
    about = _about(entries)
    readable = Message.objects.visible_to(person).in_bulk([pk for pk in about.values() if pk])
    return [
        Line(
            name=EXPLAINED[Reason(entry.reason)].name,
            points=entry.points,
            lang=entry.lang,
            at=entry.created_at,
            message=readable.get(about[entry.pk]),
        )
        for entry in entries
    ]


def _about(entries: Iterable[PointEntry]) -> dict[int, UUID | None]:
    """The message each line is about. A source ends with the id of a message, of a review or of a ranking."""
    named = {entry.pk: _last_id(entry.source) for entry in entries}
    ids = [pk for pk in named.values() if pk]
    reviewed = dict(Review.objects.filter(pk__in=ids).values_list("pk", "message_id"))
    ranked = dict(Ranking.objects.filter(pk__in=ids).values_list("pk", "parent_id"))
    return {line: reviewed.get(pk) or ranked.get(pk) or pk if pk else None for line, pk in named.items()}


def _last_id(source: str) -> UUID | None:
    try:
        return UUID(source.rpartition(":")[2])
    except ValueError:
        return None


def _read(cursor: str) -> tuple[datetime, int] | None:
    moment, _separator, pk = cursor.partition("_")
    try:
        at = parse_datetime(moment)
        number = int(pk)
    except ValueError:
        return None
    return (at, number) if at is not None and at.tzinfo is not None and 0 <= number < 2**63 else None
