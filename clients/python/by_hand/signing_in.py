"""Signing in: with a code that comes by e-mail, or with the token of an earlier time."""

from __future__ import annotations

from collections.abc import Callable

import httpx

from .client import AuthenticatedClient

_AUTH = "/_allauth/app/v1/auth"
_HEADER = "X-Session-Token"
# Longer than the server is silent while one waits for events.
_TIMEOUT = httpx.Timeout(30)


class SignInFailed(Exception):
    """Nobody is signed in. Says what the server said."""


def sign_in(base_url: str, *, email: str, code: Callable[[], str]) -> AuthenticatedClient:
    """Have a code sent to this address and trade it for a token, which is then `token` of the client.

    `code` is called when the mail is on its way, and returns what it says. An address nobody has used yet becomes a new
    person. Raises SignInFailed.
    """
    with httpx.Client(base_url=base_url, timeout=_TIMEOUT) as http:
        # 401 is how the server says that it waits for the code.
        asked = _token(http.post(f"{_AUTH}/code/request", json={"email": email}), status=401)
        confirmed = http.post(f"{_AUTH}/code/confirm", json={"code": code().strip()}, headers={_HEADER: asked})
        return with_token(base_url, _token(confirmed, status=200))


def with_token(base_url: str, token: str) -> AuthenticatedClient:
    """Go on with a token one has."""
    return AuthenticatedClient(base_url, token=token, prefix="", auth_header_name=_HEADER, timeout=_TIMEOUT)


def sign_out(client: AuthenticatedClient) -> None:
    """End the token of this client, here and everywhere."""
    client.get_httpx_client().delete(f"{_AUTH}/session")


def _token(response: httpx.Response, *, status: int) -> str:
    is_json = response.headers.get("Content-Type", "").startswith("application/json")
    said = response.json() if is_json else {}
    token = said.get("meta", {}).get("session_token")
    if response.status_code == status and token:
        return str(token)
    sentences = [error["message"] for error in said.get("errors", [])]
    raise SignInFailed(" ".join(sentences) or f"The server answered {response.status_code} to {response.url}.")
