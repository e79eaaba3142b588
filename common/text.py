"""What a person typed, made storable without changing what it says."""

from __future__ import annotations


def normalised(text: str) -> str:
    """Line ends become `\\n`, outer white space goes, and what PostgreSQL cannot store (NUL, lone surrogates) goes.

    Browsers send CRLF from a text area; the same answer sent twice must compare equal whichever way it came.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    return text.encode("utf-8", "ignore").decode("utf-8").strip()
