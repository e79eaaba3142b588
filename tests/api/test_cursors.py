"""Version 1, paging: nothing is missed, nothing comes twice, in both directions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test.utils import CaptureQueriesContext

from accounts.models import Scope, User
from oasst_web.api.v1 import cursors
from tasks.models import Message, Tree
from tests.api.calling import Program
from tests.making import NOW, add_message, make_person, make_tree, root_of

pytestmark = pytest.mark.django_db


def messages(how_many: int, *, at_a_time: int = 1) -> list[str]:
    """Ids of so many messages, oldest first; `at_a_time` of them were written at the same moment."""
    tree = make_tree()
    root = root_of(tree)
    rows = [add_message(tree=tree, parent=root, verdict=None) for _ in range(how_many - 1)]
    for number, row in enumerate([root, *rows]):
        row.created_at = NOW + timedelta(seconds=number // at_a_time)
        row.save(update_fields=["created_at"])
    return [str(pk) for pk in Message.objects.order_by("created_at", "pk").values_list("pk", flat=True)]


def page(program: Program, **query: Any) -> dict[str, Any]:
    response = program.get("messages/cursor", **query)
    assert response.status_code == 200, response.json()
    return response.json()  # type: ignore[no-any-return]  # JSON is Any


def ids(found: dict[str, Any]) -> list[str]:
    return [item["id"] for item in found["items"]]


@pytest.mark.parametrize("desc", [False, True])
def test_pages_lead_to_the_end_and_back(desc: bool) -> None:
    every = messages(7, at_a_time=3)
    every = every[::-1] if desc else every
    program = Program(Scope.MODERATOR)
    first = page(program, max_count=3, desc=desc)
    assert (first["prev"], first["sort_key"], first["order"]) == (None, "created_date", "desc" if desc else "asc")
    second = page(program, max_count=3, desc=desc, after=first["next"])
    third = page(program, max_count=3, desc=desc, after=second["next"])
    assert [ids(first), ids(second), ids(third)] == [every[:3], every[3:6], every[6:]]
    assert third["next"] is None
    back = page(program, max_count=3, desc=desc, before=third["prev"])
    assert ids(back) == every[3:6]
    assert ids(page(program, max_count=3, desc=desc, before=back["prev"])) == every[:3]
    assert ids(page(program, max_count=3, desc=desc, after=back["next"])) == every[6:]


def test_the_first_page_reached_from_behind_says_that_nothing_is_before_it() -> None:
    every = messages(4)
    program = Program(Scope.MODERATOR)
    last = page(program, max_count=2, after=page(program, max_count=2)["next"])
    first = page(program, max_count=2, before=last["prev"])
    assert (ids(first), first["prev"]) == (every[:2], None)
    assert ids(page(program, max_count=2, after=first["next"])) == every[2:]


def test_between_two_cursors_come_the_rows_between_them() -> None:
    every = messages(5)
    program = Program(Scope.MODERATOR)
    after = page(program, max_count=1)["next"]
    before = page(program, max_count=4)["next"]
    assert ids(page(program, after=after, before=before)) == every[1:3]


def test_an_empty_page_leads_back_to_where_one_came_from() -> None:
    every = messages(2)
    program = Program(Scope.MODERATOR)
    end = page(program, after=page(program, max_count=1)["next"])["prev"]
    beyond = page(program, after=end)
    assert (beyond["items"], beyond["next"]) == ([], None)
    # The bare moment, and a bound without an id counts itself in.
    assert "$" not in beyond["prev"]
    assert ids(page(program, after=beyond["prev"])) == every[1:]


def test_rows_that_come_in_meanwhile_move_nothing() -> None:
    every = messages(4)
    program = Program(Scope.MODERATOR)
    first = page(program, max_count=2, desc=True)
    add_message(tree=Tree.objects.get(), parent=root_of(Tree.objects.get()))
    Message.objects.exclude(pk__in=every).update(created_at=NOW + timedelta(days=1))
    assert ids(page(program, max_count=2, desc=True, after=first["next"])) == every[1::-1]


@pytest.mark.parametrize(
    "written",
    ["2026-01-05T12:00:01Z", "2026-01-05T12:00:01+00:00", "2026-01-05T14:00:01+02:00", "2026-01-05T12:00:01"],
)
def test_a_client_may_write_a_moment_as_it_likes(written: str) -> None:
    every = messages(3)
    program = Program(Scope.MODERATOR)
    assert ids(page(program, after=written)) == every[1:]
    assert ids(page(program, after=written.replace("+", " "))) == every[1:]


@pytest.mark.parametrize(
    "cursor",
    [
        "yesterday",
        "6f1f2a0e-6f5a-4b7e-9a57-0d3b6a7a2f10",
        "6f1f2a0e-6f5a-4b7e-9a57-0d3b6a7a2f10$yesterday",
        "6f1f2a0e-6f5a-4b7e-9a57-0d3b6a7a2f10$",
        "10000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "$",
    ],
)
@pytest.mark.parametrize("side", ["before", "after"])
def test_a_cursor_that_cannot_be_read_is_refused(side: str, cursor: str) -> None:
    response = Program().get("messages/cursor", **{side: cursor})
    assert (response.status_code, response.json()["error_code"]) == (400, 101)


def test_an_empty_cursor_is_none() -> None:
    every = messages(2)
    assert ids(page(Program(Scope.MODERATOR), before="", after="")) == every


@pytest.mark.parametrize("size", [0, 1001, "many"])
def test_a_page_has_a_size(size: Any) -> None:
    response = Program().get("messages/cursor", max_count=size)
    assert (response.status_code, response.json()["detail"][0]["loc"]) == (422, ["query", "max_count"])


def test_a_list_may_be_sorted_by_text_and_a_text_may_hold_anything() -> None:
    names = ["", "$", "Ada", "Ada", "Bo$b", "ünal"]
    people = [make_person(username=name) for name in names]
    by = cursors.by_text("username", "username")
    rows = User.objects.filter(pk__in=[person.pk for person in people])
    every = list(rows.order_by("username", "pk"))
    for desc in (False, True):
        seen: list[User] = []
        after: str | None = None
        while after or not seen:
            found = cursors.page(rows, by=by, query={"max_count": 1, "after": after}, desc=desc)
            seen += found.rows
            after = found.next
        assert seen == every[:: -1 if desc else 1]


def test_another_sort_key_is_refused_by_number() -> None:
    by = {"username": cursors.by_text("username", "username")}
    assert cursors.chosen("username", by) is by["username"]
    with pytest.raises(cursors.SortKeyUnsupported) as refusal:
        cursors.chosen("password", by)
    assert (refusal.value.code, refusal.value.status) == (100, 400)


def test_a_cursor_names_a_moment_to_the_microsecond() -> None:
    tree = Tree(created_at=datetime(2026, 1, 5, 12, 0, 0, 1, tzinfo=UTC), id=make_tree().pk)
    assert cursors.CREATED.cursor(tree) == f"{tree.pk}$2026-01-05T12:00:00.000001Z"


def test_a_page_costs_the_same_number_of_queries_at_any_size(django_assert_num_queries: Any) -> None:
    messages(50)
    program = Program(Scope.MODERATOR)
    page(program)  # When the key was used last is now noted for this minute.
    for size in (5, 50):
        with django_assert_num_queries(3) as queries:  # The key; the messages; their reactions.
            found = page(program, max_count=size, include_user=True)
        assert isinstance(queries, CaptureQueriesContext)
        assert len(found["items"]) == size
