"""Practice: every exercise can be done, is answered with an explanation, and leaves nothing but that it was done."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from accounts import profiles
from oasst_web import practice
from oasst_web.practice import Exercise, Measure, Ranking, Reviewing, Writing, course, feedback
from tasks.kinds import KINDS, LABELS, LABELS_OF_KIND, Deed, Kind, Widget
from tasks.models import Message, Review, Task
from tests.pages.site import client_of, make_person

LANGUAGES = ("en", "de")


def exercises(lang: str) -> Iterator[tuple[Kind, int, Exercise]]:
    with translation.override(lang):
        for kind in Kind:
            for number, exercise in enumerate(course(kind).exercises, start=1):
                yield kind, number, exercise


def usual(exercise: Exercise) -> dict[str, object]:
    """The form as most people would fill it."""
    match exercise:
        case Writing():
            return {"text": exercise.good[0].text}
        case Ranking():
            places = {reply: place for place, group in enumerate(exercise.order, start=1) for reply in group}
            return {f"place-{reply}": place for reply, place in places.items()}
        case Reviewing():
            flags = [each.label for each in exercise.questions if LABELS[each.label].widget is Widget.FLAG]
            ticked = [each.label for each in exercise.questions if each.label in flags and each.most == [1.0]]
            form: dict[str, object] = {
                f"label-{each.label}": f"{each.most[-1]:g}" for each in exercise.questions if each.label not in flags
            }
            return form | {"flags": ticked} if ticked else form | {"no_flags": "on"} if flags else form


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_kind_of_work_can_be_practised_in_every_language(lang: str) -> None:
    found = list(exercises(lang))
    assert {kind for kind, _number, _exercise in found} == set(Kind)
    sorts = {Deed.WRITE: Writing, Deed.REVIEW: Reviewing, Deed.RANK: Ranking}
    for kind, _number, exercise in found:
        assert isinstance(exercise, sorts[KINDS[kind].deed]), kind
        if isinstance(exercise, Reviewing):
            assert {asked.label for asked in exercise.questions} <= set(LABELS_OF_KIND[kind])
            assert all(value in (0, 0.25, 0.5, 0.75, 1) for asked in exercise.questions for value in asked.most)
        if isinstance(exercise, Ranking):
            assert sorted(reply for group in exercise.order for reply in group) == list(range(len(exercise.replies)))


def test_translations_have_the_same_exercises() -> None:
    english, german = ([(kind, number) for kind, number, _exercise in exercises(lang)] for lang in LANGUAGES)
    assert english == german


@pytest.mark.parametrize("lang", LANGUAGES)
def test_good_samples_pass_every_check_and_the_bad_one_does_not(lang: str) -> None:
    for kind, _number, exercise in exercises(lang):
        if isinstance(exercise, Writing):
            for sample in exercise.good:
                assert all(each.met for each in feedback.of_text(exercise, sample.text)), (kind, sample.text)
            assert not all(each.met for each in feedback.of_text(exercise, exercise.bad.text)), kind


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.django_db
def test_every_exercise_is_answered_with_an_explanation(client: Client, lang: str) -> None:
    for kind, number, exercise in exercises(lang):
        url = reverse("practice_number", args=[kind, number])
        headers = {"accept-language": lang}
        assert client.get(url, headers=headers).status_code == 200
        response = client.post(url, usual(exercise), headers=headers)
        page = response.content.decode()
        assert response.status_code == 200, (kind, number)
        assert 'id="told"' in page
        assert f'lang="{lang}"' in page
    # Nobody signed in, nothing was stored.
    assert not Message.objects.exists()
    assert not Review.objects.exists()
    assert not Task.objects.exists()


@pytest.mark.django_db
def test_nothing_is_stored_of_a_person_but_that_they_practised() -> None:
    person = make_person()
    client = client_of(person)
    [first, second] = [each for kind, _number, each in exercises("en") if kind is Kind.LABEL_INITIAL_PROMPT]
    client.post(reverse("practice", args=[Kind.LABEL_INITIAL_PROMPT]), usual(first))
    assert profiles.of(person).practised == []
    for _twice in range(2):
        client.post(reverse("practice_number", args=[Kind.LABEL_INITIAL_PROMPT, 2]), usual(second))
    assert profiles.of(person).practised == [Kind.LABEL_INITIAL_PROMPT]
    assert "Practised" in client.get(reverse("practices")).content.decode()
    assert not Review.objects.exists()


@pytest.mark.django_db
def test_the_reading_of_an_answer_is_kind_and_clear(client: Client) -> None:
    url = reverse("practice_number", args=[Kind.LABEL_ASSISTANT_REPLY, 1])
    page = client.post(url, {"label-spam": "0", "label-fails_task": "0"}).content.decode()
    assert page.count("The same") == 1
    assert page.count("You see it differently") == 1
    # Open is open: it is no disagreement.
    assert page.count("left it open") == 2
    assert "2100 is none" in page


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "form", "problem"),
    [
        (Kind.INITIAL_PROMPT, {"text": "  \r\n "}, "Write something first"),
        (Kind.LABEL_INITIAL_PROMPT, {}, "Answer at least one of the questions"),
        (Kind.LABEL_INITIAL_PROMPT, {"flags": "pii", "no_flags": "on"}, "Keep one of the two"),
        (Kind.LABEL_INITIAL_PROMPT, {"label-spam": "0.3"}, "Answer at least one of the questions"),
        (Kind.RANK_ASSISTANT_REPLIES, {"place-0": "1", "place-1": "2"}, "Give every reply a place"),
        (Kind.RANK_ASSISTANT_REPLIES, {"place-0": "9", "place-1": "2", "place-2": "²"}, "Give every reply a place"),
    ],
)
def test_half_an_answer_is_kept_and_asked_for_again(
    client: Client, kind: Kind, form: dict[str, str], problem: str
) -> None:
    response = client.post(reverse("practice", args=[kind]), form)
    page = response.content.decode()
    assert response.status_code == 400
    assert problem in page
    assert page.count("checked") == sum(name in ("flags", "no_flags") for name in form)
    if "place-1" in form:
        assert '<option value="2"\n                                        selected>2</option>' in page


@pytest.mark.django_db
def test_what_was_typed_is_shown_as_text(client: Client) -> None:
    page = client.post(reverse("practice", args=[Kind.INITIAL_PROMPT]), {"text": "<script>alert(1)</script>"})
    assert "<script>alert" not in page.content.decode()


@pytest.mark.django_db
def test_there_is_no_practice_for_what_is_no_work(client: Client) -> None:
    assert client.get("/practice/alchemy/").status_code == 404
    assert client.get(reverse("practice_number", args=[Kind.INITIAL_PROMPT, 2])).status_code == 404
    assert client.get(reverse("practice_number", args=[Kind.INITIAL_PROMPT, 0])).status_code == 404


@pytest.mark.django_db
def test_who_reads_another_language_gets_it_in_english_and_is_told(client: Client) -> None:
    page = client.get(reverse("practice", args=[Kind.ASSISTANT_REPLY]), headers={"accept-language": "ar"})
    assert "spilled a cup of coffee" in page.content.decode()
    assert '<div class="prose" lang="en"' in page.content.decode()


@pytest.mark.parametrize(
    ("test", "text", "met"),
    [
        (Measure.AT_LEAST_WORDS, "one two three", True),
        (Measure.AT_LEAST_WORDS, "one two", False),
        (Measure.AT_LEAST_WORDS, "面包", False),
        (Measure.AT_LEAST_WORDS, "怎样做面包", True),
        (Measure.AT_MOST_LETTERS, "abc", True),
        (Measure.AT_MOST_LETTERS, "abcd", False),
        (Measure.MENTIONS, "Switched OFF", True),
        (Measure.MENTIONS, "coffee", False),
        (Measure.EARLY, "off with it", True),
        (Measure.EARLY, "it goes off", False),
        (Measure.AVOIDS, "off", False),
        (Measure.NO_CONTACT, "Six people, 18 degrees, in 2026", True),
        (Measure.NO_CONTACT, "write to me@example.org", False),
        (Measure.NO_CONTACT, "call 0170 / 123 45 67", False),
    ],
)
def test_checks_tell_what_they_can(test: Measure, text: str, met: bool) -> None:
    check = practice.Check(test, "yes", "no", number=3, words=["off"])
    exercise = Writing("", [], [check], [], [], practice.Sample("", ""))
    assert [each.met for each in feedback.of_text(exercise, text)] == [met]


def test_orders_are_compared_pair_by_pair() -> None:
    exercise = Ranking([], [practice.Sample(letter, "") for letter in "ABC"], [[0, 1], [2]], "")
    assert feedback.of_ranking(exercise, [1, 1, 3]).same
    ordered = feedback.of_ranking(exercise, [2, 1, 3])
    assert (ordered.yours, ordered.pairs, ordered.equal, ordered.same) == ([[1], [0], [2]], 3, 2, False)
    assert feedback.of_ranking(exercise, [2, 2, 1]).equal == 1
