"""What if the rules had been others: runs the stored answers under them and tells what would have come out."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from common import moments
from tasks import deciding, rulebook, scoring, trees, verdicts
from tasks import rules as pure
from tasks.deciding import Heard
from tasks.models import Message, Preference, Ranking, Review, Tree
from tasks.rules import ADAPTIVE, TreeRules
from tasks.standings import Siblings, Standing, missing_rankings, standings
from tasks.tree_states import State

#: Trees read together.
CHUNK = 500
#: Chances closer than this are the same: the last digits depend on what else was computed with them.
SAME = 1e-6


@dataclass(frozen=True)
class Difference:
    """One thing that would have come out differently."""

    what: str
    """verdict, rank or pair."""
    where: str
    """The message, or the two of the pair, as stored."""
    stored: str
    replayed: str

    def __str__(self) -> str:
        return f"{self.what} of {self.where}: {self.stored}, but would be {self.replayed}"


@dataclass(kw_only=True)
class Tally:
    """How much was replayed. Complete when the last difference is out."""

    trees: int = 0
    reviews: int = 0
    rankings: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    """Messages by what would have become of their verdict."""
    ranks: Counter[str] = field(default_factory=Counter)
    """Replies of finished trees by what would have become of their rank."""
    pairs: Counter[str] = field(default_factory=Counter)
    """Pairs of finished trees by what would have become of them."""
    reviews_saved: int = 0
    """Reviews that would not have been asked for any more."""
    reviews_lacking: int = 0
    """Verdicts that fell, but would still want at least one more review."""
    rankings_saved: int = 0
    rankings_lacking: int = 0
    """Rankings that finished sets would still want now."""
    below_rejected: int = 0
    """Accepted messages that hang below one that would be rejected, and so would never have been written."""


Versions = Callable[[int | None], TreeRules]


def changes_in(values: Mapping[str, Any]) -> dict[str, Any]:
    """What these rules would change in those in force. Raises InvalidRules for an unknown rule or a bad value."""
    current = rulebook.in_force().values()
    wanted = pure.parse({**current, **values}).values()
    return {name: value for name, value in wanted.items() if value != current[name]}


def replay(changes: Mapping[str, Any], tally: Tally) -> Iterator[Difference]:
    """Every verdict, rank and pair that would be different, had these rules been changed from the start.

    Each decision is taken again by the version of the rules that took it, with the changes on top. So without changes
    everything must come out as it is. Reviews and rankings are heard in the order in which they came: a rule that is
    satisfied earlier decides earlier, and one that wants more than were given leaves the verdict open. Nobody can know
    who would have been asked instead, or what would have been written below. Published verdicts and ranks are not ours
    and stay. Changes nothing, and may run while people work: it sees one moment.
    """
    with moments.one_moment():
        known = rulebook.versions()
        current = rulebook.in_force()

        def then(version: int | None) -> TreeRules:
            return replace(known.get(version or 0, TreeRules()), **changes)

        def before(version: int | None) -> TreeRules:
            return known.get(version or 0, TreeRules())

        run = _Run(before, then, current, replace(current, **changes), tally)
        chunk: list[Tree] = []
        for tree in Tree.objects.order_by("id").iterator(chunk_size=CHUNK):
            chunk.append(tree)
            if len(chunk) == CHUNK:
                yield from run.of(chunk)
                chunk = []
        if chunk:
            yield from run.of(chunk)
        tally.reviews, tally.rankings = Review.objects.count(), Ranking.objects.count()


@dataclass(frozen=True)
class _Run:
    """One replay: the rules that decided and those that would have, by version; the same for what is still open."""

    before: Versions
    then: Versions
    current: TreeRules
    now: TreeRules
    tally: Tally

    def of(self, chunk: Sequence[Tree]) -> Iterator[Difference]:
        self.tally.trees += len(chunk)
        found = Message.objects.filter(tree__in=chunk).select_related("imported").order_by("created_at", "id")
        messages = list(found.defer("text"))
        heard = verdicts.heard_of(message.pk for message in messages)
        said: dict[UUID, bool | None] = {}
        tree_of = {tree.pk: tree for tree in chunk}
        for message in messages:
            said[message.pk] = self._verdict(message, tree_of[message.tree_id], heard.get(message.pk, []))
            yield from self._compare_verdict(message, said[message.pk])
        self._count_below(messages, said)
        finished = {tree.pk for tree in chunk if tree.state == State.READY_FOR_EXPORT}
        ranked = [message for message in messages if message.tree_id in finished]
        for message in ranked:
            message.review_result = said[message.pk]
        yield from self._standings(ranked, chunk)

    def _verdict(self, message: Message, tree: Tree, heard: Sequence[Heard]) -> bool | None:
        published = verdicts.published_of(message)
        if hasattr(message, "imported") and message.imported.review_result is not None:
            return message.imported.review_result
        is_prompt = message.parent_id is None
        decided_by, rules = self.current, self.now
        if message.review_result is not None:
            decided_by, rules = self.before(message.review_rules_id), self.then(message.review_rules_id)
        if _reviewed_by(rules, is_prompt) == _reviewed_by(decided_by, is_prompt):
            if message.review_result is None:
                if verdicts.must_be_settled(message, tree, self.current):
                    return verdicts.last_of(heard, published, message, rules)
                return None
            if message.decided_after is not None:
                # More may have been given than decided it; what it was decided after is known.
                heard = heard[: message.decided_after - published.count]
            outcomes = list(deciding.verdicts(heard, published, is_prompt=is_prompt, rules=rules))
            if message.decided_after is None and message.review_result in outcomes:
                return message.review_result  # Nobody noted when it was decided.
            return outcomes[-1] if outcomes else None
        heard = [review for review in heard if not review.known_answer]
        for count, verdict in enumerate(deciding.verdicts(heard, published, is_prompt=is_prompt, rules=rules), start=1):
            if verdict is not None:
                self.tally.reviews_saved += max(0, (message.decided_after or 0) - published.count - count)
                return verdict
        return None

    def _compare_verdict(self, message: Message, replayed: bool | None) -> Iterator[Difference]:
        stored = message.review_result
        if stored == replayed:
            self.tally.verdicts["same"] += stored is not None
            return
        change = f"{_word(stored)} → {_word(replayed)}"
        self.tally.verdicts[change] += 1
        self.tally.reviews_lacking += replayed is None
        yield Difference("verdict", f"message {message.pk}", _word(stored), _word(replayed))

    def _count_below(self, messages: Sequence[Message], said: Mapping[UUID, bool | None]) -> None:
        lost: set[UUID] = set()
        for message in sorted(messages, key=lambda message: message.depth):
            above = message.parent_id
            if above is not None and (above in lost or (said.get(above) is False)):
                lost.add(message.pk)
                self.tally.below_rejected += bool(message.review_result) and not message.deleted

    def _standings(self, messages: Sequence[Message], chunk: Sequence[Tree]) -> Iterator[Difference]:
        sets = scoring.siblings_among(messages, trees.rankings_of(chunk), {})
        stored: dict[UUID, list[Preference]] = defaultdict(list)
        for row in Preference.objects.filter(parent__in=list(sets)):
            stored[row.parent_id].append(row)
        replies: dict[UUID, list[Message]] = defaultdict(list)
        for message in messages:
            if message.parent_id is not None:
                replies[message.parent_id].append(message)
        by_version: dict[int | None, list[UUID]] = defaultdict(list)
        for parent_id in sets:
            ranked_by = next((reply.rank_rules_id for reply in replies[parent_id] if reply.rank_rules_id), None)
            by_rules = next((row.rules_id for row in stored[parent_id]), ranked_by)
            by_version[by_rules].append(parent_id)
        for version, parents in by_version.items():
            rules = self.then(version)
            heard = [sets[parent_id] for parent_id in parents]
            if _ranked_until(rules) != _ranked_until(self.before(version)):
                heard = self._as_far_as_asked(heard, rules)
            for parent_id, standing in zip(parents, standings(heard, rules, why=False), strict=True):
                yield from self._compare_ranks(replies[parent_id], standing)
                yield from self._compare_pairs(stored[parent_id], standing, rules)

    def _as_far_as_asked(self, sets: Sequence[Siblings], rules: TreeRules) -> list[Siblings]:
        """The same sets with the rankings that would have been asked for: the first ones, until the rule is content."""
        content: list[Siblings | None] = [None] * len(sets)
        for count in range(max((len(siblings.cast) for siblings in sets), default=0) + 1):
            open_ = [number for number, done in enumerate(content) if done is None]
            part = [replace(sets[number], cast=sets[number].cast[:count]) for number in open_]
            for number, siblings, missing in zip(
                open_, part, missing_rankings(part, [count] * len(part), rules), strict=True
            ):
                given = len(sets[number].cast)
                if missing <= 0 or count >= given or len(siblings.kept) < 2:
                    content[number] = sets[number] if len(siblings.kept) < 2 else siblings
                    if given and len(siblings.kept) > 1:
                        self.tally.rankings_saved += max(0, given - count)
                        self.tally.rankings_lacking += max(0, missing)
        return [siblings for siblings in content if siblings is not None]

    def _compare_ranks(self, replies: Sequence[Message], standing: Standing) -> Iterator[Difference]:
        for reply in replies:
            rank = standing.ranks.get(str(reply.pk))
            self.tally.ranks["same" if rank == reply.rank else "different"] += (
                rank is not None or reply.rank is not None
            )
            if rank != reply.rank:
                yield Difference("rank", f"message {reply.pk}", _rank(reply.rank), _rank(rank))

    def _compare_pairs(
        self, stored: Sequence[Preference], standing: Standing, rules: TreeRules
    ) -> Iterator[Difference]:
        if not stored and standing.pairs:
            # Scored before there were preferences: a job computes them within the hour.
            self.tally.pairs["not computed yet"] += len(standing.pairs)
            return
        before = self.before(stored[0].rules_id) if stored else rules
        pairs = {frozenset((row.chosen_id, row.rejected_id)): row for row in stored}
        for columns in scoring.preference_columns(standing):
            row = pairs.pop(frozenset((columns["chosen_id"], columns["rejected_id"])), None)
            new = Preference(**columns)
            if row is None:
                how = "new"
            elif row.tied != new.tied or (row.chosen_id != new.chosen_id and not new.tied):
                how = "turned"
            elif (row.p_better >= before.pair_decided_at) != (new.p_better >= rules.pair_decided_at):
                how = "decided" if new.p_better >= rules.pair_decided_at else "undecided"
            elif abs(row.p_chosen - new.p_chosen) > SAME or abs(row.p_better - new.p_better) > SAME:
                how = "surer or less sure"
            else:
                how = "same"
            self.tally.pairs[how] += 1
            if how != "same":
                where = f"{columns['chosen_id']} over {columns['rejected_id']}" if row is None else _pair(row)
                yield Difference("pair", where, _sure(row), _sure(new))
        for row in pairs.values():
            self.tally.pairs["gone"] += 1
            yield Difference("pair", _pair(row), _sure(row), _sure(None))


def _reviewed_by(rules: TreeRules, is_prompt: bool) -> tuple[object, ...]:
    """All of the rules that verdicts depend on."""
    if rules.review_rule == ADAPTIVE:
        newcomer = rules.newcomer_sensitivity, rules.newcomer_specificity
        return (rules.sequential, *newcomer, rules.bad_vote_from)
    return (rules.reviews_needed(is_prompt=is_prompt), rules.threshold(is_prompt=is_prompt))


def _ranked_until(rules: TreeRules) -> tuple[object, ...]:
    """All of the rules that decide how many rankings are asked for."""
    if rules.ranking_rule == ADAPTIVE:
        return (rules.enough_rankings, rules.preference_spread, rules.tie_weight)
    return (rules.num_required_rankings,)


def _word(verdict: bool | None) -> str:
    return {True: "accepted", False: "rejected", None: "open"}[verdict]


def _rank(rank: int | None) -> str:
    return "no rank" if rank is None else f"rank {rank}"


def _pair(row: Preference) -> str:
    return f"{row.chosen_id} over {row.rejected_id}"


def _sure(row: Preference | None) -> str:
    if row is None:
        return "no pair"
    if row.tied:
        return "equal"
    return f"{row.chosen_id} chosen, p {row.p_chosen:.3f}, better {row.p_better:.3f}"
