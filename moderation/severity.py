"""How bad something may be: what the queue is ordered by, and what is hidden from moderators until they ask for it."""

from __future__ import annotations

from enum import StrEnum

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from screening.findings import Concern


class Severity(models.IntegerChoices):
    """The values are stored and ordered; they never change."""

    LOW = 1, _("low")
    MEDIUM = 2, _("medium")
    HIGH = 3, _("high")
    SEVERE = 4, _("severe")


#: Blurred until asked for, and counted against what a moderator sees in a day.
HARMFUL = frozenset({Severity.HIGH, Severity.SEVERE})

#: What a report says of a message that names this label; without a label it is MEDIUM.
OF_REPORT: dict[str, Severity] = {
    "quality": Severity.LOW,
    "moral_judgement": Severity.LOW,
    "political_content": Severity.LOW,
    "spam": Severity.LOW,
    "not_appropriate": Severity.MEDIUM,
    "toxicity": Severity.MEDIUM,
    "pii": Severity.MEDIUM,
    "sexual_content": Severity.HIGH,
    "violence": Severity.HIGH,
    "hate_speech": Severity.HIGH,
}

OF_CONCERN: dict[Concern, Severity] = {
    Concern.LANGUAGE: Severity.LOW,
    Concern.NEAR_DUPLICATE: Severity.LOW,
    Concern.GIBBERISH: Severity.LOW,
    Concern.BOILERPLATE: Severity.LOW,
    Concern.PROFANITY: Severity.LOW,
    Concern.LINKS: Severity.MEDIUM,
    Concern.INJECTION: Severity.MEDIUM,
    Concern.PERSONAL_DATA: Severity.MEDIUM,
    Concern.TOXICITY: Severity.HIGH,
    Concern.ZERO_TOLERANCE: Severity.SEVERE,
}

#: Findings that only stand beside a message: reviewers are asked the same anyway.
NOT_QUEUED = frozenset({Concern.LANGUAGE, Concern.NEAR_DUPLICATE, Concern.GIBBERISH, Concern.BOILERPLATE})


class Source(StrEnum):
    """What brought a message into the queue. The values are stored."""

    REPORT = "report"
    RED_FLAG = "red_flag"
    FINDING = "finding"
    APPEAL = "appeal"


SOURCES: dict[Source, Promise] = {
    Source.REPORT: _("Reported"),
    Source.RED_FLAG: _("Red flag"),
    Source.FINDING: _("Screening"),
    Source.APPEAL: _("Appeal"),
}
