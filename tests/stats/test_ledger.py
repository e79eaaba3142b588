"""The ledger as its person reads it, and the language of its lines."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.models import PointEntry, User
from oasst_web.timetable import TIMETABLE
from stats import jobs, ledger
from tasks import rewards
from tasks.models import Message, Review
from tasks.points import POINTS, Reason
from tasks.tree_states import State
from tests.making import NOW, add_ranking, add_review, make_person, make_tree, replies_to, root_of

pytestmark = pytest.mark.django_db


def earn(person: User, source: object, reason: Reason = Reason.PROMPT, hours: float = 0) -> PointEntry:
    entry: PointEntry = PointEntry.objects.create(
        person=person,
        reason=reason,
        source=str(source),
        points=POINTS[reason],
        created_at=NOW - timedelta(hours=hours),
    )
    return entry


def test_every_reason_is_explained() -> None:
    assert set(ledger.EXPLAINED) == set(Reason)
    assert {row.points for row in ledger.reasons() if row.points is None} == {None}


def test_each_line_leads_to_what_earned_it() -> None:
    person = make_person()
    tree = make_tree(state=State.READY_FOR_EXPORT, author=person, authors=[person])
    other = make_tree(state=State.READY_FOR_EXPORT)
    add_review(root_of(other), by=person)
    add_ranking(parent=root_of(other), by=person)
    rewards.settle_points(now=NOW)
    other.points_due = True
    other.save()
    rewards.settle_points(now=NOW)
    found = {str(line.name): line for line in ledger.page(person=person).lines}
    mine = replies_to(root_of(tree))[0]
    assert found["You wrote a prompt"].message == root_of(tree)
    assert found["A reply as the assistant was accepted"].message == mine
    assert found["Somebody ranked your message first"].message == mine
    assert found["You gave a full review"].message == root_of(other)
    assert found["You ranked replies"].message == root_of(other)
    assert {line.lang for line in found.values()} == {"en"}


def test_what_one_may_not_read_is_not_led_to() -> None:
    person = make_person()
    message = root_of(make_tree())
    earn(person, message.pk, Reason.RANKING)
    earn(person, uuid4(), Reason.RANKED_FIRST)
    earn(person, "gone", Reason.RANKED_THIRD)
    Message.objects.filter(pk=message.pk).update(deleted=True)
    lines = ledger.page(person=person).lines
    assert [line.message for line in lines] == [None] * 3
    Message.objects.filter(pk=message.pk).update(deleted=False)
    assert [line.message for line in ledger.page(person=person).lines if line.message] == [message]


def test_pages_follow_one_another_newest_first() -> None:
    person = make_person()
    entries = [earn(person, f"line {number}", hours=number // 2) for number in range(2 * ledger.SIZE + 1)]
    earn(make_person(), "not mine")
    seen, after = [], ""
    for size in (ledger.SIZE, ledger.SIZE, 1):
        found = ledger.page(person=person, after=after)
        assert len(found.lines) == size
        seen += [line.at for line in found.lines]
        after = found.after
    assert after == ""
    assert seen == sorted((entry.created_at for entry in entries), reverse=True)


@pytest.mark.parametrize(
    "after", ["", "x", "_", "2026-01-01T00:00:00_1", "2026-01-01T00:00:00+00:00_", "2026_99", "_-1"]
)
def test_a_cursor_that_is_none_means_the_newest(after: str) -> None:
    person = make_person()
    earn(person, "one")
    assert len(ledger.page(person=person, after=after).lines) == 1


def test_a_page_costs_four_queries(django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    person = make_person()
    for _ in range(30):
        earn(person, root_of(make_tree()).pk)
    with django_assert_max_num_queries(4):
        ledger.page(person=person)


# --- languages


def test_points_know_the_language_of_their_conversation() -> None:
    make_tree(state=State.READY_FOR_EXPORT, lang="de")
    make_tree(lang="fr")
    rewards.settle_points(now=NOW)
    by_lang = dict(PointEntry.objects.values_list("source", "lang"))
    assert set(by_lang.values()) == {"de", "fr"}


def test_lines_from_before_get_their_language_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    make_tree(state=State.READY_FOR_EXPORT, lang="de")
    make_tree(lang="fr", replies=2)
    rewards.settle_points(now=NOW)
    wanted = dict(PointEntry.objects.values_list("pk", "lang"))
    reasons = set(PointEntry.objects.values_list("reason", flat=True))
    assert {Reason.LABELS_FULL, Reason.RANKING, Reason.RANKED_FIRST, Reason.IMPACT_RANKING} <= reasons
    lost = earn(make_person(), Review(pk=uuid4()).pk, Reason.LABELS_FULL)
    strange = earn(make_person(), "-" * 36)
    PointEntry.objects.update(lang="")
    monkeypatch.setattr(rewards, "BATCH", 7)
    assert rewards.fill_languages() == len(wanted)
    assert dict(PointEntry.objects.exclude(pk__in=[lost.pk, strange.pk]).values_list("pk", "lang")) == wanted
    assert rewards.fill_languages() == 0


def test_the_clock_fills_languages() -> None:
    assert "stats.fill_languages_of_points" in {entry["task"] for entry in TIMETABLE.values()}
    make_tree(lang="fr")
    rewards.settle_points(now=NOW)
    PointEntry.objects.update(lang="")
    assert jobs.fill_languages_of_points() == PointEntry.objects.filter(lang="fr").count() > 0
