"""Recomputes every counter, verdict, rank, opening and state from the answers themselves, and names each drift."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q

from common import moments
from ranking import DECIDING, acceptance_score
from tasks import growth, rulebook, scoring, trees
from tasks.growth import Snapshot
from tasks.kinds import REPLYING
from tasks.models import ImportedMessage, Message, Ranking, Review, RulesVersion, Task, TaskState, Tree, TreeTransition
from tasks.rules import TreeRules
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
    reviews: dict[UUID, list[dict[str, float]]] = defaultdict(list)
    rows = Review.objects.filter(message__tree__in=chunk).order_by("created_at", "id")
    for message_id, labels in rows.values_list("message", "labels"):
        reviews[message_id].append(labels)
    ranked: Counter[str] = Counter()
    ballots: dict[UUID, list[list[list[str]]]] = defaultdict(list)
    for ranking in Ranking.objects.filter(parent__tree__in=chunk).order_by("created_at", "id"):
        ranked.update(ranking.shown)
        if not ranking.not_rankable:
            ballots[ranking.parent_id].append(ranking.order)
    versions = {row.version: rulebook.version(row.version, row.values) for row in RulesVersion.objects.all()}
    last_states = dict(
        TreeTransition.objects.filter(tree__in=chunk)
        .order_by("tree", "-id")
        .distinct("tree")
        .values_list("tree", "to_state")
    )
    seen = trees.snapshots(chunk, rules)
    for tree in chunk:
        for message in messages[tree.pk]:
            yield from _message_drifts(message, tree, reviews[message.pk], ranked[str(message.pk)], versions)
        if tree.state == State.READY_FOR_EXPORT:
            yield from _rank_drifts(messages[tree.pk], ballots)
        yield from _state_drifts(tree, seen[tree.pk], last_states.get(tree.pk, tree.state), rules)


def _message_drifts(
    message: Message, tree: Tree, reviews: Sequence[dict[str, float]], ranked: int, versions: dict[int, TreeRules]
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
        possible = _verdicts(message, imported, reviews, versions)
        if message.review_result not in possible:
            yield Drift("review_result", where, message.review_result, sorted(map(str, possible)))


def _verdicts(
    message: Message,
    imported: ImportedMessage | None,
    reviews: Sequence[dict[str, float]],
    versions: dict[int, TreeRules],
) -> set[bool | None]:
    """The verdicts the reviews allow: a verdict stands from the moment it was given, whatever reviews came later."""
    is_prompt = message.parent_id is None
    base = imported.review_count if imported else 0
    if message.review_result is None:
        # Under any rules there were, so many reviews would have decided it with the last of them.
        enough = max(rules.reviews_needed(is_prompt=is_prompt) for rules in [*versions.values()] or [TreeRules()])
        return {None} if base + len(reviews) < enough else {True, False}
    rules = versions.get(message.review_rules_id or 0, TreeRules())
    needed, threshold = rules.reviews_needed(is_prompt=is_prompt), rules.threshold(is_prompt=is_prompt)
    sums = dict.fromkeys(DECIDING, 0.0)
    verdicts: set[bool | None] = set()
    for count, labels in enumerate(reviews, start=1):
        for name in DECIDING:
            sums[name] += labels.get(name, 0.0)
        if base + count >= needed:
            means = scoring.combined_means(sums, count, imported.labels if imported else {})
            verdicts.add(acceptance_score(means) > threshold)
    return verdicts or {None}


def _rank_drifts(messages: Sequence[Message], ballots: dict[UUID, list[list[list[str]]]]) -> Iterator[Drift]:
    siblings: dict[UUID, list[Message]] = defaultdict(list)
    for message in messages:
        if message.parent_id is not None:
            siblings[message.parent_id].append(message)
    for parent_id, replies in siblings.items():
        ranks = scoring.ranks(replies, ballots.get(parent_id, ()))
        for reply in replies:
            if reply.rank != ranks.get(reply.pk):
                yield Drift("rank", f"message {reply.pk}", reply.rank, ranks.get(reply.pk))


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
