"""Answers: submit() stores one exactly once and lets the tree move if that decides something."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from accounts import access
from accounts.models import ApiClient, User
from common import nudges
from common.errors import DomainError
from tasks import locking, trees, verdicts, work
from tasks.drafts import Draft, InvalidLabel, RankingDraft, Remarks, ReplyDraft, ReviewDraft
from tasks.kinds import KINDS, LABELS, Deed, Kind
from tasks.models import FreeLabels, Message, Ranking, Reliability, Review, Task, TaskState, Tree
from tasks.refusals import (
    AlreadyRanked,
    AlreadyReviewed,
    AnswerConflict,
    DuplicateMessage,
    DuplicateReply,
    FrontendIdTaken,
    NotYours,
    TaskGone,
    TreeEnded,
    WrongKindOfAnswer,
)
from tasks.rules import TreeRules
from tasks.tree_states import ACTIVE, Event, State

DRAFT_OF_DEED: dict[Deed, type[Draft]] = {Deed.WRITE: ReplyDraft, Deed.REVIEW: ReviewDraft, Deed.RANK: RankingDraft}
EVENT_OF_DEED = {Deed.WRITE: Event.WRITTEN, Deed.REVIEW: Event.REVIEWED, Deed.RANK: Event.RANKED}

#: Constraints by name, and what their violation means to a person.
SENTENCES: dict[str, type[DomainError]] = {
    "one_reply_per_author": DuplicateReply,
    "one_review_per_reviewer": AlreadyReviewed,
    "one_ranking_per_ranker": AlreadyRanked,
    "one_message_per_client_id": FrontendIdTaken,
}


@dataclass(frozen=True)
class Receipt:
    """What became of an answer. `repeated` tells that the same answer had been stored before."""

    task_id: UUID
    kind: Kind
    answer_id: UUID
    """Of the message, review or ranking."""
    tree_id: UUID
    repeated: bool


@dataclass(frozen=True)
class Origin:
    """The API client through which a message came, and what it calls the message."""

    client: ApiClient
    frontend_message_id: str
    """If another message of this client has the name, this one is stored without: no text is lost for a name."""


def submit(
    *,
    task_id: UUID,
    by: User,
    draft: Draft,
    now: datetime,
    rules: TreeRules,
    rng: Random,
    origin: Origin | None = None,
) -> Receipt:
    """Store one person's answer to a task they hold, and let the tree move if that decides it.

    The task is the idempotency key: the same answer again returns the receipt of the first, another one raises
    AnswerConflict. An answer past its deadline is taken as long as the work is wanted. Raises TaskNotFound, NotYours,
    TaskGone, TreeEnded, WrongKindOfAnswer, DuplicateMessage, DuplicateReply, AlreadyReviewed, AlreadyRanked,
    InvalidRanking, FrontendIdTaken, UserDisabled, TermsNotAccepted; then nothing is stored.
    """
    with _typed_conflicts(), transaction.atomic():
        task, tree = locking.lock_task(task_id)
        kind = Kind(task.kind)
        if not isinstance(draft, DRAFT_OF_DEED[KINDS[kind].deed]):
            raise WrongKindOfAnswer
        answered = _answered_before(task, by, draft)
        if answered is not None:
            return _repeated(answered, draft)
        task = _held(task, tree, by, now)
        assert task.claimed_by is not None
        access.check_may_take_part(task.claimed_by)
        tree, answer_id = _store(task, tree, draft, by=by, now=now, rules=rules, rng=rng, origin=origin)
        task.state, task.done_at = TaskState.DONE, now
        task.save(update_fields=["state", "done_at", "claimed_by", "claimed_at"])
        trees.advance(tree=tree, event=EVENT_OF_DEED[KINDS[kind].deed], by=by, now=now, rules=rules, rng=rng)
        return Receipt(task_id=task.pk, kind=kind, answer_id=answer_id, tree_id=tree.pk, repeated=False)


@contextmanager
def _typed_conflicts() -> Iterator[None]:
    """A violated constraint becomes the refusal it stands for."""
    try:
        yield
    except IntegrityError as problem:
        for name, refusal in SENTENCES.items():
            if name in str(problem):
                raise refusal from problem
        raise


def _answered_before(task: Task, by: User, draft: Draft) -> Task | None:
    """The finished task that holds this person's answer to this work: this row, or the one a late answer went to."""
    if task.state == TaskState.DONE and task.claimed_by_id == by.pk:
        return task
    if task.last_holder_id != by.pk:
        return None
    answers = Task.objects.same_work(task).filter(claimed_by=by, state=TaskState.DONE)
    if task.message_id is None and isinstance(draft, ReplyDraft):
        # A late prompt may have gone to any opening of its language; only its text tells which.
        answers = answers.filter(done_at__gte=task.created_at, written__text=draft.text)
    done: Task | None = answers.first()
    return done


def _held(task: Task, tree: Tree | None, by: User, now: datetime) -> Task:
    """The task in this person's hands; a late one is taken up again if the work is still wanted."""
    if task.state == TaskState.CLAIMED and task.claimed_by_id == by.pk:
        return task
    if task.last_holder_id != by.pk:
        raise NotYours
    if tree is not None and State(tree.state) not in ACTIVE:
        raise TreeEnded
    wanted = locking.lock_wanted(task, by)
    if wanted is None and task.known_answer and task.state == TaskState.WITHDRAWN and _is_there(task.message):
        wanted = task  # It was nobody else's opening, and late ones must look like all late ones.
    if wanted is None:
        raise TaskGone
    wanted.claimed_by, wanted.claimed_at = task.last_holder, now
    return wanted


def _is_there(message: Message | None) -> bool:
    return message is not None and not message.deleted


def _store(
    task: Task,
    tree: Tree | None,
    draft: Draft,
    *,
    by: User,
    now: datetime,
    rules: TreeRules,
    rng: Random,
    origin: Origin | None,
) -> tuple[Tree, UUID]:
    match draft:
        case ReplyDraft():
            return _store_message(task, tree, draft, by=by, now=now, rules=rules, rng=rng, origin=origin)
        case ReviewDraft():
            assert tree is not None
            return tree, _store_review(task, draft, by=by, now=now, rules=rules)
        case RankingDraft():
            assert tree is not None
            return tree, _store_ranking(task, draft, by=by, now=now)


def _store_message(
    task: Task,
    tree: Tree | None,
    draft: ReplyDraft,
    *,
    by: User,
    now: datetime,
    rules: TreeRules,
    rng: Random,
    origin: Origin | None,
) -> tuple[Tree, UUID]:
    # A draft says that it was checked, but not against which rules.
    draft = ReplyDraft.of(draft.text, limit=rules.message_size_limit, about=draft.about)
    since = now - timedelta(minutes=rules.duplicate_message_window_minutes)
    if Message.objects.filter(author=by, created_at__gt=since, text=draft.text).exists():
        raise DuplicateMessage
    message_id = uuid4()
    if tree is None:
        tree = trees.plant(root_id=message_id, lang=task.lang, about=draft.about, by=by, now=now, rules=rules, rng=rng)
    role = KINDS[Kind(task.kind)].writes
    assert role is not None
    Message.objects.create(
        id=message_id,
        tree=tree,
        parent=task.message,
        author=by,
        task=task,
        role=role,
        text=draft.text,
        # The conversation's language, whatever a client says: reviewers are found by it.
        lang=tree.lang,
        depth=task.message.depth + 1 if task.message else 0,
        pasted_share=draft.about.pasted_share,
        api_client=origin.client if origin else None,
        frontend_message_id=_free_name(origin),
        created_at=now,
    )
    nudges.soon("moderation.screen")
    return tree, message_id


def _free_name(origin: Origin | None) -> str | None:
    if origin is None:
        return None
    named = Message.objects.filter(api_client=origin.client, frontend_message_id=origin.frontend_message_id)
    return None if named.exists() else origin.frontend_message_id


def _trust_in(person: User | None) -> Reliability | None:
    """What was measured of the person, loaded with the task; None for somebody new."""
    found: Reliability | None = getattr(person, "reliability", None)
    return found


def _store_review(task: Task, draft: ReviewDraft, *, by: User, now: datetime, rules: TreeRules) -> UUID:
    message = task.message
    assert message is not None
    labels = dict(ReviewDraft.of(Kind(task.kind), draft.labels).labels)
    message.review_count += 1
    trust = _trust_in(task.claimed_by)
    review = Review.objects.create(
        task=task,
        message=message,
        reviewer=by,
        labels=labels,
        mode=task.mode,
        number=message.review_count,
        # As known now: what is learned of the reviewer later must not change what this review decided.
        sensitivity=trust.sensitivity if trust else None,
        specificity=trust.specificity if trust else None,
        known_answer=task.known_answer,
        created_at=now,
    )
    verdicts.settle(message, rules)
    message.save(update_fields=["review_count", "review_result", "review_rules", "decided_after"])
    return review.pk


def _store_ranking(task: Task, draft: RankingDraft, *, by: User, now: datetime) -> UUID:
    assert task.message is not None
    shown = [reply.pk for reply in work.replies_to_rank(task, person=by)]
    draft = RankingDraft.of(draft.order, shown=shown, not_rankable=draft.not_rankable, remarks=draft.remarks)
    ranking = Ranking.objects.create(
        task=task,
        parent=task.message,
        ranker=by,
        order=[[str(item) for item in group] for group in draft.order],
        shown=[str(item) for item in shown],
        not_rankable=draft.not_rankable,
        why_not=draft.remarks.why_not or "",
        unacceptable=sorted(str(item) for item in draft.remarks.unacceptable),
        comment=draft.remarks.comment,
        adherence=trust.adherence if (trust := _trust_in(task.claimed_by)) else 1.0,
        created_at=now,
    )
    Message.objects.filter(pk__in=shown).update(ranking_count=F("ranking_count") + 1)
    return ranking.pk


def _repeated(task: Task, draft: Draft) -> Receipt:
    """The receipt of an answer stored before, if the draft says the same. Raises AnswerConflict."""
    match draft:
        case ReplyDraft():
            answer: Message | Review | Ranking = task.written
            same = task.written.text == draft.text or task.written.revisions.filter(text=draft.text).exists()
        case ReviewDraft():
            answer, same = task.review, task.review.labels == dict(draft.labels)
        case RankingDraft():
            answer, order = task.ranking, [[str(item) for item in group] for group in draft.order]
            same = (task.ranking.order, task.ranking.not_rankable) == (order, draft.not_rankable)
            same = same and _same_remarks(task.ranking, draft.remarks)
    if not same:
        raise AnswerConflict
    tree_id = task.tree_id or answer.tree_id  # type: ignore[union-attr]  # only a new prompt's task has no tree
    return Receipt(task_id=task.pk, kind=Kind(task.kind), answer_id=answer.pk, tree_id=tree_id, repeated=True)


def _same_remarks(ranking: Ranking, said: Remarks) -> bool:
    """Whoever ranks alike but says something else beside must learn that it was not stored."""
    unacceptable = sorted(str(item) for item in said.unacceptable)
    stored = (ranking.why_not, ranking.unacceptable, ranking.comment)
    return stored == (said.why_not or "", unacceptable, said.comment)


@transaction.atomic
def label_freely(
    *, message: Message, person: User, labels: dict[str, float], now: datetime, text: str = ""
) -> FreeLabels:
    """Labels nobody asked for. The newest of a person on a message replace their earlier ones; they decide nothing.

    `message` must have been fetched through `visible_to(person)`. Raises UserDisabled, TermsNotAccepted, InvalidLabel,
    MessageNotFound.
    """
    access.check_may_take_part(person)
    if not set(labels) <= set(LABELS) or not all(0 <= value <= 1 for value in labels.values()):
        raise InvalidLabel(_("Only known labels can be given, with values from 0 to 1."))
    locking.keep_message(message.pk)
    # Clients send the text that they labelled; only words of the person's own are worth keeping.
    said = {"text": text} if text and text != message.text else {}
    free, _created = FreeLabels.objects.update_or_create(
        message=message, person=person, defaults={"labels": labels, "created_at": now, **said}
    )
    return free
