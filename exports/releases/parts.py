"""One part of a release: all files over a range of tree ids. Any process may build it; the bytes are the same."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from common.moments import one_moment
from exports import building, training, writing
from exports.building import Content, Tally, Whole
from exports.formats import FORMATS, Needs
from exports.leakage import Grams
from exports.redaction import Pseudonyms
from exports.releases.config import Config
from exports.releases.facts import Facts, fingerprint, packed
from tasks.models import Tree

#: Trees of a part, on average: some ten seconds of work.
TREES = 5_000


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What every process that builds parts of one release must know."""

    release: str
    config: Config
    seed: str
    grams: Grams
    snapshot: str
    directory: Path
    """Of the parts; the same for all processes, and of this snapshot only."""
    count: int

    def part(self, number: int) -> Path:
        return self.directory / f"{number:05}"

    def done(self, number: int) -> bool:
        return self.part(number).exists()

    @property
    def suffix(self) -> str:
        """Of the lines that are written first; Parquet is made of them."""
        return ".jsonl.zst" if "jsonl.zst" in self.config.files and "jsonl.gz" not in self.config.files else ".jsonl.gz"


def count_for(trees: int) -> int:
    """Into how many parts so many trees go. It decides the order of rows, so it must not depend on who builds."""
    return max(1, -(-trees // TREES))


def trees_at(snapshot: str) -> int:
    with one_moment(snapshot):
        return int(Tree.objects.count())


def ids(number: int, count: int) -> tuple[UUID | None, UUID | None]:
    """The range of tree ids of a part: equal slices of all ids there can be, which are drawn at random."""
    ends = [UUID(int=(at << 128) // count) if 0 < at < count else None for at in (number, number + 1)]
    return ends[0], ends[1]


def build(plan: Plan, number: int) -> None:
    """Write the files of this part. They are there when all of them are complete."""
    partial = plan.directory / f".{number:05}"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    facts, tally, members = Facts(), Tally(), _Members()
    low, high = ids(number, plan.count)
    selection = plan.config.selection(plan.grams, ids_from=low, ids_below=high)
    content = Content(labels=True, scores=True, events=plan.config.events, ids=Pseudonyms(plan.seed))
    with one_moment(plan.snapshot), ExitStack() as files:
        write = _Writers(files, partial, plan)
        for whole in building.wholes(selection, content, tally):
            facts.see(whole, plan.grams)
            members.see(whole, plan.config)
            for name in plan.config.formats:
                for data in rows(whole, name, plan):
                    write(name, whole.told.split, data)
                    facts.rows[f"{name} {whole.told.split} {whole.tree.lang}"] += 1
    facts.told(tally)
    members.write(partial)
    (partial / "facts.json").write_text(json.dumps(facts.to_json()), encoding="utf-8")
    partial.rename(plan.part(number))


def rows(whole: Whole, name: str, plan: Plan) -> Iterator[dict[str, Any]]:
    """What a format says of this tree, in this release."""
    chosen = FORMATS[name]
    for data in chosen.rows(whole.cast if chosen.needs is Needs.CAST else whole.told):
        if name == "preferences" and not training.sure_enough(data, plan.config.min_preference):
            continue
        if "release" in data:
            data["release"] = plan.release
        yield data


class _Writers:
    """One file for each format and split, opened when its first row comes."""

    def __init__(self, files: ExitStack, directory: Path, plan: Plan) -> None:
        self.files, self.directory, self.plan = files, directory, plan
        self.writers: dict[tuple[str, str], Callable[[Mapping[str, Any]], None]] = {}

    def __call__(self, name: str, split: str, data: Mapping[str, Any]) -> None:
        write = self.writers.get((name, split))
        if write is None:
            out = self.directory / f"{name}.{split}{self.plan.suffix}"
            write = self.writers[name, split] = self.files.enter_context(writing.lines(str(out)))
        write(data)


class _Members:
    """Who and what is in the files, by their own ids; and a fingerprint of each text."""

    def __init__(self) -> None:
        self.messages: list[UUID] = []
        self.authors: set[UUID] = set()
        self.people: set[UUID] = set()
        self.texts: list[bytes] = []

    def see(self, whole: Whole, config: Config) -> None:
        self.messages += [message.pk for message in whole.messages]
        self.authors |= {message.author_id for message in whole.messages if message.author_id}
        self.texts += [found for message in whole.messages if (found := fingerprint(message.text))]
        if any(FORMATS[name].needs is Needs.CAST for name in config.formats):
            self.people |= whole.people
        if config.events:
            self.people |= whole.people_in_events

    def write(self, directory: Path) -> None:
        (directory / "messages").write_bytes(packed(self.messages))
        (directory / "authors").write_bytes(packed(self.authors))
        (directory / "people").write_bytes(packed(self.people))
        (directory / "texts").write_bytes(b"".join(self.texts))


def files(config: Config) -> Sequence[tuple[str, str]]:
    """Format and split of every file, in order."""
    return [(name, split) for name in config.formats for split, _share in training.SPLITS]
