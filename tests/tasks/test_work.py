"""What a person sees of a task: the conversation up to the message in question, and nothing of who wrote it."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tasks import lottery, work
from tasks.kinds import Kind
from tasks.models import Task
from tests.making import (
    State,
    add_message,
    advance,
    claim,
    given,
    make_people,
    make_person,
    make_tree,
    replies_to,
    root_of,
    submit,
)

pytestmark = pytest.mark.django_db


def test_a_conversation_is_shown_from_the_prompt_to_the_message_in_question() -> None:
    tree = make_tree(replies=2)
    reply = replies_to(root_of(tree))[1]
    under_review = add_message(tree=tree, parent=reply, verdict=None)
    advance(tree)
    person = make_person()
    task = claim(person, Kind.LABEL_PROMPTER_REPLY, p_full_labeling_review_reply_prompter=0.0)
    with CaptureQueriesContext(connection) as queries:
        shown = work.show(task, person=person)
    assert len(queries) <= 2
    assert shown.conversation == [root_of(tree), reply, under_review]
    assert shown.message == under_review
    assert [name for name, _label in shown.labels] == ["spam", "lang_mismatch", "quality"]


def test_a_new_prompt_has_no_conversation() -> None:
    lottery.run_for(lang="en", **given())
    person = make_person()
    shown = work.show(claim(person, Kind.INITIAL_PROMPT), person=person)
    assert (shown.conversation, shown.message, shown.replies, shown.labels) == ([], None, [], [])


def test_replies_to_rank_are_shuffled_for_each_person_and_stay_so() -> None:
    make_tree(state=State.RANKING, replies=5, width=5)
    orders = set()
    for person in make_people(3):
        task = claim(person, Kind.RANK_ASSISTANT_REPLIES)
        first = [reply.pk for reply in work.show(task, person=person).replies]
        assert [reply.pk for reply in work.show(task, person=person).replies] == first
        submit(task, person)
        done = Task.objects.get(pk=task.pk)
        assert [reply.pk for reply in work.show(done, person=person).replies] == first
        orders.add(tuple(first))
    assert len(orders) == 3
