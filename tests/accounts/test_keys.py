"""API keys: shown once, kept as a hash, revoked at once, last use noted."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts import keys
from accounts.models import ApiClient, Scope

pytestmark = pytest.mark.django_db


def made(*arguments: str) -> tuple[str, ApiClient]:
    out = StringIO()
    call_command("create_api_key", "Discord bot", *arguments, stdout=out, stderr=StringIO())
    return out.getvalue().strip(), ApiClient.objects.get()


def test_a_key_is_printed_once_and_kept_as_a_hash() -> None:
    key, client = made("--scope", "volunteer", "--scope", "exporter")
    assert len(key) == 64
    assert key not in str(ApiClient.objects.values().get())
    assert sorted(client.scopes) == ["exporter", "volunteer"]
    assert keys.known(key=key, now=timezone.now()) == client


def test_a_key_without_a_scope_or_with_an_unknown_one_is_not_made() -> None:
    for arguments in ([], ["--scope", "king"]):
        with pytest.raises(CommandError):
            call_command("create_api_key", "Bot", *arguments)
    assert not ApiClient.objects.exists()


def test_a_revoked_key_is_not_known_any_more_and_its_client_stays() -> None:
    key, client = made("--scope", "volunteer")
    call_command("revoke_api_key", str(client.pk), stdout=StringIO())
    assert keys.known(key=key, now=timezone.now()) is None
    out = StringIO()
    call_command("list_api_keys", stdout=out)
    assert "revoked" in out.getvalue()
    with pytest.raises(CommandError):
        call_command("revoke_api_key", "00000000-0000-0000-0000-000000000000")


def test_last_use_is_noted_to_the_minute() -> None:
    key, client = made("--scope", "volunteer")
    now = timezone.now()
    for later in (0, 30, 90):
        keys.known(key=key, now=now + timedelta(seconds=later))
    client.refresh_from_db()
    assert client.last_used_at == now + timedelta(seconds=90)
    keys.known(key=key, now=now + timedelta(seconds=100))
    client.refresh_from_db()
    assert client.last_used_at == now + timedelta(seconds=90)


@pytest.mark.parametrize(
    ("scope", "moderates"), [(Scope.MODERATOR, True), (Scope.ADMIN, True), (Scope.EXPORTER, False)]
)
def test_a_client_that_moderates_has_an_account_that_the_log_can_name(scope: Scope, moderates: bool) -> None:
    client, _key = keys.issue(description="Dashboard", scopes=[scope], now=timezone.now())
    assert (client.person is not None and client.person.is_moderator) is moderates
