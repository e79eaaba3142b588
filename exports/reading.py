"""Reads published files line by line, plain or compressed, and says of every line that cannot be used why."""

from __future__ import annotations

import gzip
import io
import json
import sqlite3
import sys
import zlib
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any, NoReturn, cast
from uuid import UUID

from exports import schema
from exports.schema import FormatError, Node, Row, Tree

GZIP_MAGIC = b"\x1f\x8b"
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"

#: Objects and lists inside each other on the line of a message. Published ones have three; unknown keys may have more.
ROW_NESTING = 100

#: The same for a tree: every reply is an object in a list.
TREE_NESTING = 2 * schema.DEEPEST + ROW_NESTING


@dataclass(frozen=True, slots=True)
class TreeLine:
    """One tree, and where it was found. The line of a tree from flat messages is that of its prompt."""

    file: str
    line: int
    tree: Tree


@dataclass(frozen=True, slots=True)
class BrokenLine:
    """One line that cannot be used."""

    file: str
    line: int
    reason: str
    orphan: bool = False
    """Sound in itself, but the message it replies to is not in the file."""

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}: {self.reason}"


def read(path: Path) -> Iterator[TreeLine | BrokenLine]:
    """Every tree of a file. Flat messages are put together at its end: a parent may come after its replies.

    Memory is that of one tree: flat messages wait in a temporary database on disk. Raises OSError.
    """
    with closing(_Flat(path.name)) as flat:
        for number, line in _lines(path):
            if isinstance(line, str):
                yield BrokenLine(path.name, number, line)
                continue
            try:
                data = _parse(line)
                if "message_id" in data:
                    flat.add(number, line.decode(), schema.parse_row(data))
                elif "message_tree_id" in data:
                    tree = schema.parse_tree(data)
                    _refuse_repeats(tree)
                    yield TreeLine(path.name, number, tree)
                else:
                    raise FormatError("neither a tree (message_tree_id) nor a message (message_id)")
            except FormatError as problem:
                yield BrokenLine(path.name, number, str(problem))
            except RecursionError:
                yield BrokenLine(path.name, number, "the tree is too deep to be read")
        yield from flat.trees()


def _lines(path: Path) -> Iterator[tuple[int, bytes | str]]:
    """(number, line) of every line that is not blank; a sentence instead of the line where unpacking fails."""
    number = 0
    with path.open("rb") as raw:
        stream = unpacked(raw)
        try:
            for number, line in enumerate(stream, start=1):
                if number == 1:
                    line = line.removeprefix(b"\xef\xbb\xbf")
                if line.strip():
                    yield number, line
        except (EOFError, gzip.BadGzipFile, zlib.error, _Damaged) as problem:
            yield number + 1, f"the compressed file is damaged here ({problem}); what follows was not read"


class _Damaged(Exception):
    """What a zstd file says of itself, which is no fault of the disk."""


class _Zstd(io.RawIOBase):
    def __init__(self, raw: IO[bytes]) -> None:
        import pyarrow as pa  # it takes a moment, and few files need it

        self.packed = pa.CompressedInputStream(pa.PythonFile(raw, mode="r"), "zstd")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            read = self.packed.read(len(buffer))
        except OSError as problem:
            raise _Damaged(str(problem)) from problem
        buffer[: len(read)] = read
        return len(read)


def unpacked(raw: io.BufferedReader) -> IO[bytes]:
    """Known by its first bytes, whatever it is called."""
    start = raw.peek(4)[:4]
    if start[:2] == GZIP_MAGIC:
        return cast("IO[bytes]", gzip.GzipFile(fileobj=raw))
    return io.BufferedReader(_Zstd(raw)) if start == ZSTD_MAGIC else raw


def _parse(line: bytes) -> dict[str, Any]:
    try:
        data = json.loads(line.decode(), parse_constant=_refuse_constant)
    except UnicodeDecodeError as problem:
        raise FormatError(f"not UTF-8: {problem.reason} at byte {problem.start + 1}") from None
    except json.JSONDecodeError as problem:
        raise FormatError(f"not JSON: {problem.msg} at character {problem.pos + 1}") from None
    except FormatError:
        raise
    except ValueError:
        # Python reads no more digits, for the time it would take.
        raise FormatError(f"a number has more than {sys.get_int_max_str_digits()} digits") from None
    if not isinstance(data, dict):
        raise FormatError("not a JSON object")
    _refuse_nesting(data, ROW_NESTING if "message_id" in data else TREE_NESTING)
    return data


def _refuse_constant(name: str) -> NoReturn:
    raise FormatError(f"{name} is not a JSON number")


def _refuse_nesting(data: dict[str, Any], deepest: int) -> None:
    """Keep out what could be read here, but not be written or read again where the stack is fuller."""
    level: list[Any] = [data]
    for _ in range(deepest):
        inner = (item.values() if isinstance(item, dict) else item for item in level)
        level = [value for values in inner for value in values if isinstance(value, dict | list)]
        if not level:
            return
    raise FormatError(f"its objects and lists lie in each other more than {deepest} times")


def _refuse_repeats(tree: Tree) -> None:
    seen: set[UUID] = set()
    for node in schema.walk(tree.prompt):
        if node.message_id in seen:
            raise FormatError(f"message {node.message_id} is in the tree twice")
        seen.add(node.message_id)


class _Flat:
    """Flat messages of one file, kept on disk until all of them are known."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.rows: sqlite3.Connection | None = None

    def close(self) -> None:
        if self.rows is not None:
            self.rows.close()

    def add(self, number: int, text: str, row: Row) -> None:
        """Raises FormatError when the message was there before."""
        if self.rows is None:
            # An empty name is a database on disk that is gone when it is closed.
            self.rows = sqlite3.connect("", isolation_level=None)
            self.rows.execute(
                "CREATE TABLE message (id TEXT PRIMARY KEY, parent TEXT, line INTEGER, text TEXT, tree TEXT)"
            )
            self.rows.execute("BEGIN")
        node = row.node
        values = (str(node.message_id), node.parent_id and str(node.parent_id), number, text)
        added = self.rows.execute("INSERT OR IGNORE INTO message VALUES (?, ?, ?, ?, NULL)", values)
        if not added.rowcount:
            found = self.rows.execute("SELECT line FROM message WHERE id = ?", values[:1]).fetchone()
            raise FormatError(f"message {node.message_id} was there before, on line {found[0]}")

    def trees(self) -> Iterator[TreeLine | BrokenLine]:
        """Trees in the order of their prompts, then the messages that hang on nothing."""
        if self.rows is None:
            return
        self.rows.execute("CREATE INDEX by_parent ON message (parent)")
        self.rows.execute(
            """CREATE TEMP TABLE place AS
               WITH RECURSIVE below(id, root) AS (
                   SELECT id, id FROM message WHERE parent IS NULL
                   UNION ALL SELECT m.id, b.root FROM message m JOIN below b ON m.parent = b.id
               ) SELECT id, root FROM below"""
        )
        self.rows.execute("UPDATE message SET tree = place.root FROM place WHERE place.id = message.id")
        self.rows.execute("CREATE INDEX by_tree ON message (tree, line)")
        roots = self.rows.execute("SELECT id FROM message WHERE parent IS NULL ORDER BY line").fetchall()
        for (root,) in roots:
            found = self.rows.execute("SELECT line, text FROM message WHERE tree = ? ORDER BY line", [root])
            yield from self._tree(root, [(line, schema.parse_row(json.loads(text))) for line, text in found])
        for line, parent in self.rows.execute("SELECT line, parent FROM message WHERE tree IS NULL ORDER BY line"):
            yield BrokenLine(self.file, line, f"the message it replies to, {parent}, is not in the file", orphan=True)

    def _tree(self, root: str, rows: list[tuple[int, Row]]) -> Iterator[TreeLine | BrokenLine]:
        """One tree from its rows. A row that names another tree stays out, with all that hangs on it."""
        lines: dict[UUID, int] = {}
        children: dict[UUID | None, list[Node]] = defaultdict(list)
        strangers = []
        for line, row in rows:
            lines[row.node.message_id] = line
            if row.tree_id is None or str(row.tree_id) == root:
                children[row.node.parent_id].append(row.node)
            else:
                reason = f"message_tree_id is {row.tree_id}, but its prompt is {root}"
                strangers.append(BrokenLine(self.file, line, reason))
        used: set[UUID] = set()

        def grown(node: Node, depth: int) -> Node:
            if depth > schema.DEEPEST:
                raise FormatError(f"message {node.message_id} is deeper than {schema.DEEPEST} replies")
            used.add(node.message_id)
            return replace(node, replies=tuple(grown(reply, depth + 1) for reply in children[node.message_id]))

        yield from strangers
        if children[None]:
            line = lines[UUID(root)]
            state = next(row.state for _line, row in rows if str(row.node.message_id) == root)
            try:
                yield TreeLine(self.file, line, Tree(prompt=grown(children[None][0], 0), state=state))
            except FormatError as problem:
                yield BrokenLine(self.file, line, str(problem))
                return
        broken = {stranger.line for stranger in strangers}
        for message_id, line in lines.items():
            if message_id not in used and line not in broken:
                yield BrokenLine(self.file, line, "the message it replies to cannot be used", orphan=True)
