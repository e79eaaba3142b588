"""The forms of the moderators' queue."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from common.languages import LANGUAGES
from moderation.decisions import IN_BULK, Decision, Ruling
from moderation.querysets import Wanted
from moderation.reasons import AGAINST, REASONS, Reason
from moderation.severity import SOURCES, Severity, Source

#: Days of a suspension that are offered.
DAYS = (1, 3, 7, 30)
#: Hours something waits already.
HOURS = (1, 24, 72, 168)

#: What speaks for a message; a decision that takes nothing away gets one of these, whatever was chosen for the others.
_KEEPING = {Decision.KEEP: Reason.HARMLESS, Decision.UNDELETE: Reason.MISTAKE, Decision.RESUME: Reason.MISTAKE}

_REASONS = [(reason.value, REASONS[reason].name) for reason in Reason]


class FilterForm(forms.Form):
    """Which items of the queue are shown. An address with nonsense shows all."""

    lang = forms.ChoiceField(required=False, label=_("Language"))
    source = forms.ChoiceField(
        required=False, label=_("Kind"), choices=[("", _("Any")), *((each.value, SOURCES[each]) for each in Source)]
    )
    severity = forms.TypedChoiceField(
        required=False,
        label=_("At least"),
        coerce=int,
        empty_value=None,
        choices=[("", _("Any")), *((each.value, each.label) for each in reversed(Severity))],
    )
    hours = forms.TypedChoiceField(
        required=False,
        label=_("Waiting for"),
        coerce=int,
        empty_value=None,
        choices=[
            ("", _("Any time")),
            (1, _("An hour or longer")),
            (24, _("A day or longer")),
            (72, _("Three days or longer")),
            (168, _("A week or longer")),
        ],
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, auto_id="filter-%s", label_suffix="")
        lang: Any = self.fields["lang"]
        lang.choices = [("", _("Any")), *((code, each.name) for code, each in LANGUAGES.items())]

    def wanted(self, now: datetime) -> Wanted:
        """What is asked for; what cannot be read is not."""
        self.is_valid()
        asked = getattr(self, "cleaned_data", {})
        hours, severity = asked.get("hours"), asked.get("severity")
        return Wanted(
            langs=[asked["lang"]] if asked.get("lang") else (),
            source=Source(asked["source"]) if asked.get("source") else None,
            severity=Severity(severity) if severity else None,
            since=now - timedelta(hours=hours) if hours else None,
        )


class DecideForm(forms.Form):
    """What a moderator decides. Each decision is a button of its own, so one key is enough."""

    decision = forms.ChoiceField(choices=[(each.value, each.value) for each in Decision])
    reason = forms.ChoiceField(label=_("Reason"), choices=_REASONS)
    why = forms.CharField(
        required=False,
        max_length=500,
        label=_("For other moderators"),
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"}),
    )
    told = forms.CharField(
        required=False,
        max_length=1000,
        label=_("For its author"),
        widget=forms.Textarea(attrs={"rows": 2, "dir": "auto"}),
    )
    text = forms.CharField(
        required=False, label=_("The text"), strip=False, widget=forms.Textarea(attrs={"rows": 8, "dir": "auto"})
    )
    days = forms.TypedChoiceField(
        required=False,
        label=_("Days"),
        coerce=int,
        empty_value=None,
        choices=[(days, days) for days in DAYS],
        initial=7,
    )
    go_on = forms.BooleanField(required=False, label=_("Take the next one by itself"))

    def __init__(self, data: Any = None, **more: Any) -> None:
        super().__init__(data, auto_id="decide-%s", label_suffix="", **more)

    def ruling(self, now: datetime) -> Ruling:
        """Of valid data."""
        said = self.cleaned_data
        decision, reason = Decision(said["decision"]), Reason(said["reason"])
        if reason in AGAINST and decision in _KEEPING:
            reason = _KEEPING[decision]
        return Ruling(
            decision=decision,
            reason=reason,
            why=said["why"],
            told=said["told"],
            text=said["text"],
            until=now + timedelta(days=said["days"] or DAYS[2]),
        )


class AppealForm(forms.Form):
    """How an appeal ends."""

    answer = forms.CharField(
        max_length=1000, label=_("Your answer to them"), widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"})
    )
    why = forms.CharField(
        required=False,
        max_length=500,
        label=_("For other moderators"),
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"}),
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, auto_id="appeal-%s", label_suffix="")


class BulkForm(forms.Form):
    """The same decision about many items."""

    items = forms.TypedMultipleChoiceField(coerce=UUID)
    decision = forms.ChoiceField(
        label=_("Decide"),
        choices=[
            (Decision.KEEP.value, _("Keep them")),
            (Decision.DELETE.value, _("Delete them, with what is below")),
            (Decision.UNDELETE.value, _("Bring them back")),
        ],
    )
    reason = forms.ChoiceField(label=_("Reason"), choices=_REASONS)
    why = forms.CharField(
        required=False,
        max_length=500,
        label=_("For other moderators"),
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"}),
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, auto_id="bulk-%s", label_suffix="")
        chosen: Any = self.fields["items"]
        given = data.getlist("items") if data is not None else []
        chosen.choices = [(each, each) for each in given]

    def ruling(self, batch: UUID) -> Ruling:
        """Of valid data."""
        decision, reason = Decision(self.cleaned_data["decision"]), Reason(self.cleaned_data["reason"])
        assert decision in IN_BULK
        if reason in AGAINST and decision in _KEEPING:
            reason = _KEEPING[decision]
        return Ruling(decision=decision, reason=reason, why=self.cleaned_data["why"], batch=batch)


class LimitForm(forms.Form):
    """How much harm a moderator wants to see in a day."""

    limit = forms.IntegerField(required=False, min_value=0, max_value=1000, label=_("Harmful items a day at most"))

    def __init__(self, data: Any = None, **more: Any) -> None:
        super().__init__(data, auto_id="limit-%s", label_suffix="", **more)
