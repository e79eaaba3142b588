"""Tells load balancers and `manage.py up` whether this process lives and whether the site can work."""

from __future__ import annotations

from functools import cache

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

#: Seconds each server has to answer. Higher tolerates slow servers; probes give up after their own limit anyway.
TIMEOUT = 2

OK = "ok"


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """Alive. Asks nobody else: a site whose database is away must not be restarted for it."""
    return JsonResponse({"status": "alive"})


@require_safe
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """Whether a person could use the site now: 200 or 503, and the word of each check."""
    database, migrations = _database_and_migrations()
    checks = {"database": database, "migrations": migrations, "broker": broker()}
    ready = all(word == OK for word in checks.values())
    return JsonResponse({"status": "ready" if ready else "not ready", "checks": checks}, status=200 if ready else 503)


def _database_and_migrations() -> tuple[str, str]:
    # A connection of its own, made now: the time limit then also covers a server that accepts and says nothing.
    # The reason stays in the log: error texts name hosts and accounts.
    probe: BaseDatabaseWrapper = connection.copy()
    options = dict(probe.settings_dict.get("OPTIONS") or {})
    options.update(connect_timeout=TIMEOUT, options=f"-c statement_timeout={TIMEOUT * 1000}")
    probe.settings_dict["OPTIONS"] = options
    try:
        applied = MigrationRecorder(probe).applied_migrations()
    except DatabaseError:
        return "unreachable", "unknown"
    finally:
        probe.close()
    missing = len(_known_migrations() - applied.keys())
    return OK, OK if not missing else f"{missing} unapplied"


@cache
def _known_migrations() -> frozenset[tuple[str, str]]:
    """The migrations of this code; they cannot change while the process runs."""
    loader = MigrationLoader(None, ignore_no_migrations=True)
    return frozenset(loader.disk_migrations)


def broker() -> str:
    """The word of this check; `manage.py up` asks, too. Raises ValueError when REDIS_URL is no address."""
    # Made by from_url, which tries once; the constructor's own client tries four times with pauses between.
    client = redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=TIMEOUT, socket_timeout=TIMEOUT)
    try:
        client.ping()
    except redis.RedisError:
        return "unreachable"
    finally:
        client.close()
    return OK
