"""Version 2, trees: what one may see of a conversation, and its ETag."""

from __future__ import annotations

from uuid import uuid4

import pytest
from pytest_django import DjangoAssertNumQueries

from moderation import actions
from tasks.models import Preference
from tasks.tree_states import State
from tests.api.v2.calling import Caller, problem
from tests.making import add_message, given, make_moderator, make_tree, replies_to, root_of

pytestmark = pytest.mark.django_db


def test_a_tree_has_its_messages_parents_first() -> None:
    tree = make_tree(replies=2)
    first, second = replies_to(root_of(tree))
    below = add_message(tree=tree, parent=first)
    about = Caller().get(f"trees/{tree.pk}").json()
    assert (about["id"], about["state"], about["preferences"]) == (str(tree.pk), "growing", [])
    assert [(message["id"], message["parent_id"]) for message in about["messages"]] == [
        (str(tree.pk), None),
        (str(first.pk), str(tree.pk)),
        (str(second.pk), str(tree.pk)),
        (str(below.pk), str(first.pk)),
    ]
    assert {message["verdict"] for message in about["messages"]} == {None}


def test_a_message_one_may_not_see_is_missing_and_what_is_below_it_stays() -> None:
    tree = make_tree(replies=1, verdict=False)
    (rejected,) = replies_to(root_of(tree))
    below = add_message(tree=tree, parent=rejected)
    ids = {message["id"]: message["parent_id"] for message in Caller().get(f"trees/{tree.pk}").json()["messages"]}
    assert ids == {str(tree.pk): None, str(below.pk): str(rejected.pk)}
    assert str(rejected.pk) in Caller(rejected.author).get(f"trees/{tree.pk}").content.decode()


def test_a_tree_of_which_one_may_see_nothing_is_not_there() -> None:
    tree = make_tree()
    actions.delete_message(message_id=tree.pk, by=make_moderator(), why="", **given())
    for tree_id in (tree.pk, uuid4()):
        assert problem(Caller().get(f"trees/{tree_id}")) == (404, "no-message-tree-found")


def test_a_finished_tree_says_how_sure_its_preferences_are() -> None:
    tree = make_tree(state=State.READY_FOR_EXPORT, replies=3)
    about = Caller().get(f"trees/{tree.pk}").json()
    assert len(about["preferences"]) == 3
    stored = Preference.objects.filter(parent=tree.pk).order_by("pk").first()
    shown = about["preferences"][0]
    assert (shown["chosen_id"], shown["p_better"]) == (str(stored.chosen_id), stored.p_better)
    assert {message["verdict"] for message in about["messages"]} == {"accepted"}
    # A pair of which one may not see one has no place here.
    actions.delete_message(message_id=stored.chosen_id, by=make_moderator(), why="", **given())
    gone = str(stored.chosen_id)
    assert gone not in Caller().get(f"trees/{tree.pk}").content.decode()


def test_who_has_the_tree_already_gets_nothing_until_it_changes() -> None:
    tree = make_tree(state=State.READY_FOR_EXPORT, replies=2)
    caller = Caller()
    first = caller.get(f"trees/{tree.pk}")
    for known in (first["ETag"], f"W/{first['ETag']}", f'"other", {first["ETag"]}', "*"):
        again = caller.get(f"trees/{tree.pk}", headers={"If-None-Match": known})
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
        assert "private" in again["Cache-Control"]
    caller.call("PUT", f"messages/{tree.pk}/reactions/+1")
    changed = caller.get(f"trees/{tree.pk}", headers={"If-None-Match": first["ETag"]})
    assert changed.status_code == 200
    assert changed["ETag"] != first["ETag"]


def test_a_large_tree_costs_no_more_queries(django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    tree = make_tree(state=State.READY_FOR_EXPORT, replies=3)
    caller = Caller()
    # Token and person, the messages, the preferences, the reactions.
    with django_assert_max_num_queries(6):
        caller.get(f"trees/{tree.pk}")
