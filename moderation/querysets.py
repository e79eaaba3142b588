"""Questions over many items of the queue, as words."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import F, Q

from moderation.severity import HARMFUL, Severity, Source

if TYPE_CHECKING:
    from accounts.models import User


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which items somebody wants to see; what is not said does not matter."""

    langs: Collection[str] = ()
    source: Source | None = None
    severity: Severity | None = None
    """At least so bad."""
    since: datetime | None = None
    """Waiting since then or longer."""


class QueueItemQuerySet(models.QuerySet[Any]):
    def waiting(self) -> QueueItemQuerySet:
        """What nobody decided on yet: the worst first, and of equally bad ones what waits longest."""
        return self.filter(processed=False).order_by("-severity", "opened_at", "pk")

    def matching(self, wanted: Wanted) -> QueueItemQuerySet:
        found = self
        if wanted.langs:
            found = found.filter(lang__in=list(wanted.langs))
        if wanted.source is not None:
            found = found.filter(sources__contains=[wanted.source.value])
        if wanted.severity is not None:
            found = found.filter(severity__gte=wanted.severity)
        if wanted.since is not None:
            found = found.filter(opened_at__lte=wanted.since)
        return found

    def free_for(self, moderator: User, *, now: datetime) -> QueueItemQuerySet:
        """What this moderator may take now: nobody else holds it, and it is not about themselves."""
        unheld = Q(claimed_by=None) | Q(claimed_until__lte=now) | Q(claimed_by=moderator)
        own = Q(not_for=moderator) | Q(message__author=moderator)
        return self.filter(unheld).exclude(own)

    def harmless(self) -> QueueItemQuerySet:
        return self.exclude(severity__in=list(HARMFUL))

    def held_by(self, moderator: User, *, now: datetime) -> QueueItemQuerySet:
        return self.filter(processed=False, claimed_by=moderator, claimed_until__gt=now).order_by(F("claimed_until"))
