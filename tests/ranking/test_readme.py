"""The README of the library: its example runs on an export, and names every function there is."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import ranking

README = Path(ranking.__file__).with_name("README.md")
BLOCKS = re.findall(r"^```python\n(.*?)^```", README.read_text("utf-8"), re.MULTILINE | re.DOTALL)


def tree(name: str, orders: dict[str, str], not_rankable: str = "") -> dict[str, Any]:
    """A published tree with three replies; `orders`: ranker to "a b=c", which is a, then b and c tied."""

    def event(ranker: str, order: str) -> dict[str, Any]:
        groups = [[f"{name}-{letter}" for letter in group.split("=")] for group in order.split()]
        ranked = [message_id for group in groups for message_id in group]
        found = {
            "type": "ranking",
            "user_id": ranker,
            "ranking": ["abcd".index(message_id[-1]) for message_id in ranked],
            "ranked_message_ids": ranked,
            "ranking_parent_id": name,
            "message_tree_id": name,
        }
        if ranker == not_rankable:
            found["not_rankable"] = True
        if len(groups) < len(ranked):
            found["ranked_groups"] = groups
        return found

    return {
        "message_tree_id": name,
        "tree_state": "ready_for_export",
        "prompt": {
            "message_id": name,
            "text": "Why is the sky blue?",
            "role": "prompter",
            "lang": "en",
            "events": {"ranking": [event(ranker, order) for ranker, order in orders.items()]},
            "labels": {"quality": {"value": 0.75, "count": 3}},
            "replies": [
                {"message_id": f"{name}-{letter}", "parent_id": name, "text": "…", "role": "assistant", "rank": place}
                for place, letter in enumerate("abc")
            ],
        },
    }


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """The folder with an export in it."""
    trees = [
        # A reply that was deleted later, d, is still named.
        tree("t1", {"p": "a b c", "q": "a d b c", "r": "b a c"}),
        tree("t2", {"p": "a b c", "q": "a b c", "r": "c b a"}),
        tree("t3", {"p": "a=b c", "q": "b a c"}),
        tree("t4", {"p": "a b c", "q": "c a b"}, not_rankable="q"),
        tree("t5", {}),
    ]
    # As `--keep-nulls` writes it.
    lonely = {"message_id": "t6", "text": "Hello", "role": "prompter", "events": None, "replies": None}
    trees.append({"message_tree_id": "t6", "tree_state": "ready_for_export", "prompt": lonely})
    lines = [json.dumps(some, ensure_ascii=False) + "\n" for some in trees]
    (tmp_path / "trees.jsonl").write_text("".join(lines), "utf-8")
    return tmp_path


def test_the_example_runs_on_an_export(
    export: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(export)
    told: dict[str, Any] = {}
    for block in BLOCKS:
        exec(compile(block, README.name, "exec"), told)  # noqa: S102  # our own example
    printed = capsys.readouterr().out
    assert "9 rankings\n" in printed
    assert set(told["crowd"].of) == {"p", "q", "r"}
    assert told["crowd"].of["r"] < told["crowd"].of["p"]
    assert set(told["found"]) == {"t1", "t2", "t3", "t4", "t5"}
    assert told["found"]["t1"].order == [["t1-a"], ["t1-b"], ["t1-c"]]
    assert told["sets"]["t1"].ballots[1] == [["t1-a"], ["t1-b"], ["t1-c"]]
    assert told["sets"]["t3"].ballots[0] == [["t3-a", "t3-b"], ["t3-c"]]
    assert len(told["sets"]["t4"].ballots) == 1
    assert told["found"]["t5"].order == []
    assert "t1-a over t1-b: chosen by " in printed
    assert "tau-b 0." in printed
    assert "from 3 sets and 8 rankings" in printed


def test_every_function_is_in_the_table() -> None:
    table = set(re.findall(r"`(\w+)`", README.read_text("utf-8").split("## An example")[0]))
    functions = {name for name in ranking.__all__ if name[0].islower()}
    assert functions - table == set()
    assert {name for name in table - {"import", "ranking"} if not hasattr(ranking, name)} == set()


def test_importing_the_library_needs_numpy_alone() -> None:
    foreign = (
        "import sys, ranking;"
        "names = {name.partition('.')[0] for name in sys.modules};"
        "print(*sorted(names & {'scipy', 'django', 'celery', 'pandas', 'choix'}))"
    )
    root = README.parent.parent
    run = subprocess.run([sys.executable, "-c", foreign], cwd=root, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == ""
