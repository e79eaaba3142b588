"""The forms by which moderators look for people and do something to them, and by which the log is searched."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Role, Status
from common.languages import LANGUAGES
from common.text import normalised
from moderation.auditing import ACTIONS, Asked
from moderation.dossier import Sought, as_id
from moderation.log import Grounds
from moderation.models import Action, Proposed
from moderation.reasons import AGAINST, REASONS, Reason

#: Days of a suspension that are one click away.
DAYS = (1, 3, 7, 30)


class _Form(forms.Form):
    """Several of them stand on one page, so each has names of its own for its boxes."""

    name = ""

    def __init__(self, data: Any = None, **more: Any) -> None:
        super().__init__(data, auto_id=f"{self.name}-%s", label_suffix="", **more)


def _day(label: Any) -> forms.DateField:
    """A day of the times in which this site can have been there."""
    return forms.DateField(
        required=False,
        label=label,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        validators=[MinValueValidator(date(2000, 1, 1)), MaxValueValidator(date(2999, 12, 31))],
    )


class SearchForm(_Form):
    """Whom to look for. What cannot be read does not narrow the list down."""

    name = "search"
    q = forms.CharField(
        required=False,
        max_length=200,
        label=_("Name, address, id or client"),
        widget=forms.TextInput(attrs={"type": "search", "dir": "auto", "autocomplete": "off"}),
    )
    role = forms.ChoiceField(required=False, label=_("Role"), choices=[("", _("Any")), *Role.choices])
    status = forms.ChoiceField(required=False, label=_("Account"), choices=[("", _("Any")), *Status.choices])
    lang = forms.ChoiceField(
        required=False,
        label=_("Language"),
        choices=[("", _("Any")), *((language.code, language.name) for language in LANGUAGES.values())],
    )

    @property
    def sought(self) -> Sought:
        self.is_valid()
        found = self.cleaned_data
        return Sought(
            words=found.get("q", ""),
            role=Role(found["role"]) if found.get("role") else None,
            status=Status(found["status"]) if found.get("status") else None,
            lang=found.get("lang", ""),
        )


class ReasonForm(_Form):
    """Why something is done: a reason, and words for other moderators."""

    reason = forms.ChoiceField(label=_("Reason"))
    why = forms.CharField(
        required=False,
        max_length=500,
        label=_("For other moderators"),
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"}),
    )

    def __init__(self, data: Any = None, **more: Any) -> None:
        super().__init__(data, **more)
        reason: Any = self.fields["reason"]
        reason.choices = [("", gettext("Choose one")), *((each.value, REASONS[each].name) for each in self.reasons)]

    @property
    def reasons(self) -> tuple[Reason, ...]:
        return AGAINST

    @property
    def grounds(self) -> Grounds:
        return Grounds(reason=self.cleaned_data["reason"], told=normalised(self.cleaned_data.get("told", "")).strip())

    @property
    def why_text(self) -> str:
        return str(self.cleaned_data["why"])


class GroundsForm(ReasonForm):
    """Why something is done to a person, with words for them."""

    told = forms.CharField(
        required=False,
        max_length=1000,
        label=_("What they are told"),
        widget=forms.Textarea(attrs={"rows": 2, "dir": "auto"}),
    )
    field_order: tuple[str, ...] = ("reason", "told", "why")


class WarnForm(GroundsForm):
    name = "warn"

    def __init__(self, data: Any = None, **more: Any) -> None:
        super().__init__(data, **more)
        self.fields["told"].required = True


class SuspendForm(GroundsForm):
    """For some days, or until a date."""

    name = "suspend"
    days = forms.ChoiceField(
        required=False,
        label=_("For how long"),
        initial=str(DAYS[0]),
    )
    until = _day(_("Last day, if not so many days"))
    field_order = ("days", "until", "reason", "told", "why")

    def __init__(self, data: Any = None, **more: Any) -> None:
        super().__init__(data, **more)
        days: Any = self.fields["days"]
        days.choices = [*((str(each), _days(each)) for each in DAYS), ("", gettext("Until a date"))]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors and not cleaned.get("days") and not cleaned.get("until"):
            self.add_error("until", gettext("Give the last day, or choose a number of days."))
        return cleaned

    def ends(self, now: datetime) -> datetime:
        """In UTC, as all times here; with a date, at the end of that day."""
        if self.cleaned_data["days"]:
            return now + timedelta(days=int(self.cleaned_data["days"]))
        return datetime.combine(self.cleaned_data["until"] + timedelta(days=1), time(), tzinfo=UTC)


def _days(days: int) -> str:
    return ngettext("%(days)d day", "%(days)d days", days) % {"days": days}


class BanForm(GroundsForm):
    name = "ban"


class UnbanForm(GroundsForm):
    """Why somebody may take part again."""

    name = "unban"

    @property
    def reasons(self) -> tuple[Reason, ...]:
        return (Reason.MISTAKE, Reason.HARMLESS, Reason.AUTHOR_ASKED, Reason.OTHER)


class NoteForm(_Form):
    name = "note"
    text = forms.CharField(max_length=4000, label=_("Note"), widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}))


class WhyForm(_Form):
    """What is done to an account and told to nobody but moderators."""

    why = forms.CharField(
        max_length=500, label=_("Why"), widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"})
    )


class NameForm(WhyForm):
    name = "name"
    display_name = forms.CharField(
        max_length=64, label=_("New name"), widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"})
    )
    field_order = ("display_name", "why")

    def clean_display_name(self) -> str:
        name = " ".join(normalised(self.cleaned_data["display_name"]).split())
        if not name:
            raise forms.ValidationError(gettext("Give a name."))
        return name


class RoleForm(WhyForm):
    name = "role"
    role = forms.ChoiceField(
        label=_("Role"), choices=[(role.value, role.label) for role in Role if role is not Role.ADMIN]
    )
    field_order = ("role", "why")


class SignOutForm(WhyForm):
    name = "sign_out"


class MergeForm(WhyForm):
    """Into which account. It was chosen, and looked at, on the page before."""

    name = "merge"
    into = forms.UUIDField(widget=forms.HiddenInput)


class PurgeForm(_Form):
    """What of a person is to go."""

    name = "purge"
    what = forms.ChoiceField(
        label=_("What is to go?"),
        choices=[
            ("ban", _("All they wrote, and the account is closed")),
            ("all", _("All they wrote; the account stays open")),
            ("messages", _("Their messages of a time; nothing else of them changes")),
        ],
        initial="ban",
        widget=forms.RadioSelect,
    )
    since = _day(_("From this day on"))
    until = _day(_("Up to and with this day"))
    prompts = forms.BooleanField(required=False, label=_("Prompts too; their trees go, or stop"))
    reason = forms.ChoiceField(label=_("Reason, as others whose messages are hidden are told"))
    why = forms.CharField(
        max_length=500,
        label=_("For other moderators"),
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"}),
    )

    def __init__(self, data: Any = None, **more: Any) -> None:
        super().__init__(data, **more)
        reason: Any = self.fields["reason"]
        listed = (*AGAINST, Reason.AUTHOR_ASKED)
        reason.choices = [("", gettext("Choose one")), *((each.value, REASONS[each].name) for each in listed)]

    @property
    def kind(self) -> Proposed:
        return Proposed.PURGE_MESSAGES if self.cleaned_data["what"] == "messages" else Proposed.PURGE_PERSON

    @property
    def arguments(self) -> dict[str, Any]:
        if self.kind is Proposed.PURGE_PERSON:
            return {"ban": self.cleaned_data["what"] == "ban"}
        since, until = self.cleaned_data["since"], self.cleaned_data["until"]
        return {
            "prompts": self.cleaned_data["prompts"],
            "since": _begin(since).isoformat() if since else None,
            # Both ends are included: the last moment of the last day.
            "until": (_begin(until + timedelta(days=1)) - timedelta(microseconds=1)).isoformat() if until else None,
        }


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)


class RefuseForm(_Form):
    name = "refuse"
    answer = forms.CharField(
        max_length=500, label=_("Why not"), widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"})
    )


class AuditForm(_Form):
    """Which lines of the log. What cannot be read is said, and narrows nothing down."""

    name = "audit"
    person = forms.CharField(
        required=False,
        max_length=200,
        label=_("Person, who did it or whom it concerns"),
        widget=forms.TextInput(attrs={"type": "search", "dir": "auto", "autocomplete": "off"}),
    )
    action = forms.ChoiceField(required=False, label=_("What was done"))
    since = _day(_("From"))
    until = _day(_("To"))
    about = forms.UUIDField(
        required=False, label=_("Id of a message or tree"), widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    batch = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, **more: Any) -> None:
        super().__init__(data, **more)
        action: Any = self.fields["action"]
        named = sorted(((each.value, str(name)) for each, name in ACTIONS.items()), key=lambda pair: pair[1])
        action.choices = [("", gettext("Anything")), *named]

    @property
    def person_words(self) -> str:
        return str(self.cleaned_data.get("person", ""))

    def asked(self, people: list[UUID] | None) -> Asked:
        found = self.cleaned_data
        until = found.get("until")
        return Asked(
            people=people,
            action=Action(found["action"]) if found.get("action") else None,
            since=_begin(found["since"]) if found.get("since") else None,
            until=_begin(until + timedelta(days=1)) if until else None,
            about=found.get("about"),
            batch=found.get("batch"),
        )

    @property
    def person_id(self) -> UUID | None:
        return as_id(self.person_words)
