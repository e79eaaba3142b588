"""What every test of the pages has."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.utils import translation


@pytest.fixture(autouse=True)
def _begins_and_ends_in_english() -> Iterator[None]:
    """The test client answers in this very thread, and the language of the last page would stay: "0,2" for "0.2"."""
    with translation.override("en"):
        yield
