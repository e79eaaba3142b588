"""German has every sentence of the pages; the other languages have what somebody needs to work."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext

from common import catalogues
from oasst_web.pages.links import FOOT, MAIN, MENU
from tasks.kinds import KINDS, LABELS, NOT_RANKABLE, SKIP_REASONS
from tasks.topics import TOPICS

LOCALE = settings.ROOT / "oasst_web" / "locale"
#: Packages whose sentences people see.
PACKAGES = ("accounts", "common", "exports", "moderation", "oasst_web", "stats", "tasks")
LANGUAGES = [code for code, _name in settings.LANGUAGES if code != "en"]


@pytest.mark.skipif(shutil.which("xgettext") is None, reason="gettext is not installed")
def test_german_has_every_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    for package in PACKAGES:
        for source in (settings.ROOT / package).rglob("*"):
            if source.suffix in (".py", ".html", ".txt"):
                copy = tmp_path / source.relative_to(settings.ROOT)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(source, copy)
    shutil.copytree(LOCALE / "de", tmp_path / "locale" / "de")
    monkeypatch.chdir(tmp_path)
    settings.LOCALE_PATHS = [tmp_path / "locale"]
    call_command("makemessages", locale=["de"], no_location=True, no_wrap=True, verbosity=0)
    (state,) = catalogues.states(tmp_path / "locale")
    source = next(catalogues.sources(tmp_path / "locale"))
    lacking = [
        message.id for message in catalogues.read(source) if message.id and (message.fuzzy or not message.string)
    ]
    assert (state.missing, state.guessed, lacking) == (0, 0, [])


def test_every_sentence_is_marked_by_a_name_that_is_collected() -> None:
    """`gettext as say` would be translated by nobody: xgettext knows `gettext` and `_`."""
    for package in PACKAGES:
        for source in (settings.ROOT / package).rglob("*.py"):
            assert not re.search(r"gettext(_lazy)? as (?!_\b)", source.read_text(encoding="utf-8")), source


def sentences() -> list[str]:
    """Menus, kinds of work, questions and reasons, in the language that is active."""
    found = [str(title) for _name, title in (*MAIN, *MENU, *FOOT)]
    found += [str(text) for row in KINDS.values() for text in (row.title, row.purpose)]
    found += [str(text) for label in LABELS.values() for text in (label.question, label.help_text, *label.points)]
    return [*found, *(str(text) for table in (SKIP_REASONS, NOT_RANKABLE, TOPICS) for text in table.values())]


@pytest.mark.parametrize("language", LANGUAGES)
def test_menus_and_tasks_are_translated(language: str) -> None:
    english = sentences()
    with translation.override(language):
        there = sentences()
    same = {text for text, other in zip(english, there, strict=True) if text == other}
    # Some words are the same in German and Spanish.
    assert same <= {"Prompt", "Humor", "Normal", "Sport"}, same


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_no_person_has_read_is_marked(language: str) -> None:
    locale = translation.to_locale(language)
    (state,) = (state for state in catalogues.states(LOCALE) if state.locale == locale)
    assert (state.unread == 0) == (language == "de")


@pytest.mark.django_db
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_says_which_language_it_is_in(language: str) -> None:
    client = Client()
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    page = client.get(reverse("account_request_login_code")).content.decode()
    assert f'lang="{language}"' in page
    assert f'dir="{"rtl" if language == "ar" else "ltr"}"' in page
    with translation.override(language):
        assert gettext("Send me a code") in page
        assert gettext("Send me a code") != "Send me a code"
