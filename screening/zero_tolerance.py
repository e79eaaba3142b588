"""Finds sexual content about minors. What this finds is hidden at once, and a person is called.

A word for somebody under age and a word for sex, of the same language, near each other in one sentence. Who protects,
teaches, treats, reports or judges uses the same words: near such a word the score stays below the threshold that hides.
No list catches everything, and none is free of mistakes: a moderator decides, and people report what this misses.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from functools import cache

from screening import phrases
from screening.findings import Concern, Detector, Found, Text

#: Signs between the two words, at most; in a dense script a sign is a word.
NEAR, NEAR_DENSE = 60, 20
#: Signs around both in which a word may say that it is spoken against.
AROUND = 160
SURE, SPOKEN_AGAINST = 0.85, 0.45
_ENDS = re.compile(r"[.!?。！？؟।\n]")
_AGE = re.compile(
    r"(?<!\w)(?:[3-9]|1[0-7])(?:[ -]?(?:year[ -]?old|yo|y/o|jährig\w*|años|ans|anni|anos|jaar|лет)|岁|歳|살)(?!\w)"
)
#: Said by no other people, and of nothing else.
_CODE_WORDS = re.compile(
    r"(?<!\w)(?:child porn\w*|kiddie porn|csam|kinderporn\w*|pornografía infantil|pédopornographi\w*|детск\w* порн\w*"
    r"|儿童色情|児童ポルノ|아동 포르노)(?!\w)"
)


@cache
def _words(name: str) -> dict[str, re.Pattern[str]]:
    """The words of each language as one expression. A star at the end of one: it may go on."""
    found = {}
    for line in (phrases.LISTS / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            lang, *words = phrases.folded(line).split("|")
            found[lang] = re.compile("|".join(map(_expression, sorted(words, key=len, reverse=True))))
    return found


def _expression(word: str) -> str:
    if not re.search(r"[^\W\d_]", word) or phrases.is_unspaced(word):
        return re.escape(word)
    plain = r"\s{1,2}".join(
        re.escape(part.removesuffix("*")) + (r"\w{0,12}" if part.endswith("*") else "") for part in word.split()
    )
    return rf"(?<!\w){plain}(?!\w)"


def look(text: Text) -> Sequence[Found]:
    """The surest finding of each sentence that has one."""
    plain = phrases.folded(text.text)
    return list(_in_sentences(plain))


def _in_sentences(plain: str) -> Iterator[Found]:
    begin = 0
    for end in [*(match.end() for match in _ENDS.finditer(plain)), len(plain)]:
        sentence = plain[begin:end]
        pair = _pair(sentence)
        if pair is not None:
            start, stop = begin + pair[0], begin + pair[1]
            against = _spoken_against(plain[max(0, start - AROUND) : stop + AROUND])
            yield Found(kind="minors", score=SPOKEN_AGAINST if against else SURE, start=start, end=stop)
        begin = end


def _pair(sentence: str) -> tuple[int, int] | None:
    """Where the first two such words stand near each other, both included."""
    said = _CODE_WORDS.search(sentence)
    if said is not None:
        return said.span()
    for lang, sexual in _words("sexual").items():
        places = [match.span() for match in sexual.finditer(sentence)]
        if not places:
            continue
        young = [match.span() for match in _words("minors")[lang].finditer(sentence)]
        young += [match.span() for match in _AGE.finditer(sentence)]
        near = NEAR_DENSE if phrases.is_unspaced(sentence) else NEAR
        for one in places:
            for other in young:
                first, second = sorted((one, other))
                if 0 <= second[0] - first[1] <= near:
                    return first[0], second[1]
    return None


def _spoken_against(around: str) -> bool:
    return any(words.search(around) for words in _words("protecting").values())


def _version() -> str:
    lists = b"".join((phrases.LISTS / f"{name}.txt").read_bytes() for name in ("minors", "sexual", "protecting"))
    return f"words-1-{hashlib.sha256(lists).hexdigest()[:8]}"


DETECTOR = Detector(Concern.ZERO_TOLERANCE, _version(), look)
