"""What every test of the pages has."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.utils import translation

from accounts.models import User
from tests.pages.site import make_person


@pytest.fixture(autouse=True)
def _begins_and_ends_in_english() -> Iterator[None]:
    """The test client answers in this very thread, and the language of the last page would stay: "0,2" for "0.2"."""
    with translation.override("en"):
        yield


@pytest.fixture
def person() -> User:
    """Whose pages are looked at."""
    return make_person("Me")


@pytest.fixture
def crowd() -> list[User]:
    """Others, enough to grow a tree."""
    return [make_person(f"Volunteer {number}") for number in range(6)]
