"""Takes back what was published: finds it, writes it into the public ledger, and cleans the files that are given out.

Nothing has to report a withdrawal: a sweep looks which released messages are no longer there, are hidden, or were given
for more than their authors give them for now. So nothing is missed, whichever way it went.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from accounts.models import Consent
from exports.locking import held
from exports.models import Release, ReleasedMessage, ReleasedPerson, ReleaseState, Taken, Tombstone, Why
from exports.redaction import Pseudonyms
from exports.releases import manifest, merging, oasst_apply_takedowns, places
from tasks.models import Message

log = logging.getLogger(__name__)

#: Messages looked at together.
CHUNK = 10_000
#: Beside the manifest, which says what was published: what was taken out of the files since.
APPLIED = "takedowns.json"


@dataclass(frozen=True, kw_only=True)
class Moderation:
    """What only moderation knows of what is gone."""

    removed: Callable[[Collection[UUID]], Mapping[UUID, Why]]
    """Of these messages that are hidden, why those were whose removal somebody explained."""
    edited: Callable[[datetime], Mapping[UUID, Why]]
    """Messages that lost something of their text since this moment which must not be told any more, and why."""


def sweep(*, moderation: Moderation, now: datetime) -> int:
    """Find what was taken back, add it to the ledger, and clean the files. Returns new lines. May run twice at once."""
    with held("takedowns") as ours:
        if not ours:
            return 0
        added = 0
        published = Release.objects.filter(state=ReleaseState.PUBLISHED).select_related("recall")
        for release in published.order_by("id"):
            added += _sweep(release, moderation, now)
            clean(release)
            try:
                places.deliver(release.name, recalled=hasattr(release, "recall"))
            except (OSError, ValueError) as problem:  # ValueError: RELEASES_STORE is no address
                log.warning("The store of releases is away, %s waits for the next sweep: %s", release.name, problem)
        return added


def outdated(release: Release, moderation: Moderation) -> bool:
    """Whether something was taken back that is in the release: then it must not be published."""
    return bool(_edited(release, moderation) or _gone(release) or _people_gone(release))


def _sweep(release: Release, moderation: Moderation, now: datetime) -> int:
    gone = _edited(release, moderation) | _gone(release)
    gone |= dict.fromkeys(_below(release, gone), Why.BELOW)
    if gone:
        _bury(release, Taken.MESSAGE, _why(gone, moderation), now)
    people = _people_gone(release)
    if people:
        _bury(release, Taken.ANSWERS, dict.fromkeys(people, Why.CONSENT), now)
    return len(gone) + len(people)


def _why(gone: Mapping[UUID, Why | None], moderation: Moderation) -> dict[UUID, Why]:
    """Why each of these is gone. What was hidden with something above it answers something that is gone."""
    unexplained = [pk for pk, why in gone.items() if why is None]
    parents: dict[UUID, UUID | None] = {}
    for at in range(0, len(unexplained), CHUNK):
        rows = Message.objects.filter(pk__in=unexplained[at : at + CHUNK])
        parents |= dict(rows.values_list("pk", "parent_id"))
    told = moderation.removed(parents.keys())
    why = {pk: found for pk, found in gone.items() if found is not None}
    for pk in unexplained:
        if pk not in parents:
            why[pk] = Why.ERASED
        else:
            why[pk] = told.get(pk) or (Why.BELOW if parents[pk] in gone else Why.MODERATION)
    return why


_GONE = """
    SELECT released.message_id, message.id IS NOT NULL AND NOT message.deleted
    FROM exports_releasedmessage released
    LEFT JOIN tasks_message message ON message.id = released.message_id
    LEFT JOIN accounts_profile profile ON profile.person_id = message.author_id
    WHERE released.release_id = %s AND released.gone_at IS NULL
      AND (message.id IS NULL OR message.deleted OR profile.consent = ANY(%s))
    ORDER BY released.message_id
"""
_PEOPLE_GONE = """
    SELECT released.person_id
    FROM exports_releasedperson released
    LEFT JOIN accounts_user person ON person.id = released.person_id
    LEFT JOIN accounts_profile profile ON profile.person_id = released.person_id
    WHERE released.release_id = %s AND released.gone_at IS NULL
      AND (person.id IS NULL OR profile.consent = ANY(%s))
    ORDER BY released.person_id
"""
_BELOW = """
    WITH RECURSIVE below AS (
        SELECT message.id FROM tasks_message message WHERE message.parent_id = ANY(%s)
        UNION
        SELECT message.id FROM tasks_message message JOIN below ON message.parent_id = below.id
    )
    SELECT below.id FROM below
    JOIN exports_releasedmessage released ON released.message_id = below.id
    WHERE released.release_id = %s AND released.gone_at IS NULL
    ORDER BY below.id
"""


def _edited(release: Release, moderation: Moderation) -> dict[UUID, Why | None]:
    """Messages of which the release still tells what was cut out of them since: the old text goes, with what answers
    it. Later releases have the new one."""
    if release.begun_at is None:
        return {}
    edited = moderation.edited(release.begun_at)
    there = ReleasedMessage.objects.filter(release=release, message_id__in=edited.keys(), gone_at=None)
    return {pk: edited[pk] for pk in there.values_list("message_id", flat=True)}


def _narrower(release: Release) -> list[str]:
    """What an author may give a message for that is less than this release is for."""
    order = [consent.value for consent in Consent]
    return order[order.index(release.config["use"]) + 1 :]


def _gone(release: Release) -> dict[UUID, Why | None]:
    """Messages of the release that must not be in it any more; why, where it is their author's consent."""
    with connection.cursor() as cursor:
        cursor.execute(_GONE, [release.pk, _narrower(release)])
        return {pk: Why.CONSENT if there else None for pk, there in cursor.fetchall()}


def _below(release: Release, gone: Collection[UUID]) -> list[UUID]:
    """What is in the release and hangs below these, but is not one of them."""
    with connection.cursor() as cursor:
        cursor.execute(_BELOW, [list(gone), release.pk])
        return [pk for (pk,) in cursor.fetchall() if pk not in gone]


def _people_gone(release: Release) -> list[UUID]:
    """Whose single answers must not be in it any more."""
    with connection.cursor() as cursor:
        cursor.execute(_PEOPLE_GONE, [release.pk, _narrower(release)])
        return [pk for (pk,) in cursor.fetchall()]


@transaction.atomic
def _bury(release: Release, taken: Taken, why: Mapping[UUID, Why], now: datetime) -> None:
    """A tombstone for each, in order of the pseudonyms: the ledger must not tell what the ids were."""
    ids = Pseudonyms(release.seed)
    hide = ids.message if taken is Taken.MESSAGE else ids.person
    last = Tombstone.objects.order_by("number").last()
    number, before = (last.number, last.digest) if last else (0, oasst_apply_takedowns.GENESIS)
    stones = []
    for subject, reason in sorted((hide(pk), reason) for pk, reason in why.items()):
        number += 1
        stone = Tombstone(number=number, at=now, release=release, taken=taken, subject=subject, why=reason)
        stone.digest = before = oasst_apply_takedowns.digest_of(before, line(stone, release.name))
        stones.append(stone)
    Tombstone.objects.bulk_create(stones, batch_size=CHUNK)
    every = list(why)
    for at in range(0, len(every), CHUNK):
        some = every[at : at + CHUNK]
        if taken is Taken.MESSAGE:
            ReleasedMessage.objects.filter(release=release, message_id__in=some).update(gone_at=now)
        else:
            ReleasedPerson.objects.filter(release=release, person_id__in=some).update(gone_at=now)


def line(stone: Tombstone, release: str) -> dict[str, str | int]:
    """One line of the ledger as it is published: what, when, and the class of why; never a text."""
    return {
        "number": stone.number,
        "at": stone.at.isoformat(),
        "release": release,
        "taken": str(stone.taken),
        "subject": str(stone.subject),
        "why": str(stone.why),
        "digest": stone.digest,
    }


def ledger(*, after: int = 0) -> Iterator[bytes]:
    """The lines of ledger.jsonl with a higher number than this."""
    rows = Tombstone.objects.filter(number__gt=after).select_related("release").order_by("number")
    for stone in rows.only("number", "at", "taken", "subject", "why", "digest", "release__name").iterator():
        yield json.dumps(line(stone, stone.release.name)).encode() + b"\n"


def clean(release: Release) -> int:
    """Take out of the files on this machine, and in the store, what the ledger says. Returns rows changed. Doing it
    again changes nothing: if a process dies in the middle, the next one goes on."""
    directory = places.of(release.name)
    newest = Tombstone.objects.filter(release=release).order_by("number").last()
    if newest is None or not directory.exists() or applied(release).get("up_to", 0) >= newest.number:
        return 0
    stones = Tombstone.objects.filter(release=release).order_by("number")
    gone = oasst_apply_takedowns.Gone((line(stone, release.name) for stone in stones.iterator()), release.name)
    rows = sum(
        oasst_apply_takedowns.clean_file(path, gone) for path in oasst_apply_takedowns.files_in(directory / "data")
    )
    # By what is there, and not by what was done just now: a process may have died after some of the files.
    files = _changed(release)
    said = {"release": release.name, "up_to": newest.number, "files": files}
    partial = directory / f".{APPLIED}.partial"
    partial.write_bytes(manifest.written(said))
    partial.replace(directory / APPLIED)
    merging.sync(directory)
    # What is in the store is sent anew: of these files it must not keep the old ones.
    places.forget(release.name)
    return rows


def applied(release: Release) -> dict[str, Any]:
    """takedowns.json of the files on this machine; empty where nothing was taken out of them yet."""
    path = places.of(release.name) / APPLIED
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def _changed(release: Release) -> dict[str, dict[str, Any]]:
    """Size and SHA-256 of every file that is not as it was published."""
    assert release.manifest is not None
    before, directory = release.manifest["files"], places.of(release.name)
    now = {f"data/{name}": row for name, row in manifest.files_in(directory / "data").items()}
    return {name: row for name, row in now.items() if row != before.get(name)}
