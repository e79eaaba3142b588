"""Conversations as trainers load them: for imitation, for preferences, for ranked sets, for good and bad replies.

Pure: each format makes rows of a tree and of what its rankings said. Columns are explained where they are declared; the
names `messages`, `prompt`, `chosen`, `rejected`, `completion` and `label` are those that TRL and others read.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from exports import schema
from exports.schema import Node
from exports.table import MESSAGE, Column, Type, row
from tasks.kinds import Role

#: Shares of the trees, by the hash of their ids: a tree is on the same side in every release.
SPLITS = (("train", 0.90), ("validation", 0.05), ("test", 0.05))
#: As chat templates call them.
ROLES = {Role.PROMPTER: "user", Role.ASSISTANT: "assistant"}
#: A chance is taken for no surer than this when it is turned into a strength.
SUREST = 0.99


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """What the rankings say of two siblings; with None where only a published order is known."""

    chosen: UUID
    rejected: UUID
    p_chosen: float | None = None
    p_low: float | None = None
    p_high: float | None = None
    p_better: float | None = None
    n_votes: int | None = None
    n_ties: int | None = None
    flip_margin: int | None = None
    cause: str | None = None
    rules: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A tree as it goes into the file, and what is known of it beside."""

    tree: schema.Tree
    split: str
    pairs: Mapping[UUID, Sequence[Pair]] = field(default_factory=dict)
    """By the message whose replies they compare; of replies that are in the tree."""
    scopes: Mapping[UUID, str] = field(default_factory=dict)
    """What the author of each message gave it for."""


def split_of(tree_id: UUID) -> str:
    """On which side a tree is, for ever: by its own id, whatever pseudonym it has in a file."""
    place = int.from_bytes(hashlib.sha256(b"split:" + tree_id.bytes).digest()[:8]) / 2**64
    for name, share in SPLITS:
        if place < share:
            return name
        place -= share
    return SPLITS[-1][0]


SIDE = (
    Column("row_id", "string", "The same in every file in which the row has the same messages."),
    Column("tree_id", "string", "Id of the tree."),
    Column("message_ids", ["string"], "Ids of all messages whose texts are in the row, in reading order."),
    Column("lang", "string", "Language of the tree's prompt, BCP 47."),
    Column("split", "string", "train, validation or test; all rows of a tree are on one side, in every release."),
    Column("scope", "string", "The narrowest use that an author of one of these messages gave it for."),
    Column("rules_version", "int", "Version of the rules that decided the order; null where none of ours did."),
    Column("release", "string", "Name of the release; null in other files."),
)

SFT = (
    Column("messages", [MESSAGE], "The conversation, from the prompt to a reply of the assistant."),
    Column("ranks", ["int"], "For each of them, how many siblings are better; null where nobody ranked it."),
    Column("quality", "float", "Mean of the label quality of the last message, 0 to 1."),
    Column("review_count", "int", "Reviews of the last message."),
    *SIDE,
)
PREFERENCES = (
    Column("prompt", [MESSAGE], "The conversation up to the two replies."),
    Column("chosen", [MESSAGE], "The better reply."),
    Column("rejected", [MESSAGE], "The other one."),
    Column("chosen_id", "string", "Id of the better reply."),
    Column("rejected_id", "string", "Id of the other one."),
    Column("p_chosen", "float", "Chance that the next ranker who separates the two prefers `chosen`."),
    Column("p_low", "float", "Lower end of its 95 % interval."),
    Column("p_high", "float", "Upper end of it."),
    Column("p_better", "float", "Chance that `chosen` is the better one."),
    Column("n_votes", "int", "Rankings that put one of the two before the other."),
    Column("n_ties", "int", "Rankings that tied them."),
    Column("flip_margin", "int", "Rankings that would have to reverse the pair until the majority is for `rejected`."),
    Column("cause", "string", "Why rankers are split; null if they are not."),
    *SIDE,
)
COMPLETION: Type = {
    "role": "string", "content": "string", "message_id": "string", "rank": "int", "tied": "bool", "strength": "float",
}  # fmt: skip
RANKED = (
    Column("prompt", [MESSAGE], "The conversation up to the replies."),
    Column(
        "completions",
        [COMPLETION],
        "All ranked replies, best first. rank: how many are better; tied: shares its rank; strength: mean log-odds of "
        "being preferred to a sibling, null where only an order is known.",
    ),
    *SIDE,
)
KTO = (
    Column("prompt", [MESSAGE], "The conversation up to the reply."),
    Column("completion", [MESSAGE], "The reply."),
    Column("label", "bool", "Whether it is a good one."),
    Column("because", "string", "ranking: nobody was better, or nobody worse; review: reviewers rejected it."),
    Column("rank", "int", "How many siblings are better."),
    Column("siblings", "int", "Ranked replies to the same message, this one included."),
    *SIDE,
)


def sft(told: Told) -> Iterator[dict[str, Any]]:
    """One row for each reply of the assistant below which the assistant says nothing more: no reply is left out, and no
    conversation is the beginning of another one."""
    for path in _paths(told.tree.prompt):
        last = path[-1]
        if last.role is not Role.ASSISTANT or any(_speaks(reply) for reply in last.replies):
            continue
        quality = (last.labels or {}).get("quality")
        values = {
            "messages": [_turn(node) for node in path],
            "ranks": [node.rank for node in path],
            "quality": quality.value if quality else None,
            "review_count": last.review_count,
        }
        rules = next((pair.rules for pair in _pairs_of(told, path[-2], last) if pair.rules), None)
        yield row(SFT, values | _side(told, path, (), rules))


def preferences(told: Told) -> Iterator[dict[str, Any]]:
    """One row for each pair of siblings that can be told apart: by the published order where nothing else is known."""
    for path in _paths(told.tree.prompt):
        parent, by_id = path[-1], {reply.message_id: reply for reply in path[-1].replies}
        for pair in told.pairs.get(parent.message_id) or _published(parent):
            if pair.p_better == 0.5:
                continue
            chosen, rejected = by_id[pair.chosen], by_id[pair.rejected]
            values = {
                "prompt": [_turn(node) for node in path],
                "chosen": [_turn(chosen)],
                "rejected": [_turn(rejected)],
                "chosen_id": str(pair.chosen),
                "rejected_id": str(pair.rejected),
                **{name: getattr(pair, name) for name in _OF_PAIRS},
            }
            yield row(PREFERENCES, values | _side(told, path, (chosen, rejected), pair.rules))


def sure_enough(pair: Mapping[str, Any], least: float | None) -> bool:
    """Whether a row of `preferences` is at least so sure. What only a published order tells has no chance, and is no
    surer than any."""
    return least is None or (pair["p_better"] or 0.5) >= least


_OF_PAIRS = ("p_chosen", "p_low", "p_high", "p_better", "n_votes", "n_ties", "flip_margin", "cause")


def ranked(told: Told) -> Iterator[dict[str, Any]]:
    """One row for each message with two or more ranked replies."""
    for path in _paths(told.tree.prompt):
        replies = _ranked(path[-1])
        if len(replies) < 2:
            continue
        pairs = told.pairs.get(path[-1].message_id, ())
        strength = strengths(pairs)
        shown = [
            _turn(reply)
            | {
                "message_id": str(reply.message_id),
                "rank": reply.rank,
                "tied": reply.rank_tied,
                "strength": strength.get(reply.message_id),
            }
            for reply in replies
        ]
        rules = next((pair.rules for pair in pairs if pair.rules), None)
        values = {"prompt": [_turn(node) for node in path], "completions": shown}
        yield row(RANKED, values | _side(told, path, replies, rules))


def strengths(pairs: Sequence[Pair]) -> dict[UUID, float]:
    """Of each reply the mean log-odds of being preferred to a sibling. Where rankers follow Plackett-Luce, differences
    of these are those of its log strengths, shrunk as the chances are."""
    odds: dict[UUID, list[float]] = {}
    for pair in pairs:
        if pair.p_chosen is None:
            continue
        p = min(pair.p_chosen, SUREST)
        odds.setdefault(pair.chosen, []).append(math.log(p / (1 - p)))
        odds.setdefault(pair.rejected, []).append(-math.log(p / (1 - p)))
    return {reply: math.fsum(each) / len(each) for reply, each in odds.items()}


def kto(told: Told) -> Iterator[dict[str, Any]]:
    """One row for each reply of the assistant that is plainly good or bad: nobody ranked above it, or nobody below; or
    reviewers rejected it, where rejected messages were asked for."""
    for path in _paths(told.tree.prompt):
        replies = _ranked(path[-1])
        worst = max((reply.rank or 0 for reply in replies), default=0)
        for reply in path[-1].replies:
            if reply.role is not Role.ASSISTANT:
                continue
            label, because = _verdict(reply, worst)
            if label is None:
                continue
            values = {
                "prompt": [_turn(node) for node in path],
                "completion": [_turn(reply)],
                "label": label,
                "because": because,
                "rank": reply.rank,
                "siblings": len(replies),
            }
            rules = next((pair.rules for pair in _pairs_of(told, path[-1], reply) if pair.rules), None)
            yield row(KTO, values | _side(told, path, (reply,), rules))


def _verdict(reply: Node, worst: int) -> tuple[bool | None, str]:
    if reply.review_result is False:
        return False, "review"
    if reply.rank is None or worst == 0:
        return None, ""
    return (True if reply.rank == 0 else False if reply.rank == worst else None), "ranking"


def _paths(node: Node, above: tuple[Node, ...] = ()) -> Iterator[tuple[Node, ...]]:
    """The way from the prompt to each message, depth first."""
    path = (*above, node)
    yield path
    for reply in node.replies:
        yield from _paths(reply, path)


def _speaks(node: Node) -> bool:
    """Whether the assistant says something in it or below."""
    return node.role is Role.ASSISTANT or any(_speaks(reply) for reply in node.replies)


def _turn(node: Node) -> dict[str, Any]:
    return {"role": ROLES[node.role], "content": node.text}


def _ranked(parent: Node) -> list[Node]:
    return [reply for reply in parent.replies if reply.rank is not None]


def _pairs_of(told: Told, parent: Node, reply: Node) -> list[Pair]:
    return [pair for pair in told.pairs.get(parent.message_id, ()) if reply.message_id in (pair.chosen, pair.rejected)]


def _published(parent: Node) -> Iterator[Pair]:
    """Pairs of a published order: nothing is known of them but who was before whom."""
    replies = sorted(_ranked(parent), key=lambda reply: reply.rank or 0)
    for number, better in enumerate(replies):
        for worse in replies[number + 1 :]:
            if better.rank != worse.rank:
                yield Pair(chosen=better.message_id, rejected=worse.message_id)


#: From the widest use to the narrowest.
SCOPES = ("dataset", "research", "evaluation", "here")


def _side(told: Told, path: Sequence[Node], replies: Sequence[Node], rules: int | None) -> dict[str, Any]:
    """The columns that every format has, of a row with these messages."""
    ids = [node.message_id for node in (*path, *replies)]
    return {
        "row_id": hashlib.sha256(b"".join(each.bytes for each in ids)).hexdigest()[:32],
        "tree_id": str(told.tree.tree_id),
        "message_ids": [str(each) for each in ids],
        "lang": told.tree.prompt.lang,
        "split": told.split,
        "scope": max((told.scopes.get(each, SCOPES[0]) for each in ids), key=SCOPES.index),
        "rules_version": rules,
    }
