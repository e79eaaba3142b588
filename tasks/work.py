"""What a person sees of a task they hold: the conversation, and what is asked about it."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from uuid import UUID

from accounts.models import User
from common.prepared import Prepared
from tasks.kinds import KINDS, LABELS, Deed, Kind, KindRow, Label, Mode, labels_asked
from tasks.models import Message, Task, TaskState

_OF_TREE = Prepared(lambda tree_id: Message.objects.filter(tree_id=tree_id), tree_id=UUID)
_REPLIES_KEPT = Prepared(lambda parent_id: Message.objects.kept().filter(parent_id=parent_id), parent_id=UUID)


@dataclass(frozen=True)
class Work:
    """A task as it is shown."""

    task: Task
    kind: Kind
    row: KindRow
    conversation: list[Message]
    """From the prompt to the message in question; empty for a new prompt."""
    replies: list[Message]
    """For rankings: the replies, in the order this person sees them."""
    labels: list[tuple[str, Label]]
    """For reviews: the questions asked, in order."""

    @property
    def message(self) -> Message | None:
        return self.conversation[-1] if self.conversation else None


def show(task: Task, *, person: User) -> Work:
    """Everything the page of a task needs, in two queries at most. Names no author: judging is blind."""
    kind = Kind(task.kind)
    row = KINDS[kind]
    conversation = path_to(task.message_id, tree_id=task.tree_id) if task.message_id and task.tree_id else []
    replies = replies_to_rank(task, person=person) if row.deed is Deed.RANK else []
    names = labels_asked(kind, Mode(task.mode)) if row.deed is Deed.REVIEW else ()
    return Work(task, kind, row, conversation, replies, [(name, LABELS[name]) for name in names])


def path_to(message_id: UUID, *, tree_id: UUID) -> list[Message]:
    """The messages from the root to this one. A tree is small, so it is read whole."""
    messages = {message.pk: message for message in _OF_TREE.all(tree_id=tree_id)}
    path: list[Message] = []
    at = messages.get(message_id)
    while at is not None:
        path.append(at)
        at = messages.get(at.parent_id) if at.parent_id else None
    return path[::-1]


def replies_to_rank(task: Task, *, person: User) -> list[Message]:
    """The replies a ranking task is about, shuffled: always the same way for one person, on a reload or when
    a late answer goes to another row of the same work."""
    if task.state == TaskState.DONE and task.claimed_by_id == person.pk:
        shown = task.ranking.shown
        replies = {str(reply.pk): reply for reply in Message.objects.filter(pk__in=shown)}
        return [replies[pk] for pk in shown if pk in replies]

    def place(reply: Message) -> bytes:
        return blake2b(f"{person.pk}{reply.pk}".encode(), digest_size=8).digest()

    return sorted(_REPLIES_KEPT.all(parent_id=task.message_id), key=place)
