"""Many people at once, each with a connection of their own: afterwards nothing was collected twice or too much."""

from __future__ import annotations

import threading
from functools import partial
from random import Random

import pytest
from django.db.models import Count

from common.errors import DomainError
from tasks import assignment, interactions, lottery
from tasks.kinds import Kind
from tasks.models import Message, Review, Tree
from tasks.tree_states import State
from tests.making import NOW, at_once, claim, draft_for, drifts, given, make_people, make_tree, rules

pytestmark = pytest.mark.django_db(transaction=True)

PEOPLE, ROUNDS = 8, 25


def test_eight_people_work_at_once_and_nothing_is_collected_twice_or_too_much() -> None:
    trees = [make_tree(goal=6, depth=2, width=3) for _ in range(2)]
    trees += [make_tree(state=State.INITIAL_PROMPT_REVIEW, goal=4) for _ in range(2)]
    together = threading.Barrier(PEOPLE)

    def work(person: object, seed: int) -> int:
        rng, ours, done = Random(seed), rules(), 0
        limits = given(task_requests_per_4_minutes=1000, max_pending_tasks_per_user=1000)["rules"]
        together.wait(timeout=60)
        for _ in range(ROUNDS):
            try:
                task = assignment.claim(person=person, lang="en", kind=None, now=NOW, rules=limits, rng=rng)  # type: ignore[arg-type]
                draft = draft_for(task, person)  # type: ignore[arg-type]
                for _twice in range(2):
                    interactions.submit(task_id=task.pk, by=person, draft=draft, now=NOW, rules=ours, rng=rng)  # type: ignore[arg-type]
                done += 1
            except DomainError:
                lottery.run_for(lang="en", now=NOW, rules=ours, rng=rng)
        return done

    people = make_people(PEOPLE)
    done = sum(at_once(*(partial(work, person, seed) for seed, person in enumerate(people))))
    assert done > 60
    assert drifts() == []
    for tree in Tree.objects.filter(pk__in=[tree.pk for tree in trees]):
        counted = tree.messages.filter(deleted=False).exclude(review_result=False)
        assert counted.count() <= tree.goal_tree_size
        assert not counted.values("parent").annotate(width=Count("id")).filter(parent__role="prompter", width__gt=3)
        assert not counted.values("parent").annotate(width=Count("id")).filter(parent__role="assistant", width__gt=1)
    for message in Message.objects.annotate(reviews_there=Count("reviews")):
        assert message.review_count == message.reviews_there <= 3
    assert not Review.objects.values("reviewer", "message").annotate(n=Count("id")).filter(n__gt=1)


def test_eight_people_ask_for_the_same_parent_and_three_get_it() -> None:
    make_tree(width=3)
    people = make_people(PEOPLE)

    def attempt(person: object) -> bool:
        try:
            return bool(claim(person, Kind.ASSISTANT_REPLY))  # type: ignore[arg-type]
        except DomainError:
            return False

    got = at_once(*(partial(attempt, person) for person in people))
    assert sum(got) <= 3
    got += [attempt(person) for person in make_people(3)]
    assert sum(got) == 3
    assert drifts() == []
