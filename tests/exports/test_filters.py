"""Filters by what people and detectors said of a message, and by what it repeats."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError

from exports.leakage import Grams, N
from moderation.models import Finding
from moderation.severity import Severity
from tasks.models import Message
from tasks.tree_states import State
from tests.exports.files import bring_in, message, report_of, take_out, tree, write
from tests.making import NOW, add_message, make_tree, root_of

pytestmark = pytest.mark.django_db

WORDS = "one two three four five six seven eight nine ten eleven twelve thirteen"


def texts(*found: dict[str, Any]) -> set[str]:
    """Of these trees and all in them."""
    return {text for node in found for text in ({node["text"]} | texts(*node.get("replies", ())))}


def exported(path: Path, *options: str) -> set[str]:
    return texts(*(each["prompt"] for each in take_out(path, *options)))


def rated(n: int, *replies: dict[str, Any], **labels: float) -> dict[str, Any]:
    means = {name: {"value": value, "count": 3} for name, value in labels.items()}
    return message(n, *replies, labels=means)


def test_thresholds_of_labels_leave_out_what_is_worse_and_what_nobody_rated(tmp_path: Path) -> None:
    below = rated(3, rated(4, quality=1.0), quality=0.2)
    bring_in(
        write(tmp_path / "in.jsonl", [tree(rated(1, rated(2, quality=0.6, spam=0.0), below, message(5), quality=0.5))])
    )
    assert exported(tmp_path / "a.jsonl", "--min-label", "quality=0.5") == {"Text 1", "Text 2"}
    assert exported(tmp_path / "b.jsonl", "--max-label", "quality=0.5") == {"Text 1", "Text 3"}
    report = report_of("export_trees", tmp_path / "c.jsonl", "--min-label", "quality=0.5")
    assert report["left_out"] == {"outside_thresholds": 2, "orphaned": 1}


@pytest.mark.parametrize("option", ["quality", "quality=much", "beauty=0.5"])
def test_a_threshold_that_makes_no_sense_is_refused(tmp_path: Path, option: str) -> None:
    with pytest.raises(CommandError, match=r"quality|beauty"):
        take_out(tmp_path / "a.jsonl", "--min-label", option)


def find(message: Message, concern: str, **changes: Any) -> None:
    what = {"version": "1", "kind": "x", "score": 0.9, "threshold": 0.5, "start": 0, "end": 1, "of_text": "y"}
    Finding.objects.create(message=message, concern=concern, severity=Severity.MEDIUM, at=NOW, **what, **changes)


def test_findings_leave_a_message_out_until_a_moderator_overrules_them(tmp_path: Path) -> None:
    grown = make_tree(state=State.READY_FOR_EXPORT, replies=3)
    first, second, third = grown.messages.filter(depth=1).order_by("id")
    find(first, "personal_data")
    find(second, "personal_data", cleared_at=NOW + timedelta(days=1))
    find(third, "toxicity")
    every = {each.text for each in grown.messages.all()}
    out = exported(tmp_path / "a.jsonl", "--without-findings", "personal_data")
    assert out == every - {first.text}
    assert exported(tmp_path / "b.jsonl", "--without-findings", "personal_data,toxicity") == every - {
        first.text,
        third.text,
    }
    assert exported(tmp_path / "c.jsonl") == every
    with pytest.raises(CommandError, match=r"Known: .*personal_data"):
        exported(tmp_path / "d.jsonl", "--without-findings", "ugliness")


def test_what_repeats_a_benchmark_stays_out_with_all_below_it(tmp_path: Path) -> None:
    grown = make_tree(state=State.READY_FOR_EXPORT, replies=2)
    copied = grown.messages.filter(depth=1).order_by("id")[0]
    Message.objects.filter(pk=copied.pk).update(text=f"I think: {WORDS.upper().replace(' ', ', ')}!")
    below = add_message(tree=grown, parent=copied)
    benchmark = tmp_path / "benchmark.txt"
    benchmark.write_text(f"Question 1. {WORDS} fourteen\n\nshort line\n")
    out = exported(tmp_path / "a.jsonl", "--without-benchmarks", str(benchmark))
    assert root_of(grown).text in out
    assert not {text for text in out if "THIRTEEN" in text or text == below.text}
    assert len(exported(tmp_path / "b.jsonl")) == len(out) + 2
    with pytest.raises(CommandError, match="cannot be read"):
        exported(tmp_path / "c.jsonl", "--without-benchmarks", str(tmp_path / "nowhere"))


def test_sequences_are_of_thirteen_words_or_of_letters_where_there_are_no_spaces() -> None:
    found = Grams.of_texts([WORDS, "敏捷的棕色狐狸跳过了那只懒惰的狗"])
    assert found.share(f"x {WORDS} y")
    assert not found.share(" ".join(WORDS.split()[: N - 1]))
    assert found.share("他说：敏捷的棕色狐狸跳过了那只懒惰的狗。")
    assert not found.share("敏捷的棕色狐狸跳过了")
    assert Grams.stored(found.to_store()).hashes == found.hashes


def test_scores_are_added_to_english_messages_and_leave_published_ones_alone(tmp_path: Path) -> None:
    rude = message(2, text="You are a stupid idiot and I hate you.")
    published = message(3, detoxify={"toxicity": 0.5})
    bring_in(write(tmp_path / "in.jsonl", [tree(message(1, rude, published)), tree(message(4, lang="de"))]))
    english, german = (each["prompt"] for each in take_out(tmp_path / "a.jsonl", "--scores"))
    said = {node["text"]: node["detoxify"]["toxicity"] for node in (english, *english["replies"])}
    assert said["Text 1"] < 0.5 == said["Text 3"] < said[rude["text"]]
    assert "detoxify" not in german
    assert "detoxify" not in take_out(tmp_path / "b.jsonl")[0]["prompt"]
