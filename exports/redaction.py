"""Replaces ids by keyed pseudonyms, the same ones everywhere in all files made with one seed."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from uuid import UUID

#: What stays of events that came with an imported file, besides ids: everything else may tell who somebody is.
HARMLESS_IN_EVENTS = frozenset({"type", "emoji", "ranking", "not_rankable", "rating", "score", "report_type"})
#: What stays of the keys of a file that we don't know, likewise.
HARMLESS_KEYS = frozenset({"detoxify"})
#: Pseudonyms that are kept: more than there are in the trees that are read together.
KEPT = 16_384
MESSAGE_IDS = frozenset({"message_id", "ranking_parent_id", "message_tree_id", "ranked_message_ids", "ranked_groups"})


class Ids:
    """Ids as they are."""

    hidden = False

    def message(self, message_id: UUID) -> UUID:
        """Also for trees: a tree has the id of its prompt, and still has it in the file."""
        return message_id

    def person(self, person_id: UUID) -> UUID:
        return person_id

    def event(self, event: Mapping[str, Any]) -> dict[str, Any]:
        return dict(event)

    def unknown(self, extra: Mapping[str, Any]) -> dict[str, Any]:
        """Keys of an imported file that we do not know."""
        return dict(extra)


class Pseudonyms(Ids):
    """HMAC-SHA256 of the id under the seed, cut to 128 bits and written as a UUID of version 8 (RFC 9562, 5.8).

    Without the seed nobody can tell which id was meant, nor check a guess; with it the same id gives the same
    pseudonym. They are UUIDs, so such a file can be imported like any other. Texts are not touched.
    """

    hidden = True

    def __init__(self, seed: str) -> None:
        self.key = seed.encode()
        # Each is asked for by the message, its replies, its pairs and every answer about it.
        self._pseudonym = lru_cache(maxsize=KEPT)(self._made)

    def message(self, message_id: UUID) -> UUID:
        return self._pseudonym("message", message_id)

    def person(self, person_id: UUID) -> UUID:
        return self._pseudonym("user", person_id)

    def event(self, event: Mapping[str, Any]) -> dict[str, Any]:
        hidden = {key: value for key, value in event.items() if key in HARMLESS_IN_EVENTS}
        if (person := _id(event.get("user_id"))) is not None:
            hidden["user_id"] = str(self.person(person))
        return hidden | {key: self._messages(event[key]) for key in MESSAGE_IDS & event.keys()}

    def unknown(self, extra: Mapping[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in extra.items() if key in HARMLESS_KEYS}

    def _messages(self, value: Any) -> Any:
        """One id, or lists of them."""
        if isinstance(value, list):
            return [self._messages(item) for item in value]
        message_id = _id(value)
        return None if message_id is None else str(self.message(message_id))

    def _made(self, collection: str, plain: UUID) -> UUID:
        digest = hmac.digest(self.key, f"{collection}:{plain}".encode(), "sha256")
        number = int.from_bytes(digest[:16])
        number = number & ~(0xF << 76) | 8 << 76
        return UUID(int=number & ~(0x3 << 62) | 0x2 << 62)


def _id(value: object) -> UUID | None:
    """Nobody checked the events of an imported file: what is no id there gets no pseudonym, and stays out."""
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None
