"""Dates as people and files write them."""

from __future__ import annotations

from datetime import UTC, datetime


def moment(said: str) -> datetime:
    """An ISO date or moment; without a zone it is UTC. Raises ValueError, and TypeError for what is no text."""
    date = datetime.fromisoformat(said)
    return date if date.tzinfo else date.replace(tzinfo=UTC)
