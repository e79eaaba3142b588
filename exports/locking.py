"""Locks that outlive a transaction: a killed process leaves none behind, for they end with its connection."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from zlib import crc32

from django.db import connection
from django.utils.translation import gettext_lazy as _

from common.errors import DomainError, ErrorCode
from exports.models import Release


class ReleaseNotFound(DomainError):
    code = ErrorCode.RELEASE_NOT_FOUND
    status = 404
    sentence = _("There is no such release.")


#: First key of the locks of this app; the second says what is locked.
OURS = 0x0A558


def key_of(what: str) -> list[int]:
    """Both keys of an advisory lock."""
    return [OURS, crc32(what.encode()) - 2**31]


@contextmanager
def held(what: str, *, wait: bool = False) -> Iterator[bool]:
    """Whether the lock is ours for the time of the block; with `wait` it is, sooner or later."""
    with connection.cursor() as cursor:
        if wait:
            cursor.execute("SELECT pg_advisory_lock(%s, %s)", key_of(what))
            ours = True
        else:
            cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", key_of(what))
            ours = bool(cursor.fetchone()[0])
    try:
        yield ours
    finally:
        if ours and connection.connection is not None and not connection.connection.closed:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", key_of(what))


def lock_release(name: str) -> Release:
    """The row, locked until the transaction ends. Raises ReleaseNotFound."""
    release = Release.objects.select_for_update(no_key=True).filter(name=name).first()
    if release is None:
        raise ReleaseNotFound
    return release
