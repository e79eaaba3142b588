"""Signing in while the broker, which also counts attempts, is away."""

from __future__ import annotations

import socket

import pytest
from django.core import mail
from django.core.cache import caches
from django.test import Client
from django.urls import reverse

from oasst_web.cache import ForgetfulRedisCache


@pytest.fixture
def nobody_listens(monkeypatch: pytest.MonkeyPatch) -> ForgetfulRedisCache:
    """The cache on a port that refuses connections."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    cache = ForgetfulRedisCache(f"redis://127.0.0.1:{port}/0", {})
    monkeypatch.setattr(caches._connections, "default", cache, raising=False)
    return cache


@pytest.mark.django_db
def test_a_code_is_sent_although_the_cache_is_away(client: Client, nobody_listens: ForgetfulRedisCache) -> None:
    response = client.post(reverse("account_request_login_code"), {"email": "someone@example.org"})
    assert response.status_code == 302
    assert len(mail.outbox) == 1


def test_a_cache_that_is_away_is_empty(nobody_listens: ForgetfulRedisCache) -> None:
    nobody_listens.set("a", 1)
    assert nobody_listens.get("a", "nothing") == "nothing"
    assert nobody_listens.add("a", 1)
    assert not nobody_listens.delete("a")
