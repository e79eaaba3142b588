#!/usr/bin/env python3
"""oasst-apply-takedowns: remove from a copy of a release what was taken back since.

    python oasst-apply-takedowns https://the-site/releases/ledger.jsonl my-copy/

Needs Python 3.9 or newer and nothing else; pyarrow for .parquet, and for .zst before Python 3.14. The ledger may be an
address or a file. Files are replaced only when their successor is complete; doing it twice changes nothing. Rows that
stay are not touched, and the same copy and ledger give the same bytes, so a cleaned copy can be compared with others.

A line of the ledger says what was taken back from which release: `taken` is "message" (`subject` is a message id of
that release; what hung below it has lines of its own) or "answers" (`subject` is who gave them). Each line holds the
SHA-256 of the line before it and of itself, so that nobody can change or remove one unseen.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import io
import json
import os
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

#: Ids in releases are UUIDs of version 8.
ID = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
GENESIS = "0" * 64
NAMES = (".jsonl", ".jsonl.gz", ".jsonl.zst", ".parquet")
#: Bytes that are looked at together.
BLOCK = 1 << 24


class Problem(Exception):
    """Something the user can mend; the text says how."""


class Gone:
    """What must not be in a copy any more."""

    def __init__(self, lines: Iterable[dict[str, Any]], release: str) -> None:
        lines = [line for line in lines if line["release"] == release]
        self.messages = {line["subject"] for line in lines if line["taken"] == "message"}
        self.people = {line["subject"] for line in lines if line["taken"] == "answers"}
        self.bytes = {each.encode() for each in self.messages | self.people}


def digest_of(before: str, line: dict[str, Any]) -> str:
    """What `digest` of a line must be, after a line with the digest `before`."""
    said = json.dumps({key: line[key] for key in line if key != "digest"}, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256((before + said).encode()).hexdigest()


def read_ledger(where: str) -> list[dict[str, Any]]:
    """Its lines, after checking that none was changed or removed. Raises Problem."""
    if where.startswith(("http://", "https://")):
        from urllib.request import urlopen

        with urlopen(where, timeout=60) as answer:  # noqa: S310  # the user says which, http or https
            text = answer.read().decode()
    else:
        text = Path(where).read_text(encoding="utf-8")
    before, lines = GENESIS, []
    for number, said in enumerate(text.splitlines(), start=1):
        line = json.loads(said)
        if line["number"] != number or line["digest"] != digest_of(before, line):
            raise Problem(f"Line {number} of the ledger does not follow from the one before: get the ledger again.")
        before = line["digest"]
        lines.append(line)
    return lines


def cleaned(row: dict[str, Any], gone: Gone) -> dict[str, Any] | None:
    """The row without what is gone; None where nothing of it may stay."""
    if gone.messages.intersection(row.get("message_ids") or ()):
        return None
    if isinstance(row.get("prompt"), dict):
        prompt = _tree(row["prompt"], gone)
        return None if prompt is None else {**row, "prompt": prompt}
    if row.get("message_id") in gone.messages or row.get("reviewer_id") in gone.people:
        return None
    if "ranker_id" in row:
        return _ranking(row, gone)
    return _events(row, gone)


def _tree(node: dict[str, Any], gone: Gone) -> dict[str, Any] | None:
    if node["message_id"] in gone.messages:
        return None
    replies = [kept for reply in node.get("replies") or () if (kept := _tree(reply, gone)) is not None]
    return _events({**node, "replies": replies}, gone)


def _events(node: dict[str, Any], gone: Gone) -> dict[str, Any]:
    if not node.get("events"):
        return node
    events = {
        kind: [_without(event, gone) for event in told if event.get("user_id") not in gone.people]
        for kind, told in node["events"].items()
    }
    return {**node, "events": events}


def _ranking(row: dict[str, Any], gone: Gone) -> dict[str, Any] | None:
    if row["ranker_id"] in gone.people or row["parent_id"] in gone.messages:
        return None
    row = _without(row, gone)
    row["order"] = [group for group in row["order"] if group]
    return row if len(row["shown"]) > 1 else None


def _without(value: Any, gone: Gone) -> Any:
    """Lists of ids, at any depth, without those of messages that are gone."""
    if isinstance(value, dict):
        return {key: _without(each, gone) for key, each in value.items()}
    if isinstance(value, list):
        return [_without(each, gone) for each in value if not (isinstance(each, str) and each in gone.messages)]
    return value


def clean_file(path: Path, gone: Gone) -> int:
    """Rows that were removed or changed. The file is replaced if there are any."""
    if path.suffix == ".parquet":
        return _clean_parquet(path, gone)
    with _opened(path) as lines:
        if not any(hit for hit in _hits(lines, gone)):
            return 0
    changed, partial = 0, path.with_name(f".{path.name}.partial")
    try:
        with _opened(path) as lines, _created(partial, path.name) as out:
            for line in lines:
                if gone.bytes.isdisjoint(ID.findall(line)):
                    out.write(line)
                    continue
                before = json.loads(line)
                after = cleaned(before, gone)
                changed += after != before
                if after is not None:
                    out.write(json.dumps(after, ensure_ascii=False).encode() + b"\n" if after != before else line)
        _replace(partial, path) if changed else None
    finally:
        if partial.exists():
            partial.unlink()
    return changed


def _hits(lines: BinaryIO, gone: Gone) -> Iterator[bool]:
    """Block by block, whether there is an id of something that is gone."""
    while True:
        block = lines.read(BLOCK)
        if not block:
            return
        yield not gone.bytes.isdisjoint(ID.findall(block + lines.readline()))


def _opened(path: Path) -> Any:
    if path.suffix == ".gz":
        return gzip.open(path)
    return io.BufferedReader(_zstd(path, "rb")) if path.suffix == ".zst" else path.open("rb")


@contextmanager
def _created(path: Path, name: str) -> Iterator[Any]:
    if name.endswith(".zst"):
        with _zstd(path, "wb") as packed:
            yield packed
        return
    with path.open("wb") as raw:
        if not name.endswith(".gz"):
            yield raw
            return
        # No name and no date in it, so that the same rows are the same bytes.
        with gzip.GzipFile("", "wb", 6, raw, mtime=0) as packed:
            yield packed


def _zstd(path: Path, mode: str) -> Any:
    try:
        from compression import zstd
    except ImportError:
        try:
            import pyarrow
        except ImportError:
            raise Problem(f"{path} is compressed with zstd: use Python 3.14, or install pyarrow.") from None
        file = pyarrow.OSFile(str(path), mode)
        return (
            pyarrow.CompressedInputStream(file, "zstd")
            if mode == "rb"
            else pyarrow.CompressedOutputStream(file, "zstd")
        )
    return zstd.open(path, mode)


def _clean_parquet(path: Path, gone: Gone) -> int:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise Problem(f"{path} is Parquet: install pyarrow, or delete it and keep the .jsonl.gz.") from None
    source = parquet.ParquetFile(path)
    changed, partial = 0, path.with_name(f".{path.name}.partial")
    try:
        with parquet.ParquetWriter(partial, source.schema_arrow, compression="zstd") as out:
            for group in range(source.num_row_groups):
                table = source.read_row_group(group)
                if _has_any(table, gone):
                    rows = [(before, cleaned(before, gone)) for before in table.to_pylist()]
                    changed += sum(after != before for before, after in rows)
                    kept = [after for _before, after in rows if after is not None]
                    table = pyarrow.Table.from_pylist(kept, schema=source.schema_arrow)
                out.write_table(table)
        source.close()
        _replace(partial, path) if changed else None
    finally:
        if partial.exists():
            partial.unlink()
    return changed


def _has_any(table: Any, gone: Gone) -> bool:
    """Whether a column that holds ids has one of something that is gone."""
    import pyarrow
    from pyarrow import compute

    wanted = pyarrow.array(sorted(gone.messages | gone.people), pyarrow.string())
    for name in ("message_ids", "message_id", "reviewer_id", "ranker_id", "parent_id", "shown"):
        if name in table.column_names:
            column = table.column(name)
            flat = compute.list_flatten(column) if pyarrow.types.is_list(column.type) else column
            if compute.any(compute.is_in(flat, value_set=wanted)).as_py():
                return True
    return False


def _replace(partial: Path, path: Path) -> None:
    with partial.open("rb") as file:
        os.fsync(file.fileno())
    partial.replace(path)


def files_in(path: Path) -> list[Path]:
    """The files of a copy that can hold rows."""
    found = sorted(path.rglob("*")) if path.is_dir() else [path]
    return [each for each in found if each.is_file() and each.name.endswith(NAMES) and not each.name.startswith(".")]


def release_of(path: Path) -> str | None:
    """By the manifest beside the files, or above them."""
    for directory in (path, *path.resolve().parents):
        manifest = directory / "manifest.json"
        if manifest.is_file():
            return str(json.loads(manifest.read_text(encoding="utf-8"))["release"])
    return None


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="oasst-apply-takedowns", description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("ledger", help="address or file of ledger.jsonl")
    parser.add_argument("paths", nargs="+", type=Path, help="copies of a release: directories or files")
    parser.add_argument("--release", help="which release it is; otherwise manifest.json says so")
    options = parser.parse_args(arguments)
    left: list[str] = []
    try:
        lines = read_ledger(options.ledger)
        for path in options.paths:
            if not path.exists():
                raise Problem(f"{path} does not exist.")
            release = options.release or release_of(path)
            if release is None:
                raise Problem(f"There is no manifest.json with {path}: say which release it is, with --release.")
            gone = Gone(lines, release)
            files = files_in(path)
            if not files:
                raise Problem(f"{path} holds no file of rows ({', '.join(NAMES)}).")
            total = sum(_cleaned_or_told(file, gone, left) for file in files)
            print(f"{path}: {total} rows removed or changed, by {len(gone.bytes)} lines of the ledger about {release}.")
    except (Problem, OSError, ValueError, KeyError) as problem:
        print(f"oasst-apply-takedowns: {problem}", file=sys.stderr)
        return 1
    for said in left:
        print(f"oasst-apply-takedowns: NOT CLEANED: {said}", file=sys.stderr)
    return 1 if left else 0


def _cleaned_or_told(file: Path, gone: Gone, left: list[str]) -> int:
    """Rows removed or changed. A file that cannot be cleaned here keeps none of the others from it."""
    try:
        changed = clean_file(file, gone)
    except Problem as problem:
        left.append(str(problem))
        return 0
    print(f"{file}: {changed}")
    return changed


if __name__ == "__main__":
    sys.exit(main())
