"""Published files for the tests: our own few trees, the real ones where they are, and small ones made on the spot."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterable, Mapping
from io import StringIO
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import pytest
from django.core.management import call_command

from exports import importing
from exports.importing import Options, Report
from tasks import rulebook
from tests.making import NOW

OURS = Path(__file__).with_name("trees.jsonl")
REAL = Path(__file__).resolve().parents[3] / "shared" / "data" / "oasst"

#: With these, an export leaves nothing out.
EVERYTHING = ("--state", "all", "--include-deleted", "--include-spam", "--include-synthetic", "--labels", "--events")


def real(name: str) -> Path:
    path = REAL / name
    if not path.exists():
        pytest.skip(f"NOT TESTED ON REAL DATA: {name} is not in ../shared/data/oasst/")
    return path


def load(path: Path) -> list[dict[str, Any]]:
    with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def write(path: Path, lines: Iterable[Mapping[str, Any] | str | bytes]) -> Path:
    encoded = (line if isinstance(line, bytes) else line.encode() for line in map(_line, lines))
    path.write_bytes(b"".join(line + b"\n" for line in encoded))
    return path


def _line(line: Mapping[str, Any] | str | bytes) -> str | bytes:
    return line if isinstance(line, str | bytes) else json.dumps(line, ensure_ascii=False)


def number(n: int) -> str:
    """The id that this number stands for."""
    return str(UUID(int=(0xBEEF << 112) + (4 << 76) + (2 << 62) + n))


def message(n: int, *replies: dict[str, Any], role: str = "", **said: Any) -> dict[str, Any]:
    """An accepted message; a reply takes the other role than what it replies to."""
    node: dict[str, Any] = {"message_id": number(n), "text": f"Text {n}", "role": role or "prompter", "lang": "en"}
    node |= {"review_count": 3, "review_result": True, **said}
    node["replies"] = [_under(node, reply) for reply in replies]
    return node


def _under(parent: Mapping[str, Any], reply: dict[str, Any]) -> dict[str, Any]:
    role = "assistant" if parent["role"] == "prompter" else "prompter"
    reply = reply | {"role": role, "parent_id": parent["message_id"]}
    return reply | {"replies": [_under(reply, below) for below in reply["replies"]]}


def tree(prompt: dict[str, Any], state: str | None = "ready_for_export", **said: Any) -> dict[str, Any]:
    return {"message_tree_id": prompt["message_id"], "tree_state": state, "prompt": prompt, **said}


def rows(*trees: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The messages of these trees as flat rows, depth first."""
    return [row for whole in trees for row in _rows(whole["prompt"], whole)]


def _rows(node: Mapping[str, Any], whole: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    flat = {key: value for key, value in node.items() if key != "replies"}
    yield flat | {"message_tree_id": whole["message_tree_id"], "tree_state": whole["tree_state"]}
    for reply in node.get("replies", ()):
        yield from _rows(reply, whole)


def normal(data: Any) -> Any:
    """As equal things are compared: absent is null, a leaf has no replies, the hub's lists are maps."""
    if not isinstance(data, dict):
        return [normal(item) for item in data] if isinstance(data, list) else data
    if isinstance(data.get("name"), list):
        means = data.get("value")
        if means is None:
            return dict(zip(data["name"], data["count"], strict=True))
        triples = zip(data["name"], means, data["count"], strict=True)
        return {name: {"value": value, "count": count} for name, value, count in triples}
    said = {key: normal(value) for key, value in data.items() if value is not None}
    return {key: value for key, value in said.items() if key != "replies" or value}


def bring_in(*files: Path, progress: Callable[[int], None] = lambda count: None, **options: Any) -> Report:
    return importing.import_trees(
        files=files, options=Options(**options), now=NOW, rules=rulebook.in_force(), rng=Random(1), progress=progress
    )


def take_out(path: Path, *options: str) -> list[dict[str, Any]]:
    """Export to this file and read it."""
    call_command("export_trees", str(path), *options, stdout=StringIO(), stderr=StringIO())
    return load(path)


def report_of(command: str, *arguments: object) -> dict[str, Any]:
    """What the command says to a program."""
    out = StringIO()
    call_command(command, *map(str, arguments), "--json", stdout=out, stderr=StringIO())
    report: dict[str, Any] = json.loads(out.getvalue())
    return report
