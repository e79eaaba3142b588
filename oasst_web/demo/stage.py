"""Plays the demo content through the use cases, until every kind of task has something in it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from random import Random
from typing import Any

from django.db import transaction

from accounts import access
from accounts.models import AuthMethod, User
from oasst_web.demo.people import PEOPLE
from tasks import assignment, interactions, lottery, rulebook, scoring, work
from tasks.drafts import Draft, RankingDraft, ReplyDraft, ReviewDraft
from tasks.kinds import RANKING, REVIEWING, Kind
from tasks.models import Message, Task, Tree
from tasks.refusals import NothingAvailable
from tasks.rules import TreeRules
from tasks.tree_states import State

CONTENT = Path(__file__).parent / "content.json"

#: People who only exist to have written and judged the demo content: so the demo people may judge all of it.
CAST = 6

FRIENDLY = {"spam": 0.0, "lang_mismatch": 0.0, "quality": 0.75}


@dataclass(frozen=True)
class Line:
    """One message of a conversation, and what is said to it."""

    text: str
    replies: Sequence[Line]

    @classmethod
    def of(cls, data: dict[str, Any]) -> Line:
        return cls(data["text"], tuple(cls.of(reply) for reply in data.get("replies", ())))

    def __iter__(self) -> Iterator[Line]:
        yield self
        for reply in self.replies:
            yield from reply

    @property
    def depth(self) -> int:
        return 1 + max(reply.depth for reply in self.replies) if self.replies else 0


@dataclass(frozen=True)
class Conversation:
    """A conversation of the content file, and how far it is played: finished, ranking or growing."""

    lang: str
    stage: str
    line: Line
    late: str = ""
    """One more reply to the prompt of a growing tree, which nobody has reviewed yet."""

    def rules(self, rules: TreeRules) -> TreeRules:
        """Rules under which the finished tree is exactly what is in the file."""
        if self.stage == "growing":
            return rules
        lines = list(self.line)
        return replace(
            rules,
            goal_tree_size=len(lines),
            max_tree_depth=self.line.depth,
            max_children_count=max(len(line.replies) for line in lines),
            random_goal_tree_size=False,
        )


@dataclass
class Stage:
    """The cast at work, on a clock of its own that runs from some days ago until now."""

    now: datetime
    rng: Random
    rules: TreeRules
    cast: list[User] = field(default_factory=list)
    _turn: int = 0

    @cached_property
    def content(self) -> dict[str, Any]:
        loaded: dict[str, Any] = json.loads(CONTENT.read_text(encoding="utf-8"))
        return loaded

    @cached_property
    def conversations(self) -> list[Conversation]:
        return [
            Conversation(c["lang"], c["stage"], Line.of(c), c.get("late", "")) for c in self.content["conversations"]
        ]

    def tick(self) -> datetime:
        """A minute passes: limits per minute don't stop the cast."""
        self.now += timedelta(minutes=1)
        return self.now

    def next_of_cast(self) -> User:
        self._turn += 1
        return self.cast[self._turn % len(self.cast)]

    # One deed

    def claim(self, person: User, lang: str, kind: Kind) -> Task | None:
        try:
            return assignment.claim(
                person=person, lang=lang, kind=kind, now=self.tick(), rules=self.rules, rng=self.rng
            )
        except NothingAvailable:
            return None

    def submit(self, task: Task, person: User, draft: Draft, rules: TreeRules | None = None) -> None:
        interactions.submit(
            task_id=task.pk, by=person, draft=draft, now=self.tick(), rules=rules or self.rules, rng=self.rng
        )

    # Scenes

    def prompt(self, lang: str, text: str, rules: TreeRules | None = None) -> None:
        lottery.run_for(lang=lang, now=self.tick(), rules=self.rules, rng=self.rng)
        person = self.next_of_cast()
        task = self.claim(person, lang, Kind.INITIAL_PROMPT)
        if task is not None:
            self.submit(task, person, ReplyDraft.of(text, limit=self.rules.message_size_limit), rules)

    def judge_everything(self, lang: str, *kinds: Kind) -> None:
        """Everybody of the cast reviews or ranks whatever they are offered."""
        for kind in kinds:
            for person in self.cast:
                while task := self.claim(person, lang, kind):
                    self.submit(task, person, self._judgement(task, person))

    def _judgement(self, task: Task, person: User) -> Draft:
        shown = work.show(task, person=person)
        if shown.kind in RANKING:
            replies = sorted(shown.replies, key=lambda reply: (-len(reply.text), str(reply.pk)))
            return RankingDraft.of([[reply.pk] for reply in replies], shown=[reply.pk for reply in replies])
        asked = {name for name, _label in shown.labels}
        return ReviewDraft.of(shown.kind, {name: value for name, value in FRIENDLY.items() if name in asked})

    def reply(self, lang: str, lines: dict[str, Line]) -> bool:
        """Write whatever the file has to say to the messages on offer. Tasks without a line go back at the end."""
        said = False
        held: list[tuple[Task, User]] = []
        for kind in (Kind.ASSISTANT_REPLY, Kind.PROMPTER_REPLY):
            for person in self.cast:
                while task := self.claim(person, lang, kind):
                    text = self._line_for(task, lines)
                    if text is None:
                        held.append((task, person))
                    else:
                        self.submit(task, person, ReplyDraft.of(text, limit=self.rules.message_size_limit))
                        said = True
        for task, person in held:
            assignment.release(task_id=task.pk, by=person, now=self.tick(), rules=self.rules, rng=self.rng)
        return said

    def _line_for(self, task: Task, lines: dict[str, Line]) -> str | None:
        message = task.message
        assert message is not None
        there = set(Message.objects.filter(parent=message).values_list("text", flat=True))
        line = lines.get(message.text)
        wanted = line.replies if line else ()
        return next((reply.text for reply in wanted if reply.text.strip() not in there), None)

    # The play

    def play(self, lang: str) -> None:
        """Everything of one language: finished trees first, what stays open last."""
        here = [conversation for conversation in self.conversations if conversation.lang == lang]
        for stage in ("finished", "ranking", "growing"):
            ours = [conversation for conversation in here if conversation.stage == stage]
            for conversation in ours:
                self.prompt(lang, conversation.line.text, conversation.rules(self.rules))
            self.judge_everything(lang, Kind.LABEL_INITIAL_PROMPT)
            lottery.run_for(lang=lang, now=self.tick(), rules=self.rules, rng=self.rng)
            lines = {line.text.strip(): line for conversation in ours for line in conversation.line}
            while self.reply(lang, lines):
                if stage == "growing" and self._deepest(lang) >= 2:
                    break
                self.judge_everything(lang, *sorted(REVIEWING - {Kind.LABEL_INITIAL_PROMPT}))
            if stage == "finished":
                self.judge_everything(lang, *sorted(RANKING))
                scoring.score_waiting(now=self.tick(), rules=self.rules, rng=self.rng)
        late = {c.line.text.strip(): Line(c.line.text, [Line(c.late, ())]) for c in here if c.late}
        self.reply(lang, late)
        for text in self.content["prompts"].get(lang, ()):
            self.prompt(lang, text)
        lottery.run_for(lang=lang, now=self.tick(), rules=self.rules, rng=self.rng)

    def _deepest(self, lang: str) -> int:
        growing = Message.objects.filter(tree__state=State.GROWING, lang=lang)
        return growing.order_by("-depth").values_list("depth", flat=True).first() or 0


@transaction.atomic
def set_up(*, now: datetime, rng: Random) -> dict[str, Any]:
    """The demo people and, on a site without any conversation, the demo content. Doing it again changes nothing."""
    new_people = sum(_person(demo.email, demo.name, demo.role, demo.lang, now) for demo in PEOPLE)
    played = not Tree.objects.exists()
    if played:
        stage = Stage(now=now - timedelta(days=3), rng=rng, rules=rulebook.in_force(), cast=_cast(now))
        for lang in sorted(stage.content["prompts"]):
            stage.play(lang)
    return {
        "people": len(PEOPLE),
        "new_people": new_people,
        "content_added": played,
        "trees": Tree.objects.count(),
        "messages": Message.objects.count(),
        "open_tasks": {
            lang: {
                kind: Task.objects.open().filter(lang=lang, kind=kind).count()
                for kind in sorted(Task.objects.open().filter(lang=lang).values_list("kind", flat=True).distinct())
            }
            for lang in sorted({demo.lang for demo in PEOPLE})
        },
    }


def _person(email: str, name: str, role: str, lang: str, now: datetime) -> bool:
    person = User.objects.filter(email=email).first()
    created = person is None
    if person is None:
        person = User.objects.create_user(email, display_name=name, role=role, lang=lang)
    if person.terms_version != access.TERMS_VERSION:
        access.accept_terms(person=person, now=now)
    return created


def _cast(now: datetime) -> list[User]:
    cast = [
        User.objects.create_user(None, display_name=f"Demo author {number}", auth_method=AuthMethod.SYSTEM)
        for number in range(1, CAST + 1)
    ]
    for person in cast:
        access.accept_terms(person=person, now=now)
    return cast
