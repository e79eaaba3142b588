"""Text that is stored encrypted: what nobody searches for and no index needs to read.

The keys are `settings.ENCRYPTION_KEYS`, newest first: the first encrypts, all of them read, so that a key can be
replaced while people work. Fernet: AES-128-CBC with HMAC-SHA-256 (github.com/fernet/spec).
"""

from __future__ import annotations

import base64
from functools import cache
from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import models

if TYPE_CHECKING:
    TextField = models.TextField[str, str]
else:
    TextField = models.TextField

#: How a stored value begins that is encrypted. What was stored before that was plain, and reads as it is.
MARK = "enc:"


class Unreadable(RuntimeError):
    """None of the keys opens a stored text."""


@cache
def _box(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([_one(key) for key in keys])


def _one(key: str) -> Fernet:
    """Any secret will do as a key: what Fernet wants is derived from it (HKDF, RFC 5869)."""
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"oasst encrypted text").derive(key.encode())
    return Fernet(base64.urlsafe_b64encode(derived))


def sealed(text: str) -> str:
    """`text` as it is stored; an empty text stays empty."""
    return MARK + _box(tuple(settings.ENCRYPTION_KEYS)).encrypt(text.encode()).decode() if text else ""


def opened(stored: str) -> str:
    """What was stored, as text. Raises Unreadable if a key that it needs was taken away."""
    if not stored.startswith(MARK):
        return stored
    try:
        return _box(tuple(settings.ENCRYPTION_KEYS)).decrypt(stored.removeprefix(MARK).encode()).decode()
    except InvalidToken as problem:
        raise Unreadable(
            "No key of ENCRYPTION_KEYS opens this text. Put the key back with which it was stored."
        ) from problem


def stale(stored: str) -> bool:
    """Whether a stored text is plain, or was encrypted with another key than the newest."""
    if not stored.startswith(MARK):
        return bool(stored)
    try:
        _one(settings.ENCRYPTION_KEYS[0]).decrypt(stored.removeprefix(MARK).encode())
    except InvalidToken:
        return True
    return False


class EncryptedTextField(TextField):
    """A text field whose column holds only what the keys can read. The database can neither search nor compare it."""

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        return value if value is None else sealed(value)

    def from_db_value(self, value: str | None, *_unused: Any) -> str | None:
        return value if value is None else opened(value)
