"""Who may open which page: one table, and a walk through it with everybody there is. The API has its own, in
tests/api/test_access.py."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from accounts.models import Role, Status
from tests.pages.site import client_of, make_person

pytestmark = pytest.mark.django_db

#: For everybody, also without an account.
PUBLIC = """
    home choose_theme choose_interface_language account_request_login_code account_login account_confirm_login_code
    account_inactive account_logout sign_in_with google_callback discord_callback github_callback passkey_sign_in
    passkey_question demo_sign_in mail_off terms practices practice practice_number guidelines label_guidelines
    guideline statistics releases release_page release_file compare_releases ledger ledger_file about privacy robots
    manifest healthz readyz
"""
#: For whoever is signed in, also when suspended: their data, their news, what was decided about them. Task pages are
#: among them: they give a text back to whomever it belongs to.
SIGNED_IN = """
    dashboard choose_language account account_consent account_sign_in add_address prove_address main_address
    remove_address unlink_account add_passkey new_passkey_question remove_passkey end_other_sessions account_data
    account_delete drafts delete_draft my_release take_back my_messages my_reviews my_rankings
    removed_messages removed_message notices news
    rules rules_history boards choose_boards points badges task
"""
#: For whoever accepted the terms and is neither banned nor suspended.
TAKING_PART = """
    available claim done after ahead skip release undo preview hints save_draft move_prompt give_back use_draft
    correct tree message react report welcome welcome_topics welcome_practice welcome_done
"""
MODERATING = """
    moderation_queue moderation_live moderation_next moderation_limit moderation_bulk undo_bulk undo_decision
    moderation_item claim_item release_item show_item decide_item decide_appeal moderated_people moderated_person
    warn_person suspend_person sign_out_person ban_person unban_person note_person rename_person merge_person
    person_role propose_purge
    moderated_trees moderated_tree halt_tree resume_tree retry_tree trolls throughput proposals proposal
    confirm_proposal refuse_proposal audit_log audit_export agreement reliability
"""
ADMINISTRATING = "admin:index ask_release sign_release recall_release"
LEVELS = ("public", "signed in", "taking part", "moderating", "administrating")
LEVEL: dict[str, str] = {
    name: level
    for level, names in zip(LEVELS, (PUBLIC, SIGNED_IN, TAKING_PART, MODERATING, ADMINISTRATING), strict=True)
    for name in names.split()
}

#: Pages whose form is for fewer people than the page.
FORMS = {"rules": "administrating"}

#: Who they are, and the levels that are open to them.
CALLERS: dict[str, frozenset[str]] = {
    "visitor": frozenset(LEVELS[:1]),
    "newcomer": frozenset(LEVELS[:2]),
    # A ban ends their session.
    "banned": frozenset(LEVELS[:1]),
    "suspended": frozenset(LEVELS[:2]),
    "volunteer": frozenset(LEVELS[:3]),
    "moderator": frozenset(LEVELS[:4]),
    "administrator": frozenset(LEVELS),
}


def routes(patterns: list[URLPattern | URLResolver], under: str = "") -> Iterator[tuple[str, URLPattern]]:
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            yield f"{under}{pattern.name}", pattern
        elif not str(pattern.pattern).startswith(("api/", "_allauth/")):
            yield from routes(pattern.url_patterns, under + (f"{pattern.namespace}:" if pattern.namespace else ""))


def all_routes() -> dict[str, URLPattern]:
    """Of the tables for administrators only the first page: tests/pages/test_admin.py opens them all."""
    found = dict(routes(get_resolver().url_patterns))
    return {name: pattern for name, pattern in found.items() if ":" not in name or name == "admin:index"}


def address(name: str, pattern: URLPattern) -> str:
    """With an id of nothing for each id: whether something is there must not matter to whom the door is closed."""
    samples: dict[str, Any] = {"uuid": uuid4(), "int": 987654321, "slug": "github", "str": "x", "path": "1"}
    converters = pattern.pattern.converters
    return reverse(name, kwargs={key: samples[_kind(found)] for key, found in converters.items()})


def _kind(converter: object) -> str:
    return type(converter).__name__.removesuffix("Converter").lower().replace("string", "str")


def caller(who: str) -> Client:
    if who == "visitor":
        return Client()
    person = make_person(terms=who != "newcomer")
    person.role = {"moderator": Role.MODERATOR, "administrator": Role.ADMIN}.get(who, Role.GENERAL)
    person.save()
    client = client_of(person)
    if who in ("banned", "suspended"):
        person.status = Status.BANNED if who == "banned" else Status.SUSPENDED
        person.suspended_until = timezone.now() + timedelta(days=1) if who == "suspended" else None
        person.save()
    return client


def kept_out(response: Any) -> bool:
    """Sent to sign in or to the terms, or told that this is not for them."""
    if response.status_code in (401, 403):
        return True
    to = response.get("Location", "")
    return response.status_code == 302 and str(to).startswith(
        (reverse("account_request_login_code"), reverse("terms") + "?")
    )


#: Refused for another reason than who asks; tests of their own look at these.
OTHER_REASONS = {("account_delete", "suspended"), ("dashboard", "newcomer")}
#: What leads through the door itself.
THE_DOOR = {
    "account_inactive", "account_login", "account_request_login_code", "account_confirm_login_code", "account_logout",
    "sign_in_with", "google_callback", "discord_callback", "github_callback", "passkey_sign_in", "terms",
}  # fmt: skip


def test_every_page_is_in_the_table_and_nothing_else() -> None:
    assert set(all_routes()) == set(LEVEL)


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("who", CALLERS)
def test_each_page_is_open_to_exactly_these(who: str, method: str) -> None:
    wrong = []
    for name, pattern in all_routes().items():
        level = FORMS.get(name, LEVEL[name]) if method == "post" else LEVEL[name]
        if name in THE_DOOR or (name, who) in OTHER_REASONS:
            continue
        # A page may sign them out or change them: everybody comes anew.
        response = getattr(caller(who), method)(address(name, pattern))
        for close in response._resource_closers:
            close()
        assert response.status_code < 500, name
        if kept_out(response) == (level in CALLERS[who]):
            wrong.append(f"{name} ({level}): {response.status_code} {response.get('Location', '')}")
    assert not wrong, "\n".join(wrong)
