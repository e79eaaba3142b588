"""News by mail, for whoever asked for it: who is due, what there is to tell them, and that nobody is told twice.

A mail is taken before it is sent, as a delivery to a webhook is. But a program knows a second delivery by its id, and a
person would just be told twice. So a worker killed between the two loses that one mail and never sends it again; the
news are on the site all the same. Only when the mail server refuses is it given back, for the next sweep.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from allauth.account.models import EmailAddress
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce, Greatest

from accounts.locking import lock_person
from accounts.models import Mail, News, NewsKind, Profile, Status, User

#: How often at most. Somewhat less than a day and a week, or a mail would come later each time.
EVERY = {Mail.DAILY: timedelta(hours=23), Mail.WEEKLY: timedelta(days=7, hours=-1)}
#: What was told in the last minutes waits for the next mail: something may be about to be committed with a time before
#: ours, and then neither mail would tell it.
SETTLED = timedelta(minutes=5)
#: Who never got a mail is told of no more than this.
AT_FIRST = timedelta(days=7)


@dataclass(frozen=True)
class Digest:
    """One mail for one person, theirs to be sent once."""

    person: User
    lang: str
    """Of the pages, as they chose; empty if they did not."""
    mail: Mail
    counts: Counter[NewsKind]
    before: datetime | None
    """When the mail before this one was."""
    at: datetime


def due(*, now: datetime) -> list[UUID]:
    """Who wants mail, has had none for long enough, and has something to read that they have not seen on the site."""
    return list(_due(now).order_by("person").values_list("person", flat=True))


def _due(now: datetime) -> QuerySet[Profile]:
    """Their profiles, with the moment since when there is something to tell as `since`."""
    wanted = Q()
    for mail, every in EVERY.items():
        wanted |= Q(mail=mail) & (Q(mailed_at__isnull=True) | Q(mailed_at__lte=now - every))
    proved = EmailAddress.objects.filter(user=OuterRef("person"), email=OuterRef("person__email"), verified=True)
    told = News.objects.filter(person=OuterRef("person"), at__gt=OuterRef("since"), at__lte=now - SETTLED)
    # PostgreSQL's greatest() passes over what is null.
    since = Greatest(Coalesce(F("mailed_at") - Value(SETTLED), Value(now - AT_FIRST)), F("news_read_at"))
    # Who is suspended should learn of it; who is banned or left hears no more from us.
    people = [Status.ACTIVE, Status.SUSPENDED]
    profiles = Profile.objects.filter(wanted, Exists(proved), person__status__in=people)
    return profiles.annotate(since=since).filter(Exists(told))


@transaction.atomic
def take(*, person_id: UUID, now: datetime) -> Digest | None:
    """This person's mail, which counts as sent once this has committed; None if another worker was faster."""
    person = lock_person(person_id)
    profile: Any = _due(now).filter(person=person_id).first()
    if profile is None:
        return None
    told = News.objects.filter(person=person, at__gt=profile.since, at__lte=now - SETTLED)
    counts = Counter(NewsKind(kind) for kind in told.values_list("kind", flat=True))
    Profile.objects.filter(person=person).update(mailed_at=now)
    return Digest(person, profile.interface_lang, Mail(profile.mail), counts, before=profile.mailed_at, at=now)


def give_back(digest: Digest) -> None:
    """It could not be sent: the next sweep takes it again."""
    Profile.objects.filter(person=digest.person, mailed_at=digest.at).update(mailed_at=digest.before)
