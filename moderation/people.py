"""What moderators do to accounts: edit them, close them, hide all somebody wrote. Each is logged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from random import Random
from uuid import UUID

from django.db import transaction

from accounts import access, profiles, ways_in
from accounts.locking import PersonNotFound, lock_person
from accounts.models import News, Status, User
from moderation import actions, sanctions
from moderation.log import check, lock_subject, log
from moderation.models import Action, ActionLog
from tasks.models import Message, SavedDraft
from tasks.refusals import MessageNotFound
from tasks.rules import TreeRules

#: What stands for the name of a closed account. Stored, so it is not translated.
NOBODY = "Deleted user"
#: What is done to an account that bears on whether its person may come back, and which of it lets them.
SHUTTING_OUT = (Action.BAN_PERSON, Action.PURGE_PERSON, Action.CLOSE_ACCOUNT)
LETTING_IN = (Action.UNBAN_PERSON,)


@dataclass(frozen=True)
class Changes:
    """What to change of an account; None leaves it as it is."""

    display_name: str | None = None
    notes: str | None = None
    show_on_leaderboard: bool | None = None
    enabled: bool | None = None
    """False bans, True takes a ban back."""
    accept_terms: bool = False
    """They accepted the terms in force elsewhere. Nothing takes that back."""


def edit(
    *, person_id: UUID, changes: Changes, by: User, why: str, now: datetime, rules: TreeRules, rng: Random
) -> User:
    """Change an account. A ban, or its end, is an action of its own; see `actions.ban_person`.

    Raises NotAllowed, PersonNotFound, AccountClosed: nobody comes back to a closed account, and it gets no name again.
    """
    person = _edit(person_id, changes, by, why, now)
    if changes.enabled is False and person.status != Status.DELETED:
        # Also of somebody banned already: that finishes what a ban may have left undone.
        return sanctions.ban_person(person_id=person_id, by=by, why=why, now=now, rules=rules, rng=rng)
    if changes.enabled and person.status != Status.ACTIVE:
        return sanctions.unban_person(person_id=person_id, by=by, why=why, now=now)
    return person


@transaction.atomic
def _edit(person_id: UUID, changes: Changes, by: User, why: str, now: datetime) -> User:
    person = lock_subject(person_id, by=by)
    wanted = {name: getattr(changes, name) for name in ("display_name", "notes", "show_on_leaderboard")}
    changed = [name for name, value in wanted.items() if value is not None and value != getattr(person, name)]
    if person.status == Status.DELETED and ("display_name" in changed or changes.enabled):
        raise sanctions.AccountClosed
    for name in changed:
        setattr(person, name, wanted[name])
    if changes.accept_terms and not access.accepted_terms(person):
        access.accept_terms(person=person, now=now)
        changed.append("terms")
    if changed:
        person.save(update_fields=[name for name in changed if name != "terms"])
        log(Action.EDIT_PERSON, by=by, now=now, why=f"{', '.join(changed)}. {why}", person=person)
    return person


def close_account(*, person_id: UUID, by: User, why: str, now: datetime, rules: TreeRules, rng: Random) -> User:
    """Forget who this person is: name, address, notes and what was only for them go, what they wrote stays and belongs
    to nobody known.

    By a moderator, or by the person. They cannot sign in any more; whoever comes again with the same name or address is
    somebody new. Only of somebody banned whom an API client brought, the client's name for them stays: it must find the
    closed account, or closing would lift the ban. Committed first, so that an account is closed whatever happens
    afterwards; closing it again finishes the rest. Raises NotAllowed, PersonNotFound.
    """
    person = _anonymise(person_id, by, why, now)
    _forget_what_was_theirs(person)
    sanctions.let_go(person=person, by=by, why=why, now=now, rules=rules, rng=rng)
    return person


@transaction.atomic
def _anonymise(person_id: UUID, by: User, why: str, now: datetime) -> User:
    person = lock_person(person_id) if by.pk == person_id else lock_subject(person_id, by=by)
    ways_in.forget(person=person)
    first_time = person.status != Status.DELETED
    if person.api_client_id is None or not _shut_out(person):
        person.username = f"deleted_{person.pk}"
    person.status, person.show_on_leaderboard = Status.DELETED, False
    person.display_name, person.email, person.notes = NOBODY, None, ""
    person.save(
        update_fields=["status", "show_on_leaderboard", "display_name", "username", "email", "notes"],
    )
    if first_time:
        log(Action.CLOSE_ACCOUNT, by=by, now=now, why=why, person=person)
    return person


@transaction.atomic
def _forget_what_was_theirs(person: User) -> None:
    """What nobody else ever saw. The person is locked last: whoever stores a draft may lock them after it."""
    SavedDraft.objects.filter(person=person).delete()
    News.objects.filter(person=person).delete()
    profiles.forget(person=person)


def _shut_out(person: User) -> bool:
    """Whether the person is banned, or was when the account was closed in another way than by a merge; once closed, the
    name is what closing made of it."""
    if person.status != Status.DELETED:
        return person.is_banned
    done = ActionLog.objects.filter(person=person, action__in=SHUTTING_OUT + LETTING_IN).order_by("id").last()
    return done is not None and done.action in SHUTTING_OUT


def delete_messages_of(*, person_id: UUID, by: User, why: str, now: datetime, rules: TreeRules, rng: Random) -> int:
    """Hide everything a person wrote, with all that is below it. Returns how many messages were hidden.

    One message per transaction, each logged: a person who wrote much must not keep trees locked. Doing it again
    finishes what broke off. Raises NotAllowed, PersonNotFound.
    """
    check(by)
    if not User.objects.filter(pk=person_id).exists():
        raise PersonNotFound
    hidden = 0
    left = Message.objects.filter(author=person_id, deleted=False).order_by("depth", "created_at", "id")
    for message_id in list(left.values_list("id", flat=True)):
        try:
            hidden += actions.delete_message(message_id=message_id, by=by, why=why, now=now, rules=rules, rng=rng)
        except MessageNotFound:
            pass  # Somebody purged it meanwhile.
    return hidden
