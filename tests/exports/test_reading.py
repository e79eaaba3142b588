"""Reading files: what is a tree, what is a message, and what is said of a line that is neither."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from exports import reading, schema
from exports.reading import BrokenLine, TreeLine
from tests.exports.files import message, number, rows, tree, write


def read(path: Path) -> tuple[list[schema.Tree], list[BrokenLine]]:
    found = list(reading.read(path))
    broken = [item for item in found if isinstance(item, BrokenLine)]
    return [item.tree for item in found if isinstance(item, TreeLine)], broken


def shape(node: schema.Node) -> Any:
    return [node.message_id.int & 0xFF, *(shape(reply) for reply in node.replies)]


GOOD = tree(message(1, message(2)))

BROKEN = {
    "not JSON: Expecting value at character 1": "nonsense",
    "not a JSON object": "[1, 2]",
    "not UTF-8: invalid start byte at byte 2": b'"\xff"',
    "neither a tree (message_tree_id) nor a message (message_id)": {"text": "alone"},
    "the tree has no prompt": {"message_tree_id": number(9)},
    "unknown tree_state 'flowering'": GOOD | {"tree_state": "flowering"},
    "unknown role 'judge'": tree(message(9, role="judge")),
    "the prompt has the role assistant": tree(message(9, role="assistant")),
    "message_id is 'x', which is not a UUID": {"message_id": "x", "text": "t", "role": "prompter"},
    "the message has no text": tree(message(9, text=None)),
    "rank is -1, which is not a whole number from 0 on": tree(message(9, rank=-1)),
    "rank is True, which is not a whole number from 0 on": tree(message(9, rank=True)),
    "deleted is 'no', which is neither true nor false": tree(message(9, deleted="no")),
    "created_date is 'soon', which is not an ISO date": tree(message(9, created_date="soon")),
    "lang has 40 characters; at most 32 are possible": tree(message(9, lang="x" * 40)),
    "the lists in emojis are not equally long": tree(message(9, emojis={"name": ["+1"], "count": []})),
    "a label is not an object with value and count": tree(message(9, labels={"spam": 1})),
    "the value of the label spam is '1', which is not a number from 0 to 1": tree(
        message(9, labels={"spam": {"value": "1", "count": 1}})
    ),
    "the value of the label spam is 1.5, which is not a number from 0 to 1": tree(
        message(9, labels={"spam": {"value": 1.5, "count": 1}})
    ),
    "a number has more than 4300 digits": '{"message_tree_id": ' + "9" * 5000 + "}",
    "its objects and lists lie in each other more than 100 times": '{"message_id": ' + "[" * 100 + "]" * 100 + "}",
    "its objects and lists lie in each other more than 500 times": '{"prompt": ' + "[" * 500 + "]" * 500 + "}",
    "events of the kind emoji are not a list of objects": tree(message(9, events={"emoji": ["+1"]})),
    "_file is a name that this site keeps for itself": tree(message(9, _file={"place": 1})),
    "NaN is not a JSON number": json.dumps(tree(message(9, weight=float("nan")))),
    "text contains a character that cannot be stored (NUL or half of a surrogate pair)": json.dumps(
        tree(message(9, text="a\x00b"))
    ),
    f"message {number(2)} is in the tree twice": tree(message(1, message(2), message(2))),
    f"message_tree_id is {number(8)}, but the prompt is message {number(9)}": tree(message(9))
    | {"message_tree_id": number(8)},
    "the tree is too deep to be read": '{"prompt":' * 100_000,
}


@pytest.mark.parametrize("reason", BROKEN)
def test_a_broken_line_is_named_with_its_number_and_the_rest_is_read(reason: str, tmp_path: Path) -> None:
    lines: list[Any] = ["", tree(message(5)), BROKEN[reason], tree(message(6))]
    path = write(tmp_path / "some.jsonl", lines)
    trees, broken = read(path)
    assert [shape(found.prompt) for found in trees] == [[5], [6]]
    assert [(line.file, line.line, line.reason) for line in broken] == [("some.jsonl", 3, reason)]


def test_a_reply_that_names_another_parent_breaks_the_tree(tmp_path: Path) -> None:
    wrong = tree(message(1, message(2)))
    wrong["prompt"]["replies"][0]["parent_id"] = number(3)
    [broken] = read(write(tmp_path / "some.jsonl", [wrong]))[1]
    assert broken.reason == f"message {number(2)} hangs under {number(1)}, but names {number(3)} as its parent"


def test_a_tree_deeper_than_anybody_collects_is_refused(tmp_path: Path) -> None:
    deep = message(0)
    for n in range(1, schema.DEEPEST + 2):
        deep = {**message(n), "replies": [deep]}
    for n, node in enumerate(schema_order(deep)):
        node["role"] = "assistant" if n % 2 else "prompter"
    [broken] = read(write(tmp_path / "some.jsonl", [tree(deep)]))[1]
    assert broken.reason == f"message {number(0)} is deeper than {schema.DEEPEST} replies"
    flat = [
        {**{key: value for key, value in node.items() if key != "replies"}, "parent_id": n and number(201 - n + 1)}
        for n, node in enumerate(schema_order(deep))
    ]
    flat[0]["parent_id"] = None
    [broken] = read(write(tmp_path / "flat.jsonl", flat))[1]
    assert broken.reason == f"message {number(0)} is deeper than {schema.DEEPEST} replies"


def schema_order(node: dict[str, Any]) -> list[dict[str, Any]]:
    found = [node]
    while found[-1]["replies"]:
        found.append(found[-1]["replies"][0])
    return found


def test_compressed_files_are_known_by_their_content(tmp_path: Path) -> None:
    path = tmp_path / "misnamed.jsonl"
    path.write_bytes(gzip.compress(write(tmp_path / "plain", [GOOD]).read_bytes()))
    assert [shape(found.prompt) for found in read(path)[0]] == [[1, [2]]]


def test_a_truncated_compressed_file_gives_what_can_be_read(tmp_path: Path) -> None:
    many = [tree(message(n, text="x" * 500 + str(n))) for n in range(2000)]
    packed = gzip.compress(write(tmp_path / "plain", many).read_bytes())
    path = tmp_path / "cut.jsonl.gz"
    path.write_bytes(packed[: len(packed) // 2])
    trees, [broken] = read(path)
    assert 0 < len(trees) < 2000
    assert broken.line == len(trees) + 1
    assert "damaged" in broken.reason


def test_a_byte_order_mark_and_blank_lines_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "bom.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(GOOD).encode() + b"\r\n\r\n")
    assert [shape(found.prompt) for found in read(path)[0]] == [[1, [2]]]


def test_flat_messages_may_come_in_any_order_and_mixed_with_trees(tmp_path: Path) -> None:
    flat = rows(tree(message(1, message(2, message(3)), message(4))), tree(message(5, message(6))))
    path = write(tmp_path / "mixed.jsonl", [*reversed(flat), tree(message(7))])
    trees, broken = read(path)
    assert [shape(found.prompt) for found in trees] == [[7], [5, [6]], [1, [4], [2, [3]]]]
    assert broken == []


def test_flat_messages_without_a_tree_id_find_their_tree(tmp_path: Path) -> None:
    flat = [{key: value for key, value in row.items() if "tree" not in key} for row in rows(GOOD)]
    assert [shape(found.prompt) for found in read(write(tmp_path / "flat.jsonl", flat))[0]] == [[1, [2]]]


def test_a_message_whose_parent_is_missing_is_an_orphan_with_all_below_it(tmp_path: Path) -> None:
    flat = rows(tree(message(1, message(2, message(3)), message(4))))
    trees, broken = read(write(tmp_path / "flat.jsonl", [flat[0], flat[2], flat[3]]))
    assert [shape(found.prompt) for found in trees] == [[1, [4]]]
    assert [(line.line, line.orphan) for line in broken] == [(2, True)]
    assert broken[0].reason == f"the message it replies to, {number(2)}, is not in the file"


def test_messages_that_reply_to_each_other_in_a_circle_are_orphans(tmp_path: Path) -> None:
    flat = rows(tree(message(1, message(2, message(3)))))
    flat[0]["parent_id"] = number(3)
    trees, broken = read(write(tmp_path / "flat.jsonl", flat))
    assert trees == []
    assert [line.orphan for line in broken] == [True, True, True]


def test_a_flat_message_that_names_another_tree_stays_out_with_all_below_it(tmp_path: Path) -> None:
    flat = rows(tree(message(1, message(2, message(3)), message(4))))
    flat[1]["message_tree_id"] = number(9)
    trees, broken = read(write(tmp_path / "flat.jsonl", flat))
    assert [shape(found.prompt) for found in trees] == [[1, [4]]]
    assert [(line.line, line.orphan) for line in broken] == [(2, False), (3, True)]


def test_a_flat_message_that_comes_twice_is_taken_once(tmp_path: Path) -> None:
    flat = rows(GOOD)
    trees, [broken] = read(write(tmp_path / "flat.jsonl", [*flat, flat[1] | {"text": "other"}]))
    assert [node.text for node in schema.walk(trees[0].prompt)] == ["Text 1", "Text 2"]
    assert (broken.line, broken.reason) == (3, f"message {number(2)} was there before, on line 2")
