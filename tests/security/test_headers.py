"""What the production settings say to browsers, and what they ask of connections."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
from typing import Any

import pytest
from django.conf import settings as in_force
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from tests.pages.site import client_of, make_person
from tests.pages.test_entrance import ask_for_code

PRODUCTION = {
    "SECRET_KEY": "an-example-of-a-long-secret-key-with-many-different-characters-0123456789",
    "ALLOWED_HOSTS": "chat.example.org",
    "CSRF_TRUSTED_ORIGINS": "https://chat.example.org",
    "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "OPERATOR": "Somebody",
}


@pytest.fixture
def production(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The settings as a server reads them."""
    for name, value in PRODUCTION.items():
        monkeypatch.setenv(name, value)
    return runpy.run_path(str(in_force.ROOT / "oasst_web" / "settings" / "__init__.py"))


def test_the_deployment_check_finds_nothing() -> None:
    environment = {**os.environ, **PRODUCTION, "DJANGO_SETTINGS_MODULE": "oasst_web.settings"}
    # Only for the tests that drive a browser.
    environment.pop("DJANGO_ALLOW_ASYNC_UNSAFE", None)
    check = [sys.executable, "-m", "django", "check", "--deploy", "--fail-level", "WARNING"]
    done = subprocess.run(check, env=environment, cwd=in_force.ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


def test_cookies_are_for_this_host_only_and_for_encrypted_connections(production: dict[str, Any]) -> None:
    names = [production[f"{name}_COOKIE_NAME"] for name in ("SESSION", "CSRF", "LANGUAGE", "THEME", "MESSAGES")]
    assert all(name.startswith("__Host-") for name in names)
    assert production["SESSION_COOKIE_SECURE"]
    assert production["CSRF_COOKIE_SECURE"]


def test_debugging_is_off_and_hosts_are_named(production: dict[str, Any]) -> None:
    assert production["DEBUG"] is False
    assert production["ALLOWED_HOSTS"] == ["chat.example.org"]
    assert production["DEMO"] is False


def test_browsers_may_not_fall_back_to_plain_http(production: dict[str, Any]) -> None:
    assert production["SECURE_HSTS_SECONDS"] >= 365 * 24 * 3600
    assert production["SECURE_HSTS_INCLUDE_SUBDOMAINS"]
    assert production["SECURE_SSL_REDIRECT"]


def test_the_policy_allows_what_this_site_serves_and_nothing_else(production: dict[str, Any]) -> None:
    policy = production["CONTENT_SECURITY_POLICY"]["DIRECTIVES"]
    for directive in ("object-src", "base-uri", "frame-ancestors"):
        assert policy[directive] == ["'none'"]
    assert policy["script-src"] == policy["style-src"] == policy["default-src"] == ["'self'"]


PAGES = ["home", "terms", "guidelines", "account_request_login_code"]


@pytest.mark.django_db
@pytest.mark.parametrize("name", PAGES)
def test_every_page_carries_the_headers(client: Client, name: str) -> None:
    _has_them(client.get(reverse(name)))


@pytest.mark.django_db
def test_answers_to_programs_and_refusals_carry_them_too(client: Client) -> None:
    _has_them(client.get("/api/v1/stats/"))
    _has_them(client.get("/nothing/here/"))
    _has_them(client.get(reverse("moderation_queue")))
    _has_them(client_of(make_person()).get(reverse("moderation_queue")))


def _has_them(response: Any) -> None:
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "DENY"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    assert response["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in response["Permissions-Policy"]
    assert "frame-ancestors 'none'" in response["Content-Security-Policy"]
    assert "Access-Control-Allow-Origin" not in response
    assert (
        "charset=utf-8" in response.get("Content-Type", "charset=utf-8").lower() or "json" in response["Content-Type"]
    )


@pytest.mark.django_db
def test_nothing_of_a_person_is_kept_by_a_cache() -> None:
    client = client_of(make_person())
    for name in ("dashboard", "account", "my_messages", "account_data", "news"):
        assert "no-store" in client.get(reverse(name))["Cache-Control"], name


@pytest.mark.django_db
def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(client: Client) -> None:
    code = ask_for_code(client, make_person().email or "")
    answer = client.post(reverse("account_confirm_login_code"), {"code": code})
    cookie = answer.cookies[in_force.SESSION_COOKIE_NAME]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert not cookie["domain"]
    assert cookie["path"] == "/"


@pytest.mark.django_db
def test_a_page_over_plain_http_moves_to_https_but_a_program_is_refused(client: Client, settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    page = client.get(reverse("home"))
    assert page.status_code == 301
    assert page["Location"].startswith("https://")
    for path in ("/api/v2/me", "/api/v1/stats/", "/_allauth/app/v1/config"):
        refused = client.get(path, headers={"X-API-Key": "secret"})
        assert refused.status_code == 400
        assert "https" in refused.json()["detail"]
        assert client.get(path, secure=True).status_code != 400


@pytest.mark.django_db
def test_methods_nobody_asked_for_are_refused(client: Client) -> None:
    assert client.generic("TRACE", reverse("home")).status_code == 405
    assert client.put(reverse("terms")).status_code == 405
