"""Brings published trees into the database, so that they can be read, exported as they were, and grown on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.db import Error as DatabaseError
from django.db import connection, transaction

from accounts.models import AuthMethod, User
from exports import reading, resuming
from exports.keepsakes import Keepsake, unsaid
from exports.reading import BrokenLine, TreeLine
from exports.resuming import Placed
from exports.schema import KEEPSAKE, Node, walk
from tasks import trees
from tasks.growth import Snapshot
from tasks.models import ImportedMessage, Message, Tree, TreeTransition
from tasks.rules import TreeRules
from tasks.tree_states import ACTIVE, Event, State

#: Messages stored together. A tree is never split: it is there with all its messages, or not at all.
CHUNK = 2000


@dataclass(frozen=True, kw_only=True)
class Options:
    origin: str = ""
    """Kept with every tree; the name of its file where empty."""
    langs: frozenset[str] = frozenset()
    """Languages of the trees to take; empty: all."""
    limit: int | None = None
    """Look at so many trees only."""
    state: State | None = None
    """State of trees whose file names none; None: the backlog where there is something to rank, else finished."""
    activate: int = 0
    """Of the trees that would go to the backlog for want of a state, rank so many at once."""
    strict: bool = False
    """Store nothing if any line cannot be used."""
    dry_run: bool = False
    """Store nothing; report what would be."""


@dataclass(kw_only=True)
class Report:
    stored: bool = True
    trees_read: int = 0
    trees_created: int = 0
    messages_created: int = 0
    people_created: int = 0
    trees_already_there: int = 0
    activated: int = 0
    """Trees without a state that were sent on to be ranked."""
    other_languages: int = 0
    broken: list[BrokenLine] = field(default_factory=list)
    orphans: list[BrokenLine] = field(default_factory=list)
    moved_on: Counter[str] = field(default_factory=Counter)
    """Trees whose messages contradict the state in their file, by the move that the table of states made of it."""

    @property
    def refused(self) -> int:
        return len(self.broken) + len(self.orphans)

    def add(self, done: Report) -> None:
        """What came of some trees more."""
        self.trees_created += done.trees_created
        self.messages_created += done.messages_created
        self.people_created += done.people_created
        self.trees_already_there += done.trees_already_there
        self.activated += done.activated
        self.broken += done.broken
        self.moved_on += done.moved_on


def import_trees(
    *,
    files: Sequence[Path],
    options: Options,
    now: datetime,
    rules: TreeRules,
    rng: Random,
    progress: Callable[[int], None] = lambda count: None,
) -> Report:
    """Store every tree of the files that is not there yet. Doing it again changes nothing.

    Lines that cannot be used are reported and the rest is stored, unless `strict`. `progress` hears how many trees
    were dealt with. Raises OSError for a file that cannot be read.
    """
    run = _Run(options=options, now=now, rules=rules, rng=rng, progress=progress)
    if not (options.strict or options.dry_run):
        run.read(files)
        return run.report
    with transaction.atomic():
        run.read(files)
        refused = options.strict and run.report.refused > 0
        run.report.stored = not (options.dry_run or refused)
        transaction.set_rollback(not run.report.stored)
    return run.report


@dataclass(kw_only=True)
class _Run:
    options: Options
    now: datetime
    rules: TreeRules
    rng: Random
    progress: Callable[[int], None]
    report: Report = field(default_factory=Report)
    sequence: int = 0
    """Messages seen so far: undated trees follow each other by microseconds, in the order of their files."""

    def read(self, files: Sequence[Path]) -> None:
        waiting: list[TreeLine] = []
        size = 0
        for found in self._wanted(files):
            waiting.append(found)
            size += sum(1 for _ in walk(found.tree.prompt))
            if size >= CHUNK:
                self._store(waiting)
                waiting, size = [], 0
        self._store(waiting)

    def _wanted(self, files: Sequence[Path]) -> Iterator[TreeLine]:
        for path in files:
            for found in reading.read(path):
                if isinstance(found, BrokenLine):
                    (self.report.orphans if found.orphan else self.report.broken).append(found)
                    continue
                if self.options.langs and (found.tree.prompt.lang or "en") not in self.options.langs:
                    self.report.other_languages += 1
                    continue
                if self.report.trees_read == self.options.limit:
                    return
                self.report.trees_read += 1
                yield found

    def _store(self, lines: Sequence[TreeLine]) -> None:
        """Many trees in one transaction; if the database refuses that, each in its own, and the culprit is named."""
        try:
            with transaction.atomic():
                done = self._store_together(lines)
        # A value the database cannot hold shows only now: text inside an unknown key, for example, or a reply without a
        # date to a message from the last moment of the calendar.
        except (DatabaseError, ValueError, OverflowError) as problem:
            if not connection.is_usable():
                raise  # The database is gone, which is no fault of any line.
            if len(lines) > 1:
                for line in lines:
                    self._store([line])
                return
            reason = f"it cannot be stored: {' '.join(str(problem).split())}"
            done = Report(broken=[BrokenLine(lines[0].file, lines[0].line, reason)])
        self.report.add(done)
        self.progress(len(lines))

    def _store_together(self, lines: Sequence[TreeLine]) -> Report:
        done = Report()
        fresh = self._fresh(lines, done)
        people = {node.user_id for line in fresh for node in walk(line.tree.prompt) if node.user_id}
        done.people_created = self._meet(people)
        born = [self._plant(line, done) for line in fresh]
        Tree.objects.bulk_create(birth.tree for birth in born)
        messages = [row for birth in born for row in birth.messages]
        Message.objects.bulk_create(message for message, _imported in messages)
        ImportedMessage.objects.bulk_create(imported for _message, imported in messages)
        TreeTransition.objects.bulk_create(birth.written for birth in born)
        for birth in born:
            self._go_on(birth, done)
        done.trees_created, done.messages_created = len(born), len(messages)
        return done

    def _fresh(self, lines: Sequence[TreeLine], done: Report) -> list[TreeLine]:
        """The trees that are not there yet. One that shares a message with another tree is broken."""
        there = set(Tree.objects.filter(pk__in=[line.tree.tree_id for line in lines]).values_list("id", flat=True))
        ids = {line.tree.tree_id: {node.message_id for node in walk(line.tree.prompt)} for line in lines}
        taken = set(Message.objects.filter(pk__in=set().union(*ids.values())).values_list("id", flat=True))
        fresh = []
        for line in lines:
            tree_id = line.tree.tree_id
            if tree_id in there:
                done.trees_already_there += 1
                continue
            both = taken & ids[tree_id]
            if both:
                reason = f"message {min(both)} is already in another tree"
                done.broken.append(BrokenLine(line.file, line.line, reason))
                continue
            there.add(tree_id)
            taken |= ids[tree_id]
            fresh.append(line)
        return fresh

    def _meet(self, people: set[UUID]) -> int:
        """Authors become people who never sign in. Who is here already stays as they are. Returns how many were not."""
        missing = people - set(User.objects.filter(pk__in=people).values_list("id", flat=True))
        User.objects.bulk_create(
            (
                User(
                    pk=pk,
                    password=make_password(None),
                    auth_method=AuthMethod.SYSTEM,
                    show_on_leaderboard=False,
                    created_at=self.now,
                )
                for pk in sorted(missing)
            ),
            ignore_conflicts=True,
        )
        return len(missing)

    def _plant(self, line: TreeLine, done: Report) -> _Birth:
        tree = line.tree
        if tree.state is None:
            # Plain conversations, as a model or another project gives them: taken on trust, like the reference does.
            tree = replace(tree, prompt=_trusted(tree.prompt))
        messages = resuming.placed(tree, self.now + timedelta(microseconds=self.sequence))
        self.sequence += len(messages)
        state, seen, wake = self._state(tree.state, messages, done)
        newest = max(message.created_at for message in messages)
        replies = [message.created_at for message in messages if message.depth > 0]
        row = Tree(
            id=tree.tree_id,
            lang=tree.prompt.lang or "en",
            state=state,
            state_since=self.now,
            created_at=messages[0].created_at,
            origin=(self.options.origin or tree.origin or line.file)[:1024],
            goal_tree_size=seen.goal,
            max_depth=seen.max_depth,
            max_children_count=seen.max_children,
            rules_id=self.rules.row_id,
            # The files don't tell these dates; the nearest they tell are those of the first reply and the last.
            won_prompt_lottery_at=min(replies, default=messages[0].created_at) if seen.drawn else None,
            finished_at=newest if seen.finished_before else None,
            checked_rules=self.rules.version,
        )
        written = TreeTransition(
            tree=row,
            at=self.now,
            event=Event.WRITTEN,
            to_state=state,
            why=f"imported from {row.origin}"[:500],
            rules_id=self.rules.row_id,
        )
        prompt = Keepsake(origin=tree.origin, tree=tree.extra)
        rows = [
            (_message(message, row), _imported(message, prompt if message.depth == 0 else Keepsake()))
            for message in messages
        ]
        return _Birth(row, rows, written, seen, wake)

    def _state(self, published: State | None, messages: Sequence[Placed], done: Report) -> tuple[State, Snapshot, bool]:
        """The state to be born in, the tree as growth sees it then, and whether to wake it from the backlog at once."""
        if (state := published or self.options.state) is not None:
            return state, resuming.snapshot(messages, state, self.rules), False
        seen = resuming.snapshot(messages, State.BACKLOG_RANKING, self.rules)
        if not seen.rankable_sets:
            finished = State.READY_FOR_EXPORT
            return finished, resuming.snapshot(messages, finished, self.rules), False
        wake = self.report.activated + done.activated < self.options.activate
        done.activated += wake
        return State.BACKLOG_RANKING, seen, wake

    def _go_on(self, birth: _Birth, done: Report) -> None:
        """Open the tasks of an active tree. One whose messages contradict its state moves on, by the table.

        The row is our own insert, which nobody else sees before the commit: it is as good as locked.
        """
        tree, before = birth.tree, State(birth.tree.state)
        if birth.wake or before in ACTIVE or resuming.moves_on(birth.seen, before):
            event = Event.ACTIVATED if birth.wake else Event.ENTERED
            trees.advance(tree=tree, event=event, by=None, now=self.now, rules=self.rules, rng=self.rng, why="imported")
        if tree.state != before and not birth.wake:
            done.moved_on[f"{before} → {tree.state}"] += 1


@dataclass(frozen=True, slots=True)
class _Birth:
    """One tree as it will be stored."""

    tree: Tree
    messages: list[tuple[Message, ImportedMessage]]
    written: TreeTransition
    seen: Snapshot
    wake: bool


def _trusted(node: Node) -> Node:
    """A message of a file that knows no states: accepted and written by a machine, unless the file says otherwise."""
    return replace(
        node,
        review_result=True if node.review_result is None else node.review_result,
        synthetic=True if node.synthetic is None else node.synthetic,
        replies=tuple(_trusted(reply) for reply in node.replies),
    )


def _message(message: Placed, tree: Tree) -> Message:
    node = message.node
    return Message(
        id=node.message_id,
        tree=tree,
        parent_id=node.parent_id,
        author_id=node.user_id,
        role=node.role,
        text=node.text,
        lang=node.lang or tree.lang,
        depth=message.depth,
        created_at=message.created_at,
        deleted=bool(node.deleted),
        synthetic=bool(node.synthetic),
        model_name=node.model_name or "",
        review_count=node.review_count or 0,
        review_result=node.review_result,
        rank=node.rank,
    )


def _imported(message: Placed, prompt: Keepsake) -> ImportedMessage:
    node = message.node
    extra: dict[str, Any] = dict(node.extra)
    if node.events:
        extra["events"] = node.events
    if keepsake := replace(prompt, unsaid=unsaid(node), place=message.place).stored():
        extra[KEEPSAKE] = keepsake
    labels = node.labels or {}
    return ImportedMessage(
        message_id=node.message_id,
        review_count=node.review_count or 0,
        review_result=node.review_result,
        rank=node.rank,
        labels={
            name: {"count": mean.count} if mean.value is None else {"value": mean.value, "count": mean.count}
            for name, mean in labels.items()
        },
        emojis=dict(node.emojis or {}),
        extra=extra,
    )
