"""What people typed and have not sent: kept on the server, so that they find it again on any device.

A draft belongs to a person and a task. It goes when the answer is stored, and outlives a task that was skipped, given
back or lost to the deadline.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts import profiles
from accounts.models import User
from common.errors import DomainError, ErrorCode
from common.languages import LANGUAGES
from tasks import assignment
from tasks.kinds import KINDS, Deed, Kind
from tasks.models import SavedDraft, Task, TaskState
from tasks.refusals import AlreadyFinished, NothingAvailable, NotYours
from tasks.rules import TreeRules

#: How long a text that was never sent is kept.
KEPT = timedelta(days=30)
#: Fields of one form, and characters in all of them. Any answer has fewer; a form that has more is none of ours.
FIELDS_AT_MOST, CHARACTERS_AT_MOST = 300, 100_000
#: The field of the forms that counts what was pasted, and the one that holds the text.
PASTED, TEXT = "pasted", "text"
#: What forms say of a text, and what says nothing without one.
ABOUT_TEXT = {PASTED, "asked", "meant"}
#: Drafts that the page of what was never sent shows.
LISTED = 50

Pairs = Sequence[tuple[str, str]]


class DraftTooLong(DomainError):
    code = ErrorCode.TASK_MESSAGE_TOO_LONG
    status = 413
    sentence = _("This is too much to keep on the server. It stays on this device; shorten it before you send it.")


class NoSuchDraft(DomainError):
    code = ErrorCode.TASK_NOT_FOUND
    status = 404
    sentence = _("This text is gone: it was sent, deleted, or older than thirty days.")


class NotAsked(NothingAvailable):
    """There is no opening for a prompt in the other language."""

    sentence = _(
        "Nobody is asked for new prompts in that language just now. Your text is kept here: send it later, or write it "
        "in the language of this task."
    )


class NotAPrompt(DomainError):
    code = ErrorCode.TASK_PAYLOAD_TYPE_MISMATCH
    status = 422
    sentence = _("Only new prompts can be moved to another language: a reply belongs to its conversation.")


def save(*, task_id: UUID, by: User, fields: Pairs, typed_at: datetime, now: datetime) -> bool:
    """Keep what the person had typed at that moment; whatever was typed later is never overwritten.

    Without fields it is noted that there is nothing any more. `typed_at` is in the time of this server, which pages
    carry: clocks of devices differ. False if something newer is kept already. Raises TaskNotFound, NotYours,
    AlreadyFinished, DraftTooLong.
    """
    task = assignment.held_task(task_id=task_id, by=by)
    if task.state == TaskState.DONE and task.claimed_by_id == by.pk:
        raise AlreadyFinished
    if len(fields) > FIELDS_AT_MOST or sum(len(name) + len(value) for name, value in fields) > CHARACTERS_AT_MOST:
        raise DraftTooLong
    # PostgreSQL cannot store NUL, and JSON no lone surrogates.
    clean = [[_storable(name), _storable(value)] for name, value in fields]
    if all(name in ABOUT_TEXT for name, _value in clean):
        clean = []
    return _store(task, by, clean, min(typed_at, now))


def _storable(text: str) -> str:
    return text.replace("\x00", "").encode("utf-8", "ignore").decode("utf-8")


def _store(task: Task, by: User, fields: list[list[str]], typed_at: datetime) -> bool:
    """One conditional UPDATE, or the first row. Two tabs may both be the first: then one of them looks again."""
    values = {"fields": fields, "pasted": _pasted(fields), "saved_at": typed_at}
    theirs = SavedDraft.objects.filter(person=by, task=task)
    if theirs.filter(saved_at__lte=typed_at).update(**values):
        return True
    about = {"kind": task.kind, "lang": task.lang, "message_id": task.message_id}
    try:
        with transaction.atomic():
            _draft, created = SavedDraft.objects.get_or_create(person=by, task=task, defaults={**values, **about})
    except IntegrityError:
        created = False
    return created or bool(theirs.filter(saved_at__lte=typed_at).update(**values))


def _pasted(fields: Iterable[Sequence[str]]) -> int:
    count = _value(fields, PASTED)
    return min(int(count), CHARACTERS_AT_MOST) if count.isascii() and count.isdigit() and len(count) < 10 else 0


def _value(fields: Iterable[Sequence[str]], name: str) -> str:
    return next((value for field, value in fields if field == name), "")


def of(*, task: Task, person: User) -> SavedDraft | None:
    """What this person had typed for this task or, before it came back to them, for the same work. One query.

    Any new prompt is the same work as any other, so a text for one is not brought into the next by itself.
    """
    same = Q(task=task)
    if task.message_id is not None:
        same |= Q(message=task.message_id, kind=task.kind)
    found = SavedDraft.objects.filter(same, person=person).exclude(_answered(person))
    # A form of this very task that was emptied stays empty, whatever was typed before.
    best = max(found, key=lambda draft: (draft.task_id == task.pk, draft.saved_at), default=None)
    return best if best is not None and best.fields else None


def _answered(person: User) -> Q:
    """Drafts of tasks that the person has answered: one that came in together with the answer."""
    return Q(task__state=TaskState.DONE, task__claimed_by=person)


def forget(*, task_id: UUID, by: User) -> None:
    """The answer is stored, so what led to it goes."""
    SavedDraft.objects.filter(person=by, task=task_id).delete()


def unsent(person: User) -> list[SavedDraft]:
    """Texts this person never sent, the newest first. Half a review is no text."""
    writing = [kind.value for kind, row in KINDS.items() if row.deed is Deed.WRITE]
    found = SavedDraft.objects.filter(person=person, kind__in=writing).exclude(_answered(person))
    drafts = found.select_related("task").order_by("-saved_at", "-pk")[:LISTED]
    return [draft for draft in drafts if text_of(draft).strip()]


def text_of(draft: SavedDraft) -> str:
    """The text in a draft of a writing task."""
    return _value(draft.fields, TEXT)


def can_go_on(draft: SavedDraft) -> bool:
    """Whether the person may still answer the task it was written for: they hold it, or lost it to the deadline."""
    task = draft.task
    if task is None:
        return False
    held = task.state == TaskState.CLAIMED and task.claimed_by_id == draft.person_id
    # A late prompt goes to any opening anyway; a task of its own has its time.
    return held or (task.last_holder_id == draft.person_id and task.message_id is not None)


def delete(*, draft_id: int, by: User) -> None:
    """Throw a draft away. Doing it twice does it once."""
    SavedDraft.objects.filter(pk=draft_id, person=by).delete()


@transaction.atomic
def give_back(*, task_id: UUID, by: User, fields: Pairs, now: datetime, rules: TreeRules, rng: Random) -> None:
    """Give a task back and keep what was typed for it. Raises what `save` and a release raise."""
    save(task_id=task_id, by=by, fields=fields, typed_at=now, now=now)
    assignment.release(task_id=task_id, by=by, now=now, rules=rules, rng=rng)


def move(
    *,
    task_id: UUID,
    by: User,
    lang: str,
    fields: Pairs,
    add_language: bool,
    now: datetime,
    rules: TreeRules,
    rng: Random,
) -> Task:
    """Go on with a new prompt in another language: claim an opening there, give this one back, take the text along.

    With `add_language` it becomes one of those the person works in. All of it happens, or nothing: raises NotAsked,
    NotAPrompt, NotYours, TaskNotFound, AlreadyFinished, TooManyPending, TooManyRequests, DraftTooLong, UserDisabled,
    TermsNotAccepted.
    """
    if lang not in LANGUAGES:
        raise NotAPrompt
    with transaction.atomic():
        task = assignment.held_task(task_id=task_id, by=by)
        if task.kind != Kind.INITIAL_PROMPT:
            raise NotAPrompt
        # First, so that who holds as many as they may can still move.
        assignment.release(task_id=task_id, by=by, now=now, rules=rules, rng=rng)
        moved = _claim_prompt(by, lang, now, rules, rng)
        save(task_id=moved.pk, by=by, fields=fields, typed_at=now, now=now)
        forget(task_id=task_id, by=by)
        if add_language:
            languages = profiles.of(by).languages
            if lang not in languages:
                profiles.change(person=by, now=now, languages=[*languages, lang])
    return moved


def use(*, draft_id: int, by: User, now: datetime, rules: TreeRules, rng: Random) -> Task:
    """Go on with a text that was never sent: the task it was written for, if the person still has it, or an opening for
    another prompt. Raises NoSuchDraft, NotYours, NotAsked and what a claim raises."""
    with transaction.atomic():
        draft = SavedDraft.objects.filter(pk=draft_id, person=by).select_related("task").first()
        if draft is None:
            raise NoSuchDraft
        if draft.task is not None and can_go_on(draft):
            held: Task = draft.task
            return held
        if draft.kind != Kind.INITIAL_PROMPT:
            raise NotYours
        task = _claim_prompt(by, draft.lang, now, rules, rng)
        save(task_id=task.pk, by=by, fields=[(name, value) for name, value in draft.fields], typed_at=now, now=now)
        if draft.task_id != task.pk:
            draft.delete()
        return task


def _claim_prompt(by: User, lang: str, now: datetime, rules: TreeRules, rng: Random) -> Task:
    try:
        return assignment.claim(person=by, lang=lang, kind=Kind.INITIAL_PROMPT, now=now, rules=rules, rng=rng)
    except NothingAvailable as nothing:
        raise NotAsked from nothing


def forget_old(*, now: datetime) -> int:
    """Delete what was kept long enough, and what is left of answered tasks. Returns how many."""
    old = SavedDraft.objects.filter(saved_at__lt=now - KEPT)
    sent = SavedDraft.objects.filter(task__state=TaskState.DONE, task__claimed_by=F("person"))
    return int(old.delete()[0] + sent.delete()[0])
