"""`manage.py rescreen`, with the real detectors."""

from __future__ import annotations

import pytest
from django.core.management import call_command

from tests.pages.site import make_person, make_prompt

pytestmark = pytest.mark.django_db


def test_the_command_screens_what_is_left_and_tells_how_much(capsys: pytest.CaptureFixture[str]) -> None:
    make_prompt(make_person(), "Nothing to be said against this.")
    call_command("rescreen")
    assert "1 messages were screened" in capsys.readouterr().err
    call_command("rescreen")
    assert "0 messages were screened" in capsys.readouterr().err
