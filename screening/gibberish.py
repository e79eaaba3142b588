"""Finds texts that mean nothing: keys hit at random, one letter or word again and again, signs only. In any script.

There is no model: what is looked at are repetitions, the mix of letters, and how often neighbouring keys follow each
other. Code, tables and addresses are no language, and are left out first.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

from screening.findings import Concern, Detector, Found, Text

_CODE = re.compile(
    r"```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)|`[^`\n]*`|^(?: {4}|\t)[^\n]*|^\s*\|.*\|\s*$", re.DOTALL | re.MULTILINE
)
_ADDRESS = re.compile(r"\S*(?:://|www\.|@|\\|/)\S*")
_WORD = re.compile(r"[^\W\d_]+", re.UNICODE)
_SAME_LETTER = re.compile(r"(\S)\1{14,}")
_SAME_PART = re.compile(r"(\S{2,12}?)\1{7,}")
#: Of Latin letters, without their marks. Some languages make a syllable of an r or an l; none of a whole text of them.
_VOWELS = frozenset("aeiouyæøœıə")
#: Of the Latin letters of a text, how many are vowels at least: a third in most languages, a quarter in the driest.
_FEWEST_VOWELS, _ENOUGH_FOR_VOWELS = 0.16, 20
#: Rows of the keyboards on which Latin letters are typed.
_ROWS = (
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "qwertzuiopü",
    "asdfghjklöä",
    "yxcvbnm",
    "azertyuiop",
    "qsdfghjklm",
    "wxcvbn",
)
_NEIGHBOURS = frozenset(
    pair for row in _ROWS for way in (row, row[::-1]) for pair in (way[at : at + 2] for at in range(len(way) - 1))
)
#: Letters below which nothing is said of a text: names and abbreviations look like anything.
ENOUGH = 12


def look(text: Text) -> Sequence[Found]:
    """One finding for the whole text, of the kind that is surest."""
    plain = _ADDRESS.sub(" ", _CODE.sub(" ", text.text)).strip()
    if not plain:
        return []
    kind, score = max(_opinions(plain), key=lambda each: each[1])
    return [Found(kind=kind, score=min(score, 0.99), start=0, end=len(text.text))] if score > 0 else []


def _opinions(plain: str) -> list[tuple[str, float]]:
    words = _WORD.findall(plain.casefold())
    letters = sum(map(len, words))
    return [
        ("repeated_letter", _share(_SAME_LETTER, plain)),
        ("repeated_part", _share(_SAME_PART, plain)),
        ("repeated_word", _repeated_words(words)),
        ("no_words", _no_words(plain, letters)),
        ("random_keys", max(_random_keys(words), _few_vowels(words)) if letters >= ENOUGH else 0.0),
    ]


def _share(pattern: re.Pattern[str], plain: str) -> float:
    """How much of the text is one thing again and again. Rules of dashes and dots are drawn, not meant as words."""
    repeated = sum(
        match.end() - match.start() for match in pattern.finditer(plain) if any(map(str.isalnum, match.group(1)))
    )
    return repeated / len(plain) if repeated * 2 > len(plain) else 0.0


def _repeated_words(words: list[str]) -> float:
    if len(words) < 12:
        return 0.0
    most = Counter(words).most_common(2)
    share = sum(count for _word, count in most) / len(words)
    return share if share > 0.8 else 0.0


def _no_words(plain: str, letters: int) -> float:
    """Signs only: no letter, no figure. Emoji say something."""
    solid = [sign for sign in plain if not sign.isspace()]
    said = letters + sum(
        sign.isdecimal() or unicodedata.category(sign) in ("So", "Sm", "Sc", "No", "Mn", "Mc") for sign in solid
    )
    return 0.9 if len(solid) >= 8 and said * 10 < len(solid) else 0.0


def _random_keys(words: list[str]) -> float:
    """How much of the Latin letters stands in words that no language has: many consonants in a row, no vowels, or keys
    that lie beside each other."""
    latin = [word for word in words if word.isascii() or all("LATIN" in unicodedata.name(sign, "") for sign in word)]
    long = [word for word in latin if len(word) >= 5]
    if not long or sum(map(len, latin)) * 2 < sum(map(len, words)):
        return 0.0
    odd = sum(len(word) for word in long if _is_odd(word))
    share = odd / sum(map(len, latin))
    return share if share > 0.5 else 0.0


def _few_vowels(words: list[str]) -> float:
    """Hardly a vowel in the whole text. Abbreviations are short, and are not counted."""
    latin = "".join(_plain(word) for word in words if len(word) > 3)
    letters = [sign for sign in latin if "a" <= sign <= "z" or sign in _VOWELS]
    if len(letters) < _ENOUGH_FOR_VOWELS or len(letters) * 2 < sum(map(len, words)):
        return 0.0
    return 0.85 if sum(sign in _VOWELS for sign in letters) < _FEWEST_VOWELS * len(letters) else 0.0


@lru_cache(maxsize=4096)
def _plain(word: str) -> str:
    """Letters without their marks."""
    return "".join(sign for sign in unicodedata.normalize("NFD", word) if not unicodedata.combining(sign))


def _is_odd(written: str) -> bool:
    word = _plain(written)
    vowels = sum(sign in _VOWELS for sign in word)
    run = max((len(part) for part in re.split(f"[{''.join(sorted(_VOWELS))}]", word)), default=0)
    pairs = [word[at : at + 2] for at in range(len(word) - 1)]
    beside = sum(pair in _NEIGHBOURS for pair in pairs) / len(pairs)
    few_vowels = len(word) >= 6 and vowels / len(word) < 0.13
    return (
        few_vowels
        or (run >= 6 and vowels / len(word) < 0.2)
        or (beside > 0.6 and len(word) >= 6)
        or (len(word) > 30 and vowels / len(word) < 0.25)
    )


DETECTOR = Detector(Concern.GIBBERISH, "heuristics-2", look)
