"""Taking back: what is withdrawn is in no later release, is in the ledger, and leaves copies with a small script."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import pytest
from django.db import DatabaseError, transaction

from accounts import profiles
from accounts.models import Consent
from exports import takedowns
from exports.formats import FORMATS
from exports.models import Recall, Release, Tombstone, Why
from exports.redaction import Pseudonyms
from exports.releases import merging, oasst_apply_takedowns, places, signing
from moderation import actions, leaving
from moderation.log import Grounds
from moderation.reasons import Reason
from tasks import reactions
from tasks.models import Message, Review, Tree
from tasks.tree_states import State
from tests.exports.files import bring_in, write
from tests.exports.releasing import ledger, make_release, publish, published, rows_of, sweep, whys
from tests.exports.test_leaks import random_trees
from tests.making import (
    NOW,
    add_message,
    add_ranking,
    add_review,
    given,
    make_admin,
    make_moderator,
    make_people,
    make_tree,
    root_of,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("releases_dir")]

STATES = ["ready_for_export", "ranking", "growing", "backlog_ranking"]
SCRIPT = Path(oasst_apply_takedowns.__file__)


@pytest.fixture
def grown() -> Tree:
    """A prompt with three ranked replies, and an answer to each of these."""
    authors = make_people(3)
    tree = make_tree(state=State.READY_FOR_EXPORT, replies=3, authors=authors)
    for reply in tree.messages.filter(depth=1):
        add_message(tree=tree, parent=reply)
    for message in tree.messages.filter(depth__lt=2):
        add_review(message, by=make_people(1)[0])
    return tree


def reply_of(tree: Tree) -> Message:
    found: Message = tree.messages.filter(depth=1).order_by("created_at", "id")[0]
    return found


def below(message: Message) -> Message:
    return Message.objects.get(parent=message)


def texts_in(directory: Path) -> str:
    """Everything that any file of rows says."""
    return "".join(gzip.decompress(path.read_bytes()).decode() for path in sorted(directory.rglob("*.jsonl.gz")))


def copy(release: Release, to: Path) -> Path:
    """As somebody downloaded it."""
    for path in places.of(release.name).rglob("*"):
        if path.is_file():
            target = to / path.relative_to(places.of(release.name))
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    return to


def apply(directory: Path, *options: str, lines: bytes | None = None) -> subprocess.CompletedProcess[str]:
    """The script of the release, in a Python that has nothing of this project."""
    file = directory.parent / "ledger.jsonl"
    file.write_bytes(b"".join(takedowns.ledger()) if lines is None else lines)
    command = [sys.executable, "-I", str(SCRIPT), str(file), str(directory), *options]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=directory.parent)


def hide(message: Message, reason: Reason | str = "") -> None:
    grounds = Grounds(reason=reason)
    actions.delete_message(message_id=message.pk, by=make_moderator(), why="x", grounds=grounds, **given())


def test_nothing_was_taken_back(grown: Tree) -> None:
    published()
    assert sweep() == 0
    assert ledger() == []


def test_a_person_who_takes_everything_back_is_in_no_copy_and_no_later_release(grown: Tree, tmp_path: Path) -> None:
    release = published()
    mine = reply_of(grown)
    answer = below(mine)
    theirs = copy(release, tmp_path / "copy")
    leaving.take_back(person=mine.author, **given())
    assert sweep(NOW + timedelta(hours=1)) == 2
    ids = Pseudonyms(release.seed)
    assert {line["subject"]: line["why"] for line in ledger()} == {
        str(ids.message(mine.pk)): "author",
        str(ids.message(answer.pk)): "below",
    }
    for line in ledger():
        assert set(line) == {"number", "at", "release", "taken", "subject", "why", "digest"}
        assert (line["release"], line["taken"]) == ("r1", "message")
    done = apply(theirs)
    assert done.returncode == 0, done.stderr
    for text in (mine.text, answer.text):
        assert text not in texts_in(theirs)
        assert text not in texts_in(places.of("r1"))
        assert text not in texts_in(places.of(make_release("r2").name))
    assert root_of(grown).text in texts_in(theirs)


def test_a_cleaned_copy_and_the_cleaned_files_of_the_site_are_the_same_bytes(grown: Tree, tmp_path: Path) -> None:
    release = published()
    theirs = copy(release, tmp_path / "copy")
    hide(reply_of(grown))
    sweep()
    assert apply(theirs).returncode == 0
    said = takedowns.applied(release)
    assert said["files"]
    assert release.manifest is not None
    for path in sorted((theirs / "data").rglob("*.*")):
        name = path.relative_to(theirs).as_posix()
        assert path.read_bytes() == (places.of("r1") / name).read_bytes(), name
        now = said["files"].get(name) or release.manifest["files"][name]
        assert merging.digest(path) == now["sha256"]


def test_applying_it_twice_changes_nothing_more(grown: Tree, tmp_path: Path) -> None:
    release = published()
    theirs = copy(release, tmp_path / "copy")
    hide(reply_of(grown))
    sweep()
    apply(theirs)
    before = {path: path.read_bytes() for path in theirs.rglob("*") if path.is_file()}
    assert ": 0 rows" in apply(theirs).stdout
    assert {path: path.read_bytes() for path in theirs.rglob("*") if path.is_file()} == before
    assert sweep() == 0


@pytest.mark.parametrize(
    ("reason", "why"),
    [
        (Reason.RIGHTS, Why.RIGHTS),
        (Reason.COPIED, Why.RIGHTS),
        (Reason.PERSONAL_DATA, Why.PERSONAL_DATA),
        (Reason.MINORS, Why.HARM),
        (Reason.SPAM, Why.MODERATION),
        (Reason.AUTHOR_ASKED, Why.AUTHOR),
        ("", Why.MODERATION),
    ],
)
def test_the_ledger_says_a_class_of_why_and_what_hangs_below_follows(grown: Tree, reason: str, why: Why) -> None:
    published()
    hide(reply_of(grown), reason)
    sweep()
    assert sorted(whys()) == sorted([why, Why.BELOW])


@pytest.mark.parametrize(
    ("reason", "gone"), [(Reason.PERSONAL_DATA, True), (Reason.WRONG_LANGUAGE, False), ("", False)]
)
def test_what_was_cut_out_of_a_text_leaves_copies_and_small_corrections_do_not(
    grown: Tree, reason: str, gone: bool
) -> None:
    release = published(now=NOW)
    message = reply_of(grown)
    grounds = Grounds(reason=reason)
    actions.edit_message(
        message_id=message.pk, text="Without it", by=make_moderator(), why="x", grounds=grounds, **given()
    )
    assert sweep() == (2 if gone else 0)
    assert sorted(whys()) == ([Why.BELOW, Why.PERSONAL_DATA] if gone else [])
    assert (message.text in texts_in(places.of(release.name))) != gone
    assert sweep() == 0
    later = make_release("r2", now=NOW + timedelta(days=1), states=[*STATES, "ready_for_scoring"])
    assert "Without it" in texts_in(places.of(later.name))
    publish(later)
    assert sweep() == 0


def test_who_gives_it_for_less_leaves_releases_for_more_and_stays_in_those_for_less(grown: Tree) -> None:
    published("open", use="dataset")
    published("research", use="research")
    mine = reply_of(grown)
    profiles.change(person=mine.author, now=NOW, consent=Consent.RESEARCH)
    assert sweep() == 2
    assert {(line["release"], line["why"]) for line in ledger()} == {("open", "consent"), ("open", "below")}
    profiles.change(person=mine.author, now=NOW, consent=Consent.EVALUATION)
    assert sweep() == 2
    assert {line["release"] for line in ledger()} == {"open", "research"}
    # What was taken back stays so, whatever they give later; the next release has it again.
    profiles.change(person=mine.author, now=NOW, consent=Consent.DATASET)
    assert sweep() == 0
    assert mine.text in texts_in(places.of(make_release("later").name))


def test_single_answers_are_taken_back_with_consent(grown: Tree, tmp_path: Path) -> None:
    reviewer = make_people(1)[0]
    add_review(root_of(grown), by=reviewer)
    add_ranking(parent=root_of(grown), by=reviewer)
    release = published()
    theirs = copy(release, tmp_path / "copy")
    pseudonym = str(Pseudonyms(release.seed).person(reviewer.pk))
    assert pseudonym in texts_in(theirs)
    reviews = len(rows_of(release, "reviews"))
    profiles.change(person=reviewer, now=NOW, consent=Consent.HERE)
    assert sweep() == 1
    assert [(line["taken"], line["subject"], line["why"]) for line in ledger()] == [("answers", pseudonym, "consent")]
    apply(theirs)
    assert pseudonym not in texts_in(theirs)
    assert len(rows_of(release, "reviews", theirs)) == reviews - 1


def test_events_are_answers_too(grown: Tree, tmp_path: Path) -> None:
    fan, ranker = make_people(2)
    reactions.add(message=root_of(grown), person=fan, emoji="+1", now=NOW)
    add_ranking(parent=root_of(grown), by=ranker)
    release = published(events=True, formats=["trees", "messages"])
    theirs = copy(release, tmp_path / "copy")
    pseudonyms = [str(Pseudonyms(release.seed).person(person.pk)) for person in (fan, ranker)]
    assert all(each in texts_in(theirs) for each in pseudonyms)
    for person in (fan, ranker):
        profiles.change(person=person, now=NOW, consent=Consent.HERE)
    assert sweep() == 2
    apply(theirs)
    assert not [each for each in pseudonyms if each in texts_in(theirs) + texts_in(places.of("r1"))]
    assert pseudonyms[0] not in texts_in(places.of(published("plain", formats=["trees"]).name))


def test_what_was_erased_is_found_though_nothing_is_left_of_it(grown: Tree) -> None:
    release = published()
    gone = reply_of(grown)
    text = gone.text
    for message in (below(gone), gone):
        Review.objects.filter(message=message).delete()
        message.tasks.all().delete()
        message.delete()
    assert sweep() == 2
    assert whys() == [Why.ERASED, Why.ERASED]
    assert text not in texts_in(places.of(release.name))


def test_only_published_releases_are_in_the_ledger(grown: Tree) -> None:
    make_release()
    hide(reply_of(grown))
    assert sweep() == 0


def test_lines_of_the_ledger_follow_one_from_the_other_and_never_change(grown: Tree, tmp_path: Path) -> None:
    theirs = copy(published(), tmp_path / "copy")
    hide(reply_of(grown))
    sweep()
    hide(root_of(grown))
    sweep(NOW + timedelta(days=1))
    lines = b"".join(takedowns.ledger())
    assert [line["number"] for line in ledger()] == list(range(1, 8))
    for forged in (
        lines.replace(b'"moderation"', b'"consent"', 1),
        lines.split(b"\n", 1)[1],
        lines.replace(b"r1", b"r2"),
    ):
        refused = apply(theirs, lines=forged)
        assert refused.returncode == 1
        assert "does not follow" in refused.stderr
    with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
        Tombstone.objects.update(why=Why.AUTHOR)
    with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
        Tombstone.objects.all().delete()


def test_files_are_cleaned_by_the_next_sweep_if_a_process_died_over_them(grown: Tree, monkeypatch: Any) -> None:
    release = published()
    hide(reply_of(grown))
    real, done = oasst_apply_takedowns.clean_file, list[Path]()

    def dies(path: Path, gone: Any) -> int:
        if len(done) == 3:
            raise KeyboardInterrupt
        done.append(path)
        return real(path, gone)

    with monkeypatch.context() as patch:
        patch.setattr(oasst_apply_takedowns, "clean_file", dies)
        with pytest.raises(KeyboardInterrupt):
            sweep()
    assert len(ledger()) == 2
    assert sweep() == 0
    changed = takedowns.applied(release)["files"]
    assert release.manifest is not None
    for name, row in release.manifest["files"].items():
        now = changed.get(name, row)["sha256"]
        assert merging.digest(places.of("r1") / name) == now


@pytest.mark.parametrize("seed", range(4))
def test_over_random_trees_and_withdrawals_nothing_is_left_that_was_taken_back(seed: int, tmp_path: Path) -> None:
    """In no format, in no file, of this release or a later one."""
    rng, people = Random(seed), make_people(8)
    bring_in(write(tmp_path / "in.jsonl", random_trees(rng, people)))
    for message in Message.objects.filter(parent=None):
        add_review(message, by=rng.choice(people))
    use = rng.choice(["dataset", "research", "evaluation"])
    release = published(
        states=["ready_for_export", "ranking", "growing", "backlog_ranking"], use=use, rejected=rng.random() < 0.5
    )
    theirs = copy(release, tmp_path / "copy")
    for person in people:
        if rng.random() < 0.3:
            profiles.change(person=person, now=NOW, consent=rng.choice(list(Consent)))
    leaving.take_back(person=people[0], **given())
    shown = list(Message.objects.filter(deleted=False).order_by("id"))
    for message in rng.sample(shown, min(3, len(shown))):
        hide(message)
    sweep()
    assert apply(theirs).returncode == 0
    later = make_release("r2", states=STATES, use=use)
    may_stay = _may_stay(use)
    for directory in (theirs, places.of("r1"), places.of(later.name)):
        for name in FORMATS:
            text = texts_in(directory / "data" / name)
            # An erased text would be in everything; those were of the form <1>.
            leaked = [n for n in range(1, 200) if f"<{n}>" in text and f"<{n}>" not in may_stay]
            assert not leaked, (name, directory)


def _may_stay(use: str) -> set[str]:
    order = [consent.value for consent in Consent]

    def fits(message: Message) -> bool:
        consent = profiles.of(message.author).consent if message.author else "dataset"
        return not message.deleted and order.index(consent) <= order.index(use)

    every: dict[UUID, Message] = {each.pk: each for each in Message.objects.select_related("author")}
    found = set()
    for message in every.values():
        path, at = [message], message
        while at.parent_id:
            at = every[at.parent_id]
            path.append(at)
        if all(map(fits, path)):
            found.add(message.text)
    return found


def test_a_whole_release_can_be_taken_back_once(grown: Tree) -> None:
    published()
    recall = signing.recall(name="r1", why="Its licence was wrong.", by=make_admin(), now=NOW)
    assert Recall.objects.get() == recall
    with pytest.raises(signing.NotPublished):
        signing.recall(name="r1", why="Again", by=make_admin(), now=NOW)
    make_release("r2")
    with pytest.raises(signing.NotPublished):
        signing.recall(name="r2", why="Not out yet", by=make_admin(), now=NOW)


class TestTheScript:
    """On files that somebody has, wherever they are."""

    def row(self, **said: Any) -> dict[str, Any]:
        return {"message_ids": [], "text": "é", **said}

    def lines(self, *subjects: str, taken: str = "message") -> bytes:
        before, out = oasst_apply_takedowns.GENESIS, b""
        for number, subject in enumerate(subjects, start=1):
            line = {"number": number, "at": "x", "release": "r", "taken": taken, "subject": subject, "why": "author"}
            before = oasst_apply_takedowns.digest_of(before, line)
            out += json.dumps(line | {"digest": before}).encode() + b"\n"
        return out

    @pytest.mark.parametrize("suffix", [".jsonl", ".jsonl.gz", ".jsonl.zst"])
    def test_rows_that_stay_are_not_touched(self, tmp_path: Path, suffix: str) -> None:
        from exports import writing

        gone, stays = "00000000-0000-8000-8000-000000000001", "00000000-0000-8000-8000-000000000002"
        rows = [
            self.row(message_ids=[stays]),
            self.row(message_ids=[stays, gone]),
            # Somebody wrote an id into a text: that is no message of the release.
            self.row(message_ids=[stays], text=f"Look at {gone}"),
        ]
        file = tmp_path / "copy" / f"a{suffix}"
        file.parent.mkdir()
        with writing.lines(str(file)) as write_row:
            for row in rows:
                write_row(row)
        done = apply(file.parent, "--release", "r", lines=self.lines(gone))
        assert done.returncode == 0, done.stderr
        left = file.parent / "b.jsonl"
        with writing.lines(str(left)) as write_row:
            write_row(rows[0])
            write_row(rows[2])
        from exports import reading

        with file.open("rb") as raw:
            assert reading.unpacked(raw).read() == left.read_bytes()

    def test_what_cannot_be_done_is_said_with_what_to_do(self, tmp_path: Path) -> None:
        copy = tmp_path / "copy"
        copy.mkdir()
        assert "no manifest.json" in apply(copy, lines=b"").stderr
        assert "no file of rows" in apply(copy, "--release", "r", lines=b"").stderr
        (copy / "a.jsonl").write_text("{}\n")
        assert apply(copy, "--release", "r", lines=b"").returncode == 0
        assert apply(copy, "--release", "r", lines=b"no json\n").returncode == 1

    def test_without_pyarrow_lines_are_cleaned_and_parquet_is_named(self, grown: Tree, tmp_path: Path) -> None:
        theirs = copy(published(), tmp_path / "copy")
        message = reply_of(grown)
        hide(message)
        sweep()
        ledger_file = tmp_path / "ledger.jsonl"
        ledger_file.write_bytes(b"".join(takedowns.ledger()))
        # Without what is installed beside Python.
        command = [sys.executable, "-I", "-S", str(SCRIPT), str(ledger_file), str(theirs)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 1
        assert "NOT CLEANED" in done.stderr
        assert "install pyarrow, or delete it" in done.stderr
        assert message.text not in texts_in(theirs)

    def test_of_a_tree_only_the_branch_goes_and_of_a_ranking_only_the_place(self) -> None:
        a, b, c = (f"00000000-0000-8000-8000-00000000000{n}" for n in range(3))
        lines = [json.loads(line) for line in self.lines(b).splitlines()]
        gone = oasst_apply_takedowns.Gone(lines, "r")
        event = {"user_id": c, "ranked_message_ids": [a, b]}
        tree = {
            "message_tree_id": a,
            "prompt": {
                "message_id": a,
                "replies": [{"message_id": b, "replies": []}, {"message_id": c}],
                "events": {"ranking": [event]},
            },
        }
        left = oasst_apply_takedowns.cleaned(tree, gone)
        assert left is not None
        assert [reply["message_id"] for reply in left["prompt"]["replies"]] == [c]
        assert left["prompt"]["events"]["ranking"][0]["ranked_message_ids"] == [a]
        ranking = {"ranker_id": "x", "parent_id": a, "order": [[b], [a, c]], "shown": [a, b, c], "unacceptable": [b]}
        assert oasst_apply_takedowns.cleaned(ranking, gone) == {
            "ranker_id": "x", "parent_id": a, "order": [[a, c]], "shown": [a, c], "unacceptable": [],
        }  # fmt: skip
        assert oasst_apply_takedowns.cleaned(ranking | {"shown": [a, b]}, gone) is None
