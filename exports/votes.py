"""Single answers under pseudonyms, so that others can compute verdicts and orders anew: reviews and rankings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from exports import schema
from exports.table import Column, Type, row
from tasks.kinds import LABELS


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewVote:
    message_id: UUID
    person: UUID
    labels: Mapping[str, float]
    mode: str
    at: datetime
    sensitivity: float | None
    specificity: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RankingVote:
    parent_id: UUID
    person: UUID
    order: Sequence[Sequence[UUID]]
    shown: Sequence[UUID]
    not_rankable: bool
    why_not: str
    unacceptable: Sequence[UUID]
    adherence: float
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """A tree as it goes into the file, and the answers about its messages."""

    tree: schema.Tree
    split: str
    reviews: Sequence[ReviewVote]
    rankings: Sequence[RankingVote]


_LABELS: Type = dict.fromkeys(LABELS, "float")
_WHERE = (
    Column("tree_id", "string", "Id of the tree."),
    Column("lang", "string", "Language of the tree's prompt, BCP 47."),
    Column("split", "string", "train, validation or test; all rows of a tree are on one side, in every release."),
    Column("release", "string", "Name of the release; null in other files."),
)
REVIEWS = (
    Column("message_id", "string", "The message that was reviewed."),
    Column("reviewer_id", "string", "Pseudonym of who reviewed it."),
    Column("labels", _LABELS, "Value of each label, 0 to 1; null where the question was not asked or not answered."),
    Column("mode", "string", "full: all questions; simple: few."),
    Column("sensitivity", "float", "How often this person calls a bad message bad, as known then; null: not yet."),
    Column("specificity", "float", "How often they call a fine message fine, as known then."),
    Column("created_date", "string", "ISO date, UTC."),
    *_WHERE,
)
RANKINGS = (
    Column("parent_id", "string", "The message whose replies were ranked."),
    Column("ranker_id", "string", "Pseudonym of who ranked them."),
    Column("order", [["string"]], "Groups of message ids, best first; ids in one group are tied."),
    Column("shown", ["string"], "Message ids in the order in which the person saw them."),
    Column("not_rankable", "bool", "Whether the person would not order them."),
    Column("why_not", "string", "Why not, if they said."),
    Column("unacceptable", ["string"], "Ids of replies marked as unacceptable."),
    Column("adherence", "float", "How closely this person follows the crowd, as known then; 1 is usual."),
    Column("created_date", "string", "ISO date, UTC."),
    *_WHERE,
)


def reviews(cast: Cast) -> Iterator[dict[str, Any]]:
    """One row for each review of a message in the file, message by message, in the order in which they were given."""
    for vote in cast.reviews:
        values = {
            "message_id": str(vote.message_id),
            "reviewer_id": str(vote.person),
            "labels": {name: vote.labels.get(name) for name in LABELS},
            "mode": vote.mode,
            "sensitivity": vote.sensitivity,
            "specificity": vote.specificity,
            "created_date": vote.at.isoformat(),
        }
        yield row(REVIEWS, values | _where(cast))


def rankings(cast: Cast) -> Iterator[dict[str, Any]]:
    """One row for each ranking of replies in the file. Replies that are not in it are left out of the order."""
    for vote in cast.rankings:
        values = {
            "parent_id": str(vote.parent_id),
            "ranker_id": str(vote.person),
            "order": [[str(each) for each in group] for group in vote.order],
            "shown": [str(each) for each in vote.shown],
            "not_rankable": vote.not_rankable,
            "why_not": vote.why_not or None,
            "unacceptable": [str(each) for each in vote.unacceptable],
            "adherence": vote.adherence,
            "created_date": vote.at.isoformat(),
        }
        yield row(RANKINGS, values | _where(cast))


def _where(cast: Cast) -> dict[str, Any]:
    return {"tree_id": str(cast.tree.tree_id), "lang": cast.tree.prompt.lang, "split": cast.split}
