"""The forms by which moderators look for trees, and stop them or let them go on."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from common.languages import LANGUAGES
from moderation.reasons import Reason
from oasst_web.forms.people import ReasonForm, WhyForm
from tasks.fates import STATES
from tasks.tree_states import ACTIVE, State

#: What a tree is in when somebody should do something for it.
GOING_ON = (*sorted(ACTIVE), State.SCORING_FAILED)


class TreesForm(forms.Form):
    """Which trees are shown. What cannot be read does not narrow the list down."""

    id = forms.UUIDField(
        required=False,
        label=_("Id of a tree or message"),
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off", "spellcheck": "false"}),
    )
    lang = forms.ChoiceField(
        required=False,
        label=_("Language"),
        choices=[("", _("Any")), *((language.code, language.name) for language in LANGUAGES.values())],
    )
    state = forms.ChoiceField(
        required=False,
        label=_("State"),
        choices=[("", _("In work")), ("any", _("Any")), *((state.value, name) for state, name in STATES.items())],
    )
    stuck = forms.BooleanField(required=False, label=_("Only stuck ones"))

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, auto_id="trees-%s", label_suffix="")
        self.is_valid()
        self.asked: dict[str, Any] = getattr(self, "cleaned_data", {})

    @property
    def states(self) -> tuple[State, ...]:
        """None of them: any."""
        asked = self.asked.get("state", "")
        if asked == "any" or self.asked.get("id"):
            return ()
        return (State(asked),) if asked else GOING_ON


class HaltForm(ReasonForm):
    """Why a tree is stopped."""

    name = "halt"


class ResumeForm(ReasonForm):
    """Why a tree goes on."""

    name = "resume"

    @property
    def reasons(self) -> tuple[Reason, ...]:
        return (Reason.MISTAKE, Reason.HARMLESS, Reason.OTHER)


class RetryForm(WhyForm):
    name = "retry"
