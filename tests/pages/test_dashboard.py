"""The dashboard: what is wanted most, what I choose of it, how my work fares."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts import profiles
from accounts.models import User
from tasks.kinds import Kind
from tasks.models import SavedDraft, Task, Tree
from tasks.topics import Topic
from tasks.tree_states import State
from tests.making import make_tree
from tests.pages.site import client_of, give, make_prompt, open_prompts

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(person: User) -> Client:
    return client_of(person)


def kinds_on(client: Client) -> list[Kind]:
    return [card.want.kind for card in client.get(reverse("dashboard")).context["cards"]]


def wish(client: Client, **said: object) -> None:
    response = client.get(reverse("dashboard", query={"wish": "1", **said}))
    assert response["Location"] == reverse("dashboard")


def tree_about(topic: Topic, state: State = State.GROWING) -> Tree:
    tree = make_tree(state=state)
    Tree.objects.filter(pk=tree.pk).update(topic=topic)
    return tree


def test_what_most_conversations_wait_for_comes_first(client: Client) -> None:
    open_prompts()
    make_tree(state=State.INITIAL_PROMPT_REVIEW)
    for _number in range(2):
        make_tree()
    assert kinds_on(client) == [Kind.ASSISTANT_REPLY, Kind.LABEL_INITIAL_PROMPT, Kind.INITIAL_PROMPT]
    page = client.get(reverse("dashboard")).content.decode()
    assert "2 conversations wait" in page
    assert "1 conversation waits" in page


def test_a_chosen_topic_is_kept_shown_and_handed_out(client: Client, person: User) -> None:
    tree_about(Topic.LAW)
    cooking = tree_about(Topic.COOKING)
    wish(client, topic="cooking")
    page = client.get(reverse("dashboard")).content.decode()
    assert "Food and cooking</li>" in page
    assert "Anything of that" in page
    client.post(reverse("claim"))
    assert Task.objects.get(claimed_by=person).tree == cooking


def test_a_chosen_kind_leaves_the_others_out(client: Client, person: User) -> None:
    open_prompts()
    make_tree(state=State.INITIAL_PROMPT_REVIEW)
    wish(client, kind="label_initial_prompt")
    assert kinds_on(client) == [Kind.LABEL_INITIAL_PROMPT]
    part = client.get(reverse("available")).content.decode()
    assert "Review a prompt" in part
    assert "Write a prompt" not in part
    client.post(reverse("claim"))
    assert Task.objects.get(claimed_by=person).kind == Kind.LABEL_INITIAL_PROMPT


def test_only_what_i_know_follows_the_profile(client: Client, person: User) -> None:
    tree_about(Topic.LAW)
    wish(client, known="on")
    assert kinds_on(client) == [Kind.ASSISTANT_REPLY], "who said nothing about themselves is offered everything"
    assert "You have not said yet what you know" in client.get(reverse("dashboard")).content.decode()
    profiles.change(person=person, now=timezone.now(), topics=["cooking"])
    assert kinds_on(client) == []
    profiles.change(person=person, now=timezone.now(), topics=["cooking", "law"])
    assert kinds_on(client) == [Kind.ASSISTANT_REPLY]


def test_a_choice_that_leaves_nothing_says_so_and_can_be_dropped(client: Client) -> None:
    tree_about(Topic.LAW)
    wish(client, topic="cooking")
    assert "Nothing of what you chose is waiting" in client.get(reverse("dashboard")).content.decode()
    wish(client)
    assert kinds_on(client) == [Kind.ASSISTANT_REPLY]


def test_choices_that_do_not_exist_are_left_out(client: Client) -> None:
    tree_about(Topic.LAW)
    wish(client, topic="alchemy", kind="sing", difficulty=["x", "99", "²"])
    assert kinds_on(client) == [Kind.ASSISTANT_REPLY]
    session = client.session
    session["wish"] = {"topics": ["of an older version"]}
    session.save()
    assert kinds_on(client) == [Kind.ASSISTANT_REPLY]


def test_my_languages_are_one_tap_away_and_first_in_the_list(client: Client, person: User) -> None:
    profiles.change(person=person, now=timezone.now(), languages=["en", "de"])
    page = client.get(reverse("dashboard")).content.decode()
    assert 'value="de"' in page[page.index('class="switch"') :]
    options = page[page.index('id="work-language"') :]
    assert options.index('value="de"') < options.index('value="ar"')
    client.post(reverse("choose_language"), {"lang": "de"})
    page = client.get(reverse("dashboard")).content.decode()
    assert '<html lang="en"' in page, "the pages keep their language"
    assert "Wanted now in Deutsch" in page


def test_my_newest_messages_come_with_what_became_of_them(client: Client, person: User) -> None:
    for number in range(4):
        make_prompt(person, f"Prompt number {number}")
    page = client.get(reverse("dashboard")).content.decode()
    assert "In review: others are asked what they think of it." in page
    assert "Prompt number 3" in page
    assert "Prompt number 0" not in page


def test_texts_that_were_never_sent_are_remembered(client: Client, person: User) -> None:
    open_prompts()
    held = give(person, Kind.INITIAL_PROMPT)
    for task in (held, None):
        SavedDraft.objects.create(
            person=person,
            task=task,
            kind=Kind.INITIAL_PROMPT,
            lang="en",
            fields=[["text", "Why?"]],
            saved_at=timezone.now(),
        )
    assert client.get(reverse("dashboard")).context["forgotten_drafts"] == 1


def test_a_full_dashboard_takes_few_queries(
    client: Client, person: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    profiles.change(person=person, now=timezone.now(), languages=["en", "de"])
    for _number in range(3):
        make_prompt(person, f"Prompt {_number}")
        give(person, Kind.INITIAL_PROMPT)
        make_tree(state=State.READY_FOR_EXPORT, replies=2, authors=[person])
    wish(client, known="on")
    with django_assert_max_num_queries(19):
        client.get(reverse("dashboard"))
