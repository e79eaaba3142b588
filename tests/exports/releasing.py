"""Releases for the tests: asked for, built and signed off by the functions that commands and pages call."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from accounts.models import User
from exports import takedowns
from exports.models import Release, Why
from exports.releases import asking, build, config, oasst_apply_takedowns, places, signing
from moderation import actions
from moderation.log import Grounds
from moderation.reasons import Reason
from oasst_web import withdrawals
from tasks.models import Message, Tree
from tests.making import NOW, given, make_admin, make_moderator

#: What trees made by the tests pass: nobody screened them, and their texts are alike.
OPEN_GATES = {"screened": 0.0, "duplicates": 1.0, "language": 1.0, "personal_data": 1.0, "toxicity": 1.0}


def asked(**changes: Any) -> config.Config:
    said = {"title": "A release", "license": "apache-2.0", "gates": OPEN_GATES, **changes}
    return config.checked(said)


def make_release(
    name: str = "r1", *, benchmarks: Mapping[str, str] | None = None, now: datetime = NOW, **changes: Any
) -> Release:
    release = asking.ask(name=name, config=asked(**changes), benchmarks=benchmarks or {}, by=None, now=now, here=True)
    assert build.build(release.pk, clock=lambda: now)
    release.refresh_from_db()
    return release


def sign(release: Release, *, by: User, digest: str = "", now: datetime = NOW) -> Release:
    digest = digest or release.manifest_digest
    return signing.sign_off(name=release.name, manifest_digest=digest, by=by, now=now, moderation=withdrawals.KNOWN)


def publish(release: Release, *, now: datetime = NOW) -> Release:
    for _ in range(2):
        sign(release, by=make_admin(), now=now)
    release.refresh_from_db()
    return release


def published(name: str = "r1", **changes: Any) -> Release:
    return publish(make_release(name, **changes))


def sweep(now: datetime = NOW) -> int:
    return takedowns.sweep(moderation=withdrawals.KNOWN, now=now)


def rows_of(release: Release, name: str, directory: Path | None = None) -> list[dict[str, Any]]:
    """All rows of a format, whatever the split."""
    found = []
    for path in sorted(((directory or places.of(release.name)) / "data" / name).glob("*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            found += [json.loads(line) for line in lines]
    return found


def ledger() -> list[dict[str, Any]]:
    return [json.loads(line) for line in takedowns.ledger()]


def whys() -> list[Why]:
    return [Why(line["why"]) for line in ledger()]


#: What is shipped with every release.
SCRIPT = Path(oasst_apply_takedowns.__file__)


def reply_of(tree: Tree) -> Message:
    found: Message = tree.messages.filter(depth=1).order_by("created_at", "id")[0]
    return found


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
