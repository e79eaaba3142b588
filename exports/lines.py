"""A tree or a message as one line of a published file: nested, flat, or as on the Hugging Face hub."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from exports.schema import LabelMean, Node, Row, Tree

#: Labels and emojis in the order in which published files name them; names we do not know follow by alphabet.
LABEL_ORDER = (
    "spam", "fails_task", "lang_mismatch", "pii", "not_appropriate", "hate_speech", "sexual_content", "moral_judgement",
    "political_content", "quality", "toxicity", "humor", "helpfulness", "creativity", "violence",
)  # fmt: skip
EMOJI_ORDER = (
    "+1", "-1", "red_flag", "100", "rofl", "clap", "diamond", "heart_eyes", "disappointed", "poop", "skull",
    "_skip_reply", "_skip_ranking", "_skip_labeling",
)  # fmt: skip


def tree_json(tree: Tree, *, keep_nulls: bool = False) -> dict[str, Any]:
    """A line of a tree file."""
    written = {
        "message_tree_id": str(tree.tree_id),
        "tree_state": tree.state and tree.state.value,
        "prompt": _nested_json(tree.prompt, keep_nulls),
        "origin": tree.origin,
        **tree.extra,
    }
    return written if keep_nulls else _said(written)


def row_json(row: Row, *, keep_nulls: bool = False) -> dict[str, Any]:
    """A line of a flat file."""
    written = _row(row)
    return written if keep_nulls else _said(written)


def hub_json(row: Row) -> dict[str, Any]:
    """A line as on the Hugging Face hub: emojis and labels as lists, every column there, null where unknown."""
    written = _row(row)
    if row.node.emojis is not None:
        written["emojis"] = {"name": list(written["emojis"]), "count": list(written["emojis"].values())}
    if row.node.labels is not None:
        means = written["labels"]
        written["labels"] = {
            "name": list(means),
            "value": [mean.get("value") for mean in means.values()],
            "count": [mean["count"] for mean in means.values()],
        }
    return written


def _said(written: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in written.items() if value is not None}


def _row(row: Row) -> dict[str, Any]:
    tree = {"message_tree_id": row.tree_id and str(row.tree_id), "tree_state": row.state and row.state.value}
    return _fields(row.node) | tree


def _nested_json(node: Node, keep_nulls: bool) -> dict[str, Any]:
    written = _fields(node)
    written["replies"] = [_nested_json(reply, keep_nulls) for reply in node.replies]
    return written if keep_nulls else _said(written)


def _fields(node: Node) -> dict[str, Any]:
    """Every published key but the replies, in the order of the published files."""
    labels = node.labels
    return {
        "message_id": str(node.message_id),
        "parent_id": node.parent_id and str(node.parent_id),
        "user_id": node.user_id and str(node.user_id),
        "created_date": node.created_date and node.created_date.isoformat(),
        "text": node.text,
        "role": node.role.value,
        "lang": node.lang,
        "review_count": node.review_count,
        "review_result": node.review_result,
        "deleted": node.deleted,
        "rank": node.rank,
        "rank_tied": node.rank_tied or None,
        "synthetic": node.synthetic,
        "model_name": node.model_name,
        "emojis": None
        if node.emojis is None
        else {name: node.emojis[name] for name in _ordered(node.emojis, EMOJI_ORDER)},
        "labels": None
        if labels is None
        else {name: _mean_json(labels[name]) for name in _ordered(labels, LABEL_ORDER)},
        "events": node.events,
        "detoxify": None,
        **node.extra,
    }


def _mean_json(mean: LabelMean) -> dict[str, Any]:
    return {"count": mean.count} if mean.value is None else {"value": mean.value, "count": mean.count}


def _ordered(names: Mapping[str, object], order: Sequence[str]) -> list[str]:
    places = {name: place for place, name in enumerate(order)}
    return sorted(names, key=lambda name: (places.get(name, len(order)), name))
