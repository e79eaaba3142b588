"""The store that gets a copy of what is published: sent again when something was taken back, emptied on recall."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

from exports.models import Release
from exports.releases import places, signing
from tasks.models import Tree
from tasks.tree_states import State
from tests.exports.releasing import hide, make_release, published, reply_of, sweep, texts_in
from tests.making import NOW, make_admin, make_tree

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("releases_dir")]


@pytest.fixture
def store(settings: Any, tmp_path: Path) -> Path:
    """A directory: pyarrow addresses it as it does S3."""
    settings.RELEASES_STORE = f"file://{tmp_path}/store"
    return tmp_path / "store"


@pytest.fixture
def grown() -> Tree:
    return make_tree(state=State.READY_FOR_EXPORT, replies=2)


def same(store: Path, release: Release) -> bool:
    here = places.of(release.name)
    return {path.relative_to(here): path.read_bytes() for path in here.rglob("*") if path.is_file()} == {
        path.relative_to(store / release.name): path.read_bytes()
        for path in (store / release.name).rglob("*")
        if path.is_file()
    }


def test_what_is_published_is_in_the_store_and_nothing_else(store: Path, grown: Tree) -> None:
    make_release("r1")
    release = published("r2")
    sweep()
    assert [path.name for path in store.iterdir()] == ["r2"]
    assert same(store, release)


def test_what_was_taken_back_leaves_the_store_too(store: Path, grown: Tree) -> None:
    release = published()
    sweep()
    reply = reply_of(grown)
    assert reply.text in texts_in(store)
    hide(reply)
    sweep()
    assert reply.text not in texts_in(store)
    assert same(store, release)


def test_a_recalled_release_leaves_the_store(store: Path, grown: Tree) -> None:
    release = published()
    sweep()
    signing.recall(name="r1", why="Its licence was wrong.", by=make_admin(), now=NOW)
    sweep()
    sweep()
    assert list((store / "r1").rglob("*.*")) == []
    assert places.of(release.name).exists()


def test_a_store_that_is_away_gets_its_copy_by_the_next_sweep(
    store: Path, grown: Tree, settings: Any, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    release = published()
    (tmp_path / "store").write_text("in the way")
    with caplog.at_level(logging.WARNING):
        sweep()
    assert "r1 waits for the next sweep" in caplog.text
    (tmp_path / "store").unlink()
    sweep()
    assert same(store, release)
