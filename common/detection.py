"""In which language a text seems to be. There is a guess only where it is rarely wrong: nobody likes to be nagged."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pycld2

from common.languages import LANGUAGES

#: What the detector calls languages that have another code here; all others it calls by their code in `languages`.
_OURS = {"iw": "he", "no": "nb-NO", "nn": "nb-NO", "pt": "pt-BR", "uk": "uk-UA", "zh-Hant": "zh"}
#: What it would call those it does not know by our code. Bavarian and Swabian look like German to it.
_THEIRS = {"he": "iw", "nb-NO": "no", "pt-BR": "pt", "uk-UA": "uk", "bar": "de", "swg": "de"}

#: Languages that a short text may fit both of; between them no guess is worth a word.
RELATIVES: tuple[frozenset[str], ...] = (
    frozenset({"de", "bar", "swg"}),
    frozenset({"gl", "pt-BR"}),
    frozenset({"gl", "es"}),
    frozenset({"da", "nb-NO"}),
    frozenset({"cs", "sk"}),
    frozenset({"id", "ms"}),
    frozenset({"bg", "sr"}),
    frozenset({"sl", "sr"}),
)

#: Letters below which there is no guess: over the sentences of Django's catalogues in 40 languages, one guess in fifty
#: is wrong at 20 letters, one in two hundred from 30 on.
ENOUGH = 24
#: Letters from which a part of a text counts as being in another language than the rest.
ENOUGH_OF_A_PART = 16
#: Of the text, how much must be in the language.
MOST = 0.8

#: A sign of these scripts says as much as a few letters of others.
_DENSE = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_DENSE_WEIGHT = 3

#: Code is in no language.
_CODE = re.compile(r"```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)|`[^`\n]*`|^(?: {4}|\t)[^\n]*", re.DOTALL | re.MULTILINE)
#: What stands between white space, and by which signs it is an address, the name of a file or a piece of code. In two
#: steps: one expression for both would look for the sign from each letter of a long word anew.
_WORD, _SIGNS = re.compile(r"\S+"), re.compile(r"[\\/_{}<>=]|.@.")
_ENDS_OF_PARTS = re.compile(r"[\n.!?;:。！？；：،؟۔।\"“”„«»()\[\]]+")


@dataclass(frozen=True)
class Guess:
    """A language of `languages.LANGUAGES`, and how much of the text is in it: 0 to 1."""

    lang: str
    confidence: float


def guess(text: str, *, expected: str | None = None) -> Guess | None:
    """The language of a text; None where it is short, mixed, mostly code, or in a language that we do not know.

    In doubt it is the `expected` one, which makes the guess wrong a third as often.
    """
    words = _words(text)
    if _weight(words) < ENOUGH:
        return None
    found = _detected(words, expected)
    if found is None or found.confidence < MOST:
        return None
    # The detector smooths over what is short, and calls a request to translate by the language of what is quoted.
    for part in _ENDS_OF_PARTS.split(words):
        if _weight(part) >= ENOUGH_OF_A_PART:
            other = _detected(part, found.lang)
            if other is not None and not related(other.lang, found.lang):
                return None
    return found


def strays(text: str, lang: str) -> Guess | None:
    """What a text seems to be in that should be in `lang`; None if it may well be in that."""
    found = guess(text, expected=lang)
    return found if found is not None and not related(found.lang, lang) else None


def related(one: str, other: str) -> bool:
    """Whether the two are the same, or too close to tell them apart."""
    return one == other or any({one, other} <= family for family in RELATIVES)


def _words(text: str) -> str:
    text = _CODE.sub("\n", text)
    text = _WORD.sub(lambda word: "\n" if _SIGNS.search(word[0]) else word[0], text)
    # It refuses what cannot be printed.
    return "".join(sign if sign.isprintable() or sign == "\n" else " " for sign in text)


def _weight(text: str) -> int:
    dense = len(_DENSE.findall(text))
    return sum(map(str.isalpha, text)) + dense * (_DENSE_WEIGHT - 1)


def _detected(text: str, expected: str | None) -> Guess | None:
    # Told to expect Chinese, it expects simplified signs and takes traditional ones for Japanese.
    hint = {}
    if expected is not None and expected in LANGUAGES and expected != "zh":
        hint["hintLanguage"] = _THEIRS.get(expected, expected)
    sure, _bytes, found = pycld2.detect(text.encode(), bestEffort=False, **hint)
    code, percent = found[0][1], found[0][2]
    lang = _OURS.get(code, code)
    return Guess(lang, percent / 100) if sure and lang in LANGUAGES else None
