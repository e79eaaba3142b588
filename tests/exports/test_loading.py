"""A release as people load it: `uv run --group loading pytest -n 0 tests/exports/test_loading.py`.

With Hugging Face's datasets, MLCommons' mlcroissant and the functions of TRL over data, none of which this project
needs otherwise. The release is of the real files where they are, and of our own few trees where not.
"""

from __future__ import annotations

import gzip
import json
import warnings
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pyarrow.json
import pyarrow.parquet
import pytest

from exports.formats import FORMATS
from exports.models import Release
from exports.releases import places
from exports.table import arrow_schema
from tests.exports.files import OURS, REAL, bring_in
from tests.exports.releasing import make_release
from tests.making import add_ranking, add_review, make_people, root_of

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(find_spec("trl") is None, reason="the group `loading` is not installed"),
    # Theirs, not ours.
    pytest.mark.filterwarnings("default"),
]

FIXED = [name for name, row in FORMATS.items() if row.columns]


@pytest.fixture
def release(releases_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Release:
    """Of everything there is, with a few answers given here."""
    # Whoever trains with it keeps nothing of this test.
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("CROISSANT_CACHE", str(tmp_path / "croissant"))
    bring_in(REAL / "oasst_en_100.trees.jsonl" if REAL.exists() else OURS)
    from tasks.models import Tree

    for tree in Tree.objects.order_by("id")[:30]:
        for person in make_people(2):
            add_review(root_of(tree), by=person, quality=0.75)
            if tree.messages.filter(depth=1, review_result=True).count() > 1:
                add_ranking(parent=root_of(tree), by=person)
    return make_release(states=["ready_for_export", "backlog_ranking", "ranking", "growing"], synthetic=True)


def splits_of(release: Release, name: str) -> set[str]:
    assert release.manifest is not None
    rows = release.manifest["counts"]["rows_by_format_and_split"]
    return {split for split in ("train", "validation", "test") if rows.get(f"{name} {split}")}


def loaded(release: Release, name: str) -> Any:
    import datasets

    datasets.disable_progress_bars()
    cache = str(places.of(release.name).parent / "cache")
    return datasets.load_dataset(str(places.of(release.name)), name, cache_dir=cache)


def test_datasets_loads_every_format_by_the_card_alone(release: Release) -> None:
    assert release.manifest is not None
    for name in FIXED:
        found = loaded(release, name)
        assert set(found) == splits_of(release, name), name
        assert sum(found.num_rows.values()) == release.manifest["counts"]["rows_by_format"][name]
        for split in found:
            assert found[split].column_names == [column.name for column in FORMATS[name].columns]


def test_lines_are_what_datasets_and_pyarrow_read(release: Release) -> None:
    """Trees and messages, whose rows leave out what is not known, are read by programs written for OASST."""
    assert release.manifest is not None
    import datasets

    directory = places.of(release.name)
    files = {split: str(directory / f"data/hub/{split}.jsonl.gz") for split in splits_of(release, "hub")}
    # Lines have no types: which ones they are the Parquet beside them tells.
    features = loaded(release, "hub")["train"].features
    cache = str(directory.parent / "lines")
    found = datasets.load_dataset("json", data_files=files, features=features, cache_dir=cache)
    assert sum(found.num_rows.values()) == release.manifest["counts"]["rows_by_format"]["hub"]
    for name in FIXED:
        for split in splits_of(release, name):
            lines = gzip.decompress((directory / f"data/{name}/{split}.jsonl.gz").read_bytes())
            options = pyarrow.json.ParseOptions(explicit_schema=arrow_schema(FORMATS[name].columns))
            table = pyarrow.json.read_json(pyarrow.BufferReader(lines), parse_options=options)
            assert table.num_rows == lines.count(b"\n")


def test_trl_takes_conversations_preferences_and_verdicts_as_they_are(release: Release) -> None:
    from trl.data_utils import extract_prompt, is_conversational, maybe_extract_prompt, unpair_preference_dataset

    for name in ("sft", "preferences", "kto", "ranked"):
        for split in loaded(release, name).values():
            assert is_conversational(split[0]), name
    pairs = loaded(release, "preferences")["train"]
    for pair in pairs:
        assert pair["prompt"][-1]["role"] != pair["chosen"][0]["role"] == pair["rejected"][0]["role"]
        # Of the implicit form TRL makes the same, but where both replies begin alike.
        whole = {side: pair["prompt"] + pair[side] for side in ("chosen", "rejected")}
        assert extract_prompt(whole)["prompt"][: len(pair["prompt"])] == pair["prompt"]
        explicit = {key: pair[key] for key in ("prompt", "chosen", "rejected")}
        assert maybe_extract_prompt(explicit) == explicit
    single = unpair_preference_dataset(pairs.select_columns(["prompt", "chosen", "rejected"]))
    assert len(single) == 2 * len(pairs)
    kto = loaded(release, "kto")["train"]
    assert set(single.column_names) == {"prompt", "completion", "label"} <= set(kto.column_names)
    assert {type(label) for label in kto["label"]} == {bool}


@pytest.fixture
def quiet() -> Iterator[None]:
    """mlcroissant tells of every field it reads."""
    import logging

    logging.disable(logging.WARNING)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.usefixtures("quiet")
def test_croissant_is_valid_and_its_records_are_the_rows(release: Release) -> None:
    import mlcroissant

    path = places.of(release.name) / "croissant.json"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = mlcroissant.Dataset(jsonld=str(path))
    issues = found.metadata.ctx.issues
    assert not issues.errors, issues.report()
    assert not issues.warnings, issues.report()
    said = json.loads(path.read_text())
    assert "http://mlcommons.org/croissant/RAI/1.0" in said["conformsTo"]
    assert found.metadata.data_annotation_protocol
    assert release.manifest is not None
    for name in ("hub", "preferences", "sft"):
        for split in splits_of(release, name):
            records = list(found.records(record_set=f"{name}_{split}"))
            table = pyarrow.parquet.read_table(places.of(release.name) / f"data/{name}/{split}.parquet").to_pylist()
            plain = "text" if name == "hub" else "row_id"
            assert [each[f"{name}_{split}/{plain}"].decode() for each in records] == [each[plain] for each in table]
            if name == "preferences":
                (turn,) = records[0][f"{name}_{split}/chosen"]
                assert turn[f"{name}_{split}/chosen/content"].decode() == table[0]["chosen"][0]["content"]
            assert len(records) == release.manifest["counts"]["rows_by_format_and_split"][f"{name} {split}"]
