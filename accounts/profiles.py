"""What people told about themselves: read with defaults for whoever told nothing, changed field by field."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.models import Profile, User


def of(person: User) -> Profile:
    """The person's profile; one with defaults, not stored, for whoever told nothing yet."""
    return Profile.objects.filter(person=person).first() or Profile(person=person, languages=[person.lang])


@transaction.atomic
def change(*, person: User, now: datetime, **fields: Any) -> Profile:
    """Store these fields. A changed consent is dated: exports ask from when on it holds."""
    profile, _new = Profile.objects.select_for_update().get_or_create(
        person=person, defaults={"languages": [person.lang]}
    )
    if "consent" in fields and fields["consent"] != profile.consent:
        profile.consent_changed_at = now
    for name, value in fields.items():
        setattr(profile, name, value)
    profile.save()
    return profile
