"""Finds texts in another language than their conversation."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version

from common import detection
from screening.findings import Concern, Detector, Found, Text


def look(text: Text) -> Sequence[Found]:
    """The language it seems to be in, if that is another one; nothing where there is no good guess."""
    guess = detection.guess(text.text, expected=text.lang)
    if guess is None or guess.lang == text.lang:
        return []
    return [Found(kind=guess.lang, score=guess.confidence, start=0, end=len(text.text))]


DETECTOR = Detector(Concern.LANGUAGE, f"guess-1+pycld2-{version('pycld2')}", look)
