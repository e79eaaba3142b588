"""A prepared question answers as its queryset does, at every asking, in every thread."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Thread
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.db.models import F, Q

from accounts.models import User
from common.prepared import Prepared
from tasks.models import Message, RulesVersion, Task
from tests.making import make_person, make_tree

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_each_asking_has_its_own_values() -> None:
    named = Prepared(lambda name: User.objects.filter(display_name=name), name=str)
    ada, bob = make_person("Ada"), make_person("Bob")
    assert named.one(name="Ada") == ada
    assert named.one(name="Bob") == bob
    assert named.all(name="Ada") == [ada]
    assert named.one(name="Cleo") is None
    assert named.all(name="Cleo") == []


def test_a_row_that_changed_is_read_anew() -> None:
    by_id = Prepared(lambda pk: User.objects.filter(pk=pk), pk=UUID)
    person = make_person("Ada")
    assert by_id.one(pk=person.pk).display_name == "Ada"
    User.objects.filter(pk=person.pk).update(display_name="Lovelace")
    assert by_id.one(pk=person.pk).display_name == "Lovelace"


def test_one_value_may_fill_several_gaps_and_fixed_values_stay() -> None:
    question = Prepared(
        lambda person, since: User.objects.filter(
            Q(pk=person) | Q(api_client=person), created_at__gt=since, status="active"
        ),
        person=UUID,
        since=datetime,
    )
    person = make_person(created_at=NOW)
    assert question.one(person=person.pk, since=NOW - timedelta(days=1)) == person
    assert question.one(person=person.pk, since=NOW) is None
    assert question.one(person=uuid4(), since=NOW - timedelta(days=1)) is None


def test_rows_come_as_the_queryset_says_lists_flat_values_joined_rows_and_parsed_columns() -> None:
    tree = make_tree()
    root = Message.objects.get(pk=tree.pk)
    of_tree = Message.objects.filter(tree=tree.pk)
    assert Prepared(lambda pk: of_tree.filter(pk=pk).values_list("id", "text"), pk=UUID).all(pk=root.pk) == [
        (root.pk, root.text)
    ]
    assert Prepared(lambda pk: of_tree.filter(pk=pk).values_list("text", flat=True), pk=UUID).all(pk=root.pk) == [
        root.text
    ]
    joined = Prepared(lambda pk: Message.objects.select_related("tree").only("id", "tree__lang").filter(pk=pk), pk=UUID)
    found = joined.one(pk=root.pk)
    assert "text" in found.get_deferred_fields()
    version = RulesVersion.objects.create(values={"goal_tree_size": 5})
    newest = Prepared(lambda: RulesVersion.objects.order_by("-version").values_list("version", "values")[:1])
    assert newest.one() == (version.pk, {"goal_tree_size": 5})


def test_joined_rows_cost_no_further_query(django_assert_num_queries: object) -> None:
    tree = make_tree()
    joined = Prepared(lambda pk: Message.objects.select_related("tree", "author").filter(pk=pk), pk=UUID)
    with django_assert_num_queries(1):
        found = joined.one(pk=tree.pk)
        assert (found.tree, found.author.pk) == (tree, found.author_id)


def test_a_value_that_the_sql_does_not_take_as_it_is_cannot_be_a_gap() -> None:
    searching = Prepared(lambda word: Message.objects.filter(text__icontains=word), word=str)
    with pytest.raises(TypeError, match="word"):
        searching.all(word="sky")
    unused = Prepared(lambda name: User.objects.all(), name=str)
    with pytest.raises(TypeError, match="name"):
        unused.all(name="Ada")
    with pytest.raises(TypeError, match="list"):
        Prepared(lambda ids: User.objects.filter(pk__in=ids), ids=list).all(ids=[])


def test_a_missing_value_is_an_error_and_not_an_answer() -> None:
    named = Prepared(lambda name: User.objects.filter(display_name=name), name=str)
    with pytest.raises(KeyError, match="name"):
        named.all()


@pytest.mark.django_db(transaction=True)
def test_every_thread_asks_through_its_own_connection() -> None:
    by_id = Prepared(lambda pk: User.objects.filter(pk=pk), pk=UUID)
    person = make_person()
    assert by_id.one(pk=person.pk) == person
    seen: list[tuple[User | None, object]] = []

    def ask() -> None:
        seen.append((by_id.one(pk=person.pk), connection.connection))
        connection.close()

    thread = Thread(target=ask)
    thread.start()
    thread.join()
    ((found, theirs),) = seen
    assert found == person
    assert theirs is not connection.connection


def test_a_locking_question_locks() -> None:
    tree = make_tree()
    locked = Prepared(
        lambda pk: Task.objects.select_for_update(no_key=True, of=("self",)).filter(tree=pk).order_by(F("id").asc()),
        pk=UUID,
    )
    with connection.execute_wrapper(_kept := _Kept()):
        locked.all(pk=tree.pk)
    assert "FOR NO KEY UPDATE OF" in _kept.sql[-1]


class _Kept:
    def __init__(self) -> None:
        self.sql: list[str] = []

    def __call__(self, execute: object, sql: str, params: object, many: bool, context: object) -> object:
        self.sql.append(sql)
        return execute(sql, params, many, context)
