"""Task pages after the deadline, and buttons that were pressed twice."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from moderation import actions
from tasks import assignment, rulebook
from tasks.kinds import Kind
from tasks.models import Skip, Task, TaskState
from tests.pages.site import RNG, answer, client_of, give, make_person, make_prompt

pytestmark = pytest.mark.django_db


def expire(task: Task) -> None:
    """The deadline passes, and the job gives the task back to the others."""
    assignment.return_expired(now=timezone.now() + timedelta(hours=2), rules=rulebook.in_force(), rng=RNG)


def pass_on(task: Task) -> None:
    """Somebody else takes this very row, and answers it."""
    other = make_person("Other")
    Task.objects.filter(pk=task.pk).update(state="claimed", claimed_by=other, claimed_at=timezone.now())
    task.refresh_from_db()
    answer(other, task)


def test_nobody_is_thanked_for_what_somebody_else_answered() -> None:
    person = make_person("Me")
    client = client_of(person)
    task = give(person, Kind.LABEL_INITIAL_PROMPT, make_prompt(make_person("Author")))
    expire(task)
    pass_on(task)
    page, done = reverse("task", args=[task.pk]), reverse("done", args=[task.pk])
    assert client.get(done)["Location"] == page
    assert "The time for this task is over" in client.get(page).content.decode()


def test_a_double_click_skips_once_and_is_no_error() -> None:
    person = make_person("Me")
    client = client_of(person)
    prompt = make_prompt(make_person("Author"))
    address = reverse("skip", args=[give(person, Kind.LABEL_INITIAL_PROMPT, prompt).pk])
    for _click in range(2):
        assert client.post(address, {"text": "Unclear"})["Location"] == reverse("dashboard")
    assert Skip.objects.get(person=person).text == "Unclear"
    assert Task.objects.filter(message=prompt, state=TaskState.OPEN).count() == 3


def test_what_a_moderator_deleted_is_not_shown_to_whoever_held_a_task_about_it() -> None:
    person = make_person("Me")
    prompt = make_prompt(make_person("Author"), "My phone number is 555")
    task = give(person, Kind.LABEL_INITIAL_PROMPT, prompt)
    page = reverse("task", args=[task.pk])
    assert prompt.text in client_of(person).get(page).content.decode()
    actions.delete_message(
        message_id=prompt.pk, by=None, why="private", now=timezone.now(), rules=rulebook.in_force(), rng=RNG
    )
    for response in (client_of(person).get(page), client_of(person).post(page, {"label-spam": "0"})):
        assert prompt.text not in response.content.decode()
        assert "A message that is not shown" in response.content.decode()
