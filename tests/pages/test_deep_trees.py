"""A conversation far deeper than ours grow, as an import may bring."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import access
from accounts.models import User
from tasks.kinds import Role
from tasks.models import Message, Tree
from tasks.tree_states import State


@pytest.mark.django_db
def test_a_conversation_of_two_hundred_turns_can_be_read(client: Client) -> None:
    now, root_id = timezone.now(), uuid4()
    tree = Tree.objects.create(
        id=root_id, lang="en", state=State.READY_FOR_EXPORT, goal_tree_size=200, max_depth=200, max_children_count=1
    )
    parent = None
    for depth in range(200):
        parent = Message.objects.create(
            id=root_id if parent is None else uuid4(), tree=tree, parent=parent, depth=depth, lang="en",
            role=Role.ASSISTANT if depth % 2 else Role.PROMPTER, text=f"Turn number {depth}.", review_result=True,
        )  # fmt: skip
    person = User.objects.create_user(email="reader@example.org")
    access.accept_terms(person=person, now=now)
    client.force_login(person)
    page = client.get(reverse("tree", args=[tree.pk]))
    assert page.status_code == 200
    text = page.content.decode()
    places = [text.index(f"Turn number {depth}.") for depth in range(200)]
    assert places == sorted(places)
