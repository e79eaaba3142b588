"""The forms of the task pages. Each reads what was posted and turns it into a draft; the drafts know the rules."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from tasks.drafts import Draft, RankingDraft, ReplyDraft, ReviewDraft
from tasks.kinds import MANDATORY_LABELS, SKIP_REASONS, Deed, Label, SkipReason, Widget
from tasks.models import Message
from tasks.rules import TreeRules
from tasks.work import Work

SCALE = ("0", "0.25", "0.5", "0.75", "1")
"""The five steps of a scale, as posted."""


class AnswerForm(forms.Form):
    """What the three forms share: they know the work they answer."""

    template: str

    def __init__(self, data: Any = None, *, work: Work, rules: TreeRules) -> None:
        super().__init__(data, label_suffix="")
        self.work = work
        self.rules = rules
        self.build()

    def build(self) -> None:
        """Add the fields that depend on the work."""

    def draft(self) -> Draft:
        """The answer as a draft, once `is_valid()`. Raises the DomainErrors of the drafts."""
        raise NotImplementedError


class WriteForm(AnswerForm):
    """One text. Emptiness and length are refused by the draft, so that the API refuses them in the same words."""

    template = "work/_write.html"

    text = forms.CharField(required=False, strip=False, widget=forms.Textarea(attrs={"rows": 8, "dir": "auto"}))

    @property
    def limit(self) -> int:
        """Characters allowed."""
        return self.rules.message_size_limit

    def draft(self) -> ReplyDraft:
        return ReplyDraft.of(self.cleaned_data["text"], limit=self.limit)


@dataclass(frozen=True)
class Step:
    """One radio button."""

    value: str
    text: Any
    spoken: Any
    chosen: bool


@dataclass(frozen=True)
class Question:
    """One question of a review, as the template shows it."""

    name: str
    field: str
    label: Label
    required: bool
    steps: Sequence[Step]
    problem: str


class ReviewForm(AnswerForm):
    """Yes/no questions, flags and scales. What nobody answered is absent from the draft, never 0."""

    template = "work/_review.html"

    flags = forms.MultipleChoiceField(required=False)
    no_flags = forms.BooleanField(required=False)

    def build(self) -> None:
        self.flags_asked = [(name, label) for name, label in self.work.labels if label.widget is Widget.FLAG]
        self.fields["flags"].choices = [(name, label.question) for name, label in self.flags_asked]  # type: ignore[attr-defined]
        for name, label in self.work.labels:
            if label.widget is Widget.FLAG:
                continue
            steps = SCALE if label.widget is Widget.LIKERT else ("0", "1")
            self.fields[f"label-{name}"] = forms.ChoiceField(
                required=name in MANDATORY_LABELS,
                choices=[("", "")] + [(step, step) for step in steps],
                label=str(label.question),
                error_messages={"required": _("Please answer this question; the others are up to you.")},
            )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("flags") and cleaned.get("no_flags"):
            self.add_error("flags", _("You ticked “None of these” and something else. Keep one of the two."))
        return cleaned

    def draft(self) -> ReviewDraft:
        labels: dict[str, float | None] = {}
        for name, label in self.work.labels:
            if label.widget is not Widget.FLAG:
                value = self.cleaned_data.get(f"label-{name}") or None
                labels[name] = None if value is None else float(value)
        ticked = self.cleaned_data.get("flags") or []
        if ticked or self.cleaned_data.get("no_flags"):
            # Whoever ticks one box, or "none of these", has looked at them all.
            labels.update({name: float(name in ticked) for name, _label in self.flags_asked})
        return ReviewDraft.of(self.work.kind, labels)

    def questions(self, widget: Widget) -> list[Question]:
        return [self._question(name, label) for name, label in self.work.labels if label.widget is widget]

    @property
    def yes_no(self) -> list[Question]:
        return self.questions(Widget.YES_NO)

    @property
    def scales(self) -> list[Question]:
        return self.questions(Widget.LIKERT)

    @property
    def ticked_flags(self) -> list[tuple[str, Label, bool]]:
        ticked = self.data.getlist("flags") if self.is_bound else []  # type: ignore[attr-defined]
        return [(name, label, name in ticked) for name, label in self.flags_asked]

    def _question(self, name: str, label: Label) -> Question:
        field = f"label-{name}"
        chosen = self.data.get(field) or "" if self.is_bound else ""
        required = name in MANDATORY_LABELS
        steps: list[Step] = []
        if label.widget is Widget.YES_NO:
            steps = [Step("1", _("Yes"), "", chosen == "1"), Step("0", _("No"), "", chosen == "0")]
        else:
            ends = {SCALE[0]: label.low, SCALE[-1]: label.high}
            steps = [
                Step(value, place, ends.get(value) or "", chosen == value) for place, value in enumerate(SCALE, start=1)
            ]
        if not required:
            steps.append(Step("", _("No answer"), "", chosen == ""))
        problem = " ".join(str(error) for error in self.errors.get(field, [])) if self.is_bound else ""
        return Question(name, field, label, required, steps, problem)


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


FORMS: dict[Deed, type[AnswerForm]] = {Deed.WRITE: WriteForm, Deed.REVIEW: ReviewForm, Deed.RANK: RankForm}


def answer_form(work: Work, *, rules: TreeRules, data: Any = None) -> AnswerForm:
    """The form for this kind of work."""
    return FORMS[work.row.deed](data, work=work, rules=rules)


class SkipForm(forms.Form):
    """Why a person declines a task; nothing of it is required."""

    reason = forms.ChoiceField(
        required=False,
        label=_("Why?"),
        choices=[("", _("I would rather not say")), *((reason.value, text) for reason, text in SKIP_REASONS.items())],
    )
    text = forms.CharField(
        required=False,
        label=_("In your own words, if you like"),
        widget=forms.Textarea(attrs={"rows": 2, "dir": "auto"}),
    )

    @property
    def reason_given(self) -> SkipReason | None:
        reason = self.cleaned_data.get("reason")
        return SkipReason(reason) if reason else None
