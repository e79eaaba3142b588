"""The form of a ranking: a place for each reply."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from oasst_web.forms.answers import AnswerForm
from tasks.drafts import RankingDraft
from tasks.models import Message


@dataclass(frozen=True)
class Place:
    """One reply to rank with the place it was given so far."""

    message: Message
    letter: str
    """What the page calls it: A, B, C … in the order shown."""
    field: str
    place: str


class RankForm(AnswerForm):
    """A place for each reply; replies on the same place are tied."""

    template = "work/_rank.html"

    not_rankable = forms.BooleanField(required=False)

    def build(self) -> None:
        self.numbers = [str(number) for number in range(1, len(self.work.replies) + 1)]
        for reply in self.work.replies:
            self.fields[f"place-{reply.pk}"] = forms.ChoiceField(
                choices=[("", "")] + [(number, number) for number in self.numbers],
                error_messages={"required": _("Give this reply a place.")},
            )

    @property
    def places(self) -> list[Place]:
        """The replies under their letters. Blind: the order shown says nothing about who wrote what."""
        found = []
        for at, reply in enumerate(self.work.replies):
            field = f"place-{reply.pk}"
            found.append(
                Place(reply, chr(ord("A") + at % 26), field, self.data.get(field) or "" if self.is_bound else "")
            )
        return found

    @property
    def incomplete(self) -> bool:
        return self.is_bound and any(name.startswith("place-") for name in self.errors)

    def clean(self) -> dict[str, Any]:
        """Replies that cannot be ranked need no places: they all share the first."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("not_rankable"):
            for reply in self.work.replies:
                field = f"place-{reply.pk}"
                self.errors.pop(field, None)
                cleaned.setdefault(field, "1")
        return cleaned

    def draft(self) -> RankingDraft:
        groups: dict[int, list[UUID]] = defaultdict(list)
        for reply in self.work.replies:
            groups[int(self.cleaned_data[f"place-{reply.pk}"])].append(reply.pk)
        order = [groups[place] for place in sorted(groups)]
        shown = [reply.pk for reply in self.work.replies]
        return RankingDraft.of(order, shown=shown, not_rankable=bool(self.cleaned_data.get("not_rankable")))
