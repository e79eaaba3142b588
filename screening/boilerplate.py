"""Finds what language models say of themselves: a reply that does was hardly written by its author."""

from __future__ import annotations

import re
from collections.abc import Sequence

from screening import phrases
from screening.findings import Concern, Detector, Found, Text

#: In a prompt the same words are often asked about.
OF_A_PROMPT = 0.6
#: And between quotation marks they are somebody else's.
QUOTED = 0.5
_OPENING = re.compile(r"[\"'“‘„«»「『]\s{0,2}$")


def look(text: Text) -> Sequence[Found]:
    """Each phrase with its place; surer in a reply than in a prompt, least sure in quotation marks."""
    found = []
    for match in phrases.find("boilerplate", text.text):
        score = match.score if text.role == "assistant" else match.score * OF_A_PROMPT
        if _OPENING.search(text.text[max(0, match.start - 3) : match.start]):
            score *= QUOTED
        found.append(Found(kind="model_talk", score=score, start=match.start, end=match.end))
    return found


DETECTOR = Detector(Concern.BOILERPLATE, f"phrases-1-{phrases.version('boilerplate')}", look)
