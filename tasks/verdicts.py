"""Verdicts on messages: loads the reviews, asks `deciding`, notes what was decided."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet

from accounts import news
from accounts.models import News, NewsKind
from common.prepared import Prepared
from tasks.deciding import Heard, Published, verdicts
from tasks.models import ImportedMessage, Message, Review, Tree
from tasks.rules import TreeRules
from tasks.tree_states import ACTIVE, State

#: Reviews in the order in which they came in. Those stored before they were numbered were the first.
IN_ORDER = (F("number").asc(nulls_first=True), "created_at", "id")


def _reviews(**of: Any) -> QuerySet[Any, Any]:
    rows = Review.objects.filter(**of).order_by(*IN_ORDER)
    return rows.values_list("message_id", "labels", "sensitivity", "specificity", "known_answer")


_HEARD = Prepared[Any](_reviews, message=UUID)


def settle(message: Message, rules: TreeRules) -> None:
    """Decide the message if its reviews do and it is undecided; a verdict, once given, stands. Does not save."""
    if message.review_result is not None:
        return
    if message.review_count < rules.reviews_needed(is_prompt=message.parent_id is None):
        return  # No need to read what was said.
    heard = [Heard(*row[1:]) for row in _HEARD.all(message=message.pk)]
    published = published_of(message)
    said = last_of(heard, published, message, rules)
    if said is not None:
        message.review_result = said
        message.decided_after = published.count + len(heard)
        message.review_rules_id = rules.row_id


def last_of(heard: Sequence[Heard], published: Published, message: Message, rules: TreeRules) -> bool | None:
    """What all reviews of a message decide together; None while they decide nothing."""
    said = None
    for said in verdicts(heard, published, is_prompt=message.parent_id is None, rules=rules):  # noqa: B007  # the last
        pass
    return said


def must_be_settled(message: Message, tree: Tree, rules: TreeRules) -> bool:
    """Whether a message without a verdict must get one if its reviews decide it: work goes on, under these rules."""
    return State(tree.state) in ACTIVE and tree.checked_rules == rules.version and not message.deleted


def settle_open(tree: Tree, rules: TreeRules) -> None:
    """New rules may be content with the reviews that are there: then nobody is asked for another one."""
    for message in Message.objects.filter(tree=tree, review_result=None, deleted=False).select_related("imported"):
        settle(message, rules)
        if message.review_result is not None:
            message.save(update_fields=["review_result", "review_rules", "decided_after"])


def announce(tree: Tree, now: datetime) -> None:
    """Tell each author what became of their messages; the tree has just come where verdicts show. A verdict stands, so
    nobody is told twice of one message, however often the tree comes here."""
    decided = Message.objects.filter(tree=tree, task__isnull=False, deleted=False, review_result__isnull=False)
    news.tell(
        News(
            person_id=author_id,
            kind=NewsKind.MESSAGE_ACCEPTED if accepted else NewsKind.MESSAGE_REJECTED,
            source=str(pk),
            about={"message_id": str(pk), "tree_id": str(tree.pk)},
            at=now,
        )
        for pk, author_id, accepted in decided.values_list("id", "author_id", "review_result")
        if author_id is not None
    )


def heard_of(messages: Iterable[Any]) -> dict[UUID, list[Heard]]:
    """The reviews of each of these messages, in the order in which they came in: one query."""
    heard: dict[UUID, list[Heard]] = defaultdict(list)
    for message_id, *row in _reviews(message__in=messages):
        heard[message_id].append(Heard(*row))
    return heard


def published_of(message: Message) -> Published:
    """What an import brought of it; `imported` must be loaded with the message."""
    imported: ImportedMessage | None = getattr(message, "imported", None)
    return Published(imported.review_count, imported.labels) if imported else Published()
