"""docs/security.md names a test or a setting for each requirement of OWASP ASVS 5.0, levels 1 and 2; each is there."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.ROOT)
DOCUMENT = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
RUFF = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["ruff"]["lint"]
ROWS: dict[str, str] = dict(re.findall(r"^\| (V\d+\.\d+\.\d+) \| [^|]+ \| (.+) \|$", DOCUMENT, re.MULTILINE))

#: Requirements of levels 1 and 2 in each section; they are numbered before those of level 3.
SECTIONS = {
    "V1.1": 2, "V1.2": 9, "V1.3": 11, "V1.4": 3, "V1.5": 2, "V2.1": 3, "V2.2": 3, "V2.3": 4, "V2.4": 1, "V3.2": 2,
    "V3.3": 4, "V3.4": 6, "V3.5": 5, "V3.7": 2, "V4.1": 3, "V4.2": 1, "V4.3": 2, "V4.4": 4, "V5.1": 1, "V5.2": 3,
    "V5.3": 2, "V5.4": 3, "V6.1": 3, "V6.2": 12, "V6.3": 4, "V6.4": 4, "V6.5": 5, "V6.6": 3, "V6.8": 4, "V7.1": 3,
    "V7.2": 4, "V7.3": 2, "V7.4": 5, "V7.5": 2, "V7.6": 2, "V8.1": 2, "V8.2": 3, "V8.3": 1, "V8.4": 1, "V9.1": 3,
    "V9.2": 4, "V10.1": 2, "V10.2": 2, "V10.3": 4, "V10.4": 11, "V10.5": 5, "V10.6": 2, "V10.7": 3, "V11.1": 2,
    "V11.2": 3, "V11.3": 3, "V11.4": 4, "V11.5": 1, "V11.6": 1, "V12.1": 3, "V12.2": 2, "V12.3": 4, "V13.1": 1,
    "V13.2": 5, "V13.3": 2, "V13.4": 5, "V14.1": 2, "V14.2": 4, "V14.3": 3, "V15.1": 3, "V15.2": 3, "V15.3": 7,
    "V16.1": 1, "V16.2": 5, "V16.3": 4, "V16.4": 3, "V16.5": 3, "V17.1": 1, "V17.2": 4, "V17.3": 2,
}  # fmt: skip


#: How the last column begins where a requirement is not simply met.
KINDS = {"does not apply: ": "do not apply", "for the operator: ": "for the operator", "**Not met.**": "not met"}


def kind(fulfilled: str) -> str:
    beginnings = {
        "does not apply: ": "do not apply",
        "for the operator: ": "for the operator",
        "**Not met.**": "not met",
    }
    return next((name for beginning, name in beginnings.items() if fulfilled.startswith(beginning)), "met")


def test_every_requirement_has_its_row() -> None:
    wanted = [f"{section}.{number + 1}" for section, count in SECTIONS.items() for number in range(count)]
    assert list(ROWS) == wanted


def test_the_numbers_on_top_are_right() -> None:
    counts = Counter(map(kind, ROWS.values()))
    stated = dict(re.findall(r"^\| ([a-z ]+) \| (\d+) \|$", DOCUMENT, re.MULTILINE))
    assert {name: int(count) for name, count in stated.items()} == {**counts, "together": len(ROWS)}


@pytest.mark.parametrize("requirement", ROWS)
def test_what_a_row_names_is_there(requirement: str) -> None:
    fulfilled = ROWS[requirement]
    named = re.findall(r"`([^`]+)`", fulfilled)
    for each in named:
        if "::" in each:
            path, name = each.split("::")
            assert f"def {name}(" in (ROOT / path).read_text(encoding="utf-8"), each
        elif re.fullmatch(r"[\w./-]+\.(py|md|yml|lock)|Dockerfile|\.\w+ignore", each):
            assert (ROOT / each).exists(), each
        elif re.fullmatch(r"[A-Z][A-Z_]{5,}", each) and each not in ("DATABASE_URL", "OAUTH_PKCE_ENABLED"):
            assert hasattr(settings, each), each
    rules = re.findall(r"\bS\d{3}\b", fulfilled)
    for rule in rules:
        assert rule not in RUFF["ignore"], rule
        assert "S" in RUFF["select"]
    if kind(fulfilled) == "met":
        assert named or rules or "](" in fulfilled or "this page" in fulfilled or "step" in fulfilled, fulfilled
    for link in re.findall(r"\]\(([^)#]+)\)", fulfilled):
        assert (ROOT / "docs" / link).exists(), link
    for section in re.findall(r'this page, "([^"]+)"', fulfilled):
        assert f"\n## {section}\n" in DOCUMENT
