"""manifest.json: what a release is, counted, and a SHA-256 of each of its files."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from exports.formats import FORMATS
from exports.releases.config import Config
from exports.releases.facts import Facts, by
from exports.releases.merging import digest
from exports.training import SPLITS
from tasks.models import RulesVersion

NAME = "manifest.json"
ROOT = Path(__file__).resolve().parents[2]
#: Whose code decides what is in a file.
CODE = ("accounts", "common", "exports", "ranking", "screening", "tasks")


@cache
def code() -> dict[str, str]:
    """The version of this project, and a digest of the code that makes files: the same code has the same one."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    whole = hashlib.sha256()
    for package in CODE:
        for path in sorted((ROOT / package).rglob("*.py")):
            whole.update(f"{path.relative_to(ROOT).as_posix()}\n".encode() + path.read_bytes())
    return {"version": project["version"], "sha256": whole.hexdigest()}


def manifest(
    *,
    release: str,
    config: Config,
    as_of: datetime,
    facts: Facts,
    counts: Mapping[str, Any],
    benchmarks: Mapping[str, Any],
    files: Mapping[str, Any],
) -> dict[str, Any]:
    """Of these files; it is written beside them last, and so is not one of them."""
    newest = RulesVersion.objects.filter(created_at__lte=as_of).order_by("-pk").values_list("pk", flat=True).first()
    return {
        "release": release,
        "title": config.title,
        "license": config.license,
        "use": config.use,
        "as_of": as_of.isoformat(),
        "code": code(),
        "rules_version": newest,
        "ranks_by_rules_version": dict(sorted(facts.rules.items())),
        "filters": config.filters(),
        "splits": dict(SPLITS),
        "pseudonyms": "HMAC-SHA256 of the id under a secret of this release, as UUIDs of version 8",
        "benchmarks": dict(benchmarks),
        "counts": dict(counts),
        "files": dict(sorted(files.items())),
    }


def files_in(directory: Path) -> dict[str, dict[str, Any]]:
    """Path → bytes and SHA-256."""
    return {
        path.relative_to(directory).as_posix(): file_row(path)
        for path in sorted(directory.rglob("*"))
        if path.is_file()
    }


def file_row(path: Path) -> dict[str, Any]:
    return {"bytes": path.stat().st_size, "sha256": digest(path)}


def counts(config: Config, facts: Facts) -> dict[str, Any]:
    """By language, state, role, split and format; and what was left out, by reason."""
    return {
        "trees": sum(facts.trees.values()),
        "messages": sum(facts.messages.values()),
        "trees_by_language": by(facts.trees, 0),
        "trees_by_state": by(facts.trees, 1),
        "trees_by_split": by(facts.trees, 2),
        "messages_by_language": by(facts.messages, 0),
        "messages_by_state": by(facts.messages, 1),
        "messages_by_role": by(facts.messages, 2),
        "messages_by_scope": dict(sorted(facts.scopes.items())),
        "rows_by_format": {name: by(facts.rows, 0).get(name, 0) for name in FORMATS if name in config.formats},
        "rows_by_format_and_split": by(facts.rows, 0, 1),
        "rows_by_format_and_language": by(facts.rows, 0, 2),
        "left_out": dict(sorted(facts.left_out.items())),
    }


def written(data: Mapping[str, Any]) -> bytes:
    """As every JSON file of a release is written."""
    return json.dumps(data, ensure_ascii=False, indent=2).encode() + b"\n"
