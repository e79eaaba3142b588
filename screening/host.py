"""The child in which detectors run: `python -m screening.host TABLE`. It reads questions and writes answers, a line of
JSON each, and knows nothing else: if a detector takes it down, only this process is lost.

Question: `{"concern": …, "text": …, "lang": …, "role": …}`, or without a text only to load the detector. Answer:
`{"version": …, "found": [[kind, score, start, end], …]}` or `{"failed": reason}`.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from screening.findings import Concern, Detector, Text


def main(table: str) -> None:
    """Answer until nobody asks any more. What a detector prints goes to standard error, never among the answers."""
    answers = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)
    module, name = table.split(":")
    loads: Mapping[Concern, Any] = getattr(import_module(module), name)
    loaded: dict[Concern, Detector | None] = {}
    for line in sys.stdin.buffer:
        answers.write(json.dumps(_answer(json.loads(line), loads, loaded)) + "\n")
        answers.flush()


def _answer(
    question: dict[str, Any], loads: Mapping[Concern, Any], loaded: dict[Concern, Detector | None]
) -> dict[str, Any]:
    concern = Concern(question["concern"])
    try:
        if concern not in loaded:
            loaded[concern] = loads[concern]()
        detector = loaded[concern]
        if detector is None or "text" not in question:
            return {"version": detector.version if detector else None, "found": []}
        text = Text(text=question["text"], lang=question["lang"], role=question["role"])
        found = [[each.kind, float(each.score), each.start, each.end] for each in detector.look(text)]
    except Exception as problem:  # whatever a detector raises is its failure, and the parent is told
        return {"failed": f"{type(problem).__name__}: {problem}"[:200]}
    return {"version": detector.version, "found": found}


if __name__ == "__main__":
    main(sys.argv[1])
