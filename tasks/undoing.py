"""Taking back a review or ranking just given, for as long as nothing rests on it; the task is in one's hands again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from accounts import access
from accounts.models import PointEntry, User
from common.errors import DomainError, ErrorCode
from tasks import locking, trees, verdicts
from tasks.drafts import Draft, RankingDraft, Remarks, ReviewDraft
from tasks.kinds import KINDS, Deed, Kind, NotRankable
from tasks.models import Message, Ranking, Review, Task, TaskState, Tree
from tasks.points import PLACES, Reason
from tasks.refusals import NotYours, TaskGone
from tasks.rules import TreeRules
from tasks.tree_states import UNDER_REVIEW, Event, State

#: How long the page offers to take an answer back.
OFFERED = timedelta(seconds=10)
#: How much longer it is granted: the page and the click were on their way.
GRACE = timedelta(seconds=5)

#: What a review earns, and what a ranking earns whoever gave it and whom it put first.
EARNED = {
    Deed.REVIEW: (Reason.LABELS_FULL, Reason.LABELS_SIMPLE, Reason.IMPACT_REVIEW),
    Deed.RANK: (Reason.RANKING, Reason.IMPACT_RANKING, *PLACES),
}


class WritingStands(DomainError):
    code = ErrorCode.TASK_ALREADY_DONE
    status = 409
    sentence = _("A message cannot be taken back like this. You can correct your message instead.")


class TimeToUndoOver(DomainError):
    code = ErrorCode.TASK_ALREADY_DONE
    status = 409
    sentence = _("The ten seconds are over, so your answer stands. Go on with another task.")


class AnswerCounts(DomainError):
    code = ErrorCode.TASK_ALREADY_DONE
    status = 409
    sentence = _("Something rests on your answer already, so it stands. Go on with another task.")


@dataclass(frozen=True)
class TakenBack:
    """The task in the person's hands again, with what they had said."""

    task: Task
    draft: Draft | None
    """None if it had been taken back before."""


@transaction.atomic
def undo(*, task_id: UUID, by: User, now: datetime, rules: TreeRules, rng: Random) -> TakenBack:
    """Remove this person's review or ranking as if it had never come, and hand them the task for its usual time.

    The same answer sent again is stored anew. Undoing twice undoes once. Notes of other jobs stay as they are: a streak
    that counted the answer meanwhile keeps those seconds. Raises TaskNotFound, NotYours, WritingStands, TimeToUndoOver,
    AnswerCounts, TaskGone, UserDisabled, TermsNotAccepted; then the answer stands.
    """
    task, tree = locking.lock_task(task_id)
    if task.claimed_by is None or task.claimed_by_id != by.pk:
        raise NotYours
    access.check_may_take_part(task.claimed_by)
    deed = KINDS[Kind(task.kind)].deed
    if deed is Deed.WRITE:
        raise WritingStands
    if task.state == TaskState.CLAIMED:
        return TakenBack(task, None)
    assert tree is not None  # only the task of a new prompt has none
    assert task.done_at is not None  # it is done
    if now > task.done_at + OFFERED + GRACE:
        raise TimeToUndoOver
    draft = _remove_review(task, tree, rules) if deed is Deed.REVIEW else _remove_ranking(task, tree)
    task.state, task.done_at = TaskState.CLAIMED, None
    task.expires_at = now + timedelta(minutes=rules.deadline_judge_minutes)
    task.save(update_fields=["state", "done_at", "expires_at"])
    trees.advance(tree=tree, event=Event.RETURNED, by=by, now=now, rules=rules, rng=rng)
    task.refresh_from_db(fields=["state"])
    if task.state != TaskState.CLAIMED:
        raise TaskGone  # Nobody wants it done again, so what was done must not get lost.
    return TakenBack(task, draft)


def _remove_review(task: Task, tree: Tree, rules: TreeRules) -> ReviewDraft:
    """Take the last review of a message away, if it decided nothing. Raises AnswerCounts."""
    review, message = task.review, task.message
    assert message is not None
    last = review.number == message.review_count and State(tree.state) in UNDER_REVIEW and not message.deleted
    if not last or _seems_to_have_decided(review, message, rules):
        raise AnswerCounts
    review_id = review.pk
    review.delete()
    message.review_count -= 1
    # New rules may have come in between, by which the reviews before this one are enough.
    verdicts.settle(message, rules)
    message.save(update_fields=["review_count", "review_result", "review_rules", "decided_after"])
    _take_points(Deed.REVIEW, [str(review_id)])
    return ReviewDraft(review.labels)


def _seems_to_have_decided(review: Review, message: Message, rules: TreeRules) -> bool:
    """Whether the message has a verdict by this review, or before new rules.

    A review of a known answer decides nothing. It is treated as having done so as often as the others, or who can take
    theirs back would know what it was. Always the same for one task: asking again must tell nothing.
    """
    if not review.known_answer:
        return message.review_result is not None
    return review.task_id.int % rules.reviews_needed(is_prompt=message.parent_id is None) == 0


def _remove_ranking(task: Task, tree: Tree) -> RankingDraft:
    """Take a ranking away while its tree still wants others. Raises AnswerCounts."""
    if tree.state != State.RANKING:
        raise AnswerCounts
    ranking = task.ranking
    ranking_id = ranking.pk
    ranking.delete()
    Message.objects.filter(pk__in=ranking.shown).update(ranking_count=F("ranking_count") - 1)
    _take_points(Deed.RANK, [str(ranking_id), *(f"{ranking_id}:{reply}" for reply in ranking.shown)])
    return _said(ranking)


def _said(ranking: Ranking) -> RankingDraft:
    remarks = Remarks(
        unacceptable=frozenset(UUID(reply) for reply in ranking.unacceptable),
        why_not=NotRankable(ranking.why_not) if ranking.why_not else None,
        comment=ranking.comment,
    )
    order = tuple(tuple(UUID(reply) for reply in group) for group in ranking.order)
    return RankingDraft(order, ranking.not_rankable, remarks)


def _take_points(deed: Deed, sources: Iterable[str]) -> None:
    """Lines that the job may have written meanwhile. Without them the same answer, sent again, is paid once."""
    PointEntry.objects.filter(reason__in=EARNED[deed], source__in=list(sources)).delete()
