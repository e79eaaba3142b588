"""Taking back: what is withdrawn is in no later release, is in the ledger, and leaves copies with a small script."""

from __future__ import annotations

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
from exports.models import Recall, Tombstone, Why
from exports.redaction import Pseudonyms
from exports.releases import merging, oasst_apply_takedowns, places, signing
from moderation import actions, leaving
from moderation.log import Grounds
from moderation.reasons import Reason
from tasks import reactions
from tasks.models import Message, Review, Tree
from tests.exports.files import bring_in, write
from tests.exports.releasing import (
    apply,
    copy,
    hide,
    ledger,
    make_release,
    publish,
    published,
    reply_of,
    rows_of,
    sweep,
    texts_in,
    whys,
)
from tests.exports.test_leaks import random_trees
from tests.making import (
    NOW,
    add_ranking,
    add_review,
    given,
    make_admin,
    make_moderator,
    make_people,
    root_of,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("releases_dir")]

STATES = ["ready_for_export", "ranking", "growing", "backlog_ranking"]


def below(message: Message) -> Message:
    return Message.objects.get(parent=message)


def test_nothing_was_taken_back(conversation: Tree) -> None:
    published()
    assert sweep() == 0
    assert ledger() == []


def test_a_person_who_takes_everything_back_is_in_no_copy_and_no_later_release(
    conversation: Tree, tmp_path: Path
) -> None:
    release = published()
    mine = reply_of(conversation)
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
    assert root_of(conversation).text in texts_in(theirs)


def test_a_cleaned_copy_and_the_cleaned_files_of_the_site_are_the_same_bytes(
    conversation: Tree, tmp_path: Path
) -> None:
    release = published()
    theirs = copy(release, tmp_path / "copy")
    hide(reply_of(conversation))
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


def test_applying_it_twice_changes_nothing_more(conversation: Tree, tmp_path: Path) -> None:
    release = published()
    theirs = copy(release, tmp_path / "copy")
    hide(reply_of(conversation))
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
def test_the_ledger_says_a_class_of_why_and_what_hangs_below_follows(conversation: Tree, reason: str, why: Why) -> None:
    published()
    hide(reply_of(conversation), reason)
    sweep()
    assert sorted(whys()) == sorted([why, Why.BELOW])


@pytest.mark.parametrize(
    ("reason", "gone"), [(Reason.PERSONAL_DATA, True), (Reason.WRONG_LANGUAGE, False), ("", False)]
)
def test_what_was_cut_out_of_a_text_leaves_copies_and_small_corrections_do_not(
    conversation: Tree, reason: str, gone: bool
) -> None:
    release = published(now=NOW)
    message = reply_of(conversation)
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


def test_who_gives_it_for_less_leaves_releases_for_more_and_stays_in_those_for_less(conversation: Tree) -> None:
    published("open", use="dataset")
    published("research", use="research")
    mine = reply_of(conversation)
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


def test_single_answers_are_taken_back_with_consent(conversation: Tree, tmp_path: Path) -> None:
    reviewer = make_people(1)[0]
    add_review(root_of(conversation), by=reviewer)
    add_ranking(parent=root_of(conversation), by=reviewer)
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


def test_events_are_answers_too(conversation: Tree, tmp_path: Path) -> None:
    fan, ranker = make_people(2)
    reactions.add(message=root_of(conversation), person=fan, emoji="+1", now=NOW)
    add_ranking(parent=root_of(conversation), by=ranker)
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


def test_what_was_erased_is_found_though_nothing_is_left_of_it(conversation: Tree) -> None:
    release = published()
    gone = reply_of(conversation)
    text = gone.text
    for message in (below(gone), gone):
        Review.objects.filter(message=message).delete()
        message.tasks.all().delete()
        message.delete()
    assert sweep() == 2
    assert whys() == [Why.ERASED, Why.ERASED]
    assert text not in texts_in(places.of(release.name))


def test_only_published_releases_are_in_the_ledger(conversation: Tree) -> None:
    make_release()
    hide(reply_of(conversation))
    assert sweep() == 0


def test_lines_of_the_ledger_follow_one_from_the_other_and_never_change(conversation: Tree, tmp_path: Path) -> None:
    theirs = copy(published(), tmp_path / "copy")
    hide(reply_of(conversation))
    sweep()
    hide(root_of(conversation))
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


def test_files_are_cleaned_by_the_next_sweep_if_a_process_died_over_them(conversation: Tree, monkeypatch: Any) -> None:
    release = published()
    hide(reply_of(conversation))
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


def test_a_whole_release_can_be_taken_back_once(conversation: Tree) -> None:
    published()
    recall = signing.recall(name="r1", why="Its licence was wrong.", by=make_admin(), now=NOW)
    assert Recall.objects.get() == recall
    with pytest.raises(signing.NotPublished):
        signing.recall(name="r1", why="Again", by=make_admin(), now=NOW)
    make_release("r2")
    with pytest.raises(signing.NotPublished):
        signing.recall(name="r2", why="Not out yet", by=make_admin(), now=NOW)
