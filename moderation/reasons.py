"""Why something was decided: what a moderator chooses, and what the person concerned reads in their language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Reason(StrEnum):
    """The values are stored and never change."""

    SPAM = "spam"
    NONSENSE = "nonsense"
    WRONG_LANGUAGE = "wrong_language"
    COPIED = "copied"
    RIGHTS = "rights"
    MACHINE_MADE = "machine_made"
    DUPLICATE = "duplicate"
    PERSONAL_DATA = "personal_data"
    INSULT = "insult"
    HATE = "hate"
    VIOLENCE = "violence"
    SEXUAL = "sexual"
    MINORS = "minors"
    SELF_HARM = "self_harm"
    ILLEGAL = "illegal"
    LINKS = "links"
    INJECTION = "injection"
    WRONG_ANSWERS = "wrong_answers"
    AUTHOR_ASKED = "author_asked"
    HARMLESS = "harmless"
    MISTAKE = "mistake"
    OTHER = "other"


@dataclass(frozen=True)
class Row:
    """One reason in two forms."""

    name: Promise
    """For the moderator who chooses."""
    told: Promise
    """For the person concerned."""


REASONS: Mapping[Reason, Row] = {
    Reason.SPAM: Row(_("Advertising or spam"), _("It reads like advertising or spam.")),
    Reason.NONSENSE: Row(_("Nonsense"), _("It has no meaning that others could answer or learn from.")),
    Reason.WRONG_LANGUAGE: Row(
        _("Wrong language"), _("It is written in another language than the conversation it belongs to.")
    ),
    Reason.COPIED: Row(_("Copied from elsewhere"), _("It seems to be copied from somewhere else.")),
    Reason.RIGHTS: Row(
        _("Somebody has a right in it"), _("Somebody who has a right in this text asked us to remove it.")
    ),
    Reason.MACHINE_MADE: Row(
        _("Written by a machine"), _("It seems to be written by a program. Here people write in their own words.")
    ),
    Reason.DUPLICATE: Row(_("Exists already"), _("Nearly the same text exists already.")),
    Reason.PERSONAL_DATA: Row(
        _("Personal data"), _("It holds personal data, such as a name, an address or a number of somebody.")
    ),
    Reason.INSULT: Row(_("Insults"), _("It insults or belittles somebody.")),
    Reason.HATE: Row(_("Hate"), _("It attacks people for what they are.")),
    Reason.VIOLENCE: Row(_("Violence"), _("It threatens, praises or teaches violence.")),
    Reason.SEXUAL: Row(_("Sexual content"), _("It is sexual in a way that has no place here.")),
    Reason.MINORS: Row(_("Sexual content about minors"), _("It is about minors in a sexual way.")),
    Reason.SELF_HARM: Row(_("Self-harm"), _("It encourages people to hurt themselves.")),
    Reason.ILLEGAL: Row(_("Against the law"), _("It helps to break the law in a way that harms people.")),
    Reason.LINKS: Row(_("Harmful links"), _("It leads to addresses that may harm people.")),
    Reason.INJECTION: Row(
        _("Orders to a model"), _("It gives hidden orders to the programs that will read the dataset.")
    ),
    Reason.WRONG_ANSWERS: Row(
        _("Careless answers"), _("Many of the reviews or rankings look as if they were given without reading.")
    ),
    Reason.AUTHOR_ASKED: Row(_("Its author asked for it"), _("You asked for it.")),
    Reason.HARMLESS: Row(_("Nothing wrong with it"), _("A moderator looked and found nothing wrong with it.")),
    Reason.MISTAKE: Row(_("An earlier decision was wrong"), _("An earlier decision was a mistake.")),
    Reason.OTHER: Row(_("Another reason"), _("It does not fit the rules of this site.")),
}

#: Reasons to take something away from a person; the others give it back, or leave it.
AGAINST: tuple[Reason, ...] = tuple(
    reason for reason in Reason if reason not in (Reason.HARMLESS, Reason.MISTAKE, Reason.AUTHOR_ASKED)
)
