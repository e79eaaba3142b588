"""Finds ports on this machine that nobody uses."""

from __future__ import annotations

import socket


def refusal(port: int, host: str = "127.0.0.1") -> OSError | None:
    """Why nobody can listen there; None when somebody can."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # As servers do it: a port whose last connections are only fading away counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as problem:
            return problem
    return None


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    return refusal(port, host) is None


def free_port(wanted: int | None = None) -> int:
    """The wanted port if it is free, else one the system picks."""
    if wanted and is_free(wanted):
        return wanted
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
