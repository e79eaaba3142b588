"""What a detector is given and what it says: plain values, no database."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Concern(StrEnum):
    """What a detector looks for. One detector each; the values are stored and never change."""

    LANGUAGE = "language"
    """Written in another language than its conversation."""
    PERSONAL_DATA = "personal_data"
    """An address, a number, a key or a name by which a person can be found or robbed."""
    NEAR_DUPLICATE = "near_duplicate"
    """Almost the text of another message of the same language."""
    TOXICITY = "toxicity"
    """Insults, threats, hate: a model's opinion."""
    PROFANITY = "profanity"
    """Swear words by list, in many languages."""
    GIBBERISH = "gibberish"
    """Keys hit at random, one letter repeated, no words."""
    INJECTION = "injection"
    """Orders to a model that reads the text: "ignore all previous instructions"."""
    BOILERPLATE = "boilerplate"
    """What models say of themselves: "As an AI language model"."""
    LINKS = "links"
    """An address on the block list, or one that hides where it leads."""
    ZERO_TOLERANCE = "zero_tolerance"
    """Sexual content about minors: hidden at once, and a person is called."""


@dataclass(frozen=True, kw_only=True)
class Text:
    """One message as a detector sees it."""

    text: str
    lang: str = "en"
    """Of its conversation, a code of `common.languages`."""
    role: str = "prompter"
    """`prompter` or `assistant`."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """One thing a detector found. It never holds the words themselves: those are in the message, at the span."""

    kind: str
    """What exactly, such as `email` or `iban`; at most 40 characters."""
    score: float
    """How sure the detector is: 0 to 1."""
    start: int
    """Where it begins, in characters (code points) from the start of the text."""
    end: int
    """Where it ends; `start` 0 and `end` the length for the text as a whole."""


@dataclass(frozen=True)
class Detector:
    """One way to look at a text. `look` is called once per text and may raise: the caller tries again later."""

    concern: Concern
    version: str
    """Changes with everything that may change what is found: lists, patterns, the model, its package."""
    look: Callable[[Text], Sequence[Found]]
