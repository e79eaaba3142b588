"""Writes lines of JSON to a file that appears only when it is complete, or to standard output."""

from __future__ import annotations

import gzip
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import IO, Any, cast

Write = Callable[[Mapping[str, Any]], None]


@contextmanager
def lines(out: str) -> Iterator[Write]:
    """A function that writes one object per line to `out`; `-` is standard output, a name ending in .gz is compressed.

    The file gets its name when the block ends well. When it does not, whatever had that name before is still there.
    The same objects give the same bytes: the compressed file holds no date and no name. Raises OSError.
    """
    if out == "-":
        yield _into(sys.stdout.buffer)
        sys.stdout.flush()
        return
    target, packed = Path(out), out.endswith(".gz")
    if target.exists() and not (target.is_file() or target.is_dir()):
        # A device or a pipe is written to; a file put in its place would be the end of /dev/null.
        with target.open("wb") as raw, _packed(raw, packed) as stream:
            yield _into(stream)
        return
    # A link stays one: what it points to is replaced.
    target = target.resolve()
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        with partial.open("xb") as raw:
            with _packed(raw, packed) as stream:
                yield _into(stream)
            raw.flush()
            os.fsync(raw.fileno())
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def _packed(raw: IO[bytes], packed: bool) -> AbstractContextManager[IO[bytes]]:
    if not packed:
        return nullcontext(raw)
    return cast("AbstractContextManager[IO[bytes]]", gzip.GzipFile(filename="", fileobj=raw, mode="wb", mtime=0))


def _into(stream: IO[bytes]) -> Write:
    def write(data: Mapping[str, Any]) -> None:
        stream.write(json.dumps(data, ensure_ascii=False, allow_nan=False).encode() + b"\n")

    return write
