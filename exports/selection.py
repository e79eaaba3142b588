"""Which trees and messages go into a file, and the names of the reasons why others stay out."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from accounts.models import Consent, Profile
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
    limit: int | None = None
    """Trees, or messages where single ones are asked for."""

    @property
    def single(self) -> bool:
        """It asks for messages that don't make up trees."""
        return self.person is not None or Which.ONLY in (self.deleted, self.spam, self.synthetic)

    def trees(self) -> Any:
        """Trees in an order that never changes."""
        found = Tree.objects.order_by("created_at", "id")
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

    def unwilling(self) -> Any:
        """The people who gave their work for less than this. Who never said anything gave it for everything: that is
        what the terms say."""
        consents = list(Consent)
        narrower = consents[consents.index(self.use) + 1 :]
        return Profile.objects.filter(consent__in=narrower).values("person")

    def leaves_out(self, message: Message, *, unwilling: Collection[UUID]) -> LeftOut | None:
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
        other_sort = (
            (self.deleted is Which.ONLY and not message.deleted)
            or (self.spam is Which.ONLY and message.review_result is not False)
            or (self.synthetic is Which.ONLY and not message.synthetic)
            or (self.person is not None and message.author_id != self.person)
            or (self.prompts_only and message.parent_id is not None)
        )
        return LeftOut.OTHERS if other_sort else None
