"""What a detector says of a text, as a test wants to read it."""

from __future__ import annotations

from screening.findings import Detector, Text

#: Where the rules would keep it, by default.
KEPT = 0.6


def kinds(
    detector: Detector, text: str, *, lang: str = "en", role: str = "prompter", at_least: float = KEPT
) -> list[tuple[str, str]]:
    """Kind and words of what it found, in the order of the text."""
    found = detector.look(Text(text=text, lang=lang, role=role))
    assert all(0 <= each.score <= 1 and 0 <= each.start < each.end <= len(text) for each in found)
    return [(each.kind, text[each.start : each.end]) for each in found if each.score >= at_least]


def score(detector: Detector, text: str, *, lang: str = "en", role: str = "prompter") -> float:
    """Of the surest finding; 0 where there is none."""
    return max((each.score for each in detector.look(Text(text=text, lang=lang, role=role))), default=0.0)
