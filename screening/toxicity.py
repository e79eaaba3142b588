"""A model's opinion of how toxic a text is: English only, because nothing else that is small was trained on more.

alt-profanity-check is a linear model over words (scikit-learn). It knows insults, threats and slurs, not what is meant:
a cock that crows is toxic to it, and so is a quoted insult. So only what it is nearly certain of is worth a moderator's
time.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from common import detection
from screening.findings import Concern, Detector, Found, Text

LANG = "en"
#: Sentences are looked at too: a threat in a long text drowns in it.
_SENTENCE = re.compile(r"[^.!?\n]{8,400}[.!?\n]?")
MOST_SENTENCES = 40
#: Of one sentence in a text that is otherwise harmless.
OF_A_SENTENCE = 0.92


def _model() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # The model was stored by another version of scikit-learn; its figures are tested.
        from profanity_check import predict_prob
    return predict_prob


_predict = _model()


def probabilities(texts: Sequence[str]) -> list[float]:
    """What the model says of each text as a whole, 0 to 1. English only."""
    if not texts:
        return []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [float(each) for each in _predict(list(texts))]


def look(text: Text) -> Sequence[Found]:
    """One finding for the whole, with the model's probability; or one for the worst sentence, a little less sure."""
    guess = detection.guess(text.text, expected=text.lang)
    if (guess.lang if guess else text.lang) != LANG or not text.text.strip():
        return []
    places = [match.span() for match in _SENTENCE.finditer(text.text)][:MOST_SENTENCES]
    parts = [text.text, *(text.text[start:end] for start, end in places)]
    whole, *sentences = probabilities(parts)
    if not places or whole >= OF_A_SENTENCE * max(sentences):
        return [Found(kind="toxic", score=whole, start=0, end=len(text.text))]
    worst = max(range(len(places)), key=lambda at: sentences[at])
    start, end = places[worst]
    return [Found(kind="toxic_sentence", score=OF_A_SENTENCE * sentences[worst], start=start, end=end)]


DETECTOR = Detector(
    Concern.TOXICITY,
    f"profanity-check-{version('alt-profanity-check')}+sklearn-{version('scikit-learn')}",
    look,
)
