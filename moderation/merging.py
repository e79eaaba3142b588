"""Several accounts of one person become one: what they did belongs to the account that stays."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from random import Random
from uuid import UUID

from django.db import IntegrityError, models, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from accounts import profiles, shut_out, ways_in
from accounts.locking import PersonNotFound, lock_people
from accounts.models import Consent, News, PointEntry, Profile, ShutOut, Status, User
from common.errors import DomainError, ErrorCode
from moderation import removal
from moderation.log import NotAboveThem, check, log
from moderation.models import Action, Appeal, PersonNote, Report
from tasks import assignment, locking, reactions, trees
from tasks.kinds import REVIEWING
from tasks.models import (
    Acknowledgement,
    FreeLabels,
    HandedBack,
    Message,
    MessageRevision,
    Ranking,
    Reaction,
    Reliability,
    Review,
    SavedDraft,
    Skip,
    Task,
    TaskState,
)
from tasks.rules import TreeRules
from tasks.tree_states import Event

#: What simply changes hands.
OWNED: tuple[tuple[type[models.Model], str], ...] = (
    (Report, "person"),
    (HandedBack, "person"),
    (MessageRevision, "by"),
    (PointEntry, "person"),
    (News, "person"),
    (Appeal, "person"),
    (PersonNote, "person"),
    (ShutOut, "person"),
)
#: Of what there is one for each person and these: that of the account that stays counts, the other goes.
ONE_EACH: tuple[tuple[type[models.Model], tuple[str, ...]], ...] = (
    (Reaction, ("message", "emoji")),
    (FreeLabels, ("message",)),
    (Skip, ("message", "kind")),
    (Acknowledgement, ("client", "frontend_message_id")),
)
#: How often to begin anew.
ATTEMPTS = 5


class NothingToMergeInto(DomainError):
    code = ErrorCode.MOVE_NOT_POSSIBLE
    status = 409
    sentence = _("The account to keep was closed. Choose one that its person can still use.")


@dataclass(frozen=True, kw_only=True)
class Moves:
    """What a merge would give to the account that stays."""

    messages: int
    reviews: int
    rankings: int
    reports: int
    notes: int
    points: int
    """Lines of the ledger."""
    removed: int
    """Of the reviews and rankings, those given twice that would go."""
    left: int
    """Reviews and replies given twice that would stay with the closed account."""
    consent: Consent
    """What may be done with all of it afterwards: the narrower of the two holds."""


def preview(*, into_id: UUID, source_id: UUID, by: User) -> Moves:
    """What `merge_people` would do with one account; nothing changes. Raises NotAllowed, PersonNotFound,
    NothingToMergeInto."""
    if into_id == source_id:
        raise NothingToMergeInto(_("This is the same account. Choose the one to keep."))
    people = {person.pk: person for person in User.objects.filter(pk__in=[into_id, source_id])}
    into, (source,) = _checked(people, into_id, {source_id}, by)
    theirs = Task.objects.filter(claimed_by=source, state=TaskState.DONE, message__isnull=False)
    done_too = Task.objects.filter(
        claimed_by=into, state=TaskState.DONE, message=OuterRef("message"), kind=OuterRef("kind")
    )
    twice = theirs.filter(Exists(done_too))
    going = Q(ranking__isnull=False) | Q(kind__in=REVIEWING, message__review_result=None)
    consents = Profile.objects.filter(person__in=[into, source]).values_list("consent", flat=True)
    return Moves(
        messages=Message.objects.filter(author=source).count(),
        reviews=Review.objects.filter(reviewer=source).count(),
        rankings=Ranking.objects.filter(ranker=source).count(),
        reports=Report.objects.filter(person=source).count(),
        notes=PersonNote.objects.filter(person=source).count(),
        points=PointEntry.objects.filter(person=source).count(),
        removed=twice.filter(going).count(),
        left=twice.exclude(going).count(),
        consent=max((Consent(each) for each in consents), key=list(Consent).index, default=Consent.DATASET),
    )


def merge_people(
    *,
    into_id: UUID,
    source_ids: Collection[UUID],
    by: User,
    why: str,
    now: datetime,
    rules: TreeRules,
    rng: Random,
) -> None:
    """Give all that the sources did to the person who stays, and close the sources.

    Where both did the same work, one answer counts. A second ranking is removed, and a second review while its message
    is undecided. A review that already helped to a verdict stays, as verdicts do, and so does a second reply to one
    message, for others may have gone on from it: both stay with the closed account. The logs keep the name under which
    something was done. The sources are closed first; then one transaction per tree, and doing it again finishes what
    broke off. Raises NotAllowed, PersonNotFound, NothingToMergeInto.
    """
    into, sources = _close(into_id, set(source_ids) - {into_id}, by=by, why=why, now=now)
    for source in sources:
        assignment.return_all_of(person=source, now=now, rules=rules, rng=rng)
        for tree_id in _trees_of(source):
            _in_one(partial(_merge_in, tree_id, source, into, by=by, why=why, now=now, rules=rules, rng=rng))
        _in_one(partial(_merge_rest, source, into))


@transaction.atomic
def _close(into_id: UUID, source_ids: set[UUID], *, by: User, why: str, now: datetime) -> tuple[User, list[User]]:
    check(by)
    people = {person.pk: person for person in lock_people({into_id, *source_ids})}
    into, sources = _checked(people, into_id, source_ids, by)
    for person in sources:
        if into.is_banned:  # And with what is theirs too, nobody comes back.
            shut_out.shut(person=person, now=now)
        # Nobody is given the keys of another account by a merge; addresses are added again by who can prove them.
        ways_in.forget(person=person)
        person.status, person.email = Status.DELETED, None
        person.save(update_fields=["status", "email"])
        log(
            Action.MERGE_PERSON,
            by=by,
            now=now,
            why=f"Into {into.pk}. {why}",
            after={"into": str(into.pk)},
            person=person,
        )
    return into, sources


def _checked(people: Mapping[UUID, User], into_id: UUID, source_ids: set[UUID], by: User) -> tuple[User, list[User]]:
    """The account that stays and the others, if this moderator may merge them."""
    check(by)
    if not {into_id, *source_ids} <= people.keys():
        raise PersonNotFound
    into, sources = people[into_id], [person for pk, person in people.items() if pk != into_id]
    if into.status == Status.DELETED:
        raise NothingToMergeInto
    if into.rank > by.rank or any(person.rank >= by.rank for person in sources):
        raise NotAboveThem
    return into, sources


def _trees_of(person: User) -> list[UUID]:
    """Where the person wrote, judged, or missed a deadline, in order."""
    found = set(Message.objects.filter(author=person).values_list("tree", flat=True))
    for role in ("claimed_by", "last_holder"):
        found |= set(Task.objects.filter(**{role: person}, tree__isnull=False).values_list("tree", flat=True))
    return sorted(found)


def _in_one(deed: Callable[[], None]) -> None:
    """One transaction, begun anew when the account that stays has just taken up the same work or reacted alike: claims
    and reactions wait for no lock of ours."""
    for left in reversed(range(ATTEMPTS)):
        try:
            with transaction.atomic():
                deed()
            return
        except IntegrityError:
            if not left:
                raise


def _merge_in(
    tree_id: UUID, source: User, into: User, *, by: User, why: str, now: datetime, rules: TreeRules, rng: Random
) -> None:
    """All that is the source's in one tree. Answers and their tasks go together."""
    try:
        tree = locking.lock_tree(tree_id)
    except locking.TreeNotFound:
        return  # Meanwhile somebody purged it.
    done = Task.objects.filter(tree=tree, claimed_by=source, state=TaskState.DONE)
    theirs = {(task.message_id, task.kind): task.pk for task in done}
    event = None
    twice = []
    for task in Task.objects.filter(tree=tree, claimed_by=into).select_related("message").order_by("id"):
        same = theirs.get((task.message_id, task.kind))
        if task.state == TaskState.DONE:
            twice += [same] if same else []
        elif same or task.message.author_id == source.pk:
            # They have done it already, or are about to judge themselves.
            trees.give_back(task, remember=False)
            event = Event.RETURNED
    if _remove_second_answers(twice, rules):
        event = Event.RECHECKED
    written = Message.objects.filter(tree=tree, author=source).exclude(task__in=twice)
    moving = list(written.values_list("id", flat=True))
    Task.objects.filter(written__in=moving).update(claimed_by=into)
    Task.objects.filter(message__in=moving).update(author=into)
    Message.objects.filter(pk__in=moving).update(author=into)
    Review.objects.filter(message__tree=tree, reviewer=source).exclude(task__in=twice).update(reviewer=into)
    Ranking.objects.filter(parent__tree=tree, ranker=source).update(ranker=into)
    done.exclude(pk__in=twice).update(claimed_by=into)
    Task.objects.filter(tree=tree, last_holder=source).update(last_holder=into)
    if event is not None:
        trees.advance(tree=tree, event=event, by=by, now=now, rules=rules, rng=rng, why=why)


def _remove_second_answers(task_ids: Collection[UUID], rules: TreeRules) -> bool:
    """Of the answers to these tasks those that can go. Returns whether any did."""
    rankings = list(Ranking.objects.filter(task__in=task_ids).order_by("id"))
    removal.remove_rankings(rankings)
    removal.remove_points((ranking.pk for ranking in rankings), removal.BY_RANKING)
    undecided = Review.objects.filter(task__in=task_ids, message__review_result=None)
    reviews = list(undecided.select_related("message__imported").order_by("id"))
    removal.remove_points((review.pk for review in reviews), removal.BY_REVIEWING)
    removal.remove_open_reviews(reviews, rules)
    return bool(rankings or reviews)


def _merge_rest(source: User, into: User) -> None:
    """What no count of a tree depends on."""
    for model, role in OWNED:
        model._default_manager.filter(**{role: source}).update(**{role: into})
    Task.objects.filter(tree=None, last_holder=source).update(last_holder=into)
    _leave_one_thumb(source, into)
    for model, besides in ONE_EACH:
        theirs = model._default_manager.filter(person=source)
        same = model._default_manager.filter(person=into, **{name: OuterRef(name) for name in besides})
        theirs.exclude(Exists(same)).update(person=into)
        theirs.delete()
    # What was typed for tasks that went back. Nothing is lost, also where both had typed something for the same one.
    SavedDraft.objects.filter(person=source).update(person=into, task=None)
    _keep_narrower_consent(source, into)
    # Measured anew by the job; until then what is known of either is better than nothing.
    if not Reliability.objects.filter(person=into).exists():
        Reliability.objects.filter(person=source).update(person=into)
    Reliability.objects.filter(person=source).delete()


def _keep_narrower_consent(source: User, into: User) -> None:
    """The profile of the account that stays counts, but nothing is published that was given for less: also not what
    stays with the closed account, of which the consent is kept as of any that is closed."""
    told = Profile.objects.filter(person__in=[source, into])
    width = list(Consent)
    narrowest = max(
        told, key=lambda each: (width.index(Consent(each.consent)), each.person_id == into.pk), default=None
    )
    if narrowest is None:
        return
    consent = {"consent": narrowest.consent, "consent_changed_at": narrowest.consent_changed_at}
    for person in (source, into):
        Profile.objects.update_or_create(
            person=person, defaults=consent, create_defaults={**consent, "languages": [person.lang]}
        )
    profiles.forget(person=source)


def _leave_one_thumb(source: User, into: User) -> None:
    """A thumb up excludes a thumb down, and nobody praises themselves."""
    thumbs = Reaction.objects.filter(emoji__in=reactions.OPPOSITES)
    judged = thumbs.filter(person=into, message=OuterRef("message"))
    thumbs.filter(person=source).filter(Exists(judged)).delete()
    thumbs.filter(Q(person=source) | Q(person=into), message__author=into).delete()
