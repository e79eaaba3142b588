"""The review page: every point of a scale says what it means, help is one tap away, and nothing is blamed or final."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from html.parser import HTMLParser

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from tasks.kinds import LABELS, Kind, Widget
from tasks.models import Message, Review, Skip, Task, TaskState
from tests.pages.site import (
    answer,
    client_of,
    give,
    make_growing,
    make_person,
    make_prompt,
    make_reply,
    open_prompts,
    review,
    rules,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(person: User) -> Client:
    return client_of(person)


@pytest.fixture
def task(person: User, crowd: list[User]) -> Task:
    """A full review of an assistant's reply: it asks every kind of question."""
    rules(p_full_labeling_review_reply_assistant=1.0)
    prompt = make_growing(crowd[0], crowd[1:4])
    return give(person, Kind.LABEL_ASSISTANT_REPLY, make_reply(prompt, crowd[1], "It scatters."))


def page_of(task: Task) -> str:
    return reverse("task", args=[task.pk])


def shown(client: Client, task: Task) -> str:
    return unescape(client.get(page_of(task)).content.decode())


class Forms(HTMLParser):
    """The forms of a page by where they go, each with its fields and the words of its buttons."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.fields: dict[str, dict[str, str]] = {}
        self.checked: list[tuple[str, str]] = []
        self._at = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._at = said.get("action", "")
            self.fields.setdefault(self._at, {})
        elif tag == "input" and "name" in said:
            self.fields.setdefault(self._at, {})[said["name"]] = said.get("value", "")
            if "checked" in said and said.get("value") != "":
                self.checked.append((said["name"], said.get("value", "on")))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._at = ""


def test_every_point_of_every_scale_says_what_it_means(client: Client, task: Task) -> None:
    page = shown(client, task)
    for name in ("quality", "helpfulness", "creativity", "humor", "toxicity", "violence"):
        scale = re.search(rf'id="q-{name}".*?</fieldset>', page, re.DOTALL)
        assert scale
        said = [meaning.strip() for meaning in re.findall(r'class="meaning">(.*?)<', scale[0])]
        assert said == [str(point) for point in LABELS[name].points]
        assert len(set(said)) == 5


def test_only_scales_have_points_and_their_ends_are_the_first_and_the_last() -> None:
    for label in LABELS.values():
        assert len(label.points) == (5 if label.widget is Widget.LIKERT else 0)
        assert (label.low, label.high) == ((label.points[0], label.points[-1]) if label.points else (None, None))


def test_help_and_guideline_are_one_tap_away_for_each_question(client: Client, task: Task) -> None:
    page = shown(client, task)
    for name in ("spam", "fails_task", "lang_mismatch", "pii", "quality", "violence"):
        label = LABELS[name]
        assert f"What this means: {label.question}" in page
        assert f'id="about-{name}">{label.help_text}' in page
        assert f'href="{reverse("label_guidelines")}#{name}"' in page


def test_questions_are_answered_only_by_who_answers_them(client: Client, person: User, task: Task) -> None:
    page = shown(client, task)
    assert Forms(page).checked == []
    client.post(page_of(task), {"label-spam": "0", "label-quality": "", "label-humor": "0.5"})
    assert Review.objects.get(reviewer=person).labels == {"spam": 0.0, "humor": 0.5}


def test_who_cannot_judge_gives_the_task_back_in_one_tap(client: Client, person: User, task: Task) -> None:
    page = shown(client, task)
    assert "I can’t judge this" in page
    assert "does not come to you again" in page
    skip = reverse("skip", args=[task.pk])
    response = client.post(skip, {"reason": Forms(page).fields[skip]["reason"]}, follow=True)
    assert response.status_code == 200
    assert Skip.objects.get(person=person).reason == "cannot_judge"
    task.refresh_from_db()
    assert (task.state, task.claimed_by) == (TaskState.OPEN, None)


def test_enter_sends_the_review_and_never_gives_it_back(client: Client, task: Task) -> None:
    """In a form, Enter presses its first button."""
    page = shown(client, task)
    form = page[page.index('class="answer"') :]
    first = re.search(r"<button(?! type=\"button\")[^>]*>([^<]*)", form[: form.index("</form>")].replace("\n", " "))
    assert first
    assert "Send" in first[1] or 'type="button"' in first[0]


def test_a_page_with_all_questions_costs_few_queries(
    client: Client, task: Task, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client.get(page_of(task))
    with django_assert_max_num_queries(15):
        client.get(page_of(task))


SAID = {"label-spam": "0", "label-quality": "0.75", "flags": ["pii"], "label-humor": ""}


def test_a_review_just_sent_is_taken_back_and_stands_there_as_it_was(client: Client, person: User, task: Task) -> None:
    client.post(page_of(task), SAID)
    response = client.post(reverse("undo", args=[task.pk]))
    assert response["Location"] == page_of(task)
    assert not Review.objects.filter(reviewer=person).exists()
    page = shown(client, task)
    assert "Taken back. Change what you like, and send it again." in page
    assert set(Forms(page).checked) == {("label-spam", "0"), ("label-quality", "0.75"), ("flags", "pii")}
    assert client.post(page_of(task), {**SAID, "label-quality": "1"})["Location"] == reverse("done", args=[task.pk])
    assert Review.objects.get(reviewer=person).labels["quality"] == 1


def test_none_of_these_stands_there_again_too(client: Client, task: Task) -> None:
    client.post(page_of(task), {"label-spam": "1", "no_flags": "on"})
    client.post(reverse("undo", args=[task.pk]))
    assert set(Forms(shown(client, task)).checked) == {("label-spam", "1"), ("no_flags", "on")}


def test_the_thank_you_page_offers_to_take_it_back(client: Client, task: Task) -> None:
    sent = client.post(page_of(task), SAID)
    page = client.get(sent["Location"]).content.decode()
    assert reverse("undo", args=[task.pk]) in page
    assert "For ten seconds you can take it back" in page


def test_pressing_the_button_twice_leads_to_the_same_page(client: Client, task: Task) -> None:
    client.post(page_of(task), SAID)
    for _ in range(2):
        assert client.post(reverse("undo", args=[task.pk]))["Location"] == page_of(task)


def test_too_late_the_answer_stands_and_the_page_says_so(client: Client, person: User, task: Task) -> None:
    client.post(page_of(task), SAID)
    Task.objects.filter(pk=task.pk).update(done_at=timezone.now() - timedelta(seconds=16))
    page = client.post(reverse("undo", args=[task.pk]), follow=True).content.decode()
    assert "The ten seconds are over" in page
    assert Review.objects.filter(reviewer=person).exists()


def test_what_decided_a_message_stands_and_the_page_says_so(client: Client, person: User, crowd: list[User]) -> None:
    prompt = make_prompt(crowd[0])
    review(prompt, crowd[1:3])
    task = give(person, Kind.LABEL_INITIAL_PROMPT, prompt)
    client.post(page_of(task), {"label-spam": "0"})
    page = client.post(reverse("undo", args=[task.pk]), follow=True).content.decode()
    assert "Something rests on your answer already" in page
    assert Message.objects.get(pk=prompt.pk).review_result is True


def test_a_message_is_corrected_instead_of_taken_back(client: Client, person: User) -> None:
    open_prompts()
    task = give(person, Kind.INITIAL_PROMPT)
    answer(person, task, "Why?")
    page = client.post(reverse("undo", args=[task.pk]), follow=True).content.decode()
    assert "You can correct your message instead" in page
    assert Message.objects.filter(text="Why?").exists()


def test_looking_at_the_address_takes_nothing_back(client: Client, task: Task) -> None:
    client.post(page_of(task), SAID)
    assert client.get(reverse("undo", args=[task.pk])).status_code == 405
    assert Review.objects.filter(task=task).exists()


def test_nobody_takes_back_what_another_person_said(client: Client, task: Task) -> None:
    client.post(page_of(task), SAID)
    assert client_of(make_person()).post(reverse("undo", args=[task.pk])).status_code == 403
    assert Review.objects.filter(task=task).exists()
