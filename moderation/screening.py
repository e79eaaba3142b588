"""Every new text is looked at by the detectors, in a job: what they find is kept, and what is worst is hidden at once.

The row is the work: a message whose text nobody screened yet has `screening_due`. A detector that fails is tried again
later, by itself; what the others found is kept meanwhile. No text waits for a detector, and none is changed by one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Protocol
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from moderation import actions, duplicates, queue, telling
from moderation.log import Grounds
from moderation.models import Finding, Screening
from moderation.reasons import Reason
from moderation.severity import NOT_QUEUED, OF_CONCERN, Source
from screening.findings import Concern, Found, Text
from screening.looking import DetectorFailed
from tasks.models import Message
from tasks.refusals import MessageNotFound
from tasks.rules import TreeRules

#: Messages looked at before the sweep asks again which are due.
BATCH = 100
#: Seconds a detector may take for one text. It is loaded before that clock runs.
DEADLINE = 5.0
#: When a detector that failed is tried again: after a minute, then four times as long each time, but at least daily.
FIRST_RETRY, LONGEST_RETRY = timedelta(minutes=1), timedelta(days=1)

#: The worst is looked for first: it acts before the slow ones have begun.
ORDER = (Concern.ZERO_TOLERANCE, *(concern for concern in Concern if concern is not Concern.ZERO_TOLERANCE))


class Looks(Protocol):
    """What looks at texts: `screening.looking.Looker`."""

    def versions(self) -> Mapping[Concern, str]: ...

    def look(self, concern: Concern, text: Text, deadline_seconds: float) -> Sequence[Found]: ...


@dataclass
class _Look:
    """One message under the eyes of the detectors."""

    message: Message
    of_text: str
    versions: dict[str, str] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


def digest(text: str) -> str:
    """By what a finding knows the text it is about."""
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:16]


def threshold(concern: Concern, rules: TreeRules) -> float:
    """From which score the rules keep what a detector of this concern finds."""
    return float(getattr(rules, f"threshold_{concern.value}"))


def screen(*, looker: Looks, now: datetime, rules: TreeRules, rng: Random, at_most: int | None = None) -> int:
    """Look at every text that is due, and again where a detector failed and its time has come. Returns how many texts.

    Two jobs may look at the same text; what they find is stored once.
    """
    done = 0
    while at_most is None or done < at_most:
        batch = list(_due(now)[:BATCH])
        for message in batch:
            look_at(message, looker=looker, now=now, rules=rules, rng=rng)
        done += len(batch)
        if len(batch) < BATCH:
            break
    return done


def _due(now: datetime) -> QuerySet[Message]:
    """Oldest first. Those to be tried again come when nothing new is due, or they would stand in its way."""
    new = Message.objects.filter(screening_due=True).order_by("created_at")
    if new.exists():
        return new
    return Message.objects.filter(screening__retry_at__lte=now).order_by("screening__retry_at")


def look_at(message: Message, *, looker: Looks, now: datetime, rules: TreeRules, rng: Random) -> list[Finding]:
    """Let every detector look at this text that has not seen it in its present version. Returns what is new."""
    known = Screening.objects.filter(message=message).first()
    look = _Look(message, digest(message.text))
    if known is not None and known.of_text == look.of_text:
        look.versions = dict(known.versions)
    current = {**looker.versions(), Concern.NEAR_DUPLICATE: duplicates.VERSION}
    for concern in ORDER:
        version = current.get(concern)
        if version is None or look.versions.get(concern.value) == version:
            continue
        try:
            found = _findings(look, concern, version, looker=looker, rules=rules, now=now)
        except DetectorFailed as problem:
            look.problems[concern.value] = str(problem)[:200]
            continue
        look.versions[concern.value] = version
        look.findings += found
        if concern is Concern.ZERO_TOLERANCE and found:
            _hide(look, found, now=now, rules=rules, rng=rng)
    return _store(look, known, now=now)


def _findings(
    look: _Look, concern: Concern, version: str, *, looker: Looks, rules: TreeRules, now: datetime
) -> list[Finding]:
    message, least = look.message, threshold(concern, rules)
    other = None
    found: Iterable[Found]
    if concern is Concern.NEAR_DUPLICATE:
        other = duplicates.nearest(message, at_least=least)
        whole = Found(kind="near_duplicate", score=other.similarity, start=0, end=len(message.text)) if other else None
        found = [whole] if whole else []
    else:
        found = looker.look(concern, Text(text=message.text, lang=message.lang, role=message.role), DEADLINE)
    return [
        Finding(
            message=message,
            concern=concern.value,
            version=version,
            kind=one.kind,
            score=one.score,
            threshold=least,
            start=one.start,
            end=one.end,
            of_text=look.of_text,
            severity=OF_CONCERN[concern],
            other_id=other.message_id if other else None,
            at=now,
        )
        for one in found
        if one.score >= least
    ]


@transaction.atomic
def _store(look: _Look, known: Screening | None, *, now: datetime) -> list[Finding]:
    """Keep what was found, unless the message is gone; and if its text is another one by now, it stays due."""
    message = look.message
    if not Message.objects.filter(pk=message.pk).exists():
        return []
    looked = [concern for concern, version in look.versions.items() if known is None or _is_new(known, look, concern)]
    cleared = _overruled(message)
    for finding in look.findings:
        finding.cleared_at, finding.cleared_by_id = cleared.get(_place(finding), (None, None))
    standing = Finding.objects.filter(message=message, outdated_at=None)
    standing.exclude(of_text=look.of_text).update(outdated_at=now)
    for concern in looked:
        standing.filter(concern=concern).exclude(version=look.versions[concern]).update(outdated_at=now)
    known_places = {(*_place(row), row.version) for row in standing}
    new = [finding for finding in look.findings if (*_place(finding), finding.version) not in known_places]
    Finding.objects.bulk_create(new, ignore_conflicts=True)
    attempts = (known.attempts if known else 0) + 1 if look.problems else 0
    Screening.objects.update_or_create(
        message=message,
        defaults={
            "at": now,
            "of_text": look.of_text,
            "versions": look.versions,
            "problems": look.problems,
            "attempts": attempts,
            "retry_at": now + backoff(attempts) if look.problems else None,
        },
    )
    Message.objects.filter(pk=message.pk, text=message.text).update(screening_due=False)
    speaking = [finding for finding in new if finding.cleared_at is None and finding.concern not in NOT_QUEUED]
    if speaking:
        worst = max(OF_CONCERN[Concern(finding.concern)] for finding in speaking)
        queue.put(message=message, source=Source.FINDING, severity=worst, now=now)
    return new


def backoff(attempts: int) -> timedelta:
    """How long a failing detector is left alone after so many attempts."""
    longer: int = 4 ** min(attempts - 1, 10)
    return min(FIRST_RETRY * longer, LONGEST_RETRY)


def _is_new(known: Screening, look: _Look, concern: str) -> bool:
    return known.of_text != look.of_text or known.versions.get(concern) != look.versions[concern]


def _place(finding: Finding) -> tuple[str, str, int, int, str]:
    return finding.concern, finding.kind, finding.start, finding.end, finding.of_text


def _overruled(message: Message) -> dict[tuple[str, str, int, int, str], tuple[datetime | None, UUID | None]]:
    """What a moderator said is nothing stays nothing, whatever a newer version of the detector says of that place."""
    rows = Finding.objects.filter(message=message, cleared_at__isnull=False)
    return {_place(row): (row.cleared_at, row.cleared_by_id) for row in rows}


def _hide(look: _Look, found: Sequence[Finding], *, now: datetime, rules: TreeRules, rng: Random) -> None:
    """Nobody else reads it before a moderator has; unless one has already, and let it stand."""
    message = look.message
    message.refresh_from_db(fields=["deleted", "flags_cleared_at", "text"])
    if message.deleted or message.flags_cleared_at is not None or digest(message.text) != look.of_text:
        return
    cleared = _overruled(message)
    if not rules.auto_mod_enabled or all(_place(finding) in cleared for finding in found):
        return
    worst = max(found, key=lambda finding: finding.score)
    why = f"Screening: {worst.kind}, {worst.score:.2f} of at least {worst.threshold:.2f}."
    try:
        with transaction.atomic():
            actions.delete_message(
                message_id=message.pk,
                by=None,
                why=why,
                now=now,
                rules=rules,
                rng=rng,
                grounds=Grounds(reason=Reason.MINORS.value),
            )
            queue.put(message=message, source=Source.FINDING, severity=OF_CONCERN[Concern.ZERO_TOLERANCE], now=now)
            telling.moderators(message=message, now=now)
    except MessageNotFound:
        return  # Somebody purged it meanwhile.


def behind(versions: Mapping[Concern, str], concerns: Iterable[Concern] = Concern) -> QuerySet[Message]:
    """Messages that some detector has not seen in its present version."""
    wanted = {**versions, Concern.NEAR_DUPLICATE: duplicates.VERSION}
    seen = {concern.value: wanted[concern] for concern in concerns if concern in wanted}
    up_to_date = Screening.objects.filter(versions__contains=seen)
    return Message.objects.exclude(pk__in=up_to_date.values("pk"))


def rescreen(
    *, looker: Looks, concerns: Sequence[Concern], now: datetime, rules: TreeRules, rng: Random
) -> Iterator[Message]:
    """Let new versions of detectors look at everything they have not seen; yields each message that was looked at.

    What was looked at is not looked at again, so it can be broken off at any moment and begun anew.
    """
    left = behind(looker.versions(), concerns).order_by("id")
    after = None
    while True:
        chunk = list((left if after is None else left.filter(pk__gt=after))[:BATCH])
        for message in chunk:
            look_at(message, looker=looker, now=now, rules=rules, rng=rng)
            yield message
        if len(chunk) < BATCH:
            return
        after = chunk[-1].pk
