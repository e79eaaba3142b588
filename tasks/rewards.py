"""Points for what people did, settled tree by tree into the ledger. Runs only in jobs; may run twice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from accounts.models import PointEntry
from tasks import impact, locking, rulebook, scoring, trees
from tasks.deciding import Heard
from tasks.kinds import Mode, Role
from tasks.models import Message, Ranking, Review, Tree
from tasks.points import PLACES, POINTS, POINTS_PER_BIT, Reason
from tasks.rules import TreeRules
from tasks.tree_states import ACTIVE, State
from tasks.verdicts import IN_ORDER, published_of


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

    def entry(person_id: Any, reason: Reason, source: object, points: Decimal | None = None) -> PointEntry:
        worth = POINTS[reason] if points is None else points
        return PointEntry(
            person_id=person_id, reason=reason, source=str(source), lang=tree.lang, points=worth, created_at=now
        )

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
    for person_id, reason, source, points in _impacts(tree):
        yield entry(person_id, reason, source, points)


def _impacts(tree: Tree) -> Iterator[tuple[UUID, Reason, UUID, Decimal]]:
    """Who told how much about verdicts and pairs, once nobody works on the tree any more.

    Paid earlier, the points would tell that a verdict has fallen, and so which review was of a known answer.
    """
    if State(tree.state) in ACTIVE or tree.state == State.PROMPT_LOTTERY_WAITING:
        return
    messages = list(Message.objects.filter(tree=tree).select_related("imported").order_by("created_at", "id"))
    decided = {message.pk: message for message in messages if message.review_result is not None}
    known = rulebook.versions()
    reviews: dict[UUID, list[Review]] = defaultdict(list)
    for review in Review.objects.filter(message__in=decided).order_by(*IN_ORDER):
        reviews[review.message_id].append(review)
    for pk, given in reviews.items():
        message = decided[pk]
        heard = [Heard(review.labels, review.sensitivity, review.specificity, review.known_answer) for review in given]
        bits = impact.of_reviews(
            heard,
            published_of(message),
            bad=message.review_result is False,
            rules=known.get(message.review_rules_id or 0, TreeRules()),
        )
        for review, told in zip(given, bits, strict=True):
            if points := _points(told):
                yield review.reviewer_id, Reason.IMPACT_REVIEW, review.pk, points
    if tree.state != State.READY_FOR_EXPORT:
        return
    rankings: dict[UUID, list[Ranking]] = defaultdict(list)
    for ranking in Ranking.objects.filter(parent__tree=tree, not_rankable=False).order_by("created_at", "id"):
        rankings[ranking.parent_id].append(ranking)
    sets = scoring.siblings_among(messages, trees.rankings_of([tree]), {})
    by = next((message.rank_rules_id for message in messages if message.rank_rules_id), None)
    for parent_id, cast in rankings.items():
        for ranking, told in zip(
            cast, impact.of_rankings(sets[parent_id], known.get(by or 0, TreeRules())), strict=False
        ):
            if points := _points(told):
                yield ranking.ranker_id, Reason.IMPACT_RANKING, ranking.pk, points


def _points(bits: float) -> Decimal:
    """Points are never taken away: who was wrong in good faith earns nothing."""
    return max(Decimal(0), round(Decimal(bits) * POINTS_PER_BIT, 1))


def _reasons(message: Message) -> tuple[Reason, Reason]:
    if message.parent_id is None:
        return Reason.PROMPT, Reason.ACCEPTED_PROMPT
    if message.role == Role.ASSISTANT:
        return Reason.ASSISTANT_REPLY, Reason.ACCEPTED_ASSISTANT_REPLY
    return Reason.PROMPTER_REPLY, Reason.ACCEPTED_PROMPTER_REPLY


#: Lines of the ledger looked at in one statement.
BATCH = 5_000

#: The next lines without a language, and the conversation each was earned in. A source ends with the id of a message,
#: a review or a ranking, which are all different; what was purged meanwhile is not found.
_FILL = """
    WITH blank AS (
        SELECT id, CASE WHEN source ~ '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
                        THEN right(source, 36)::uuid END AS named
        FROM accounts_pointentry WHERE lang = '' AND id > %(after)s ORDER BY id LIMIT %(batch)s
    ), filled AS (
        UPDATE accounts_pointentry p SET lang = t.lang
        FROM blank b
        LEFT JOIN tasks_review r ON r.id = b.named
        LEFT JOIN tasks_ranking k ON k.id = b.named
        JOIN tasks_message m ON m.id = coalesce(r.message_id, k.parent_id, b.named)
        JOIN tasks_tree t ON t.id = m.tree_id
        WHERE p.id = b.id RETURNING p.id
    )
    SELECT (SELECT max(id) FROM blank), (SELECT count(*) FROM filled)
"""


def fill_languages() -> int:
    """Say of lines from before lines had a language in which one they were earned. Returns how many.

    In batches, so that nobody waits; the release before may still write lines without one, so it runs more than once.
    """
    after: int | None = 0
    filled = 0
    while after is not None:
        with connection.cursor() as cursor:
            cursor.execute(_FILL, {"after": after, "batch": BATCH})
            after, found = cursor.fetchone()
        filled += found
    return filled
