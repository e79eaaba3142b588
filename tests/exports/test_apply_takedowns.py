"""oasst-apply-takedowns, on files that somebody has, wherever they are."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from exports import reading, takedowns, writing
from exports.releases import oasst_apply_takedowns
from tasks.models import Tree
from tests.exports.releasing import SCRIPT, apply, copy, hide, published, reply_of, sweep, texts_in


def a_row(**said: Any) -> dict[str, Any]:
    return {"message_ids": [], "text": "é", **said}


def a_ledger(*subjects: str, taken: str = "message") -> bytes:
    before, out = oasst_apply_takedowns.GENESIS, b""
    for number, subject in enumerate(subjects, start=1):
        line = {"number": number, "at": "x", "release": "r", "taken": taken, "subject": subject, "why": "author"}
        before = oasst_apply_takedowns.digest_of(before, line)
        out += json.dumps(line | {"digest": before}).encode() + b"\n"
    return out


@pytest.mark.parametrize("suffix", [".jsonl", ".jsonl.gz", ".jsonl.zst"])
def test_rows_that_stay_are_not_touched(tmp_path: Path, suffix: str) -> None:
    gone, stays = "00000000-0000-8000-8000-000000000001", "00000000-0000-8000-8000-000000000002"
    rows = [
        a_row(message_ids=[stays]),
        a_row(message_ids=[stays, gone]),
        # Somebody wrote an id into a text: that is no message of the release.
        a_row(message_ids=[stays], text=f"Look at {gone}"),
    ]
    file = tmp_path / "copy" / f"a{suffix}"
    file.parent.mkdir()
    with writing.lines(str(file)) as write_row:
        for row in rows:
            write_row(row)
    done = apply(file.parent, "--release", "r", lines=a_ledger(gone))
    assert done.returncode == 0, done.stderr
    left = file.parent / "b.jsonl"
    with writing.lines(str(left)) as write_row:
        write_row(rows[0])
        write_row(rows[2])
    with file.open("rb") as raw:
        assert reading.unpacked(raw).read() == left.read_bytes()


def test_what_cannot_be_done_is_said_with_what_to_do(tmp_path: Path) -> None:
    theirs = tmp_path / "copy"
    theirs.mkdir()
    assert "no manifest.json" in apply(theirs, lines=b"").stderr
    assert "no file of rows" in apply(theirs, "--release", "r", lines=b"").stderr
    (theirs / "a.jsonl").write_text("{}\n")
    assert apply(theirs, "--release", "r", lines=b"").returncode == 0
    assert apply(theirs, "--release", "r", lines=b"no json\n").returncode == 1


@pytest.mark.django_db
@pytest.mark.usefixtures("releases_dir")
def test_without_pyarrow_lines_are_cleaned_and_parquet_is_named(conversation: Tree, tmp_path: Path) -> None:
    theirs = copy(published(), tmp_path / "copy")
    message = reply_of(conversation)
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


def test_of_a_tree_only_the_branch_goes_and_of_a_ranking_only_the_place() -> None:
    a, b, c = (f"00000000-0000-8000-8000-00000000000{n}" for n in range(3))
    lines = [json.loads(line) for line in a_ledger(b).splitlines()]
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
