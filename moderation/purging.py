"""Removes for good what a person wrote, tree by tree, so that nobody else's work is lost with it.

Their messages lose their text. Where others wrote below, an empty place stays, and what they wrote is hidden with it:
nobody can follow an answer to nothing. It stays theirs, with its text and its points, and they are told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from accounts import shut_out
from accounts.models import PointEntry, Status, User
from common import nudges
from moderation import queue, removal, telling
from moderation.log import UNEXPLAINED, Grounds, lock_subject, log
from moderation.models import Action
from tasks import assignment, locking, trees
from tasks.models import HandedBack, Message, Ranking, Reaction, Reliability, Skip, Tree
from tasks.querysets import MessageQuerySet
from tasks.rules import TreeRules
from tasks.tree_states import Event, State

#: Trees of one slice: seconds of work, however large they are.
AT_ONCE = 200


@dataclass(frozen=True, kw_only=True)
class Gone:
    """What a purge took away, or would take."""

    own_by_lang: Counter[str] = field(default_factory=Counter)
    """Messages of the person that lost their text, by language."""
    others_by_lang: Counter[str] = field(default_factory=Counter)
    """Messages of others that are hidden with them, by language. Their text stays."""
    kept_by_lang: Counter[str] = field(default_factory=Counter)
    """Of both, those that could be read until now."""
    removed: int = 0
    """Messages of the person of which not even an empty place is left."""
    others: frozenset[UUID] = frozenset()
    """Who else wrote what is hidden."""
    rankings: int = 0
    """Rankings that count no more: by the person, or of something that is gone."""
    trees: int = 0
    """Trees that are gone altogether, for nobody else wrote in them."""
    touched: int = 0
    """All trees in which anything changed."""
    finished: int = 0
    """Of these, how many were finished."""
    moves: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Trees that changed their state, by from and to; to nothing for those that are gone."""

    @property
    def own(self) -> int:
        return self.own_by_lang.total()

    @property
    def hidden(self) -> int:
        return self.others_by_lang.total()

    @property
    def kept(self) -> int:
        return self.kept_by_lang.total()

    def __add__(self, more: Gone) -> Gone:
        return Gone(
            own_by_lang=self.own_by_lang + more.own_by_lang,
            others_by_lang=self.others_by_lang + more.others_by_lang,
            kept_by_lang=self.kept_by_lang + more.kept_by_lang,
            removed=self.removed + more.removed,
            others=self.others | more.others,
            rankings=self.rankings + more.rankings,
            trees=self.trees + more.trees,
            touched=self.touched + more.touched,
            finished=self.finished + more.finished,
            moves=self.moves + more.moves,
        )


@dataclass(frozen=True, kw_only=True)
class Slice:
    """A part of a purge."""

    gone: Gone
    after: UUID | None
    """The last tree of it; None when nothing is left."""
    left: int
    """Trees still to come."""


@dataclass(frozen=True, kw_only=True)
class Unwanted:
    """What of a person is to go."""

    person_id: UUID
    everything: bool = False
    """Their rankings, reactions and skips too, and the points for all that."""
    ban: bool = False
    """Their account is closed first, and their ways in with it, so nothing new comes in."""
    prompts: bool = True
    since: datetime | None = None
    until: datetime | None = None

    @property
    def messages(self) -> MessageQuerySet:
        found: MessageQuerySet = Message.objects.filter(author=self.person_id)
        if not self.prompts:
            found = found.filter(parent__isnull=False)
        if self.since is not None:
            found = found.filter(created_at__gte=self.since)
        if self.until is not None:
            found = found.filter(created_at__lte=self.until)
        return found

    def trees(self, after: UUID | None) -> list[UUID]:
        """The trees it is in that come after this one, in order."""
        found = set(self.messages.values_list("tree", flat=True))
        if self.everything:
            found |= set(Ranking.objects.filter(ranker=self.person_id).values_list("parent__tree", flat=True))
        return sorted(pk for pk in found if after is None or pk > after)


@dataclass(frozen=True, kw_only=True)
class _Purge:
    """One purge under way."""

    unwanted: Unwanted
    by: User
    why: str
    grounds: Grounds
    preview: bool
    now: datetime
    rules: TreeRules
    rng: Random


def purge_person(
    *,
    person_id: UUID,
    ban: bool,
    preview: bool,
    by: User,
    why: str,
    now: datetime,
    rules: TreeRules,
    rng: Random,
    grounds: Grounds = UNEXPLAINED,
) -> Gone:
    """Remove a person's messages, their rankings, reactions, skips, and the points for all that. With `ban` their
    account is closed first.

    Their reviews stay, and the points for them: verdicts that others gave together with them stand. One transaction per
    tree; doing it again finishes what broke off. A preview does it all to each tree and takes it back. Raises
    NotAllowed, NotAboveThem, PersonNotFound.
    """
    unwanted = Unwanted(person_id=person_id, everything=True, ban=ban)
    purge = _Purge(unwanted=unwanted, by=by, why=why, grounds=grounds, preview=preview, now=now, rules=rules, rng=rng)
    return _go_on(purge, after=None, at_once=None).gone


def purge_messages(
    *,
    person_id: UUID,
    prompts: bool,
    since: datetime | None,
    until: datetime | None,
    preview: bool,
    by: User,
    why: str,
    now: datetime,
    rules: TreeRules,
    rng: Random,
    grounds: Grounds = UNEXPLAINED,
) -> Gone:
    """Remove a person's messages of a time, both ends included. Prompts only if asked for: with a prompt its tree goes,
    or stops. Nothing else of the person changes. Raises NotAllowed, NotAboveThem, PersonNotFound."""
    unwanted = Unwanted(person_id=person_id, prompts=prompts, since=since, until=until)
    purge = _Purge(unwanted=unwanted, by=by, why=why, grounds=grounds, preview=preview, now=now, rules=rules, rng=rng)
    return _go_on(purge, after=None, at_once=None).gone


def purge_some(
    *,
    unwanted: Unwanted,
    after: UUID | None,
    preview: bool,
    by: User,
    why: str,
    now: datetime,
    rules: TreeRules,
    rng: Random,
    grounds: Grounds = UNEXPLAINED,
    at_once: int = AT_ONCE,
) -> Slice:
    """The same for so many trees after this one: a purge that takes longer than a job may goes on in the next. Raises
    NotAllowed, NotAboveThem, PersonNotFound."""
    purge = _Purge(unwanted=unwanted, by=by, why=why, grounds=grounds, preview=preview, now=now, rules=rules, rng=rng)
    return _go_on(purge, after=after, at_once=at_once)


def _go_on(purge: _Purge, *, after: UUID | None, at_once: int | None) -> Slice:
    person = _begin(purge, first=after is None)
    if purge.unwanted.everything and after is None and not purge.preview:
        assignment.return_all_of(person=person, now=purge.now, rules=purge.rules, rng=purge.rng)
    waiting = purge.unwanted.trees(after)
    gone = Gone()
    for tree_id in waiting[:at_once]:
        with transaction.atomic():
            gone += _purge_tree(tree_id, purge)
            if purge.preview:
                transaction.set_rollback(True)
    left = len(waiting[at_once:]) if at_once is not None else 0
    if purge.unwanted.everything and not left and not purge.preview:
        _forget(person)
    return Slice(gone=gone, after=waiting[at_once - 1] if left and at_once else None, left=left)


@transaction.atomic
def _begin(purge: _Purge, *, first: bool) -> User:
    """What must hold whatever breaks off later: the account is closed, and the log says who wanted it."""
    person = lock_subject(purge.unwanted.person_id, by=purge.by)
    if purge.preview or not first:
        return person
    before = {"status": person.status}
    if purge.unwanted.ban:
        shut_out.shut(person=person, now=purge.now)
        person.status, person.suspended_until = Status.DELETED, None
        person.save(update_fields=["status", "suspended_until"])
    log(
        Action.PURGE_PERSON if purge.unwanted.everything else Action.PURGE_MESSAGES,
        by=purge.by,
        now=purge.now,
        why=purge.why,
        grounds=purge.grounds,
        before=before,
        after={"status": str(person.status)},
        person=person,
    )
    return person


def _purge_tree(tree_id: UUID, purge: _Purge) -> Gone:
    try:
        tree = locking.lock_tree(tree_id)
    except locking.TreeNotFound:
        return Gone()  # Meanwhile somebody else purged it.
    own = list(purge.unwanted.messages.filter(tree=tree).values_list("id", flat=True))
    going, emptied = removal.split(tree, own)
    hidden = _others_below(tree, emptied)
    rankings = _rankings_to_remove(tree, going, emptied, purge.unwanted)
    gone = _counted(tree, own, hidden, going, rankings)
    removal.remove_places(rankings, own)
    removal.remove_rankings(rankings)
    removal.remove_messages(going)
    if tree.pk in going:
        tree.delete()
        nudges.soon("tasks.run_lottery")  # There may be room for another.
        return gone
    before = tree.state
    closed = _empty(emptied, hidden)
    halting = tree.pk in emptied and before != State.HALTED_BY_MODERATOR
    trees.advance(
        tree=tree,
        # Not every state asks whether the prompt is still there, and without it there is nothing to go on from.
        event=Event.HALTED if halting else Event.RECHECKED,
        by=purge.by,
        now=purge.now,
        rules=purge.rules,
        rng=purge.rng,
        why=purge.why,
    )
    if hidden:
        _tell_others(tree, before, closed, emptied, hidden, purge)
    if tree.state != before:
        gone.moves[before, tree.state] += 1
    return gone


def _others_below(tree: Tree, emptied: Collection[UUID]) -> list[UUID]:
    """What is hidden with the places that stay: what others wrote below, as far as it shows."""
    below = removal.with_all_below(tree, emptied)
    shown = Message.objects.filter(pk__in=below, deleted=False).exclude(pk__in=list(emptied))
    return list(shown.order_by("depth", "created_at", "id").values_list("id", flat=True))


def _rankings_to_remove(
    tree: Tree, going: Collection[UUID], emptied: Collection[UUID], unwanted: Unwanted
) -> list[Ranking]:
    """Those of what is gone, and those by the person. Rankings of what others wrote below an empty place stay."""
    names = {str(pk) for pk in (*going, *emptied)}
    without_parent = {str(pk) for pk in going}
    return [
        ranking
        for ranking in Ranking.objects.filter(parent__tree=tree).order_by("id")
        if names.intersection(ranking.shown)
        or str(ranking.parent_id) in without_parent
        or (unwanted.everything and ranking.ranker_id == unwanted.person_id)
    ]


def _empty(emptied: Collection[UUID], hidden: Collection[UUID]) -> list[UUID]:
    """Returns what moderators need not look at any more."""
    removal.empty(emptied)
    Message.objects.filter(pk__in=list(hidden)).update(deleted=True)
    appealed = Message.objects.filter(pk__in=list(hidden), appeal__decided_at=None, appeal__isnull=False)
    waiting = set(appealed.values_list("id", flat=True))  # Whoever appealed waits for an answer still.
    return queue.close(message_ids=[pk for pk in (*emptied, *hidden) if pk not in waiting])


def _tell_others(
    tree: Tree,
    before: str,
    closed: Collection[UUID],
    emptied: Collection[UUID],
    hidden: Collection[UUID],
    purge: _Purge,
) -> None:
    """A line of the log like that of any other removal, by which their authors find out why."""
    line = log(
        Action.DELETE_MESSAGE,
        by=purge.by,
        now=purge.now,
        why=purge.why,
        grounds=purge.grounds,
        before={"state": before, "open": [str(pk) for pk in closed]},
        after={"state": tree.state, "hidden": [str(pk) for pk in hidden]},
        message_id=next(iter(emptied)),
        tree=tree,
        person_id=purge.unwanted.person_id,
    )
    telling.of_removal(line, hidden=hidden, now=purge.now)
    telling.reporters(message_ids=[*emptied, *hidden], deleted=True, now=purge.now)


def _counted(
    tree: Tree,
    own: Collection[UUID],
    hidden: Collection[UUID],
    going: Collection[UUID],
    rankings: Collection[Ranking],
) -> Gone:
    rows = {pk: rest for pk, *rest in _rows([*own, *hidden])}
    whole = tree.pk in going
    state = str(tree.state)
    return Gone(
        own_by_lang=Counter(rows[pk][0] for pk in own),
        others_by_lang=Counter(rows[pk][0] for pk in hidden),
        kept_by_lang=Counter(lang for lang, deleted, _author in rows.values() if not deleted),
        removed=len(going),
        others=frozenset(rows[pk][2] for pk in hidden if rows[pk][2] is not None),
        rankings=len(rankings),
        trees=int(whole),
        touched=int(bool(own or rankings)),
        finished=int(state == State.READY_FOR_EXPORT and bool(own or rankings)),
        moves=Counter({(state, ""): 1} if whole else {}),
    )


def _rows(message_ids: Collection[UUID]) -> QuerySet[Any, Any]:
    return Message.objects.filter(pk__in=list(message_ids)).values_list("id", "lang", "deleted", "author_id")


@transaction.atomic
def _forget(person: User) -> None:
    """What is in no tree's counts. Of their points only those for reviews stay, as the reviews do."""
    for rows in (Reaction, Skip, HandedBack, Reliability):
        rows.objects.filter(person=person).delete()
    PointEntry.objects.filter(person=person).exclude(reason__in=removal.BY_REVIEWING).delete()
