"""What may be read of one message and its tree, by whichever name a client asks for the message."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from accounts.models import Scope
from common.errors import DomainError, ErrorCode
from oasst_web.api.routes import ANY_KEY, Call, Routes
from oasst_web.api.v1 import schemas, shown
from tasks.models import Message


class BrokenConversation(DomainError):
    code = ErrorCode.BROKEN_CONVERSATION
    status = 400
    sentence = _("A message above this one was deleted or not accepted, so there is no whole conversation to it.")


class NothingAccepted(DomainError):
    code = ErrorCode.NO_REPLIES_FOUND
    status = 400
    sentence = _("Nothing in this conversation has been accepted, or all of it was deleted.")


class WhichOfTree(serializers.Serializer[Any]):
    include_spam = serializers.BooleanField(
        default=True,
        help_text="If false, only accepted messages; while the tree grows, of these only the ones with replies.",
    )
    include_deleted = serializers.BooleanField(default=False)


@dataclass(frozen=True)
class Reading:
    """One thing to read of a message."""

    path: str
    """After the name of the message."""
    name: str
    read: Callable[[Call, Message], Any]
    answer: Any
    query: Any = None
    refusals: tuple[ErrorCode, ...] = ()


def _message(call: Call, message: Message) -> Any:
    """The message."""
    return shown.messages([message], client=call.client, person=call.person)[0]


def _conversation(call: Call, message: Message) -> Any:
    """The messages from the prompt to this one, which all must have been accepted, save this one."""
    above = _by_id(_good(call, _tree(call, message)))
    path = _path(message, above)
    if path is None:
        raise BrokenConversation
    return shown.conversation(path, client=call.client, person=call.person, blind=False)


def _whole_tree(call: Call, message: Message) -> Any:
    """All messages of the tree that the key may read, oldest first."""
    rows = _tree(call, message)
    if not call.query["include_spam"]:
        rows = _accepted(call, rows)
    if not call.query["include_deleted"]:
        rows = [row for row in rows if not row.deleted]
    return _shown_tree(call, message.tree_id, rows)


def _children(call: Call, message: Message) -> Any:
    """The replies to the message, whatever reviewers said of them."""
    readable = Message.objects.readable_by(call.key).filter(parent=message, deleted=False)
    rows = readable.with_what_is_shown().order_by("created_at", "pk")
    return shown.messages(rows, client=call.client, person=call.person)


def _descendants(call: Call, message: Message) -> Any:
    """Everything below the message, deleted messages too where the key may read them."""
    children: dict[UUID | None, list[Message]] = defaultdict(list)
    for row in _tree(call, message):
        children[row.parent_id].append(row)
    below = list(children[message.pk])
    for row in below:
        below.extend(children[row.pk])
    return _shown_tree(call, message.pk, below)


def _longest(call: Call, message: Message) -> Any:
    """The longest conversation in the tree of accepted messages; of several the oldest."""
    good = _good(call, _tree(call, message))
    known = _by_id(good)
    paths = filter(None, (_path(row, known) for row in good))
    longest = max(paths, key=len, default=None)
    if longest is None:
        raise NothingAccepted
    return shown.conversation(longest, client=call.client, person=call.person, blind=False)


def _most_children(call: Call, message: Message) -> Any:
    """The message of the tree with the most accepted replies, and these; of several the oldest."""
    good = _good(call, _tree(call, message))
    if not good:
        raise NothingAccepted
    children: dict[UUID | None, list[Message]] = defaultdict(list)
    for row in good:
        children[row.parent_id].append(row)
    parent = max(good, key=lambda row: len(children[row.pk]))
    return _shown_tree(call, parent.pk, [parent, *children[parent.pk]])


BROKEN, EMPTY = (ErrorCode.BROKEN_CONVERSATION,), (ErrorCode.NO_REPLIES_FOUND,)

READINGS = (
    Reading("", "get_message", _message, schemas.Message),
    Reading("/conversation", "get_conv", _conversation, schemas.Conversation, refusals=BROKEN),
    Reading("/tree", "get_tree", _whole_tree, schemas.MessageTree, query=WhichOfTree),
    Reading("/children", "get_children", _children, schemas.Message(many=True)),
    Reading("/descendants", "get_descendants", _descendants, schemas.MessageTree),
    Reading("/longest_conversation_in_tree", "get_longest_conv", _longest, schemas.Conversation, refusals=EMPTY),
    Reading("/max_children_in_tree", "get_max_children", _most_children, schemas.MessageTree, refusals=EMPTY),
)


def add(
    routes: Routes,
    prefix: str,
    find: Callable[[Call], Message],
    *,
    acting: bool,
    suffix: str = "",
    params: Mapping[str, serializers.Field[Any, Any, Any, Any]],
) -> None:
    """A route for every reading below `prefix`, of the message that `find` finds."""
    for reading in READINGS:
        routes.add(
            "GET",
            f"{prefix}{reading.path}",
            ANY_KEY,
            acting=acting,
            params=params,
            query=reading.query,
            answer=reading.answer,
            refusals=(ErrorCode.MESSAGE_NOT_FOUND, *reading.refusals),
        )(_view(reading, find, suffix))


def _view(reading: Reading, find: Callable[[Call], Message], suffix: str) -> Callable[[Call], Any]:
    def view(call: Call) -> Any:
        return reading.read(call, find(call))

    view.__name__, view.__doc__ = reading.name + suffix, reading.read.__doc__
    return view


def _tree(call: Call, message: Message) -> list[Message]:
    """What the key may read of the message's tree, oldest first. A tree is small, so it is read whole."""
    readable = Message.objects.readable_by(call.key).filter(tree=message.tree_id)
    return list(readable.with_what_is_shown().order_by("created_at", "pk"))


def _good(call: Call, tree: list[Message]) -> list[Message]:
    return [row for row in _accepted(call, tree) if not row.deleted]


def _accepted(call: Call, tree: list[Message]) -> list[Message]:
    """The messages of the tree that count as accepted.

    While it is under review, a verdict must not show by what is left out, for whoever is asked next could tell a
    message with a known answer by it. So a reply counts once it is replied to, when everybody can see that it was
    accepted. Those that moderate see verdicts anyway.
    """
    accepted = [row for row in tree if row.review_result]
    if call.key.may(Scope.MODERATOR):
        return accepted
    replied_to = {row.parent_id for row in tree}
    return [row for row in accepted if row.parent_id is None or row.pk in replied_to or not shown.under_review(row)]


def _by_id(rows: Iterable[Message]) -> dict[UUID, Message]:
    return {row.pk: row for row in rows}


def _path(message: Message, known: Mapping[UUID, Message]) -> list[Message] | None:
    """From the prompt to the message; None if one above it is not among those known."""
    path = [message]
    while path[-1].parent_id is not None:
        parent = known.get(path[-1].parent_id)
        if parent is None:
            return None
        path.append(parent)
    return path[::-1]


def _shown_tree(call: Call, root: UUID, rows: Iterable[Message]) -> dict[str, Any]:
    return {"id": root, "messages": shown.messages(rows, client=call.client, person=call.person)}
