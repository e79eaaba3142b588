"""The form of a review: yes/no questions, flags, scales."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from oasst_web.forms.answers import AnswerForm
from tasks.drafts import ReviewDraft
from tasks.kinds import LABELS, MANDATORY_LABELS, Label, Widget

SCALE = ("0", "0.25", "0.5", "0.75", "1")
"""The five steps of a scale, as posted."""


#: The keys that answer a question in focus. The first letters of the English words, in every language.
YES_KEY, NO_KEY, NO_ANSWER_KEY = "y", "n", "0"


@dataclass(frozen=True)
class Step:
    """One radio button."""

    value: str
    text: Any
    meaning: Any
    """What a point of a scale says of the message."""
    key: str
    chosen: bool


@dataclass(frozen=True)
class Question:
    """One question of a review, as the template shows it."""

    name: str
    field: str
    label: Label
    required: bool
    steps: Sequence[Step]
    """The answers one can give; for a question that may be left open, the last of them gives none."""
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

    @classmethod
    def fields_of(cls, draft: ReviewDraft) -> list[tuple[str, str]]:
        """The pairs of field and value that the page would post to say this."""
        pairs, flags = [], []
        for name, value in draft.labels.items():
            if LABELS[name].widget is Widget.FLAG:
                flags.append((name, value))
            else:
                pairs.append((f"label-{name}", f"{value:g}"))
        ticked = [("flags", name) for name, value in flags if value]
        if flags and not ticked:
            ticked = [("no_flags", "on")]
        return pairs + ticked

    @property
    def asked(self) -> int:
        """How many questions there are; all flags together are one."""
        return len(self.yes_no) + bool(self.flags_asked) + len(self.scales)

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
        if label.widget is Widget.YES_NO:
            steps = [
                Step("1", _("Yes"), "", YES_KEY, chosen == "1"),
                Step("0", _("No"), "", NO_KEY, chosen == "0"),
            ]
        else:
            steps = [
                Step(value, place, meaning, str(place), chosen == value)
                for place, (value, meaning) in enumerate(zip(SCALE, label.points, strict=True), start=1)
            ]
        if not required:
            steps.append(Step("", _("No answer"), "", NO_ANSWER_KEY, chosen == ""))
        problem = " ".join(str(error) for error in self.errors.get(field, [])) if self.is_bound else ""
        return Question(name, field, label, required, steps, problem)
