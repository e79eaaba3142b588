"""Finds people, and tells moderators what came of somebody's work, how they work, and what was done about them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import takewhile
from statistics import median
from uuid import UUID

from allauth.account.models import EmailAddress
from django.db.models import (
    Aggregate,
    Avg,
    Case,
    Count,
    Exists,
    Model,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from accounts.models import PointEntry, Role, Status, User
from moderation.log import check
from moderation.models import Action, ActionLog
from tasks.kinds import KINDS, Deed, Kind
from tasks.kinds import Role as Speaker
from tasks.models import Message, Ranking, Review, Task, TaskState

#: Newest decided messages among which a streak is looked for, and newest tasks from which speed is told.
LATELY = 50


@dataclass(frozen=True, kw_only=True)
class Sought:
    """Whom a moderator looks for; what is not said does not matter."""

    words: str = ""
    """Part of a name, the beginning of an address, an id, or what an API client calls itself or the person."""
    role: Role | None = None
    status: Status | None = None
    lang: str = ""


@dataclass(frozen=True, kw_only=True)
class Figures:
    """One person in a list."""

    points: Decimal = Decimal(0)
    messages: int = 0
    decided: int = 0
    rejected: int = 0

    @property
    def rejected_share(self) -> float | None:
        """Of their messages that were decided; None while none was."""
        return self.rejected / self.decided if self.decided else None


@dataclass(frozen=True, kw_only=True)
class Work:
    """What somebody did, and what came of it."""

    prompts: int
    assistant_replies: int
    user_replies: int
    accepted: int
    rejected: int
    deleted: int
    reviews: int
    rankings: int
    points: Decimal
    pasted_share: float | None
    """Of the characters of their messages, as far as anybody counted."""
    streak: int
    """Newest decided messages that were rejected in a row; LATELY means so many or more."""
    seconds: dict[Deed, float]
    """How long the work of each sort usually took lately, from taking it to sending it."""
    held: Sequence[Task]
    """What they have in hand now."""

    @property
    def messages(self) -> int:
        return self.prompts + self.assistant_replies + self.user_replies

    @property
    def rejected_share(self) -> float | None:
        decided = self.accepted + self.rejected
        return self.rejected / decided if decided else None


def stands_above(by: User, person: User) -> bool:
    """Whether this moderator may do something to the person, and see how they come in."""
    return by.is_moderator and by.rank > person.rank


def search(sought: Sought, *, by: User) -> QuerySet[User]:
    """The people who are meant, with `active_at`: when they last did something, or came; the latest first.

    Addresses are personal data: only those of people below the moderator are searched. Reads all accounts, of which
    there are some ten thousand. Raises NotAllowed.
    """
    check(by)
    found: QuerySet[User] = (
        User.objects.select_related("api_client")
        .annotate(active_at=Coalesce("last_activity_at", "last_login", "created_at"))
        .order_by("-active_at", "-pk")
    )
    if sought.role is not None:
        found = found.filter(role=sought.role)
    if sought.status is not None:
        found = found.filter(status=sought.status)
    if sought.lang:
        found = found.filter(Q(lang=sought.lang) | Q(profile__languages__contains=[sought.lang]))
    words = sought.words.replace("\x00", "").strip()
    if not words:
        return found
    if (pk := as_id(words)) is not None:
        return found.filter(pk=pk)
    named = Q(display_name__icontains=words) | Q(username__istartswith=words)
    named |= Q(api_client__description__icontains=words)
    proved = EmailAddress.objects.filter(user=OuterRef("pk"), email__istartswith=words)
    below = [role for rank, role in enumerate(Role) if rank < by.rank]
    return found.filter(named | Q(role__in=below) & (Q(email__istartswith=words) | Exists(proved)))


def as_id(words: str) -> UUID | None:
    """The id this is, if it is one."""
    try:
        return UUID(words)
    except ValueError:
        return None


def figures_of(people: Collection[User]) -> dict[UUID, Figures]:
    """Points and messages of each, in two queries."""
    ids = [person.pk for person in people]
    earned = PointEntry.objects.filter(person__in=ids).order_by().values_list("person").annotate(Sum("points"))
    points = dict(earned)
    written = (
        Message.objects.filter(author__in=ids)
        .order_by()
        .values_list("author")
        .annotate(
            every=Count("pk"),
            decided=Count("pk", filter=Q(review_result__isnull=False)),
            rejected=Count("pk", filter=Q(review_result=False)),
        )
    )
    counts = {pk: rest for pk, *rest in written}
    found = {}
    for pk in ids:
        messages, decided, rejected = counts.get(pk, (0, 0, 0))
        found[pk] = Figures(points=points.get(pk, Decimal(0)), messages=messages, decided=decided, rejected=rejected)
    return found


def work_of(person: User) -> Work:
    """All of it, in four queries."""
    written = Message.objects.filter(author=person)
    reply = Q(parent__isnull=False)
    counts = written.aggregate(
        prompts=Count("pk", filter=Q(parent=None)),
        assistant_replies=Count("pk", filter=reply & Q(role=Speaker.ASSISTANT)),
        user_replies=Count("pk", filter=reply & Q(role=Speaker.PROMPTER)),
        accepted=Count("pk", filter=Q(review_result=True)),
        rejected=Count("pk", filter=Q(review_result=False)),
        deleted=Count("pk", filter=Q(deleted=True)),
        pasted_share=Avg("pasted_share"),
    )
    newest = written.filter(review_result__isnull=False).order_by("-created_at", "-pk")
    verdicts = newest.values_list("review_result", flat=True)[:LATELY]
    reviews, rankings, points = (
        User.objects.filter(pk=person.pk)
        .values_list(
            _total(Review, "reviewer", Count("pk")),
            _total(Ranking, "ranker", Count("pk")),
            _total(PointEntry, "person", Sum("points")),
        )
        .get()
    )
    tasks = Task.objects.filter(claimed_by=person, claimed_at__isnull=False).select_related("message")
    lately = list(tasks.order_by("-claimed_at")[:LATELY])
    return Work(
        **counts,
        reviews=reviews or 0,
        rankings=rankings or 0,
        points=points or Decimal(0),
        streak=sum(1 for _verdict in takewhile(lambda verdict: verdict is False, verdicts)),
        seconds=_seconds(lately),
        held=[task for task in lately if task.state == TaskState.CLAIMED],
    )


def _total(rows: type[Model], role: str, total: Aggregate) -> Subquery:
    found = rows._default_manager.filter(**{role: OuterRef("pk")}).order_by().values(role)
    return Subquery(found.values(total=total))


def _seconds(tasks: Sequence[Task]) -> dict[Deed, float]:
    taken: dict[Deed, list[float]] = {}
    for task in tasks:
        if task.done_at is not None and task.claimed_at is not None:
            seconds = (task.done_at - task.claimed_at).total_seconds()
            taken.setdefault(KINDS[Kind(task.kind)].deed, []).append(seconds)
    return {deed: median(seconds) for deed, seconds in taken.items()}


def accounts_of(person: User) -> Sequence[UUID]:
    """This account, and those that were merged into it, directly or by way of another."""
    known = [person.pk]
    lately: list[UUID] = [person.pk]
    while lately:
        into = Case(*(When(after__into=str(pk), then=Value(True)) for pk in lately), default=Value(False))
        rows = ActionLog.objects.filter(into, action=Action.MERGE_PERSON, person__isnull=False)
        lately = list(dict.fromkeys(rows.exclude(person__in=known).values_list("person_id", flat=True)))
        known += lately
    return known


def history_of(person: User) -> QuerySet[ActionLog]:
    """Every line of the log about the person, newest first; also about the accounts that were merged into theirs."""
    return ActionLog.objects.filter(person__in=accounts_of(person)).order_by("-pk")
