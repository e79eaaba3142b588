"""Detectors that a test needs and that load at once."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Sequence

from screening.findings import Concern, Detector, Found, Text


def _containing(word: str, concern: Concern) -> Detector:
    def look(text: Text) -> Sequence[Found]:
        at = text.text.find(word)
        return [Found(kind=word, score=0.95, start=at, end=at + len(word))] if at >= 0 else []

    return Detector(concern, f"{word}-1", look)


def _crashing(text: Text) -> Sequence[Found]:
    if "crash" in text.text:
        os.kill(os.getpid(), signal.SIGSEGV)
    return []


def _hanging(text: Text) -> Sequence[Found]:
    if "hang" in text.text:
        time.sleep(3600)  # until somebody ends this process
    return []


def _raising(text: Text) -> Sequence[Found]:
    if "raise" in text.text:
        raise ValueError("nothing to be said")
    return []


def _flooding(text: Text) -> Sequence[Found]:
    if "flood" in text.text:
        return [Found(kind="flood", score=1.0, start=0, end=1)] * 400_000
    return []


def _printing(text: Text) -> Sequence[Found]:
    print('{"version": "forged", "found": [["forged", 1, 0, 1]]}')
    return []


def _broken() -> Detector:
    raise ImportError("its model is missing")


#: Words instead of models; and some that fail when the text says so.
DETECTORS = {
    Concern.ZERO_TOLERANCE: lambda: _containing("unspeakable", Concern.ZERO_TOLERANCE),
    Concern.PERSONAL_DATA: lambda: _containing("+44 1632 960961", Concern.PERSONAL_DATA),
    Concern.TOXICITY: lambda: _containing("nasty", Concern.TOXICITY),
    Concern.GIBBERISH: lambda: Detector(Concern.GIBBERISH, "crashing-1", _crashing),
    Concern.LANGUAGE: lambda: Detector(Concern.LANGUAGE, "hanging-1", _hanging),
    Concern.BOILERPLATE: lambda: Detector(Concern.BOILERPLATE, "flooding-1", _flooding),
    Concern.INJECTION: lambda: Detector(Concern.INJECTION, "printing-1", _printing),
    Concern.PROFANITY: lambda: None,
    Concern.NEAR_DUPLICATE: _broken,
    Concern.LINKS: lambda: Detector(Concern.LINKS, "raising-1", _raising),
}
