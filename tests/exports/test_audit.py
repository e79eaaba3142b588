"""What is measured before anybody signs a release off, what the card says of people, and what a release is made of."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml
from django.core.management import call_command

from accounts import profiles
from exports.models import Release
from exports.releases import places
from exports.releases.agreeing import Coincidences
from exports.releases.facts import fingerprint
from moderation.models import Finding
from ranking.agreement import Level, krippendorff_alpha
from tasks.models import Message, Review, Tree
from tasks.tree_states import State
from tests.exports.releasing import make_release, rows_of
from tests.exports.test_filters import WORDS, find
from tests.making import NOW, add_message, add_review, make_people, make_tree, root_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("releases_dir")]


@pytest.fixture
def grown() -> Tree:
    """Ten messages."""
    return make_tree(state=State.READY_FOR_EXPORT, replies=9)


def replies(tree: Tree) -> list[Message]:
    return list(tree.messages.filter(depth=1).order_by("id"))


def measured(release: Release) -> dict[str, Any]:
    assert release.audit is not None
    return {gate["gate"]: gate["measured"] for gate in release.audit["gates"]}


def left_out(release: Release) -> dict[str, int]:
    assert release.manifest is not None
    found: dict[str, int] = release.manifest["counts"]["left_out"]
    return found


def closed(release: Release) -> set[str]:
    assert release.audit is not None
    assert json.loads((places.of(release.name) / "audit.json").read_text()) == release.audit
    return {gate["gate"] for gate in release.audit["gates"] if not gate["passed"]}


def test_findings_are_shares_of_messages_and_those_overruled_do_not_count(grown: Tree) -> None:
    first, second, third, *_ = replies(grown)
    for message in (first, second):
        find(message, "personal_data")
    # Twice in one message is one message.
    Finding.objects.create(
        message=first, concern="personal_data", version="1", kind="y", score=0.9, threshold=0.5, start=3, end=4,
        of_text="y", severity=1, at=NOW,
    )  # fmt: skip
    find(third, "personal_data", cleared_at=NOW)
    find(third, "toxicity", outdated_at=NOW)
    find(third, "zero_tolerance")
    release = make_release(gates={"screened": 0, "duplicates": 1, "personal_data": 0.2})
    found = measured(release)
    assert (found["personal_data"], found["toxicity"], found["zero_tolerance"]) == (0.2, 0.0, 0.1)
    assert closed(release) == {"zero_tolerance"}
    without = make_release(
        "r2", gates={"screened": 0, "duplicates": 1}, without_findings=["personal_data", "zero_tolerance"]
    )
    assert closed(without) == set()
    assert left_out(without)["with_findings"] == 3


def test_what_nobody_screened_keeps_the_gate_closed(grown: Tree) -> None:
    release = make_release(gates={"screened": 0.5, "duplicates": 1})
    assert (measured(release)["screened"], closed(release)) == (0.0, {"screened"})
    Message.objects.filter(pk__in=[each.pk for each in replies(grown)[:5]]).update(screening_due=False)
    assert closed(make_release("r2", gates={"screened": 0.5, "duplicates": 1})) == set()


def test_benchmark_texts_are_looked_for_and_may_be_left_out(grown: Tree) -> None:
    first, *_ = replies(grown)
    Message.objects.filter(pk=first.pk).update(text=f"So: {WORDS}.")
    add_message(tree=grown, parent=first)
    lists = {"bench.txt": f"{WORDS} and more\nshort\n"}
    release = make_release(benchmarks=lists)
    assert measured(release)["leakage"] == pytest.approx(1 / 11, abs=1e-5)
    assert closed(release) == {"leakage"}
    without = make_release("r2", benchmarks=lists, without_benchmarks=True)
    assert closed(without) == set()
    assert left_out(without) == {"in_a_benchmark": 1, "orphaned": 1}
    assert not [row for row in rows_of(without, "hub") if "thirteen" in row["text"]]
    unmeasured = make_release("r3")
    assert measured(unmeasured)["leakage"] is None
    assert unmeasured.audit is not None
    assert "No benchmark texts" in unmeasured.audit["not_measured"]["leakage"]


def test_repeated_texts_are_counted_across_parts(grown: Tree) -> None:
    again = "Exactly the same words once more, my friend"
    other = make_tree(state=State.READY_FOR_EXPORT, replies=9)
    for message, text in zip(
        (*replies(grown)[:2], replies(other)[0]), (again, again.upper(), f" {again}\n"), strict=True
    ):
        Message.objects.filter(pk=message.pk).update(text=text)
    assert measured(make_release())["duplicates"] >= 0.1
    assert fingerprint("Thank you very much!") == b""
    assert fingerprint("  A b c\nd e F") == fingerprint("a B c d e f") != fingerprint("a b c d e g")


def test_agreement_is_that_of_the_library(grown: Tree) -> None:
    rng, people = Random(3), make_people(4)
    for message in replies(grown):
        for person in rng.sample(people, 3):
            value = rng.choice([0.0, 0.25, 0.5, 1.0])
            add_review(message, by=person, quality=value, spam=float(value < 0.1))
    release = make_release()
    assert release.audit is not None
    levels: tuple[tuple[str, Level], ...] = (("quality", "interval"), ("spam", "nominal"))
    for label, level in levels:
        votes = [
            (review.message_id, review.reviewer_id, review.labels[label])
            for review in Review.objects.all()
            if label in review.labels
        ]
        expected = krippendorff_alpha(votes, level, resamples=0)
        found = release.audit["agreement"][label]
        assert (found["alpha"], found["votes"]) == (pytest.approx(expected.alpha, abs=1e-5), expected.n_votes)
    assert measured(release)["agreement"] == release.audit["agreement"]["quality"]["alpha"]


@pytest.mark.parametrize("seed", range(5))
def test_coincidences_of_parts_add_up_to_those_of_the_whole(seed: int) -> None:
    rng = Random(seed)
    items = [[rng.choice([0.0, 0.5, 1.0]) for _ in range(rng.randint(1, 6))] for _ in range(40)]
    whole, first, second = Coincidences(), Coincidences(), Coincidences()
    whole.see(items)
    first.see(items[:17])
    second.see(items[17:])
    first.add(second.to_json())
    assert first.pairs == whole.pairs
    votes = [(item, rater, vote) for item, said in enumerate(items) for rater, vote in enumerate(said)]
    levels: tuple[tuple[bool, Level], ...] = ((True, "interval"), (False, "nominal"))
    for interval, level in levels:
        expected = krippendorff_alpha(votes, level, resamples=0).alpha
        assert whole.alpha(interval=interval) == pytest.approx(expected)
    same = Coincidences()
    same.see([[1.0, 1.0]])
    assert same.alpha(interval=True) is None


def test_of_people_the_card_says_only_what_five_of_them_told() -> None:
    authors = make_people(6)
    make_tree(state=State.READY_FOR_EXPORT, replies=6, authors=authors)
    for person in authors[:5]:
        profiles.change(person=person, now=NOW, languages=["en", "de"])
    profiles.change(person=authors[5], now=NOW, languages=["en", "sw"])
    make_release()
    text = (places.of("r1") / "README.md").read_text()
    assert "6 of " in text
    assert "de 5, en 6" in text
    assert "sw" not in text.split("## Data statement")[1].split("**Annotators")[0]


def test_the_card_has_what_the_hub_reads(grown: Tree) -> None:
    make_release(title="A: title, with # signs", license="cc-by-4.0", contact="data@example.org")
    text = (places.of("r1") / "README.md").read_text()
    _nothing, header, rest = text.split("---\n", 2)
    said = yaml.safe_load(header)
    assert (said["pretty_name"], said["license"], said["language"]) == ("A: title, with # signs", "cc-by-4.0", ["en"])
    names = {each["config_name"] for each in said["configs"]}
    assert {"hub", "sft", "preferences"} <= names
    assert not names & {"trees", "messages"}
    for each in said["configs"]:
        for file in each["data_files"]:
            assert (places.of("r1") / file["path"]).exists()
    assert "data@example.org" in rest


def test_a_release_of_a_backup_gets_the_same_pseudonyms_by_the_seed(grown: Tree, tmp_path: Path) -> None:
    seed, toml = tmp_path / "seed", tmp_path / "release.toml"
    seed.write_text("a secret\n")
    toml.write_text('title = "x"\nlicense = "y"\n[gates]\nscreened = 0\nduplicates = 1\n')
    ids = []
    for name in ("r1", "r2"):
        call_command(
            "release", name, "--config", str(toml), "--seed-file", str(seed), stdout=StringIO(), stderr=StringIO()
        )
        ids.append([row["message_id"] for row in rows_of(Release.objects.get(name=name), "hub")])
    assert ids[0] == ids[1]
    assert Release.objects.get(name="r1").seed == "a secret"


def test_a_release_may_hold_rejected_messages_that_say_so_and_none_that_were_given_for_less(grown: Tree) -> None:
    first, second, *_ = replies(grown)
    Message.objects.filter(pk=first.pk).update(review_result=False, text="Rejected")
    profiles.change(person=second.author, now=NOW, consent="research")
    release = make_release(rejected=True)
    bad = [row for row in rows_of(release, "kto") if row["because"] == "review"]
    assert [row["completion"][0]["content"] for row in bad] == ["Rejected"]
    assert root_of(grown).text in json.dumps(rows_of(release, "hub"))
    assert measured(release)["scope"] == 0
    assert {row["scope"] for row in rows_of(make_release("r2", use="research"), "sft")} == {"dataset", "research"}
