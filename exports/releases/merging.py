"""Puts the parts of a release together: lines one after the other, Parquet made of them, counts added up."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np

from exports import reading, writing
from exports.formats import FORMATS
from exports.releases.facts import Facts, unpacked
from exports.releases.parts import Plan, files
from exports.table import arrow_schema

#: Bytes of lines that become one group of rows in Parquet: what is held in memory.
BLOCK = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Merged:
    facts: Facts
    messages: bytes
    """Their ids, 16 bytes each."""
    authors: list[UUID]
    people: list[UUID]
    """Whose single answers are in it."""
    duplicates: int
    """Messages whose text, but for case and white space, an earlier one has."""


def merge(plan: Plan, out: Path) -> Merged:
    """All parts must be built. Files go into `out/data/<format>/<split>`; one without a row is written too."""
    facts, messages, texts = Facts(), bytearray(), bytearray()
    authors, people = set[UUID](), set[UUID]()
    for number in range(plan.count):
        part = plan.part(number)
        facts.add(json.loads((part / "facts.json").read_text(encoding="utf-8")))
        messages += (part / "messages").read_bytes()
        texts += (part / "texts").read_bytes()
        authors |= set(unpacked((part / "authors").read_bytes()))
        people |= set(unpacked((part / "people").read_bytes()))
    for name, split in files(plan.config):
        _file(plan, name, split, out / "data" / name)
    every = np.frombuffer(texts, np.uint64)
    return Merged(
        facts=facts,
        messages=bytes(messages),
        authors=sorted(authors),
        people=sorted(people),
        duplicates=len(every) - len(np.unique(every)),
    )


def _file(plan: Plan, name: str, split: str, directory: Path) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    lines = directory / f"{split}{plan.suffix}"
    with lines.open("wb") as whole:
        for number in range(plan.count):
            part = plan.part(number) / f"{name}.{split}{plan.suffix}"
            if part.exists():
                # Compressed pieces one after the other are one compressed file: RFC 1952, 2.2, and RFC 8878, 3.
                with part.open("rb") as piece:
                    shutil.copyfileobj(piece, whole)
    if lines.stat().st_size == 0:
        with writing.lines(str(lines)):
            pass
    columns = FORMATS[name].columns
    if "parquet" in plan.config.files and columns:
        _parquet(lines, directory / f"{split}.parquet", arrow_schema(columns))
    if "jsonl.gz" in plan.config.files and "jsonl.zst" in plan.config.files:
        _again(lines, directory / f"{split}.jsonl.zst")
    if "".join(plan.config.files) == "parquet" and columns:
        lines.unlink()


def _parquet(lines: Path, out: Path, schema: Any) -> None:
    """Block by block; the bytes depend on the lines alone."""
    import pyarrow as pa  # it takes a moment, and few commands need it
    from pyarrow import json as lines_of
    from pyarrow import parquet

    options = lines_of.ParseOptions(explicit_schema=schema, unexpected_field_behavior="error")
    with lines.open("rb") as raw, parquet.ParquetWriter(out, schema, compression="zstd") as writer:
        plain = reading.unpacked(raw)
        while block := plain.read(BLOCK):
            block += plain.readline()
            read = lines_of.ReadOptions(use_threads=False, block_size=len(block) + 1)
            writer.write_table(lines_of.read_json(pa.BufferReader(block), read, options).cast(schema))


def _again(lines: Path, out: Path) -> None:
    """The same lines, compressed another way."""
    with lines.open("rb") as raw, writing.packed_file(out) as packed:
        shutil.copyfileobj(reading.unpacked(raw), packed)


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync(directory: Path) -> None:
    """Everything in it is on the disk when this returns."""
    for path in sorted(directory.rglob("*")):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())
