"""What several tests of exports have."""

from __future__ import annotations

import pytest

from tasks.models import Tree
from tasks.tree_states import State
from tests.making import add_message, add_review, make_people, make_tree


@pytest.fixture
def conversation() -> Tree:
    """A prompt with three ranked replies, and an answer to each of these."""
    authors = make_people(3)
    tree = make_tree(state=State.READY_FOR_EXPORT, replies=3, authors=authors)
    for reply in tree.messages.filter(depth=1):
        add_message(tree=tree, parent=reply)
    for message in tree.messages.filter(depth__lt=2):
        add_review(message, by=make_people(1)[0])
    return tree
