"""Which trees and messages go into a file, and the names of the reasons why others stay out."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from accounts.models import Consent, Profile
from exports.leakage import Grams
from exports.schema import LabelMean
from tasks.models import Message, Tree
from tasks.tree_states import State


class Which(StrEnum):
    """What to do with messages of a sort."""

    WITHOUT = "without"
    WITH = "with"
    ONLY = "only"


class LeftOut(StrEnum):
    """Why something is not in the file. The values are the keys of the report."""

    OTHER_TREES = "trees_not_selected"
    """Trees of other states, languages, people or times."""
    SYNTHETIC_TREES = "trees_with_synthetic_messages"
    WITHOUT_PROMPT = "trees_without_prompt"
    """The prompt itself was left out, so nothing has a place to hang."""
    DELETED = "deleted"
    REJECTED = "rejected"
    UNREVIEWED = "unreviewed"
    SYNTHETIC = "synthetic"
    NOT_GIVEN_FOR_THIS = "not_given_for_this"
    """By people who gave what they write for less than the file is made for."""
    BELOW_THRESHOLD = "outside_thresholds"
    """A label whose mean is not as asked for, or that nobody gave."""
    FOUND = "with_findings"
    """Screening found something in them, and no moderator has overruled it."""
    LEAKED = "in_a_benchmark"
    OTHERS = "not_of_the_kind_asked_for"
    """By an option that asks for one sort of messages only."""
    ORPHANED = "orphaned"
    """Fit in themselves, but below a message that was left out."""


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Defaults are Open-Assistant's: finished trees of accepted human messages."""

    states: frozenset[State] | None = frozenset({State.READY_FOR_EXPORT})
    """None: every state."""
    langs: frozenset[str] = frozenset()
    """Languages of the prompt; empty: all."""
    deleted: Which = Which.WITHOUT
    spam: Which = Which.WITHOUT
    """Messages that were rejected or not decided; `only` means the rejected ones."""
    synthetic: Which = Which.WITHOUT
    """In trees the whole tree goes with them."""
    prompts_only: bool = False
    person: UUID | None = None
    use: Consent = Consent.DATASET
    """What the file is for. The wider the use, the fewer people gave their work for it."""
    since: datetime | None = None
    until: datetime | None = None
    """Trees whose prompt was written from `since` on and before `until`."""
    at_least: Mapping[str, float] = field(default_factory=dict)
    """Label → what its mean must reach, 0 to 1. A message nobody gave the label stays out."""
    at_most: Mapping[str, float] = field(default_factory=dict)
    """Label → what its mean must not exceed; likewise."""
    without_findings: frozenset[str] = frozenset()
    """Concerns of screening: messages with an open finding of one of these stay out."""
    grams: Grams = field(default_factory=Grams)
    """Word sequences that no message may have."""
    ids_from: UUID | None = None
    ids_below: UUID | None = None
    """Trees with ids in this range."""
    limit: int | None = None
    """Trees, or messages where single ones are asked for."""

    @property
    def single(self) -> bool:
        """It asks for messages that don't make up trees."""
        return self.person is not None or Which.ONLY in (self.deleted, self.spam, self.synthetic)

    def trees(self) -> Any:
        """Trees in an order that never changes."""
        found = self.in_range().order_by("created_at", "id")
        if self.states is not None:
            found = found.in_state(*self.states)
        if self.langs:
            found = found.filter(lang__in=self.langs)
        if self.since:
            found = found.filter(created_at__gte=self.since)
        if self.until:
            found = found.filter(created_at__lt=self.until)
        if self.person:
            found = found.filter(pk__in=Message.objects.filter(author=self.person).values("tree"))
        return found

    def in_range(self) -> Any:
        """All trees of the range that is looked at."""
        found = Tree.objects.all()
        if self.ids_from:
            found = found.filter(pk__gte=self.ids_from)
        return found.filter(pk__lt=self.ids_below) if self.ids_below else found

    def unwilling(self) -> Any:
        """The people who gave their work for less than this. Who never said anything gave it for everything: that is
        what the terms say."""
        consents = list(Consent)
        narrower = consents[consents.index(self.use) + 1 :]
        return Profile.objects.filter(consent__in=narrower).values("person")

    def leaves_out(
        self,
        message: Message,
        *,
        unwilling: Collection[UUID],
        found: Collection[UUID] = (),
        labels: Mapping[str, LabelMean] | None = None,
    ) -> LeftOut | None:
        """Why this message is not wanted; None when it is."""
        if message.author_id in unwilling:
            return LeftOut.NOT_GIVEN_FOR_THIS
        if message.deleted and self.deleted is Which.WITHOUT:
            return LeftOut.DELETED
        if message.review_result is False and self.spam is Which.WITHOUT:
            return LeftOut.REJECTED
        if message.review_result is None and self.spam is Which.WITHOUT:
            return LeftOut.UNREVIEWED
        if message.synthetic and self.synthetic is Which.WITHOUT:
            return LeftOut.SYNTHETIC
        if not self._within_thresholds(labels or {}):
            return LeftOut.BELOW_THRESHOLD
        if message.pk in found:
            return LeftOut.FOUND
        if self.grams and self.grams.share(message.text):
            return LeftOut.LEAKED
        other_sort = (
            (self.deleted is Which.ONLY and not message.deleted)
            or (self.spam is Which.ONLY and message.review_result is not False)
            or (self.synthetic is Which.ONLY and not message.synthetic)
            or (self.person is not None and message.author_id != self.person)
            or (self.prompts_only and message.parent_id is not None)
        )
        return LeftOut.OTHERS if other_sort else None

    @property
    def thresholds(self) -> bool:
        return bool(self.at_least or self.at_most)

    def _within_thresholds(self, labels: Mapping[str, LabelMean]) -> bool:
        def mean(name: str) -> float | None:
            return labels[name].value if name in labels else None

        enough = all((value := mean(name)) is not None and value >= least for name, least in self.at_least.items())
        return enough and all(
            (value := mean(name)) is not None and value <= most for name, most in self.at_most.items()
        )
