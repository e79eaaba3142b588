"""Removes for good what a person wrote, tree by tree, and leaves every tree as if it had never been there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from uuid import UUID

from django.db import transaction

from accounts.models import PointEntry, Status, User
from common import nudges
from moderation import removal
from moderation.log import lock_subject, log
from moderation.models import Action
from tasks import assignment, locking, trees
from tasks.models import HandedBack, Message, Ranking, Reaction, Reliability, Skip
from tasks.querysets import MessageQuerySet
from tasks.rules import TreeRules
from tasks.tree_states import Event


@dataclass(frozen=True)
class Gone:
    """What a purge took away, or would take."""

    kept_by_lang: Counter[str] = field(default_factory=Counter)
    """Messages that were not deleted, by language."""
    deleted: int = 0
    """Messages that were hidden already."""
    trees: int = 0

    @property
    def kept(self) -> int:
        return self.kept_by_lang.total()

    def __add__(self, more: Gone) -> Gone:
        return Gone(self.kept_by_lang + more.kept_by_lang, self.deleted + more.deleted, self.trees + more.trees)


@dataclass(frozen=True, kw_only=True)
class Unwanted:
    """What of a person is to go."""

    person: User
    prompts: bool = True
    rankings: bool = False
    since: datetime | None = None
    until: datetime | None = None

    @property
    def messages(self) -> MessageQuerySet:
        found: MessageQuerySet = Message.objects.filter(author=self.person)
        if not self.prompts:
            found = found.filter(parent__isnull=False)
        if self.since is not None:
            found = found.filter(created_at__gte=self.since)
        if self.until is not None:
            found = found.filter(created_at__lte=self.until)
        return found

    @property
    def trees(self) -> list[UUID]:
        """The trees it is in, in order."""
        found = set(self.messages.values_list("tree", flat=True))
        if self.rankings:
            found |= set(Ranking.objects.filter(ranker=self.person).values_list("parent__tree", flat=True))
        return sorted(found)


@dataclass(frozen=True, kw_only=True)
class _Purge:
    """One purge under way."""

    by: User
    why: str
    preview: bool
    now: datetime
    rules: TreeRules
    rng: Random


def purge_person(
    *, person_id: UUID, ban: bool, preview: bool, by: User, why: str, now: datetime, rules: TreeRules, rng: Random
) -> Gone:
    """Remove a person's messages with everything below them, also what others wrote there; their rankings, reactions,
    skips, and the points for all that. With `ban` their account is closed first, so nothing new comes in.

    Their reviews stay, and the points for them: verdicts that others gave together with them stand. One transaction per
    tree; doing it again finishes what broke off. A preview does it all to each tree and takes it back. Raises
    NotAllowed, PersonNotFound.
    """
    purge = _Purge(by=by, why=why, preview=preview, now=now, rules=rules, rng=rng)
    person = _begin(Action.PURGE_PERSON, person_id, close=ban, purge=purge)
    if not preview:
        assignment.return_all_of(person=person, now=now, rules=rules, rng=rng)
    gone = _remove(Unwanted(person=person, rankings=True), purge)
    if not preview:
        _forget(person)
    return gone


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
) -> Gone:
    """Remove a person's messages of a time, both ends included, with everything below them. Prompts only if asked for:
    with a prompt goes its tree. Nothing else of the person changes. Raises NotAllowed, PersonNotFound."""
    purge = _Purge(by=by, why=why, preview=preview, now=now, rules=rules, rng=rng)
    person = _begin(Action.PURGE_MESSAGES, person_id, close=False, purge=purge)
    return _remove(Unwanted(person=person, prompts=prompts, since=since, until=until), purge)


@transaction.atomic
def _begin(action: Action, person_id: UUID, *, close: bool, purge: _Purge) -> User:
    """What must hold whatever breaks off later: the account is closed, and the log says who wanted it."""
    person = lock_subject(person_id, by=purge.by)
    if purge.preview:
        return person
    if close:
        person.status = Status.DELETED
        person.save(update_fields=["status"])
    log(action, by=purge.by, now=purge.now, why=purge.why, person=person)
    return person


def _remove(unwanted: Unwanted, purge: _Purge) -> Gone:
    gone = Gone()
    for tree_id in unwanted.trees:
        with transaction.atomic():
            gone += _remove_from(tree_id, unwanted, purge)
            if purge.preview:
                transaction.set_rollback(True)
    return gone


def _remove_from(tree_id: UUID, unwanted: Unwanted, purge: _Purge) -> Gone:
    try:
        tree = locking.lock_tree(tree_id)
    except locking.TreeNotFound:
        return Gone()  # Meanwhile somebody else purged it.
    own = unwanted.messages.filter(tree=tree).values_list("id", flat=True)
    going = removal.with_all_below(tree, own)
    gone = _counted(going, whole=tree.pk in going)
    names = {str(pk) for pk in going}
    rankings = [
        ranking
        for ranking in Ranking.objects.filter(parent__tree=tree).order_by("id")
        if names & {str(ranking.parent_id), *ranking.shown}
        or (unwanted.rankings and ranking.ranker_id == unwanted.person.pk)
    ]
    removal.remove_places(rankings, going)
    removal.remove_rankings(rankings)
    removal.remove_messages(going)
    if tree.pk in going:
        tree.delete()
        nudges.soon("tasks.run_lottery")  # There may be room for another.
    else:
        trees.advance(
            tree=tree,
            event=Event.RECHECKED,
            by=purge.by,
            now=purge.now,
            rules=purge.rules,
            rng=purge.rng,
            why=purge.why,
        )
    return gone


def _counted(going: Collection[UUID], *, whole: bool) -> Gone:
    rows = Message.objects.filter(pk__in=going).values_list("lang", "deleted")
    kept = Counter(lang for lang, deleted in rows if not deleted)
    return Gone(kept, len(going) - kept.total(), int(whole))


@transaction.atomic
def _forget(person: User) -> None:
    """What is in no tree's counts. Of their points only those for reviews stay, as the reviews do."""
    for rows in (Reaction, Skip, HandedBack, Reliability):
        rows.objects.filter(person=person).delete()
    PointEntry.objects.filter(person=person).exclude(reason__in=removal.BY_REVIEWING).delete()
