"""POST to an address that a client named: to the public internet and nowhere else, within a time, in one place.

Whoever may name an address could otherwise use this server to reach what only it can reach (server-side request
forgery): the database, a cloud's metadata service, a router. So names are resolved here, every address is looked at,
and the connection goes to exactly the address that was looked at: a name that means something else a moment later wins
nothing.
"""

from __future__ import annotations

import io
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from http.client import HTTPConnection, HTTPException, HTTPResponse
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext_lazy as _

from common.errors import DomainError, ErrorCode

#: For connecting, sending and the answer together. The Standard Webhooks recommend 15 to 30 seconds.
SECONDS = 15

#: All public addresses of version 6. Outside are those that stand for one of version 4: mapped ones, NAT64.
GLOBAL_UNICAST = IPv6Network("2000::/3")
#: Inside, but each leads to an address of version 4, which may be anything.
SIX_TO_FOUR = IPv6Network("2002::/16")

#: What `getaddrinfo` says of one address.
Found = tuple[socket.AddressFamily, socket.SocketKind, int, str, Any]


class AddressRefused(DomainError):
    code = ErrorCode.INVALID_WEBHOOK
    status = 422
    sentence = _(
        "This address cannot be used. Give one that begins with https://, has no account and no fragment, "
        "is written in ASCII, and is on the public internet."
    )


class NotSent(Exception):
    """No answer came, and why."""


@dataclass(frozen=True)
class Address:
    """Where to send."""

    secure: bool
    host: str
    port: int
    target: str
    """Path and query."""


def address(url: str, *, loopback: bool) -> Address:
    """The parts of an address. With `loopback` this machine may be meant, also without encryption. Raises
    AddressRefused, without asking what the name stands for: that is seen at each sending."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise AddressRefused from None
    host, secure = parts.hostname or "", parts.scheme == "https"
    printable = url.isascii() and url.isprintable() and " " not in url
    if not host or not printable or port == 0 or parts.fragment or "@" in parts.netloc:
        raise AddressRefused
    try:
        literal = ip_address(host)
    except ValueError:
        here = host == "localhost"
    else:
        here = literal.is_loopback
        if not _allowed(literal, loopback=loopback):
            raise AddressRefused
    if not secure and not (parts.scheme == "http" and loopback and here):
        raise AddressRefused
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Address(secure, host, port or (443 if secure else 80), target)


def post(url: str, *, body: bytes, headers: Mapping[str, str], loopback: bool) -> int:
    """Send this and return the status of the answer; of its body nothing is read, and no redirect is followed. Raises
    NotSent with the reason when there is no answer within SECONDS."""
    until = time.monotonic() + SECONDS
    try:
        there = address(url, loopback=loopback)
        with _connected(there, until, loopback=loopback) as plain:
            plain.settimeout(_left(until))
            if not there.secure:
                return _answered(plain, there, body, headers, until)
            with _context().wrap_socket(plain, server_hostname=there.host) as encrypted:
                return _answered(encrypted, there, body, headers, until)
    except AddressRefused as refusal:
        raise NotSent(str(refusal)) from refusal
    except TimeoutError as problem:
        raise NotSent(f"No answer within {SECONDS} seconds.") from problem
    except (OSError, HTTPException, ValueError) as problem:
        raise NotSent(str(problem) or type(problem).__name__) from problem


def _connected(there: Address, until: float, *, loopback: bool) -> socket.socket:
    """A connection to the first of its addresses that takes one. If any of them is not public none is used: an honest
    name has no reason to mix them."""
    found: list[Found] = socket.getaddrinfo(there.host, there.port, type=socket.SOCK_STREAM)
    for *_rest, where in found:
        meant = ip_address(where[0].partition("%")[0])
        if not _allowed(meant, loopback=loopback) or not (there.secure or meant.is_loopback):
            raise NotSent("The name stands for an address that is not on the public internet.")
    problem = OSError("The name stands for no address.")
    for family, kind, protocol, _name, where in found:
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(_left(until))
            sock.connect(where)
        except OSError as refused:
            sock.close()
            problem = refused
        else:
            return sock
    raise problem


def _answered(sock: socket.socket, there: Address, body: bytes, headers: Mapping[str, str], until: float) -> int:
    connection = HTTPConnection(there.host, there.port)
    connection.default_port = 443 if there.secure else 80  # Then the header Host does without it.
    connection.sock = sock
    sock.settimeout(_left(until))
    connection.request("POST", there.target, body=body, headers=dict(headers))
    with HTTPResponse(_Answer(sock, until), method="POST") as answer:  # type: ignore[arg-type]  # all it asks for is makefile
        answer.begin()
        return answer.status


def _allowed(meant: IPv4Address | IPv6Address, *, loopback: bool) -> bool:
    if loopback and meant.is_loopback:
        return True
    if isinstance(meant, IPv6Address) and (meant not in GLOBAL_UNICAST or meant in SIX_TO_FOUR):
        return False
    return meant.is_global and not meant.is_multicast


def _left(until: float) -> float:
    """Seconds that are left. Raises TimeoutError when there are none: 0 would mean not to wait at all."""
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


@cache
def _context() -> ssl.SSLContext:
    """Who is trusted, as the system says; reading that takes longer than most answers."""
    return ssl.create_default_context()


class _Answer(io.RawIOBase):
    """What comes back on a socket, as `HTTPResponse` reads it. Its own time limit starts anew with each byte, so that a
    receiver who sends one every few seconds would hold a worker for hours."""

    def __init__(self, sock: socket.socket, until: float) -> None:
        self.sock, self.until = sock, until

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self.sock.settimeout(_left(self.until))
        return self.sock.recv_into(buffer)
