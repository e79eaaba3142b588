"""What is said of an answer to an exercise: pure functions, nothing is stored."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from oasst_web.practice import Asked, Check, Measure, Ranking, Reviewing, Writing

#: An e-mail address, or eight digits and more with what people put between them.
CONTACT = re.compile(r"[\w.+-]+@[\w-]+\.\w|(?:\d[\s/().-]{0,3}){8,}")

#: Scripts without spaces between words: there, a letter says about as much as half a word.
UNSPACED = re.compile("[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]")


@dataclass(frozen=True)
class Checked:
    met: bool
    sentence: str


def of_text(exercise: Writing, text: str) -> list[Checked]:
    """Each check with the sentence that fits."""
    found = [(check, _holds(check, text)) for check in exercise.checks]
    return [Checked(met, check.met if met else check.unmet) for check, met in found]


def _holds(check: Check, text: str) -> bool:
    match check.test:
        case Measure.AT_LEAST_WORDS:
            return len(text.split()) + len(UNSPACED.findall(text)) // 2 >= check.number
        case Measure.AT_MOST_LETTERS:
            return len(text) <= check.number
        case Measure.MENTIONS:
            return _mentions(text, check.words)
        case Measure.EARLY:
            return _mentions(text[: check.number], check.words)
        case Measure.AVOIDS:
            return not _mentions(text, check.words)
        case Measure.NO_CONTACT:
            return not CONTACT.search(text)


def _mentions(text: str, words: Sequence[str]) -> bool:
    """Words count from their beginning: "off" is in "switched off" and not in "coffee"."""
    lower = text.lower()
    return any(re.search(("(?<!\\w)" if word[0].isalnum() else "") + re.escape(word), lower) for word in words)


@dataclass(frozen=True)
class Compared:
    """One question: what the person said, and what most would say."""

    asked: Asked
    said: float | None
    """None where it was left open, which is an answer, too."""

    @property
    def agrees(self) -> bool | None:
        return None if self.said is None else self.said in self.asked.most


def of_review(exercise: Reviewing, said: Mapping[str, float]) -> list[Compared]:
    """Every question of the exercise, in order. `said` is by label; what is absent was left open."""
    return [Compared(asked, said.get(asked.label)) for asked in exercise.questions]


@dataclass(frozen=True)
class Ordered:
    """The person's order beside the usual one."""

    yours: list[list[int]]
    """Places of the replies in the exercise, best first; those in one group are tied."""
    usual: Sequence[Sequence[int]]
    pairs: int
    """Pairs of replies."""
    equal: int
    """Those that stand the same way, or tied, in both orders."""

    @property
    def same(self) -> bool:
        return self.equal == self.pairs


def of_ranking(exercise: Ranking, places: Sequence[int]) -> Ordered:
    """`places` has the person's place for each reply; equal numbers are a tie, and gaps mean nothing."""
    usual = {reply: place for place, group in enumerate(exercise.order) for reply in group}
    yours = [[reply for reply, at in enumerate(places) if at == place] for place in sorted(set(places))]
    pairs = [(one, other) for one in usual for other in usual if one < other]
    equal = sum(_sign(usual[one] - usual[other]) == _sign(places[one] - places[other]) for one, other in pairs)
    return Ordered(yours, exercise.order, len(pairs), equal)


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)
