"""Handing out work to people who said what they would like to do."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from tasks import assignment, known_answers, lottery
from tasks.kinds import Kind
from tasks.models import Task, Tree
from tasks.refusals import NothingAvailable
from tasks.topics import Difficulty, Topic
from tasks.tree_states import State
from tasks.wishes import ANYTHING, Wish
from tests.making import (
    NOW,
    add_message,
    advance,
    claim,
    given,
    make_people,
    make_person,
    make_tree,
    root_of,
    rules,
)

pytestmark = pytest.mark.django_db

COOKING = Wish(topics=frozenset({Topic.COOKING}))
EASY = Wish(difficulties=frozenset({Difficulty.ANYBODY}))


def tree_about(topic: Topic | None, difficulty: Difficulty | None = None, *, state: State = State.GROWING) -> Tree:
    tree = make_tree(state=state)
    Tree.objects.filter(pk=tree.pk).update(topic=topic or "", difficulty=difficulty)
    return tree


def take(person: User, wish: Wish, kind: Kind | None = Kind.ASSISTANT_REPLY, **changes: object) -> Task:
    return assignment.claim(person=person, lang="en", kind=kind, wish=wish, **given(**changes))


def test_a_wished_topic_is_what_one_gets() -> None:
    tree_about(Topic.LAW)
    cooking = tree_about(Topic.COOKING)
    tree_about(Topic.MATHS)
    for person in make_people(3):
        assert take(person, COOKING).tree == cooking
    with pytest.raises(NothingAvailable):
        take(make_person(), COOKING)


def test_a_wished_difficulty_is_what_one_gets() -> None:
    tree_about(Topic.LAW, Difficulty.EXPERT)
    easy = tree_about(Topic.LAW, Difficulty.ANYBODY)
    assert take(make_person(), EASY).tree == easy
    with pytest.raises(NothingAvailable):
        take(make_person(), Wish(topics=frozenset({Topic.LAW}), difficulties=frozenset({Difficulty.SOME})))


def test_conversations_that_nobody_described_are_for_everybody() -> None:
    tree = tree_about(None)
    both = Wish(topics=frozenset({Topic.COOKING}), difficulties=frozenset({Difficulty.EXPERT}))
    assert take(make_person(), both).tree == tree


def test_a_new_prompt_has_no_topic_yet_and_is_offered_to_all() -> None:
    lottery.run_for(lang="en", **given())
    assert take(make_person(), COOKING, Kind.INITIAL_PROMPT).tree is None


def test_what_is_counted_is_what_can_be_claimed() -> None:
    person = make_person()
    tree_about(Topic.LAW)
    assert Kind.ASSISTANT_REPLY in assignment.available(person=person, lang="en", rules=rules())
    assert assignment.available(person=person, lang="en", rules=rules(), wish=COOKING) == {}
    assert assignment.most_wanted(person=person, lang="en", rules=rules(), wish=COOKING) == []


def test_a_wished_kind_is_what_is_drawn() -> None:
    tree_about(Topic.LAW)
    tree_about(Topic.LAW, state=State.INITIAL_PROMPT_REVIEW)
    lottery.run_for(lang="en", **given())
    wish = Wish(kinds=frozenset({Kind.LABEL_INITIAL_PROMPT}))
    for seed in range(3):
        assert take(make_person(), wish, None, seed=seed).kind == Kind.LABEL_INITIAL_PROMPT
    with pytest.raises(NothingAvailable):
        take(make_person(), Wish(kinds=frozenset({Kind.RANK_ASSISTANT_REPLIES})), None)


def test_first_comes_what_most_conversations_wait_for() -> None:
    for _tree in range(2):
        make_tree(width=1)
    reviewed = make_tree(width=1)
    add_message(tree=reviewed, parent=root_of(reviewed), verdict=None)
    advance(reviewed)
    lottery.run_for(lang="en", **given())
    wanted = assignment.most_wanted(person=make_person(), lang="en", rules=rules())
    assert [(want.kind, want.trees) for want in wanted] == [
        (Kind.ASSISTANT_REPLY, 2),
        (Kind.LABEL_ASSISTANT_REPLY, 1),
        (Kind.INITIAL_PROMPT, 0),
    ]
    replies, reviews, prompts = (want.tasks for want in wanted)
    assert (replies, reviews) == (2, 3), "three reviews of one message hold up one conversation"
    assert prompts > 10
    only = Wish(kinds=frozenset({Kind.INITIAL_PROMPT}))
    assert [
        want.kind for want in assignment.most_wanted(person=make_person(), lang="en", rules=rules(), wish=only)
    ] == [Kind.INITIAL_PROMPT]


def test_without_a_wish_the_claim_asks_what_it_always_asked() -> None:
    tree_about(Topic.LAW)
    person, other = make_people(2)
    with CaptureQueriesContext(connection) as plain:
        take(person, ANYTHING)
    assert not any("tasks_tree" in query["sql"] for query in plain.captured_queries)
    with CaptureQueriesContext(connection) as wished:
        take(other, Wish(topics=frozenset({Topic.LAW})))
    assert len(wished) == len(plain)


def test_who_wished_a_topic_is_not_measured_by_another_one() -> None:
    """Else they would see by the topic which work has a known answer."""
    measured = {"p_known_answer": 1.0}
    law = tree_about(Topic.LAW)
    add_message(tree=law, parent=root_of(law), verdict=False)
    advance(law)
    cooking = tree_about(Topic.COOKING)
    add_message(tree=cooking, parent=root_of(cooking), verdict=None)
    advance(cooking)
    known_answers.promote(**given(**measured))
    task = take(make_person(), COOKING, Kind.LABEL_ASSISTANT_REPLY, **measured)
    assert (task.tree, task.known_answer) == (cooking, False)
    Tree.objects.filter(pk=law.pk).update(topic="")
    task = take(make_person(), COOKING, Kind.LABEL_ASSISTANT_REPLY, **measured)
    assert (task.tree, task.known_answer) == (law, True)


def test_a_task_claimed_ahead_gets_its_whole_time_when_it_is_begun() -> None:
    make_tree()
    person = make_person()
    task = claim(person, Kind.ASSISTANT_REPLY)
    later = NOW + timedelta(minutes=10)
    assert assignment.begin(task_id=task.pk, by=person, now=later, rules=rules())
    task.refresh_from_db()
    assert task.expires_at == later + timedelta(minutes=rules().deadline_write_minutes)
    assert not assignment.begin(task_id=task.pk, by=make_person(), now=later, rules=rules())
    assignment.release(task_id=task.pk, by=person, **given())
    assert not assignment.begin(task_id=task.pk, by=person, now=later, rules=rules())
