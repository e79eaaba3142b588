"""The form of a task that asks for a text, and the one that corrects a text just sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from common.text import normalised
from oasst_web.forms.answers import AnswerForm
from tasks.drafts import About, ReplyDraft
from tasks.kinds import Kind
from tasks.models import Message
from tasks.rules import TreeRules
from tasks.topics import TOPICS, Difficulty, Topic

if TYPE_CHECKING:
    from oasst_web.pages.writing import Hints


class TextForm(forms.Form):
    """One text. Emptiness and length are refused by the use case, so that the API refuses them in the same words."""

    rules: TreeRules
    seen: bool = False
    """Somebody asked how it looks."""
    hints: Hints | None = None

    text = forms.CharField(required=False, strip=False, widget=forms.Textarea(attrs={"rows": 8, "dir": "auto"}))
    # Counted, not typed: an odd count must not come back as an error.
    pasted = forms.CharField(required=False, widget=forms.HiddenInput)

    @property
    def limit(self) -> int:
        """Characters allowed."""
        return self.rules.message_size_limit

    @property
    def typed(self) -> str:
        """The text so far, sent or not."""
        return str(self.data.get("text") or "")

    @property
    def shown(self) -> str:
        """What a preview shows of it: what is too long cannot be sent anyway."""
        return normalised(self.typed)[: self.limit]

    @property
    def pasted_share(self) -> float | None:
        """Of the text, how much was pasted; None where no script counted. A page can say what it likes, so whatever is
        no count is none, and more than all is all."""
        said = str(self.data.get("pasted") or "")
        length = len(normalised(self.typed))
        if not (said.isascii() and said.isdigit() and len(said) < 10) or not length:
            return None
        return min(int(said), length) / length

    def look(self, hints: Hints) -> None:
        """Show the text as readers will see it, and what is to be said of it."""
        self.seen, self.hints = True, hints


class WriteForm(TextForm, AnswerForm):
    """A prompt or a reply."""

    template = "work/_write.html"

    topic = forms.ChoiceField(
        required=False,
        label=_("What is it about?"),
        choices=[("", _("I leave that open")), *((topic.value, name) for topic, name in TOPICS.items())],
    )
    difficulty = forms.TypedChoiceField(
        required=False,
        label=_("Who could answer it well?"),
        choices=[("", _("I leave that open")), *Difficulty.choices],
        coerce=int,
        empty_value=None,
    )

    def build(self) -> None:
        if self.work.kind is not Kind.INITIAL_PROMPT:
            del self.fields["topic"], self.fields["difficulty"]

    def draft(self) -> ReplyDraft:
        topic, difficulty = self.cleaned_data.get("topic"), self.cleaned_data.get("difficulty")
        about = About(
            pasted_share=self.pasted_share,
            topic=Topic(topic) if topic else None,
            difficulty=Difficulty(difficulty) if difficulty else None,
        )
        return ReplyDraft.of(self.cleaned_data["text"], limit=self.limit, about=about)


class CorrectForm(TextForm):
    """The text of a message just sent, to be corrected."""

    def __init__(self, data: Any = None, *, message: Message, rules: TreeRules) -> None:
        super().__init__(data, initial={"text": message.text})
        self.message, self.rules = message, rules

    @property
    def typed(self) -> str:
        return super().typed if self.is_bound else self.message.text
