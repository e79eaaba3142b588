"""Points for what people did, settled tree by tree into the ledger. Runs only in jobs; may run twice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.models import PointEntry
from tasks import locking
from tasks.kinds import Mode, Role
from tasks.models import Message, Ranking, Review, Tree
from tasks.points import PLACES, POINTS, Reason


def settle_points(*, now: datetime) -> int:
    """Settle every tree with new answers, one per transaction. Returns how many."""
    settled = 0
    while _settle_next(now):
        settled += 1
    return settled


@transaction.atomic
def _settle_next(now: datetime) -> bool:
    tree = locking.lock_next_tree(Tree.objects.filter(points_due=True).order_by("id"))
    if tree is None:
        return False
    # The ledger's constraint makes this idempotent: an entry that is there already is left alone.
    PointEntry.objects.bulk_create(_entries(tree, now), ignore_conflicts=True)
    tree.points_due = False
    tree.save(update_fields=["points_due"])
    return True


def _entries(tree: Tree, now: datetime) -> Iterator[PointEntry]:
    """Every line the answers of this tree have earned so far. Imported messages earn nothing."""

    def entry(person_id: Any, reason: Reason, source: object) -> PointEntry:
        return PointEntry(person_id=person_id, reason=reason, source=str(source), points=POINTS[reason], created_at=now)

    authors = {}
    for message in Message.objects.filter(tree=tree, task__isnull=False).order_by("id"):
        written, accepted = _reasons(message)
        if not message.deleted:
            authors[str(message.pk)] = message.author_id
            yield entry(message.author_id, written, message.pk)
            if message.review_result:
                yield entry(message.author_id, accepted, message.pk)
    for review in Review.objects.filter(message__tree=tree).order_by("id"):
        reason = Reason.LABELS_FULL if review.mode == Mode.FULL else Reason.LABELS_SIMPLE
        yield entry(review.reviewer_id, reason, review.pk)
    for ranking in Ranking.objects.filter(parent__tree=tree).order_by("id"):
        yield entry(ranking.ranker_id, Reason.RANKING, ranking.pk)
        if ranking.not_rankable:
            continue
        place = 0
        for group in ranking.order:
            for message_id in group:
                if place < len(PLACES) and message_id in authors:
                    yield entry(authors[message_id], PLACES[place], f"{ranking.pk}:{message_id}")
            place += len(group)


def _reasons(message: Message) -> tuple[Reason, Reason]:
    if message.parent_id is None:
        return Reason.PROMPT, Reason.ACCEPTED_PROMPT
    if message.role == Role.ASSISTANT:
        return Reason.ASSISTANT_REPLY, Reason.ACCEPTED_ASSISTANT_REPLY
    return Reason.PROMPTER_REPLY, Reason.ACCEPTED_PROMPTER_REPLY
