"""Correcting one's own message shortly after it was sent, for as long as nobody judges it."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import access
from accounts.models import User
from common import nudges
from common.errors import DomainError, ErrorCode
from tasks import locking
from tasks.drafts import ReplyDraft
from tasks.models import Message, MessageRevision, Task, TaskState, Tree
from tasks.querysets import TaskQuerySet
from tasks.refusals import DuplicateMessage, MessageNotFound, TreeEnded
from tasks.rules import TreeRules
from tasks.tree_states import ACTIVE, State

#: How long an author may correct a message.
CORRECTABLE = timedelta(minutes=10)


class TooLateToCorrect(DomainError):
    code = ErrorCode.NOT_ALLOWED
    status = 409
    sentence = _(
        "The ten minutes in which you could correct this message are over. "
        "If something in it must go, report it to the moderators."
    )


class BeingReviewed(TooLateToCorrect):
    sentence = _(
        "Somebody is reading this message to review it, or has reviewed it, so it stays as it is. "
        "If something in it must go, report it to the moderators."
    )


def until(message: Message, *, by: User, now: datetime) -> datetime | None:
    """Until when the author may correct this message; None for others, and once it is too late.

    Asks the database only about the author's messages of the last ten minutes, so a list may ask for each.
    """
    ends = _ends(message, by)
    if ends is None or ends <= now or message.deleted or message.edited:
        return None
    if message.review_count or message.review_result is not None:
        return None
    if _seen_by_a_judge(message).exists() or State(message.tree.state) not in ACTIVE:
        return None
    return ends


@transaction.atomic
def correct(
    *, message_id: UUID, by: User, text: str, now: datetime, rules: TreeRules, pasted_share: float | None = None
) -> Message:
    """Change the text of a message nobody has begun to review; the original and every version are kept.

    It does not count as `edited`: that says that reviewers saw another text than readers, and here all of them see this
    one. Raises MessageNotFound, TooLateToCorrect, BeingReviewed, TreeEnded, TextEmpty, TextTooLong, DuplicateMessage,
    UserDisabled, TermsNotAccepted; then nothing is stored.
    """
    access.check_may_take_part(by)
    message, tree = _locked(message_id, by)
    draft = ReplyDraft.of(text, limit=rules.message_size_limit)
    if draft.text == message.text:
        return message
    ends = _ends(message, by)
    if ends is None or ends <= now:
        raise TooLateToCorrect
    if message.edited:
        raise BeingReviewed  # By moderators: what they took out must not come back.
    if State(tree.state) not in ACTIVE:
        raise TreeEnded
    if message.review_count or message.review_result is not None or not _keep_judges_away(message):
        raise BeingReviewed
    since = now - timedelta(minutes=rules.duplicate_message_window_minutes)
    same = Message.objects.filter(author=by, created_at__gt=since, text=draft.text).exclude(pk=message.pk)
    if same.exists():
        raise DuplicateMessage
    if not message.revisions.exists():
        MessageRevision.objects.create(message=message, text=message.text, by=by, at=message.created_at)
    MessageRevision.objects.create(message=message, text=draft.text, by=by, at=now)
    # Whatever was said of the old text says nothing of this one.
    message.text, message.screening_due, message.flags_cleared_at = draft.text, True, None
    nudges.soon("moderation.screen")
    if pasted_share:
        # What was pasted when it was written may be in it still.
        message.pasted_share = max(message.pasted_share or 0.0, pasted_share)
    message.save(update_fields=["text", "pasted_share", "screening_due", "flags_cleared_at"])
    return message


def _ends(message: Message, by: User) -> datetime | None:
    """Until when, as far as the clock goes. What was imported was never written here."""
    return message.created_at + CORRECTABLE if message.author_id == by.pk and message.task_id is not None else None


def _locked(message_id: UUID, by: User) -> tuple[Message, Tree]:
    """The author's message and its tree, the tree locked: nobody reviews or moves it meanwhile."""
    mine = Message.objects.filter(pk=message_id, author=by, deleted=False)
    tree_id = mine.values_list("tree_id", flat=True).first()
    if tree_id is None:
        raise MessageNotFound
    tree = locking.lock_tree(tree_id)
    message: Message | None = mine.first()
    if message is None:
        raise MessageNotFound  # A moderator was quicker.
    return message, tree


def _seen_by_a_judge(message: Message) -> TaskQuerySet:
    """Work on this message that somebody holds, did, or missed: a late review would be one of the old text."""
    seen: TaskQuerySet = Task.objects.filter(message=message).exclude(state=TaskState.OPEN, last_holder=None)
    return seen


def _keep_judges_away(message: Message) -> bool:
    """Lock all openings about the message, so that until the text is stored nobody claims one: claims do not wait for
    the tree, they pass by. False if somebody was quicker. No new ones open while the tree is locked."""
    openings = list(Task.objects.open().filter(message=message).values_list("id", flat=True))
    locked = locking.lock_openings(openings)
    return len(locked) == len(openings) and not _seen_by_a_judge(message).exists()
