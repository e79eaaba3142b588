"""The forms of the account pages: what a person tells about themselves, allows, and wants."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.models import Consent, Mail, Profile, User
from common.languages import LANGUAGES
from common.text import normalised
from tasks.topics import TOPICS

#: What has to be typed before an account is deleted; a word, so that no slip of a finger does it.
WORD_TO_LEAVE = pgettext_lazy("typed to confirm that an account is deleted", "delete")


class ProfileForm(forms.Form):
    """Who the person is here, what they work in and know, and what they want from the site."""

    display_name = forms.CharField(
        max_length=64,
        label=_("Your name here"),
        help_text=_("Others see it on boards. It need not be your real name."),
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "nickname"}),
    )
    show_on_leaderboard = forms.BooleanField(required=False, label=_("Show me on the boards"))
    languages = forms.MultipleChoiceField(
        label=_("Languages I work in"),
        choices=[(language.code, language.name) for language in LANGUAGES.values()],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one language to work in.")},
    )
    topics = forms.MultipleChoiceField(
        required=False,
        label=_("Topics I know about"),
        choices=[(topic.value, name) for topic, name in TOPICS.items()],
        widget=forms.CheckboxSelectMultiple,
    )
    interface_lang = forms.ChoiceField(required=False, label=_("Language of these pages"))
    daily_goal = forms.IntegerField(
        min_value=0,
        max_value=100,
        label=_("My goal: answers a day"),
        help_text=_("0 if you want none."),
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
    mail = forms.ChoiceField(label=_("News about my work by mail"), choices=Mail.choices, widget=forms.RadioSelect)

    def __init__(self, data: Any = None, *, person: User, profile: Profile) -> None:
        told = {
            name: getattr(profile, name) for name in ("languages", "topics", "interface_lang", "daily_goal", "mail")
        }
        known = {"display_name": person.display_name, "show_on_leaderboard": person.show_on_leaderboard}
        super().__init__(data, initial={**known, **told})
        # Read here and not once for all, so that a test of one language and the site in all of them see the same form.
        interface: Any = self.fields["interface_lang"]
        interface.choices = [("", gettext("As my browser says")), *settings.LANGUAGES]
        for name in ("display_name", "daily_goal"):
            self.fields[name].widget.attrs["aria-describedby"] = f"about-{name}"

    def clean_display_name(self) -> str:
        name = " ".join(normalised(self.cleaned_data["display_name"]).split())
        if not name:
            raise forms.ValidationError(gettext("Give a name by which others may know you."))
        if "@" in name:
            raise forms.ValidationError(gettext("Others see this name, so do not put an e-mail address here."))
        return name


class ConsentForm(forms.Form):
    """What a person's contributions may be used for."""

    consent = forms.ChoiceField(label=_("What I give may be used"), choices=Consent.choices, widget=forms.RadioSelect)


class AddressForm(forms.Form):
    """One more address."""

    email = forms.EmailField(
        label=_("Another e-mail address"),
        widget=forms.EmailInput(attrs={"autocomplete": "email", "inputmode": "email"}),
    )

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"].strip().lower()
        return email


class CodeForm(forms.Form):
    """The code that came by mail."""

    code = forms.CharField(
        max_length=32,
        label=_("Code from the mail"),
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "autofocus": True, "dir": "ltr"}),
    )


class LeaveForm(forms.Form):
    """What becomes of the contributions, and that the person means it."""

    KEEP, TAKE_BACK = "keep", "take_back"

    contributions = forms.ChoiceField(
        label=_("What becomes of what I contributed?"),
        choices=[
            (KEEP, _("It stays, without my name")),
            (TAKE_BACK, _("I take it back")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what becomes of what you contributed.")},
    )
    word = forms.CharField(
        max_length=64,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["word"].label = gettext("To show that you mean it, type: %(word)s") % {"word": WORD_TO_LEAVE}

    def clean_word(self) -> str:
        word: str = self.cleaned_data["word"]
        if word.strip().casefold() != str(WORD_TO_LEAVE).casefold():
            raise forms.ValidationError(
                gettext("Nothing was deleted. Type the word %(word)s if you mean it.") % {"word": WORD_TO_LEAVE}
            )
        return word

    @property
    def takes_back(self) -> bool:
        return bool(self.cleaned_data["contributions"] == self.TAKE_BACK)
