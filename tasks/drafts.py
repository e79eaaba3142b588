"""What a person said, checked against the task but not yet stored. Pure: no database."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from common.errors import DomainError, ErrorCode
from common.text import normalised
from tasks.kinds import LABELS_OF_KIND, MANDATORY_LABELS, Kind, NotRankable
from tasks.topics import Difficulty, Topic


class TextEmpty(DomainError):
    code = ErrorCode.TASK_MESSAGE_TEXT_EMPTY
    status = 422
    sentence = _("The message is empty. Write something, or skip the task.")


class TextTooLong(DomainError):
    code = ErrorCode.TASK_MESSAGE_TOO_LONG
    status = 422


class InvalidLabel(DomainError):
    code = ErrorCode.TEXT_LABELS_INVALID_LABEL
    status = 422


class LabelMissing(DomainError):
    code = ErrorCode.TEXT_LABELS_MANDATORY_LABEL_MISSING
    status = 422


class InvalidRanking(DomainError):
    code = ErrorCode.INVALID_RANKING_VALUE
    status = 422
    sentence = _("The ranking must name every reply exactly once. Put each reply on a place and send again.")


@dataclass(frozen=True)
class About:
    """What is known of a text beside its words."""

    pasted_share: float | None = None
    """Of its characters, how many were pasted and not typed: 0 to 1; None where nobody counted."""
    topic: Topic | None = None
    """Of a new prompt, like its difficulty."""
    difficulty: Difficulty | None = None


@dataclass(frozen=True)
class ReplyDraft:
    """The text of a prompt or reply."""

    text: str
    about: About = About()

    @classmethod
    def of(cls, text: str, *, limit: int, about: About | None = None) -> ReplyDraft:
        """Normalised text of 1 to `limit` characters. Raises TextEmpty, TextTooLong."""
        text = normalised(text)
        if not text:
            raise TextEmpty
        if len(text) > limit:
            raise TextTooLong(
                _("The message has %(length)d characters; at most %(limit)d are allowed. Shorten it and send again.")
                % {"length": len(text), "limit": limit}
            )
        return cls(text, about or About())


@dataclass(frozen=True)
class ReviewDraft:
    """Labels on one message: label to value from 0 to 1. Unanswered questions are absent."""

    labels: Mapping[str, float]

    @classmethod
    def of(cls, kind: Kind, labels: Mapping[str, float | None]) -> ReviewDraft:
        """Only labels this kind of review knows, the mandatory ones answered. Raises InvalidLabel, LabelMissing."""
        answered = {name: float(value) for name, value in labels.items() if value is not None}
        for name, value in answered.items():
            if name not in LABELS_OF_KIND[kind]:
                raise InvalidLabel(_("This review does not ask for the label %(label)s.") % {"label": name})
            if not 0 <= value <= 1:
                raise InvalidLabel(_("The label %(label)s takes values from 0 to 1.") % {"label": name})
        for name in MANDATORY_LABELS:
            if name not in answered:
                raise LabelMissing(_("Please answer the question about %(label)s.") % {"label": name})
        return cls(answered)


@dataclass(frozen=True)
class Remarks:
    """What a person says about replies beside their order."""

    unacceptable: Collection[UUID] = frozenset()
    why_not: NotRankable | None = None
    """Why they cannot be ranked."""
    comment: str = ""


@dataclass(frozen=True)
class RankingDraft:
    """One order of sibling replies: groups of message ids, best first; ids in one group are tied."""

    order: tuple[tuple[UUID, ...], ...]
    not_rankable: bool = False
    remarks: Remarks = Remarks()

    @classmethod
    def of(
        cls,
        order: Sequence[Sequence[UUID]],
        *,
        shown: Collection[UUID],
        not_rankable: bool = False,
        remarks: Remarks | None = None,
    ) -> RankingDraft:
        """Every shown reply exactly once. Raises InvalidRanking. Order means nothing inside a group: ids are sorted.

        Remarks about replies that are not shown are dropped, and why nothing can be ranked where everything is.
        """
        ranked = [item for group in order for item in group]
        if len(ranked) != len(set(ranked)) or set(ranked) != set(shown):
            raise InvalidRanking
        said = remarks or Remarks()
        kept = Remarks(
            unacceptable=frozenset(said.unacceptable) & frozenset(shown),
            why_not=said.why_not if not_rankable else None,
            comment=normalised(said.comment),
        )
        return cls(tuple(tuple(sorted(group)) for group in order if group), not_rankable, kept)


Draft = ReplyDraft | ReviewDraft | RankingDraft
