"""What the forms of the task pages share: each turns what was posted into a draft; the drafts know the rules."""

from __future__ import annotations

from typing import Any

from django import forms

from tasks.drafts import Draft
from tasks.rules import TreeRules
from tasks.work import Work


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
