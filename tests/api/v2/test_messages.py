"""Version 2, messages: one's own page by page, one by its id, reactions, reports."""

from __future__ import annotations

from uuid import uuid4

import pytest
from pytest_django import DjangoAssertNumQueries

from moderation import actions
from moderation.models import QueueItem, Report
from tasks.models import Message, Reaction
from tasks.tree_states import State
from tests.api.v2.calling import Caller, problem
from tests.making import add_message, given, make_moderator, make_person, make_tree, replies_to, root_of

pytestmark = pytest.mark.django_db


def test_my_messages_come_page_by_page_newest_first() -> None:
    caller = Caller()
    written = [root_of(make_tree(author=caller.person)) for _ in range(5)]
    make_tree()
    seen, pages, url = [], 0, "messages?limit=2"
    while url:
        response = caller.call("GET", url)
        seen += [message["id"] for message in response.json()["items"]]
        link = response.headers.get("Link", "")
        assert bool(link) is (response.json()["next"] is not None)
        url = link.removeprefix("</api/v2/").removesuffix('>; rel="next"')
        pages += 1
    assert (seen, pages) == ([str(message.pk) for message in reversed(written)], 3)


def test_a_message_that_comes_in_meanwhile_moves_nothing() -> None:
    caller = Caller()
    older, newer = (root_of(make_tree(author=caller.person)) for _ in range(2))
    first = caller.get("messages", limit=1).json()
    make_tree(author=caller.person)
    second = caller.get("messages", limit=1, cursor=first["next"]).json()
    assert [page["items"][0]["id"] for page in (first, second)] == [str(newer.pk), str(older.pk)]


@pytest.mark.parametrize("cursor", ["nonsense", "bm9uc2Vuc2U=", "ä", "MjAyNi0wMS0wMV8x", "\x00", "x" * 300])
def test_a_cursor_that_was_never_given_out_is_refused(cursor: str) -> None:
    response = Caller().get("messages", cursor=cursor)
    assert problem(response) in [(422, "invalid-cursor-value"), (422, "invalid-request")]


def test_mine_holds_also_what_was_deleted_or_rejected() -> None:
    caller = Caller()
    tree = make_tree()
    add_message(tree=tree, parent=root_of(tree), author=caller.person, verdict=False)
    deleted = root_of(make_tree(author=caller.person))
    actions.delete_message(message_id=deleted.pk, by=make_moderator(), why="", **given())
    first, second = caller.get("messages").json()["items"]
    assert (first["id"], first["deleted"], first["mine"]) == (str(deleted.pk), True, True)
    assert second["verdict"] == "rejected"


def test_a_page_costs_the_same_for_many_messages(django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    caller = Caller()
    for _ in range(6):
        make_tree(author=caller.person)
    # Token and person, the messages, the reactions.
    with django_assert_max_num_queries(5):
        caller.get("messages")


def test_nobody_is_named_and_the_verdict_does_not_show_while_the_tree_grows() -> None:
    author, reader = Caller(), Caller()
    tree = make_tree(replies=1, authors=[author.person])
    (reply,) = replies_to(root_of(tree))
    shown = reader.get(f"messages/{reply.pk}")
    assert str(author.person.pk) not in shown.content.decode()
    assert (shown.json()["verdict"], shown.json()["mine"]) == (None, False)
    assert author.get(f"messages/{reply.pk}").json()["verdict"] == "accepted"
    assert Caller(make_moderator()).get(f"messages/{reply.pk}").json()["verdict"] == "accepted"
    actions.halt_tree(tree_id=tree.pk, by=make_moderator(), why="", **given())
    assert reader.get(f"messages/{reply.pk}").json()["verdict"] == "accepted"


def test_what_one_may_not_see_is_not_there() -> None:
    tree = make_tree(replies=1, verdict=False)
    (rejected,) = replies_to(root_of(tree))
    caller = Caller()
    for response in (
        caller.get(f"messages/{rejected.pk}"),
        caller.get(f"messages/{uuid4()}"),
        caller.call("PUT", f"messages/{rejected.pk}/reactions/+1"),
        caller.call("DELETE", f"messages/{rejected.pk}/reactions/+1"),
        caller.post(f"messages/{rejected.pk}/reports", {"labels": ["spam"]}),
    ):
        assert problem(response) == (404, "message-not-found")
    assert Caller(rejected.author).get(f"messages/{rejected.pk}").status_code == 200


def test_reactions_are_added_and_taken_back_and_doing_so_twice_changes_nothing() -> None:
    message, caller, other = root_of(make_tree()), Caller(), Caller()
    Reaction.objects.create(message=message, person=make_person(), emoji="+1")
    path = f"messages/{message.pk}/reactions"
    assert other.get(f"messages/{message.pk}").json()["reactions"] == {"mine": [], "counts": None}
    for _ in range(2):
        assert caller.call("PUT", f"{path}/%2B1").json() == {"mine": ["+1"], "counts": {"+1": 2}}
    assert caller.call("PUT", f"{path}/-1").json() == {"mine": ["-1"], "counts": {"+1": 1, "-1": 1}}
    for _ in range(2):
        assert caller.call("DELETE", f"{path}/-1").json() == {"mine": [], "counts": None}


def test_thumbs_on_ones_own_message_are_ignored_and_unknown_ones_refused() -> None:
    caller = Caller()
    message = root_of(make_tree(author=caller.person))
    assert caller.call("PUT", f"messages/{message.pk}/reactions/+1").json()["mine"] == []
    assert problem(caller.call("PUT", f"messages/{message.pk}/reactions/nonsense"))[0] == 422
    assert problem(caller.call("PUT", f"messages/{message.pk}/reactions/_skip_reply"))[0] == 422


def test_a_red_flag_queues_the_message_and_is_counted_for_nobody() -> None:
    message, first, second = root_of(make_tree()), Caller(), Caller()
    for caller in (first, second):
        shown = caller.call("PUT", f"messages/{message.pk}/reactions/red_flag").json()
    assert shown == {"mine": ["red_flag"], "counts": {}}
    assert QueueItem.objects.get().message == message


def test_a_report_is_kept_whole_and_once_for_its_key() -> None:
    message, caller, key = root_of(make_tree()), Caller(), {"Idempotency-Key": "one"}
    body = {"labels": ["spam"], "text": " It praises a shop. "}
    first = caller.post(f"messages/{message.pk}/reports", body, headers=key)
    again = caller.post(f"messages/{message.pk}/reports", body, headers=key)
    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())
    filed = Report.objects.get()
    assert (filed.pk, filed.labels, filed.text) == (first.json()["id"], ["spam"], "It praises a shop.")
    assert problem(caller.post(f"messages/{message.pk}/reports", {"labels": ["nonsense"]}))[0] == 422


def test_a_rank_shows_when_there_is_one() -> None:
    tree = make_tree(state=State.READY_FOR_EXPORT, replies=2)
    best = Message.objects.get(tree=tree, rank=0)
    assert Caller().get(f"messages/{best.pk}").json()["rank"] == 0
    assert Caller().get(f"messages/{root_of(tree).pk}").json()["rank"] is None
