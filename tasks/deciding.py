"""What the reviews of one message decide under given rules. Pure: stored answers in, verdicts out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ranking import DECIDING, Opinion, acceptance_score, sequential_verdict
from tasks.rules import ADAPTIVE, TreeRules


@dataclass(frozen=True, slots=True)
class Heard:
    """One review, as far as it decides."""

    labels: Mapping[str, float]
    sensitivity: float | None = None
    """Of the reviewer, as known when the review came in; None for somebody never measured. So is `specificity`."""
    specificity: float | None = None
    known_answer: bool = False
    """Asked for when the verdict was known, to measure the reviewer. It never decides."""

    @property
    def against(self) -> float:
        """How much it speaks against the message, from 0 to 2. A question nobody answered counts as no."""
        return sum(self.labels.get(name) or 0.0 for name in DECIDING)


@dataclass(frozen=True, slots=True)
class Published:
    """What an import knew of a message: means over reviews that were never published one by one."""

    count: int = 0
    labels: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def sums(self) -> dict[str, tuple[float, int]]:
        """Of each deciding label: the sum of its values, and how many values."""
        found = {}
        for name in DECIDING:
            mean = self.labels.get(name) or {}
            weight = mean.get("count") or 0
            found[name] = ((mean.get("value") or 0.0) * weight, weight)
        return found


def verdicts(
    heard: Sequence[Heard], published: Published, *, is_prompt: bool, rules: TreeRules
) -> Iterator[bool | None]:
    """After each review: what the reviews so far decide; None while they decide nothing.

    fixed: the score 1 - (mean spam + mean wrong language), published reviews included by their weight, must be strictly
    above the threshold once there are enough reviews. adaptive: see `ranking.sequential_verdict`.
    """
    if rules.review_rule == ADAPTIVE:
        given = published_opinions(published, rules)
        for review in heard:
            given.append(opinion(review, rules))
            yield sequential_verdict(given, rules.sequential).accepted
        return
    sums, needed = published.sums(), rules.reviews_needed(is_prompt=is_prompt)
    for count, review in enumerate(heard, start=1):
        for name, (total, weight) in sums.items():
            sums[name] = (total + (review.labels.get(name) or 0.0), weight)
        if published.count + count < needed:
            yield None
        else:
            means = {name: total / max(1, count + weight) for name, (total, weight) in sums.items()}
            yield acceptance_score(means) > rules.threshold(is_prompt=is_prompt)


def opinion(review: Heard, rules: TreeRules) -> Opinion:
    """A review as the adaptive rule takes it."""
    return Opinion(
        review.against >= rules.bad_vote_from,
        rules.newcomer_sensitivity if review.sensitivity is None else review.sensitivity,
        rules.newcomer_specificity if review.specificity is None else review.specificity,
    )


def published_opinions(published: Published, rules: TreeRules) -> list[Opinion]:
    """Published means as so many opinions of newcomers: the nearest number of them against the message."""
    against = sum(total for total, _weight in published.sums().values())
    bad = min(published.count, round(against))
    return [
        Opinion(number < bad, rules.newcomer_sensitivity, rules.newcomer_specificity)
        for number in range(published.count)
    ]


def chances_to_be_bad(heard: Sequence[Heard], published: Published, rules: TreeRules) -> list[float]:
    """Before any review here, and after each: the posterior chance that the message is bad. Under either rule."""
    given = published_opinions(published, rules)
    chances = [sequential_verdict(given, rules.sequential).p_bad]
    for review in heard:
        given.append(opinion(review, rules))
        chances.append(sequential_verdict(given, rules.sequential).p_bad)
    return chances


def reviews_wanted(count: int, *, is_prompt: bool, rules: TreeRules) -> int:
    """Reviews that an undecided message still wants now; at least one, or it would stay undecided for ever.

    Under the adaptive rule that is what is missing to the minimum, and then one at a time: whether it settles the
    verdict is seen when it is in.
    """
    return max(1, rules.reviews_needed(is_prompt=is_prompt) - count)
