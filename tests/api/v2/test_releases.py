"""Datasets for programs: what is published, its files, and what was taken back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from accounts import profiles
from accounts.models import Consent
from exports import takedowns
from exports.releases import signing
from tasks.tree_states import State
from tests.exports.releasing import ledger, make_release, published, sweep
from tests.making import NOW, make_admin, make_tree, root_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("releases_dir")]


def get(path: str, **query: Any) -> Any:
    return Client().get(f"/api/v2/{path}", query)


def test_programs_find_what_is_published_and_its_files(releases_dir: Path) -> None:
    make_tree(state=State.READY_FOR_EXPORT)
    release = published(title="All of it")
    make_release("r2")
    (item,) = get("releases").json()["items"]
    assert (item["name"], item["title"], item["messages"], item["recalled_at"]) == ("r1", "All of it", 3, None)
    found = get("releases/r1").json()
    assert found["manifest"] == release.manifest
    assert found["audit"] == release.audit
    for file in found["files"]:
        here = (releases_dir / "r1" / file["path"]).read_bytes()
        there = Client().get(file["url"])
        assert b"".join(there.streaming_content) == here
        assert len(here) == file["bytes"]
    for name in ("r2", "nothing"):
        refused = get(f"releases/{name}")
        assert (refused.status_code, refused.json()["type"].rsplit("/", 1)[-1]) == (404, "release-not-found")


def test_programs_read_the_ledger_from_where_they_were() -> None:
    tree = make_tree(state=State.READY_FOR_EXPORT)
    release = published()
    profiles.change(person=root_of(tree).author, now=NOW, consent=Consent.HERE)
    sweep()
    lines = get("ledger").json()["items"]
    assert lines == ledger()
    assert get("ledger", after=1, limit=1).json()["items"] == lines[1:2]
    assert get("ledger", release="r2").json()["items"] == []
    changed = {file["path"]: file["sha256"] for file in get("releases/r1").json()["files"]}
    for path, row in takedowns.applied(release)["files"].items():
        assert changed[path] == row["sha256"]


def test_a_recalled_release_says_so() -> None:
    make_tree(state=State.READY_FOR_EXPORT)
    published()
    signing.recall(name="r1", why="Its licence was wrong.", by=make_admin(), now=NOW)
    (item,) = get("releases").json()["items"]
    assert item["recalled_at"]
    assert item["recalled_why"] == "Its licence was wrong."
