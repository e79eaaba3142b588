"""The scores that published data have under `detoxify`: of its seven we can give one, and that for English only."""

from __future__ import annotations

from collections.abc import Sequence

#: Digits after the point: what the model says is not worth more.
DIGITS = 4


def toxicity(texts: Sequence[tuple[str, str]]) -> list[float | None]:
    """How likely each of these (text, language) is toxic, 0 to 1; None where the model does not know the language."""
    from screening import toxicity as screened  # the model takes a second to load, and few files need it

    asked = [text for text, lang in texts if lang == screened.LANG]
    told = iter(screened.probabilities(asked))
    return [round(next(told), DIGITS) if lang == screened.LANG else None for _text, lang in texts]
