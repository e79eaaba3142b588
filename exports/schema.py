"""The published formats: trees and messages, as they are read. `exports.lines` writes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from common import dates
from tasks.kinds import Role
from tasks.tree_states import State

#: The largest number a counter of ours holds.
LARGEST = 2**31 - 1

#: Replies below replies; far more than anybody has collected, and little enough to be walked by recursion.
DEEPEST = 200

#: Among the unknown keys of a message, an import keeps under this one what the file said beside our columns.
KEEPSAKE = "_file"


class FormatError(ValueError):
    """Something that is not in a published format. The text says what is wrong and where."""


@dataclass(frozen=True, slots=True)
class LabelMean:
    """What reviewers said of one label, on average."""

    value: float | None
    """0 to 1."""
    count: int
    """Reviewers who answered the question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One message. None: the file does not say, by an absent key or by null; both mean the same."""

    message_id: UUID
    parent_id: UUID | None = None
    user_id: UUID | None = None
    created_date: datetime | None = None
    text: str
    role: Role
    lang: str | None = None
    review_count: int | None = None
    review_result: bool | None = None
    deleted: bool | None = None
    rank: int | None = None
    synthetic: bool | None = None
    model_name: str | None = None
    emojis: Mapping[str, int] | None = None
    labels: Mapping[str, LabelMean] | None = None
    events: Mapping[str, Any] | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
    """`detoxify` and every key that is not ours."""
    rank_tied: bool = False
    """Shares its rank with a sibling. Written by us; on reading it follows from the ranks and is passed over."""
    replies: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """One conversation tree. Its id is that of its prompt."""

    prompt: Node
    state: State | None = None
    origin: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def tree_id(self) -> UUID:
        return self.prompt.message_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One message of a flat file, without its replies."""

    node: Node
    tree_id: UUID | None = None
    state: State | None = None


NODE_KEYS = frozenset(
    {
        "message_id", "parent_id", "user_id", "created_date", "text", "role", "lang", "review_count", "review_result",
        "deleted", "rank", "synthetic", "model_name", "emojis", "replies", "labels", "events", "message_tree_id",
        "tree_state", "rank_tied",
    }
)  # fmt: skip
TREE_KEYS = frozenset({"message_tree_id", "tree_state", "origin", "prompt"})


def parse_tree(data: Mapping[str, Any]) -> Tree:
    """One line of a tree file. Raises FormatError."""
    prompt = data.get("prompt")
    if not isinstance(prompt, dict):
        raise FormatError("the tree has no prompt")
    state = _state(data.get("tree_state"))
    tree_id = _id(data, "message_tree_id")
    root = _nested(prompt, None, tree_id, 0)
    if root.message_id != tree_id:
        raise FormatError(f"message_tree_id is {tree_id}, but the prompt is message {root.message_id}")
    if root.role is not Role.PROMPTER:
        raise FormatError(f"the prompt has the role {root.role}")
    origin = _text(data, "origin", limit=1024)
    return Tree(prompt=root, state=state, origin=origin, extra=_others(data, TREE_KEYS))


def parse_row(data: Mapping[str, Any]) -> Row:
    """One line of a flat file, in either layout. Raises FormatError."""
    if data.get("replies"):
        raise FormatError("a single message must not have replies; a tree is an object with message_tree_id and prompt")
    node = _node(data, ())
    if node.parent_id is None and node.role is not Role.PROMPTER:
        raise FormatError(f"a message without a parent is a prompt, but its role is {node.role}")
    return Row(node=node, tree_id=_id_or_none(data, "message_tree_id"), state=_state(data.get("tree_state")))


def _nested(data: Mapping[str, Any], parent: UUID | None, tree_id: UUID, depth: int) -> Node:
    message_id = _id(data, "message_id")
    if depth > DEEPEST:
        raise FormatError(f"message {message_id} is deeper than {DEEPEST} replies")
    if _id_or_none(data, "parent_id") not in (None, parent):
        raise FormatError(f"message {message_id} hangs under {parent}, but names {data['parent_id']} as its parent")
    if _id_or_none(data, "message_tree_id") not in (None, tree_id):
        raise FormatError(f"message {message_id} names {data['message_tree_id']} as its tree")
    replies = data.get("replies") or []
    if not isinstance(replies, list) or not all(isinstance(reply, dict) for reply in replies):
        raise FormatError(f"replies of message {message_id} is not a list of messages")
    node = _node(data, tuple(_nested(reply, message_id, tree_id, depth + 1) for reply in replies))
    # The place in the tree says who the parent is; repeating it is optional.
    return node if node.parent_id == parent else replace(node, parent_id=parent)


def _node(data: Mapping[str, Any], replies: tuple[Node, ...]) -> Node:
    text = _text(data, "text")
    if text is None:
        raise FormatError("the message has no text")
    try:
        role = Role(data.get("role", ""))
    except ValueError:
        raise FormatError(f"unknown role {data.get('role')!r}") from None
    return Node(
        message_id=_id(data, "message_id"),
        parent_id=_id_or_none(data, "parent_id"),
        user_id=_id_or_none(data, "user_id"),
        created_date=_date(data.get("created_date")),
        text=text,
        role=role,
        lang=_text(data, "lang", limit=32) or None,
        review_count=_count(data, "review_count"),
        review_result=_flag(data, "review_result"),
        deleted=_flag(data, "deleted"),
        rank=_count(data, "rank"),
        synthetic=_flag(data, "synthetic"),
        model_name=_text(data, "model_name", limit=1024) or None,
        emojis=_emojis(data.get("emojis")),
        labels=_labels(data.get("labels")),
        events=_events(data.get("events")),
        extra=_others(data, NODE_KEYS),
        replies=replies,
    )


def _others(data: Mapping[str, Any], known: frozenset[str]) -> dict[str, Any]:
    if KEEPSAKE in data:
        raise FormatError(f"{KEEPSAKE} is a name that this site keeps for itself")
    return {key: value for key, value in data.items() if key not in known and value is not None}


def _id_or_none(data: Mapping[str, Any], key: str) -> UUID | None:
    return None if data.get(key) is None else _id(data, key)


def _id(data: Mapping[str, Any], key: str) -> UUID:
    try:
        return UUID(data[key])
    except KeyError:
        raise FormatError(f"{key} is missing") from None
    except (ValueError, AttributeError, TypeError):
        raise FormatError(f"{key} is {data[key]!r}, which is not a UUID") from None


def _text(data: Mapping[str, Any], key: str, limit: int | None = None) -> str | None:
    value = data.get(key)
    if value is None:
        return None
    if not isinstance(value, str):
        raise FormatError(f"{key} is {value!r}, which is not a text")
    if limit is not None and len(value) > limit:
        raise FormatError(f"{key} has {len(value)} characters; at most {limit} are possible")
    if "\x00" in value or not _encodable(value):
        raise FormatError(f"{key} contains a character that cannot be stored (NUL or half of a surrogate pair)")
    return value


def _encodable(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _flag(data: Mapping[str, Any], key: str) -> bool | None:
    value = data.get(key)
    if value is not None and not isinstance(value, bool):
        raise FormatError(f"{key} is {value!r}, which is neither true nor false")
    return value


def _count(data: Mapping[str, Any], key: str) -> int | None:
    value = data.get(key)
    return None if value is None else _whole(value, key)


def _whole(value: object, key: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= LARGEST:
        raise FormatError(f"{key} is {value!r}, which is not a whole number from 0 on")
    return value


def _date(value: object) -> datetime | None:
    """Dates without a zone are UTC."""
    if value is None:
        return None
    try:
        return dates.moment(value).astimezone(UTC)  # type: ignore[arg-type]  # what is no text is answered below
    except (ValueError, TypeError, OverflowError):
        raise FormatError(f"created_date is {value!r}, which is not an ISO date") from None


def _state(value: object) -> State | None:
    try:
        return None if value is None else State(value)  # type: ignore[arg-type]
    except ValueError:
        raise FormatError(f"unknown tree_state {value!r}") from None


def _columns(data: Mapping[str, Any], key: str, *names: str) -> list[tuple[Any, ...]] | None:
    """The rows of the hub's layout, {name: [...], count: [...]}; None when it is the other layout."""
    if not isinstance(data.get("name"), list):
        return None
    lists = [data.get(name) for name in names]
    if not all(isinstance(column, list) and len(column) == len(data["name"]) for column in lists):
        raise FormatError(f"the lists in {key} are not equally long")
    return list(zip(*(column for column in lists if column is not None), strict=True))


def _emojis(data: object) -> dict[str, int] | None:
    if data is None:
        return None
    if not isinstance(data, dict):
        raise FormatError("emojis is not an object")
    columns = _columns(data, "emojis", "name", "count")
    return {
        str(name): _whole(count, f"emojis of {name}") for name, count in (data.items() if columns is None else columns)
    }


def _labels(data: object) -> dict[str, LabelMean] | None:
    if data is None:
        return None
    if not isinstance(data, dict):
        raise FormatError("labels is not an object")
    columns = _columns(data, "labels", "name", "value", "count")
    if columns is None:
        if not all(isinstance(mean, dict) for mean in data.values()):
            raise FormatError("a label is not an object with value and count")
        columns = [(name, mean.get("value"), mean.get("count")) for name, mean in data.items()]
    labels = {}
    for name, value, count in columns:
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1):
            raise FormatError(f"the value of the label {name} is {value!r}, which is not a number from 0 to 1")
        labels[str(name)] = LabelMean(value, _whole(count, f"the count of the label {name}"))
    return labels


def _events(data: object) -> dict[str, Any] | None:
    if data is None:
        return None
    if not isinstance(data, dict):
        raise FormatError("events is not an object")
    events = {str(kind): told for kind, told in data.items() if told is not None}
    for kind, told in events.items():
        if not isinstance(told, list) or not all(isinstance(event, dict) for event in told):
            raise FormatError(f"events of the kind {kind} are not a list of objects")
    return events


def flat(tree: Tree) -> Iterator[Row]:
    """Its messages without their replies, depth first."""
    for node in walk(tree.prompt):
        yield Row(node=replace(node, replies=()), tree_id=tree.tree_id, state=tree.state)


def walk(node: Node) -> Iterator[Node]:
    """The message and everything below it, depth first."""
    yield node
    for reply in node.replies:
        yield from walk(reply)
