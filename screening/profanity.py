"""Finds swear words in 24 languages, also in disguise: letters replaced by figures, spread or repeated.

The words and the undressing are glin-profanity's (MIT). Its lists hold topics too, such as nudity or rape, and ordinary
words of some languages; these score lower than what nobody says by accident.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from importlib.metadata import version
from unicodedata import normalize

from glin_profanity import Filter

from screening.findings import Concern, Detector, Found, Text

#: What the package calls the languages it has lists of.
LISTS = {
    "ar": "arabic", "cs": "czech", "da": "danish", "de": "german", "en": "english", "eo": "esperanto", "es": "spanish",
    "fa": "persian", "fi": "finnish", "fr": "french", "hi": "hindi", "hu": "hungarian", "it": "italian",
    "ja": "japanese", "ko": "korean", "nb-NO": "norwegian", "nl": "dutch", "pl": "polish", "pt-BR": "portuguese",
    "ru": "russian", "sv": "swedish", "th": "thai", "tr": "turkish", "zh": "chinese",
}  # fmt: skip
#: Short words of these lists are mostly something else.
SHORTEST = {"tr": 6, "sv": 4, "nl": 4, "es": 5, "pt-BR": 6, "ja": 2, "zh": 2, "ko": 2}
#: What people talk about without swearing.
TOPICS = frozenset({
    "ass", "bs", "comer", "destek", "dick", "domination", "genitals", "maldito", "nude", "nudity", "orgasm", "orina",
    "penis", "rape", "rapist", "sex", "sexual", "sexuality", "suck", "topless", "vagina", "ファンタジー",
    "erotic", "naked", "breasts", "kill", "murder", "hell", "damn", "xxx", "porn", "pornography", "drugs", "hitler",
    "nazi", "gay", "lesbian", "terrorist", "mallar", "奴隷", "تجاوز", "racist", "stupid", "dumb", "crap",
})  # fmt: skip
SWORN, TOPIC = 0.8, 0.4
#: Marks of Markdown: beside a letter they are no letter in disguise. Between two they are.
_MARKS = re.compile(r"(?<![^\W_])[*_~`#]+|[*_~`#]+(?![^\W_])")


@cache
def _filter(language: str) -> Filter:
    return Filter(
        {"languages": [language], "detect_leetspeak": True, "normalize_unicode": True, "word_boundaries": True}
    )


def look(text: Text) -> Sequence[Found]:
    """Each word once for each place it begins at. Nothing in a language without a list."""
    language = LISTS.get(text.lang)
    if language is None or not text.text.strip():
        return []
    places: dict[int, Found] = {}
    plain = _MARKS.sub(lambda marks: " " * len(marks.group()), text.text)
    for match in _filter(language).check_profanity(plain).get("matches", ()):
        word, start = str(match["word"]), int(match["index"])
        score = TOPIC if normalize("NFC", word) in TOPICS or len(word) < SHORTEST.get(text.lang, 4) else SWORN
        known = places.get(start)
        if start >= 0 and (known is None or known.score < score):
            end = min(start + len(word), len(text.text))
            places[start] = Found(kind="swearing", score=score, start=start, end=end)
    return [places[start] for start in sorted(places)]


DETECTOR = Detector(Concern.PROFANITY, f"glin-profanity-{version('glin-profanity')}-2", look)
