"""The next task claimed ahead, and answers that a script sends."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from tasks.kinds import Kind
from tasks.models import Message, Task, TaskState
from tests.pages.site import client_of, give, make_person, make_prompt, make_rankable, open_prompts

pytestmark = pytest.mark.django_db

SENDING = {"X-Sending": "1"}
FETCHED = {"X-Ahead": "1"}


@pytest.fixture
def client(person: User) -> Client:
    return client_of(person)


@pytest.fixture
def task(person: User) -> Task:
    open_prompts()
    return give(person, Kind.INITIAL_PROMPT)


def held_by(person: User) -> set[object]:
    return set(Task.objects.held_by(person).values_list("pk", flat=True))


def page_of(task: Task) -> str:
    return reverse("task", args=[task.pk])


def claim_ahead(client: Client, task: Task) -> str:
    return str(client.post(reverse("ahead", args=[task.pk])).json()["next"])


def test_the_next_task_is_claimed_once_and_handed_over_when_the_answer_is_sent(
    client: Client, person: User, task: Task
) -> None:
    following = claim_ahead(client, task)
    assert claim_ahead(client, task) == following, "asking again claims no more"
    assert len(held_by(person)) == 2
    answered = client.post(page_of(task), {"text": "Why?", "straight_on": "on"}, headers=SENDING)
    assert answered.json() == {"next": following, "after": reverse("after", args=[task.pk])}
    assert len(held_by(person)) == 1


def test_the_next_task_gets_its_whole_time_when_it_is_handed_over(client: Client, person: User, task: Task) -> None:
    following = claim_ahead(client, task)
    waiting = Task.objects.held_by(person).exclude(pk=task.pk).get()
    assert page_of(waiting) == following
    client.post(page_of(task), {"text": "Why?", "straight_on": "on"})
    before = waiting.expires_at
    waiting.refresh_from_db()
    assert waiting.expires_at > before


@pytest.mark.parametrize("way", ["stop", "skip", "release", "answer"])
def test_who_does_not_go_on_gives_the_next_task_back(client: Client, person: User, task: Task, way: str) -> None:
    claim_ahead(client, task)
    match way:
        case "stop":
            client.post(reverse("ahead", args=[task.pk]), {"stop": "1"})
            assert held_by(person) == {task.pk}
            return
        case "skip" | "release":
            client.post(reverse(way, args=[task.pk]))
        case "answer":
            client.post(page_of(task), {"text": "Why?"})
    assert held_by(person) == set()


def test_what_is_looked_at_is_not_given_back(client: Client, person: User, task: Task) -> None:
    """Another tab that is closed says `stop`, while this person already works on the task."""
    following = claim_ahead(client, task)
    client.get(following)
    client.post(reverse("ahead", args=[task.pk]), {"stop": "1"})
    assert len(held_by(person)) == 2


def test_the_one_claimed_ahead_is_taken_before_another(client: Client, person: User, task: Task) -> None:
    following = claim_ahead(client, task)
    assert client.post(reverse("claim"), {"kind": "initial_prompt"})["Location"] == following
    assert len(held_by(person)) == 2


def test_another_kind_of_work_gives_the_one_claimed_ahead_back(client: Client, person: User, task: Task) -> None:
    make_prompt(make_person())
    claim_ahead(client, task)
    client.post(reverse("claim"), {"kind": "label_initial_prompt"})
    kinds = sorted(Task.objects.held_by(person).values_list("kind", flat=True))
    assert kinds == ["initial_prompt", "label_initial_prompt"]


def test_nothing_is_claimed_ahead_where_there_is_nothing(client: Client, person: User) -> None:
    rank = give(person, Kind.RANK_ASSISTANT_REPLIES, make_rankable([make_person() for _ in range(5)]))
    assert client.post(reverse("ahead", args=[rank.pk])).status_code == 204


def test_nothing_is_claimed_for_a_task_that_is_done_or_of_others(client: Client, person: User, task: Task) -> None:
    client.post(page_of(task), {"text": "Why?"})
    assert client.post(reverse("ahead", args=[task.pk])).status_code == 204
    other = give(make_person(), Kind.INITIAL_PROMPT)
    assert client.post(reverse("ahead", args=[other.pk])).status_code == 403
    assert held_by(person) == set()


def test_a_page_fetched_ahead_may_be_kept_and_no_other(client: Client, task: Task) -> None:
    following = claim_ahead(client, task)
    kept = client.get(following, headers=FETCHED)
    assert kept["Cache-Control"] == "private, max-age=300"
    assert "Cookie" in kept["Vary"]
    assert "no-store" in client.get(following)["Cache-Control"]
    stranger = client_of(make_person()).get(following, headers=FETCHED)
    assert stranger.status_code == 403
    assert "no-store" in stranger["Cache-Control"]


def test_fetching_a_page_ahead_uses_nothing_up(client: Client, person: User, task: Task) -> None:
    """What is to be said of the last answer is said on the page that is looked at."""
    client.post(page_of(task), {"text": "Why?", "straight_on": "on"})
    second = Task.objects.held_by(person).get()
    following = claim_ahead(client, second)
    assert "Your message is stored" not in client.get(following, headers=FETCHED).content.decode()
    assert "Your message is stored" in client.get(page_of(second)).content.decode()


def test_a_script_is_told_where_to_go_and_the_same_answer_again_gets_the_same_receipt(
    client: Client, task: Task
) -> None:
    for _time in range(2):
        answered = client.post(page_of(task), {"text": "Why?"}, headers=SENDING)
        assert answered.json() == {"next": reverse("done", args=[task.pk]), "after": ""}
    assert Message.objects.count() == 1


def test_a_script_gets_refusals_as_pages(client: Client, task: Task) -> None:
    response = client.post(page_of(task), {"text": " "}, headers=SENDING)
    assert response.status_code == 422
    assert "<html" in response.content.decode()


def test_what_can_be_done_about_an_answer_is_asked_for_afterwards(client: Client, person: User) -> None:
    review = give(person, Kind.LABEL_INITIAL_PROMPT, make_prompt(make_person()))
    address = reverse("after", args=[review.pk])
    assert client.get(address).status_code == 204, "nothing is answered yet"
    client.post(page_of(review), {"label-spam": "0"}, headers=SENDING)
    part = client.get(address).content.decode()
    assert "Your review is stored." in part
    assert "<html" not in part
    assert reverse("undo", args=[review.pk]) in part
    assert client_of(make_person()).get(address).status_code == 403


def test_the_thank_you_page_offers_to_undo_a_review_only_once(client: Client, person: User) -> None:
    review = give(person, Kind.LABEL_INITIAL_PROMPT, make_prompt(make_person()))
    done = client.post(page_of(review), {"label-spam": "0"})["Location"]
    undo = reverse("undo", args=[review.pk])
    assert undo in client.get(done).content.decode()
    assert undo not in client.get(done).content.decode()
    assert Task.objects.get(pk=review.pk).state == TaskState.DONE
