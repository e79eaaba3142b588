"""People are purged and merged while everybody works, each with a connection of their own: nothing breaks or drifts."""

from __future__ import annotations

import threading
from contextlib import suppress
from functools import partial
from random import Random

import pytest

from accounts.models import User
from common.errors import DomainError
from moderation import merging, purging
from tasks import assignment, interactions, reactions, scoring
from tasks.models import Message, Review
from tasks.rules import TreeRules
from tests.making import NOW, at_once, draft_for, drifts, given, make_moderator, make_people, make_tree, rules

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 25


def work(person: User, seed: int, limits: TreeRules, together: threading.Barrier) -> None:
    """Take tasks and answer them, and react to what is there. Whoever is closed in between is only refused."""
    rng = Random(seed)
    together.wait(timeout=60)
    for _ in range(ROUNDS):
        with suppress(DomainError):
            message = rng.choice(list(Message.objects.visible_to(person)))
            reactions.toggle(message_id=message.pk, person=person, emoji="+1", now=NOW)
        with suppress(DomainError):
            task = assignment.claim(person=person, lang="en", kind=None, now=NOW, rules=limits, rng=rng)
            draft = draft_for(task, person)
            interactions.submit(task_id=task.pk, by=person, draft=draft, now=NOW, rules=limits, rng=rng)


def test_purges_and_merges_among_people_at_work() -> None:
    people, moderator = make_people(7), make_moderator()
    troll, into, source = people[:3]
    for author in people[:4]:
        make_tree(goal=5, depth=2, width=3, author=author, replies=1, authors=[people[4]])
    limits = rules(task_requests_per_4_minutes=1000, max_pending_tasks_per_user=1000, p_known_answer=0)
    together = threading.Barrier(len(people) + 2)

    def purge() -> None:
        together.wait(timeout=60)
        purging.purge_person(person_id=troll.pk, ban=True, preview=False, by=moderator, why="", **given())

    def merge() -> None:
        together.wait(timeout=60)
        merging.merge_people(into_id=into.pk, source_ids=[source.pk], by=moderator, why="", **given())

    at_once(*(partial(work, person, seed, limits, together) for seed, person in enumerate(people)), purge, merge)
    # What was under way at the moment of closing is finished by doing it again.
    purging.purge_person(person_id=troll.pk, ban=True, preview=False, by=moderator, why="", **given())
    merging.merge_people(into_id=into.pk, source_ids=[source.pk], by=moderator, why="", **given())
    assert Review.objects.filter(reviewer__in=people[3:]).exists()
    assert not Message.objects.filter(author=troll).exists()
    assert drifts() == []
    scoring.score_waiting(**given())
    assert drifts() == []
