"""Writes lines of JSON, or Parquet, to a file that appears only when it is complete; or lines to standard output."""

from __future__ import annotations

import gzip
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import IO, Any, cast

from exports.table import Column, arrow_schema

Write = Callable[[Mapping[str, Any]], None]

#: Rows of a group in a Parquet file: what is held in memory.
GROUP = 10_000
#: Of gzip: the highest one takes three times as long and saves next to nothing.
LEVEL = 6


@contextmanager
def lines(out: str) -> Iterator[Write]:
    """A function that writes one object per line to `out`; `-` is standard output, a name ending in .gz or .zst is
    compressed.

    The file gets its name when the block ends well. When it does not, whatever had that name before is still there.
    The same objects give the same bytes: the compressed file holds no date and no name. Raises OSError.
    """
    if out == "-":
        yield _into(sys.stdout.buffer)
        sys.stdout.flush()
        return
    with _complete(out) as raw, _packed(raw, Path(out).suffix) as stream:
        yield _into(stream)


@contextmanager
def table(out: str, columns: Sequence[Column]) -> Iterator[Write]:
    """The same for rows with fixed columns; a name ending in .parquet is Parquet, with these types and zstd inside.

    Raises OSError, and ValueError for Parquet to standard output.
    """
    if Path(out).suffix != ".parquet":
        with lines(out) as write:
            yield write
        return
    import pyarrow as pa  # it takes a moment, and few commands need it
    from pyarrow import parquet

    schema, waiting = arrow_schema(columns), list[Mapping[str, Any]]()
    with _complete(out) as raw, parquet.ParquetWriter(raw, schema, compression="zstd") as writer:

        def flush() -> None:
            writer.write_table(pa.Table.from_pylist(waiting, schema=schema))
            waiting.clear()

        def write(data: Mapping[str, Any]) -> None:
            waiting.append(data)
            if len(waiting) == GROUP:
                flush()

        yield write
        if waiting:
            flush()


@contextmanager
def _complete(out: str) -> Iterator[IO[bytes]]:
    """The file, which gets its name when the block ends well."""
    target = Path(out)
    if target.exists() and not (target.is_file() or target.is_dir()):
        # A device or a pipe is written to; a file put in its place would be the end of /dev/null.
        with target.open("wb") as raw:
            yield raw
        return
    # A link stays one: what it points to is replaced.
    target = target.resolve()
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        with partial.open("xb") as raw:
            yield raw
            raw.flush()
            os.fsync(raw.fileno())
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def _packed(raw: IO[bytes], suffix: str) -> AbstractContextManager[IO[bytes]]:
    if suffix == ".zst":
        import pyarrow as pa  # as above

        # It closes what it writes to, and the file has to be flushed to the disk after it.
        same = os.fdopen(os.dup(raw.fileno()), "wb")
        return cast("AbstractContextManager[IO[bytes]]", pa.CompressedOutputStream(same, "zstd"))
    if suffix != ".gz":
        return nullcontext(raw)
    return cast("AbstractContextManager[IO[bytes]]", gzip.GzipFile("", "wb", LEVEL, raw, mtime=0))


@contextmanager
def packed_file(out: Path) -> Iterator[IO[bytes]]:
    """A file to write to, compressed as its name says; it gets its name when the block ends well."""
    with _complete(str(out)) as raw, _packed(raw, out.suffix) as stream:
        yield stream


def _into(stream: IO[bytes]) -> Write:
    def write(data: Mapping[str, Any]) -> None:
        stream.write(json.dumps(data, ensure_ascii=False, allow_nan=False).encode() + b"\n")

    return write
