"""A small forest in which everybody did everything: what purges and merges must leave without drift."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from random import Random

from accounts.models import User
from common.errors import DomainError
from moderation import actions, reports
from tasks import assignment, interactions, known_answers, reactions, rewards, rulebook, scoring
from tasks.kinds import EMOJIS, SkipReason
from tasks.models import Message, Task
from tasks.rules import TreeRules
from tasks.tree_states import State
from tests.making import NOW, draft_for, make_moderator, make_people, make_tree

#: Every fifth message is bad, and everybody says so.
SPAM_EVERY = 5


def grow(*, seed: int, people: int = 9, steps: int = 230) -> list[User]:
    """Trees grown by a few people, so that each of them wrote, reviewed and ranked beside the others. Some trees are
    finished, some tasks in hand, some skipped. Returns the people."""
    rng, crowd = Random(seed), make_people(people)
    # A stored version, or nobody could tell later what decided.
    changes = {
        "num_required_rankings": 2,
        "p_known_answer": 0.2,
        "task_requests_per_4_minutes": 10_000,
        "max_pending_tasks_per_user": 10_000,
    }
    rules = rulebook.change(changes=changes, by=None, note="", now=NOW)
    make_tree(state=State.INITIAL_PROMPT_REVIEW, author=rng.choice(crowd))
    make_tree(state=State.READY_FOR_EXPORT, replies=3, author=rng.choice(crowd), authors=rng.sample(crowd, 3))
    for goal in (3, 4, 6, 9):
        make_tree(goal=goal, depth=2, width=2, author=rng.choice(crowd))
    now = NOW
    for step in range(steps):
        now += timedelta(seconds=20)
        with suppress(DomainError):
            _work(rng.choice(crowd), now, rules, rng)
        if step % 10 == 0:
            scoring.score_waiting(now=now, rules=rules, rng=rng)
            rewards.settle_points(now=now)
            known_answers.promote(now=now, rules=rules, rng=rng)
    _talk(crowd, rng)
    scoring.score_waiting(now=now, rules=rules, rng=rng)
    rewards.settle_points(now=now)
    return crowd


def _work(person: User, now: datetime, rules: TreeRules, rng: Random) -> None:
    task = assignment.claim(person=person, lang="en", kind=None, now=now, rules=rules, rng=rng)
    chance = rng.random()
    if chance < 0.05:
        assignment.skip(task_id=task.pk, by=person, reason=SkipReason.OTHER, text="", now=now, rules=rules, rng=rng)
    elif chance > 0.1:  # Else it stays in hand.
        draft = draft_for(task, person, spam=float(_bad(task)))
        interactions.submit(task_id=task.pk, by=person, draft=draft, now=now, rules=rules, rng=rng)


def _bad(task: Task) -> bool:
    return task.message is not None and task.message.pk.int % SPAM_EVERY == 0


def _talk(crowd: list[User], rng: Random) -> None:
    """Reactions, reports, free labels, edits: on messages picked by chance."""
    messages = list(Message.objects.order_by("created_at", "id"))
    moderator = make_moderator()
    for message in rng.sample(messages, len(messages) // 2):
        person = rng.choice(crowd)
        reactions.add(message=message, person=person, emoji=rng.choice(EMOJIS), now=NOW)
        if Message.objects.visible_to(person).filter(pk=message.pk).exists():
            interactions.label_freely(message=message, person=person, labels={"spam": 0.0}, now=NOW)
            reports.report(message_id=message.pk, person=person, labels=["spam"], text="Look", now=NOW)
    for message in rng.sample(messages, len(messages) // 4):
        actions.edit_message(
            message_id=message.pk,
            text=f"{message.text}, corrected",
            by=moderator,
            why="a slip",
            now=NOW,
            rules=rulebook.in_force(),
            rng=rng,
        )
