"""Refusals, languages and texts."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from common.errors import DomainError, ErrorCode
from common.languages import LANGUAGES, direction
from common.text import normalised


def refusals(cls: type[DomainError] = DomainError) -> list[type[DomainError]]:
    assert apps.ready
    return [each for sub in cls.__subclasses__() for each in (sub, *refusals(sub))]


def test_every_refusal_has_a_code_a_status_and_a_sentence_that_says_what_to_do() -> None:
    ours = [cls for cls in refusals() if not cls.__module__.startswith("tests")]
    assert len(ours) > 20
    for cls in ours:
        assert isinstance(cls.code, ErrorCode), cls
        assert 400 <= cls.status < 500, cls
        assert str(cls()).endswith((".", "?")), cls


def test_a_refusal_may_say_more_than_its_kind() -> None:
    assert str(DomainError("Nothing is lost. Try again.")) == "Nothing is lost. Try again."


def test_languages_are_written_in_their_direction() -> None:
    assert [code for code in LANGUAGES if direction(code) == "rtl"] == ["ar", "fa", "he"]
    assert direction("ur-unknown") == "ltr"
    assert list(LANGUAGES) == sorted(LANGUAGES)


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("  Hi \r\nthere\r ", "Hi \nthere"),
        ("a\x00b", "ab"),
        ("a\ud800b", "ab"),
        ("\u3000", ""),
        ("שלום 👩‍👩‍👧", "שלום 👩‍👩‍👧"),
    ],
)
def test_a_text_is_made_storable_without_changing_what_it_says(typed: str, stored: str) -> None:
    assert normalised(typed) == stored


@given(st.text())
def test_normalising_twice_is_normalising_once(text: str) -> None:
    assert normalised(normalised(text)) == normalised(text)


@pytest.mark.django_db
@given(st.text(st.characters(exclude_categories=[])))
def test_whatever_is_typed_can_be_stored(text: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::text", [normalised(text)])
        assert cursor.fetchone() == (normalised(text),)
