"""Who is right, and which mistakes each rater makes, found from nothing but their votes (Dawid and Skene 1979)."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import count

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ranking.votes import Vote, Votes, by_name

Array = NDArray[np.float64]

TIE = 1e-9
"""Classes whose probabilities differ by no more than this are tied: arithmetic alone can make such a difference."""

EPSILON = float(np.finfo(float).eps)

MANY = 10_000
"""Beyond this many votes a search ends earlier."""
FINE, COARSE = 1e-10, 1e-3
"""In nats: the rise of the log likelihood below which a search ends, up to MANY votes and beyond."""


@dataclass(frozen=True, eq=False)
class DawidSkene:
    """What the votes say about the items and about the raters. Names stand in the order of `items` and so on."""

    items: tuple[Hashable, ...]
    """By first appearance among the votes."""
    raters: tuple[Hashable, ...]
    """By first appearance among the votes."""
    classes: tuple[Hashable, ...]
    """Every label that was voted or is known, sorted where labels can be sorted."""
    class_marginals: Array
    """Shape (classes,): how common each class is among the items that are not known, or among the known ones if all
    are known. Sums to 1."""
    error_rates: Array
    """Shape (raters, true class, said class): P(the rater says this | the truth is that). The last axis sums to 1."""
    posterior: Array
    """Shape (items, classes): P(class | all votes on the item). Rows sum to 1."""
    log_likelihood: float
    """Natural logarithm of the probability of all votes under these estimates (of known items: given their class)."""
    log_prior: float
    """What the pseudo-votes add to it, up to a constant; 0 without a prior. The method raises the sum of the two."""
    iterations: int
    """How often the first estimates, which come from vote shares, were improved."""
    converged: bool
    """False if `max_iterations` ended the search."""

    @cached_property
    def labels(self) -> tuple[Hashable, ...]:
        """The most probable class of each item. Tied classes (see TIE): the one that comes first in `classes`."""
        return most_probable(self.classes, self.posterior)

    @cached_property
    def accuracy(self) -> Array:
        """Shape (raters,): P(the rater is right) about an item drawn at random."""
        right = np.diagonal(self.error_rates, axis1=1, axis2=2)
        return np.asarray(right @ self.class_marginals)

    @cached_property
    def _places(self) -> tuple[dict[Hashable, int], dict[Hashable, int]]:
        return tuple({name: k for k, name in enumerate(names)} for names in (self.items, self.raters))  # type: ignore[return-value]

    def posterior_of(self, item: Hashable) -> dict[Hashable, float]:
        """P(class) of one item, by class. Raises KeyError for an item nobody voted on."""
        return dict(zip(self.classes, self.posterior[self._places[0][item]].tolist(), strict=True))

    def label_of(self, item: Hashable) -> Hashable:
        """The most probable class of one item; ties as in `labels`. Raises KeyError for an item nobody voted on."""
        return self.labels[self._places[0][item]]

    def error_rates_of(self, rater: Hashable) -> Array:
        """Shape (true class, said class). Raises KeyError for a rater without votes."""
        return np.asarray(self.error_rates[self._places[1][rater]])


def dawid_skene(
    votes: Iterable[Vote] | Votes,
    *,
    known: Mapping[Hashable, Hashable] | None = None,
    prior: ArrayLike | None = None,
    tolerance: float | None = None,
    max_iterations: int = 1000,
) -> DawidSkene:
    """Estimate classes and raters together, by expectation-maximisation that starts from vote shares.

    Source: Dawid and Skene 1979, "Maximum likelihood estimation of observer error-rates using the EM algorithm". Each
    item has one true class. Each rater says what their own error rates for that class make them say, whatever else was
    said. A rater may vote several times on an item.

    `known`: true classes of items, by item. Their posterior is fixed. They teach us about raters, but not about how
    common a class is: known items are picked, not drawn. Known items without votes are left out.
    `prior`: pseudo-votes to add to each rater's row, shape (true class, said class), see `pseudo_votes`. The estimates
    are then posterior means for Dirichlet priors with these parameters, given the expected counts. The default is none,
    the published method; it takes a rater who never erred so far for one who never errs.
    `tolerance`: the search ends when the log likelihood (with its prior) rises by less than this, in nats. The default
    is 1e-10 for up to 10,000 votes and 1e-3 for more, where the tail of the search is long and changes nothing.
    `max_iterations`: the search ends after that many improvements.

    A class with votes that no item of a rater ever belongs to leaves the rater's row open; it is then uniform.
    Ties: see `DawidSkene.labels`. Without a prior a single item keeps its vote shares, and a single rater is believed.
    No votes give empty arrays and log likelihood 0.
    Cost: O(votes x classes) time per iteration and O(votes + items x classes + raters x classes^2) memory.
    Raises ValueError for a vote that is not a triple of hashable things, a label that is None or nan, a prior that does
    not fit the classes or has numbers that are negative or not finite, and a negative tolerance or `max_iterations`.
    """
    table = Table(Votes.of(votes), known)
    k = len(table.classes)
    pseudo = _pseudo(np.zeros((k, k)) if prior is None else prior, (k, k), f"{k} rows of {k} pseudo-votes")

    def estimate(counts: Array) -> tuple[Array, float]:
        rates = shares(counts + pseudo)
        return rates, weighted_logs(np.broadcast_to(pseudo, rates.shape), rates)

    return table.result(fit(table, table.vote_shares(), estimate, tolerance=tolerance, max_iterations=max_iterations))


def one_coin(
    votes: Iterable[Vote] | Votes,
    *,
    known: Mapping[Hashable, Hashable] | None = None,
    prior: tuple[float, float] | None = None,
    tolerance: float | None = None,
    max_iterations: int = 1000,
) -> DawidSkene:
    """Like `dawid_skene`, but each rater has one accuracy, and errs towards all other classes alike.

    Source: the one-coin model of Zhang, Chen, Zhou and Jordan 2014, "Spectral methods meet EM"; here classes need not
    be equally common. It needs far fewer votes per rater than the full table of error rates.

    `prior`: (right, wrong) pseudo-votes to add for each rater, the parameters of a Beta prior.
    The accuracy of a rater is on the diagonal of `error_rates` and in `accuracy`. With a single class it is 1. A rater
    without votes has accuracy 1/classes. Without a prior a single item gets the label that most say, or stays tied
    between these, and a single rater is believed. All else is as in `dawid_skene`: shapes, ties, no votes, cost and
    errors; the prior must be two numbers.
    """
    table = Table(Votes.of(votes), known)
    k = len(table.classes)
    pseudo = _pseudo((0.0, 0.0) if prior is None else prior, (2,), "two pseudo-votes, right and wrong")

    def estimate(counts: Array) -> tuple[Array, float]:
        right = np.trace(counts, axis1=1, axis2=2)
        pairs = np.stack([right, counts.sum(axis=(1, 2)) - right], axis=1).clip(min=0.0) + pseudo
        total = pairs.sum(axis=1)
        accuracy = np.where(total > 0, pairs[:, 0] / np.where(total > 0, total, 1), 1 / max(k, 1))
        if k == 1:
            accuracy = np.ones_like(accuracy)
        both = np.stack([accuracy, 1 - accuracy], axis=1)
        wrong = both[:, 1] / max(k - 1, 1)
        rates = np.where(np.eye(k, dtype=bool), accuracy[:, None, None], wrong[:, None, None])
        return rates, weighted_logs(np.broadcast_to(pseudo, both.shape), both) if k > 1 else 0.0

    return table.result(fit(table, table.vote_shares(), estimate, tolerance=tolerance, max_iterations=max_iterations))


def pseudo_votes(classes: int, *, right: float = 2.0, wrong: float = 1.0) -> Array:
    """A prior for `dawid_skene`: for each true class, `right` votes for it and `wrong` votes for each other class.

    Shape (classes, classes). More `right` than `wrong` says that raters are mostly right, which also keeps small
    tables from swapping two classes. The numbers, a choice of this project, weigh as much as that many votes of the
    rater. 0 classes give an empty array.
    Raises ValueError for a negative number of classes, and for numbers that are negative or not finite.
    """
    return _pseudo(np.where(np.eye(classes, dtype=bool), right, wrong), (classes, classes), "pseudo-votes")


def _pseudo(prior: ArrayLike, shape: tuple[int, ...], what: str) -> Array:
    """The prior as an array. Raises ValueError for another shape, and for numbers that make no prior."""
    pseudo = np.array(prior, dtype=float)
    if pseudo.shape != shape or not np.isfinite(pseudo).all() or (pseudo < 0).any():
        raise ValueError(f"The prior must be {what}, all finite and none negative, but is {prior!r}.")
    return pseudo


class Table:
    """Votes laid out for fast sums. Inside, arrays are class by class, which NumPy sums fastest."""

    def __init__(
        self, votes: Votes, known: Mapping[Hashable, Hashable] | None = None, classes: Iterable[Hashable] = ()
    ) -> None:
        """`classes`: labels to count with even if nobody voted them."""
        truth = {item: label for item, label in (known or {}).items() if item in votes.item_codes}
        self.votes = votes = _with_labels(votes, (*truth.values(), *classes))
        self.classes = votes.labels
        self.shape = (len(votes.items), len(votes.raters), len(votes.labels))
        nearby = np.argsort(votes.item, kind="stable")  # sums over one item touch one place of memory
        self.item = votes.item[nearby].astype(np.intp)
        self.said = (votes.rater.astype(np.intp) * len(votes.labels) + votes.label)[nearby]
        """Which cell of a (raters, labels) array each vote belongs to."""
        self.agrees = votes.label[nearby].astype(np.intp) * len(votes.items) + self.item
        """Which cell of a (classes, items) array says that the vote is right."""
        self.known = np.array([votes.item_codes[item] for item in truth], dtype=np.intp)
        self.truth = np.array([votes.label_codes[label] for label in truth.values()], dtype=np.intp)
        self.open = np.ones(len(votes.items), dtype=bool)
        self.open[self.known] = False

    def tolerance(self, wanted: float | None) -> float:
        """The rise, in nats, below which a search ends. Raises ValueError unless it is 0 or more."""
        tolerance = (FINE if len(self.votes) <= MANY else COARSE) if wanted is None else wanted
        if not tolerance >= 0:  # nor is nan
            raise ValueError(f"The tolerance must be 0 or more, but is {tolerance}.")
        return tolerance

    def settled(self, before: float, now: float, tolerance: float) -> bool:
        """Whether a search may end: the rise is below the tolerance, or too small for arithmetic to tell."""
        return abs(now - before) < tolerance + 4 * EPSILON * abs(now) or not len(self.votes)

    def vote_shares(self) -> Array:
        """Shape (classes, items): the share of an item's votes for each class; equal shares without votes."""
        return self.fixed(shares(self.votes.counts().astype(float)).T.copy())

    def fixed(self, posterior: Array) -> Array:
        """Put certainty where the truth is known. Changes its argument and returns it."""
        posterior[:, self.known] = 0.0
        posterior[self.truth, self.known] = 1.0
        return posterior

    def counts(self, posterior: Array) -> Array:
        """Shape (raters, true class, said class): how many such votes we expect there were."""
        _items, raters, k = self.shape
        rows = [np.bincount(self.said, weights=row[self.item], minlength=raters * k) for row in posterior]
        return np.array(rows, dtype=float).reshape(k, raters, k).transpose(1, 0, 2)

    def right_counts(self, posterior: Array) -> Array:
        """Shape (raters, classes): how many votes for each class we expect were right, the diagonal of `counts`."""
        _items, raters, k = self.shape
        right = np.bincount(self.said, weights=posterior.ravel()[self.agrees], minlength=raters * k)
        return np.asarray(right, dtype=float).reshape(raters, k)

    def log_given(self, log_rates: Array) -> Array:
        """Shape (classes, items): log P(all votes on the item | its class)."""
        items, _raters, k = self.shape
        rows = [
            np.bincount(self.item, weights=log_rates[:, true].ravel()[self.said], minlength=items) for true in range(k)
        ]
        return np.array(rows, dtype=float).reshape(k, items)

    def marginals(self, posterior: Array, pseudo: Array | float = 0.0) -> Array:
        """Shape (classes,): how common classes are among open items, or among the known ones where none is open."""
        total = posterior[:, self.open].sum(axis=1) + pseudo
        return shares(total if total.sum() > 0 else posterior.sum(axis=1))

    def posterior(self, marginals: Array, rates: Array) -> tuple[Array, float]:
        """P(class) of each item, shape (classes, items), and the log likelihood of all votes."""
        given = self.log_given(logs(rates))
        if not given.size:
            return given, 0.0
        known = float(given[self.truth, self.known].sum())
        given += logs(marginals)[:, None]
        given[:, self.known] = 0.0
        top = given.max(axis=0)
        np.exp(given - top, out=given)
        total = given.sum(axis=0)
        given /= total
        return self.fixed(given), known + float((top + np.log(total))[self.open].sum())

    def result(self, found: Fit) -> DawidSkene:
        return DawidSkene(
            items=self.votes.items,
            raters=self.votes.raters,
            classes=self.classes,
            class_marginals=found.marginals,
            error_rates=np.ascontiguousarray(found.rates),
            posterior=np.ascontiguousarray(found.posterior.T),
            log_likelihood=found.log_likelihood,
            log_prior=found.log_prior,
            iterations=found.iterations,
            converged=found.converged,
        )


@dataclass(frozen=True, eq=False)
class Fit:
    """Where the search ended."""

    marginals: Array
    """Shape (classes,)."""
    rates: Array
    """Shape (raters, true class, said class)."""
    posterior: Array
    """Shape (classes, items)."""
    log_likelihood: float
    """In nats."""
    log_prior: float
    """In nats, up to a constant."""
    iterations: int
    """Improvements after the first estimate."""
    converged: bool
    """Whether the last improvement was below the tolerance."""


def fit(
    table: Table,
    start: Array,
    estimate: Callable[[Array], tuple[Array, float]],
    *,
    marginal_prior: Array | None = None,
    tolerance: float | None = None,
    max_iterations: int,
) -> Fit:
    """Expectation-maximisation from the posterior `start`, shape (classes, items).

    `estimate` turns expected counts into error rates, both of shape (raters, true class, said class), and tells what
    its prior adds to the log likelihood. `marginal_prior`: pseudo-items of each class, shape (classes,).
    Raises ValueError if the tolerance or the iterations are negative.
    """
    tolerance = table.tolerance(tolerance)
    if max_iterations < 0:
        raise ValueError(f"The number of iterations cannot be negative, but is {max_iterations}.")
    pseudo = np.zeros(len(table.classes)) if marginal_prior is None else marginal_prior
    posterior, before = start, -np.inf
    for iteration in count():
        marginals = table.marginals(posterior, pseudo)
        rates, log_prior = estimate(table.counts(posterior))
        log_prior += weighted_logs(pseudo, marginals)
        posterior, log_likelihood = table.posterior(marginals, rates)
        now = log_likelihood + log_prior
        converged = table.settled(before, now, tolerance)
        if converged or iteration == max_iterations:
            break
        before = now
    return Fit(marginals, rates, posterior, log_likelihood, log_prior, iteration, converged)


def shares(counts: Array) -> Array:
    """Divide by the sum over the last axis; equal shares where that sum is 0."""
    total = counts.sum(axis=-1, keepdims=True)
    return np.where(total > 0, counts / np.where(total > 0, total, 1.0), 1.0 / max(counts.shape[-1], 1))


def logs(p: Array) -> Array:
    """Natural logarithms; of 0, minus infinity."""
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(p))


def weighted_logs(weights: Array, p: Array) -> float:
    """The sum of weights x log p, where weight 0 counts as 0 whatever p is."""
    used = weights > 0
    return float((weights[used] * logs(p[used])).sum())


def most_probable(classes: Sequence[Hashable], posterior: Array) -> tuple[Hashable, ...]:
    """The first class of each row of (items, classes) that no other class beats by more than TIE."""
    if not posterior.size:
        return ()
    first = (posterior >= posterior.max(axis=1, keepdims=True) - TIE).argmax(axis=1)
    return tuple(classes[k] for k in first.tolist())


def _with_labels(votes: Votes, more: Iterable[Hashable]) -> Votes:
    """The same votes, with labels that may have got no vote; sorted where labels can be sorted."""
    names = tuple(dict.fromkeys((*votes.labels, *more)))
    labels = tuple(names[place] for place in by_name(names))
    if labels == votes.labels:
        return votes
    codes = {label: code for code, label in enumerate(labels)}
    moved = np.array([codes[label] for label in votes.labels], dtype=np.int32)
    return replace(votes, labels=labels, label=moved[votes.label])
