"""What a tree wants next, as pure functions over a snapshot: its facts for the table, its openings."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from random import Random
from uuid import UUID

from tasks.deciding import reviews_wanted
from tasks.kinds import RANKING_OF_ROLE, REPLY_OF_ROLE, REPLYING, REVIEW_OF_ROLE, Kind, Role
from tasks.rules import TreeRules
from tasks.standings import Cast, Siblings, missing_rankings
from tasks.tree_states import ACTIVE, Facts, State

Opening = tuple[Kind, UUID]
"""A kind of work on one message."""


@dataclass(frozen=True, slots=True)
class Node:
    """One message, as far as growth is concerned."""

    id: UUID
    parent_id: UUID | None
    author_id: UUID | None
    role: Role
    depth: int
    deleted: bool
    review_result: bool | None
    review_count: int
    ranking_count: int

    @property
    def kept(self) -> bool:
        return self.review_result is True and not self.deleted

    @property
    def undecided(self) -> bool:
        return self.review_result is None and not self.deleted

    @property
    def counted(self) -> bool:
        """Takes a place in the tree: accepted, or still under review. Rejected and deleted messages give it back."""
        return self.kept or self.undecided


@dataclass(frozen=True, slots=True)
class Live:
    """One open or claimed task row. Snapshots list claimed ones first, in the order in which they were claimed."""

    id: UUID
    kind: Kind
    message_id: UUID
    claimed: bool
    to_go: int
    known_answer: bool = False
    """A review somebody holds of a message whose verdict is known. The tree wants none; it only has to fit there."""


@dataclass(frozen=True)
class Snapshot:
    """One tree, read once under its lock."""

    goal: int
    max_depth: int
    max_children: int
    nodes: Sequence[Node]
    live: Sequence[Live] = ()
    drawn: bool = False
    finished_before: bool = False
    rules: TreeRules = field(default_factory=TreeRules)
    cast: Mapping[UUID, Sequence[Cast]] = field(default_factory=dict)
    """Rankings by parent. Only the adaptive rule asks what they say, so only then they are here."""

    @cached_property
    def root(self) -> Node:
        return next(node for node in self.nodes if node.parent_id is None)

    @cached_property
    def children(self) -> Mapping[UUID, list[Node]]:
        children: dict[UUID, list[Node]] = defaultdict(list)
        for node in self.nodes:
            if node.parent_id is not None:
                children[node.parent_id].append(node)
        return children

    @cached_property
    def counted(self) -> int:
        """Messages that take a place, of those whose tree may still grow: accepted or under review."""
        return sum(node.counted for node in self.nodes)

    @cached_property
    def claimed(self) -> Counter[Opening]:
        return Counter((row.kind, row.message_id) for row in self.live if row.claimed and not row.known_answer)

    @cached_property
    def writing(self) -> list[Live]:
        """Claimed replies that are still wanted: first come first served, within the places and the goal.

        After a message was restored, or the rules changed, there may be more claims than places.
        """
        if self.finished_before:
            return []
        free, budget = dict(self.slots), self.goal - self.counted
        writing = []
        for row in self.live:
            if row.claimed and row.kind in REPLYING and budget > 0 and free.get(row.message_id, 0) > 0:
                free[row.message_id] -= 1
                budget -= 1
                writing.append(row)
        return writing

    def width(self, parent: Node) -> int:
        """Replies wanted under this message."""
        return self.max_children if parent.role is Role.PROMPTER else self.rules.num_prompter_replies

    def counted_children(self, parent: Node) -> int:
        return sum(child.counted for child in self.children.get(parent.id, ()))

    @cached_property
    def slots(self) -> dict[UUID, int]:
        """For each message that may be replied to: how many more replies it may have."""
        free = {
            node.id: self.width(node) - self.counted_children(node)
            for node in self.nodes
            if node.kept and node.depth < self.max_depth
        }
        return {message_id: count for message_id, count in free.items() if count > 0}

    @cached_property
    def rankable_sets(self) -> dict[UUID, list[Node]]:
        """Parents with two or more accepted replies, and those replies."""
        sets = {}
        for parent in self.nodes:
            replies = [child for child in self.children.get(parent.id, ()) if child.kept]
            ranked_role = parent.role.other is Role.ASSISTANT or self.rules.rank_prompter_replies
            if not parent.deleted and ranked_role and len(replies) >= 2:
                sets[parent.id] = replies
        return sets

    @cached_property
    def missing_rankings(self) -> dict[UUID, int]:
        """For each set that wants any: rankings beyond those that already included its least ranked reply."""
        sets = self.rankable_sets
        siblings = [
            Siblings([str(reply.id) for reply in replies], self.cast.get(parent_id, ()))
            for parent_id, replies in sets.items()
        ]
        fewest = [min(reply.ranking_count for reply in replies) for replies in sets.values()]
        missing = zip(sets, missing_rankings(siblings, fewest, self.rules), strict=True)
        return {parent_id: count for parent_id, count in missing if count > 0}

    @property
    def facts(self) -> Facts:
        return Facts(
            goal=self.goal,
            root_deleted=self.root.deleted,
            root_verdict=self.root.review_result,
            accepted=sum(node.kept for node in self.nodes),
            undecided=sum(node.undecided for node in self.nodes),
            in_flight=len(self.writing),
            room=sum(self.slots.values()),
            rankable_sets=len(self.rankable_sets),
            missing_rankings=sum(self.missing_rankings.values()),
            has_grown=self.drawn or len(self.nodes) > 1,
            finished_before=self.finished_before,
        )

    def reviews_wanted(self, node: Node) -> int:
        """Reviews an undecided message wants now."""
        return reviews_wanted(node.review_count, is_prompt=node.parent_id is None, rules=self.rules)

    def judging_wanted(self, state: State) -> Counter[Opening]:
        """Reviews and rankings that should be open or in somebody's hands."""
        wanted: Counter[Opening] = Counter()
        if state is State.INITIAL_PROMPT_REVIEW and self.root.undecided:
            wanted[Kind.LABEL_INITIAL_PROMPT, self.root.id] = self.reviews_wanted(self.root)
        if state is State.GROWING:
            for node in self.nodes:
                if node.undecided:
                    # The prompt too: an imported or resumed tree may grow from one that nobody decided.
                    kind = Kind.LABEL_INITIAL_PROMPT if node.parent_id is None else REVIEW_OF_ROLE[node.role]
                    wanted[kind, node.id] = self.reviews_wanted(node)
        if state is State.RANKING:
            for parent_id, count in self.missing_rankings.items():
                role = self.rankable_sets[parent_id][0].role
                wanted[RANKING_OF_ROLE[role], parent_id] = count
        return wanted

    def reply_places(self, state: State) -> Counter[Opening]:
        """Places for replies, message by message. All of them together may exceed the budget."""
        if state is not State.GROWING or self.finished_before:
            return Counter()
        roles = {node.id: node.role for node in self.nodes}
        return Counter({(REPLY_OF_ROLE[roles[m].other], m): count for m, count in self.slots.items()})

    def reply_budget(self, state: State) -> int:
        """Replies the whole tree still wants, written or in somebody's hands: never more than the goal lacks."""
        if state is not State.GROWING or self.finished_before:
            return 0
        return max(0, self.goal - self.counted)

    def to_go(self, state: State) -> int:
        """Answers the tree still lacks, as far as one can tell now: the smaller, the sooner it is handed out."""
        judging = sum(self.judging_wanted(state).values())
        replies = min(self.reply_budget(state), sum(self.reply_places(state).values()))
        return judging + replies * (1 + self.rules.num_reviews_reply)

    def is_lonely(self, message_id: UUID) -> bool:
        """A user message with at least one reply, but fewer than company would be."""
        parent = next(node for node in self.nodes if node.id == message_id)
        return parent.role is Role.PROMPTER and 0 < self.counted_children(parent) < self.rules.lonely_children_count


@dataclass(frozen=True)
class Plan:
    """What to change so that the task rows are what the tree wants."""

    open: Sequence[tuple[Opening, float]] = ()
    """Openings to make, each with its throw of the dice."""
    drop: Sequence[UUID] = ()
    """Open rows nobody has, to delete."""
    withdraw: Sequence[UUID] = ()
    """Claimed rows whose work is no longer wanted."""


def plan(snapshot: Snapshot, state: State, rng: Random) -> Plan:
    """Compare the live rows with what is wanted.

    Claims are honoured as long as their work is wanted. Neither they nor the openings promise more than that: replies
    stay within the budget of the tree and the places of each message, whoever holds the rest.
    """
    judging, places = snapshot.judging_wanted(state), snapshot.reply_places(state)
    writing = snapshot.writing if places else []
    honoured = {row.id for row in writing}
    open_rows: dict[Opening, list[Live]] = defaultdict(list)
    withdraw = []
    deleted = {node.id for node in snapshot.nodes if node.deleted}
    for row in snapshot.live:
        opening = (row.kind, row.message_id)
        if row.known_answer:
            if state not in ACTIVE or row.message_id in deleted:
                withdraw.append(row.id)
        elif not row.claimed:
            open_rows[opening].append(row)
        elif opening not in judging and row.id not in honoured:
            withdraw.append(row.id)

    drop: list[UUID] = []
    make: list[tuple[Opening, float]] = []
    for opening in dict.fromkeys([*judging, *open_rows]):
        if opening[0] in REPLYING:
            continue
        have, want = open_rows.get(opening, []), max(0, judging[opening] - snapshot.claimed[opening])
        drop.extend(row.id for row in have[want:])
        make.extend((opening, rng.random()) for _ in range(want - len(have)))

    budget = max(0, snapshot.reply_budget(state) - len(writing))
    held = Counter((row.kind, row.message_id) for row in writing)
    free = {opening: count - held[opening] for opening, count in places.items()}
    for opening, have in open_rows.items():
        if opening[0] not in REPLYING:
            continue
        stay = min(len(have), free.get(opening, 0), budget)
        drop.extend(row.id for row in have[stay:])
        budget -= stay
        if opening in free:
            free[opening] -= stay
    make.extend(_throw(snapshot, free, rng)[:budget])
    return Plan(make, drop, withdraw)


def _throw(snapshot: Snapshot, free: Mapping[Opening, int], rng: Random) -> list[tuple[Opening, float]]:
    """Every free place with its dice, the order in which they are opened: lonely messages mostly first."""
    thrown = []
    for opening in free:
        for _ in range(free[opening]):
            dice = rng.random()
            if snapshot.is_lonely(opening[1]) and rng.random() < snapshot.rules.p_lonely_child_extension:
                dice -= 1
            thrown.append((opening, dice))
    return sorted(thrown, key=lambda pair: pair[1])
