"""One measurement in a process of its own: a size, a way in, a number of volunteers. Prints one JSON line."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable
from contextlib import contextmanager
from typing import Any

from benchmarks import databases
from benchmarks.volunteers import Measured, through_api, through_functions, through_http


def measure(
    environment: dict[str, str], size: str, way: str, volunteers: int, calls: int, submit: bool
) -> dict[str, Any]:
    """Let `volunteers` threads make `calls` calls each, after a short warm-up. `way`: functions or http."""
    databases.use(environment, size)
    from accounts.models import User

    people = list(User.objects.exclude(email=None).order_by("id")[:1500])
    measured = Measured()
    if way == "functions":
        _crowd(1, lambda n: through_functions(people, 20, 9000, submit, Measured()))
        measured.wall = _crowd(volunteers, lambda n: through_functions(people, calls, n, submit, measured))
    else:
        sessions = _sessions(people[:400])
        with _web() as port:
            _crowd(8, lambda n: through_http(port, sessions, 4, 9000 + n, submit, Measured()))
            measured.wall = _crowd(volunteers, lambda n: through_http(port, sessions, calls, n, submit, measured))
    return _summary(measured, size, way, volunteers, submit)


def measure_api(environment: dict[str, str], volunteers: int, calls: int, pace: float) -> dict[str, Any]:
    """So many volunteers of one client program, at full size, each through task, ack and interaction `calls` times: one
    after the other without a pause, or, with a pace, all of them together so many answers per second."""
    databases.use(environment, "full")
    from django.utils import timezone

    from accounts import keys
    from accounts.models import Scope

    _client, key = keys.issue(
        description="benchmark", scopes=[Scope.VOLUNTEER], now=timezone.now(), terms_accepted_there=True
    )
    crowd = [secrets.token_hex(8) for _ in range(400)]
    measured, every = Measured(), volunteers / pace if pace else 0.0
    with _web() as port:
        _crowd(8, lambda n: through_api(port, key, crowd, 10, 9000 + n, Measured()))
        measured.wall = _crowd(volunteers, lambda n: through_api(port, key, crowd, calls, n, measured, every))
    summary: dict[str, Any] = {
        "volunteers": volunteers,
        "pace": pace or "",
        "answers": len(measured.answers),
        "answers_per_second": round(len(measured.answers) / measured.wall, 1),
    }
    for name, seconds in (("task", measured.claims), ("ack", measured.acks), ("interaction", measured.answers)):
        summary |= {f"{name}_p{p}_ms": round(percentile(seconds, p) * 1000, 1) for p in (50, 95)}
    summary |= {"refusals": measured.refusals, "errors": len(measured.errors)}
    return summary | ({"first_error": measured.errors[0]} if measured.errors else {})


def _crowd(count: int, work: Callable[[int], None]) -> float:
    """Run the work in so many threads; returns the seconds it took."""
    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - started


def _sessions(people: list[Any]) -> list[tuple[str, str]]:
    """A signed-in browser for each person: session key and CSRF token."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    signed_in = []
    for person in people:
        session = SessionStore()
        session[SESSION_KEY] = str(person.pk)
        session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
        session[HASH_SESSION_KEY] = person.get_session_auth_hash()
        session.create()
        signed_in.append((str(session.session_key), secrets.token_hex(16)))
    return signed_in


@contextmanager
def _web() -> Any:
    """The web server as `manage.py up` starts it, on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        sys.executable, "-m", "gunicorn", "oasst_web.wsgi", "--bind", f"127.0.0.1:{port}", "--log-level", "error",
    ]  # fmt: skip
    server = subprocess.Popen(command, env=dict(os.environ), cwd=databases.ROOT)
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5).close()
                break
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)
        yield port
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(30)


def _summary(measured: Measured, size: str, way: str, volunteers: int, submit: bool) -> dict[str, Any]:
    calls = measured.answers if submit else measured.claims
    queries = measured.answer_queries if submit else measured.claim_queries
    summary = {
        "size": size,
        "way": way,
        "volunteers": volunteers,
        "calls": len(calls),
        "per_second": round(len(calls) / measured.wall, 1),
        "refusals": measured.refusals,
        "errors": len(measured.errors),
        **{f"p{p}_ms": round(percentile(calls, p) * 1000, 2) for p in (50, 95, 99)},
    }
    if queries:
        summary |= {"queries_p50": percentile(queries, 50), "queries_max": max(queries)}
    if measured.errors:
        summary["first_error"] = measured.errors[0]
    return summary


def percentile(values: list[Any], p: int) -> Any:
    """Nearest rank; nothing measured is not a number."""
    return sorted(values)[min(len(values) - 1, len(values) * p // 100)] if values else float("nan")


if __name__ == "__main__":
    size, way, volunteers, calls, what = sys.argv[1:]
    environment = {
        k: v for k, v in os.environ.items() if k in ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "OASST_DATA_DIR")
    }
    if way == "api":
        print(json.dumps(measure_api(environment, int(volunteers), int(calls), float(what))))
    else:
        print(json.dumps(measure(environment, size, way, int(volunteers), int(calls), what == "answers")))
