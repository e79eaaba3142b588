"""What moderators do to people: warn, suspend for a time, ban, and let them back. Each is logged, and they are told."""

from __future__ import annotations

from datetime import datetime
from random import Random
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import shut_out, ways_in
from accounts.models import NewsKind, Role, Status, User
from common.errors import DomainError, ErrorCode
from moderation import telling
from moderation.log import UNEXPLAINED, Grounds, NotAboveThem, NotAllowed, lock_subject, log
from moderation.models import Action, ActionLog
from tasks import assignment, locking, trees
from tasks.models import Tree
from tasks.rules import TreeRules
from tasks.tree_states import Event, State


class AccountClosed(DomainError):
    code = ErrorCode.MOVE_NOT_POSSIBLE
    status = 409
    sentence = _("This account was closed. Nobody can sign in to it, so there is nothing to be done to it.")


class NothingToldThem(DomainError):
    code = ErrorCode.INVALID_REQUEST
    status = 422
    sentence = _("Write what the person should know: a warning without words warns of nothing.")


class EndsBeforeItBegins(DomainError):
    code = ErrorCode.INVALID_REQUEST
    status = 422
    sentence = _("A suspension has to end in the future.")


@transaction.atomic
def warn(*, person_id: UUID, by: User, why: str, now: datetime, grounds: Grounds) -> User:
    """Write to a person what they should not do again. They read it among their news.

    Raises NotAllowed, NotAboveThem, PersonNotFound, AccountClosed, NothingToldThem.
    """
    if not grounds.told.strip():
        raise NothingToldThem
    person = _subject(person_id, by)
    line = log(Action.WARN_PERSON, by=by, now=now, why=why, grounds=grounds, person=person)
    telling.of_sanction(line, kind=NewsKind.WARNED, until=None, now=now)
    return person


def suspend(
    *,
    person_id: UUID,
    until: datetime,
    by: User,
    why: str,
    now: datetime,
    rules: TreeRules,
    rng: Random,
    grounds: Grounds = UNEXPLAINED,
) -> User:
    """Until then nothing more is handed out to this person, and nothing taken. What they hold goes back. They may sign
    in, to read why. Raises NotAllowed, NotAboveThem, PersonNotFound, AccountClosed, EndsBeforeItBegins."""
    if until <= now:
        raise EndsBeforeItBegins
    with transaction.atomic():
        person = _subject(person_id, by)
        line = _set_status(person, Status.SUSPENDED, Action.SUSPEND_PERSON, by, why, now, grounds, until)
        telling.of_sanction(line, kind=NewsKind.SUSPENDED, until=until, now=now)
    assignment.return_all_of(person=person, now=now, rules=rules, rng=rng)
    return person


def end_suspensions(*, now: datetime) -> int:
    """Let everybody take part again whose time is over. Returns how many. A sweep may run twice."""
    shut_out.forget_ended()
    over = User.objects.filter(status=Status.SUSPENDED, suspended_until__lte=now)
    return sum(_end_suspension(pk, now) for pk in list(over.values_list("id", flat=True)))


@transaction.atomic
def _end_suspension(person_id: UUID, now: datetime) -> bool:
    ended = User.objects.filter(pk=person_id, status=Status.SUSPENDED, suspended_until__lte=now)
    if not ended.update(status=Status.ACTIVE, suspended_until=None):
        return False  # A moderator was quicker.
    log(Action.END_SUSPENSION, by=None, now=now, why="Its time was over.", person_id=person_id)
    return True


def ban_person(
    *,
    person_id: UUID,
    by: User,
    why: str,
    now: datetime,
    rules: TreeRules,
    rng: Random,
    grounds: Grounds = UNEXPLAINED,
) -> User:
    """Nothing more is handed out to this person, and they cannot sign in, nor open another account in the ways they
    had; what they hold goes back; their prompts not yet growing are halted.

    The status is committed first: whatever happens afterwards, a ban is a ban. Doing it again finishes the rest.
    Raises NotAllowed, NotAboveThem, PersonNotFound, AccountClosed.
    """
    with transaction.atomic():
        person = _subject(person_id, by)
        _set_status(person, Status.BANNED, Action.BAN_PERSON, by, why, now, grounds)
        shut_out.shut(person=person, now=now)
    let_go(person=person, by=by, why=why, now=now, rules=rules, rng=rng)
    return person


@transaction.atomic
def unban_person(*, person_id: UUID, by: User, why: str, now: datetime, grounds: Grounds = UNEXPLAINED) -> User:
    """The person may take part again, whether they were banned or suspended. Halted prompts stay halted until a
    moderator resumes them. Raises NotAllowed, NotAboveThem, PersonNotFound, AccountClosed."""
    person = _subject(person_id, by)
    _set_status(person, Status.ACTIVE, Action.UNBAN_PERSON, by, why, now, grounds)
    shut_out.let_in(person=person)
    return person


@transaction.atomic
def set_role(*, person_id: UUID, role: Role, by: User, why: str, now: datetime) -> User:
    """Make somebody a moderator, or take that back. Administrators do it, and only to those below them: they make no
    other administrators. Raises NotAllowed, NotAboveThem, PersonNotFound, AccountClosed."""
    if not by.is_admin:
        raise NotAllowed(_("Only administrators may do this."))
    person = _subject(person_id, by)
    if role == Role.ADMIN:
        raise NotAboveThem
    before = person.role
    person.role = role
    person.save(update_fields=["role"])
    # Moderators are signed in for a shorter time, so they begin anew.
    person = ways_in.end_other_sessions(person=person)
    log(Action.SET_ROLE, by=by, now=now, why=why, before={"role": before}, after={"role": role.value}, person=person)
    return person


@transaction.atomic
def end_sessions(*, person_id: UUID, by: User, why: str, now: datetime) -> User:
    """Sign somebody out on every device, as when a stranger may have their phone. They can sign in again. Raises
    NotAllowed, NotAboveThem, PersonNotFound, AccountClosed."""
    person = ways_in.end_other_sessions(person=_subject(person_id, by))
    log(Action.END_SESSIONS, by=by, now=now, why=why, person=person)
    return person


def let_go(*, person: User, by: User, why: str, now: datetime, rules: TreeRules, rng: Random) -> None:
    """What a person holds goes back, and their prompts not yet growing are halted: nobody would draw them any more.
    One transaction per task and tree."""
    assignment.return_all_of(person=person, now=now, rules=rules, rng=rng)
    waiting = Tree.objects.in_state(State.INITIAL_PROMPT_REVIEW, State.PROMPT_LOTTERY_WAITING).filter(
        messages__author=person, messages__parent__isnull=True
    )
    for tree_id in list(waiting.values_list("id", flat=True)):
        with transaction.atomic():
            tree = locking.lock_tree(tree_id)
            trees.advance(tree=tree, event=Event.AUTHOR_BANNED, by=by, now=now, rules=rules, rng=rng, why=why)


def _subject(person_id: UUID, by: User) -> User:
    person = lock_subject(person_id, by=by)
    if person.status == Status.DELETED:
        raise AccountClosed  # Banned or unbanned, a closed account could be signed in to again.
    return person


def _set_status(
    person: User,
    status: Status,
    action: Action,
    by: User,
    why: str,
    now: datetime,
    grounds: Grounds,
    until: datetime | None = None,
) -> ActionLog:
    before = {"status": person.status, "until": person.suspended_until and person.suspended_until.isoformat()}
    person.status, person.suspended_until = status, until
    person.save(update_fields=["status", "suspended_until"])
    after = {"status": status.value, "until": until and until.isoformat()}
    return log(action, by=by, now=now, why=why, grounds=grounds, before=before, after=after, person=person)
