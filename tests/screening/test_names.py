"""Names of people, where the optional model is there: `uv run --group names pytest tests/screening/test_names.py`."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from screening import names
from screening.personal_data import DETECTOR
from tests.screening.finding import kinds, score

with_model = pytest.mark.skipif(find_spec(names.MODEL) is None, reason="the group `names` is not installed")


@with_model
@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Hi, my name is Anna Lovelace and I need help.", "Anna Lovelace"),
        ("My boss Thomas Miller fired me yesterday.", "Thomas Miller"),
        ("Please write to Dr. Emily Watson about my results.", "Emily Watson"),
    ],
)
def test_a_name_that_the_text_ties_to_somebody_is_found(text: str, name: str) -> None:
    assert kinds(DETECTOR, text) == [("name", name)]
    assert score(DETECTOR, text) == names.TIED


@with_model
@pytest.mark.parametrize(
    "text",
    [
        "What did Albert Einstein say about Isaac Newton?",
        "Write a story in the style of Jane Austen.",
        "How do I sort a list in Python?",
    ],
)
def test_names_in_lessons_and_books_score_low(text: str) -> None:
    assert kinds(DETECTOR, text) == []
    assert all(each.score == names.ALONE for each in names.found(text, "en"))


@with_model
def test_only_english_texts_are_read_and_the_version_says_so() -> None:
    assert list(names.found("Ich heiße Anna Lovelace", "de")) == []
    assert "names-1" in DETECTOR.version


@pytest.mark.skipif(find_spec(names.MODEL) is not None, reason="the group `names` is installed")
def test_without_the_model_nothing_is_found_and_everything_else_is() -> None:
    text = "My name is Anna Lovelace, anna.lovelace@waterworks.org"
    assert kinds(DETECTOR, text) == [("email", "anna.lovelace@waterworks.org")]
    assert "names" not in DETECTOR.version
