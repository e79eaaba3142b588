"""Do people agree? Krippendorff's alpha for labels, Kendall's tau-b and W for orders, each with its uncertainty."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from math import isfinite, nan, sqrt
from numbers import Real
from typing import Any, Literal, get_args

import numpy as np

from ranking.ballots import Ballot, Item, named
from ranking.bootstrap import Estimate, Numbers, Seed, check_interval, interval, resampled
from ranking.patterns import Codes, Patterns
from ranking.votes import Vote, Votes

Level = Literal["nominal", "ordinal", "interval", "ratio"]
"""What the distance of two labels means: only same or not; their order; their difference; their ratio."""

#: From here on Krippendorff (2004) calls labels reliable.
RELIABLE = 0.8
#: From here on they bear tentative conclusions; below it none.
TENTATIVE = 0.667


@dataclass(frozen=True)
class Alpha:
    """Krippendorff's alpha of some votes. `float()` gives alpha."""

    alpha: float
    """1 - observed / expected: 1 is perfect, 0 is chance, below 0 is systematic disagreement. nan where undefined."""
    low: float | None
    """Lower end of the percentile interval. None if none was wanted, or if there is no honest one."""
    high: float | None
    """Upper end, as `low`."""
    observed: float
    """Mean squared distance of two votes on one item. The distance of two labels is 0 to 1 at "nominal" and "ratio",
    the share of all votes that lie between them at "ordinal", their difference at "interval"."""
    expected: float
    """Mean squared distance of any two votes, whatever their items; as `observed`."""
    level: Level
    """How distances were measured."""
    n_items: int
    """Items with at least two votes; the others do not count."""
    n_votes: int
    """Votes on these items."""
    raw: Estimate
    """Share of pairs of votes on one item that are the same label: see `raw_agreement`."""

    def __float__(self) -> float:
        return self.alpha


@dataclass(frozen=True)
class RankingAgreement:
    """How much ballots on the same sets agree. `float()` gives the mean tau-b."""

    tau_b: Estimate
    """Mean of `kendall_tau_b` over all pairs of ballots on one set; each pair counts once."""
    w: Estimate
    """Mean of `kendall_w` over the sets; each set counts once."""
    n_sets: int
    """Sets with at least two ballots that can be compared; the others do not count."""
    n_ballots: int
    """Ballots on these sets."""

    def __float__(self) -> float:
        return self.tau_b.value


def krippendorff_alpha(
    votes: Iterable[Vote] | Votes,
    level: Level = "nominal",
    *,
    resamples: int = 1000,
    confidence: float = 0.95,
    seed: Seed = 0,
) -> Alpha:
    """How much better than chance raters agree on the labels of items, whoever they are and however many.

    Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability". Each vote of an item with m votes is paired with
    the m - 1 others and each such pair weighs 1 / (m - 1), so every vote weighs the same. Labels may be anything at
    level "nominal", anything that sorts at "ordinal", numbers at "interval", numbers from 0 up at "ratio". A vote that
    was not given is left out of `votes`.

    Items with one vote do not count. Without an item that has two, alpha is nan; so it is if all votes that count are
    the same label: the formula is then 0 / 0, and people who always say the same have not shown that they could tell
    two things apart, so 1 would be a boast and 0 an insult.

    The interval is a percentile bootstrap over items, which votes on one item depend on (Zapf et al. 2016). A single
    item has none, and there is none if so many resamples lack all variation (more than 1 - confidence, typical of very
    rare labels) that they could shift its ends at will. From a dozen items or fewer it is too narrow.

    `resamples`: how often the items are drawn anew; 0 for no interval.
    `confidence`: how often, between 0 and 1, such intervals should hold the alpha of endless items.
    `seed`: of the draws. The same seed gives the same interval, in whatever order the votes come. But it may be as from
    another seed if nominal labels get other names, or if votes whose labels cannot be sorted come in another order.

    Cost: O(votes log votes), then O(resamples x distinct patterns of votes); at "ratio" also distinct labels squared.
    Raises ValueError for an unknown level, fewer than 0 resamples, a confidence that is not between 0 and 1, a vote
    that is not a triple of hashable things, a rater who labels an item twice, and labels that are None, nan or do not
    fit the level.
    """
    if level not in get_args(Level):
        raise ValueError(f"level is {level!r}, but must be one of {', '.join(get_args(Level))}.")
    check_interval(resamples, confidence)
    votes = Votes.of(votes)
    _check_each_rater_once(votes)
    place, scale = _scale(votes.labels, level)
    patterns = Patterns.of(votes, place)
    if not len(patterns.items):
        return Alpha(nan, None, None, nan, nan, level, 0, 0, Estimate(nan, None, None, 0))
    within = _disagreement_within(patterns, level, scale)
    observed, expected, raw = (float(figure[0]) for figure in _figures(patterns, level, scale, within))
    n_items = int(patterns.items.sum())
    alphas, raws = [], []
    width = len(patterns.label) + len(scale)
    for weights in resampled(patterns.items, resamples if n_items > 1 else 0, width=width, seed=seed):
        some_observed, some_expected, some_raw = _figures(patterns, level, scale, within, weights)
        alphas.append(_alpha(some_observed, some_expected))
        raws.append(some_raw)
    pairs = patterns.items @ (patterns.size * (patterns.size - 1) / 2)
    return Alpha(
        float(_alpha(np.array([observed]), np.array([expected]))[0]),
        *interval(alphas, n_items, confidence),
        observed,
        expected,
        level,
        n_items,
        int(patterns.items @ patterns.size),
        Estimate(raw, *interval(raws, n_items, confidence), int(pairs)),
    )


def raw_agreement(
    votes: Iterable[Vote] | Votes, *, resamples: int = 1000, confidence: float = 0.95, seed: Seed = 0
) -> Estimate:
    """The share of pairs of votes on one item that are the same label, from 0 to 1.

    Source: counted. Each pair counts once, so an item with m votes weighs m (m - 1) / 2. Chance is not taken out: if
    nearly all items deserve the same label, this is high whatever people do; see `krippendorff_alpha` for that.
    Items with one vote do not count; without an item that has two, the value is nan. All votes the same give 1.
    The interval and its arguments, cost and errors: as in `krippendorff_alpha` at level "nominal".
    """
    return krippendorff_alpha(votes, resamples=resamples, confidence=confidence, seed=seed).raw


def kendall_tau_b(first: Ballot[Item], second: Ballot[Item]) -> float:
    """How much two ballots agree on the items that both name: from -1, reversed, over 0 to 1, the same order.

    Kendall 1945, "The Treatment of Ties in Ranking Problems": pairs of items in the same order less pairs in opposite
    order, over the geometric mean of the pairs that each ballot orders. A pair that one ballot ties is neither.
    nan if fewer than two items are shared, or if a ballot ties all of them: it then says nothing about order.
    Cost: O(items^2). Raises BallotError for a ballot that is no list of groups, or names an item twice.
    """
    return _tau_b(_places(first), _places(second))


def kendall_w(ballots: Iterable[Ballot[Item]]) -> float:
    """How much m ballots agree, all at once: from 0, the ranks add up to the same for every item, to 1, one order.

    Kendall's coefficient of concordance (Kendall and Babington Smith 1939), corrected for ties (Kendall 1948). Only
    items that every ballot names are compared; tied items share their mean rank. W is no correlation: by chance alone
    it is 1 / m on average, a third for three ballots, so compare it only between sets with as many ballots.
    nan with fewer than two ballots or fewer than two shared items, and if every ballot ties all of them.
    Cost: O(ballots x items log items). Raises BallotError as `kendall_tau_b`.
    """
    return _w([_places(ballot) for ballot in ballots])


def ranking_agreement(
    sets: Iterable[Iterable[Ballot[Item]]], *, resamples: int = 1000, confidence: float = 0.95, seed: Seed = 0
) -> RankingAgreement:
    """Mean tau-b over the pairs of ballots on each set, and mean W over the sets; a set is what one group ranked.

    Sources and ties: see `kendall_tau_b` and `kendall_w`. Pairs of ballots without a tau-b and sets without a W are
    left out of the mean. Without a set that has two comparable ballots the means are nan.
    The intervals are percentile bootstraps over sets (Efron 1979), the same for the same seed; a single set has none.
    `resamples`, `confidence` and `seed` as in `krippendorff_alpha`, for sets in place of items.

    Cost: O(ballots^2 x items^2) for each set, then O(resamples x sets that came out differently).
    Raises ValueError for fewer than 0 resamples and a confidence that is not between 0 and 1; BallotError as
    `kendall_tau_b`.
    """
    check_interval(resamples, confidence)
    outcomes: Counter[tuple[float, int, float, int]] = Counter()
    n_ballots = 0
    for ballots in sets:
        places = [_places(ballot) for ballot in ballots]
        taus = [tau for one, other in combinations(places, 2) if isfinite(tau := _tau_b(one, other))]
        w = _w(places)
        if taus or isfinite(w):
            # Rounded, so that sets that came out the same are one row to resample, whatever the order of addition.
            outcomes[round(sum(taus), 12), len(taus), round(w, 12) if isfinite(w) else 0.0, int(isfinite(w))] += 1
            n_ballots += len(places)
    # In order of value, not of appearance: the order of the sets must not touch the interval.
    rows = np.array(sorted(outcomes), dtype=np.float64).reshape(-1, 4)
    many = np.array([outcomes[key] for key in sorted(outcomes)], dtype=np.float64)
    n_sets = int(many.sum())
    sums = many @ rows
    drawn = [weights @ rows for weights in resampled(many, resamples if n_sets > 1 else 0, width=4, seed=seed)]
    tau_b, w_mean = (
        Estimate(
            float(_ratio(sums[at : at + 1], sums[at + 1 : at + 2])[0]),
            *interval([_ratio(some[:, at], some[:, at + 1]) for some in drawn], n_sets, confidence),
            int(sums[at + 1]),
        )
        for at in (0, 2)
    )
    return RankingAgreement(tau_b, w_mean, n_sets, n_ballots)


def _check_each_rater_once(votes: Votes) -> None:
    pairs = np.sort(votes.item.astype(np.int64) * len(votes.raters) + votes.rater)
    twice = pairs[1:][pairs[1:] == pairs[:-1]]
    if len(twice):
        item, rater = divmod(int(twice[0]), len(votes.raters))
        raise ValueError(
            f"{votes.raters[rater]!r} labels {votes.items[item]!r} more than once. "
            "Keep one vote of each rater on an item, for instance the last."
        )


def _scale(labels: Sequence[Any], level: Level) -> tuple[Codes, Numbers]:
    """Where each label stands on the scale, and the number at each place (0, 1, 2 … where only the order counts)."""
    if level == "nominal":
        return np.arange(len(labels)), np.arange(len(labels), dtype=np.float64)
    if level != "ordinal" and not all(isinstance(label, Real) and isfinite(label) for label in labels):
        raise ValueError(f"Labels must be finite numbers at level {level!r}. Use 'nominal', or 'ordinal' if they sort.")
    if level == "ratio" and any(label < 0 for label in labels):
        raise ValueError("Labels must not be below 0 at level 'ratio'. Use 'interval'.")
    try:
        order = sorted(range(len(labels)), key=lambda code: labels[code])
        sorts = all(labels[one] < labels[other] for one, other in pairwise(order))
    except TypeError:
        sorts = False
    if not sorts:
        raise ValueError("Labels must have an order at level 'ordinal'. Give them as numbers, or use 'nominal'.")
    place = np.empty(len(labels), dtype=np.int64)
    place[order] = np.arange(len(labels))
    if level == "ordinal":
        return place, np.arange(len(labels), dtype=np.float64)
    numbers = np.array([float(labels[code]) for code in order])
    # From the middle: the square of a large number would swallow small differences.
    return place, numbers - numbers.mean() if level == "interval" and len(numbers) else numbers


def _disagreement_within(patterns: Patterns, level: Level, scale: Numbers) -> Numbers | None:
    """Squared distances inside each pattern, summed over ordered pairs; None at ordinal, where they depend on all."""
    if level == "nominal":
        differ: Numbers = patterns.size**2 - patterns.sums(patterns.count**2)
        return differ
    if level == "interval":
        spread: Numbers = _spread(patterns, scale[None, :])[0]
        return spread
    if level == "ordinal":
        return None
    entries = zip(
        np.split(patterns.label, patterns.start[1:]), np.split(patterns.count, patterns.start[1:]), strict=True
    )
    return np.array([count @ _ratio_distance(scale[label]) @ count for label, count in entries])


def _spread(patterns: Patterns, scale: Numbers) -> Numbers:
    """Squared differences on a scale inside each pattern, over ordered pairs. Scales and result: (resamples, …)."""
    at = scale[:, patterns.label]
    sums, squares = patterns.sums(patterns.count * at), patterns.sums(patterns.count * at**2)
    # Where all votes are the same there is none, whatever rounding leaves.
    mixed = patterns.sums(np.ones(len(patterns.label))) > 1
    spread: Numbers = 2 * np.maximum(patterns.size * squares - sums**2, 0) * mixed
    return spread


def _ratio_distance(numbers: Numbers) -> Numbers:
    """((a - b) / (a + b))^2 of every two numbers; two zeros are the same number."""
    above = numbers[:, None] + numbers
    distance: Numbers = ((numbers[:, None] - numbers) / np.where(above > 0, above, 1)) ** 2
    return distance


def _figures(
    patterns: Patterns, level: Level, scale: Numbers, within: Numbers | None, weights: Numbers | None = None
) -> tuple[Numbers, Numbers, Numbers]:
    """Observed and expected disagreement and raw agreement, each (resamples,). Weights: (resamples, patterns)."""
    weights = patterns.items[None, :] if weights is None else weights
    totals = patterns.totals(weights, len(scale))
    votes = totals.sum(axis=1)
    if level == "ordinal":
        # Krippendorff's ordinal distance is the difference of midranks, and these follow from how often each label
        # is there. From the middle and per vote, as in _scale.
        scale = (np.cumsum(totals, axis=1) - totals / 2) / votes[:, None] - 0.5
        within = _spread(patterns, scale)
    assert within is not None
    observed = (weights * (within / (patterns.size - 1))).sum(axis=1) / votes
    if level == "nominal":
        among = votes**2 - (totals**2).sum(axis=1)
    elif level == "ratio":
        among = (totals @ _ratio_distance(scale) * totals).sum(axis=1)
    else:
        among = 2 * (votes * (totals * scale**2).sum(axis=1) - (totals * scale).sum(axis=1) ** 2)
    # Without variation rounding could leave a little of both.
    varies = (totals > 0).sum(axis=1) > 1
    same = patterns.sums(patterns.count * (patterns.count - 1))
    pairs = patterns.size * (patterns.size - 1)
    return observed * varies, among / (votes * (votes - 1)) * varies, weights @ same / (weights @ pairs)


def _alpha(observed: Numbers, expected: Numbers) -> Numbers:
    alpha: Numbers = 1 - _ratio(observed, expected)
    return alpha


def _ratio(part: Numbers, whole: Numbers) -> Numbers:
    """part / whole, nan where there is no whole."""
    ratio: Numbers = np.divide(part, whole, out=np.full(len(whole), nan), where=whole > 0)
    return ratio


def _places(ballot: Ballot[Item]) -> dict[Item, int]:
    """Item → number of its group. Raises BallotError."""
    named(ballot)
    return {item: place for place, group in enumerate(ballot) for item in group}


def _tau_b(first: dict[Item, int], second: dict[Item, int]) -> float:
    shared = [(place, second[item]) for item, place in first.items() if item in second]
    agree = ordered_by_first = ordered_by_second = 0
    for (one_first, one_second), (other_first, other_second) in combinations(shared, 2):
        by_first = (one_first > other_first) - (one_first < other_first)
        by_second = (one_second > other_second) - (one_second < other_second)
        agree += by_first * by_second
        ordered_by_first += abs(by_first)
        ordered_by_second += abs(by_second)
    if not ordered_by_first or not ordered_by_second:
        return nan
    return agree / sqrt(ordered_by_first * ordered_by_second)


def _w(ballots: Sequence[dict[Item, int]]) -> float:
    if len(ballots) < 2:
        return nan
    shared = [item for item in ballots[0] if all(item in ballot for ballot in ballots)]
    ranks = dict.fromkeys(shared, 0.0)
    tied = 0
    for ballot in ballots:
        sizes = Counter(ballot[item] for item in shared)
        tied += sum(size**3 - size for size in sizes.values())
        better, middle = 0, {}
        for place in sorted(sizes):
            middle[place] = better + (sizes[place] + 1) / 2
            better += sizes[place]
        for item in shared:
            ranks[item] += middle[ballot[item]]
    m, n = len(ballots), len(shared)
    most = m**2 * (n**3 - n) - m * tied
    mean = m * (n + 1) / 2
    return 12 * sum((rank - mean) ** 2 for rank in ranks.values()) / most if most else nan
