"""What the forms of the task pages share: each turns what was posted into a draft; the drafts know the rules."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.forms.utils import ErrorDict

from tasks.drafts import Draft
from tasks.rules import TreeRules
from tasks.work import Work


class AnswerForm(forms.Form):
    """What the three forms share: they know the work they answer."""

    template: str

    def __init__(self, data: Any = None, *, work: Work, rules: TreeRules, saved_at: datetime | None = None) -> None:
        super().__init__(data, label_suffix="")
        self.work = work
        self.rules = rules
        self.saved_at = saved_at
        """When it was kept as a draft. What is brought back and not yet sent is not complained about."""
        self.build()

    def full_clean(self) -> None:
        if self.saved_at is None:
            super().full_clean()
        else:
            self._errors, self.cleaned_data = ErrorDict(), {}

    def build(self) -> None:
        """Add the fields that depend on the work."""

    def draft(self) -> Draft:
        """The answer as a draft, once `is_valid()`. Raises the DomainErrors of the drafts."""
        raise NotImplementedError
