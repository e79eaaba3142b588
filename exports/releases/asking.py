"""Somebody asks for a release; a job builds it."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common import nudges
from common.errors import DomainError, ErrorCode
from exports.leakage import Grams
from exports.locking import ReleaseNotFound, lock_release
from exports.models import Release, ReleaseState
from exports.releases.config import Config

#: Part of addresses and names of files.
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
#: Of chance in the secret of a release.
SEED_BYTES = 32
#: Names of pages.
RESERVED = ("new", "ledger", "ledger.jsonl")


class BadName(DomainError):
    code = ErrorCode.RELEASE_REFUSED
    status = 422
    sentence = _("A release is named with small letters, digits, dots and dashes, such as 2026-11.")


class NameTaken(DomainError):
    code = ErrorCode.RELEASE_REFUSED
    status = 409
    sentence = _("A release of this name is published, and never changes. Choose another name.")


def ask(
    *,
    name: str,
    config: Config,
    benchmarks: Mapping[str, str],
    by: User | None,
    now: datetime,
    seed: str = "",
    here: bool = False,
) -> Release:
    """Ask for this release, or for another try at one that is not published. `benchmarks`: name → text with one item a
    line. `seed`: of the pseudonyms, to build a release again elsewhere. `here`: whoever asks builds it, and no job
    is woken. Raises BadName and NameTaken."""
    if not NAME.fullmatch(name) or ".." in name or name in RESERVED:
        raise BadName
    grams = Grams.of_texts(line for text in benchmarks.values() for line in text.splitlines())
    said: dict[str, Any] = {
        "config": config.stored(),
        "grams": grams.to_store(),
        "benchmarks": {
            title: {"sha256": hashlib.sha256(text.encode()).hexdigest(), "texts": len(text.splitlines())}
            for title, text in sorted(benchmarks.items())
        },
        "state": ReleaseState.ASKED,
        "asked_by_id": by and by.pk,
        "asked_at": now,
        "problem": "",
        "parts": 0,
        "parts_done": 0,
    }
    with transaction.atomic():
        # Whoever just signs it off comes first, or this would change what is published.
        try:
            release = lock_release(name)
        except ReleaseNotFound:
            release = Release.objects.create(name=name, seed=seed or secrets.token_hex(SEED_BYTES), **said)
        else:
            if release.published:
                raise NameTaken
            for key, value in said.items():
                setattr(release, key, value)
            release.seed = seed or release.seed
            release.save()
            release.sign_offs.all().delete()
        if not here:
            nudges.soon("exports.build_releases")
    return release
