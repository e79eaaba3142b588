"""The form of a task that asks for a text."""

from __future__ import annotations

from django import forms

from oasst_web.forms.answers import AnswerForm
from tasks.drafts import ReplyDraft


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
