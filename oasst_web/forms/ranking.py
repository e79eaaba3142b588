"""The form of a ranking: a place for each reply, and what is to be said of them beside their order."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from oasst_web.forms.answers import AnswerForm
from tasks.drafts import RankingDraft, Remarks
from tasks.kinds import NOT_RANKABLE, NotRankable
from tasks.models import Message

#: Characters of a comment; more than anybody needs, and no more than a message may have.
COMMENT_LIMIT = 2000


@dataclass(frozen=True)
class Place:
    """One reply to rank with what was said of it so far."""

    message: Message
    letter: str
    """What the page calls it: A, B, C … in the order shown."""
    field: str
    place: str
    unacceptable: bool


class RankForm(AnswerForm):
    """A place for each reply; replies on the same place are tied."""

    template = "work/_rank.html"

    not_rankable = forms.BooleanField(required=False)
    why_not = forms.ChoiceField(
        required=False,
        choices=[("", _("I would rather not say")), *((why.value, text) for why, text in NOT_RANKABLE.items())],
    )
    comment = forms.CharField(
        required=False,
        max_length=COMMENT_LIMIT,
        label=_("A comment, if you like"),
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
    )
    unacceptable = forms.MultipleChoiceField(required=False)

    def build(self) -> None:
        self.numbers = [str(number) for number in range(1, len(self.work.replies) + 1)]
        self.fields["unacceptable"].choices = [(str(reply.pk), "") for reply in self.work.replies]  # type: ignore[attr-defined]
        for reply in self.work.replies:
            self.fields[f"place-{reply.pk}"] = forms.ChoiceField(
                choices=[("", "")] + [(number, number) for number in self.numbers],
                error_messages={"required": _("Give this reply a place.")},
            )

    @property
    def places(self) -> list[Place]:
        """The replies under their letters. Blind: the order shown says nothing about who wrote what."""
        marked = set(self.data.getlist("unacceptable")) if self.is_bound else set()  # type: ignore[attr-defined]
        return [
            Place(
                message=reply,
                letter=chr(ord("A") + at % 26),
                field=f"place-{reply.pk}",
                place=self.data.get(f"place-{reply.pk}") or "" if self.is_bound else "",
                unacceptable=str(reply.pk) in marked,
            )
            for at, reply in enumerate(self.work.replies)
        ]

    @property
    def columns(self) -> int:
        """How many replies a wide screen shows beside each other: four are easier to compare in two rows of two."""
        return 2 if len(self.work.replies) in (2, 4) else 3

    @property
    def reasons(self) -> list[tuple[str, Any, bool]]:
        """Why nothing can be ranked: value, words, and whether it was chosen."""
        chosen = self.data.get("why_not") or "" if self.is_bound else ""
        choices = self.fields["why_not"].choices  # type: ignore[attr-defined]
        return [(value, text, value == chosen) for value, text in choices]

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
        said = self.cleaned_data
        groups: dict[int, list[UUID]] = defaultdict(list)
        for reply in self.work.replies:
            groups[int(said[f"place-{reply.pk}"])].append(reply.pk)
        remarks = Remarks(
            unacceptable=frozenset(UUID(pk) for pk in said.get("unacceptable") or ()),
            why_not=NotRankable(said["why_not"]) if said.get("why_not") else None,
            comment=said.get("comment") or "",
        )
        return RankingDraft.of(
            [groups[place] for place in sorted(groups)],
            shown=[reply.pk for reply in self.work.replies],
            not_rankable=bool(said.get("not_rankable")),
            remarks=remarks,
        )

    @classmethod
    def fields_of(cls, draft: RankingDraft) -> list[tuple[str, str]]:
        """The pairs of field and value that the page would post to say this."""
        # Whoever found nothing to rank gave no places; all of them were put on one.
        order = () if draft.not_rankable and len(draft.order) == 1 else draft.order
        pairs = [(f"place-{reply}", str(place)) for place, group in enumerate(order, start=1) for reply in group]
        pairs += [("unacceptable", str(reply)) for reply in sorted(draft.remarks.unacceptable)]
        if draft.not_rankable:
            pairs.append(("not_rankable", "on"))
        if draft.remarks.why_not:
            pairs.append(("why_not", draft.remarks.why_not.value))
        if draft.remarks.comment:
            pairs.append(("comment", draft.remarks.comment))
        return pairs
