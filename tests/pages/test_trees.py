"""The page of a conversation: what is folded, what is marked, and what must not show yet."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from oasst_web.pages.trees import LARGE
from tasks.models import Message, Tree
from tasks.topics import Difficulty, Topic
from tasks.tree_states import State
from tests.making import add_message, make_tree, replies_to, root_of
from tests.pages.site import client_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(person: User) -> Client:
    return client_of(person)


def page(client: Client, tree: Tree, **query: object) -> str:
    return client.get(reverse("tree", args=[tree.pk], query=query)).content.decode()


def branch_of(text: str, message: Message) -> str:
    """The first tag of the branch below the message."""
    found = re.search(r'<details class="branch"[^>]*>', text[text.index(f'id="m-{message.pk}"') :])
    assert found
    return found.group()


def chain(tree: Tree, length: int) -> list[Message]:
    """A line of replies below the prompt."""
    found = [root_of(tree)]
    for number in range(length):
        found.append(add_message(tree=tree, parent=found[-1], verdict=None, text=f"Turn {number}"))
    return found


def test_a_small_tree_is_open_from_top_to_bottom(client: Client) -> None:
    tree = make_tree(depth=9)
    messages = chain(tree, 5)
    text = page(client, tree)
    assert all("open" in branch_of(text, message) for message in messages[:-1])


def test_a_large_tree_is_folded_but_for_the_way_to_what_one_came_for(client: Client) -> None:
    tree = make_tree(depth=60)
    messages = chain(tree, 6)
    for _number in range(LARGE):
        add_message(tree=tree, parent=messages[0], verdict=None)
    text = page(client, tree)
    assert ["open" in branch_of(text, message) for message in messages[:5]] == [True, True, False, False, False]
    text = page(client, tree, at=messages[4].pk)
    assert ["open" in branch_of(text, message) for message in messages[:5]] == [True, True, True, True, False]


def test_my_own_messages_are_marked_and_one_can_jump_to_them(client: Client, person: User) -> None:
    tree = make_tree(replies=2, authors=[person])
    mine, other = replies_to(root_of(tree))
    text = page(client, tree)
    assert f'href="#m-{mine.pk}"' in text
    assert f'href="#m-{other.pk}"' not in text
    assert text.count(">Yours<") == 1


def test_each_message_has_a_link_to_hand_on(client: Client) -> None:
    tree = make_tree(replies=1)
    text = page(client, tree)
    for message in Message.objects.filter(tree=tree):
        assert reverse("message", args=[message.pk]) in text


def test_what_it_is_about_is_said(client: Client) -> None:
    tree = make_tree()
    assert "1 message<" in re.sub(r"\s+<", "<", page(client, tree))
    Tree.objects.update(topic=Topic.COOKING, difficulty=Difficulty.EXPERT)
    text = page(client, tree)
    assert "Food and cooking" in text
    assert str(Difficulty.EXPERT.label) in text
    Tree.objects.update(topic="of long ago")
    assert client.get(reverse("tree", args=[tree.pk])).status_code == 200


def test_a_rank_of_earlier_does_not_tell_in_a_tree_under_review_what_was_accepted(client: Client) -> None:
    """A finished tree that was halted and resumed is reviewed anew, and its ranks are still there."""
    tree = make_tree(state=State.READY_FOR_EXPORT, replies=2)
    assert "Rank 1" in page(client, tree)
    Tree.objects.update(state=State.GROWING)
    text = page(client, tree)
    assert "Rank 1" not in text
    assert ">Accepted<" not in text
