"""What a person contributed: their messages with what became of them, their reviews, their rankings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from moderation import explaining
from oasst_web.pages import cursors, doors, numbers
from tasks import fates
from tasks.fates import FATES, Facts, Fate
from tasks.kinds import LABELS, Role
from tasks.models import Message, MessageRevision, Ranking, Review
from tasks.tree_states import State

C = TypeVar("C", bound=StrEnum)


class Written(StrEnum):
    """What somebody may have written, as a filter."""

    PROMPT = "prompt"
    AS_ASSISTANT = "as_assistant"
    AS_USER = "as_user"


WRITTEN: dict[Written, tuple[Promise, Q]] = {
    Written.PROMPT: (_("Prompts"), Q(parent=None)),
    Written.AS_ASSISTANT: (_("Replies as assistant"), Q(parent__isnull=False, role=Role.ASSISTANT)),
    Written.AS_USER: (_("Replies as user"), Q(parent__isnull=False, role=Role.PROMPTER)),
}


@dataclass(frozen=True)
class Mine:
    """One message of mine and its fate."""

    message: Message
    name: Promise
    tone: str
    """`good`, `bad` or nothing: the look of the badge. The name says it too."""
    sentences: list[str]
    removed: bool
    """It was removed, or its conversation ended because of it: there is a page that says why."""


@doors.signed_in
@require_safe
def messages(request: HttpRequest) -> HttpResponse:
    """My messages, newest first; all, or those of one fate or one kind."""
    mine = Message.objects.filter(author=doors.person(request)).select_related("tree")
    fate = _chosen(Fate, request.GET.get("fate", ""))
    kind = _chosen(Written, request.GET.get("kind", ""))
    if fate is not None:
        mine = mine.filter(fates.WHERE[fate])
    if kind is not None:
        mine = mine.filter(WRITTEN[kind][1])
    found = cursors.page(mine, after=request.GET.get("after", ""))
    chosen = {name: value.value for name, value in (("fate", fate), ("kind", kind)) if value is not None}
    more = {
        "mine": with_fates(found.rows),
        "fates": [(each.value, name, each is fate) for each, name in FATES.items()],
        "kinds": [(each.value, name, each is kind) for each, (name, _where) in WRITTEN.items()],
        "filtered": bool(chosen),
        "filter": urlencode(chosen),
    }
    return _page(request, "contributions/messages.html", found, **more)


def _chosen(choices: type[C], value: str) -> C | None:
    return next((choice for choice in choices if choice == value), None)


def with_fates(rows: Sequence[Message]) -> list[Mine]:
    """The fate of each, in one query for all the places among siblings, one for what was corrected, and one for what
    was removed."""
    ranked = [row.parent_id for row in rows if row.rank is not None and row.tree.state == State.READY_FOR_EXPORT]
    ranks: dict[UUID, list[int]] = defaultdict(list)
    if ranked:
        siblings = Message.objects.kept().filter(parent_id__in=ranked, rank__isnull=False)
        for parent_id, rank in siblings.values_list("parent_id", "rank"):
            ranks[parent_id].append(rank)
    changed = MessageRevision.objects.filter(message__in=[row.pk for row in rows])
    corrected = set(changed.values_list("message_id", flat=True)) if rows else set()
    removed = explaining.lines_of(rows)
    return [
        _mine(row, ranks[row.parent_id] if row.parent_id else [], row.pk in corrected, row.pk in removed)
        for row in rows
    ]


def _mine(message: Message, ranks: Sequence[int], changed: bool, removed: bool) -> Mine:
    facts = Facts(
        state=State(message.tree.state),
        is_prompt=message.parent_id is None,
        verdict=message.review_result,
        deleted=message.deleted,
        # Moderators leave versions too; what an author corrects does not count as edited.
        corrected=changed and not message.edited,
        edited=message.edited,
        rank=message.rank,
        ranks=ranks,
    )
    fate = fates.of(facts)
    tone = "good" if fate in fates.GOOD else "bad" if fate in fates.BAD else ""
    return Mine(message, FATES[fate], tone, fates.sentences(facts), removed or message.deleted)


@doors.signed_in
@require_safe
def reviews(request: HttpRequest) -> HttpResponse:
    """My reviews, newest first."""
    mine = Review.objects.filter(reviewer=doors.person(request))
    found = cursors.page(mine, after=request.GET.get("after", ""))
    readable = _readable(request, [review.message_id for review in found.rows])
    for review in found.rows:
        review.about = readable.get(review.message_id)
        review.answers = [(LABELS[name], value) for name, value in review.labels.items() if name in LABELS]
    return _page(request, "contributions/reviews.html", found)


@doors.signed_in
@require_safe
def rankings(request: HttpRequest) -> HttpResponse:
    """My rankings, newest first."""
    mine = Ranking.objects.filter(ranker=doors.person(request))
    found = cursors.page(mine, after=request.GET.get("after", ""))
    ids = [UUID(pk) for ranking in found.rows for group in ranking.order for pk in group]
    readable = _readable(request, [*ids, *(ranking.parent_id for ranking in found.rows)])
    for ranking in found.rows:
        ranking.about = readable.get(ranking.parent_id)
        ranking.groups = [[readable.get(UUID(pk)) for pk in group] for group in ranking.order]
    return _page(request, "contributions/rankings.html", found)


def _readable(request: HttpRequest, ids: Sequence[UUID]) -> dict[UUID, Message]:
    """Those of these messages that may still be read: what a moderator deleted does not live on in a list."""
    return Message.objects.visible_to(doors.person(request)).in_bulk(ids)


def _page(request: HttpRequest, template: str, found: cursors.Page, **more: object) -> HttpResponse:
    context = {"page": found, "numbers": numbers.of(doors.person(request)), **more}
    return render(request, template, context)
