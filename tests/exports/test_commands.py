"""The two commands: their sentences, their reports, their exit status, and files that are whole or not there."""

from __future__ import annotations

import gzip
import json
import os
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from exports import building, writing
from tasks.models import Tree
from tests.exports.files import EVERYTHING, OURS, bring_in, load, message, number, report_of, take_out, tree, write

pytestmark = pytest.mark.django_db


def said_by(command: str, *arguments: object) -> str:
    """What the command tells a person."""
    err = StringIO()
    call_command(command, *map(str, arguments), stdout=StringIO(), stderr=err)
    return err.getvalue()


def test_an_import_reports_what_it_did(tmp_path: Path) -> None:
    orphan = {key: value for key, value in message(3).items() if key != "replies"} | {"parent_id": number(8)}
    lines = [tree(message(1, message(2, user_id=number(9)))), "nonsense", orphan, tree(message(4), "ranking")]
    path = write(tmp_path / "f.jsonl", lines)
    said = said_by("import_trees", path)
    assert "f.jsonl, line 2: not JSON: Expecting value at character 1" in said
    assert "Left out, for the message they reply to is not there: 1, on lines 3" in said
    assert "Moved on at once, as their messages say: ranking → ready_for_scoring, trees: 1" in said
    assert (
        "Stored: trees 2, messages 3, people 1. Trees that were there already: 0. Lines that cannot be used: 2." in said
    )
    report = report_of("import_trees", path)
    assert (report["trees_created"], report["trees_already_there"]) == (0, 2)
    assert report["broken"][0]["line"] == 2
    assert report["orphans"][0]["line"] == 3


def test_a_strict_import_fails_on_a_broken_line_and_stores_nothing(tmp_path: Path) -> None:
    path = write(tmp_path / "f.jsonl", [tree(message(1)), "nonsense"])
    with pytest.raises(CommandError, match="Nothing was stored: lines that cannot be used: 1"):
        said_by("import_trees", path, "--strict")
    assert not Tree.objects.exists()


def test_a_dry_run_says_what_would_be_stored(tmp_path: Path) -> None:
    assert "Would be stored: trees 10, messages 31, people 5." in said_by("import_trees", OURS, "--dry-run")
    assert not Tree.objects.exists()


def test_a_missing_file_stops_the_import_before_it_begins(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"There is no file .*gone\.jsonl\. Nothing was imported\."):
        said_by("import_trees", OURS, tmp_path / "gone.jsonl")
    assert not Tree.objects.exists()


@pytest.mark.parametrize("lines", [[], ["nonsense"], [{"text": "alone"}]])
def test_an_import_that_finds_no_tree_fails(lines: list[Any], tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="there is no tree in the files"):
        said_by("import_trees", write(tmp_path / "f.jsonl", lines))


def test_the_report_for_programs_can_be_written_whatever_the_file_held(tmp_path: Path) -> None:
    odd = json.dumps(tree(message(1, emojis={"\ud800": "many"})))
    report = report_of("import_trees", write(tmp_path / "f.jsonl", [odd, tree(message(2))]))
    assert report["broken"][0]["reason"] == "emojis of \ud800 is 'many', which is not a whole number from 0 on"
    out = TextIOWrapper(BytesIO(), encoding="utf-8")
    call_command("import_trees", str(tmp_path / "f.jsonl"), "--json", stdout=out, stderr=StringIO())


def test_many_files_and_their_options_are_taken(tmp_path: Path) -> None:
    one = write(tmp_path / "one.jsonl", [tree(message(1, lang="de")), tree(message(2))])
    two = write(tmp_path / "two.jsonl", [tree(message(3, lang="es"), None)])
    said_by("import_trees", one, two, "--lang", "de, es", "--origin", "a heap", "--state", "halted_by_moderator")
    found = Tree.objects.order_by("id").values_list("lang", "state", "origin")
    assert list(found) == [("de", "ready_for_export", "a heap"), ("es", "halted_by_moderator", "a heap")]


def test_a_name_ending_in_gz_is_compressed(tmp_path: Path) -> None:
    bring_in(OURS)
    plain = take_out(tmp_path / "out.jsonl", *EVERYTHING)
    packed = tmp_path / "out.jsonl.gz"
    assert take_out(packed, *EVERYTHING) == plain
    assert gzip.decompress(packed.read_bytes()) == (tmp_path / "out.jsonl").read_bytes()
    assert packed.read_bytes()[4:8] == bytes(4)


def test_a_dash_is_standard_output_and_the_report_goes_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    bring_in(OURS)
    raw = BytesIO()
    monkeypatch.setattr("sys.stdout", TextIOWrapper(raw))
    err = StringIO()
    call_command("export_trees", "-", *EVERYTHING, "--json", stderr=err)
    lines = raw.getvalue().decode().splitlines()
    assert len([json.loads(line) for line in lines]) == len(load(OURS))
    assert '"messages": 31' in err.getvalue()


def test_a_half_written_file_is_never_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bring_in(OURS)
    monkeypatch.setattr(building, "CHUNK", 1)
    earlier = write(tmp_path / "out.jsonl", ["earlier"])
    Tree.objects.filter(pk=load(OURS)[-1]["message_tree_id"]).update(state="a state nobody knows")
    with pytest.raises(ValueError, match="nobody knows"):
        take_out(earlier, *EVERYTHING)
    assert earlier.read_text() == "earlier\n"
    assert list(tmp_path.iterdir()) == [earlier]


def test_a_file_appears_only_when_it_is_complete(tmp_path: Path) -> None:
    target = tmp_path / "out.jsonl"
    with writing.lines(str(target)) as put:
        put({"one": 1})
        assert not target.exists()
    assert load(target) == [{"one": 1}]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    bring_in(OURS)
    real, link = tmp_path / "real.jsonl", tmp_path / "link.jsonl"
    link.symlink_to(real)
    take_out(link, *EVERYTHING)
    assert link.is_symlink()
    assert len(load(real)) == len(load(OURS))


def test_a_pipe_or_a_device_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    bring_in(OURS)
    pipe = tmp_path / "pipe.gz"
    os.mkfifo(pipe)
    with ThreadPoolExecutor() as reader:
        received = reader.submit(pipe.read_bytes)
        said_by("export_trees", pipe, *EVERYTHING)
        assert len(gzip.decompress(received.result()).splitlines()) == len(load(OURS))
    assert pipe.is_fifo()
    assert list(tmp_path.iterdir()) == [pipe]


REFUSED = {
    ("--format", "trees", "--spam-only"): "Use --format messages",
    ("--user", number(1), "--state", "growing"): "--user takes trees of every state",
    ("--state", "flowering"): "Unknown state flowering",
    ("--since", "yesterday"): "which is not an ISO date",
    ("--limit", "-1"): "--limit must not be negative",
    ("--anonymizer-seed", ""): "must not be empty",
    ("--include-spam", "--spam-only"): "not allowed with",
}


@pytest.mark.parametrize("options", REFUSED)
def test_options_that_make_no_sense_are_refused_and_write_nothing(options: tuple[str, ...], tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=REFUSED[options]):
        take_out(tmp_path / "out.jsonl", *options)
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"out\.jsonl cannot be written: No such file or directory"):
        take_out(tmp_path / "nowhere" / "out.jsonl")
