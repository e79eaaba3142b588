"""What every test may use: a real browser where the machine has one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# How long an example takes says something about the machine, not about the code.
settings.register_profile("oasst", deadline=None)
settings.load_profile("oasst")

#: Names of the program on Debian, Fedora and Chrome's own packages.
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

NO_BROWSER = "NOT TESTED IN A BROWSER: there is no chromium on PATH (Debian: apt-get install chromium)"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--pictures", help="a directory for pictures of every page (tests/journeys/test_every_page.py)")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if CHROMIUM or os.environ.get("OASST_REQUIRE_BROWSER") == "1":
        return
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.skip(reason=NO_BROWSER))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A Chromium that talks to nobody but the page under test. Mark the test with `browser`."""
    if not CHROMIUM:
        pytest.fail(NO_BROWSER)
    from playwright.sync_api import sync_playwright

    # Playwright keeps an event loop in this thread, and Django then takes every query for one from async code.
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
            ],
        )
        yield browser
        browser.close()


@pytest.fixture
def releases_dir(settings: Any, tmp_path: Path) -> Path:
    """Where the files of releases go, for this test only."""
    settings.RELEASES_DIR = tmp_path / "releases"
    return tmp_path / "releases"
