"""How far each reviewer can be trusted to tell bad items from fine ones, and what one of their votes is worth."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import inf
from typing import overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ranking.dawid_skene import TIE, Array, Table, fit, shares
from ranking.votes import Vote, Votes

Counts = NDArray[np.int64]

FINE, BAD = 0, 1
"""Places of the two classes, False and True, in every array here."""


@dataclass(frozen=True)
class Prior:
    """What to think of people before they vote, and how long to keep thinking it."""

    sensitivity: float = 0.8
    """P(says bad | bad) of a person in a crowd we know nothing about. The crowd's own mean soon takes its place."""
    specificity: float = 0.9
    """P(says fine | fine) likewise. The sum of the two must be above 1: that is what tells bad from fine."""
    strength: float = 10.0
    """Pseudo-votes on bad items, and as many on fine ones, that each person starts with. Raise it to take newcomers for
    the crowd for longer; lower it to see through them sooner, where people differ a lot. In a simulated crowd with
    spammers among it, anything from 6 to 15 gave much the same verdicts."""
    people: float = 5.0
    """How many well-known people the two means above outweigh when the crowd's own means are estimated."""
    base_rate: float = 0.1
    """Share of bad items before anybody votes, between 0 and 1."""
    items: float = 20.0
    """How many items the base rate outweighs."""

    def __post_init__(self) -> None:
        if not all(0 < p < 1 for p in (self.sensitivity, self.specificity, self.base_rate)):
            raise ValueError("Sensitivity, specificity and base rate must lie between 0 and 1.")
        if self.sensitivity + self.specificity <= 1:
            raise ValueError(
                "Sensitivity and specificity must sum to more than 1, or bad and fine could change places."
            )
        if not all(0 < weight < inf for weight in (self.strength, self.people, self.items)):
            raise ValueError("Strength, people and items must be positive and finite.")


@dataclass(frozen=True)
class Reviewer:
    """One person."""

    sensitivity: float
    """P(says bad | the item is bad): posterior mean."""
    specificity: float
    """P(says fine | the item is fine): posterior mean."""
    sensitivity_interval: tuple[float, float]
    """Where the sensitivity lies with probability `level`."""
    specificity_interval: tuple[float, float]
    """Where the specificity lies with probability `level`."""
    agreement: float
    """Share of their votes that agree with what the others think, 0 to 1; not a number if no vote can be compared."""
    n_votes: int
    """How many votes."""
    n_known: int
    """How many of them on known items."""
    known_right: int
    """How many of those were right."""
    information: float
    """Bits that one vote tells about an item on average, 0 to 1."""

    @property
    def weight_bad(self) -> float:
        """What a vote "bad" adds to the log odds that an item is bad, in nats; near 0 if it says nothing."""
        return float(np.log(self.sensitivity / (1 - self.specificity)))

    @property
    def weight_fine(self) -> float:
        """What a vote "fine" adds to the log odds that an item is bad, in nats: below 0 for people who help."""
        return float(np.log((1 - self.sensitivity) / self.specificity))


@dataclass(frozen=True, eq=False)
class ReviewerReliability:
    """All reviewers of a crowd, in arrays whose places are those of `raters`, and the items they voted on."""

    items: tuple[Hashable, ...]
    """By first appearance among the votes."""
    p_bad: Array
    """Shape (items,): P(the item is bad | all votes); 0 or 1 for known items."""
    base_rate: float
    """Share of bad ones among the items that are not known."""
    raters: tuple[Hashable, ...]
    """By first appearance among the votes."""
    sensitivity: Array
    """Shape (raters,), like all that follow; see Reviewer."""
    specificity: Array
    """See Reviewer."""
    sensitivity_interval: Array
    """Shape (raters, 2): low and high."""
    specificity_interval: Array
    """Shape (raters, 2): low and high."""
    agreement: Array
    """See Reviewer; not a number where there is nothing to compare."""
    n_votes: Counts
    """See Reviewer."""
    n_known: Counts
    """See Reviewer."""
    known_right: Counts
    """See Reviewer."""
    newcomer: Reviewer
    """Somebody without votes: the mean of the crowd."""
    log_likelihood: float
    """Natural logarithm of the probability of all votes under these estimates."""
    iterations: int
    """How often the first estimates, which come from the prior, were improved."""
    converged: bool
    """False if `max_iterations` ended the search."""

    @cached_property
    def information(self) -> Array:
        """Shape (raters,): bits that one vote tells about an item on average; see the function `information`."""
        return information(self.sensitivity, self.specificity, self.base_rate)

    @cached_property
    def _places(self) -> tuple[dict[Hashable, int], dict[Hashable, int]]:
        return {item: k for k, item in enumerate(self.items)}, {rater: k for k, rater in enumerate(self.raters)}

    def of(self, rater: Hashable) -> Reviewer:
        """One person; somebody who never voted is the `newcomer`."""
        k = self._places[1].get(rater)
        if k is None:
            return self.newcomer
        return Reviewer(
            sensitivity=float(self.sensitivity[k]),
            specificity=float(self.specificity[k]),
            sensitivity_interval=(float(self.sensitivity_interval[k, 0]), float(self.sensitivity_interval[k, 1])),
            specificity_interval=(float(self.specificity_interval[k, 0]), float(self.specificity_interval[k, 1])),
            agreement=float(self.agreement[k]),
            n_votes=int(self.n_votes[k]),
            n_known=int(self.n_known[k]),
            known_right=int(self.known_right[k]),
            information=float(self.information[k]),
        )

    def p_bad_of(self, item: Hashable) -> float:
        """P(the item is bad); the base rate for an item nobody voted on."""
        k = self._places[0].get(item)
        return self.base_rate if k is None else float(self.p_bad[k])


DEFAULT = Prior()


def reviewer_reliability(
    votes: Iterable[Vote] | Votes,
    *,
    known: Mapping[Hashable, bool] | None = None,
    prior: Prior = DEFAULT,
    level: float = 0.9,
    tolerance: float | None = None,
    max_iterations: int = 500,
) -> ReviewerReliability:
    """How each person errs, and which items are bad, from votes (item, rater, True for bad or False for fine).

    Source: the two-class model of Dawid and Skene 1979 with a Beta prior on each person's two rates, as in Raykar et
    al. 2010, "Learning from crowds". The mean of the priors is the crowd's own, by empirical Bayes (Kleinman 1973): a
    person counts like n (s + 1) / (n + s) votes, where n is how many votes they cast on such items and s is the
    strength, so that nobody speaks for the crowd by voting a lot. Each rate is a posterior mean given the expected
    counts: somebody new is close to the crowd, somebody with many votes is what they are. A person who always says the
    same ends with sensitivity + specificity near 1, and votes of weight near 0. People who err more often than not are
    allowed, and their votes count the other way round. Bad and fine cannot change places: the crowd's mean may never
    be worse than chance, and is the prior's if it would.

    `known`: items whose class is certain. They teach us about people, not about how common bad items are. Judge people
    by votes they cast when the item was known already: the votes that made it known are right by construction.
    `level`: probability of the intervals. They take what the items are for certain, so they are narrow where few votes
    decide items.
    `tolerance`: the search ends when the log likelihood changes by less than this, in nats. The default is 1e-10 for up
    to 10,000 votes and 1e-3 for more.
    `max_iterations`: the search ends after that many improvements.

    Agreement leaves out all of a person's own votes on the item: what the others think is the item's posterior without
    them. The others may think bad and fine equally probable; then half a vote agrees. Items nobody else voted on, and
    that are not known, are left out.
    One item or one rater: estimates stay close to the prior. No votes: `newcomer` and `base_rate` are the prior's.
    Cost: O(votes x iterations).
    Raises ValueError for a vote that is not a triple of hashable things, for votes and known items that are not True or
    False, for a level that does not lie between 0 and 1, and for a negative tolerance or `max_iterations`.
    """
    coded = Votes.of(votes)
    for what, said in (("Votes", coded.labels), ("Known items", (known or {}).values())):
        if wrong := [label for label in said if label not in (False, True)]:
            raise ValueError(f"{what} must be True (bad) or False (fine), but there is {wrong[0]!r}.")
    if not 0 < level < 1:
        raise ValueError(f"The level must lie between 0 and 1, but is {level}.")
    table = Table(coded, known, classes=(False, True))
    pseudo = prior.items * np.array([1 - prior.base_rate, prior.base_rate])

    def estimate(counts: Array) -> tuple[Array, float]:
        return shares(counts + prior.strength * _crowd(counts, prior)), 0.0

    start, _log_likelihood = table.posterior(shares(pseudo), np.broadcast_to(_means(prior), (table.shape[1], 2, 2)))
    found = fit(table, start, estimate, marginal_prior=pseudo, tolerance=tolerance, max_iterations=max_iterations)
    counts = table.counts(found.posterior)
    crowd = _crowd(counts, prior)
    parameters = counts + prior.strength * crowd
    rates, base_rate = shares(parameters), float(found.marginals[BAD])
    sensitivity_interval, specificity_interval = _intervals(parameters, level)
    n_votes, n_known, known_right = _tally(table)
    return ReviewerReliability(
        items=coded.items,
        p_bad=found.posterior[BAD].copy(),
        base_rate=base_rate,
        raters=coded.raters,
        sensitivity=rates[:, BAD, BAD],
        specificity=rates[:, FINE, FINE],
        sensitivity_interval=sensitivity_interval,
        specificity_interval=specificity_interval,
        agreement=_agreement(table, rates, base_rate),
        n_votes=n_votes,
        n_known=n_known,
        known_right=known_right,
        newcomer=_newcomer(prior.strength * crowd, base_rate, level),
        log_likelihood=found.log_likelihood,
        iterations=found.iterations,
        converged=found.converged,
    )


@overload
def information(sensitivity: float, specificity: float, base_rate: float) -> float: ...
@overload
def information(sensitivity: Array, specificity: Array, base_rate: float) -> Array: ...
def information(sensitivity: ArrayLike, specificity: ArrayLike, base_rate: float) -> float | Array:
    """How many bits one vote tells about an item before anybody else voted: the mutual information of the two.

    Source: Shannon 1948. It is 0 for somebody who says the same whatever the truth is, at most the entropy of the base
    rate (1 bit at 0.5), and as high for somebody who is always wrong as for somebody who is always right.
    Takes numbers, or arrays of one shape, which may be empty.
    Raises ValueError if a number does not lie between 0 and 1.
    """
    sees, passes = np.asarray(sensitivity, dtype=float), np.asarray(specificity, dtype=float)
    for p in (sees, passes, np.asarray(base_rate, dtype=float)):
        if not ((p >= 0) & (p <= 1)).all():
            raise ValueError("Sensitivity, specificity and base rate must lie between 0 and 1.")
    says_bad = base_rate * sees + (1 - base_rate) * (1 - passes)
    bits = _entropy(says_bad) - base_rate * _entropy(sees) - (1 - base_rate) * _entropy(passes)
    bits = np.maximum(bits, 0.0)
    return bits if bits.ndim else float(bits)


def information_gain(p_before: float, p_after: float, outcome: bool, *, floor: float = 1e-6) -> float:
    """How many bits a vote told about the final verdict: 1 for each time it doubled the probability of what came out.

    Source: the logarithmic score of Good 1952, "Rational decisions", paid as the difference between one forecast and
    the next, as in Hanson 2003, "Combinatorial information market design". It is proper: whoever votes as they believe
    expects the most. Votes that led away from the verdict have a negative gain, votes on a settled item almost none,
    and the gains of all votes on an item sum to the gain from the first forecast to the last.

    `p_before`, `p_after`: P(bad) without and with the vote. `outcome`: whether the item was bad in the end.
    `floor`: probabilities nearer to 0 or 1 than this count as this near, so no gain exceeds log2(1 / floor) bits.
    Raises ValueError if a probability does not lie between 0 and 1, or the floor not between 0 and 0.5.
    """
    if not 0 < floor < 0.5:
        raise ValueError(f"The floor must lie between 0 and 0.5, but is {floor}.")
    if not (0 <= p_before <= 1 and 0 <= p_after <= 1):
        raise ValueError(f"Probabilities must lie between 0 and 1, but are {p_before} and {p_after}.")
    before, after = (min(max(p if outcome else 1 - p, floor), 1 - floor) for p in (p_before, p_after))
    return float(np.log2(after) - np.log2(before))


def _means(prior: Prior) -> Array:
    """Shape (true class, said class)."""
    return np.array([[prior.specificity, 1 - prior.specificity], [1 - prior.sensitivity, prior.sensitivity]])


def _crowd(counts: Array, prior: Prior) -> Array:
    """The crowd's mean rates, shape (true class, said class), from counts of shape (raters, true class, said class)."""
    person = 1 / (counts.sum(axis=2) + prior.strength)
    crowd = shares((counts * person[:, :, None]).sum(axis=0) + prior.people * _means(prior))
    return crowd if crowd[FINE, FINE] + crowd[BAD, BAD] > 1 else _means(prior)


def _intervals(parameters: Array, level: float) -> tuple[Array, Array]:
    """Where sensitivity and specificity lie, each of shape (raters, 2), as quantiles of their Beta distributions."""
    from scipy.special import betaincinv  # slow to import

    ends = np.array([(1 - level) / 2, (1 + level) / 2])
    sees, passes = parameters[:, BAD], parameters[:, FINE]
    return (
        np.asarray(betaincinv(sees[:, BAD, None], sees[:, FINE, None], ends)),
        np.asarray(betaincinv(passes[:, FINE, None], passes[:, BAD, None], ends)),
    )


def _newcomer(parameters: Array, base_rate: float, level: float) -> Reviewer:
    rates = shares(parameters)
    sensitivity, specificity = float(rates[BAD, BAD]), float(rates[FINE, FINE])
    sees, passes = _intervals(parameters[None], level)
    return Reviewer(
        sensitivity=sensitivity,
        specificity=specificity,
        sensitivity_interval=(float(sees[0, 0]), float(sees[0, 1])),
        specificity_interval=(float(passes[0, 0]), float(passes[0, 1])),
        agreement=float("nan"),
        n_votes=0,
        n_known=0,
        known_right=0,
        information=information(sensitivity, specificity, base_rate),
    )


def _tally(table: Table) -> tuple[Counts, Counts, Counts]:
    """For each rater: votes, votes on known items, and how many of those are right."""
    rater, label = np.divmod(table.said, 2)
    truth = np.full(table.shape[0], -1)
    truth[table.known] = table.truth
    on_known, right = truth[table.item] >= 0, truth[table.item] == label
    n_votes, n_known, known_right = (
        np.bincount(rater[chosen], minlength=table.shape[1]) for chosen in (slice(None), on_known, right)
    )
    return n_votes, n_known, known_right


def _agreement(table: Table, rates: Array, base_rate: float) -> Array:
    """Shape (raters,): the share of votes that agree with the others; not a number where none can be compared."""
    items, raters, _classes = table.shape
    rater, label = np.divmod(table.said, 2)
    says = np.log(rates[:, BAD] / rates[:, FINE]).ravel()[table.said]
    _pairs, pair, own_votes = np.unique(table.item * raters + rater, return_inverse=True, return_counts=True)
    own = np.bincount(pair, weights=says)[pair]
    everybody = np.bincount(table.item, weights=says, minlength=items)[table.item]
    certain = np.zeros(items)
    certain[table.known] = np.where(table.truth == BAD, np.inf, -np.inf)
    others: Array = float(np.log(base_rate / (1 - base_rate))) + certain[table.item] + everybody - own
    compared = (np.bincount(table.item, minlength=items)[table.item] > own_votes[pair]) | ~table.open[table.item]
    agrees = np.where(np.abs(others) <= TIE, 0.5, (others > 0) == (label == BAD))
    total = np.bincount(rater[compared], minlength=raters)
    agreed = np.bincount(rater[compared], weights=agrees[compared], minlength=raters)
    return np.where(total > 0, agreed / np.maximum(total, 1), np.nan)


def _entropy(p: Array) -> Array:
    """In bits, of a coin that shows heads with probability p."""
    both = np.stack([p, 1 - p])
    return -np.asarray((both * np.log2(np.where(both > 0, both, 1.0))).sum(axis=0))
