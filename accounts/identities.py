"""The people an API client speaks for: each belongs to that client, and no other client can name them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from accounts import access
from accounts.locking import PersonNotFound
from accounts.models import ApiClient, AuthMethod, Status, User
from common.prepared import Prepared


@dataclass(frozen=True)
class Identity:
    """How a client knows a person."""

    auth_method: str
    username: str
    display_name: str = ""


_OF_CLIENT = Prepared(
    lambda client, auth_method, username: User.objects.filter(
        api_client=client, auth_method=auth_method, username=username
    ),
    client=UUID,
    auth_method=str,
    username=str,
)


def _known(client: ApiClient, identity: Identity) -> User | None:
    return _OF_CLIENT.one(client=client.pk, auth_method=identity.auth_method, username=identity.username)


def find(*, client: ApiClient, identity: Identity) -> User:
    """This client's person. Raises PersonNotFound, also for a person of another client."""
    if "\x00" in identity.auth_method + identity.username:
        raise PersonNotFound  # PostgreSQL cannot even be asked for it.
    person = _known(client, identity)
    if person is None:
        raise PersonNotFound
    return person


def meet(*, client: ApiClient, identity: Identity, now: datetime, accepts_terms: bool = False) -> User:
    """This client's person, stored at first sight; a new display name is taken over, and that they accept the terms.

    Never touches what moderators decide: whether the person may take part, and whether boards show them. Nor anything
    of a closed account: nobody comes back to it, and what was forgotten stays forgotten.
    """
    # Looking first costs one query less for everybody who was here before.
    person = _known(client, identity)
    if person is None:
        person, _new = User.objects.get_or_create(
            api_client=client,
            auth_method=identity.auth_method,
            username=identity.username,
            defaults={
                "display_name": identity.display_name,
                "created_at": now,
                "show_on_leaderboard": identity.auth_method != AuthMethod.SYSTEM,
            },
        )
    if person.status == Status.DELETED:
        return person
    if identity.display_name and identity.display_name != person.display_name:
        person.display_name = identity.display_name
        person.save(update_fields=["display_name"])
    if (accepts_terms or client.terms_accepted_there) and not access.accepted_terms(person):
        access.accept_terms(person=person, now=now)
    return person
