"""What every journey in a browser has."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from django.core.cache import cache
from django.db import connections

from tests.journeys.reader import PHONE, Reader

if TYPE_CHECKING:
    from playwright.sync_api import Browser
    from pytest_django.live_server_helper import LiveServer


@pytest.fixture(scope="session")
def browser_of_this_run(django_db_setup: None, chromium: Browser) -> Iterator[Browser]:
    """Close what was opened while Playwright's event loop ran: afterwards Django no longer sees those connections,
    and could not drop the database they hold."""
    yield chromium
    connections.close_all()


@pytest.fixture(autouse=True)
def _every_request_ends(request: pytest.FixtureRequest) -> Iterator[None]:
    """A page saves a draft when it is left, and nobody waits for that; but the database must not be emptied meanwhile.

    Comes after the windows have closed, and before the database is emptied.
    """
    if request.node.get_closest_marker("browser"):
        request.getfixturevalue("live_server")
    yield
    for thread in threading.enumerate():
        if "process_request_thread" in thread.name:
            thread.join(timeout=10)


@pytest.fixture
def reader(browser_of_this_run: Browser, live_server: LiveServer) -> Iterator[Reader]:
    """A phone. All tests come from one address, which may only ask for so many codes a minute; that is forgotten."""
    cache.clear()
    context = browser_of_this_run.new_context(viewport=PHONE, has_touch=True)
    context.set_default_timeout(10_000)
    reader = Reader(context.new_page(), live_server.url)
    yield reader
    context.close()
    assert reader.complaints == []
