"""Where sibling replies stand: ranks, preferences, why rankers are split. Pure: rankings in, standings out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ranking import Cause, Preference, Ranked, consensus, disagreement, rankings_wanted, why_split
from tasks.rules import ADAPTIVE, TreeRules

#: The labels that say what a reply is worth; where reviewers differ about these, rankers will too.
TELLING = ("fails_task", "quality", "helpfulness")


@dataclass(frozen=True, slots=True)
class Cast:
    """One stored ranking."""

    order: Sequence[Sequence[str]]
    """Groups of ids, best first; replies that are gone since may be among them."""
    adherence: float = 1.0
    not_rankable: bool = False


@dataclass(frozen=True)
class Siblings:
    """The replies to one message, and what people said of them."""

    kept: Sequence[str]
    """Ids of the replies that are accepted and not deleted, oldest first."""
    cast: Sequence[Cast]
    published: Mapping[str, int] = field(default_factory=dict)
    """Ranks that came with an import, of whichever replies had one."""
    labels: Mapping[str, Sequence[Mapping[str, float]]] = field(default_factory=dict)
    """What each review said, by reply."""

    @property
    def ballots(self) -> list[Cast]:
        """Those that order something. "Not rankable" says that the order means nothing."""
        return [cast for cast in self.cast if not cast.not_rankable]

    @property
    def ranked(self) -> Ranked[str]:
        """The ballots as `ranking` takes them, without replies that are gone."""
        there = set(self.kept)
        ballots = self.ballots
        return Ranked(
            self.kept,
            [[[pk for pk in group if pk in there] for group in cast.order] for cast in ballots],
            [cast.adherence for cast in ballots],
        )

    @property
    def not_rankable(self) -> float:
        """Share of those asked who would not order them."""
        return sum(cast.not_rankable for cast in self.cast) / len(self.cast) if self.cast else 0.0

    @property
    def unclear(self) -> float:
        """How much reviewers disagree what the replies are worth, 0 to 1: on the label they differ about most."""
        return max(
            disagreement([[said[name] for said in self.labels.get(pk, ()) if name in said] for pk in self.kept])
            for name in TELLING
        )


@dataclass(frozen=True)
class Pair:
    """A preference, and why rankers are split over it."""

    preference: Preference[str]
    cause: Cause | None


@dataclass(frozen=True)
class Standing:
    """What is stored of one set of siblings."""

    ranks: Mapping[str, int]
    """Reply → how many siblings are better. Replies that cannot be separated share a rank."""
    pairs: Sequence[Pair] = ()
    by_ballots: bool = True
    """Whether rankings here decided it; otherwise ranks are as they were published."""


def standings(sets: Sequence[Siblings], rules: TreeRules, *, why: bool = True) -> list[Standing]:
    """Ranks by ranked pairs, and every pair with its preference, for many sets at once.

    Without a ballot, ranks that came with an import stay as they were published; otherwise there are none. A single
    reply has no rank. `why` off leaves out the causes, which take the most time. Raises BallotError for a ranking that
    names a reply twice.
    """
    judged = [number for number, siblings in enumerate(sets) if siblings.ballots and len(siblings.kept) > 1]
    groups = [sets[number].ranked for number in judged]
    found = [Standing({}) if siblings.ballots else Standing(siblings.published, by_ballots=False) for siblings in sets]
    decided = consensus(
        groups,
        by="winning_votes" if rules.ranked_by == "winning_votes" else "margins",
        weighted=rules.weigh_rankers,
        spread=rules.preference_spread,
        tie=rules.tie_weights,
    )
    for number, group, said in zip(judged, groups, decided, strict=True):
        ranks: dict[str, int] = {}
        for equals in said.order:
            ranks.update(dict.fromkeys(equals, len(ranks)))
        causes = _causes(sets[number], group, said.preferences, rules) if why else [None] * len(said.preferences)
        pairs = [Pair(pair, cause) for pair, cause in zip(said.preferences, causes, strict=True)]
        found[number] = Standing(ranks, pairs)
    return found


def _causes(
    siblings: Siblings, group: Ranked[str], pairs: Sequence[Preference[str]], rules: TreeRules
) -> list[Cause | None]:
    splits = why_split(
        group,
        pairs,
        decided=rules.pair_decided_at,
        disagreement=siblings.unclear,
        not_rankable=siblings.not_rankable,
        spread=rules.preference_spread,
        tie=rules.tie_weights,
    )
    return [split.cause for split in splits]


def missing_rankings(sets: Sequence[Siblings], fewest: Sequence[int], rules: TreeRules) -> list[int]:
    """How many more rankings each set wants now.

    `fewest`: rankings that included the least ranked reply of each set; a reply that came late has fewer than the
    others. fixed: what is missing to the number in the rules. adaptive: see `ranking.rankings_wanted`.
    """
    if rules.ranking_rule != ADAPTIVE:
        return [max(0, rules.num_required_rankings - count) for count in fewest]
    return rankings_wanted(
        [siblings.ranked for siblings in sets],
        fewest,
        rules.enough_rankings,
        spread=rules.preference_spread,
        tie=rules.tie_weights,
    )
