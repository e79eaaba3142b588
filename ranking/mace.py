"""Who tries and who clicks through: each rater's competence, found from nothing but votes (Hovy et al. 2013)."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import inf
from typing import Literal

import numpy as np

from ranking.dawid_skene import Array, Table, most_probable, shares
from ranking.votes import Vote, Votes, by_name

Method = Literal["variational", "em"]

TRIAL = 10
"""Improvements after which only the leading search goes on. More make a late winner likelier, and cost time."""


@dataclass(frozen=True, eq=False)
class Mace:
    """What the votes say about the items and about how hard each rater tries."""

    items: tuple[Hashable, ...]
    """By first appearance among the votes."""
    raters: tuple[Hashable, ...]
    """By first appearance among the votes."""
    classes: tuple[Hashable, ...]
    """Every label that was voted or is known, sorted where labels can be sorted."""
    posterior: Array
    """Shape (items, classes): P(class | all votes on the item). Rows sum to 1."""
    competence: Array
    """Shape (raters,): P(the rater tries, and is right), 0 to 1. With priors, the posterior mean."""
    spam_distribution: Array
    """Shape (raters, classes): what the rater says when they do not try. Rows sum to 1."""
    log_likelihood: float
    """Natural logarithm of the probability of all votes under `competence` and `spam_distribution`."""
    elbo: float | None
    """What the variational method raises: a lower bound of the log probability of all votes under the priors, in nats.
    None for method "em", which raises `log_likelihood` itself."""
    iterations: int
    """How often the estimates of the best start were improved."""
    converged: bool
    """False if `max_iterations` ended the best start."""

    @cached_property
    def labels(self) -> tuple[Hashable, ...]:
        """The most probable class of each item. Tied classes: the one that comes first in `classes`."""
        return most_probable(self.classes, self.posterior)

    @cached_property
    def _places(self) -> dict[Hashable, int]:
        return {name: place for place, name in enumerate(self.raters)}

    def competence_of(self, rater: Hashable) -> float:
        """Raises KeyError for a rater without votes."""
        return float(self.competence[self._places[rater]])


def mace(
    votes: Iterable[Vote] | Votes,
    *,
    known: Mapping[Hashable, Hashable] | None = None,
    method: Method = "variational",
    competence_prior: tuple[float, float] = (0.5, 0.5),
    spam_prior: float = 10.0,
    starts: int = 10,
    seed: int | np.random.Generator = 0,
    tolerance: float | None = None,
    max_iterations: int = 500,
) -> Mace:
    """Estimate classes, competence and habits of spammers together.

    Source: Hovy, Berg-Kirkpatrick, Vaswani and Hovy 2013, "Learning whom to trust with MACE". For each vote a rater
    tries with probability `competence` and then says the true class; else they draw from their own spam distribution,
    whatever the truth is. All classes are equally common. Nobody errs on purpose: somebody who does has competence 0.

    `known`: true classes of items, by item. Their posterior is fixed. Known items without votes are left out.
    `method`: "variational" has a Beta prior on competence and a Dirichlet prior on spam distributions; "em" has none
    and maximises the likelihood (the paper's smoothing of counts is left out, so that the likelihood never falls).
    `competence_prior`: pseudo-votes (tried, did not try). The paper's (0.5, 0.5) favours those who always or never try.
    `spam_prior`: pseudo-votes for each class in each spam distribution; the paper's 10 keeps it near uniform.
    `starts`: how many searches set out; the one that leads after TRIAL improvements is finished. The first comes from
    vote shares, the others from competences drawn with `seed`, for one rater after the other in the order of their
    names, so that the order of votes plays no part. It does where the raters or the labels cannot be sorted: they then
    go by first appearance. With one start, neither seed nor names nor the order of votes play a part.
    `tolerance`: a search ends when its aim rises by less than this, in nats. The default is 1e-10 for up to 10,000
    votes and 1e-3 for more.
    `max_iterations`: a search ends after that many improvements.

    Ties: see `Mace.labels`. Where several answers fit the votes equally well, a start by chance may settle on any.
    The labels of a single rater stand. On a single item "variational" believes the majority, but to "em" all votes are
    spam and the labels tied. With one class any competence fits the votes, so it stays near the prior.
    A rater without votes has competence 0.5, or the mean of the prior. No votes give empty arrays.
    Cost: O((iterations + starts x TRIAL) x votes x classes).
    Raises ValueError for a vote that is not a triple of hashable things, a label that is None or nan, no starts, an
    unknown method, priors that are not positive and finite, and a negative tolerance or `max_iterations`.
    """
    if method not in ("variational", "em"):
        raise ValueError(f"method is {method!r}, but must be 'variational' or 'em'.")
    if np.shape(competence_prior) != (2,) or not all(0 < prior < inf for prior in (*competence_prior, spam_prior)):
        raise ValueError("The priors, two numbers for competence and one for spam, must be positive and finite.")
    if starts < 1 or max_iterations < 0:
        raise ValueError("There must be at least one start, and no negative number of iterations.")
    table = Table(Votes.of(votes), known)
    tolerance = table.tolerance(tolerance)
    chance = np.random.default_rng(seed)
    priors = (np.array(competence_prior, dtype=float), spam_prior) if method == "variational" else None
    best = _Search(table, priors)
    best.run(tolerance, min(TRIAL, max_iterations) if starts > 1 else max_iterations)
    for _start in range(starts - 1):
        search = _Search(table, priors, chance)
        search.run(tolerance, min(TRIAL, max_iterations))
        # Only a real lead counts: among equals the start from vote shares, which knows no chance, stays.
        if search.aim > best.aim + 1e-6:
            best = search
    best.run(tolerance, max_iterations)
    return best.result()


class _Search:
    """One search: expected counts of tries and spam, improved in turns with the classes of items."""

    def __init__(
        self, table: Table, priors: tuple[Array, float] | None, chance: np.random.Generator | None = None
    ) -> None:
        _items, raters, k = table.shape
        self.table, self.priors = table, priors
        self.even = np.full(k, 1 / max(k, 1))
        self.said = np.bincount(table.said, minlength=raters * k).reshape(raters, k).astype(float)
        """Shape (raters, said class): how often."""
        if chance is None:
            self.tries, self.spam = np.full(raters, 0.5), np.full((raters, k), 0.5 / max(k, 1))
            self.posterior = table.vote_shares()
        else:
            drawn = np.argsort(by_name(table.votes.raters))  # whose draw is whose: not a matter of who voted first
            self.tries = chance.random(raters)[drawn]
            self.spam = (1 - self.tries)[:, None] * shares(chance.exponential(size=(raters, k)))[drawn]
            self.posterior, _log_likelihood = table.posterior(self.even, _rates(self.tries, self.spam))
        self.aim, self.iterations, self.converged = -np.inf, -1, False

    def run(self, tolerance: float, max_iterations: int) -> None:
        """Improve until the aim settles, or until `max_iterations` improvements of the first estimates in all."""
        while not self.converged and self.iterations < max_iterations:
            self.iterations += 1
            before = self.aim
            self._weigh_raters()
            self.posterior, log_likelihood = self.table.posterior(self.even, _rates(self.tries, self.spam))
            self.aim = log_likelihood - self._surprise()
            self.converged = self.table.settled(before, self.aim, tolerance)

    def _weigh_raters(self) -> None:
        """From the classes of items to how often each rater tried, and what they said when they did not.

        `tries` (raters,) and `spam` (raters, said class) become the probabilities of a vote that says the truth because
        its rater tried, and of a vote without trying: for "em" themselves, else the exponent of their expected
        logarithms, as variational Bayes wants it.
        """
        right = self.table.right_counts(self.posterior)
        both = self.tries[:, None] + self.spam
        tried = right * (self.tries[:, None] / np.where(both > 0, both, 1.0))
        spam_counts = (self.said - tried).clip(min=0.0)
        trial_counts = np.stack([tried.sum(axis=1), spam_counts.sum(axis=1)], axis=1)
        if self.priors is None:
            self.trial_counts, self.spam_counts = trial_counts, spam_counts
            trying, habits = shares(trial_counts), shares(spam_counts)
        else:
            self.trial_counts, self.spam_counts = trial_counts + self.priors[0], spam_counts + self.priors[1]
            trying, habits = np.exp(_expected_logs(self.trial_counts)), np.exp(_expected_logs(self.spam_counts))
        self.tries, self.spam = trying[:, 0], trying[:, 1, None] * habits

    def _surprise(self) -> float:
        """How far the estimates moved from their priors: Kullback-Leibler divergence in nats, 0 without priors."""
        if self.priors is None:
            return 0.0
        prior = np.full_like(self.spam_counts, self.priors[1])
        trial_prior = np.broadcast_to(self.priors[0], self.trial_counts.shape)
        return _divergence(self.trial_counts, trial_prior) + _divergence(self.spam_counts, prior)

    def result(self) -> Mace:
        trying, habits = shares(self.trial_counts), shares(self.spam_counts)
        log_likelihood, elbo = self.aim, None
        if self.priors is not None:
            rates = _rates(trying[:, 0], trying[:, 1, None] * habits)
            log_likelihood, elbo = self.table.posterior(self.even, rates)[1], self.aim
        return Mace(
            items=self.table.votes.items,
            raters=self.table.votes.raters,
            classes=self.table.classes,
            posterior=np.ascontiguousarray(self.posterior.T),
            competence=trying[:, 0],
            spam_distribution=habits,
            log_likelihood=log_likelihood,
            elbo=elbo,
            iterations=self.iterations,
            converged=self.converged,
        )


def _rates(tries: Array, spam: Array) -> Array:
    """Shape (raters, true class, said class): how probable a vote is, with and without trying."""
    return spam[:, None, :] + tries[:, None, None] * np.eye(spam.shape[1])


def _expected_logs(counts: Array) -> Array:
    """The expected logarithms of shares that have a Dirichlet distribution, along the last axis."""
    from scipy.special import digamma  # slow to import

    return np.asarray(digamma(counts) - digamma(counts.sum(axis=-1, keepdims=True)))


def _divergence(counts: Array, prior: Array) -> float:
    """The Kullback-Leibler divergence between Dirichlet distributions along the last axis, added up over rows."""
    from scipy.special import gammaln

    def log_volume(parameters: Array) -> Array:
        return np.asarray(gammaln(parameters).sum(axis=-1) - gammaln(parameters.sum(axis=-1)))

    moved = ((counts - prior) * _expected_logs(counts)).sum(axis=-1)
    return float((moved - log_volume(counts) + log_volume(prior)).sum())
