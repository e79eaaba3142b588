"""Red flags, reports and skips that act by themselves, and moderators who say it was nothing."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction

from accounts.access import UserDisabled
from accounts.models import Status
from moderation import actions, automatic, reports
from moderation.models import Action, ActionLog, QueueItem, Report
from tasks import reactions
from tasks.drafts import InvalidLabel
from tasks.kinds import Kind
from tasks.models import Message, Reaction, Skip, Tree
from tasks.refusals import MessageNotFound
from tasks.tree_states import State
from tests.making import (
    NOW,
    drifts,
    given,
    make_moderator,
    make_people,
    make_person,
    make_tree,
    openings,
    replies_to,
    root_of,
)

pytestmark = pytest.mark.django_db


def flag(message: Message, times: int) -> None:
    for person in make_people(times):
        reactions.toggle(message_id=message.pk, person=person, emoji="red_flag", now=NOW)


def skipped(message: Message, times: int) -> None:
    Skip.objects.bulk_create(
        Skip(person=person, message=message, kind=Kind.ASSISTANT_REPLY, created_at=NOW) for person in make_people(times)
    )


def moderate(**changes: object) -> int:
    return automatic.moderate(**given(**changes))


@pytest.mark.parametrize(
    "state", [State.INITIAL_PROMPT_REVIEW, State.PROMPT_LOTTERY_WAITING, State.GROWING, State.RANKING]
)
def test_four_red_flags_on_a_prompt_end_its_tree_and_three_do_not(state: State) -> None:
    tree = make_tree(state=state)
    flag(root_of(tree), 3)
    assert moderate() == 0
    flag(root_of(tree), 1)
    assert moderate() == 1
    tree.refresh_from_db()
    assert tree.state == State.ABORTED_LOW_GRADE
    assert QueueItem.objects.get(message=tree.pk).processed is False
    assert moderate() == 0
    assert drifts() == []


def test_four_red_flags_on_a_reply_delete_it_and_nobody_is_named() -> None:
    tree = make_tree(replies=2)
    reply = replies_to(root_of(tree))[0]
    flag(reply, 4)
    assert moderate() == 1
    reply.refresh_from_db()
    assert reply.deleted
    assert openings(tree)[Kind.ASSISTANT_REPLY] == 2
    line = ActionLog.objects.get()
    assert (line.action, line.by, line.message) == (Action.DELETE_MESSAGE, None, reply)
    assert drifts() == []


def test_a_finished_tree_waits_for_a_moderator() -> None:
    tree = make_tree(state=State.READY_FOR_EXPORT)
    flag(root_of(tree), 4)
    assert moderate() == 0
    tree.refresh_from_db()
    assert tree.state == State.READY_FOR_EXPORT


def test_twenty_five_skips_halt_a_tree_and_twenty_four_do_not() -> None:
    tree = make_tree()
    skipped(root_of(tree), 24)
    assert moderate() == 0
    skipped(root_of(tree), 1)
    assert moderate() == 1
    tree.refresh_from_db()
    assert tree.state == State.HALTED_BY_MODERATOR
    logged = ActionLog.objects.get()
    assert (logged.action, logged.by, logged.tree_id) == (Action.HALT_TREE, None, tree.pk)


def test_skips_of_reviews_do_not_count() -> None:
    tree = make_tree()
    skipped(root_of(tree), 30)
    Skip.objects.update(kind=Kind.LABEL_INITIAL_PROMPT)
    assert moderate() == 0


def test_it_can_be_switched_off() -> None:
    tree = make_tree()
    flag(root_of(tree), 9)
    assert moderate(auto_mod_enabled=False) == 0
    assert moderate(auto_mod_red_flags=10) == 0


def test_flags_a_moderator_cleared_do_not_act_again() -> None:
    tree = make_tree(replies=1)
    (reply,) = replies_to(root_of(tree))
    flag(reply, 4)
    reports.put_flagged(message=reply, now=NOW)
    actions.clear_flags(message_id=reply.pk, by=make_moderator(), why="harmless", now=NOW)
    assert moderate() == 0
    assert QueueItem.objects.get().processed
    assert ActionLog.objects.get().action == Action.CLEAR_FLAGS
    Reaction.objects.update(created_at=NOW + timedelta(seconds=1))
    assert moderate() == 0, "a moderator overruled them for good"
    reports.put_flagged(message=reply, now=NOW)
    assert not QueueItem.objects.get().processed, "but a new flag calls a moderator"


def test_a_reply_that_a_moderator_brought_back_is_not_deleted_again() -> None:
    tree = make_tree(replies=1)
    (reply,) = replies_to(root_of(tree))
    flag(reply, 4)
    moderate()
    actions.undelete_message(message_id=reply.pk, by=make_moderator(), why="fine", **given())
    assert moderate() == 0
    reply.refresh_from_db()
    assert not reply.deleted
    assert drifts() == []


@pytest.mark.parametrize("why", [flag, skipped])
def test_a_tree_that_a_moderator_resumed_is_not_stopped_again(why: object) -> None:
    tree = make_tree()
    why(root_of(tree), 25)  # type: ignore[operator]
    assert moderate() == 1
    actions.resume_tree(tree_id=tree.pk, by=make_moderator(), why="fine", **given())
    assert moderate() == 0
    assert Tree.objects.get().state == State.GROWING
    assert drifts() == []


def test_a_red_flag_wakes_automatic_moderation(django_capture_on_commit_callbacks: object) -> None:
    tree = make_tree()
    with django_capture_on_commit_callbacks() as callbacks:  # type: ignore[operator]
        flag(root_of(tree), 1)
    assert len(callbacks) == 1


def report(tree: Tree, **changes: object) -> Report:
    arguments = {"person": make_person(), "labels": ["spam"], "text": "Look at this.", "now": NOW, **changes}
    return reports.report(message_id=tree.pk, **arguments)  # type: ignore[arg-type]


def test_a_report_is_kept_whole_flags_the_message_and_queues_it() -> None:
    tree = make_tree()
    stored = report(tree, text="Look at this.\r\nIt is " + "long. " * 1000)
    assert stored.text.endswith("long.")
    assert stored.labels == ["spam"]
    assert Reaction.objects.get().emoji == "red_flag"
    assert QueueItem.objects.get().processed is False


def test_a_new_report_puts_a_handled_message_back_into_the_queue() -> None:
    tree = make_tree()
    report(tree)
    actions.clear_flags(message_id=tree.pk, by=make_moderator(), why="", now=NOW)
    later = NOW + timedelta(hours=1)
    report(tree, now=later)
    entry = QueueItem.objects.get()
    assert (entry.processed, entry.created_at) == (False, later)
    assert Report.objects.count() == 2


def test_a_report_that_cannot_be_taken_is_refused() -> None:
    tree = make_tree(replies=1, verdict=False)
    with pytest.raises(InvalidLabel):
        report(tree, labels=["boring"])
    with pytest.raises(UserDisabled):
        report(tree, person=make_person(status=Status.BANNED))
    with pytest.raises(MessageNotFound):
        reports.report(message_id=replies_to(root_of(tree))[0].pk, person=make_person(), labels=[], text="", now=NOW)
    assert not Report.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_flags_that_a_moderator_clears_while_the_job_waits_do_nothing() -> None:
    tree = make_tree(replies=2)
    reply = replies_to(root_of(tree))[0]
    flag(reply, 4)
    reports.put_flagged(message=reply, now=NOW)
    moderator = make_moderator()

    def job() -> int:
        try:
            return moderate()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            actions.clear_flags(message_id=reply.pk, by=moderator, why="", now=NOW)
            acted = pool.submit(job)
            wait_until_somebody_waits_for_a_lock()
        assert acted.result(timeout=10) == 0
    reply.refresh_from_db()
    assert not reply.deleted
    assert QueueItem.objects.get().processed


def wait_until_somebody_waits_for_a_lock() -> None:
    with connection.cursor() as cursor:
        for _ in range(100):
            cursor.execute("SELECT 1 FROM pg_locks WHERE NOT granted")
            if cursor.fetchone():
                return
            time.sleep(0.05)
    pytest.fail("The job did not wait for the tree.")
