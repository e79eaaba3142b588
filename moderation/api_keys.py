"""Administrators give programs a key; the log says who did."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import keys
from accounts.models import Scope, User
from moderation.log import NotAllowed, log
from moderation.models import Action


@transaction.atomic
def issue_key(
    *,
    description: str,
    scopes: Collection[Scope],
    by: User,
    now: datetime,
    admin_email: str = "",
    frontend_type: str = "",
    terms_accepted_there: bool = False,
) -> str:
    """A new client; returns its key, which can be read this one time. Raises NotAllowed, InvalidScope."""
    if not by.is_admin:
        raise NotAllowed(_("Only administrators may do this."))
    client, key = keys.issue(
        description=description,
        scopes=scopes,
        now=now,
        admin_email=admin_email,
        frontend_type=frontend_type,
        terms_accepted_there=terms_accepted_there,
    )
    log(Action.ISSUE_KEY, by=by, now=now, why=f"{client.pk} {description}", person=client.person)
    return key
