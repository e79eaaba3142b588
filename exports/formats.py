"""The table of all formats: what a line or a row of each is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from exports import training, votes
from exports.table import Column


class Needs(StrEnum):
    """What is loaded for a format."""

    TREE = "tree"
    """The tree alone, in the layouts of exports.schema."""
    TOLD = "told"
    """The tree with what its rankings said: `training.Told`."""
    CAST = "cast"
    """The tree with single answers: `votes.Cast`. Only under pseudonyms."""


@dataclass(frozen=True)
class Format:
    about: str
    needs: Needs
    columns: Sequence[Column] = ()
    """Of formats with fixed columns, which may be Parquet too."""
    rows: Callable[[Any], Iterator[dict[str, Any]]] | None = None


FORMATS: Mapping[str, Format] = {
    "trees": Format("one conversation tree", Needs.TREE),
    "messages": Format("one message", Needs.TREE),
    "hub": Format("one message, as on the Hugging Face hub", Needs.TREE),
    "sft": Format("one conversation to imitate", Needs.TOLD, training.SFT, training.sft),
    "preferences": Format("two replies, the better one first", Needs.TOLD, training.PREFERENCES, training.preferences),
    "ranked": Format("all ranked replies to one message", Needs.TOLD, training.RANKED, training.ranked),
    "kto": Format("one reply, good or bad", Needs.TOLD, training.KTO, training.kto),
    "reviews": Format("one review, under a pseudonym", Needs.CAST, votes.REVIEWS, votes.reviews),
    "rankings": Format("one ranking, under a pseudonym", Needs.CAST, votes.RANKINGS, votes.rankings),
}
