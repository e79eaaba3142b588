"""Which earlier message of the same language is nearly the same as this one? By MinHash, over all of them at once.

A signature is stored with every message long enough to have one. Two texts that share much of their wording share one
of its bands with near certainty, and an index over the bands finds those few among all; only they are compared.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

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
    found = (
        Near(pk, near_duplicates.similarity(signature, bytes(minhash))) for pk, minhash in _candidates(bands, message)
    )
    best = max(found, key=lambda near: near.similarity, default=None)
    return best if best is not None and best.similarity >= at_least else None


#: A message counts as earlier at the same moment too, so of two that came together one is found. What shares a band is
#: looked for by itself, band by band: for all at once the planner would read the whole table (decision 19).
_SHARING_A_BAND = """
    WITH alike AS MATERIALIZED (
        SELECT DISTINCT message_id FROM (
            SELECT s.message_id FROM unnest(%(bands)s::bigint[]) AS b(band) CROSS JOIN LATERAL (
                SELECT message_id FROM moderation_signature
                WHERE bands @> ARRAY[b.band] AND version = %(version)s OFFSET 0
            ) AS s LIMIT %(most)s * cardinality(%(bands)s::bigint[])
        ) AS found LIMIT %(most)s
    )
    SELECT s.message_id, s.minhash
    FROM alike JOIN moderation_signature s USING (message_id) JOIN tasks_message m ON m.id = alike.message_id
    WHERE m.id <> %(message)s AND NOT m.deleted AND m.created_at <= %(created_at)s
"""


def _candidates(bands: list[int], message: Message) -> list[tuple[UUID, bytes]]:
    """Earlier messages that share a band; the language is in the bands."""
    asked: dict[str, Any] = {
        "bands": bands,
        "version": VERSION,
        "message": message.pk,
        "created_at": message.created_at,
        "most": CANDIDATES,
    }
    with connection.cursor() as cursor:
        cursor.execute(_SHARING_A_BAND, asked)
        found: list[tuple[UUID, bytes]] = cursor.fetchall()
    return found
