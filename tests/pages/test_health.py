"""What probes hear of the site: alive, ready, and what is missing."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from django.db import connection
from django.test import Client
from pytest_django import Settings

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def silent() -> Iterator[socket.socket]:
    """A server that accepts connections and never says a word."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        server.setblocking(False)
        yield server


def times_asked(server: socket.socket) -> int:
    count = 0
    while True:
        try:
            server.accept()[0].close()
        except BlockingIOError:
            return count
        count += 1


def test_a_site_with_everything_in_place_is_ready(client: Client) -> None:
    response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json() == {
        "status": "ready",
        "checks": {"database": "ok", "migrations": "ok", "broker": "ok"},
    }
    assert "no-store" in response["Cache-Control"]


def test_a_missing_migration_makes_it_not_ready(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'sessions' RETURNING name, applied")
        (row,) = cursor.fetchall()
    try:
        response = client.get("/readyz")
    finally:
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO django_migrations (app, name, applied) VALUES ('sessions', %s, %s)", row)
    assert response.status_code == 503
    assert response.json()["checks"]["migrations"] == "1 unapplied"


def test_a_silent_broker_makes_it_not_ready_and_is_asked_only_once(
    client: Client, settings: Settings, silent: socket.socket
) -> None:
    settings.REDIS_URL = f"redis://:hush@127.0.0.1:{silent.getsockname()[1]}/0"
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["checks"] == {"database": "ok", "migrations": "ok", "broker": "unreachable"}
    assert b"hush" not in response.content
    assert times_asked(silent) == 1


def test_a_silent_database_makes_it_not_ready_while_it_stays_alive(
    client: Client, silent: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(connection.settings_dict, "PORT", str(silent.getsockname()[1]))
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["checks"] == {"database": "unreachable", "migrations": "unknown", "broker": "ok"}
    assert client.get("/healthz").status_code == 200


def test_probes_may_not_post(client: Client) -> None:
    assert client.post("/healthz").status_code == 405
    assert client.post("/readyz").status_code == 405
