"""Version 1, messages: lists, one message and its tree, reactions, and the work of moderators."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection

from accounts import identities
from accounts.identities import Identity
from accounts.models import Role, Scope, Status, User
from moderation.models import Action, ActionLog, QueueItem
from tasks import reactions
from tasks.models import ImportedMessage, Message, Reaction, Tree
from tasks.tree_states import State
from tests.api.calling import Program, somebody
from tests.making import BEFORE, NOW, add_message, claim, drifts, make_person, make_tree, replies_to, root_of

pytestmark = pytest.mark.django_db

#: What may be read of a message, after its name.
READINGS = (
    "", "/conversation", "/tree", "/children", "/descendants", "/longest_conversation_in_tree", "/max_children_in_tree",
)  # fmt: skip


def brought(program: Program, *, text: str = "", name: str = "", **fields: Any) -> Message:
    """A prompt that came through this program."""
    root = root_of(make_tree(author=person_of(program), lang=fields.pop("lang", "en")))
    changes = {"text": text or root.text, "frontend_message_id": name or None, **fields}
    Message.objects.filter(pk=root.pk).update(api_client=program.client, **changes)
    root.refresh_from_db()
    return root


def person_of(program: Program, named: dict[str, Any] | None = None, **fields: Any) -> User:
    """A person of this program, stored."""
    named = named or somebody()
    identity = Identity(named["auth_method"], named["id"], named["display_name"])
    person = identities.meet(client=program.client, identity=identity, now=BEFORE)
    User.objects.filter(pk=person.pk).update(**fields)
    return person


def ids(response: Any) -> list[str]:
    """Of a list, a page, a conversation or a tree."""
    assert response.status_code == 200, response.json()
    answer = response.json()
    rows = answer if isinstance(answer, list) else answer.get("items", answer.get("messages"))
    return [row["id"] for row in rows]


def refusal(response: Any) -> tuple[int, int]:
    return response.status_code, response.json()["error_code"]


def strings(*messages: Message) -> list[str]:
    return [str(message.pk) for message in messages]


# --- lists


@pytest.mark.parametrize("path", ["messages/", "messages/cursor"])
def test_a_list_holds_what_the_client_brought_and_for_moderators_everything(path: str) -> None:
    mine, other, moderating = Program(), Program(), Program(Scope.MODERATOR)
    message, theirs, ours = brought(mine), brought(other), root_of(make_tree())
    assert ids(mine.get(path)) == strings(message)
    assert ids(mine.get(path, api_client_id=mine.client.pk)) == strings(message)
    assert refusal(mine.get(path, api_client_id=other.client.pk)) == (403, 2)
    assert set(ids(moderating.get(path))) == set(strings(message, theirs, ours))
    assert ids(moderating.get(path, api_client_id=other.client.pk)) == strings(theirs)


def test_a_list_is_narrowed_by_what_is_asked_for() -> None:
    program, named = Program(), somebody()
    first, second, third = brought(program), brought(program, lang="de"), brought(program, deleted=True)
    reply = add_message(tree=first.tree, parent=first, author=person_of(program, named))
    Message.objects.filter(pk=reply.pk).update(api_client=program.client)
    for days, message in enumerate((first, second, third, reply)):
        Message.objects.filter(pk=message.pk).update(created_at=NOW + timedelta(days=days))
    day = {days: (NOW + timedelta(days=days)).isoformat() for days in range(4)}
    whose = {"auth_method": named["auth_method"], "username": named["id"]}
    for query, expected in (
        ({}, [reply, second, first]),
        ({"desc": False}, [first, second, reply]),
        ({"allow_deleted": True}, [reply, third, second, first]),
        ({"only_roots": "true"}, [second, first]),
        ({"lang": "de"}, [second]),
        ({"lang": "", "username": "", "auth_method": ""}, [reply, second, first]),
        ({"start_date": day[1]}, [reply, second]),
        ({"start_date": day[0], "end_date": day[1]}, [second, first]),
        ({"max_count": 1}, [reply]),
        (whose, [reply]),
        ({**whose, "username": "nobody"}, []),
    ):
        assert ids(program.get("messages/", **query)) == strings(*expected), query
    assert ids(program.get("messages/cursor", include_deleted=True)) == strings(first, second, third, reply)
    assert ids(program.get("messages/cursor", user_id=reply.author_id, only_roots=False)) == strings(reply)


@pytest.mark.parametrize("path", ["messages/", "messages/cursor"])
def test_a_person_is_named_whole_or_not_at_all(path: str) -> None:
    assert refusal(Program().get(path, username="7")) == (400, 2012)
    assert refusal(Program().get(path, auth_method="discord")) == (400, 2012)


def test_authors_come_with_a_page_if_asked_for_and_their_notes_only_for_moderators() -> None:
    program, moderating = Program(), Program(Scope.MODERATOR)
    message = brought(program)
    User.objects.filter(pk=message.author_id).update(notes="Watch out.")
    (item,) = program.get("messages/cursor").json()["items"]
    assert item["user"] is None
    (item,) = program.get("messages/cursor", include_user=True).json()["items"]
    assert (item["user"]["user_id"], item["user"]["notes"]) == (str(message.author_id), "")
    (item,) = moderating.get("messages/cursor", include_user=True).json()["items"]
    assert item["user"]["notes"] == "Watch out."


def test_a_list_costs_the_same_number_of_queries_at_any_size(django_assert_num_queries: Any) -> None:
    program, named = Program(), somebody()
    person_of(program, named)
    for number in range(12):
        message = brought(program)
        Reaction.objects.create(message=message, person=make_person(), emoji="+1")
        if number % 2:
            ImportedMessage.objects.create(message=message)
    program.get("messages/")  # When the key was used last is now noted for this minute.
    for size in (3, 12):
        with django_assert_num_queries(4):  # The key; the person; the messages; their reactions.
            found = program.get("messages/", max_count=size, acting=named)
        assert len(found.json()) == size


# --- search


@pytest.mark.parametrize("narrowed", [{}, {"lang": "en"}])
def test_words_are_found_in_one_language_and_in_all(narrowed: dict[str, str]) -> None:
    program = Program()
    sky = brought(program, text="Why is the SKY blue, and the sea?")
    grass = brought(program, text="Why is grass green?")
    brought(program, text="Warum ist der Himmel blau, the sky?", lang="de", deleted=True)
    for words, expected in (
        ("sky", [sky]),
        ("why", [sky, grass]),
        ("sky blue", [sky]),
        ("blue sky", [sky]),
        ('"blue sky"', []),
        ("why -sky", [grass]),
        ("sky or green", [sky, grass]),
        ("sk", []),
        ("!&|:*'(", []),
        ("", [sky, grass]),
    ):
        assert ids(program.get("messages/cursor", search_query=words, **narrowed)) == strings(*expected), words


def test_a_search_keeps_to_the_language_asked_for() -> None:
    program = Program()
    brought(program, text="Berlin")
    german = brought(program, text="Berlin", lang="de")
    assert ids(program.get("messages/cursor", search_query="berlin", lang="de")) == strings(german)


def test_a_language_without_spaces_is_searched_by_parts_of_the_text() -> None:
    program = Program()
    message = brought(program, text="今天天气很好，适合出去散步。", lang="zh")
    brought(program, text="今天下雨。", lang="zh")
    assert ids(program.get("messages/cursor", search_query="天气 散步")) == strings(message)
    assert ids(program.get("messages/cursor", search_query="天%步")) == []


def test_a_search_finds_its_words_by_an_index() -> None:
    found = Message.objects.containing("sky")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert "words_of_messages" in found.explain()


def test_a_zero_byte_is_refused_and_reaches_no_database() -> None:
    for query in ({"search_query": "a\0"}, {"lang": "\0"}, {"username": "\0", "auth_method": "x"}, {"after": "\0"}):
        assert Program().get("messages/cursor", **query).status_code == 422
    assert Program().get("frontend_messages/a%00").status_code == 422


# --- one message


def test_a_message_is_shown_as_published() -> None:
    program, named = Program(), somebody()
    message = brought(program, name="post-1")
    author = {"auth_method": message.author.auth_method, "id": message.author.username}
    Reaction.objects.create(message=message, person=person_of(program, named), emoji="rofl")
    shown = program.get(f"messages/{message.pk}", acting=author).json()
    assert shown == {
        "id": str(message.pk),
        "user_id": str(message.author_id),
        "frontend_message_id": "post-1",
        "text": message.text,
        "lang": "en",
        "is_assistant": False,
        "emojis": {"rofl": 1},
        "user_emojis": [],
        "user_is_author": True,
        "synthetic": False,
        "parent_id": None,
        "created_date": message.created_at.isoformat().replace("+00:00", "Z"),
        "review_result": None,
        "review_count": 0,
        "deleted": False,
        "edited": False,
        "model_name": None,
        "message_tree_id": str(message.tree_id),
        "ranking_count": 0,
        "rank": None,
        "user": None,
    }
    shown = program.get(f"messages/{message.pk}", acting=named).json()
    assert (shown["user_emojis"], shown["user_is_author"]) == (["rofl"], False)
    assert program.get(f"messages/{message.pk}").json()["user_is_author"] is None


def test_published_reactions_count_and_published_skips_do_not() -> None:
    message = root_of(make_tree())
    ImportedMessage.objects.create(message=message, emojis={"+1": 3, "_skip_reply": 2, "rofl": 1})
    Reaction.objects.create(message=message, person=make_person(), emoji="+1")
    program = Program()
    emojis = {"+1": 4, "rofl": 1}
    assert program.get(f"messages/{message.pk}").json()["emojis"] == emojis
    assert program.get(f"messages/{message.pk}/conversation").json()["messages"][0]["emojis"] == emojis


def test_what_was_deleted_or_rejected_only_its_client_and_moderators_read() -> None:
    mine, other, moderating = Program(), Program(), Program(Scope.MODERATOR)
    for changes in ({"deleted": True}, {"review_result": False}):
        message = brought(mine, **changes)
        for path in (f"messages/{message.pk}", f"frontend_messages/{message.pk}"):
            assert mine.get(path).status_code == moderating.get(path).status_code == 200
            assert refusal(other.get(path)) == (404, 2001)


def test_a_verdict_does_not_show_by_what_a_client_can_read() -> None:
    """Its people were given the message to review: it stays there whatever the others found."""
    (message,) = replies_to(root_of(make_tree(replies=1, verdict=None)))
    reviewing, other = Program(), Program()
    claim(person_of(reviewing))
    Message.objects.filter(pk=message.pk).update(review_result=False)
    assert reviewing.get(f"messages/{message.pk}").json()["review_result"] is None
    assert refusal(other.get(f"messages/{message.pk}")) == (404, 2001)
    Message.objects.filter(pk=message.pk).update(deleted=True)
    assert refusal(reviewing.get(f"messages/{message.pk}")) == (404, 2001)


def test_who_wrote_it_only_the_clients_own_program_and_moderators_learn() -> None:
    mine, other, moderating = Program(), Program(), Program(Scope.MODERATOR)
    message = brought(mine)
    for program, expected in ((mine, str(message.author_id)), (moderating, str(message.author_id)), (other, None)):
        assert program.get(f"messages/{message.pk}").json()["user_id"] == expected
        (shown,) = program.get(f"messages/{message.pk}/conversation").json()["messages"]
        assert shown["user_id"] == expected


def test_no_key_acts_for_a_person_of_another_client() -> None:
    mine, other = Program(), Program()
    message, named = brought(mine), somebody()
    person_of(mine, named)
    assert refusal(other.get(f"messages/{message.pk}", acting=named)) == (404, 4002)
    assert other.post(f"messages/{message.pk}/emoji", {"user": named, "emoji": "rofl"}).status_code == 202
    assert Reaction.objects.get().person.api_client == other.client


@pytest.mark.parametrize("reading", [*READINGS, "/tree/state"])
def test_an_unknown_message_has_nothing_to_read(reading: str) -> None:
    assert refusal(Program().get(f"messages/{uuid4()}{reading}")) == (404, 2001)
    assert Program().get(f"messages/7{reading}").status_code == 422
    if reading != "/tree/state":
        for name in ("nobody", uuid4()):
            assert refusal(Program().get(f"frontend_messages/{name}{reading}")) == (404, 2001)


# --- its tree


def grown() -> tuple[Message, Message, Message, Message, Message]:
    """A prompt with an accepted reply that goes on, a rejected one and a deleted one."""
    tree = make_tree(replies=3, depth=5)
    root = root_of(tree)
    kept, rejected, deleted = replies_to(root)
    Message.objects.filter(pk=rejected.pk).update(review_result=False)
    Message.objects.filter(pk=deleted.pk).update(deleted=True)
    return root, kept, rejected, deleted, add_message(tree=tree, parent=kept)


@pytest.mark.parametrize("prefix", ["messages", "frontend_messages"])
def test_a_tree_is_read_from_any_of_its_messages(prefix: str) -> None:
    root, kept, rejected, deleted, last = grown()
    program, moderating = Program(), Program(Scope.MODERATOR)

    def read(reading: str, of: Message = root, by: Program = moderating, **query: Any) -> list[str]:
        return ids(by.get(f"{prefix}/{of.pk}{reading}", **query))

    assert read("/conversation", last) == strings(root, kept, last)
    assert read("/tree", last) == strings(root, kept, rejected, last)
    assert read("/tree", include_spam=False) == strings(root, kept, last)
    assert read("/tree", include_deleted=True) == strings(root, kept, rejected, deleted, last)
    assert read("/tree", include_deleted=True, by=program) == strings(root, kept, last)
    assert read("/children") == strings(kept, rejected)
    assert read("/children", by=program) == strings(kept)
    assert read("/descendants") == strings(kept, rejected, deleted, last)
    assert read("/descendants", kept) == strings(last)
    assert read("/longest_conversation_in_tree", kept) == strings(root, kept, last)
    assert read("/max_children_in_tree", last) == strings(root, kept)
    answer = moderating.get(f"{prefix}/{kept.pk}/max_children_in_tree").json()
    assert answer["id"] == str(root.pk)
    assert moderating.get(f"{prefix}/{kept.pk}/descendants").json()["id"] == str(kept.pk)
    assert moderating.get(f"{prefix}/{kept.pk}/tree").json()["id"] == str(root.pk)


def test_a_conversation_with_a_hole_is_a_refusal_and_no_crash() -> None:
    _root, kept, _rejected, _deleted, last = grown()
    Message.objects.filter(pk=kept.pk).update(review_result=None)
    for path in (f"messages/{last.pk}", f"frontend_messages/{last.pk}"):
        assert refusal(Program().get(f"{path}/conversation")) == (400, 2009)
    assert len(ids(Program().get(f"messages/{kept.pk}/conversation"))) == 2


@pytest.mark.parametrize("reading", ["longest_conversation_in_tree", "max_children_in_tree"])
def test_a_tree_of_which_nothing_was_accepted_is_a_refusal_and_no_crash(reading: str) -> None:
    tree = make_tree(state=State.INITIAL_PROMPT_REVIEW)
    assert refusal(Program().get(f"messages/{tree.pk}/{reading}")) == (400, 2007)


def test_a_tree_costs_the_same_number_of_queries_at_any_size(django_assert_num_queries: Any) -> None:
    small, large = make_tree(), make_tree(replies=8, width=9)
    program = Program()
    program.get(f"messages/{small.pk}")  # When the key was used last is now noted for this minute.
    for tree in (small, large):
        for reading in ("tree", "conversation", "descendants", "children", "max_children_in_tree"):
            with django_assert_num_queries(3 if tree == small and reading in ("children", "descendants") else 4):
                program.get(f"messages/{tree.pk}/{reading}")


# --- names of the client


@pytest.mark.parametrize("reading", READINGS)
def test_a_message_is_found_by_the_name_its_client_gave_it(reading: str) -> None:
    mine, other = Program(), Program()
    message, theirs = brought(mine, name="post/1 ü"), brought(other, name="post/1 ü")
    by_name = mine.get(f"frontend_messages/{'post%2F1%20%C3%BC'.replace('%2F', '/')}{reading}")
    assert by_name.status_code == 404, "a slash ends a name in an address"
    Message.objects.filter(pk__in=[message.pk, theirs.pk]).update(frontend_message_id="post 1 ü")
    by_name = mine.get(f"frontend_messages/post%201%20%C3%BC{reading}")
    assert by_name.status_code == 200
    assert by_name.json() == mine.get(f"messages/{message.pk}{reading}").json()


# --- reactions


def react(program: Program, message: Message, person: dict[str, Any], emoji: str, op: str | None = None) -> Any:
    body = {"user": person, "emoji": emoji, **({} if op is None else {"op": op})}
    return program.post(f"messages/{message.pk}/emoji", body)


def test_a_reaction_is_toggled_added_and_removed() -> None:
    program, person, message = Program(), somebody(), root_of(make_tree())
    for op, there in (
        (None, True),
        ("toggle", False),
        ("add", True),
        ("add", True),
        ("remove", False),
        ("remove", False),
    ):
        response = react(program, message, person, "rofl", op)
        shown = response.json()
        assert (response.status_code, shown["id"]) == (202, str(message.pk))
        assert (shown["emojis"], shown["user_emojis"]) == (({"rofl": 1}, ["rofl"]) if there else ({}, [])), op


def test_thumbs_exclude_each_other_and_nobody_praises_themselves() -> None:
    program = Program()
    message = brought(program)
    author = {"auth_method": message.author.auth_method, "id": message.author.username, "display_name": "Ada"}
    assert react(program, message, author, "+1", "add").json()["emojis"] == {}
    person = somebody()
    react(program, message, person, "+1")
    assert react(program, message, person, "-1").json()["emojis"] == {"-1": 1}


@pytest.mark.parametrize("emoji", ["_skip_reply", "_skip_ranking", "_skip_labeling"])
@pytest.mark.parametrize("op", ["toggle", "add", "remove"])
def test_the_codes_for_skips_are_nobodys_to_set(emoji: str, op: str) -> None:
    assert refusal(react(Program(), root_of(make_tree()), somebody(), emoji, op)) == (400, 5000)
    assert not Reaction.objects.exists()


def test_another_picture_or_deed_is_not_of_the_published_shape() -> None:
    message = root_of(make_tree())
    assert react(Program(), message, somebody(), "🙂").status_code == 422
    assert react(Program(), message, somebody(), "rofl", "praise").status_code == 422


def test_a_red_flag_queues_the_message_for_moderators() -> None:
    program, message, person = Program(), root_of(make_tree()), somebody()
    react(program, message, person, reactions.RED_FLAG)
    QueueItem.objects.update(processed=True)
    react(program, message, person, reactions.RED_FLAG, "add")
    assert QueueItem.objects.get().processed, "the same flag again is no news"
    react(program, message, person, reactions.RED_FLAG, "remove")
    assert QueueItem.objects.get().processed
    react(program, message, somebody(), reactions.RED_FLAG)
    assert not QueueItem.objects.get().processed


def test_who_is_banned_or_has_not_accepted_the_terms_does_not_react() -> None:
    program, message, person = Program(), root_of(make_tree()), somebody()
    person_of(program, person, status=Status.BANNED)
    assert refusal(react(program, message, person, "rofl")) == (503, 4001)
    assert refusal(react(Program(terms_accepted_there=False), message, somebody(), "rofl")) == (451, 4003)
    assert refusal(react(program, Message(pk=uuid4()), somebody(), "rofl")) == (404, 2001)


# --- moderators

MODERATING: tuple[tuple[str, str, Any], ...] = (
    ("DELETE", "", None),
    ("PUT", "/undelete", None),
    ("POST", "/edit", {"user": somebody("7"), "new_content": "Better."}),
    ("GET", "/history", None),
    ("PUT", "/tree/state?halt=true", None),
)


@pytest.mark.parametrize(("method", "path", "body"), MODERATING)
def test_only_a_key_that_moderates_may_undelete_and_the_like(method: str, path: str, body: Any) -> None:
    program, named = Program(Scope.VOLUNTEER, Scope.EXPORTER), somebody()
    person_of(program, named, role=Role.MODERATOR)
    message = brought(program)
    for acting in (None, named):  # Who is a moderator is one only through a key that moderates.
        assert refusal(program.call(method, f"messages/{message.pk}{path}", body, acting=acting)) == (403, 2)
    assert not ActionLog.objects.exists()


@pytest.mark.parametrize(("method", "path", "body"), MODERATING)
def test_a_moderator_is_told_that_there_is_no_such_message(method: str, path: str, body: Any) -> None:
    program = Program(Scope.MODERATOR)
    assert refusal(program.call(method, f"messages/{uuid4()}{path}", body)) == (404, 2001)


def test_a_message_is_deleted_with_all_below_it_and_comes_back_with_all_above_it() -> None:
    root, kept, _rejected, _deleted, last = grown()
    program = Program(Scope.MODERATOR)
    response = program.call("DELETE", f"messages/{kept.pk}")
    assert (response.status_code, response.content) == (204, b"")
    assert {str(pk) for pk in Message.objects.filter(deleted=True).values_list("pk", flat=True)} >= set(
        strings(kept, last)
    )
    response = program.call("PUT", f"messages/{last.pk}/undelete")
    assert (response.status_code, response.json()) == (202, None)
    assert not Message.objects.filter(pk__in=[root.pk, kept.pk, last.pk], deleted=True).exists()
    lines = ActionLog.objects.order_by("pk")
    assert [line.action for line in lines] == [Action.DELETE_MESSAGE, Action.UNDELETE_MESSAGE]
    assert {line.by for line in lines} == {program.client.person}
    assert all(program.client.description in line.why for line in lines)


def test_a_deletion_lets_the_tree_look_again_where_it_stands() -> None:
    tree = make_tree(state=State.RANKING, replies=2)
    program = Program(Scope.MODERATOR)
    program.call("DELETE", f"messages/{tree.pk}")
    tree.refresh_from_db()
    assert tree.state == State.HALTED_BY_MODERATOR
    assert drifts() == []


def test_every_text_of_an_edited_message_is_kept_with_who_wrote_it() -> None:
    program = Program(Scope.VOLUNTEER, Scope.MODERATOR)
    editor, visitor = somebody(), somebody()
    moderator = person_of(program, editor, role=Role.MODERATOR)
    message = brought(program, text="Wy?")
    path = f"messages/{message.pk}"
    assert program.get(f"{path}/history").json() == []
    for named, text in ((editor, "Why?"), (visitor, "Why not?")):
        response = program.post(f"{path}/edit", {"user": named, "new_content": text})
        assert (response.status_code, response.json()) == (200, None)
    shown = program.get(path).json()
    assert (shown["text"], shown["edited"]) == ("Why not?", True)
    versions = program.get(f"{path}/history", acting=editor).json()
    assert [version["text"] for version in versions] == ["Wy?", "Why?", "Why not?"]
    # Whoever is no moderator edits in the name of the client.
    people = [message.author_id, moderator.pk, program.client.person_id]
    assert [version["user_id"] for version in versions] == [str(person) for person in people]
    assert [version["user_is_author"] for version in versions] == [False, True, False]
    assert len({version["id"] for version in versions}) == 3
    assert visitor["id"] in ActionLog.objects.order_by("pk").last().why


@pytest.mark.parametrize(("text", "status", "code"), [("  ", 400, 1010), ("x" * 2001, 400, 1008)])
def test_an_edit_is_held_to_the_same_size_as_a_new_message(text: str, status: int, code: int) -> None:
    tree = make_tree()
    response = Program(Scope.MODERATOR).post(f"messages/{tree.pk}/edit", {"user": somebody(), "new_content": text})
    assert refusal(response) == (status, code)
    assert not root_of(tree).edited


def test_a_tree_is_stopped_and_goes_on() -> None:
    tree = make_tree()
    program = Program(Scope.MODERATOR)
    path = f"messages/{tree.pk}/tree/state"
    shown = program.get(path).json()
    assert shown == {
        "message_tree_id": str(tree.pk),
        "state": "growing",
        "goal_tree_size": tree.goal_tree_size,
        "max_depth": tree.max_depth,
        "max_children_count": tree.max_children_count,
        "active": True,
        "origin": None,
    }
    for halt, state in ((True, "halted_by_moderator"), (False, "growing")):
        response = program.call("PUT", path, halt=halt)
        assert response.json() == {**shown, "state": state, "active": not halt}
    assert refusal(program.call("PUT", path, halt=False)) == (400, 9004)
    assert [line.action for line in ActionLog.objects.order_by("pk")] == [Action.HALT_TREE, Action.RESUME_TREE]


def test_without_saying_what_a_tree_neither_stops_nor_goes_on() -> None:
    tree = make_tree(state=State.HALTED_BY_MODERATOR)
    response = Program(Scope.MODERATOR).call("PUT", f"messages/{tree.pk}/tree/state")
    assert (response.status_code, response.json()["detail"][0]["loc"]) == (422, ["query", "halt"])
    assert Tree.objects.get().state == State.HALTED_BY_MODERATOR
