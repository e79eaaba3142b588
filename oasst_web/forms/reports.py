"""The form by which a reader reports a message."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tasks.kinds import LABELS, REPORT_LABELS


class ReportForm(forms.Form):
    """What is wrong, as ticks and in the reader's own words; one of the two is needed."""

    labels = forms.MultipleChoiceField(
        required=False,
        label=_("What is wrong with it?"),
        choices=[(name, LABELS[name].question) for name in REPORT_LABELS],
        widget=forms.CheckboxSelectMultiple,
    )
    text = forms.CharField(
        required=False,
        max_length=4000,
        label=_("In your own words"),
        widget=forms.Textarea(attrs={"rows": 4, "dir": "auto"}),
    )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors and not cleaned.get("labels") and not cleaned.get("text", "").strip():
            raise forms.ValidationError(_("Tick what is wrong, or describe it in a sentence."))
        return cleaned
