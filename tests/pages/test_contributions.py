"""My contributions: each message with its fate, and the lists narrowed down."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from oasst_web.pages.contributions import Written
from tasks.fates import Fate
from tasks.models import Message, MessageRevision
from tasks.tree_states import State
from tests.making import add_message, make_people, make_tree, replies_to, root_of
from tests.pages.site import client_of, make_person, make_prompt, review

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(person: User) -> Client:
    return client_of(person)


def page(client: Client, **query: str) -> str:
    return client.get(reverse("my_messages", query=query)).content.decode()


def listing(text: str) -> str:
    start = text.index('<ul class="list">')
    return text[start : text.index("</ul>", start)]


def listed(client: Client, **query: str) -> list[str]:
    response = client.get(reverse("my_messages", query=query))
    return [item.message.text for item in response.context["mine"]]


def test_a_ranked_reply_is_told_its_place(client: Client, person: User) -> None:
    others = make_people(3)
    tree = make_tree(state=State.READY_FOR_EXPORT, replies=4, authors=[others[0], person, *others[1:]])
    mine = Message.objects.get(tree=tree, author=person)
    assert mine.rank == 1
    assert "Ranked in place 2 of 4 replies." in page(client)


def test_a_rejected_sibling_does_not_count_among_the_ranked(client: Client, person: User) -> None:
    tree = make_tree(state=State.READY_FOR_EXPORT, replies=2, authors=[person])
    add_message(tree=tree, parent=root_of(tree), verdict=False)
    assert "Ranked best of 2 replies." in page(client)


def test_how_a_review_stands_is_not_told(client: Client, person: User) -> None:
    """One review more or less, fine or not: the page is the same until there is a verdict."""
    prompt = make_prompt(person, "Waiting one")
    before = page(client)
    assert "In review: others are asked what they think of it." in before
    review(prompt, [make_person()], spam=1.0)
    assert listing(page(client)) == listing(before)


def test_what_was_removed_is_told_to_its_author_with_the_way_to_read_why(client: Client, person: User) -> None:
    make_prompt(person, "Gone")
    Message.objects.update(deleted=True)
    shown = page(client)
    assert "It was removed. Only you and the moderators can read it." in shown
    assert reverse("removed_message", args=[Message.objects.get().pk]) in shown


def test_messages_are_found_by_their_fate_and_by_what_they_are(client: Client, person: User) -> None:
    make_tree(author=person)
    Message.objects.filter(author=person).update(text="A growing prompt")
    make_tree(replies=1, authors=[person], verdict=None)
    Message.objects.filter(author=person, parent__isnull=False).update(text="A reply in review")
    assert listed(client) == ["A reply in review", "A growing prompt"]
    assert listed(client, fate=Fate.GROWING) == ["A growing prompt"]
    assert listed(client, fate=Fate.IN_REVIEW) == ["A reply in review"]
    assert listed(client, kind=Written.AS_ASSISTANT) == ["A reply in review"]
    assert listed(client, kind=Written.PROMPT, fate=Fate.IN_REVIEW) == []
    assert listed(client, kind="nonsense", fate="nonsense") == ["A reply in review", "A growing prompt"]
    assert "None of your messages is like that." in page(client, fate=Fate.RANKED)


def test_the_filter_stays_on_the_next_page(client: Client, person: User) -> None:
    for _number in range(21):
        make_tree(author=person)
    text = page(client, fate=Fate.GROWING)
    assert "?fate=growing&amp;after=" in text
    assert '<option value="growing" selected>' in text


def test_a_full_page_of_contributions_takes_few_queries(
    client: Client, person: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _number in range(4):
        tree = make_tree(state=State.READY_FOR_EXPORT, replies=2, authors=[person])
        assert replies_to(root_of(tree))
    with django_assert_max_num_queries(10):
        page(client)


def test_the_draw_is_waited_for(client: Client, person: User) -> None:
    make_tree(state=State.PROMPT_LOTTERY_WAITING, author=person)
    assert "It waits for the draw" in page(client)


@pytest.mark.parametrize(
    ("edited", "sentence"), [(False, "You corrected it after sending it."), (True, "The moderators changed its text.")]
)
def test_who_changed_a_text_is_told(client: Client, person: User, edited: bool, sentence: str) -> None:
    prompt = make_prompt(person)
    assert sentence not in page(client)
    Message.objects.filter(pk=prompt.pk).update(edited=edited)
    MessageRevision.objects.create(message=prompt, text=prompt.text, by=person, at=prompt.created_at)
    text = page(client)
    assert sentence in text
    assert ("You corrected" in text) is not edited
