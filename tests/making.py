"""Builders of people and trees: a test says what matters to it, the rest is filled in so that nothing drifts.

Answers are stored as rows and the tree is then advanced once, so its state and its openings are what the table and the
plan say of these rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random
from typing import Any, TypeVar
from uuid import UUID, uuid4

from django.db import connection, transaction

from accounts import access
from accounts.models import Role as PersonRole
from accounts.models import User
from tasks import assignment, inspection, interactions, locking, rulebook, scoring, trees, work
from tasks.drafts import Draft, RankingDraft, ReplyDraft, ReviewDraft
from tasks.interactions import Receipt
from tasks.kinds import KINDS, RANKING_OF_ROLE, REPLY_OF_ROLE, REVIEW_OF_ROLE, Deed, Kind, Role
from tasks.models import Message, Ranking, Review, Task, TaskState, Tree, TreeTransition
from tasks.rules import TreeRules
from tasks.tree_states import Event, State

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
BEFORE = NOW - timedelta(days=1)

T = TypeVar("T")
_numbers = count(1)


def given(*, now: datetime = NOW, seed: int = 1, **changes: Any) -> dict[str, Any]:
    """The arguments nearly every use case takes: now, the rules in force with these changes, and chance."""
    return {"now": now, "rules": rules(**changes), "rng": Random(seed)}


def rules(**changes: Any) -> TreeRules:
    return replace(rulebook.in_force(), **changes)


def make_person(name: str = "", *, role: str = PersonRole.GENERAL, terms: bool = True, **fields: Any) -> User:
    person = User.objects.create_user(display_name=name or f"Person {next(_numbers)}", role=role, **fields)
    if terms:
        access.accept_terms(person=person, now=BEFORE)
    return person


def make_people(how_many: int) -> list[User]:
    return [make_person() for _ in range(how_many)]


def make_moderator() -> User:
    return make_person(role=PersonRole.MODERATOR)


def make_admin() -> User:
    return make_person(role=PersonRole.ADMIN)


#: Where a tree starts before it is advanced once.
_START = {
    State.INITIAL_PROMPT_REVIEW: State.INITIAL_PROMPT_REVIEW,
    State.PROMPT_LOTTERY_WAITING: State.INITIAL_PROMPT_REVIEW,
    State.ABORTED_LOW_GRADE: State.INITIAL_PROMPT_REVIEW,
    State.BACKLOG_RANKING: State.BACKLOG_RANKING,
}


def make_tree(
    *,
    state: State = State.GROWING,
    replies: int = 0,
    verdict: bool | None = True,
    goal: int | None = None,
    depth: int = 3,
    width: int = 3,
    author: User | None = None,
    authors: Sequence[User] = (),
    lang: str = "en",
    **changes: Any,
) -> Tree:
    """A tree in this state with so many replies to its prompt, each with this verdict.

    Without a goal, one is chosen that fits the state: reached by the replies, or far from it while growing.
    """
    started = _START.get(state, State.GROWING)
    if state is State.READY_FOR_EXPORT or state is State.RANKING:
        replies = max(replies, 2)
    grown = state in (State.RANKING, State.READY_FOR_SCORING, State.READY_FOR_EXPORT, State.BACKLOG_RANKING)
    tree = Tree.objects.create(
        id=uuid4(),
        lang=lang,
        state=started,
        state_since=BEFORE,
        created_at=BEFORE,
        goal_tree_size=goal or (replies + 1 if grown else 12),
        max_depth=depth,
        max_children_count=width,
        rules_id=rules().version or None,
        won_prompt_lottery_at=BEFORE if started is State.GROWING else None,
        origin="trees.jsonl" if started is State.BACKLOG_RANKING else "",
    )
    TreeTransition.objects.create(tree=tree, at=BEFORE, event=Event.WRITTEN, to_state=started)
    root_verdict = {State.INITIAL_PROMPT_REVIEW: None, State.ABORTED_LOW_GRADE: False}.get(state, True)
    root = add_message(tree=tree, author=author, verdict=root_verdict)
    for number in range(replies):
        replier = authors[number] if number < len(authors) else None
        add_message(tree=tree, parent=root, author=replier, verdict=verdict)
    if state in (State.READY_FOR_SCORING, State.READY_FOR_EXPORT) and replies > 1:
        for person in make_people(3):
            add_ranking(parent=root, by=person)
    event = Event.HALTED if state is State.HALTED_BY_MODERATOR else Event.ENTERED
    tree = advance(tree, event, **changes)
    if state is State.READY_FOR_EXPORT:
        scoring.score_waiting(**given(now=BEFORE, **changes))
    tree.refresh_from_db()
    assert tree.state == state, f"the rows lead to {tree.state}, not {state}"
    return tree


def advance(tree: Tree, event: Event = Event.RECHECKED, *, now: datetime = BEFORE, **changes: Any) -> Tree:
    """Lock the tree and let it move, as every use case does."""
    with transaction.atomic():
        return trees.advance(tree=locking.lock_tree(tree.pk), event=event, by=None, **given(now=now, **changes))


def add_message(
    *,
    tree: Tree,
    parent: Message | None = None,
    author: User | None = None,
    verdict: bool | None = True,
    text: str = "",
) -> Message:
    """A message with the reviews that make this verdict; none while it is undecided. Advances nothing."""
    author = author or make_person()
    role = Role(parent.role).other if parent else Role.PROMPTER
    kind = REPLY_OF_ROLE[role] if parent else Kind.INITIAL_PROMPT
    number = next(_numbers)
    at = BEFORE + timedelta(seconds=number)
    task = _done(kind, tree=tree if parent else None, message=parent, by=author, at=at, lang=tree.lang)
    message = Message.objects.create(
        id=uuid4() if parent else tree.pk,
        tree=tree,
        parent=parent,
        author=author,
        task=task,
        role=role,
        text=text or f"Text {number}",
        lang=tree.lang,
        depth=parent.depth + 1 if parent else 0,
        created_at=at,
    )
    if verdict is not None:
        for person in make_people(3):
            add_review(message, by=person, spam=0.0 if verdict else 1.0)
        message.review_count, message.review_result = 3, verdict
        message.review_rules_id = rules().version or None
        message.save()
    return message


def add_review(message: Message, *, by: User, spam: float = 0.0, **labels: float) -> Review:
    kind = REVIEW_OF_ROLE[Role(message.role)] if message.parent_id else Kind.LABEL_INITIAL_PROMPT
    task = _done(kind, tree=message.tree, message=message, by=by, at=BEFORE, lang=message.lang)
    said = labels | {"spam": spam}
    return Review.objects.create(task=task, message=message, reviewer=by, labels=said, created_at=BEFORE)


def add_ranking(
    *, parent: Message, by: User, order: Sequence[Sequence[Message]] | None = None, not_rankable: bool = False
) -> Ranking:
    """One person's ranking of the kept replies, oldest first unless an order is given. Advances nothing."""
    replies = list(Message.objects.kept().filter(parent=parent).order_by("created_at"))
    groups = [[reply] for reply in replies] if order is None else order
    kind = RANKING_OF_ROLE[Role(parent.role).other]
    task = _done(kind, tree=parent.tree, message=parent, by=by, at=BEFORE, lang=parent.lang)
    for reply in replies:
        reply.ranking_count += 1
        reply.save(update_fields=["ranking_count"])
    return Ranking.objects.create(
        task=task,
        parent=parent,
        ranker=by,
        order=[[str(reply.pk) for reply in group] for group in groups],
        shown=[str(reply.pk) for reply in replies],
        not_rankable=not_rankable,
        created_at=BEFORE + timedelta(seconds=next(_numbers)),
    )


def _done(kind: Kind, *, tree: Tree | None, message: Message | None, by: User, at: datetime, lang: str) -> Task:
    task: Task = Task.objects.create(
        kind=kind,
        lang=lang,
        state=TaskState.DONE,
        tree=tree,
        message=message,
        author=message.author if message else None,
        claimed_by=by,
        claimed_at=at,
        done_at=at,
        created_at=at,
    )
    return task


def root_of(tree: Tree) -> Message:
    root: Message = tree.messages.get(parent=None)
    return root


def replies_to(message: Message) -> list[Message]:
    return list(message.replies.order_by("created_at"))


def openings(tree: Tree) -> dict[Kind, int]:
    """How many tasks of each kind are open in the tree."""
    kinds = list(Task.objects.open().filter(tree=tree).values_list("kind", flat=True))
    return {Kind(kind): kinds.count(kind) for kind in sorted(set(kinds))}


def claim(person: User, kind: Kind | None = None, *, lang: str = "en", **arguments: Any) -> Task:
    return assignment.claim(person=person, lang=lang, kind=kind, **given(**arguments))


def draft_for(
    task: Task,
    person: User,
    *,
    text: str = "",
    spam: float = 0.0,
    best: Message | None = None,
    not_rankable: bool = False,
) -> Draft:
    """Something this task takes: a fresh text, a review, a ranking with `best` first."""
    kind = Kind(task.kind)
    if KINDS[kind].deed is Deed.WRITE:
        return ReplyDraft.of(text or f"Answer {next(_numbers)}", limit=rules().message_size_limit)
    if KINDS[kind].deed is Deed.REVIEW:
        return ReviewDraft.of(kind, {"spam": spam})
    shown = [reply.pk for reply in work.replies_to_rank(task, person=person)]
    order = sorted(shown, key=lambda pk: pk != (best.pk if best else None))
    return RankingDraft.of([[pk] for pk in order], shown=shown, not_rankable=not_rankable)


def submit(task: Task, person: User, draft: Draft | None = None, *, now: datetime = NOW, **changes: Any) -> Receipt:
    """Send this draft, or one that fits."""
    draft = draft or draft_for(task, person)
    return interactions.submit(task_id=task.pk, by=person, draft=draft, **given(now=now, **changes))


def review(
    message: Message, *, by: User | None = None, spam: float = 0.0, now: datetime = NOW, **changes: Any
) -> Receipt:
    """A person claims a review of this message and gives it."""
    by = by or make_person()
    kind = REVIEW_OF_ROLE[Role(message.role)] if message.parent_id else Kind.LABEL_INITIAL_PROMPT
    task = claim_on(message, kind, by=by, now=now, **changes)
    return submit(task, by, draft_for(task, by, spam=spam), now=now, **changes)


def claim_on(message: Message, kind: Kind, *, by: User, now: datetime = NOW, **changes: Any) -> Task:
    """A claim that lands on this very message: whatever else is open of the kind is out of reach meanwhile."""
    others = Task.objects.open().filter(kind=kind).exclude(message=message)
    away = list(others.values_list("pk", flat=True))
    Task.objects.filter(pk__in=away).update(lang="elsewhere")
    try:
        return claim(by, kind, lang=message.lang, now=now, **changes)
    finally:
        Task.objects.filter(pk__in=away).update(lang=message.lang)


def drifts() -> list[str]:
    return [str(drift) for drift in inspection.drifts(rulebook.in_force())]


@contextmanager
def another_connection() -> Iterator[Any]:
    """A cursor of a second connection, in a transaction that is rolled back at the end."""
    other = connection.copy()
    try:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            yield cursor
    finally:
        other.rollback()
        other.close()


@contextmanager
def held(table: str, pk: UUID) -> Iterator[None]:
    """Somebody else holds the lock on this row."""
    with another_connection() as cursor:
        cursor.execute(f"SELECT 1 FROM {table} WHERE id = %s FOR NO KEY UPDATE", [pk])  # noqa: S608
        assert cursor.fetchone()
        yield


@contextmanager
def impatient() -> Iterator[None]:
    """Our connection gives up at once where it would have to wait: that it must wait is what is to be seen."""
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '100ms'")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = 0")


def at_once(*deeds: Callable[[], T]) -> list[T]:
    """Run each in a thread with a connection of its own; returns what they return, raises what they raise."""

    def run(deed: Callable[[], T]) -> T:
        try:
            return deed()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(deeds)) as pool:
        futures: list[Future[T]] = [pool.submit(run, deed) for deed in deeds]
    return [future.result() for future in futures]
