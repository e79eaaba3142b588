"""A tree as moderators read it: from top to bottom, each branch to its end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from moderation.models import QueueItem
from moderation.severity import HARMFUL
from tasks.models import Message


def reading_order(every: Sequence[Message], top: Message) -> list[tuple[Message, int]]:
    """This message and all below it, each with how deep below it stands. Siblings keep their order in `every`."""
    replies: dict[UUID | None, list[Message]] = defaultdict(list)
    for each in every:
        replies[each.parent_id].append(each)
    found: list[tuple[Message, int]] = []
    todo = [(top, 0)]
    while todo:
        each, depth = todo.pop()
        found.append((each, depth))
        todo += [(reply, depth + 1) for reply in reversed(replies[each.pk])]
    return found


def harmful_in(tree_id: UUID) -> set[UUID]:
    """Messages that may be harmful to read, and that nobody decided on: they are read where the queue shows them."""
    items = QueueItem.objects.filter(message__tree=tree_id, processed=False, severity__in=list(HARMFUL))
    return set(items.values_list("pk", flat=True))
