"""Does asking for rankings only while some pair is open beat a fixed number of rankings?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import combinations, combinations_with_replacement, permutations

import numpy as np

from benchmarks.raters import Flags, Floats, Rng, Whole, ballot, draw_orders, spread_for
from benchmarks.tables import Merged, Row, Section, Table, figure
from ranking import Ranked, RankingRule, consensus, plackett_luce_with_adherence, rankings_wanted

SETS, LONGEST = 40_000, 11
TWO_RANKERS, WITH_TRUTH = "two rankers agree", "a ranker agrees with the truth"
ADAPTIVE, EVERY = "adaptive", "adaptive, every pair"
#: Replies, and how often a pair is judged alike.
CASES = [(3, TWO_RANKERS, 0.74), (2, TWO_RANKERS, 0.66), (3, WITH_TRUTH, 0.74), (2, WITH_TRUTH, 0.66)]
FRONTIER = [
    RankingRule(minimum=minimum, maximum=maximum, decided=decided)
    for minimum, maximum in ((2, 9), (3, 7), (3, 9), (3, 11))
    for decided in (0.86, 0.88, 0.9, 0.92)
]
#: The other rule that the library knows.
EVERY_RULE = RankingRule(decided=0.78, over="every")


@dataclass(frozen=True)
class Book:
    """What the library says of every heap of ballots on a few replies: ballots come without ties and weigh the same,
    so all that counts is how often each order is there. Row s of the arrays is one heap."""

    replies: int
    spread: float
    code: Whole
    """Shape (heaps,), sorted: the counts of the orders as one number."""
    counts: Whole
    """Shape (heaps, orders)."""
    by_order: Whole
    """Shape (heaps, pairs): 1, 0 or -1 as ranked pairs puts the first of the pair before, beside or behind."""
    by_preference: Whole
    """The same of the preferences."""
    p_better: Floats
    """Shape (heaps, pairs)."""
    lead: Whole
    """Shape (heaps, pairs): votes for the preferred one of the pair less those against it."""

    @classmethod
    def of(cls, replies: int, spread: float) -> Book:
        orders = list(permutations(range(replies)))
        pairs = list(combinations(range(replies), 2))
        heaps = [heap for n in range(LONGEST + 1) for heap in combinations_with_replacement(range(len(orders)), n)]
        counts = np.array([np.bincount(np.array(heap, dtype=int), minlength=len(orders)) for heap in heaps])
        ranked = [Ranked(tuple(range(replies)), [ballot(orders[order]) for order in heap]) for heap in heaps]
        by_order, by_preference, p_better = [], [], []
        for said in consensus(ranked, spread=spread):
            place = {reply: place for place, group in enumerate(said.order) for reply in group}
            by_order.append([np.sign(place.get(other, 0) - place.get(one, 0)) for one, other in pairs])
            found = {frozenset((pair.chosen, pair.rejected)): pair for pair in said.preferences}
            of_pairs = [found[frozenset(pair)] for pair in pairs]
            by_preference.append([
                0 if pair.tied else 1 if pair.chosen == one else -1
                for pair, (one, _other) in zip(of_pairs, pairs, strict=True)
            ])  # fmt: skip
            p_better.append([pair.p_better for pair in of_pairs])
        sides = np.array([[np.sign(order.index(b) - order.index(a)) for a, b in pairs] for order in orders])
        code = _code(counts)
        line = np.argsort(code)
        leads = (counts @ sides) * np.array(by_preference)
        order, preference, sure, lead = (
            np.array(column)[line] for column in (by_order, by_preference, p_better, leads)
        )
        return cls(replies, spread, code[line], counts[line], order, preference, sure, lead)

    def find(self, counts: Whole) -> Whole:
        """The rows of some heaps."""
        return np.searchsorted(self.code, _code(counts))


def _code(counts: Whole) -> Whole:
    return np.asarray((counts * (LONGEST + 1) ** np.arange(counts.shape[-1])).sum(axis=-1))


@cache
def _case(replies: int, measured: str, agreement: float) -> tuple[float, Book]:
    """The true spread, and the book that uses the spread estimated from 3,000 sets with three ballots each."""
    spread = spread_for(agreement, with_truth=measured == WITH_TRUTH)
    rng = np.random.default_rng(0)
    strengths = rng.normal(0.0, spread, (3_000, 1, replies))
    orders = draw_orders(rng, np.broadcast_to(strengths, (3_000, 3, replies)))
    # Rankers here are all alike, so one name does for all of them and nobody's adherence is in question.
    found = plackett_luce_with_adherence(
        (number, 0, ballot(order)) for number, some in enumerate(orders.tolist()) for order in some
    )
    return spread, Book.of(replies, found.spread)


def measure(seed: int) -> dict[str, list[Row]]:
    rows: list[Row] = []
    frontier: list[Row] = [
        {"minimum": str(rule.minimum), "maximum": str(rule.maximum), "decided": f"{rule.decided:.2f}"}
        for rule in FRONTIER
    ]
    for number, (replies, measured, agreement) in enumerate(CASES):
        spread, book = _case(replies, measured, agreement)
        drawn = _Drawn.of(np.random.default_rng([seed, 10 + number]), spread, book)
        case: Row = {"replies": str(replies), "calibrated so that": f"{measured}: {100 * agreement:.0f} %"}
        rule = RankingRule()
        settled = _settled(book, drawn.heaps, rule, _mean_decided)
        every = _settled(book, drawn.heaps, EVERY_RULE, _all_decided)
        _check(book, drawn.heaps[:200], settled[:200], rule)
        _check(book, drawn.heaps[:200], every[:200], EVERY_RULE)
        rules = {f"fixed {n}": np.arange(1, LONGEST + 1) == np.full((SETS, 1), n) for n in (3, 5, 7)}
        rules |= {ADAPTIVE: settled, EVERY: every}
        rows += [{**case, "rule": name, **drawn.outcome(settled)} for name, settled in rules.items()]
        if measured == TWO_RANKERS:
            for row, rule in zip(frontier, FRONTIER, strict=True):
                outcome = drawn.outcome(_settled(book, drawn.heaps, rule, _mean_decided))
                row |= {
                    f"{replies} replies: {column}": outcome[column]
                    for column in ("rankings", "fewer than fixed 7 %", "order against fixed 7")
                }
    return {"rankings": rows, "frontier": frontier}


@dataclass(frozen=True)
class _Drawn:
    """Sets with true strengths, and rankings of them that come in one by one."""

    book: Book
    truth: Floats
    """Shape (sets, pairs): 1 if the first of the pair is better, else -1."""
    heaps: Whole
    """Shape (sets, rankings): the row of the book after each ranking."""

    @classmethod
    def of(cls, rng: Rng, spread: float, book: Book) -> _Drawn:
        strengths = rng.normal(0.0, spread, (SETS, book.replies))
        cast = draw_orders(rng, np.broadcast_to(strengths[:, None], (SETS, LONGEST, book.replies)))
        which = np.zeros((book.replies,) * book.replies, dtype=np.int64)
        for code, order in enumerate(permutations(range(book.replies))):
            which[order] = code
        one_hot = np.eye(book.counts.shape[1], dtype=np.int64)[which[tuple(np.moveaxis(cast, -1, 0))]]
        pairs = combinations(range(book.replies), 2)
        truth = np.stack([np.sign(strengths[:, one] - strengths[:, other]) for one, other in pairs], axis=1)
        return cls(book, truth, book.find(np.cumsum(one_hot, axis=1)))

    def outcome(self, settled: Flags) -> Row:
        """What comes of stopping where a set is settled first: shape (sets, rankings)."""
        asked = settled.argmax(axis=1) + 1
        last = self.heaps[np.arange(SETS), asked - 1]
        order, preference = (
            _accuracy(said[last], self.truth) for said in (self.book.by_order, self.book.by_preference)
        )
        fixed_7 = _accuracy(self.book.by_order[self.heaps[:, 6]], self.truth)
        return {
            "rankings": float(asked.mean()),
            "fewer than fixed 7 %": 100 * (7 - float(asked.mean())) / 7,
            "pairs right by order %": 100 * order,
            "pairs right by preference %": 100 * preference,
            "order against fixed 7": 100 * (order - fixed_7),
            "preference against fixed 7": 100 * (preference - fixed_7),
        }


def _accuracy(said: Whole, truth: Floats) -> float:
    """Share of the pairs that are right; a tie counts half."""
    return float(((said == truth) + 0.5 * (said == 0)).mean())


def _settled(book: Book, heaps: Whole, rule: RankingRule, decided: Callable[[Book, RankingRule], Flags]) -> Flags:
    """Whether a set wants no more after each ranking: shape (sets, rankings)."""
    settled = decided(book, rule)[heaps]
    settled[:, : rule.minimum - 1] = False
    settled[:, rule.maximum - 1] = True
    return settled


def _all_decided(book: Book, rule: RankingRule) -> Flags:
    return np.asarray(book.p_better.min(axis=1) >= rule.decided)


def _mean_decided(book: Book, rule: RankingRule) -> Flags:
    """On average over the pairs, where one that the rankings still to come cannot turn round counts as certain."""
    beyond = book.lead > (rule.maximum - book.counts.sum(axis=1))[:, None]
    return np.asarray(np.where(beyond, 1.0, book.p_better).mean(axis=1) >= rule.decided)


def _check(book: Book, heaps: Whole, settled: Flags, rule: RankingRule) -> None:
    """The book must stop where the library stops."""
    orders = list(permutations(range(book.replies)))
    for n in range(rule.minimum, rule.maximum + 1):
        ranked = [
            Ranked(
                tuple(range(book.replies)),
                [ballot(orders[order]) for order in np.repeat(np.arange(len(orders)), book.counts[heap])],
            )
            for heap in heaps[:, n - 1]
        ]
        wanted = rankings_wanted(ranked, [n] * len(ranked), rule, spread=book.spread)
        if [want == 0 for want in wanted] != settled[:, n - 1].tolist():
            raise AssertionError("The library asks for another ranking where the book does not, or the reverse.")


def tables(rows: dict[str, list[Merged]]) -> list[Table]:
    rule = RankingRule()
    goals: list[tuple[str, bool | None]] = []
    for replies, measured, agreement in CASES:
        case = f"{measured}: {100 * agreement:.0f} %"
        for name in (ADAPTIVE, EVERY):
            fewer, order, preference = (
                figure(rows["rankings"], column, **{"replies": str(replies), "calibrated so that": case, "rule": name})
                for column in ("fewer than fixed 7 %", "order against fixed 7", "preference against fixed 7")
            )
            met = fewer.low >= 25 and order.low >= 0 and preference.low >= 0
            said = f"{fewer.mean:.0f} % fewer, order {order.mean:+.2f} points, preference {preference.mean:+.2f}"
            goals.append((f"{replies} replies, {case}, {name}: {said}", met))
    goals += [
        (
            "Wanted in each line: at least 25 % fewer rankings than fixed 7, and no fewer pairs right than by its "
            "ranked pairs, intervals included. A tie counts half.",
            None,
        ),
        (
            f"Adaptive: decided to {rule.decided:g} on average, minimum {rule.minimum}, maximum {rule.maximum}; a pair "
            "that the rankings still to come cannot turn round counts as certain. Every pair: each decided to "
            f"{EVERY_RULE.decided:g}.",
            None,
        ),
    ]
    told: list[tuple[str, bool | None]] = [("Cases as above, calibrated so that two rankers agree.", None)]
    return [
        Table("Rankings: Plackett-Luce rankers, spread estimated", rows["rankings"], goals=goals),
        Table("Rankings: what other rules would give", rows["frontier"], goals=told),
    ]


SECTION = Section("rankings", measure, tables)
