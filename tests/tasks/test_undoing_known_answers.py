"""Taking back a review of a known answer: nothing tells it from any other."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.models import User
from tasks import known_answers, undoing
from tasks.kinds import Kind
from tasks.models import Message, Task, TaskState
from tasks.undoing import AnswerCounts
from tests.making import (
    NOW,
    add_message,
    advance,
    claim,
    draft_for,
    drifts,
    given,
    make_people,
    make_tree,
    root_of,
    submit,
)

pytestmark = pytest.mark.django_db

REVIEW = Kind.LABEL_ASSISTANT_REPLY
SOON = NOW + timedelta(seconds=9)


def undo(task: Task, person: User) -> undoing.TakenBack:
    return undoing.undo(task_id=task.pk, by=person, **given(now=SOON))


def known_reviews(count: int) -> list[tuple[Task, User]]:
    """Reviews, just given, of messages whose verdict is known; each by somebody else."""
    tree = make_tree(replies=2)
    add_message(tree=tree, parent=root_of(tree), verdict=None)
    advance(tree)
    known_answers.promote(**given(p_known_answer=1.0))
    handed_out = []
    for number, person in enumerate(make_people(count)):
        task = claim(person, REVIEW, p_known_answer=1.0, seed=number)
        assert task.known_answer
        handed_out.append((task, person))
    return handed_out


def test_a_review_of_a_known_answer_is_taken_back_like_any_other() -> None:
    for task, person in known_reviews(12):
        if task.pk.int % 3 == 0:
            continue
        before = Message.objects.get(pk=task.message_id)
        submit(task, person)
        back = undo(task, person)
        after = Message.objects.get(pk=task.message_id)
        assert back.draft == draft_for(task, person)
        assert (after.review_count, after.review_result) == (before.review_count, before.review_result)
        assert back.task.state == TaskState.CLAIMED
        assert not submit(task, person, now=SOON).repeated
    assert drifts() == []


def test_of_known_answers_as_many_stand_as_of_others_and_always_the_same_ones() -> None:
    refused = 0
    tasks = known_reviews(36)
    for task, person in tasks:
        submit(task, person)
        try:
            undo(task, person)
        except AnswerCounts as refusal:
            refused += 1
            with pytest.raises(AnswerCounts, match=str(refusal)):
                undo(task, person)
    # The third of three reviews decides: one in three, give or take what chance does once in a million runs.
    assert 0 < refused < 33
