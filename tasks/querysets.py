"""Questions over many rows, as words."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Exists, OuterRef, Q

from tasks.kinds import REVIEWING
from tasks.tree_states import State

if TYPE_CHECKING:
    from accounts.models import User
    from tasks.models import Task


class TreeQuerySet(models.QuerySet[Any]):
    def in_state(self, *states: State) -> TreeQuerySet:
        return self.filter(state__in=states)


class MessageQuerySet(models.QuerySet[Any]):
    def roots(self) -> MessageQuerySet:
        return self.filter(parent__isnull=True)

    def kept(self) -> MessageQuerySet:
        """Accepted and not deleted: what becomes data."""
        return self.filter(review_result=True, deleted=False)

    def visible_to(self, person: User) -> MessageQuerySet:
        """What this person may read: their own, and whatever was neither deleted nor rejected.

        What they were ever given to review they may read though it was rejected, whatever became of their task: a
        verdict must not show by what one may read. Moderators read all.
        """
        if person.is_moderator:
            return self.all()
        traces = (person.tasks, person.missed_tasks, person.skips, person.handed_back)
        review = Q(message=OuterRef("pk"), kind__in=REVIEWING)
        given = Q(*(Exists(rows.filter(review)) for rows in traces), _connector=Q.OR)
        return self.filter(Q(author=person) | Q(deleted=False) & (~Q(review_result=False) | given))


class TaskQuerySet(models.QuerySet[Any]):
    def open(self) -> TaskQuerySet:
        return self.filter(state="open")

    def live(self) -> TaskQuerySet:
        """Open, or held by somebody."""
        return self.filter(state__in=["open", "claimed"])

    def held_by(self, person: User) -> TaskQuerySet:
        return self.filter(claimed_by=person, state="claimed")

    def same_work(self, task: Task) -> TaskQuerySet:
        """Rows for the same kind of work on the same message; new prompts of one language are all the same work."""
        return self.filter(kind=task.kind, lang=task.lang, message_id=task.message_id)

    def past_deadline(self, now: datetime) -> TaskQuerySet:
        return self.filter(state="claimed", expires_at__lte=now)
