"""Prompts like the one being written: found in one query, and only what the writer may read."""

from __future__ import annotations

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from tasks import similar
from tasks.models import Message
from tasks.tree_states import State
from tests.making import make_moderator, make_person, make_tree, review, root_of

pytestmark = pytest.mark.django_db

ASKED = "Can you explain why the sky is blue?"


def prompt(text: str = ASKED, *, state: State = State.GROWING, lang: str = "en", **fields: object) -> Message:
    root = root_of(make_tree(state=state, lang=lang))
    root.text = text
    for name, value in fields.items():
        setattr(root, name, value)
    root.save()
    return root


def found(text: str, *, lang: str = "en", person: object = None) -> list[str]:
    return [message.text for message in similar.prompts_like(text, lang=lang, person=person or make_person())]


@pytest.mark.parametrize(
    "text",
    [
        ASKED,
        "can you explain  why the SKY is blue",
        "Could you explain to me why the sky is blue?",
        "Explain why the sky is blue, please!",
        "Can you explain why the sky is blue? My child asks.",
    ],
)
def test_a_prompt_is_found_though_it_is_worded_a_little_otherwise(text: str) -> None:
    prompt()
    prompt("How do I bake bread without an oven?")
    assert found(text) == [ASKED]


@pytest.mark.parametrize(
    "text", ["", "Why?", "?!?!?!?!?!?!?!?!", "Can you explain how a bicycle stays upright?", "'; DROP & | ! <-> :* '"]
)
def test_what_is_different_or_too_short_finds_nothing(text: str) -> None:
    prompt()
    assert found(text) == []


def test_the_most_similar_come_first_and_never_more_than_three() -> None:
    for ending in ("", " And the sea?", " And the sea and the lakes and the rivers?", " And the sea?!"):
        prompt(ASKED + ending)
    texts = found(ASKED)
    assert len(texts) == similar.SHOWN
    assert texts[0] == ASKED


def test_other_languages_and_replies_are_no_prompts_like_it() -> None:
    prompt(lang="de")
    tree = make_tree(replies=1)
    Message.objects.filter(tree=tree, parent__isnull=False).update(text=ASKED)
    assert found(ASKED) == []
    assert found(ASKED, lang="de") == [ASKED]


@pytest.mark.parametrize(
    "text",
    [
        "Объясни, пожалуйста, почему небо голубое",
        "Erklär mir bitte, warum der Himmel blau ist",
        "आसमान नीला क्यों होता है बताओ",
    ],
)
def test_words_of_other_alphabets_are_found(text: str) -> None:
    prompt(text)
    assert found(text + "!") == [text]


def test_where_words_have_no_spaces_letters_are_compared() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT cardinality(show_trgm('天空为什么是蓝色的'))")
        if not cursor.fetchone()[0]:
            pytest.skip("pg_trgm knows no letters but ASCII in a database with the locale C")
    prompt("天空为什么是蓝色的？", lang="zh")
    assert found("请问天空为什么是蓝色的", lang="zh") == ["天空为什么是蓝色的？"]


def test_likeness_is_that_of_letters_in_any_script() -> None:
    assert similar.likeness("天空为什么是蓝色的？", "请问天空为什么是蓝色的") > similar.ALIKE
    assert similar.likeness("天空为什么是蓝色的？", "怎样烤面包才好吃呢") == 0
    assert similar.likeness("", "") == similar.likeness("?", "!") == 0
    assert similar.likeness("Why?", "why") == 1


def test_only_what_the_writer_may_read_is_shown() -> None:
    author = make_person()
    prompt(deleted=True, author=author)
    rejected = prompt(ASKED + " Now.", state=State.ABORTED_LOW_GRADE)
    assert found(ASKED) == found(ASKED, person=author) == []
    reviewer = rejected.reviews.first().reviewer
    # Else it would show to them what became of it.
    assert found(ASKED, person=reviewer) == [rejected.text]
    assert found(ASKED, person=make_moderator()) == [rejected.text]


def test_a_prompt_under_review_is_found_before_and_after_its_verdict_alike() -> None:
    waiting = prompt(state=State.INITIAL_PROMPT_REVIEW)
    reviewers = [make_person() for _ in range(3)]
    for reviewer in reviewers:
        assert found(ASKED, person=reviewer) == [ASKED]
        review(waiting, by=reviewer, spam=1.0)
    waiting.refresh_from_db()
    assert waiting.review_result is False
    assert all(found(ASKED, person=reviewer) == [ASKED] for reviewer in reviewers)


def test_it_takes_one_query_however_many_there_are(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    for number in range(5):
        prompt(f"{ASKED} {number}")
    person = make_person()
    with django_assert_num_queries(1):
        assert len(similar.prompts_like(ASKED, lang="en", person=person)) == similar.SHOWN
