"""What a data statement may say of the people behind a release: only what they told, and only of groups."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from accounts.models import Profile

#: Smaller groups are not named: one could guess who is in them.
SMALLEST = 5
#: People asked for in one query.
CHUNK = 5_000


@dataclass(frozen=True, kw_only=True)
class People:
    authors: int = 0
    reviewers: int | None = None
    """And rankers; None where no file holds their answers."""
    told: int = 0
    """Authors who said in which languages they work."""
    languages: Mapping[str, int] = field(default_factory=dict)
    """Language → authors who named it, groups of five or more."""
    topics: Mapping[str, int] = field(default_factory=dict)
    """Topic they said they know → authors, likewise."""


def told(authors: Sequence[UUID], reviewers: Sequence[UUID] | None) -> People:
    languages, topics, who = Counter[str](), Counter[str](), 0
    for at in range(0, len(authors), CHUNK):
        rows = Profile.objects.filter(person__in=authors[at : at + CHUNK])
        for said, known in rows.values_list("languages", "topics").iterator():
            who += bool(said)
            languages.update(said)
            topics.update(known)
    return People(
        authors=len(authors),
        reviewers=None if reviewers is None else len(reviewers),
        told=who,
        languages=_groups(languages),
        topics=_groups(topics),
    )


def _groups(counts: Mapping[str, int]) -> dict[str, int]:
    return {name: count for name, count in sorted(counts.items()) if count >= SMALLEST}
