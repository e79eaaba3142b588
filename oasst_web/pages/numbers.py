"""A person's own numbers, small."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q, Sum

from accounts.models import PointEntry, User
from tasks import points
from tasks.kinds import KINDS, Deed
from tasks.models import Task, TaskState


@dataclass(frozen=True)
class Numbers:
    """What a person did so far."""

    messages: int
    reviews: int
    rankings: int
    score: int


def of(person: User) -> Numbers:
    """Two queries, over the person's own rows only."""
    counts = Task.objects.filter(claimed_by=person, state=TaskState.DONE).aggregate(
        **{
            deed.value: Count("pk", filter=Q(kind__in=[kind for kind, row in KINDS.items() if row.deed is deed]))
            for deed in Deed
        }
    )
    by_reason = PointEntry.objects.filter(person=person).values_list("reason").annotate(Sum("points"))
    return Numbers(
        messages=counts[Deed.WRITE],
        reviews=counts[Deed.REVIEW],
        rankings=counts[Deed.RANK],
        score=points.score(dict(by_reason)),
    )
