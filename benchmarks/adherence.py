"""Are the predicted chances right, and what can a ring of colluding rankers do?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.raters import Flags, Floats, Rng, Whole, activities, ballot, draw_orders, expit, hand_out, spread_for
from benchmarks.tables import Figure, Merged, Row, Section, Table
from ranking import Consensus, Ranked, consensus, plackett_luce_with_adherence, preferences

SETS, REPLIES, RANKERS = 4_000, 3, 400
FEWEST, MOST = 3, 7
#: Rankers' activity is less unequal than reviewers': the standard deviation of its log.
TAIL = 1.0
BINS = 10
#: Bins with fewer pairs than this share are too noisy to count.
SMALLEST_BIN = 0.01
EXPORTED = 0.85
NONE = "honest (what leaving out 5 % does)"
REVERSE, PROMOTE, CHANCE = "reverses the true order", "puts its own replies first", "votes at random"
WEIGHTED = "preferences, weighted"
SPREADS = {"two rankers agree: 74 %": False, "a ranker agrees with the truth: 74 %": True}

Cast = list[tuple[int, int, list[list[int]]]]
"""(set, ranker, ballot)."""


@dataclass(frozen=True)
class Crowd:
    """Sets of replies by people who also rank, and everybody's honest ballots."""

    strengths: Floats
    """Shape (sets, replies)."""
    author: Whole
    """Shape (sets, replies): who wrote each reply; they do not rank the set."""
    who: Whole
    """Shape (sets, rankings): who ranks, as many as the most that a set gets."""
    many: Whole
    """Shape (sets,): how many of those a set really gets."""
    orders: Whole
    """Shape (sets, rankings, replies): honest orders, best first."""


def crowd(rng: Rng, spread: float, sets: int) -> Crowd:
    """Adherences are gamma(10, 1/10). Everybody writes as much as they rank."""
    chances = activities(rng, RANKERS, TAIL)
    adherence = rng.gamma(10.0, 0.1, RANKERS)
    people = hand_out(rng, sets, REPLIES + MOST, chances)
    author, who = people[:, :REPLIES], people[:, REPLIES:]
    strengths = rng.normal(0.0, spread, (sets, REPLIES))
    orders = draw_orders(rng, strengths[:, None, :] * adherence[who][:, :, None])
    return Crowd(strengths, author, who, rng.integers(FEWEST, MOST + 1, sets), orders)


def cast_in(made: Crowd, orders: Whole, without: Flags | None = None) -> Cast:
    """The ballots that sets really get; those of `without`, shape (sets, rankings), are left out."""
    given = np.arange(MOST) < made.many[:, None]
    if without is not None:
        given = given & ~without
    numbers = np.nonzero(given)[0].tolist()
    return [
        (number, ranker, ballot(order))
        for number, ranker, order in zip(numbers, made.who[given].tolist(), orders[given].tolist(), strict=True)
    ]


def _ranked(cast: Cast, adherence: dict[int, float], sets: int) -> list[Ranked[int]]:
    ballots: dict[int, list[list[list[int]]]] = defaultdict(list)
    weights: dict[int, list[float]] = defaultdict(list)
    for number, ranker, said in cast:
        ballots[number].append(said)
        weights[number].append(adherence.get(ranker, 1.0))
    items = tuple(range(REPLIES))
    return [Ranked(items, ballots[number], weights[number]) for number in range(sets)]


def measure_calibration(seed: int) -> dict[str, list[Row]]:
    """Everything a set gets is used to predict; truth is the difference of the true strengths."""
    bins: list[Row] = []
    summary: list[Row] = []
    for number, (label, with_truth) in enumerate(SPREADS.items()):
        rng = np.random.default_rng([seed, 20 + number])
        spread = spread_for(0.74, with_truth=with_truth)
        made = crowd(rng, spread, SETS)
        cast = cast_in(made, made.orders)
        found = plackett_luce_with_adherence(cast)
        said = preferences(_ranked(cast, dict(found.of), SETS), spread=found.spread)
        pairs = [(number, pair) for number, some in enumerate(said) for pair in some]
        better = np.array([made.strengths[n, pair.chosen] - made.strengths[n, pair.rejected] for n, pair in pairs])
        row: Row = {"calibrated so that": label, "true spread": spread, "estimated spread": found.spread}
        for name, predicted, truth in (
            ("p_chosen", np.array([pair.p_chosen for _n, pair in pairs]), expit(better)),
            ("p_better", np.array([pair.p_better for _n, pair in pairs]), (better > 0) * 1.0),
        ):
            place = np.clip(((predicted - 0.5) * 2 * BINS).astype(int), 0, BINS - 1)
            total = np.bincount(place, minlength=BINS)
            sums = [np.bincount(place, of, BINS) for of in (predicted, truth)]
            row[f"{name}: mean gap"] = float(np.abs(sums[1] - sums[0]).sum() / len(predicted))
            row[f"{name}: truth less predicted"] = float((truth - predicted).mean())
            for b in range(BINS):
                enough = total[b] > 0
                bins.append({
                    "calibrated so that": label, "of": name, "bin": f"{0.5 + b / 20:.2f} to {0.55 + b / 20:.2f}",
                    "share of pairs %": 100 * float(total[b]) / len(predicted),
                    "predicted": float(sums[0][b] / total[b]) if enough else float("nan"),
                    "true": float(sums[1][b] / total[b]) if enough else float("nan"),
                    "gap": float((sums[1][b] - sums[0][b]) / total[b]) if enough else float("nan"),
                })  # fmt: skip
        summary.append(row)
    return {"calibration": summary, "bins": bins}


def calibration_tables(rows: dict[str, list[Merged]]) -> list[Table]:
    goals: list[tuple[str, bool | None]] = []
    shown = [row for row in rows["bins"] if _number(row, "share of pairs %").mean >= 100 * SMALLEST_BIN]
    for row in rows["calibration"]:
        for name in ("p_chosen", "p_better"):
            gaps = [
                abs(_number(entry, "gap").mean)
                for entry in shown
                if entry["of"] == name and entry["calibrated so that"] == row["calibrated so that"]
            ]
            mean = _number(row, f"{name}: mean gap")
            text = f"{row['calibrated so that']}, {name}: largest gap {max(gaps):.3f}, mean gap {mean.mean:.3f}"
            goals.append((text, max(gaps) <= 0.03 and mean.high <= 0.03))
    goals.append(("Wanted: at most 0.03, both. Bins with less than 1 % of the pairs are left out.", None))
    plain = ["true spread", "estimated spread", "predicted", "true", "gap"]
    of_both = [f"{name}: {of}" for name in ("p_chosen", "p_better") for of in ("mean gap", "truth less predicted")]
    threes = dict.fromkeys(plain + of_both, 3)
    return [
        Table("Calibration: adherence and spread estimated, 3 to 7 ballots", rows["calibration"], threes, goals),
        Table("Calibration by bin", shown, {**threes, "share of pairs %": 1}),
    ]


def _number(row: Merged, column: str) -> Figure:
    cell = row[column]
    assert isinstance(cell, Figure)
    return cell


def measure_ring(seed: int) -> dict[str, list[Row]]:
    """For each attack, what the same sets say with the dishonest ballots and without them."""
    rows: list[Row] = []
    rng = np.random.default_rng([seed, 30])
    made = crowd(rng, spread_for(0.74, with_truth=False), SETS)
    ring = np.zeros(RANKERS, dtype=bool)
    ring[rng.choice(RANKERS, RANKERS // 20, replace=False)] = True
    inside = ring[made.who]
    without_ring = _said(cast_in(made, made.orders, without=inside))
    for attack in (NONE, REVERSE, PROMOTE, CHANCE):
        orders = _attacked(rng, made, ring, attack)
        without = without_ring
        if attack == PROMOTE:  # Where they have no stake, or would have said so anyway, they are honest.
            without = _said(cast_in(made, made.orders, without=(orders != made.orders).any(axis=2)))
        said = _said(cast_in(made, orders))
        for method in said:
            rows.append({"the ring": attack, "consensus": method, **_flips(made, ring, said[method], without[method])})
    return {"ring": rows}


def _attacked(rng: Rng, made: Crowd, ring: Flags, attack: str) -> Whole:
    """All orders, those of the ring as the attack wants them."""
    orders = made.orders.copy()
    inside = ring[made.who]
    if attack == REVERSE:
        worst_first = np.argsort(made.strengths, axis=1)
        orders[inside] = np.broadcast_to(worst_first[:, None, :], orders.shape)[inside]
    elif attack == PROMOTE:
        own = np.take_along_axis(np.broadcast_to(ring[made.author][:, None, :], orders.shape), orders, axis=2)
        first = np.take_along_axis(orders, np.argsort(~own, axis=2, kind="stable"), axis=2)
        orders[inside] = first[inside]
    elif attack == CHANCE:
        orders[inside] = draw_orders(rng, np.zeros(orders.shape))[inside]
    return orders


#: For each pair of each set: which reply is first (1), last (-1) or neither (0), and how sure that is.
Said = tuple[Whole, Floats]
PAIRS = [(0, 1), (0, 2), (1, 2)]


def _said(cast: Cast) -> dict[str, Said]:
    found = plackett_luce_with_adherence(cast)
    weighted = consensus(_ranked(cast, dict(found.of), SETS), spread=found.spread, weighted=True)
    plain = consensus(_ranked(cast, {}, SETS), spread=found.spread)
    return {
        "ranked pairs, each ballot 1": _by_order(plain),
        "preferences, each ballot 1": _by_preference(plain),
        "ranked pairs, weighted": _by_order(weighted),
        WEIGHTED: _by_preference(weighted),
    }


def _by_order(said: Sequence[Consensus[int]]) -> Said:
    sides = []
    for each in said:
        place = {reply: place for place, group in enumerate(each.order) for reply in group}
        sides.append([int(np.sign(place.get(b, 0) - place.get(a, 0))) for a, b in PAIRS])
    return np.array(sides), _by_preference(said)[1]


def _by_preference(said: Sequence[Consensus[int]]) -> Said:
    sides, sure = [], []
    for each in said:
        found = {frozenset((pair.chosen, pair.rejected)): pair for pair in each.preferences}
        of_pairs = [(found[frozenset(pair)], pair[0]) for pair in PAIRS]
        sides.append([0 if pair.tied else 1 if pair.chosen == one else -1 for pair, one in of_pairs])
        sure.append([pair.p_better for pair, _one in of_pairs])
    return np.array(sides), np.array(sure)


def _flips(made: Crowd, ring: Flags, said: Said, without: Said) -> Row:
    """In percent. A pair flips if it is ordered with the ring and without, but the other way round."""
    (now, sure), (then, _sure) = said, without
    ordered = (now != 0) & (then != 0)
    flipped = ordered & (now != then)
    exported = ordered & (sure >= EXPORTED)
    author = ring[made.author]
    ours = ordered & np.stack([author[:, a] != author[:, b] for a, b in PAIRS], axis=1)
    truth = np.stack([np.sign(made.strengths[:, a] - made.strengths[:, b]) for a, b in PAIRS], axis=1)
    return {
        "pairs flipped %": 100 * float(flipped[ordered].mean()),
        "flipped of p_better ≥ .85 %": 100 * float(flipped[exported].mean()),
        "flipped between a member's reply and another %": 100 * float(flipped[ours].mean()),
        "tied or untied %": 100 * float(((now == 0) != (then == 0)).mean()),
        "pairs right without the ring %": 100 * float(((then == truth) + 0.5 * (then == 0)).mean()),
        "pairs right with it %": 100 * float(((now == truth) + 0.5 * (now == 0)).mean()),
    }


def ring_tables(rows: dict[str, list[Merged]]) -> list[Table]:
    goals: list[tuple[str, bool | None]] = []
    for row in rows["ring"]:
        if row["consensus"] == WEIGHTED:
            flipped, exported = (_number(row, column) for column in ("pairs flipped %", "flipped of p_better ≥ .85 %"))
            text = (
                f"{row['the ring']}: {flipped.mean:.2f} % flipped, {exported.mean:.2f} % of those with p_better ≥ .85"
            )
            goals.append((text, None if row["the ring"] == NONE else flipped.high <= 1.0))
    goals += [
        (
            "Wanted: at most 1 % of pairs flipped with weighted preferences, interval included. A pair is flipped if "
            "it is ordered with the ring's dishonest ballots and without them, but the other way round; adherences and "
            "spread are estimated anew each time. The share is of pairs ordered both times. p_better is that with the "
            "ring. Tied or untied: in order one time, tied the other time; of all pairs.",
            None,
        ),
        (
            f"{RANKERS} rankers, 5 % of them the ring; {SETS} sets of {REPLIES}, {FEWEST} to {MOST} ballots each, "
            "handed out at random; nobody ranks a set with a reply of their own. The ring writes as much as others, as "
            "well as others; one that promotes its replies is honest elsewhere.",
            None,
        ),
    ]  # fmt: skip
    return [Table("A ring of 5 % of the rankers", rows["ring"], goals=goals)]


CALIBRATION = Section("calibration", measure_calibration, calibration_tables)
RING = Section("ring", measure_ring, ring_tables)
