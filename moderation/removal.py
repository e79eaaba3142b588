"""Takes messages and answers out of a locked tree for good, so that every count that is left stays right."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

from django.db.models import F, Q

from accounts.models import PointEntry
from moderation.models import Appeal, Finding, Screening, Signature
from tasks import locking, verdicts
from tasks.models import Message, MessageRevision, Preference, Ranking, Review, Task, Tree
from tasks.points import PLACES, Reason
from tasks.rules import TreeRules

#: What the author of a message earned by writing it. The source is the message.
BY_WRITING = (
    Reason.PROMPT,
    Reason.PROMPTER_REPLY,
    Reason.ASSISTANT_REPLY,
    Reason.ACCEPTED_PROMPT,
    Reason.ACCEPTED_PROMPTER_REPLY,
    Reason.ACCEPTED_ASSISTANT_REPLY,
)
BY_REVIEWING = (Reason.LABELS_FULL, Reason.LABELS_SIMPLE, Reason.IMPACT_REVIEW)
BY_RANKING = (Reason.RANKING, Reason.IMPACT_RANKING)


def with_all_below(tree: Tree | UUID, tops: Iterable[UUID]) -> list[UUID]:
    """These messages of the tree and everything below them, parents first."""
    children: dict[UUID | None, list[UUID]] = defaultdict(list)
    for pk, parent_id in Message.objects.filter(tree=tree).values_list("id", "parent_id"):
        children[parent_id].append(pk)
    found = dict.fromkeys(tops)
    waiting = list(found)
    for pk in waiting:
        below = [child for child in children[pk] if child not in found]
        found |= dict.fromkeys(below)
        waiting += below
    return waiting


def split(tree: Tree, own: Collection[UUID]) -> tuple[list[UUID], list[UUID]]:
    """Which of these messages of the tree can go without a trace, and which others wrote below: nothing may hang in the
    air, so of these a place stays. Each parents first."""
    parents: dict[UUID, UUID | None] = dict(
        Message.objects.filter(tree=tree).order_by("depth", "created_at", "id").values_list("id", "parent_id")
    )
    mine = set(own)
    carrying: set[UUID] = set()
    for pk in parents:
        above = parents[pk] if pk not in mine else None
        while above is not None and above not in carrying:
            carrying.add(above)
            above = parents[above]
    return (
        [pk for pk in parents if pk in mine and pk not in carrying],
        [pk for pk in parents if pk in mine and pk in carrying],
    )


def gone_for_good(tree: Tree | UUID) -> set[UUID]:
    """What can never be shown again: places whose text was removed, and all below them."""
    emptied = Message.objects.filter(tree=tree, deleted=True, text="").values_list("id", flat=True)
    return set(with_all_below(tree, list(emptied)))


def remove_texts(message_ids: Collection[UUID]) -> None:
    """These messages lose their text in all its versions, and all that was found in it."""
    pks = list(message_ids)
    for rows in (MessageRevision, Finding, Screening, Signature):
        rows.objects.filter(message__in=pks).delete()
    Message.objects.filter(pk__in=pks).update(text="", screening_due=False)


def empty(message_ids: Collection[UUID]) -> None:
    """Of these messages of a locked tree only the place stays, hidden and without text or author. What others said of
    them stays, so counts and verdicts do too; the points for writing them go. Rankings that show them must be gone."""
    pks = list(message_ids)
    if not pks:
        return
    locking.lock_to_remove(pks)
    remove_texts(pks)
    Appeal.objects.filter(message__in=pks).delete()
    wrote = list(Message.objects.filter(pk__in=pks, task__isnull=False).values_list("task_id", flat=True))
    Message.objects.filter(pk__in=pks).update(deleted=True, author=None, task=None, pasted_share=None)
    Task.objects.filter(message__in=pks).update(author=None)
    Task.objects.filter(pk__in=wrote).delete()
    PointEntry.objects.filter(reason__in=BY_WRITING, source__in=[str(pk) for pk in pks]).delete()
    parents = Message.objects.filter(pk__in=pks).values_list("parent_id", flat=True)
    clear_standings(parent_id for parent_id in parents if parent_id)


def remove_messages(message_ids: Collection[UUID]) -> None:
    """These messages, whole branches of a locked tree, with all that was ever said of them: reviews, reactions,
    reports, versions, tasks, and the points for writing them. Rankings that name them must be gone already.

    Who judged them keeps the points for it: they worked in good faith.
    """
    task_ids = locking.lock_to_remove(message_ids)
    pks = list(message_ids)
    Review.objects.filter(message__in=pks).delete()
    parents = set(Message.objects.filter(pk__in=pks).values_list("parent_id", flat=True)) - set(pks)
    Message.objects.filter(pk__in=pks).delete()
    Task.objects.filter(pk__in=task_ids).delete()
    PointEntry.objects.filter(reason__in=BY_WRITING, source__in=[str(pk) for pk in pks]).delete()
    clear_standings(parent_id for parent_id in parents if parent_id)


def remove_rankings(rankings: Sequence[Ranking]) -> None:
    """These rankings of a locked tree, with their tasks; their replies have so many fewer."""
    Ranking.objects.filter(pk__in=[ranking.pk for ranking in rankings]).delete()
    Task.objects.filter(pk__in=[ranking.task_id for ranking in rankings]).delete()
    by_count: dict[int, list[str]] = defaultdict(list)
    for message_id, count in Counter(pk for ranking in rankings for pk in ranking.shown).items():
        by_count[count].append(message_id)
    for count, message_ids in by_count.items():
        Message.objects.filter(pk__in=message_ids).update(ranking_count=F("ranking_count") - count)
    clear_standings(ranking.parent_id for ranking in rankings)


def remove_open_reviews(reviews: Sequence[Review], rules: TreeRules) -> None:
    """These reviews of a locked tree, with their tasks and points. Their messages must be undecided, `imported` loaded:
    a verdict, once given, stands, and so do the reviews that gave it."""
    for review in reviews:
        message = review.message
        assert message.review_result is None
        review.delete()
        Task.objects.filter(pk=review.task_id).delete()
        message.review_count -= 1
        # Under the adaptive rule those that are left may agree, where all together did not.
        verdicts.settle(message, rules)
        message.save(update_fields=["review_count", "review_result", "review_rules", "decided_after"])


def remove_points(sources: Iterable[UUID], reasons: Iterable[Reason]) -> None:
    """What these answers earned the people who gave them."""
    PointEntry.objects.filter(reason__in=list(reasons), source__in=[str(pk) for pk in sources]).delete()


def remove_places(rankings: Iterable[Ranking], message_ids: Collection[UUID]) -> None:
    """What these messages earned by their places in these rankings."""
    going = {str(pk) for pk in message_ids}
    sources = [f"{ranking.pk}:{pk}" for ranking in rankings for pk in ranking.shown if pk in going]
    PointEntry.objects.filter(reason__in=PLACES, source__in=sources).delete()


def clear_standings(parent_ids: Iterable[UUID]) -> None:
    """Ranks and preferences that were computed from what is no longer there. Published ranks stay.

    A finished tree gets new ones when it is scored again; one that was halted, if it ever is.
    """
    parents = list(set(parent_ids))
    as_published = Q(rank_rules=None, imported__rank=F("rank"))
    Message.objects.filter(parent__in=parents).exclude(as_published).update(rank=None, rank_rules=None)
    Preference.objects.filter(parent__in=parents).delete()
