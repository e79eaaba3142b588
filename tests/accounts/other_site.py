"""A small site with accounts, in the place of Google, Discord and GitHub: a thread that speaks OAuth 2 with PKCE."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from allauth.socialaccount.providers.discord.views import DiscordOAuth2Adapter
from allauth.socialaccount.providers.github.views import GitHubOAuth2Adapter
from allauth.socialaccount.providers.google.views import GoogleOAuth2Adapter
from pytest_django import Settings

SECRET = "known to us and them"


@dataclass
class OtherSite:
    """Who is signed in there, and what it has seen."""

    url: str = ""
    profile: dict[str, Any] = field(default_factory=dict)
    """What it tells of the person who is signed in there."""
    emails: list[dict[str, Any]] = field(default_factory=list)
    """Only for GitHub, which has another address for them."""
    agrees: bool = True
    """Whether the person lets us know who they are."""
    codes: dict[str, str] = field(default_factory=dict)
    """Given out, with the challenge each was asked for with."""
    scopes: list[str] = field(default_factory=list)

    def answer(self, path: str, query: dict[str, str], form: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body."""
        match path:
            case "/authorize":
                self.scopes.append(query["scope"])
                told = {"state": query["state"]}
                if self.agrees:
                    code = secrets.token_urlsafe(8)
                    self.codes[code] = query["code_challenge"]
                    told["code"] = code
                else:
                    told["error"] = "access_denied"
                return 302, {"Location": f"{query['redirect_uri']}?{urlencode(told)}"}, b""
            case "/token":
                digest = hashlib.sha256(form["code_verifier"].encode()).digest()
                challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
                known = self.codes.pop(form["code"], None) == challenge and form["client_secret"] == SECRET
                return _json({"access_token": "open sesame"} if known else {"error": "invalid_grant"}, known)
            case "/me":
                return _json(self.profile)
            case "/me/emails":
                return _json(self.emails)
        return 404, {}, b""


def _json(what: Any, well: bool = True) -> tuple[int, dict[str, str], bytes]:
    return 200 if well else 400, {"Content-Type": "application/json"}, json.dumps(what).encode()


@contextmanager
def running() -> Iterator[OtherSite]:
    """The site, until the block ends."""
    site = OtherSite()

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            asked = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            pairs = [{name: values[0] for name, values in parse_qs(text).items()} for text in (asked.query, body)]
            status, headers, content = site.answer(asked.path, *pairs)
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = _answer

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def in_place_of_all(settings: Settings) -> Iterator[OtherSite]:
    """The site stands where Google, Discord and GitHub are, and the keys of all three are set."""
    settings.SOCIALACCOUNT_PROVIDERS = {
        name: {"APPS": [{"client_id": "us", "secret": SECRET}], "OAUTH_PKCE_ENABLED": True}
        for name in ("google", "discord", "github")
    }
    with running() as site, pytest.MonkeyPatch.context() as patch:
        for adapter in (GoogleOAuth2Adapter, DiscordOAuth2Adapter, GitHubOAuth2Adapter):
            patch.setattr(adapter, "authorize_url", f"{site.url}/authorize")
            patch.setattr(adapter, "access_token_url", f"{site.url}/token")
        patch.setattr(GoogleOAuth2Adapter, "identity_url", f"{site.url}/me")
        patch.setattr(DiscordOAuth2Adapter, "profile_url", f"{site.url}/me")
        patch.setattr(GitHubOAuth2Adapter, "profile_url", f"{site.url}/me")
        patch.setattr(GitHubOAuth2Adapter, "emails_url", f"{site.url}/me/emails")
        yield site
