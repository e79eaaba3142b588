"""Emoji: thumbs exclude each other, nobody praises themselves, and nothing hidden can be set from outside."""

from __future__ import annotations

import pytest

from accounts.access import UserDisabled
from accounts.models import Status
from tasks import reactions
from tasks.models import Reaction
from tasks.refusals import MessageNotFound
from tests.making import NOW, make_person, make_tree, replies_to, root_of

pytestmark = pytest.mark.django_db


def toggle(message_id: object, person: object, emoji: str) -> bool:
    return reactions.toggle(message_id=message_id, person=person, emoji=emoji, now=NOW)  # type: ignore[arg-type]


def test_a_reaction_comes_and_goes() -> None:
    tree, person = make_tree(), make_person()
    assert toggle(tree.pk, person, "rofl") is True
    assert toggle(tree.pk, person, "rofl") is False
    assert not Reaction.objects.exists()


def test_thumbs_exclude_each_other() -> None:
    tree, person = make_tree(), make_person()
    for emoji in ("+1", "-1"):
        assert toggle(tree.pk, person, emoji)
    assert [reaction.emoji for reaction in Reaction.objects.all()] == ["-1"]


def test_nobody_gives_themselves_a_thumb() -> None:
    author = make_person()
    tree = make_tree(author=author)
    assert toggle(tree.pk, author, "+1") is False
    assert toggle(tree.pk, author, "rofl") is True
    assert not Reaction.objects.filter(emoji="+1").exists()


@pytest.mark.parametrize("emoji", ["_skip_reply", "🙂", ""])
def test_what_is_not_a_reaction_is_refused(emoji: str) -> None:
    with pytest.raises(reactions.UnknownEmoji):
        toggle(make_tree().pk, make_person(), emoji)


def test_what_one_may_not_see_one_cannot_react_to() -> None:
    (rejected,) = replies_to(root_of(make_tree(replies=1, verdict=False)))
    with pytest.raises(MessageNotFound):
        toggle(rejected.pk, make_person(), "rofl")
    assert toggle(rejected.pk, rejected.author, "rofl")


def test_a_banned_person_does_not_react() -> None:
    with pytest.raises(UserDisabled):
        toggle(make_tree().pk, make_person(status=Status.BANNED), "rofl")
