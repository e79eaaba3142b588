"""Every page in both themes, narrow and wide, right to left: no barrier that axe knows, nothing sticks out.

`uv run pytest tests/journeys/test_every_page.py --pictures docs/screenshots` also takes a picture of each.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.contrib import auth
from django.contrib.sessions.backends.db import SessionStore
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.models import User
from tests.journeys.every_page import PAGES, Page, Scene
from tests.journeys.reader import PHONE, Reader

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, ViewportSize
    from pytest_django.live_server_helper import LiveServer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.timeout(600)]

WIDE: ViewportSize = {"width": 1280, "height": 900}
NARROWEST: ViewportSize = {"width": 360, "height": 740}


def _signed_in(person: User) -> str:
    session = SessionStore()
    session[auth.SESSION_KEY] = str(person.pk)
    session[auth.BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[auth.HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.create()
    return str(session.session_key)


@pytest.fixture
def windows(browser_of_this_run: Browser, live_server: LiveServer) -> Iterator[Any]:
    """A window for each person, theme and size; whatever its page complains about is told at the end."""
    opened: list[BrowserContext] = []

    def window(who: str, size: ViewportSize, theme: str, language: str = "en") -> Reader:
        context = browser_of_this_run.new_context(viewport=size, reduced_motion="reduce")
        context.set_default_timeout(20_000)
        cookies = {"theme": theme, settings.LANGUAGE_COOKIE_NAME: language}
        if who:
            cookies["sessionid"] = _signed_in(User.objects.get(email=who))
        context.add_cookies([{"name": name, "value": value, "url": live_server.url} for name, value in cookies.items()])
        opened.append(context)
        return Reader(context.new_page(), live_server.url)

    yield window
    for context in opened:
        context.close()


@pytest.fixture
def scene(settings: Any, releases_dir: Path) -> Scene:
    settings.DEMO = True
    settings.OPERATOR = "the people of this site"
    return Scene()


def test_every_page_has_no_barriers_and_fits(windows: Any, scene: Scene, request: pytest.FixtureRequest) -> None:
    pictures = request.config.getoption("--pictures")
    found: list[str] = []
    for theme, size, language in (
        ("light", WIDE, "en"),
        ("dark", NARROWEST, "en"),
        ("light", PHONE, "ar"),
    ):
        readers = {who: windows(who, size, theme, language) for who in {page.who for page in PAGES}}
        for page in PAGES:
            reader = readers[page.who]
            answer = reader.page.goto(reader.site + page.address(scene))
            where = f"{page.name}, {theme}, {size['width']} px, {language}"
            if answer is None or answer.status >= 400:
                found.append(f"{where}: answered {answer and answer.status}")
                continue
            found += [f"{where}: {barrier}" for barrier in reader.barriers()]
            if not reader.fits():
                found.append(f"{where}: sticks out to the side")
            if pictures and language == "en":
                _picture(reader, Path(pictures), page, theme)
        found += [
            f"{who or 'visitor'}, {theme}: {what}" for who, reader in readers.items() for what in reader.complaints
        ]
    assert not found, "\n".join(found)


def _picture(reader: Reader, directory: Path, page: Page, theme: str) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    suffix = "-phone-dark" if theme == "dark" else ""
    reader.page.screenshot(path=directory / f"{page.name}{suffix}.jpg", type="jpeg", quality=75)


#: Not pages: what they lead to, what answers in parts or only with a token, and what machines read.
NO_PAGES = {
    # Forms and parts.
    "account_logout", "add_address", "add_passkey", "after", "ahead", "available", "choose_boards",
    "choose_interface_language", "choose_language", "choose_theme", "claim", "delete_draft", "demo_sign_in",
    "end_other_sessions", "give_back", "hints", "main_address", "move_prompt", "preview", "react", "release",
    "remove_address", "remove_passkey", "save_draft", "sign_in_with", "skip", "undo", "unlink_account", "use_draft",
    "welcome_done",
    "sign_release", "recall_release",
    # Moderators' forms, and what comes of them.
    "audit_export", "ban_person", "claim_item", "confirm_proposal", "decide_appeal", "decide_item", "halt_tree",
    "moderation_bulk", "moderation_limit", "moderation_live", "moderation_next", "note_person", "person_role",
    "refuse_proposal", "release_item", "rename_person", "resume_tree", "retry_tree", "show_item", "sign_out_person",
    "suspend_person", "unban_person", "undo_bulk", "undo_decision", "warn_person",
    # Pages that come in the middle of something: tests of their own look at them.
    "account_confirm_login_code", "account_inactive", "account_login", "mail_off", "message", "prove_address",
    # For machines.
    "discord_callback", "github_callback", "google_callback", "healthz", "manifest", "new_passkey_question",
    "ledger_file", "passkey_question", "passkey_sign_in", "readyz", "release_file", "robots",
}  # fmt: skip


def test_no_page_is_forgotten() -> None:
    """A new address must be walked here, or be named as none to look at."""
    walked = {page.route or page.name for page in PAGES}
    named = {name for name in _names(get_resolver().url_patterns) if name}
    assert named - walked - NO_PAGES == set()
    assert (walked | NO_PAGES) - named == {"api_docs"}


def _names(patterns: list[URLPattern | URLResolver]) -> Iterator[str | None]:
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            yield pattern.name
        elif not str(pattern.pattern).startswith(("admin/", "api/", "_allauth/")):
            yield from _names(pattern.url_patterns)
