"""Locks, seen by holding them: a second connection has the row, and ours must wait for it or pass by."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
from django.db import OperationalError, connection, transaction

from moderation import actions
from tasks import assignment, known_answers, locking, lottery, rewards, rulebook, scoring
from tasks.kinds import Kind
from tasks.models import Task, TaskState, Tree
from tasks.refusals import NothingAvailable
from tasks.tree_states import Event, State
from tests.making import (
    NOW,
    add_message,
    advance,
    another_connection,
    at_once,
    claim,
    draft_for,
    drifts,
    given,
    held,
    impatient,
    make_moderator,
    make_people,
    make_person,
    make_tree,
    openings,
    replies_to,
    root_of,
    rules,
    submit,
)

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_claim_passes_by_a_row_that_somebody_is_just_taking() -> None:
    make_tree(width=2)
    first, second = Task.objects.open().order_by("to_go", "dice")
    with held("tasks_task", first.pk), impatient():
        assert claim(make_person(), Kind.ASSISTANT_REPLY).pk == second.pk
        with pytest.raises(NothingAvailable):
            claim(make_person(), Kind.ASSISTANT_REPLY)
    assert claim(make_person(), Kind.ASSISTANT_REPLY).pk == first.pk


def test_a_claim_does_not_wait_for_the_tree() -> None:
    tree = make_tree()
    with held("tasks_tree", tree.pk), impatient():
        assert claim(make_person(), Kind.ASSISTANT_REPLY)


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        (State.INITIAL_PROMPT_REVIEW, Kind.LABEL_INITIAL_PROMPT),
        (State.GROWING, Kind.ASSISTANT_REPLY),
        (State.RANKING, Kind.RANK_ASSISTANT_REPLIES),
    ],
)
def test_an_answer_waits_for_the_tree_so_two_last_reviews_cannot_both_decide(state: State, kind: Kind) -> None:
    tree = make_tree(state=state)
    person = make_person()
    task = claim(person, kind)
    draft = draft_for(task, person)
    with held("tasks_tree", tree.pk), impatient(), pytest.raises(OperationalError, match="lock timeout"):
        submit(task, person, draft)
    task.refresh_from_db()
    assert task.state == TaskState.CLAIMED, "nothing of it was stored"
    assert not submit(task, person, draft).repeated


def test_skips_releases_and_returns_wait_for_the_tree() -> None:
    tree = make_tree()
    person = make_person()
    task = claim(person, Kind.ASSISTANT_REPLY)
    late = NOW + timedelta(days=1)
    for deed in (
        partial(assignment.skip, task_id=task.pk, by=person, reason=None, text="", **given()),
        partial(assignment.release, task_id=task.pk, by=person, **given()),
        partial(assignment.return_expired, **given(now=late)),
        partial(actions.halt_tree, tree_id=tree.pk, by=make_moderator(), why="", **given()),
    ):
        with held("tasks_tree", tree.pk), impatient(), pytest.raises(OperationalError, match="lock timeout"):
            deed()


def test_two_last_reviews_at_once_decide_once() -> None:
    tree = make_tree(state=State.INITIAL_PROMPT_REVIEW)
    people = make_people(3)
    tasks = [claim(person, Kind.LABEL_INITIAL_PROMPT) for person in people]
    at_once(*(partial(submit, task, person) for task, person in zip(tasks, people, strict=True)))
    assert (root_of(tree).review_count, root_of(tree).review_result) == (3, True)
    assert tree.transitions.filter(to_state=State.PROMPT_LOTTERY_WAITING).count() == 1
    assert drifts() == []


def test_a_double_click_from_two_processes_answers_once() -> None:
    tree = make_tree()
    person = make_person()
    task = claim(person, Kind.ASSISTANT_REPLY)
    draft = draft_for(task, person)
    receipts = at_once(*[partial(submit, task, person, draft)] * 4)
    assert sorted(receipt.repeated for receipt in receipts) == [False, True, True, True]
    assert len({receipt.answer_id for receipt in receipts}) == 1
    assert len(replies_to(root_of(tree))) == 1
    assert drifts() == []


def test_two_tabs_of_one_person_get_one_task_of_a_message() -> None:
    make_tree(width=3)
    person = make_person()

    def attempt() -> bool:
        try:
            return bool(claim(person, Kind.ASSISTANT_REPLY))
        except NothingAvailable:
            return False

    assert sum(at_once(*[attempt] * 4)) == 1
    assert drifts() == []


def waiting_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        return bool(cursor.fetchone()[0])


def claimed_by_another(cursor: object, task: Task, person_id: object) -> None:
    cursor.execute(  # type: ignore[attr-defined]
        "UPDATE tasks_task SET state = 'claimed', claimed_by_id = %s, claimed_at = %s, expires_at = %s WHERE id = %s",
        [person_id, NOW, NOW + timedelta(hours=1), task.pk],
    )


def test_a_claim_that_comes_while_its_message_is_deleted_goes_back() -> None:
    """Claims do not wait for the tree: this one commits after the moderator's plan was made."""
    tree = make_tree(replies=1)
    (reply,) = replies_to(root_of(tree))
    opening = Task.objects.open().get(message=reply)
    person, moderator = make_person(), make_moderator()
    delete = partial(actions.delete_message, message_id=reply.pk, by=moderator, why="spam", **given())
    with another_connection() as cursor:
        claimed_by_another(cursor, opening, person.pk)

        def commit_when_waited_for() -> None:
            while not waiting_for_a_lock():
                pass
            cursor.connection.commit()

        at_once(delete, commit_when_waited_for)
    opening.refresh_from_db()
    assert (opening.state, opening.last_holder) == (TaskState.WITHDRAWN, person)
    assert drifts() == []


def test_a_late_answer_goes_to_the_claim_that_another_tab_is_just_making() -> None:
    tree = make_tree(width=2)
    person = make_person()
    missed = claim(person, Kind.ASSISTANT_REPLY)
    late = NOW + timedelta(days=1)
    assignment.return_expired(**given(now=late))
    other = Task.objects.open().exclude(pk=missed.pk).get()
    draft = draft_for(missed, person)
    with another_connection() as cursor:
        claimed_by_another(cursor, other, person.pk)

        def commit_when_waited_for() -> None:
            while not waiting_for_a_lock():
                pass
            cursor.connection.commit()

        receipt, _ = at_once(partial(submit, missed, person, draft, now=late), commit_when_waited_for)
    assert receipt.task_id == other.pk
    assert openings(tree)[Kind.ASSISTANT_REPLY] == 1
    assert drifts() == []


def test_the_lottery_waits_for_its_language_and_no_other() -> None:
    make_tree(state=State.PROMPT_LOTTERY_WAITING)
    make_tree(state=State.PROMPT_LOTTERY_WAITING, lang="de")
    with another_connection() as cursor, impatient():
        with transaction.atomic():
            locking.lock_language("en")
            cursor.execute("SET LOCAL lock_timeout = '100ms'")
            with pytest.raises(OperationalError, match="lock timeout"):
                cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", language_key("en"))
        cursor.connection.rollback()
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", language_key("en"))
        with pytest.raises(OperationalError, match="lock timeout"):
            lottery.run_for(lang="en", **given())
        assert lottery.run_for(lang="de", **given()) == 1


def language_key(lang: str) -> list[int]:
    from zlib import crc32

    return [locking.OURS, crc32(lang.encode()) - 2**31]


def test_the_lottery_never_grows_more_than_the_limit_from_several_processes() -> None:
    for _ in range(6):
        make_tree(state=State.PROMPT_LOTTERY_WAITING)
    at_once(*[partial(lottery.run_for, lang="en", **given(max_active_trees=1)) for _ in range(8)])
    assert Tree.objects.in_state(State.GROWING).count() == 1
    assert Tree.objects.in_state(State.PROMPT_LOTTERY_WAITING).count() == 5


def test_prompts_wanted_are_opened_once_from_several_processes() -> None:
    at_once(*[partial(lottery.run_for, lang="en", **given()) for _ in range(4)])
    assert Task.objects.open().filter(lang="en").count() == 110


def test_jobs_pass_by_a_tree_that_somebody_is_working_on() -> None:
    busy = make_tree(state=State.READY_FOR_SCORING, replies=2)
    free = make_tree(state=State.READY_FOR_SCORING, replies=2)
    with held("tasks_tree", busy.pk), impatient():
        assert scoring.score_waiting(**given()) == 1
        assert rewards.settle_points(now=NOW) == 1
    free.refresh_from_db()
    busy.refresh_from_db()
    assert (free.state, busy.state) == (State.READY_FOR_EXPORT, State.READY_FOR_SCORING)
    assert scoring.score_waiting(**given()) == 1


def test_several_scoring_jobs_at_once_score_each_tree_once() -> None:
    for _ in range(6):
        make_tree(state=State.READY_FOR_SCORING, replies=2)
    assert sum(at_once(*[partial(scoring.score_waiting, **given()) for _ in range(3)])) == 6
    assert drifts() == []


def test_rules_are_changed_one_after_the_other() -> None:
    with another_connection() as cursor, impatient():
        cursor.execute("SELECT pg_advisory_xact_lock(%s, -1)", [locking.OURS])
        with pytest.raises(OperationalError, match="lock timeout"):
            rulebook.change(changes={"goal_tree_size": 9}, by=None, note="", now=NOW)
    at_once(
        partial(rulebook.change, changes={"goal_tree_size": 9}, by=None, note="", now=NOW),
        partial(rulebook.change, changes={"max_tree_depth": 5}, by=None, note="", now=NOW),
    )
    assert (rules().goal_tree_size, rules().max_tree_depth) == (9, 5), "neither change undid the other"


def test_a_lock_outside_a_transaction_is_a_mistake() -> None:
    tree = make_tree()
    with pytest.raises(transaction.TransactionManagementError):
        locking.lock_tree(tree.pk)


def test_two_moderators_move_a_tree_one_after_the_other() -> None:
    tree = make_tree()
    halt = partial(actions.halt_tree, tree_id=tree.pk, why="", **given())
    at_once(*(partial(halt, by=make_moderator()) for _ in range(2)))
    assert tree.transitions.filter(event=Event.HALTED).count() == 1
    assert advance(tree).state == State.HALTED_BY_MODERATOR


def test_a_known_answer_is_not_handed_out_while_somebody_moves_its_tree() -> None:
    tree = make_tree(replies=2)
    add_message(tree=tree, parent=root_of(tree), verdict=None)
    advance(tree)
    known_answers.promote(**given())
    with held("tasks_tree", tree.pk), impatient():
        assert not claim(make_person(), Kind.LABEL_ASSISTANT_REPLY, p_known_answer=1.0).known_answer
    assert claim(make_person(), Kind.LABEL_ASSISTANT_REPLY, p_known_answer=1.0).known_answer
