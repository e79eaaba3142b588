"""Recomputes every counter, verdict, rank, opening and state from the answers themselves, and names each drift."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isclose
from random import Random
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q

from common import moments
from tasks import deciding, growth, rulebook, scoring, trees, verdicts
from tasks.deciding import Heard, Published
from tasks.growth import Snapshot
from tasks.kinds import REPLYING
from tasks.models import (
    ImportedMessage,
    Message,
    Preference,
    Ranking,
    Review,
    Task,
    TaskState,
    Tree,
    TreeTransition,
)
from tasks.rules import ADAPTIVE, TreeRules
from tasks.standings import Cast, Standing, standings
from tasks.tree_states import ACTIVE, Event, State, next_state

CHUNK = 500


@dataclass(frozen=True)
class Drift:
    """One thing that is not what the answers say."""

    what: str
    """The kind of drift, one word a program can group by."""
    where: str
    """Which row."""
    stored: object
    computed: object

    def __str__(self) -> str:
        return f"{self.what} of {self.where}: stored {self.stored}, but the answers say {self.computed}"


def drifts(rules: TreeRules) -> Iterator[Drift]:
    """Every drift in the database, tree by tree. Changes nothing, and may run while people work: it sees one moment."""
    with moments.one_moment():
        yield from _task_drifts()
        chunk: list[Tree] = []
        for tree in Tree.objects.order_by("id").iterator(chunk_size=CHUNK):
            chunk.append(tree)
            if len(chunk) == CHUNK:
                yield from _tree_drifts(chunk, rules)
                chunk = []
        yield from _tree_drifts(chunk, rules)


def _task_drifts() -> Iterator[Drift]:
    """Finished tasks and answers belong together, one to one; open rows know the author of their message."""
    answers = (Message.objects, Review.objects, Ranking.objects)
    done = Task.objects.filter(state=TaskState.DONE)
    for task in done.exclude(
        Q(Exists(Message.objects.filter(task=OuterRef("pk"))))
        | Q(Exists(Review.objects.filter(task=OuterRef("pk"))))
        | Q(Exists(Ranking.objects.filter(task=OuterRef("pk"))))
    ).iterator():
        yield Drift("answer", f"task {task.pk}", "done", "no answer")
    for rows, person in zip(answers, ("author", "reviewer", "ranker"), strict=True):
        odd = rows.filter(task__isnull=False).exclude(task__state=TaskState.DONE, task__claimed_by=F(person))
        for answer in odd.iterator():
            yield Drift("task", f"{answer}", "not done by the one who answered", "done")
    for task in Task.objects.live().exclude(message=None).exclude(author=F("message__author")).iterator():
        author = task.message.author_id
        if task.author_id != author:
            yield Drift("author", f"task {task.pk}", task.author_id, author)


def _tree_drifts(chunk: Sequence[Tree], rules: TreeRules) -> Iterator[Drift]:
    if not chunk:
        return
    messages: dict[UUID, list[Message]] = defaultdict(list)
    for message in Message.objects.filter(tree__in=chunk).select_related("imported").order_by("created_at", "id"):
        messages[message.tree_id].append(message)
    reviews = verdicts.heard_of(message.pk for found in messages.values() for message in found)
    cast = trees.rankings_of(chunk)
    ranked: Counter[str] = Counter()
    for shown in Ranking.objects.filter(parent__tree__in=chunk).values_list("shown", flat=True):
        ranked.update(shown)
    versions = rulebook.versions()
    last_states = dict(
        TreeTransition.objects.filter(tree__in=chunk)
        .order_by("tree", "-id")
        .distinct("tree")
        .values_list("tree", "to_state")
    )
    seen = trees.snapshots(chunk, rules)
    scored: list[Message] = []
    for tree in chunk:
        for message in messages[tree.pk]:
            counted = ranked[str(message.pk)]
            yield from _message_drifts(message, tree, reviews[message.pk], counted, versions, rules)
        if tree.state == State.READY_FOR_EXPORT:
            scored.extend(messages[tree.pk])
        yield from _state_drifts(tree, seen[tree.pk], last_states.get(tree.pk, tree.state), rules)
    yield from _standing_drifts(scored, cast, scoring.labels_in(chunk), versions)


def _message_drifts(
    message: Message,
    tree: Tree,
    reviews: Sequence[Heard],
    ranked: int,
    versions: dict[int, TreeRules],
    rules: TreeRules,
) -> Iterator[Drift]:
    imported: ImportedMessage | None = getattr(message, "imported", None)
    where = f"message {message.pk}"
    count = len(reviews) + (imported.review_count if imported else 0)
    if message.review_count != count:
        yield Drift("review_count", where, message.review_count, count)
    if message.ranking_count != ranked:
        yield Drift("ranking_count", where, message.ranking_count, ranked)
    if message.lang != tree.lang and imported is None:
        yield Drift("lang", where, message.lang, tree.lang)
    if imported is not None and imported.review_result is not None:
        if message.review_result != imported.review_result:
            yield Drift("review_result", where, message.review_result, imported.review_result)
    elif message.review_result is not None or reviews:
        published = verdicts.published_of(message)
        if message.review_result is None and verdicts.must_be_settled(message, tree, rules):
            possible = {verdicts.last_of(reviews, published, message, rules)}
        else:
            possible = _verdicts(message, published, reviews, versions)
        if message.review_result not in possible:
            yield Drift("review_result", where, message.review_result, sorted(map(str, possible)))


def _verdicts(
    message: Message, published: Published, reviews: Sequence[Heard], versions: Mapping[int, TreeRules]
) -> set[bool | None]:
    """The verdicts the reviews allow: a verdict stands from the moment it was given, whatever reviews came later."""
    is_prompt = message.parent_id is None
    if message.review_result is None:
        # Nothing must be decided any more, or not yet. Under any rules there were, so many reviews decide.
        enough = max(_most_reviews(rules, is_prompt) for rules in [*versions.values()] or [TreeRules()])
        return {None} if published.count + len(reviews) < enough else {True, False}
    rules = versions.get(message.review_rules_id or 0, TreeRules())
    if message.decided_after is not None:
        reviews = reviews[: message.decided_after - published.count]
    said = list(deciding.verdicts(reviews, published, is_prompt=is_prompt, rules=rules))
    if message.decided_after is not None:
        return {said[-1]} if said else {None}
    # Nobody noted when it was decided.
    return {verdict for verdict in said if verdict is not None} or {None}


def _most_reviews(rules: TreeRules, is_prompt: bool) -> int:
    if rules.review_rule == ADAPTIVE:
        return rules.sequential.maximum
    return rules.reviews_needed(is_prompt=is_prompt)


def _standing_drifts(
    messages: Sequence[Message],
    cast: Mapping[UUID, Sequence[Cast]],
    labels: Mapping[UUID, Sequence[Mapping[str, float]]],
    versions: Mapping[int, TreeRules],
) -> Iterator[Drift]:
    """Ranks and preferences of finished trees, each by the rules that decided it."""
    sets = scoring.siblings_among(messages, cast, labels)
    stored: dict[UUID, list[Preference]] = defaultdict(list)
    for row in Preference.objects.filter(parent__in=list(sets)):
        stored[row.parent_id].append(row)
    ranks = {str(message.pk): message.rank for message in messages}
    replies: dict[UUID, list[str]] = defaultdict(list)
    by_rules: dict[int, list[UUID]] = defaultdict(list)
    rules_of: dict[UUID, int] = {row.parent_id: row.rules_id or 0 for rows in stored.values() for row in rows}
    for message in messages:
        if message.parent_id is not None:
            replies[message.parent_id].append(str(message.pk))
            if message.rank_rules_id:
                rules_of.setdefault(message.parent_id, message.rank_rules_id)
    for parent_id in sets:
        by_rules[rules_of.get(parent_id, 0)].append(parent_id)
    for version, parents in by_rules.items():
        rules = versions.get(version, TreeRules())
        for parent_id, standing in zip(parents, standings([sets[p] for p in parents], rules), strict=True):
            for pk in replies[parent_id]:
                if ranks[pk] != standing.ranks.get(pk):
                    yield Drift("rank", f"message {pk}", ranks[pk], standing.ranks.get(pk))
            yield from _preference_drifts(parent_id, standing, stored[parent_id])


def _preference_drifts(parent_id: UUID, standing: Standing, stored: Sequence[Preference]) -> Iterator[Drift]:
    by_pair = {frozenset((row.chosen_id, row.rejected_id)): row for row in stored}
    for columns in scoring.preference_columns(standing):
        row = by_pair.pop(frozenset((columns["chosen_id"], columns["rejected_id"])), None)
        where = f"{columns['chosen_id']} over {columns['rejected_id']}"
        if row is None:
            yield Drift("preference", where, "none", f"{columns['p_chosen']:.3f}")
            continue
        for name, value in columns.items():
            same = isclose(getattr(row, name), value, abs_tol=1e-6) if isinstance(value, float) else None
            if not (getattr(row, name) == value if same is None else same):
                yield Drift("preference", f"{where}, {name}", getattr(row, name), value)
    for row in by_pair.values():
        yield Drift("preference", f"replies to {parent_id}", f"{row}", "none")


def _state_drifts(tree: Tree, seen: Snapshot, last_state: str, rules: TreeRules) -> Iterator[Drift]:
    where, state = f"tree {tree.pk}", State(tree.state)
    if last_state != state:
        yield Drift("log", where, state, last_state)
    if not seen.nodes:
        yield Drift("root", where, "a tree", "no messages")
        return
    if state in ACTIVE and tree.checked_rules < rules.version:
        return  # The rules have changed and the job has not come by yet: nothing can be said of its openings.
    should = next_state(state, Event.ENTERED, seen.facts)
    if should is not None:
        yield Drift("state", where, state, should)
    plan = growth.plan(seen, state, Random(0))
    for opening, _dice in plan.open:
        yield Drift("opening", where, "none", f"{opening[0]} of {opening[1]}")
    for task_id in (*plan.drop, *plan.withdraw):
        yield Drift("opening", where, f"task {task_id}", "not wanted")
    to_go = seen.to_go(state)
    for row in seen.live:
        if not row.claimed and row.to_go != to_go:
            yield Drift("to_go", f"task {row.id}", row.to_go, to_go)
    yield from _over_collection(tree, seen, where)


def _over_collection(tree: Tree, seen: Snapshot, where: str) -> Iterator[Drift]:
    """No tree collected here outgrows its goal, no message has more replies than wanted, tasks in hand included."""
    if tree.origin or State(tree.state) is not State.GROWING:
        return
    held = sum(count for (kind, _m), count in seen.claimed.items() if kind in REPLYING)
    if seen.counted + held > seen.goal:
        yield Drift("size", where, seen.counted + held, f"at most {seen.goal}")
    for node in seen.nodes:
        if node.kept and seen.counted_children(node) > seen.width(node):
            yield Drift("width", f"message {node.id}", seen.counted_children(node), f"at most {seen.width(node)}")
