"""What can go wrong at a start, as one sentence for the person at the keyboard."""

from __future__ import annotations


class StartupError(Exception):
    """Its text says what happened and what to do next; it is shown without a traceback."""
