"""Finds addresses that may do harm: on a block list, or written so that nobody sees where they lead."""

from __future__ import annotations

import ipaddress
import os
import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

from screening.findings import Concern, Detector, Found, Text

OURS = Path(__file__).with_name("blocked_domains.txt")
#: Names the file with an operator's own list.
THEIRS = "SCREENING_BLOCKED_DOMAINS"
#: Services that hide where an address leads.
SHORTENERS = frozenset({
    "bit.ly", "tinyurl.com", "t.co", "goo.gl", "is.gd", "v.gd", "ow.ly", "buff.ly", "rebrand.ly", "cutt.ly",
    "shorturl.at", "rb.gy", "t.ly", "tiny.cc", "s.id", "lnkd.in", "adf.ly", "shorte.st", "bl.ink", "soo.gd",
    "clck.ru", "vk.cc", "u.to", "reurl.cc", "dwz.cn", "suo.im", "bc.vc", "ouo.io", "qr.ae", "dlvr.it",
})  # fmt: skip

#: With hxxp and [.], as people write addresses that should not be followed.
_URL = re.compile(r"(?<![\w@])(?P<scheme>h(?:tt|xx)ps?|ftp)://(?P<rest>[^\s<>\"'`|{}\\^]{1,2000})", re.IGNORECASE)
_BARE = re.compile(r"(?<![\w@./-])(?P<rest>(?:[^\W_](?:[\w-]{0,61}[^\W_])?(?:\.|\[\.\])){1,8}[^\W\d_]{2,24})(?![\w@-])")
_MARKDOWN = re.compile(r"\[(?P<said>[^\[\]\n]{1,300})\]\((?P<to>[^()\s]{1,2000})\)")
_TRAILING = ".,;:!?)]}»”’'\""


def look(text: Text) -> Sequence[Found]:
    """Each address once, as the worst that it is."""
    worst: dict[tuple[int, int], Found] = {}
    for found in _found(text.text):
        place = (found.start, found.end)
        if place not in worst or worst[place].score < found.score:
            worst[place] = found
    return [worst[place] for place in sorted(worst)]


def _found(text: str) -> Iterator[Found]:
    for match in _URL.finditer(text):
        rest = match.group("rest").rstrip(_TRAILING)
        yield from _judged(f"http://{_armed(rest)}", match.start(), match.start("rest") + len(rest), whole=True)
    for match in _BARE.finditer(text):
        yield from _judged(f"http://{_armed(match.group('rest'))}", match.start(), match.end(), whole=False)
    for match in _MARKDOWN.finditer(text):
        said, to = _host(match.group("said")), _host(match.group("to"))
        if said and to and _registered(said) != _registered(to):
            yield Found(kind="masked", score=0.85, start=match.start(), end=match.end())


def _armed(written: str) -> str:
    return written.replace("[.]", ".").replace("(.)", ".")


def _judged(address: str, start: int, end: int, *, whole: bool) -> Iterator[Found]:
    def found(kind: str, score: float) -> Found:
        return Found(kind=kind, score=score, start=start, end=end)

    try:
        parts = urlsplit(address)
        host = (parts.hostname or "").rstrip(".")
    except ValueError:
        return
    if _is_blocked(host):
        yield found("blocked", 0.95)
    if _below(host, SHORTENERS):
        yield found("shortened", 0.7 if whole else 0.5)
    if _mixes_scripts(host):
        yield found("lookalike", 0.9)
    if whole and "@" in parts.netloc:
        yield found("userinfo", 0.85)
    if whole and _is_public_ip(host):
        yield found("raw_ip", 0.75)


def _is_blocked(host: str) -> bool:
    return _below(host, blocked())


def _below(host: str, domains: frozenset[str]) -> bool:
    labels = _ascii(host).split(".")
    return any(".".join(labels[at:]) in domains for at in range(len(labels)))


def _ascii(host: str) -> str:
    """As name servers know it: punycode, in lower case."""
    try:
        return host.encode("idna").decode().lower()
    except UnicodeError:
        return host.lower()


def _mixes_scripts(host: str) -> bool:
    """Latin letters among Cyrillic or Greek ones in one part of the name: they look alike, and nobody mixes them."""
    for label in host.split("."):
        plain = label
        if label.startswith("xn--"):
            try:
                plain = label.encode().decode("idna")
            except UnicodeError:
                continue
        scripts = {unicodedata.name(sign, "?").split()[0] for sign in plain if sign.isalpha()}
        if "LATIN" in scripts and scripts & {"CYRILLIC", "GREEK"}:
            return True
    return False


def _is_public_ip(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return False


def _host(written: str) -> str:
    """The host of an address as people write it; empty where it is none."""
    match = _URL.fullmatch(written.strip()) or _BARE.fullmatch(written.strip().partition("/")[0])
    if match is None:
        return ""
    try:
        return (urlsplit(f"http://{_armed(match.group('rest'))}").hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def _registered(host: str) -> str:
    """The last two parts of a name: who has these has all below. Wrong for co.uk, which only makes this milder."""
    return ".".join(_ascii(host).split(".")[-2:])


@cache
def blocked() -> frozenset[str]:
    """Our list and the operator's. Raises OSError if theirs cannot be read: a list that is wanted must be there."""
    paths = [OURS, *([Path(os.environ[THEIRS])] if os.environ.get(THEIRS) else [])]
    lines = (line.strip().lower() for path in paths for line in path.read_text(encoding="utf-8").splitlines())
    return frozenset(_ascii(line) for line in lines if line and not line.startswith("#"))


def _version() -> str:
    """Changes with the lists."""
    return f"addresses-1-{sha256(' '.join(sorted(blocked())).encode()).hexdigest()[:8]}"


DETECTOR = Detector(Concern.LINKS, _version(), look)
