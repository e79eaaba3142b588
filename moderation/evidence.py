"""Everything that speaks against a message, or for it: what a moderator reads before deciding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise

from django.db.models import Q

from moderation import removals, screening
from moderation.models import ActionLog, Appeal, Finding, Report
from moderation.reasons import Reason
from screening.findings import Concern
from tasks.models import Message, MessageRevision, Reaction
from tasks.reactions import RED_FLAG

#: Lines of the log about the message and its author.
HISTORY = 10

#: The reason that is most likely meant, by what a report names and by what a detector looks for.
LIKELY: Mapping[str, Reason] = {
    "spam": Reason.SPAM,
    "not_appropriate": Reason.OTHER,
    "pii": Reason.PERSONAL_DATA,
    "hate_speech": Reason.HATE,
    "sexual_content": Reason.SEXUAL,
    "toxicity": Reason.INSULT,
    "violence": Reason.VIOLENCE,
    Concern.LANGUAGE: Reason.WRONG_LANGUAGE,
    Concern.PERSONAL_DATA: Reason.PERSONAL_DATA,
    Concern.NEAR_DUPLICATE: Reason.DUPLICATE,
    Concern.TOXICITY: Reason.INSULT,
    Concern.PROFANITY: Reason.INSULT,
    Concern.GIBBERISH: Reason.NONSENSE,
    Concern.INJECTION: Reason.INJECTION,
    Concern.BOILERPLATE: Reason.MACHINE_MADE,
    Concern.LINKS: Reason.LINKS,
    Concern.ZERO_TOLERANCE: Reason.MINORS,
}


@dataclass(frozen=True)
class Piece:
    """A part of the text; with the finding in it, if there is one."""

    text: str
    finding: Finding | None = None


@dataclass(frozen=True)
class Change:
    """Words that two versions of a text have in common, or that only one of them has."""

    text: str
    kind: str
    """`same`, `added` or `removed`."""


@dataclass(frozen=True)
class Version:
    """One version of the text, and what it changed in the one before it."""

    row: MessageRevision
    changes: Sequence[Change]


@dataclass(frozen=True, kw_only=True)
class Evidence:
    message: Message
    reports: Sequence[Report]
    red_flags: int
    findings: Sequence[Finding]
    """Those that stand: of this text, and that no moderator overruled."""
    appeal: Appeal | None
    removal: ActionLog | None
    history: Sequence[ActionLog]
    versions: Sequence[Version]

    @property
    def pieces(self) -> list[Piece]:
        """The text, cut where findings begin and end. Of findings that overlap the worst is shown."""
        pieces: list[Piece] = []
        at, text = 0, self.message.text
        worst = sorted(self._spans(), key=lambda each: (each.start, -each.severity, -each.score))
        for finding in worst:
            if finding.start >= at:
                pieces += [Piece(text[at : finding.start])] if finding.start > at else []
                pieces.append(Piece(text[finding.start : finding.end], finding))
                at = finding.end
        return [*pieces, Piece(text[at:])] if at < len(text) else pieces

    def _spans(self) -> list[Finding]:
        """Those about a part of the text: what is about all of it marks nothing."""
        length = len(self.message.text)
        return [each for each in self.findings if each.start < each.end <= length and each.end - each.start < length]

    @property
    def likely_reason(self) -> Reason:
        """Why it would be removed: as the worst finding says, or as most reports do."""
        if self.findings:
            worst = max(self.findings, key=lambda each: (each.severity, each.score))
            return LIKELY.get(Concern(worst.concern), Reason.OTHER)
        named = [label for report in self.reports for label in report.labels if label in LIKELY]
        return LIKELY[max(named, key=named.count)] if named else Reason.OTHER


def of(message: Message) -> Evidence:
    """All of it, in eight queries."""
    of_text = screening.digest(message.text)
    about = Q(message=message.pk)
    if message.author_id is not None:
        about |= Q(person=message.author_id)
    return Evidence(
        message=message,
        reports=list(Report.objects.filter(message=message).select_related("person").order_by("created_at", "id")),
        red_flags=Reaction.objects.filter(message=message, emoji=RED_FLAG).count(),
        findings=list(
            Finding.objects.filter(message=message, of_text=of_text, outdated_at=None, cleared_at=None)
            .select_related("other")
            .order_by("-severity", "-score")
        ),
        appeal=Appeal.objects.filter(message=message).select_related("person", "against").first(),
        removal=removals.of(message),
        history=list(ActionLog.objects.filter(about).select_related("by", "person").order_by("-id")[:HISTORY]),
        versions=_versions(message),
    )


def _versions(message: Message) -> list[Version]:
    rows = list(MessageRevision.objects.filter(message=message).select_related("by").order_by("id"))
    return [Version(row, compared(before.text, row.text)) for before, row in pairwise(rows)]


def compared(before: str, after: str) -> list[Change]:
    """Two texts word by word (Ratcliff/Obershelp, `difflib`); white space belongs to the word before it."""
    ours, theirs = _words(before), _words(after)
    changes: list[Change] = []
    for tag, i1, i2, j1, j2 in SequenceMatcher(a=ours, b=theirs, autojunk=False).get_opcodes():
        if tag == "equal":
            changes.append(Change("".join(ours[i1:i2]), "same"))
            continue
        changes += [Change("".join(ours[i1:i2]), "removed")] if i1 < i2 else []
        changes += [Change("".join(theirs[j1:j2]), "added")] if j1 < j2 else []
    return changes


def _words(text: str) -> list[str]:
    words, begin = [], 0
    for at in range(1, len(text) + 1):
        if at == len(text) or (text[at - 1].isspace() and not text[at].isspace()):
            words.append(text[begin:at])
            begin = at
    return words
