"""The table of all formats: what a line or a row of each is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from exports import lines, schema, training, votes
from exports.table import Column, row
from exports.training import Told

#: The scores that published data have.
DETOXIFY = (
    "toxicity", "severe_toxicity", "obscene", "threat", "insult", "identity_attack", "sexual_explicit",
)  # fmt: skip


class Needs(StrEnum):
    """What is loaded for a format."""

    TREE = "tree"
    """The tree alone, in the layouts of exports.lines."""
    TOLD = "told"
    """The tree with what its rankings said: `training.Told`."""
    CAST = "cast"
    """The tree with single answers: `votes.Cast`. Only under pseudonyms."""


@dataclass(frozen=True)
class Format:
    about: str
    needs: Needs
    columns: Sequence[Column]
    """Of formats with fixed columns, which may be Parquet too."""
    rows: Callable[[Any], Iterator[dict[str, Any]]]


def _trees(told: Told) -> Iterator[dict[str, Any]]:
    yield lines.tree_json(told.tree)


def _messages(told: Told) -> Iterator[dict[str, Any]]:
    for each in schema.flat(told.tree):
        yield lines.row_json(each)


def hub_row(message: schema.Row) -> dict[str, Any]:
    """`lines.hub_json` with exactly the columns of HUB, as Parquet wants it."""
    names = {column.name for column in HUB}
    said = {name: value for name, value in lines.hub_json(message).items() if name in names}
    if isinstance(scores := said["detoxify"], dict):
        said["detoxify"] = {name: scores.get(name) for name in DETOXIFY}
    return row(HUB, said)


def _hub(told: Told) -> Iterator[dict[str, Any]]:
    for each in schema.flat(told.tree):
        yield hub_row(each)


HUB = (
    Column("message_id", "string", "Id of the message."),
    Column("parent_id", "string", "Id of the message it replies to; null for a prompt."),
    Column("user_id", "string", "Pseudonym of its author."),
    Column("created_date", "string", "ISO date, UTC."),
    Column("text", "string", "The text."),
    Column("role", "string", "prompter or assistant."),
    Column("lang", "string", "Language, BCP 47."),
    Column("review_count", "int", "How many people reviewed it."),
    Column("review_result", "bool", "Accepted, rejected; null: not decided."),
    Column("deleted", "bool", "Hidden by a moderator."),
    Column("rank", "int", "How many siblings are better."),
    Column("rank_tied", "bool", "True: it shares its rank."),
    Column("synthetic", "bool", "Written by a machine."),
    Column("model_name", "string", "By which."),
    Column("detoxify", dict.fromkeys(DETOXIFY, "float"), "Scores of toxicity, 0 to 1; null where no model looked."),
    Column("message_tree_id", "string", "Id of the tree, which is that of its prompt."),
    Column("tree_state", "string", "How far the tree is."),
    Column("emojis", {"name": ["string"], "count": ["int"]}, "Reactions and how often each was given."),
    Column(
        "labels",
        {"name": ["string"], "value": ["float"], "count": ["int"]},
        "Mean of each label, 0 to 1, and how many people gave it.",
    ),
)

FORMATS: Mapping[str, Format] = {
    "trees": Format("one conversation tree", Needs.TREE, (), _trees),
    "messages": Format("one message", Needs.TREE, (), _messages),
    "hub": Format("one message, as on the Hugging Face hub", Needs.TREE, HUB, _hub),
    "sft": Format("one conversation to imitate", Needs.TOLD, training.SFT, training.sft),
    "preferences": Format("two replies, the better one first", Needs.TOLD, training.PREFERENCES, training.preferences),
    "ranked": Format("all ranked replies to one message", Needs.TOLD, training.RANKED, training.ranked),
    "kto": Format("one reply, good or bad", Needs.TOLD, training.KTO, training.kto),
    "reviews": Format("one review, under a pseudonym", Needs.CAST, votes.REVIEWS, votes.reviews),
    "rankings": Format("one ranking, under a pseudonym", Needs.CAST, votes.RANKINGS, votes.rankings),
}
