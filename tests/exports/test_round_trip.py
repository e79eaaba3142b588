"""What goes in comes out: every tree of every file, field by field."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator  # type: ignore[import-untyped]

from tasks.models import ImportedMessage, Message, Task, Tree, TreeTransition
from tests.exports.files import EVERYTHING, OURS, bring_in, load, normal, real, rows, take_out
from tests.making import drifts

pytestmark = pytest.mark.django_db

TREE_FILES = ("trees.jsonl", "oasst_en_100.trees.jsonl", "oasst2_multilingual_150.trees.jsonl")


@pytest.fixture(params=TREE_FILES)
def tree_file(request: pytest.FixtureRequest) -> Path:
    return OURS if request.param == OURS.name else real(request.param)


def by_id(lines: list[dict[str, Any]], key: str = "message_tree_id") -> dict[str, Any]:
    found = {line[key]: normal(line) for line in lines}
    assert len(found) == len(lines)
    return found


def test_every_tree_comes_back_as_it_was(tree_file: Path, tmp_path: Path) -> None:
    report = bring_in(tree_file)
    assert (report.broken, report.orphans, report.moved_on) == ([], [], {})
    published, exported = by_id(load(tree_file)), by_id(take_out(tmp_path / "out.jsonl", *EVERYTHING))
    assert exported.keys() == published.keys()
    for tree_id, tree in published.items():
        assert exported[tree_id] == tree


def test_nothing_drifts_after_an_import(tree_file: Path) -> None:
    bring_in(tree_file)
    assert drifts() == []


def test_flat_messages_come_back_but_those_whose_parent_is_missing(tmp_path: Path) -> None:
    path = real("oasst1_en_300.messages.jsonl")
    published = load(path)
    ids = {row["message_id"] for row in published}
    orphans = [row for row in published if row["parent_id"] not in {None, *ids}]
    report = bring_in(path)
    assert (report.broken, report.moved_on, len(report.orphans)) == ([], {}, len(orphans))
    exported = take_out(tmp_path / "out.jsonl", "--format", "messages", *EVERYTHING)
    wanted = by_id([row for row in published if row not in orphans], "message_id")
    assert by_id(exported, "message_id") == wanted
    assert drifts() == []


def test_the_layout_of_the_hub_comes_back_to_the_letter(tmp_path: Path) -> None:
    path = real("oasst1_en_300.messages.jsonl")
    bring_in(path)
    exported = {row["message_id"]: row for row in take_out(tmp_path / "o", "--format", "hub", *EVERYTHING[:-1])}
    published = {row["message_id"]: row for row in load(path) if row["message_id"] in exported}
    assert len(published) == 298
    for message_id, row in published.items():
        mine = {key: value for key, value in exported[message_id].items() if key in row}
        assert mine == row


@pytest.mark.parametrize("layout", ["messages", "hub"])
def test_a_flat_file_of_ours_makes_the_same_trees_again(layout: str, tmp_path: Path) -> None:
    bring_in(OURS)
    flat = tmp_path / "flat.jsonl"
    take_out(flat, "--format", layout, *EVERYTHING)
    before = take_out(tmp_path / "before.jsonl", *EVERYTHING)
    Task.objects.all().delete()
    TreeTransition.objects.all().delete()
    ImportedMessage.objects.all().delete()
    Message.objects.all().delete()
    Tree.objects.all().delete()
    report = bring_in(flat)
    assert (report.broken, report.orphans) == ([], [])
    # A flat row has no place for the keys of the tree object.
    trees = [{key: value for key, value in tree.items() if key not in ("origin", "licence_note")} for tree in before]
    assert by_id(take_out(tmp_path / "after.jsonl", *EVERYTHING)) == by_id(trees)


def test_the_same_data_give_the_same_bytes(tmp_path: Path) -> None:
    bring_in(OURS)
    for name in ("a.jsonl.gz", "b.jsonl.gz"):
        take_out(tmp_path / name, *EVERYTHING)
    assert (tmp_path / "a.jsonl.gz").read_bytes() == (tmp_path / "b.jsonl.gz").read_bytes()


def test_what_is_exported_satisfies_the_published_schemas(tree_file: Path, tmp_path: Path) -> None:
    checks = {
        sort: Draft7Validator(json.loads(real(f"oasst_export_{sort}.schema.json").read_text()))
        for sort in ("tree", "message")
    }
    bring_in(tree_file)
    for tree in take_out(tmp_path / "trees.jsonl", *EVERYTHING):
        checks["tree"].validate(tree)
    for row in take_out(tmp_path / "rows.jsonl", "--format", "messages", *EVERYTHING):
        checks["message"].validate(row)
    published = load(tree_file)
    assert len(rows(*published)) == len(load(tmp_path / "rows.jsonl"))
