"""Which earlier message of the same language is nearly the same as this one? By MinHash, over all of them at once.

A signature is stored with every message long enough to have one. Two texts that share much of their wording share one
of its bands with near certainty, and an index over the bands finds those few among all; only they are compared.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Value

from moderation.models import Signature
from screening import near_duplicates
from tasks.models import Message

VERSION = near_duplicates.VERSION
#: Candidates that are compared: texts that share a band with more others than that are all alike anyway.
CANDIDATES = 200


@dataclass(frozen=True)
class Near:
    """The message a text is most like, and the share of the wording they have in common (Jaccard), 0 to 1."""

    message_id: UUID
    similarity: float


def nearest(message: Message, *, at_least: float) -> Near | None:
    """Keep the signature of this message, and return the earlier one that is most like it."""
    signature = near_duplicates.signature(message.text)
    if signature is None:
        Signature.objects.filter(message=message).delete()
        return None
    bands = near_duplicates.bands(signature, message.lang)
    fields = {"lang": message.lang, "version": VERSION, "minhash": signature, "bands": bands}
    Signature.objects.update_or_create(message=message, defaults=fields)
    # As a list they would be sent as 32-bit numbers, one by one.
    whole = Value(bands, output_field=ArrayField(models.BigIntegerField()))
    like = Signature.objects.filter(bands__overlap=whole, lang=message.lang, version=VERSION)
    earlier = like.filter(message__deleted=False, message__created_at__lte=message.created_at).exclude(pk=message.pk)
    found = (
        Near(pk, near_duplicates.similarity(signature, bytes(minhash)))
        for pk, minhash in earlier.values_list("pk", "minhash")[:CANDIDATES]
    )
    best = max(found, key=lambda near: near.similarity, default=None)
    return best if best is not None and best.similarity >= at_least else None
