"""API keys: made, shown once, known again by their hash, revoked."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import ApiClient, AuthMethod, Role, Scope, User
from common.errors import DomainError, ErrorCode
from common.prepared import Prepared

#: Bytes of chance in a key: nobody guesses it, so one round of SHA-256 is enough to keep it.
KEY_BYTES = 32
#: When a key was used last is noted to the minute, or each call would write.
NOTED_EVERY = timedelta(minutes=1)

_OF_HASH = Prepared(lambda key_hash: ApiClient.objects.filter(key_hash=key_hash, revoked_at__isnull=True), key_hash=str)


class InvalidScope(DomainError):
    code = ErrorCode.GENERIC_ERROR
    status = 422
    sentence = _("A key needs at least one scope: volunteer, moderator, exporter or admin.")


class ClientNotFound(DomainError):
    code = ErrorCode.GENERIC_ERROR
    status = 404
    sentence = _("There is no such API client.")


@transaction.atomic
def issue(
    *,
    description: str,
    scopes: Collection[Scope],
    now: datetime,
    admin_email: str = "",
    frontend_type: str = "",
    terms_accepted_there: bool = False,
) -> tuple[ApiClient, str]:
    """A new client and its key. Only the hash is stored, so this is the one time the key can be read."""
    if not scopes:
        raise InvalidScope
    key = secrets.token_hex(KEY_BYTES)
    client = ApiClient.objects.create(
        key_hash=_hash(key),
        description=description,
        admin_email=admin_email,
        frontend_type=frontend_type,
        scopes=sorted(scopes),
        terms_accepted_there=terms_accepted_there,
        created_at=now,
    )
    if client.may(Scope.MODERATOR):
        role = Role.ADMIN if client.may(Scope.ADMIN) else Role.MODERATOR
        client.person = User.objects.create_user(
            display_name=description, role=role, auth_method=AuthMethod.SYSTEM, show_on_leaderboard=False
        )
        client.save(update_fields=["person"])
    return client, key


def known(*, key: str, now: datetime) -> ApiClient | None:
    """The client with this key; None for a key that never was, or was revoked."""
    client = _OF_HASH.one(key_hash=_hash(key))
    if client is not None and (client.last_used_at is None or client.last_used_at <= now - NOTED_EVERY):
        long_ago = Q(last_used_at__isnull=True) | Q(last_used_at__lte=now - NOTED_EVERY)
        ApiClient.objects.filter(long_ago, pk=client.pk).update(last_used_at=now)
    return client


def revoke(*, client_id: UUID, now: datetime) -> ApiClient:
    """The key opens nothing from now on. Its people and what they wrote stay. Raises ClientNotFound."""
    ApiClient.objects.filter(pk=client_id, revoked_at__isnull=True).update(revoked_at=now)
    client = ApiClient.objects.filter(pk=client_id).first()
    if client is None:
        raise ClientNotFound
    return client


def _hash(key: str) -> str:
    return sha256(key.encode()).hexdigest()
