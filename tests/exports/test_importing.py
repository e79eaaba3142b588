"""Importing: what is stored, what is not, and what a second time changes."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import Error as DatabaseError
from django.db import connection

from accounts.models import AuthMethod, User
from exports import importing
from tasks.kinds import Kind
from tasks.models import ImportedMessage, Message, Task, Tree, TreeTransition
from tasks.tree_states import State
from tests.exports.files import OURS, bring_in, load, message, number, tree, write
from tests.making import another_connection, drifts, make_person, make_tree, openings

pytestmark = pytest.mark.django_db

STORED = (Tree, Message, ImportedMessage, User, Task, TreeTransition)


def counts() -> list[int]:
    return [model.objects.count() for model in STORED]


def test_every_fact_of_a_message_is_kept(tmp_path: Path) -> None:
    reply = message(
        2,
        created_date="2023-02-12T20:06:16.233571+01:00",
        user_id=number(90),
        rank=1,
        deleted=True,
        synthetic=True,
        model_name="m",
        review_result=False,
        labels={"spam": {"value": 0.25, "count": 4}},
        emojis={"+1": 2},
        detoxify={"toxicity": 0.5},
        mood="calm",
    )
    bring_in(write(tmp_path / "f.jsonl", [tree(message(1, reply))]))
    stored = Message.objects.select_related("imported", "author").get(pk=number(2))
    assert stored.created_at == datetime(2023, 2, 12, 19, 6, 16, 233571, tzinfo=UTC)
    assert (stored.depth, stored.role, str(stored.parent_id)) == (1, "assistant", number(1))
    assert (stored.rank, stored.deleted, stored.synthetic, stored.model_name) == (1, True, True, "m")
    assert (stored.review_count, stored.review_result) == (3, False)
    assert stored.imported.labels == {"spam": {"value": 0.25, "count": 4}}
    assert stored.imported.emojis == {"+1": 2}
    assert (stored.imported.extra["detoxify"], stored.imported.extra["mood"]) == ({"toxicity": 0.5}, "calm")


def test_authors_become_people_who_never_sign_in(tmp_path: Path) -> None:
    here = make_person("Here before", email="here@example.org")
    there = tree(message(1, message(2, user_id=number(90)), message(3), user_id=str(here.pk)))
    assert bring_in(write(tmp_path / "f.jsonl", [there])).people_created == 1
    person = User.objects.get(pk=number(90))
    assert (person.auth_method, person.email, person.show_on_leaderboard) == (AuthMethod.SYSTEM, None, False)
    assert not person.has_usable_password()
    here.refresh_from_db()
    assert here.email == "here@example.org"
    assert Message.objects.get(pk=number(3)).author is None


def test_a_second_time_changes_nothing() -> None:
    first = bring_in(OURS)
    before = counts()
    again = bring_in(OURS, origin="again")
    assert counts() == before
    assert (again.trees_created, again.messages_created, again.people_created) == (0, 0, 0)
    assert again.trees_already_there == first.trees_created == len(load(OURS))
    assert not Tree.objects.filter(origin="again").exists()


def test_the_log_says_where_a_tree_came_from() -> None:
    bring_in(OURS)
    grown = Tree.objects.get(pk=load(OURS)[1]["message_tree_id"])
    [line] = grown.transitions.all()
    assert (line.event, line.from_state, line.to_state) == ("written", "", "growing")
    assert line.why == f"imported from {grown.origin}" == "imported from trees.jsonl"


def test_broken_lines_are_reported_and_the_rest_is_stored(tmp_path: Path) -> None:
    path = write(tmp_path / "f.jsonl", [tree(message(1)), "nonsense", tree(message(2))])
    report = bring_in(path)
    assert report.trees_created == 2
    assert [(broken.line, broken.reason[:8]) for broken in report.broken] == [(2, "not JSON")]


@pytest.mark.parametrize("option", ["strict", "dry_run"])
def test_strictness_and_a_dry_run_store_nothing(option: str, tmp_path: Path) -> None:
    path = write(tmp_path / "f.jsonl", [tree(message(1, user_id=number(9))), "nonsense", tree(message(2), "growing")])
    before = counts()
    report = bring_in(path, **{option: True})
    assert counts() == before
    assert not report.stored
    assert (report.trees_created, report.refused) == (2, 1)


def test_an_orphan_is_enough_to_refuse_a_strict_import(tmp_path: Path) -> None:
    orphan = {key: value for key, value in message(3).items() if key != "replies"} | {"parent_id": number(8)}
    path = write(tmp_path / "f.jsonl", [tree(message(1)), orphan])
    assert not bring_in(path, strict=True).stored
    assert not Tree.objects.exists()
    assert bring_in(path).stored
    assert Tree.objects.count() == 1


def test_a_strict_import_of_sound_lines_stores_them() -> None:
    assert bring_in(OURS, strict=True).stored
    assert Tree.objects.count() == len(load(OURS))


def test_a_message_that_is_in_another_tree_breaks_its_line(tmp_path: Path) -> None:
    bring_in(write(tmp_path / "first.jsonl", [tree(message(1, message(2)))]))
    second = [tree(message(3, message(2))), tree(message(4, message(5))), tree(message(6, message(5)))]
    report = bring_in(write(tmp_path / "second.jsonl", second))
    assert [(broken.line, broken.reason) for broken in report.broken] == [
        (1, f"message {number(2)} is already in another tree"),
        (3, f"message {number(5)} is already in another tree"),
    ]
    assert report.trees_created == 1


def test_what_only_the_database_refuses_takes_no_other_tree_along(tmp_path: Path) -> None:
    odd = tree(message(2, note="a NUL \x00 inside a key that is not ours"))
    report = bring_in(write(tmp_path / "f.jsonl", [tree(message(1)), odd, tree(message(3))]))
    assert [(broken.line, broken.reason[:19]) for broken in report.broken] == [(2, "it cannot be stored")]
    assert set(Tree.objects.values_list("id", flat=True)) == {Message.objects.get(text=f"Text {n}").pk for n in (1, 3)}
    assert report.trees_created == 2


def test_a_date_that_leaves_no_room_for_its_replies_takes_no_other_tree_along(tmp_path: Path) -> None:
    odd = tree(message(2, message(3), created_date="9999-12-31T23:59:59.999999+00:00"))
    report = bring_in(write(tmp_path / "f.jsonl", [tree(message(1)), odd, tree(message(4))]))
    assert [(broken.line, broken.reason[:19]) for broken in report.broken] == [(2, "it cannot be stored")]
    assert report.trees_created == 2


def end_our_session() -> None:
    with another_connection() as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [connection.connection.info.backend_pid])


@pytest.mark.django_db(transaction=True)
def test_a_database_that_comes_back_costs_no_tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "CHUNK", 2)
    path = write(tmp_path / "f.jsonl", [tree(message(n)) for n in range(4)])
    interruptions = iter([end_our_session])
    report = bring_in(path, progress=lambda stored: next(interruptions, lambda: None)())
    assert (report.trees_created, report.broken) == (4, [])
    assert Tree.objects.count() == 4


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("options", [{}, {"strict": True}, {"dry_run": True}])
def test_a_database_that_stays_away_is_no_fault_of_the_lines(
    options: dict[str, bool], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "CHUNK", 2)
    path = write(tmp_path / "f.jsonl", [tree(message(n)) for n in range(4)])

    def go_away(stored: int) -> None:
        end_our_session()
        patch.setitem(connection.settings_dict, "PORT", 1)

    with monkeypatch.context() as patch, pytest.raises(DatabaseError):
        bring_in(path, progress=go_away, **options)
    connection.close()
    assert Tree.objects.count() == (0 if options else 2)


def test_only_trees_of_the_languages_asked_for_are_taken(tmp_path: Path) -> None:
    path = write(tmp_path / "f.jsonl", [tree(message(n, lang=lang)) for n, lang in enumerate(("en", "de", "es"))])
    report = bring_in(path, langs=frozenset({"de", "es"}))
    assert (report.trees_created, report.other_languages) == (2, 1)


def test_a_limit_counts_trees_so_that_a_second_time_changes_nothing(tmp_path: Path) -> None:
    path = write(tmp_path / "f.jsonl", [tree(message(n)) for n in range(5)])
    assert bring_in(path, limit=2).trees_created == 2
    assert bring_in(path, limit=2).trees_created == 0
    assert Tree.objects.count() == 2


def conversations(how_many: int) -> list[dict[str, object]]:
    """Trees without states or verdicts, each with two answers."""
    bare = {"review_count": None, "review_result": None}
    return [
        tree(message(n, message(n + 1, **bare), message(n + 2, **bare), **bare), None)
        for n in range(10, 10 + 10 * how_many, 10)
    ]


def test_conversations_without_states_wait_in_the_backlog_and_the_first_are_ranked(tmp_path: Path) -> None:
    alone = tree(message(1), None)
    report = bring_in(write(tmp_path / "f.jsonl", [alone, *conversations(3)]), activate=2)
    states = dict(Message.objects.roots().values_list("text", "tree__state"))
    assert states == {
        "Text 1": State.READY_FOR_EXPORT,
        "Text 10": State.RANKING,
        "Text 20": State.RANKING,
        "Text 30": State.BACKLOG_RANKING,
    }
    assert (report.activated, report.moved_on) == (2, {})
    assert openings(Tree.objects.get(pk=number(10))) == {Kind.RANK_ASSISTANT_REPLIES: 3}
    assert not Message.objects.exclude(review_result=True, synthetic=True).exists()
    assert drifts() == []


def test_a_state_can_be_given_to_conversations_without_one(tmp_path: Path) -> None:
    path = write(tmp_path / "f.jsonl", [*conversations(1), tree(message(1), "growing")])
    bring_in(path, state=State.HALTED_BY_MODERATOR)
    assert set(Tree.objects.values_list("state", flat=True)) == {State.HALTED_BY_MODERATOR, State.GROWING}


def test_trees_are_stored_whole_and_many_at_a_time(
    tmp_path: Path, django_assert_max_num_queries: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "CHUNK", 100)
    few = write(tmp_path / "few.jsonl", [tree(message(n)) for n in range(100)])
    many = write(tmp_path / "many.jsonl", [tree(message(1000 + n)) for n in range(300)])
    with django_assert_max_num_queries(12):  # type: ignore[operator]
        bring_in(few)
    with django_assert_max_num_queries(36):  # type: ignore[operator]
        bring_in(many)


def test_trees_that_grew_here_are_left_alone(tmp_path: Path) -> None:
    grown = make_tree(state=State.GROWING, replies=1)
    path = write(tmp_path / "f.jsonl", [tree({**message(1), "message_id": str(grown.pk)}, "halted_by_moderator")])
    assert bring_in(path).trees_already_there == 1
    grown.refresh_from_db()
    assert (grown.state, grown.messages.count()) == (State.GROWING, 2)


def test_trees_that_come_twice_in_one_file_are_stored_once_and_fast(
    tmp_path: Path, django_assert_max_num_queries: object
) -> None:
    path = write(tmp_path / "f.jsonl", [tree(message(n)) for n in range(50)] * 2)
    with django_assert_max_num_queries(12):  # type: ignore[operator]
        report = bring_in(path)
    assert (report.trees_created, report.trees_already_there, report.broken) == (50, 50, [])
