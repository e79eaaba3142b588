"""Whether a message is good enough to keep: by a fixed number of reviews, or by as many as it takes to be sure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import log

from ranking.preferences import expit

#: The labels that decide; every other one describes.
DECIDING = ("spam", "lang_mismatch")

#: No vote is worth more: nobody is right always, or wrong always.
SUREST = 0.999


def acceptance_score(label_means: Mapping[str, float]) -> float:
    """1 - (spam + lang_mismatch), from -1 to 1; a label nobody answered counts as 0.

    `label_means`: label to its mean over reviewers, each 0 to 1. The rule of Open-Assistant: with three reviewers one
    vote against passes a threshold of 0.6, two do not. Without labels the score is 1.
    Raises nothing: means are not checked, and those outside 0 to 1 lead to scores outside -1 to 1.
    """
    return 1.0 - sum(label_means.get(label, 0.0) for label in DECIDING)


@dataclass(frozen=True)
class Opinion:
    """One review, as far as it decides, and how often its reviewer is right.

    Raises ValueError if a chance does not lie between 0 and 1.
    """

    bad: bool
    """Whether it calls the message bad."""
    sensitivity: float
    """Chance that this reviewer calls a bad message bad."""
    specificity: float
    """Chance that this reviewer calls a fine message fine."""

    def __post_init__(self) -> None:
        _check_chances(sensitivity=self.sensitivity, specificity=self.specificity)

    @property
    def log_odds(self) -> float:
        """How much it speaks for a bad message, in nats: log P(opinion | bad) - log P(opinion | fine)."""
        sensitivity, specificity = _within(self.sensitivity), _within(self.specificity)
        if self.bad:
            return log(sensitivity) - log(1.0 - specificity)
        return log(1.0 - sensitivity) - log(specificity)


def _within(chance: float) -> float:
    return min(SUREST, max(1.0 - SUREST, chance))


@dataclass(frozen=True, kw_only=True)
class SequentialRule:
    """When to stop asking for reviews, and what to decide then. Bad messages must not slip through, so it is harder to
    be accepted than to be rejected.

    Raises ValueError for numbers of reviews and chances that do not lie where the fields say.
    """

    minimum: int = 2
    """Reviews before anything is decided, at least 1."""
    maximum: int = 10
    """Reviews after which there is a verdict, whatever they say; not below the minimum."""
    base_rate: float = 0.12
    """Share of bad messages among all that are written, above 0 and below 1."""
    accept_at: float = 0.9935
    """Accepted once the chance to be fine is so high."""
    reject_at: float = 0.85
    """Rejected once the chance to be bad is so high."""
    reject_at_end: float = 0.1
    """With the maximum of reviews: rejected if the chance to be bad is at least so high, otherwise accepted."""

    def __post_init__(self) -> None:
        if not 1 <= self.minimum <= self.maximum:
            raise ValueError(
                "The minimum of reviews must be at least 1, and the maximum not below it, "
                f"but they are {self.minimum} and {self.maximum}."
            )
        if not 0 < self.base_rate < 1:
            raise ValueError(f"The base rate must be above 0 and below 1, but is {self.base_rate}.")
        _check_chances(accept_at=self.accept_at, reject_at=self.reject_at, reject_at_end=self.reject_at_end)


def _check_chances(**chances: float) -> None:
    for name, chance in chances.items():
        if not 0 <= chance <= 1:  # nor does nan
            raise ValueError(f"{name} must lie between 0 and 1, but is {chance}.")


@dataclass(frozen=True)
class Verdict:
    """What some reviews decide under a sequential rule."""

    accepted: bool | None
    """None while the rule wants one more review."""
    p_bad: float
    """Posterior chance that the message is bad."""
    n_reviews: int
    """Reviews it rests on."""


def sequential_verdict(opinions: Iterable[Opinion], rule: SequentialRule) -> Verdict:
    """Decide as soon as the reviews are sure enough (sequential probability ratio test, Wald 1945, with a prior).

    Reviewers err independently of each other, given what the message is. The order of the opinions means nothing to the
    posterior, but whoever wants to know when a verdict fell asks after each one. No opinions: the base rate, and one
    more wanted. A reviewer who says the same to everything adds nothing. Where both thresholds are
    reached, which takes ones that sum to at most 1, the message is accepted.
    Raises nothing: opinions and rules are checked when they are made.
    """
    odds, count = log(rule.base_rate) - log(1.0 - rule.base_rate), 0
    for opinion in opinions:
        odds += opinion.log_odds
        count += 1
    p_bad = expit(odds)
    accepted: bool | None = None
    if count >= rule.minimum:
        if 1.0 - p_bad >= rule.accept_at:
            accepted = True
        elif p_bad >= rule.reject_at:
            accepted = False
        elif count >= rule.maximum:
            accepted = p_bad < rule.reject_at_end
    return Verdict(accepted, p_bad, count)
