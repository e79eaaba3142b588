"""What people told about themselves: read with defaults for whoever told nothing, changed field by field."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.locking import lock_person
from accounts.models import Mail, Profile, User


def of(person: User) -> Profile:
    """The person's profile; one with defaults, not stored, for whoever told nothing yet."""
    return Profile.objects.filter(person=person).first() or Profile(person=person, languages=[person.lang])


@transaction.atomic
def change(*, person: User, now: datetime, **fields: Any) -> Profile:
    """Store these fields. A changed consent is dated: exports ask from when on it holds.

    Whoever chooses languages works in one of them from then on: in the first, if the one so far is not among them.
    """
    locked = lock_person(person.pk)
    profile, _new = Profile.objects.get_or_create(person=locked, defaults={"languages": [locked.lang]})
    if "consent" in fields and fields["consent"] != profile.consent:
        profile.consent_changed_at = now
    if profile.mail == Mail.NEVER and fields.get("mail", Mail.NEVER) != Mail.NEVER:
        profile.mailed_at = now  # What they were told of before is no news any more.
    for name, value in fields.items():
        setattr(profile, name, value)
    profile.save()
    if fields.get("languages") and locked.lang not in profile.languages:
        locked.lang = person.lang = profile.languages[0]
        locked.save(update_fields=["lang"])
    return profile


@transaction.atomic
def introduce(*, person: User, display_name: str, show_on_leaderboard: bool) -> None:
    """Under which name others see this person, and whether boards do show them."""
    locked = lock_person(person.pk)
    locked.display_name, locked.show_on_leaderboard = display_name, show_on_leaderboard
    locked.save(update_fields=["display_name", "show_on_leaderboard"])
    person.display_name, person.show_on_leaderboard = display_name, show_on_leaderboard


@transaction.atomic
def work_in(*, person: User, lang: str, now: datetime) -> None:
    """Work in this language from now on; it joins those the person chose."""
    locked = lock_person(person.pk)
    locked.lang = person.lang = lang
    locked.save(update_fields=["lang"])
    profile = Profile.objects.filter(person=locked).first()
    if profile is not None and lang not in profile.languages:
        change(person=person, now=now, languages=[*profile.languages, lang])


@transaction.atomic
def forget(*, person: User) -> None:
    """Of a closed account only the consent is kept, with its date: releases still have to ask for it."""
    Profile.objects.filter(person=lock_person(person.pk)).update(
        languages=[], topics=[], interface_lang="", mail=Mail.NEVER, mailed_at=None, practised=[]
    )
