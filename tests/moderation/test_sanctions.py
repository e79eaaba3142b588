"""Warnings, suspensions, bans and their end. Everybody concerned is told, and nobody touches their equals."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from accounts import access, shut_out
from accounts.locking import PersonNotFound
from accounts.models import News, NewsKind, Role, ShutOut, Status, User
from moderation import sanctions
from moderation.log import Grounds, NotAboveThem, NotAllowed
from moderation.models import Action, ActionLog
from tasks.kinds import Kind
from tasks.models import Task
from tasks.tree_states import State
from tests.making import NOW, claim, drifts, given, make_admin, make_moderator, make_person, make_tree

pytestmark = pytest.mark.django_db

TOLD = Grounds(reason="spam", told="Please read the guidelines.")
WEEK = NOW + timedelta(days=7)


def warn(person: User, by: User) -> User:
    return sanctions.warn(person_id=person.pk, by=by, why="", now=NOW, grounds=TOLD)


def suspend(person: User, by: User, **about: Any) -> User:
    return sanctions.suspend(person_id=person.pk, by=by, why="", grounds=TOLD, **{"until": WEEK, **given(), **about})


def ban(person: User, by: User) -> User:
    return sanctions.ban_person(person_id=person.pk, by=by, why="", grounds=TOLD, **given())


def unban(person: User, by: User) -> User:
    return sanctions.unban_person(person_id=person.pk, by=by, why="", now=NOW)


def test_a_warning_is_read_by_whom_it_is_for() -> None:
    person, moderator = make_person(), make_moderator()
    warn(person, moderator)
    news = News.objects.get()
    assert (news.person, news.kind, news.about["reason"]) == (person, NewsKind.WARNED, "spam")
    line = ActionLog.objects.get()
    assert (line.action, line.by, line.told) == (Action.WARN_PERSON, moderator, TOLD.told)


def test_a_warning_without_words_is_none() -> None:
    person, moderator = make_person(), make_moderator()
    with pytest.raises(sanctions.NothingToldThem):
        sanctions.warn(person_id=person.pk, by=moderator, why="", now=NOW, grounds=Grounds(reason="spam", told=" "))
    assert not News.objects.exists()


def test_a_suspended_person_gets_nothing_and_gives_back_what_they_hold_until_it_is_over() -> None:
    person, moderator = make_person(), make_moderator()
    make_tree()
    claim(person, Kind.ASSISTANT_REPLY)
    suspend(person, moderator)
    person.refresh_from_db()
    assert (person.status, person.suspended_until, person.is_active) == (Status.SUSPENDED, WEEK, True)
    assert not Task.objects.held_by(person).exists()
    with pytest.raises(access.UserDisabled):
        access.check_may_take_part(person)
    assert sanctions.end_suspensions(now=WEEK - timedelta(seconds=1)) == 0
    assert [sanctions.end_suspensions(now=WEEK) for _ in range(2)] == [1, 0]
    person.refresh_from_db()
    assert (person.status, person.suspended_until) == (Status.ACTIVE, None)
    assert ActionLog.objects.get(action=Action.END_SUSPENSION).by is None
    assert News.objects.get().about["until"] == WEEK.isoformat()


def test_a_suspension_ends_in_the_future_and_a_ban_ends_by_no_clock() -> None:
    person, moderator = make_person(), make_moderator()
    with pytest.raises(sanctions.EndsBeforeItBegins):
        suspend(person, moderator, until=NOW)
    suspend(person, moderator)
    ban(person, moderator)
    assert sanctions.end_suspensions(now=WEEK) == 0
    person.refresh_from_db()
    assert (person.status, person.suspended_until) == (Status.BANNED, None)


def test_a_ban_closes_the_ways_in_and_halts_prompts_and_its_end_opens_the_ways_again() -> None:
    person, moderator = make_person(email="them@example.org"), make_moderator()
    tree = make_tree(author=person, state=State.INITIAL_PROMPT_REVIEW)
    ban(person, moderator)
    tree.refresh_from_db()
    assert tree.state == State.HALTED_BY_MODERATOR
    assert shut_out.is_shut_out(email="them@example.org")
    unban(person, moderator)
    person.refresh_from_db()
    tree.refresh_from_db()
    assert (person.status, ShutOut.objects.exists()) == (Status.ACTIVE, False)
    assert tree.state == State.HALTED_BY_MODERATOR, "a moderator resumes it"
    lines = ActionLog.objects.filter(person=person).order_by("id")
    assert [(line.before["status"], line.after["status"]) for line in lines] == [
        ("active", "banned"),
        ("banned", "active"),
    ]
    assert drifts() == []


def test_a_closed_account_is_past_all_this() -> None:
    person, moderator = make_person(status=Status.DELETED), make_moderator()
    for deed in (warn, suspend, ban, unban):
        with pytest.raises(sanctions.AccountClosed):
            deed(person, moderator)
    assert not ActionLog.objects.exists()


@pytest.mark.parametrize("deed", [warn, suspend, ban, unban])
def test_nobody_does_it_to_somebody_of_their_rank_or_above(deed: Callable[[User, User], User]) -> None:
    volunteer, moderator, admin = make_person(), make_moderator(), make_admin()
    for person, by in ((moderator, make_moderator()), (admin, moderator), (admin, make_admin()), (admin, admin)):
        with pytest.raises(NotAboveThem):
            deed(person, by)
    for person in (volunteer, moderator):
        with pytest.raises(NotAllowed):
            deed(person, make_person())
    with pytest.raises(PersonNotFound):
        deed(User(), admin)
    assert not ActionLog.objects.exists()
    deed(volunteer, moderator)
    deed(moderator, admin)


def test_administrators_make_moderators_but_no_administrators() -> None:
    person, moderator, admin = make_person(), make_moderator(), make_admin()

    def give(role: Role, by: User) -> User:
        return sanctions.set_role(person_id=person.pk, role=role, by=by, why="trusted", now=NOW)

    with pytest.raises(NotAllowed):
        give(Role.MODERATOR, moderator)
    with pytest.raises(NotAboveThem):
        give(Role.ADMIN, admin)
    assert give(Role.MODERATOR, admin).is_moderator
    assert not give(Role.GENERAL, admin).is_moderator
    lines = ActionLog.objects.filter(action=Action.SET_ROLE).order_by("id")
    assert [(line.before["role"], line.after["role"]) for line in lines] == [
        ("general", "moderator"),
        ("moderator", "general"),
    ]
