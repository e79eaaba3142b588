"""Finds orders to a program that reads the text: said openly, in the marks of chat formats, or in signs nobody sees."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from screening import phrases
from screening.findings import Concern, Detector, Found, Text

#: Marks by which chat formats tell a model who speaks.
_MARKS = re.compile(
    r"<\|(?:im_start|im_end|system|user|assistant|endoftext|begin_of_text|eot_id|prompter|start_header_id)\|>"
    r"|\[/?INST\]|<</?SYS>>|^\s{0,3}#{2,3} (?:System|Instruction)s?:\s*$",
    re.MULTILINE,
)
#: Tags (U+E0000…) spell words that no screen shows. A flag of a region may end with them.
_TAGS = re.compile("(?<!\U0001f3f4)(?<![\U000e0020-\U000e007f])[\U000e0020-\U000e007f]{3,}")
#: Signs without width, several in a row or all over a word. One alone joins emoji and letters of many scripts.
_WIDTHLESS = re.compile("[\u200b\u2060-\u2064\ufeff]{3,}|(?:\\w[\u200b\u2060\ufeff]){4,}")
#: Whoever turns the direction of a text and does not turn it back makes it read otherwise than it is.
_OVERRIDES = re.compile("[\u202d\u202e][^\u202c\n]{1,400}")


def look(text: Text) -> Sequence[Found]:
    """Orders, marks and hidden signs, each with its place."""
    return list(_found(text.text))


def _found(text: str) -> Iterator[Found]:
    for match in phrases.find("injection", text):
        yield Found(kind="order", score=match.score, start=match.start, end=match.end)
    for kind, score, pattern in (
        ("chat_mark", 0.8, _MARKS),
        ("hidden_text", 0.95, _TAGS),
        ("hidden_text", 0.8, _WIDTHLESS),
        ("turned_text", 0.75, _OVERRIDES),
    ):
        for found in pattern.finditer(text):
            yield Found(kind=kind, score=score, start=found.start(), end=found.end())


DETECTOR = Detector(Concern.INJECTION, f"phrases-1-{phrases.version('injection')}", look)
