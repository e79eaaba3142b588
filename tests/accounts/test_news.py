"""What people are told, and that nobody misses a line however the transactions overlap."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction

from accounts import news
from accounts.models import News, NewsKind, User
from accounts.news import BEGINNING
from moderation import actions, automatic, reports, sanctions
from tasks import assignment
from tasks.kinds import Kind
from tasks.models import Message
from tasks.tree_states import State
from tests.making import (
    NOW,
    add_message,
    advance,
    another_connection,
    claim,
    given,
    make_moderator,
    make_people,
    make_person,
    make_tree,
    replies_to,
    review,
    root_of,
)

pytestmark = pytest.mark.django_db(transaction=True)


def told(person: User) -> list[News]:
    return news.after(BEGINNING, person=person, limit=100)


def kinds(person: User) -> list[str]:
    return [row.kind for row in told(person)]


def line(person: User, source: str) -> News:
    return News(person=person, kind=NewsKind.TASK_EXPIRED, source=source, about={}, at=NOW)


def test_who_loses_a_task_to_the_deadline_is_told_each_time() -> None:
    make_tree(width=1)
    person = make_person()
    for day in (0, 1):
        task = claim(person, Kind.ASSISTANT_REPLY, now=NOW + timedelta(days=day))
        assert assignment.return_expired(**given(now=NOW + timedelta(days=day, hours=3))) == 1
    assert [(row.kind, row.about) for row in told(person)] == [
        ("task_expired", {"task_id": str(task.pk), "kind": "assistant_reply"})
    ] * 2


def test_who_gives_a_task_back_or_was_banned_is_told_nothing() -> None:
    make_tree(width=2)
    person, banned = make_people(2)
    task = claim(person)
    assignment.release(task_id=task.pk, by=person, **given())
    claim(banned)
    sanctions.ban_person(person_id=banned.pk, by=make_moderator(), why="", **given())
    assert told(person) == told(banned) == []


def test_a_verdict_is_told_when_the_tree_stops_growing_and_not_before() -> None:
    tree = make_tree(replies=2, verdict=None, goal=2)
    fine, poor = replies_to(root_of(tree))
    for number, message in enumerate((fine, poor)):
        for reviewer in make_people(3):
            assert Message.objects.get(pk=message.pk).review_result is None
            assert told(fine.author) == told(poor.author) == []
            review(message, by=reviewer, spam=float(number))
    tree.refresh_from_db()
    assert tree.state != State.GROWING
    assert [(row.kind, row.about) for row in told(fine.author)] == [
        ("message_accepted", {"message_id": str(fine.pk), "tree_id": str(tree.pk)})
    ]
    assert kinds(poor.author) == ["message_rejected"]


def test_the_first_verdict_of_two_is_told_with_the_second() -> None:
    tree = make_tree(replies=1, goal=3)
    (accepted,) = replies_to(root_of(tree))
    late = add_message(tree=tree, parent=root_of(tree), verdict=None)
    advance(tree)
    for reviewer in make_people(2):
        review(late, by=reviewer)
        assert told(accepted.author) == []
    review(late)
    assert kinds(accepted.author) == kinds(late.author) == ["message_accepted"]


def test_the_author_of_a_prompt_is_told_at_once() -> None:
    accepted = root_of(make_tree(state=State.INITIAL_PROMPT_REVIEW))
    for reviewer in make_people(3):
        review(accepted, by=reviewer)
    rejected = root_of(make_tree(state=State.INITIAL_PROMPT_REVIEW))
    for reviewer in make_people(3):
        review(rejected, by=reviewer, spam=1.0)
    assert kinds(accepted.author) == ["message_accepted"]
    assert kinds(rejected.author) == ["message_rejected"]


def test_a_tree_that_is_stopped_and_resumed_tells_once() -> None:
    tree = make_tree(replies=1)
    (reply,) = replies_to(root_of(tree))
    moderator = make_moderator()
    for _ in range(2):
        actions.halt_tree(tree_id=tree.pk, by=moderator, why="", **given())
        actions.resume_tree(tree_id=tree.pk, by=moderator, why="", **given())
    assert kinds(reply.author) == ["message_accepted"]


@pytest.mark.parametrize("decision", ["kept", "deleted"])
def test_who_reported_a_message_learns_what_was_decided(decision: str) -> None:
    tree = make_tree(replies=1)
    (reply,) = replies_to(root_of(tree))
    first, second, other = make_people(3)
    for person in (first, second):
        reports.report(message_id=reply.pk, person=person, labels=["spam"], text="", now=NOW)
    moderator = make_moderator()
    assert told(first) == []
    if decision == "kept":
        actions.clear_flags(message_id=reply.pk, by=moderator, why="", now=NOW)
    # What is below a deleted message goes with it.
    actions.delete_message(message_id=root_of(tree).pk, by=moderator, why="", **given())
    for person in (first, second):
        (answered,) = told(person)
        assert (answered.kind, answered.about["decision"]) == ("report_answered", decision)
        assert answered.about["message_id"] == str(reply.pk)
    assert told(other) == []


def test_automatic_moderation_answers_reports_too() -> None:
    tree = make_tree(replies=1)
    (reply,) = replies_to(root_of(tree))
    people = make_people(4)
    for person in people:
        reports.report(message_id=reply.pk, person=person, labels=["spam"], text="", now=NOW)
    automatic.moderate(**given(auto_mod_red_flags=4))
    assert [kinds(person) for person in people] == [["report_answered"]] * 4


def test_a_line_stored_early_and_committed_late_is_not_missed() -> None:
    """The trap of reading by id alone."""
    person = make_person()
    with another_connection() as slow:
        slow.execute(
            "INSERT INTO accounts_news (person_id, kind, source, about, at)"
            " VALUES (%s, 'task_expired', 'slow', '{}', %s)",
            [person.pk, NOW],
        )
        news.tell([line(person, "fast")])
        # The later one has committed, but a reader who went past it would never see the other.
        assert told(person) == []
        place = news.newest(person)
        slow.connection.commit()
    assert [row.source for row in news.after(place, person=person, limit=100)] == ["slow", "fast"]


def test_reading_goes_on_after_the_last_line_read() -> None:
    person, other = make_people(2)
    for number in range(5):
        news.tell([line(person, str(number)), line(other, f"other {number}")])
    with transaction.atomic():
        news.tell([line(person, "5"), line(person, "6")])
    seen, place = [], BEGINNING
    while page := news.after(place, person=person, limit=2):
        seen += [row.source for row in page]
        place = news.place_of(page[-1])
    assert seen == ["0", "1", "2", "3", "4", "5", "6"]
    assert place == news.newest(person)


def test_nobody_is_told_twice_and_old_lines_go() -> None:
    person = make_person()
    for _ in range(2):
        news.tell([line(person, "the same")])
    assert len(told(person)) == 1
    assert news.forget(now=NOW + timedelta(days=89)) == 0
    assert news.forget(now=NOW + timedelta(days=91)) == 1


def test_imported_messages_tell_nobody() -> None:
    tree = make_tree(replies=2)
    Message.objects.filter(tree=tree).update(task=None)
    actions.halt_tree(tree_id=tree.pk, by=make_moderator(), why="", **given())
    assert not News.objects.exists()
