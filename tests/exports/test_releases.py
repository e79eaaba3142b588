"""Releases: the same bytes from the same data, whoever builds them; two people sign; then nothing changes."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction

from accounts import profiles
from accounts.models import Consent, Notice, NoticeKind
from common.moments import kept_moment
from exports import locking
from exports.formats import FORMATS
from exports.models import Release, ReleasedMessage, ReleasedPerson, ReleaseState
from exports.releases import asking, build, parts, places, signing
from exports.table import arrow_schema
from tasks.models import Message, Tree
from tasks.tree_states import State
from tests.exports.files import OURS, bring_in
from tests.exports.releasing import asked, make_release, publish, published, rows_of, sign
from tests.making import (
    NOW,
    add_message,
    add_review,
    another_connection,
    make_admin,
    make_people,
    make_tree,
    root_of,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("releases_dir")]
#: For tests in which several connections see the same data.
committed = pytest.mark.django_db(transaction=True)

CONFIG = """
title = "Small"
license = "cc-by-4.0"
description = "For the tests."
benchmarks = ["benchmark.txt"]

[filters]
langs = ["en", "de"]
since = 2020-01-01

[gates]
screened = 0
duplicates = 1
"""


def digests(directory: Path) -> dict[str, str]:
    return {
        path.relative_to(directory).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(directory.rglob("*"))
        if path.is_file()
    }


def manifest_of(release: Release) -> dict[str, Any]:
    assert release.manifest is not None
    return dict(release.manifest)


def command(*arguments: object) -> str:
    out = StringIO()
    call_command("release", *map(str, arguments), stdout=out, stderr=StringIO())
    return out.getvalue()


@pytest.fixture
def grown() -> Tree:
    tree = make_tree(state=State.READY_FOR_EXPORT, replies=3)
    for reply in tree.messages.filter(depth=1):
        add_message(tree=tree, parent=reply)
    for person, value in zip(make_people(3), (1.0, 0.5, 1.0), strict=True):
        add_review(root_of(tree), by=person, quality=value)
    return tree


@pytest.fixture
def toml(tmp_path: Path) -> Path:
    (tmp_path / "benchmark.txt").write_text("What is this?\n")
    path = tmp_path / "release.toml"
    path.write_text(CONFIG)
    return path


def test_the_command_builds_all_formats_and_says_what_is_in_them(grown: Tree, toml: Path) -> None:
    told = command("2026-11", "--config", toml)
    release = Release.objects.get(name="2026-11")
    directory = places.of("2026-11")
    assert release.state == ReleaseState.BUILT
    assert f"messages {Message.objects.count()}" in told
    assert release.manifest_digest in told
    said = json.loads((directory / "manifest.json").read_text())
    assert said == release.manifest
    assert said["counts"]["messages_by_language"] == {"en": 7}
    assert said["counts"]["trees_by_state"] == {"ready_for_export": 1}
    assert said["counts"]["messages_by_role"] == {"assistant": 3, "prompter": 4}
    assert said["filters"]["since"] == "2020-01-01"
    assert said["benchmarks"]["benchmark.txt"]["texts"] == 1
    found = digests(directory)
    assert found.pop("manifest.json") == release.manifest_digest
    assert found == {name: row["sha256"] for name, row in said["files"].items()}
    for name, row in FORMATS.items():
        rows = rows_of(release, name)
        assert len(rows) == said["counts"]["rows_by_format"][name]
        if row.columns:
            for lines in (directory / "data" / name).glob("*.parquet"):
                assert pyarrow.parquet.read_schema(lines).equals(arrow_schema(row.columns))
    assert {row["release"] for row in rows_of(release, "sft")} == {"2026-11"}


def test_parquet_and_lines_hold_the_same_rows(grown: Tree) -> None:
    release = make_release()
    for name, row in FORMATS.items():
        if row.columns:
            files = sorted((places.of("r1") / "data" / name).glob("*.parquet"))
            assert [each for file in files for each in pyarrow.parquet.read_table(file).to_pylist()] == rows_of(
                release, name
            )


def test_ids_are_pseudonyms_of_this_release_and_those_of_trees_too(grown: Tree) -> None:
    bring_in(OURS)
    ids = {str(pk) for pk in Message.objects.values_list("pk", flat=True)}
    people = {str(pk) for pk in Message.objects.exclude(author=None).values_list("author", flat=True)}
    first, second = make_release("r1"), make_release("r2")
    for release in (first, second):
        for name in FORMATS:
            text = json.dumps(rows_of(release, name))
            assert not [each for each in ids | people if each in text], name
    trees = [{row["message_tree_id"] for row in rows_of(release, "trees")} for release in (first, second)]
    assert not trees[0] & trees[1]
    for row in rows_of(first, "trees"):
        assert row["message_tree_id"] == row["prompt"]["message_id"]


@committed
def test_built_again_from_the_same_data_every_byte_is_the_same(
    grown: Tree, tmp_path: Path, toml: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring_in(OURS)
    # Many parts, most of them empty.
    monkeypatch.setattr(parts, "TREES", 2)
    command("r1", "--config", toml)
    release = publish(Release.objects.get(name="r1"))
    assert release.manifest_digest in command("r1", "--again", tmp_path / "again")
    assert digests(tmp_path / "again" / "files") == digests(places.of("r1"))
    # Nothing else is left: the parts have the ids that the pseudonyms stand for.
    assert [path.name for path in (tmp_path / "again").iterdir()] == ["files"]
    Message.objects.filter(pk=grown.pk).update(text="Another text")
    with pytest.raises(CommandError, match="Not the same bytes"):
        command("r1", "--again", tmp_path / "third")
    with pytest.raises(CommandError, match="exists already"):
        command("r1", "--again", tmp_path / "third")


@committed
def test_a_moment_of_the_database_is_in_it_and_nothing_later(grown: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    """What people write while it is built is in none of its parts."""
    monkeypatch.setattr(parts, "TREES", 1)
    make_tree(state=State.READY_FOR_EXPORT)
    before = Message.objects.count()
    release = asking.ask(name="r1", config=asked(), benchmarks={}, by=None, now=NOW, here=True)

    def write(done: int, of: int) -> None:
        if done == 1:
            make_tree(state=State.READY_FOR_EXPORT)

    assert build.build(release.pk, clock=lambda: NOW, tell=write)
    release.refresh_from_db()
    assert (release.parts_done, release.parts) == (2, 2)
    assert release.manifest is not None
    assert Message.objects.count() > before == release.manifest["counts"]["messages"]


@committed
def test_several_processes_build_parts_of_the_same_moment(
    grown: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring_in(OURS)
    monkeypatch.setattr(parts, "TREES", 2)
    alone = make_release()
    release = asking.ask(name="r1", config=asked(), benchmarks={}, by=None, now=NOW, here=True)
    helped: list[int] = []

    def others(done: int, of: int) -> None:
        """Another process comes after the first part; all it needs is on disk and in the database."""
        if not helped:
            (snapshot,) = [each.name for each in places.workshop("r1").iterdir() if each.name != "files"]
            helped.append(build.help_build(release.pk, snapshot, of))

    assert build.build(release.pk, clock=lambda: NOW, tell=others)
    release.refresh_from_db()
    assert helped[0] == release.parts - 1 > 1
    assert release.manifest_digest == alone.manifest_digest


@committed
def test_who_comes_to_help_too_late_does_nothing(grown: Tree) -> None:
    release = make_release()
    assert build.help_build(release.pk, "00000003-00000002-1", 4) == 0
    Release.objects.update(state=ReleaseState.BUILDING)
    assert build.help_build(release.pk, "00000003-00000002-1", 4) == 0
    # The directory is there, but nobody keeps the moment any more.
    with kept_moment() as snapshot:
        directory = places.workshop("r1") / snapshot
        directory.mkdir(parents=True)
    assert build.help_build(release.pk, snapshot, 4) == 0


@committed
def test_what_a_killed_process_left_is_built_again_to_the_same_bytes(grown: Tree) -> None:
    alone = make_release()
    release = asking.ask(name="r1", config=asked(), benchmarks={}, by=None, now=NOW, here=True)

    class Killed(BaseException):
        pass

    def kill(done: int, of: int) -> None:
        raise Killed

    with pytest.raises(Killed):
        build.build(release.pk, clock=lambda: NOW, tell=kill)
    release.refresh_from_db()
    assert release.state == ReleaseState.BUILDING
    assert build.build_waiting(clock=lambda: NOW + timedelta(hours=1)) == 1
    release.refresh_from_db()
    assert release.state == ReleaseState.BUILT
    assert release.manifest_digest == alone.manifest_digest
    assert not places.workshop("r1").exists()


def test_what_it_shows_is_dated_by_the_last_answer_and_not_by_the_clock(grown: Tree) -> None:
    release = make_release(now=NOW + timedelta(days=3))
    newest = build.newest()
    assert newest is not None
    assert manifest_of(release)["as_of"] == newest.isoformat()
    assert newest < NOW
    late = add_message(tree=grown, parent=root_of(grown))
    Message.objects.filter(pk=late.pk).update(created_at=NOW + timedelta(days=1))
    assert manifest_of(make_release())["as_of"] == (NOW + timedelta(days=1)).isoformat()


def test_what_cannot_be_built_says_why_and_is_not_tried_for_ever(grown: Tree, releases_dir: Path) -> None:
    release = asking.ask(name="r1", config=asked(), benchmarks={}, by=None, now=NOW, here=True)
    releases_dir.write_text("in the way")
    assert not build.build(release.pk, clock=lambda: NOW)
    release.refresh_from_db()
    assert release.state == ReleaseState.FAILED
    assert "releases" in release.problem
    releases_dir.unlink()

    def breaks(done: int, of: int) -> None:
        raise RuntimeError("something nobody thought of")

    Release.objects.update(state=ReleaseState.ASKED)
    with pytest.raises(RuntimeError):
        build.build(release.pk, clock=lambda: NOW, tell=breaks)
    release.refresh_from_db()
    assert (release.state, release.problem) == (ReleaseState.FAILED, "RuntimeError: something nobody thought of")
    assert build.build_waiting(clock=lambda: NOW) == 0


@committed
def test_only_one_process_builds_a_release(grown: Tree) -> None:
    release = asking.ask(name="r1", config=asked(), benchmarks={}, by=None, now=NOW, here=True)
    with another_connection() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s, %s)", locking.key_of(f"release {release.pk}"))
        assert build.build_waiting(clock=lambda: NOW) == 0
    with another_connection() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s, %s)", locking.key_of("releases"))
        assert build.build_waiting(clock=lambda: NOW) == 0
    assert build.build_waiting(clock=lambda: NOW) == 1


def test_two_different_people_sign_the_same_files_off(grown: Tree) -> None:
    release = make_release()
    first, second = make_admin(), make_admin()

    assert not sign(release, by=first).published
    with pytest.raises(signing.SignedAlready):
        sign(release, by=first)
    with pytest.raises(signing.Changed):
        sign(release, by=second, digest="0" * 64)
    assert sign(release, by=second).published
    with pytest.raises(signing.NotReady):
        sign(release, by=make_admin())
    notice = Notice.objects.get(kind=NoticeKind.RELEASE_PUBLISHED)
    assert notice.payload == {"release": "r1", "manifest_sha256": release.manifest_digest}


def test_what_was_taken_back_since_it_was_built_is_never_published(grown: Tree) -> None:
    release = make_release()
    profiles.change(person=root_of(grown).author, now=NOW, consent=Consent.HERE)
    with pytest.raises(signing.Outdated):
        sign(release, by=make_admin())
    publish(make_release())
    assert rows_of(release, "hub") == []


def test_built_again_it_has_to_be_signed_again(grown: Tree) -> None:
    release = make_release()
    sign(release, by=make_admin())
    assert make_release().sign_offs.count() == 0


def test_what_did_not_pass_every_gate_cannot_be_signed_off(grown: Tree) -> None:
    release = make_release(gates={"screened": 1.0})
    assert release.audit is not None
    (closed,) = [gate["gate"] for gate in release.audit["gates"] if not gate["passed"]]
    assert closed == "screened"
    with pytest.raises(signing.GateClosed):
        sign(release, by=make_admin())


def test_a_published_release_never_changes(grown: Tree, toml: Path) -> None:
    release = published()
    with pytest.raises(asking.NameTaken):
        make_release("r1")
    with pytest.raises(CommandError, match="never changes"):
        command("r1", "--config", toml)
    for change in (
        lambda: Release.objects.filter(pk=release.pk).update(manifest={}),
        lambda: Release.objects.filter(pk=release.pk).delete(),
    ):
        with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
            change()
    assert not build.build(release.pk, clock=lambda: NOW)
    assert build.build_waiting(clock=lambda: NOW) == 0


def test_its_secret_gets_a_new_key_when_keys_are_replaced(grown: Tree, settings: Any) -> None:
    settings.ENCRYPTION_KEYS = ["old"]
    release = published()
    settings.ENCRYPTION_KEYS = ["new", "old"]
    call_command("reencrypt", stdout=StringIO())
    settings.ENCRYPTION_KEYS = ["new"]
    assert Release.objects.get().seed == release.seed


def test_a_release_remembers_what_and_who_is_in_it(grown: Tree) -> None:
    release = make_release()
    assert set(ReleasedMessage.objects.values_list("message_id", flat=True)) == set(
        Message.objects.values_list("pk", flat=True)
    )
    people = set(ReleasedPerson.objects.filter(release=release).values_list("person_id", flat=True))
    reviewers = {review.reviewer_id for message in Message.objects.all() for review in message.reviews.all()}
    assert reviewers <= people
    assert len({row["reviewer_id"] for row in rows_of(release, "reviews")}) == len(reviewers)
    without = make_release("r2", formats=["sft"])
    assert not ReleasedPerson.objects.filter(release=without).exists()


def test_an_empty_release_can_be_built(tmp_path: Path) -> None:
    release = make_release(files=["jsonl.gz", "jsonl.zst", "parquet"])
    assert release.manifest is not None
    assert release.manifest["counts"]["messages"] == 0
    assert rows_of(release, "trees") == []
    table = pyarrow.parquet.read_table(places.of("r1") / "data" / "sft" / "train.parquet")
    assert table.num_rows == 0


@pytest.mark.parametrize(
    ("files", "suffixes"),
    [
        (["parquet"], {".parquet", ".jsonl.gz"}),
        (["jsonl.zst"], {".jsonl.zst"}),
        (["jsonl.gz", "jsonl.zst"], {".jsonl.gz", ".jsonl.zst"}),
    ],
)
def test_files_are_of_the_kinds_that_were_asked_for(grown: Tree, files: list[str], suffixes: set[str]) -> None:
    """Trees and messages have no fixed columns: where only Parquet is asked for, they are lines all the same."""
    make_release(files=files)
    found = {path.relative_to(places.of("r1") / "data") for path in (places.of("r1") / "data").rglob("*.*")}
    assert {"".join(path.suffixes) for path in found} == suffixes
    assert {path.suffix for path in found if path.parts[0] == "trees"} <= {".gz", ".zst"}
