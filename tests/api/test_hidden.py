"""Version 1: what a program must not learn: verdicts while people judge, people of other programs, hidden texts."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import Role, Scope, User
from moderation import merging
from tasks.models import Message, Reaction, Tree
from tasks.tree_states import State
from tests.api.calling import Program, somebody
from tests.api.test_messages import brought, ids, person_of, react, refusal, strings
from tests.making import add_message, given, make_moderator, make_tree, replies_to, root_of

pytestmark = pytest.mark.django_db

#: What shows of a message that was judged, and what shows instead while others may yet be asked.
JUDGED = {"review_result": True, "review_count": 3}
BLIND = {"review_result": None, "review_count": 0}


def reviewed(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: answer[name] for name in JUDGED}


def growing() -> tuple[Tree, Message, Message, Message]:
    """A tree with a decided reply that was replied to, and a decided and an open one at its ends."""
    tree = make_tree(replies=2, depth=5)
    inner, decided = replies_to(root_of(tree))
    return tree, inner, decided, add_message(tree=tree, parent=inner, verdict=None)


# --- verdicts


def test_a_decided_and_an_open_message_look_alike_while_the_tree_grows() -> None:
    _tree, _inner, decided, undecided = growing()
    program, moderating = Program(), Program(Scope.MODERATOR)
    for message in (decided, undecided):
        assert reviewed(program.get(f"messages/{message.pk}").json()) == BLIND
    assert reviewed(moderating.get(f"messages/{decided.pk}").json()) == JUDGED


def test_what_counts_as_accepted_does_not_tell_a_decided_message_from_an_open_one() -> None:
    tree, inner, decided, undecided = growing()
    root, program, moderating = root_of(tree), Program(), Program(Scope.MODERATOR)

    def read(by: Program, reading: str, **query: Any) -> list[str]:
        return ids(by.get(f"messages/{tree.pk}/{reading}", **query))

    for verdict in (True, None, False):
        Message.objects.filter(pk=decided.pk).update(review_result=verdict, api_client=program.client)
        assert read(program, "tree", include_spam=False) == strings(root, inner)
        assert read(program, "max_children_in_tree") == strings(root, inner)
        assert read(program, "longest_conversation_in_tree") == strings(root, inner)
        assert ids(program.get(f"messages/{decided.pk}/conversation")) == strings(root, decided)
    assert ids(program.get(f"messages/{undecided.pk}/conversation")) == strings(root, inner, undecided)
    Message.objects.filter(pk=decided.pk).update(review_result=True)
    assert read(moderating, "tree", include_spam=False) == strings(root, inner, decided)
    assert read(moderating, "max_children_in_tree") == strings(root, inner, decided)


@pytest.mark.parametrize("state", [State.RANKING, State.READY_FOR_EXPORT])
def test_when_nothing_is_reviewed_any_more_verdicts_show(state: State) -> None:
    tree = make_tree(state=state, replies=2)
    program, replies = Program(), replies_to(root_of(tree))
    assert reviewed(program.get(f"messages/{replies[0].pk}").json()) == JUDGED
    assert ids(program.get(f"messages/{tree.pk}/tree", include_spam=False)) == strings(root_of(tree), *replies)


def test_a_prompt_under_review_is_blind_too() -> None:
    tree = make_tree(state=State.INITIAL_PROMPT_REVIEW)
    Message.objects.update(review_result=True, review_count=2)
    assert reviewed(Program().get(f"messages/{tree.pk}").json()) == BLIND


# --- people of other programs


def merged(mine: Program, other: Program) -> tuple[Message, User]:
    """A message that my program brought for a person who is now another program's."""
    message = brought(mine)
    person = person_of(other)
    assert message.author_id is not None
    merging.merge_people(
        into_id=person.pk, source_ids={message.author_id}, by=make_moderator(), why="The same.", **given()
    )
    message.refresh_from_db()
    assert message.author == person
    return message, person


def test_after_a_merge_no_program_learns_of_anothers_person() -> None:
    mine, other, moderating = Program(), Program(), Program(Scope.MODERATOR)
    message, person = merged(mine, other)
    for program, named in ((mine, False), (other, True), (moderating, True)):
        expected = str(person.pk) if named else None
        assert program.get(f"messages/{message.pk}").json()["user_id"] == expected
        (shown,) = program.get(f"messages/{message.pk}/conversation").json()["messages"]
        assert shown["user_id"] == expected
    (item,) = mine.get("messages/cursor", include_user=True).json()["items"]
    assert (item["user_id"], item["user"]) == (None, None)
    (item,) = moderating.get("messages/cursor", include_user=True).json()["items"]
    assert item["user"]["user_id"] == str(person.pk)


def test_a_list_is_not_narrowed_to_a_person_of_another_program() -> None:
    mine, other, moderating = Program(), Program(), Program(Scope.MODERATOR)
    message, person = merged(mine, other)
    named = {"auth_method": person.auth_method, "username": person.username}
    for path, query in (
        ("messages/", named),
        ("messages/cursor", named),
        ("messages/cursor", {"user_id": person.pk}),
        (f"users/{person.pk}/messages", {}),
        (f"users/{person.pk}/messages/cursor", {}),
        (f"frontend_users/{person.auth_method}/{person.username}/messages", {}),
    ):
        assert ids(mine.get(path, **query)) == [], path
        assert ids(moderating.get(path, **query)) == strings(message), path
    assert ids(mine.get("messages/")) == strings(message)


def test_authors_in_a_list_cost_no_query_each(django_assert_num_queries: Any) -> None:
    program = Program()
    for _ in range(6):
        brought(program)
    program.get("messages/")  # When the key was used last is now noted for this minute.
    for size in (2, 6):
        with django_assert_num_queries(3):  # The key; the messages with their authors; their reactions.
            program.get("messages/cursor", max_count=size, include_user=True)


# --- texts


@pytest.mark.parametrize("hidden", [{"deleted": True}, {"review_result": False}])
def test_nobody_reads_a_hidden_message_by_reacting_to_it(hidden: dict[str, Any]) -> None:
    """A moderator may, but this key does not moderate, whomever it names."""
    program, named = Program(), somebody()
    person_of(program, named, role=Role.MODERATOR)
    message = root_of(make_tree())
    Message.objects.filter(pk=message.pk).update(**hidden)
    assert refusal(react(program, message, named, "rofl")) == (404, 2001)
    assert not Reaction.objects.exists()
    moderating = Program(Scope.VOLUNTEER, Scope.MODERATOR)
    person_of(moderating, named, role=Role.MODERATOR)
    assert react(moderating, message, named, "rofl").status_code == 202
