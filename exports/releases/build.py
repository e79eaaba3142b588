"""Builds a release: part by part in one moment of the database, by as many processes as there are, then merged.

A process that is killed leaves nothing half-finished behind: its locks end with its connection, and a part is there
only when it is complete. What it was building is built again, to the same bytes.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from celery import current_app
from django.db import DatabaseError, connection, transaction
from django.db.models import Max
from kombu.exceptions import OperationalError as BrokerAway

from common.moments import kept_moment, one_moment
from exports.leakage import Grams
from exports.locking import held, lock_release
from exports.models import Release, ReleasedMessage, ReleasedPerson, ReleaseState
from exports.releases import auditing, config, croissant, manifest, merging, parts, people, places
from exports.releases.card import NAME as CARD
from exports.releases.card import card
from exports.releases.facts import Facts, unpacked
from exports.releases.merging import Merged
from exports.releases.parts import Plan
from tasks.models import Message, Ranking, Reaction, Review

Clock = Callable[[], datetime]
Tell = Callable[[int, int], None]
SCRIPT = "oasst-apply-takedowns"


def build_waiting(*, clock: Clock) -> int:
    """Build what was asked for, oldest first, and what a process that died left unfinished. Returns how many. One
    process does it at a time, so that others have time for people."""
    with held("releases") as ours:
        if not ours:
            return 0
        waiting = Release.objects.filter(state__in=[ReleaseState.ASKED, ReleaseState.BUILDING]).order_by("id")
        return sum(build(release.pk, clock=clock) for release in waiting)


def build(release_id: int, *, clock: Clock, tell: Tell = lambda done, of: None) -> bool:
    """Build this release, unless another process does, or it is published. Whether it was built. `tell` hears how many
    parts are done, of how many."""
    with held(f"release {release_id}") as ours:
        if not ours:
            return False
        release = Release.objects.get(pk=release_id)
        if release.published:
            return False
        release.sign_offs.all().delete()
        _says(release, state=ReleaseState.BUILDING, begun_at=clock(), parts=0, parts_done=0, problem="")
        workshop = places.workshop(release.name)
        try:
            made = make(release, workshop, tell=lambda done, of: _progress(release, tell, done, of))
        except OSError as problem:
            _says(release, state=ReleaseState.FAILED, problem=str(problem)[:500])
            return False
        except DatabaseError:
            raise  # The database was away: the next sweep tries again.
        except Exception as problem:
            # It would fail again and again.
            _says(release, state=ReleaseState.FAILED, problem=f"{type(problem).__name__}: {problem}"[:500])
            raise
        _replace(made.directory, places.of(release.name))
        _remember(release, made, clock())
        shutil.rmtree(workshop, ignore_errors=True)
        return True


@dataclass(frozen=True, kw_only=True)
class Made:
    """Files in a directory, and what is known of them."""

    directory: Path
    manifest: dict[str, Any]
    digest: str
    """SHA-256 of manifest.json, and so of all files."""
    audit: dict[str, Any]
    merged: Merged


def make(release: Release, workshop: Path, *, tell: Tell) -> Made:
    """All files of the release, in a directory in the workshop, from the database as it is now. Raises OSError."""
    shutil.rmtree(workshop, ignore_errors=True)
    asked = config.stored(release.config)
    grams = Grams.stored(bytes(release.grams))
    out = workshop / "files"
    out.mkdir(parents=True)
    with kept_moment() as snapshot:
        plan = Plan(
            release=release.name,
            config=asked,
            seed=release.seed,
            grams=grams,
            snapshot=snapshot,
            directory=workshop / (snapshot or "parts"),
            count=parts.count_for(parts.trees_at(snapshot)),
        )
        plan.directory.mkdir()
        _call_for_help(release, plan)
        _build_parts(plan, tell)
        merged = merging.merge(plan, out)
        # The parts name messages and people by their own ids: nobody is to find these beside the pseudonyms.
        shutil.rmtree(plan.directory)
        with one_moment(snapshot):
            who = people.told(merged.authors, merged.people or None)
            return _describe(release, asked, newest() or release.asked_at, merged, who, grams, out)


def newest() -> datetime | None:
    """When the last answer came in. By that a release says which state of the database it shows: built from the same
    one, tomorrow or in a copy, it says the same."""
    last = (table.objects.aggregate(last=Max("created_at"))["last"] for table in (Message, Review, Ranking, Reaction))
    return max((each for each in last if each is not None), default=None)


def _build_parts(plan: Plan, tell: Tell) -> None:
    """Those that are free first; then, when others are done with theirs, what one of them may have left."""
    for wait in (False, True):
        for number in range(plan.count):
            with held(f"{plan.directory} {number}", wait=wait) as ours:
                if ours and not plan.done(number):
                    parts.build(plan, number)
            tell(sum(plan.done(each) for each in range(plan.count)), plan.count)


def help_build(release_id: int, snapshot: str, count: int) -> int:
    """Build parts of a release that another process builds, last ones first. Returns how many."""
    release = Release.objects.filter(pk=release_id, state=ReleaseState.BUILDING).first()
    if release is None:
        return 0
    directory = places.workshop(release.name) / snapshot
    plan = Plan(
        release=release.name,
        config=config.stored(release.config),
        seed=release.seed,
        grams=Grams.stored(bytes(release.grams)),
        snapshot=snapshot,
        directory=directory,
        count=count,
    )
    built = 0
    for number in reversed(range(count)):
        # Whoever called may be done, or gone with the moment that it kept.
        if not directory.exists():
            break
        with held(f"{directory} {number}") as ours:
            if not ours or plan.done(number):
                continue
            try:
                parts.build(plan, number)
            except (FileNotFoundError, DatabaseError) as problem:
                if _moment_is_over(problem):
                    break
                raise
            built += 1
    return built


def _moment_is_over(problem: Exception) -> bool:
    cause = problem.__cause__
    return isinstance(problem, FileNotFoundError) or isinstance(
        cause, psycopg.errors.InvalidParameterValue | psycopg.errors.UndefinedObject
    )


def _call_for_help(release: Release, plan: Plan) -> None:
    """Ask as many other processes as there are parts; those that come too late find nothing to do. Who only compares
    builds alone."""
    if release.state != ReleaseState.BUILDING or not plan.snapshot:
        return
    try:
        for _ in range(min(plan.count - 1, 16)):
            arguments = [release.pk, plan.snapshot, plan.count]
            current_app.send_task("exports.help_build", args=arguments, expires=600, retry=False, ignore_result=True)
    except (BrokerAway, OSError):
        return  # Alone it takes longer.


def _describe(
    release: Release,
    asked: config.Config,
    as_of: datetime,
    merged: Merged,
    who: people.People,
    grams: Grams,
    out: Path,
) -> Made:
    """The files beside the data: audit, card, Croissant, the script, and the manifest of them all."""
    facts: Facts = merged.facts
    counts = manifest.counts(asked, facts)
    audit = auditing.audit(release.name, asked, merged, grams=len(grams))
    (out / "audit.json").write_bytes(manifest.written(audit))
    text = card(
        release=release.name,
        config=asked,
        as_of=as_of,
        counts=counts,
        facts=facts,
        audit=audit,
        people=who,
    )
    (out / CARD).write_text(text, encoding="utf-8")
    shutil.copyfile(Path(__file__).with_name("oasst_apply_takedowns.py"), out / SCRIPT)
    files = manifest.files_in(out)
    about = croissant.croissant(release=release.name, config=asked, as_of=as_of, files=files, people=who)
    (out / croissant.NAME).write_bytes(manifest.written(about))
    files[croissant.NAME] = manifest.file_row(out / croissant.NAME)
    said = manifest.manifest(
        release=release.name,
        config=asked,
        as_of=as_of,
        facts=facts,
        counts=counts,
        benchmarks=release.benchmarks,
        files=files,
    )
    (out / manifest.NAME).write_bytes(manifest.written(said))
    merging.sync(out)
    digest = merging.digest(out / manifest.NAME)
    return Made(directory=out, manifest=said, digest=digest, audit=audit, merged=merged)


def _replace(made: Path, place: Path) -> None:
    """What was there before goes: it was not published."""
    place.parent.mkdir(parents=True, exist_ok=True)
    old = place.with_name(f".old-{place.name}")
    shutil.rmtree(old, ignore_errors=True)
    if place.exists():
        place.rename(old)
    made.rename(place)
    shutil.rmtree(old, ignore_errors=True)


@transaction.atomic
def _remember(release: Release, made: Made, now: datetime) -> None:
    """Who and what is in it. The ids outlive what they name."""
    for table in (ReleasedMessage, ReleasedPerson):
        table.objects.filter(release=release).delete()
    with connection.cursor() as cursor:
        for columns, found in (
            ("exports_releasedmessage (release_id, message_id)", unpacked(made.merged.messages)),
            ("exports_releasedperson (release_id, person_id)", made.merged.people),
        ):
            with cursor.copy(f"COPY {columns} FROM STDIN") as copy:
                for each in found:
                    copy.write_row((release.pk, each))
    if lock_release(release.name).asked_at != release.asked_at:
        return  # Somebody asked for something else meanwhile: that is built next.
    _says(
        release,
        state=ReleaseState.BUILT,
        built_at=now,
        manifest=made.manifest,
        manifest_digest=made.digest,
        audit=made.audit,
    )


def _progress(release: Release, tell: Tell, done: int, of: int) -> None:
    _says(release, parts=of, parts_done=done)
    tell(done, of)


def _says(release: Release, **changes: Any) -> None:
    for name, value in changes.items():
        setattr(release, name, value)
    release.save(update_fields=list(changes))
