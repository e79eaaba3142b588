"""Boards: who earned how much in a day, a week, a month and altogether, and whose messages others object to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.models import PointEntry, Status, User
from oasst_web.timetable import BOARDS, TIMETABLE
from stats import boards, jobs, public, trolls
from stats.models import Board, BoardKind, Frame, LeaderRow, TrollRow
from tasks import interactions, points, reactions, rewards
from tasks.kinds import Kind, Role
from tasks.models import Message, Reaction, Review
from tasks.points import POINTS, Reason
from tasks.tree_states import State
from tests.making import (
    BEFORE,
    NOW,
    add_message,
    add_ranking,
    add_review,
    another_connection,
    claim,
    make_people,
    make_person,
    make_tree,
    replies_to,
    root_of,
    submit,
)

pytestmark = pytest.mark.django_db

_sources = count(1)


def earn(person: User, *reasons: Reason, at: datetime = NOW, worth: Decimal | None = None, lang: str = "") -> None:
    PointEntry.objects.bulk_create(
        PointEntry(
            person=person,
            reason=reason,
            source=str(next(_sources)),
            lang=lang,
            points=POINTS[reason] if worth is None else worth,
            created_at=at,
        )
        for reason in reasons
    )


def leader(person: User, frame: Frame = Frame.TOTAL) -> LeaderRow:
    return boards.of_person(person)[frame]


def order(frame: Frame = Frame.TOTAL) -> list[User]:
    return [row.person for row in boards.leaders(frame=frame, limit=100)[1]]


def troll(person: User, frame: Frame = Frame.TOTAL) -> TrollRow:
    return TrollRow.objects.get(board__frame=frame, person=person)


def react(message: Message, *emojis: str, at: datetime = BEFORE) -> None:
    for emoji in emojis:
        Reaction.objects.create(message=message, person=make_person(), emoji=emoji, created_at=at)


# --- leaderboards


def test_every_column_counts_its_lines_and_the_score_is_that_of_the_points() -> None:
    person = make_person()
    for times, reason in enumerate(boards.COUNTED.values(), start=1):
        earn(person, *[reason] * times, worth=Decimal("2.7") if reason not in POINTS else None)
    earn(person, Reason.IMPACT_REVIEW, worth=Decimal("1.9"))
    boards.count(frame=Frame.TOTAL, now=NOW)
    row = leader(person)
    counted = [getattr(row, column) for column in boards.COUNTED]
    assert counted == list(range(1, len(counted) + 1))
    by_reason: dict[str, Decimal] = {}
    for entry in PointEntry.objects.filter(person=person):
        by_reason[entry.reason] = by_reason.get(entry.reason, Decimal(0)) + entry.points
    assert row.score == points.score(by_reason)


def test_every_reason_for_points_is_counted_in_a_column_or_is_only_points() -> None:
    assert set(Reason) - set(boards.COUNTED.values()) == {Reason.IMPACT_REVIEW}


def test_tenths_are_dropped_once_for_each_reason_and_not_for_each_line() -> None:
    person = make_person()
    earn(person, *[Reason.PROMPT] * 19, *[Reason.ACCEPTED_PROMPT] * 9)
    boards.count(frame=Frame.TOTAL, now=NOW)
    assert leader(person).score == 1


def test_what_people_did_reaches_the_board() -> None:
    writer, ranker = make_person(), make_person()
    tree = make_tree(state=State.READY_FOR_EXPORT, authors=[writer])
    add_ranking(parent=root_of(tree), by=ranker, order=[[reply] for reply in replies_to(root_of(tree))])
    rewards.settle_points(now=NOW)
    boards.count(frame=Frame.TOTAL, now=NOW)
    written = leader(writer)
    assert (written.replies_assistant, written.accepted_replies_assistant, written.reply_ranked_1) == (1, 1, 4)
    assert written.score == 4 + 4 + 4 * 9
    assert leader(ranker).rankings_total == 1


def test_only_rankings_that_told_something_are_good() -> None:
    make_tree(state=State.READY_FOR_EXPORT)
    rewards.settle_points(now=NOW)
    boards.count(frame=Frame.TOTAL, now=NOW)
    good = sum(row.rankings_good for row in LeaderRow.objects.filter(board__lang=""))
    assert good == PointEntry.objects.filter(reason=Reason.IMPACT_RANKING, points__gt=0).count() > 0
    assert not PointEntry.objects.filter(points=0).exists()


@pytest.mark.parametrize(
    ("frame", "first", "last_before"),
    [
        (Frame.DAY, timedelta(hours=24), timedelta(hours=24, seconds=1)),
        (Frame.WEEK, timedelta(days=7, hours=12), timedelta(days=7, hours=12, seconds=1)),
        (Frame.MONTH, timedelta(days=30, hours=12), timedelta(days=30, hours=12, seconds=1)),
    ],
)
def test_a_board_counts_what_was_earned_in_its_time(frame: Frame, first: timedelta, last_before: timedelta) -> None:
    inside, outside = make_person(), make_person()
    earn(inside, Reason.RANKING, at=NOW - first)
    earn(outside, Reason.RANKING, at=NOW - last_before)
    boards.count(frame=frame, now=NOW)
    assert order(frame) == [inside]
    assert leader(inside, frame).board.since == NOW - first


def test_the_best_come_first_and_equal_scores_in_order_of_id() -> None:
    people = make_people(4)
    for person in people:
        earn(person, Reason.RANKING)
    earn(people[2], Reason.RANKING)
    boards.count(frame=Frame.TOTAL, now=NOW)
    others = sorted((person for person in people if person != people[2]), key=lambda person: person.pk)
    assert order() == [people[2], *others]
    assert [leader(person).rank for person in order()] == [1, 2, 3, 4]


def test_hidden_banned_and_closed_people_are_counted_but_have_no_rank() -> None:
    shown = make_person()
    away = [
        make_person(show_on_leaderboard=False),
        make_person(status=Status.BANNED),
        make_person(status=Status.DELETED),
    ]
    for person in away:
        earn(person, *[Reason.RANKING] * 5)
    earn(shown, Reason.RANKING)
    boards.count(frame=Frame.TOTAL, now=NOW)
    assert order() == [shown]
    assert leader(shown).rank == 1
    assert [(leader(person).rank, leader(person).score) for person in away] == [(None, 5)] * 3
    assert [boards.around(person=person, frame=Frame.TOTAL, size=5) for person in away] == [None] * 3


def test_who_is_banned_leaves_the_board_at_once() -> None:
    person, other = make_people(2)
    earn(person, Reason.RANKING)
    earn(other, Reason.RANKING)
    boards.count(frame=Frame.TOTAL, now=NOW)
    User.objects.filter(pk=person.pk).update(status=Status.BANNED)
    assert order() == [other]


def test_who_has_no_row_has_zeros_in_every_frame() -> None:
    person = make_person()
    assert list(boards.of_person(person)) == list(Frame)
    assert {row.score for row in boards.of_person(person).values()} == {0}
    earn(person, Reason.RANKING, at=NOW - timedelta(days=3))
    for frame in Frame:
        boards.count(frame=frame, now=NOW)
    assert [row.score for row in boards.of_person(person).values()] == [0, 1, 1, 1]
    assert leader(person, Frame.DAY).board.counted_at == NOW


def test_counting_again_replaces_what_was_there() -> None:
    person, other = make_people(2)
    earn(person, Reason.RANKING)
    for _ in range(2):
        assert boards.count(frame=Frame.DAY, now=NOW) == 1
    earn(other, Reason.RANKING, at=NOW + timedelta(days=2))
    boards.count(frame=Frame.DAY, now=NOW + timedelta(days=2))
    assert order(Frame.DAY) == [other]
    assert (LeaderRow.objects.count(), Board.objects.count()) == (1, 1)


@pytest.mark.parametrize(("size", "expected"), [(1, [4]), (2, [3, 4]), (3, [3, 4, 5]), (4, [2, 3, 4, 5])])
def test_the_window_around_somebody_is_exactly_as_large_as_asked_for(size: int, expected: Sequence[int]) -> None:
    people = _ladder(7)
    found = boards.around(person=people[3], frame=Frame.TOTAL, size=size)
    assert found is not None
    assert [row.rank for row in found[1]] == expected


@pytest.mark.parametrize(("place", "expected"), [(1, [1, 2, 3]), (2, [1, 2, 3]), (6, [5, 6, 7]), (7, [5, 6, 7])])
def test_the_window_stays_on_the_board(place: int, expected: Sequence[int]) -> None:
    people = _ladder(7)
    found = boards.around(person=people[place - 1], frame=Frame.TOTAL, size=3)
    assert found is not None
    assert [row.rank for row in found[1]] == expected
    whole = boards.around(person=people[place - 1], frame=Frame.TOTAL, size=100)
    assert whole is not None
    assert len(whole[1]) == 7


def _ladder(steps: int) -> list[User]:
    """People on the board, best first."""
    people = make_people(steps)
    for number, person in enumerate(people):
        earn(person, *[Reason.RANKING] * (steps - number))
    boards.count(frame=Frame.TOTAL, now=NOW)
    return people


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("module", [boards, trolls])
def test_readers_see_the_whole_old_board_until_the_new_one_is_whole(module: Any) -> None:
    for person in make_people(3):
        earn(person, Reason.RANKING)
        react(root_of(make_tree(author=person)), "-1")
    module.count(frame=Frame.TOTAL, now=NOW)
    table = "stats_leaderrow" if module is boards else "stats_trollrow"
    with transaction.atomic():
        module.count(frame=Frame.TOTAL, now=NOW)
        with another_connection() as cursor:
            cursor.execute(f"SELECT count(*) FROM {table}")  # noqa: S608  # a name of our own
            assert cursor.fetchone() == (3,)


@pytest.mark.django_db(transaction=True)
def test_a_board_is_counted_by_one_at_a_time() -> None:
    boards.count(frame=Frame.TOTAL, now=NOW)
    with transaction.atomic():
        boards.count(frame=Frame.TOTAL, now=NOW)
        with another_connection() as cursor:
            cursor.execute("SELECT 1 FROM stats_board FOR UPDATE SKIP LOCKED")
            assert cursor.fetchone() is None


def scores(lang: str, frame: Frame = Frame.TOTAL) -> list[tuple[User, int | None, int]]:
    return [(row.person, row.rank, row.score) for row in boards.leaders(frame=frame, limit=100, lang=lang)[1]]


def test_each_language_has_a_board_of_its_own_and_the_total_has_all() -> None:
    person, other = make_people(2)
    earn(person, *[Reason.RANKING] * 3, lang="de")
    earn(person, Reason.RANKING, lang="en")
    earn(other, *[Reason.RANKING] * 2, lang="en")
    earn(other, *[Reason.RANKING] * 4)  # From before lines had a language.
    boards.count(frame=Frame.TOTAL, now=NOW)
    assert boards.languages(Frame.TOTAL) == ["de", "en"]
    assert scores("de") == [(person, 1, 3)]
    assert scores("en") == [(other, 1, 2), (person, 2, 1)]
    assert scores("") == [(other, 1, 6), (person, 2, 4)]
    assert leader(person).score == 4, "the published protocol knows the total only"
    in_english = boards.own(person=person, frame=Frame.TOTAL, lang="en")
    assert in_english is not None
    assert in_english.rank == 2
    window = boards.around(person=person, frame=Frame.TOTAL, size=1, lang="en")
    assert window is not None
    assert [row.person for row in window[1]] == [person]


def test_tenths_are_dropped_in_each_language_for_itself() -> None:
    person = make_person()
    earn(person, *[Reason.PROMPT] * 6, lang="de")
    earn(person, *[Reason.PROMPT] * 6, lang="en")
    boards.count(frame=Frame.TOTAL, now=NOW)
    assert [scores(lang) for lang in ("", "de", "en")] == [[(person, 1, 1)], [(person, 1, 0)], [(person, 1, 0)]]


def test_a_language_in_which_nothing_was_earned_lately_has_no_board() -> None:
    person = make_person()
    earn(person, Reason.RANKING, lang="de")
    boards.count(frame=Frame.DAY, now=NOW)
    earn(person, Reason.RANKING, lang="en", at=NOW + timedelta(days=2))
    boards.count(frame=Frame.DAY, now=NOW + timedelta(days=2))
    assert boards.languages(Frame.DAY) == ["en"]
    assert boards.counted_at(BoardKind.LEADER, Frame.DAY, "de") is None


def test_who_does_not_want_to_be_shown_leaves_at_once_and_comes_back_with_the_next_count() -> None:
    person, other = make_people(2)
    earn(person, Reason.RANKING, lang="de")
    earn(other, Reason.RANKING, lang="de")
    boards.count(frame=Frame.TOTAL, now=NOW)
    boards.choose(person=person, shown=False)
    assert [row[0] for row in scores("de")] == order() == [other]
    boards.count(frame=Frame.TOTAL, now=NOW)
    assert [row[:2] for row in scores("de")] == [(other, 1)]
    own = boards.own(person=person, frame=Frame.TOTAL)
    assert own is not None
    assert (own.rank, own.score) == (None, 1)
    boards.choose(person=person, shown=True)
    boards.count(frame=Frame.TOTAL, now=NOW)
    assert {row[0] for row in scores("de")} == {person, other}


# --- troll boards


def test_reactions_labels_and_aborted_prompts_make_the_score() -> None:
    person = make_person()
    tree = make_tree(replies=1, authors=[person])
    (message,) = replies_to(root_of(tree))
    react(message, "red_flag", "red_flag", "+1", "-1", "-1", "-1", "poop")
    judge = make_person()
    add_review(message, by=judge)
    Review.objects.filter(reviewer=judge).update(
        labels={"spam": 1, "pii": 1, "hate_speech": 0.5, "not_appropriate": 0.25, "toxicity": 0.75, "quality": 0.5}
    )
    make_tree(state=State.ABORTED_LOW_GRADE, author=person)
    trolls.count(frame=Frame.TOTAL, now=NOW)
    row = troll(person)
    assert (row.red_flags, row.upvotes, row.downvotes, row.spam_prompts) == (2, 1, 3, 1)
    # Three reviews found the aborted prompt to be spam, one this reply.
    assert (row.spam, row.pii, row.hate_speech, row.not_appropriate) == (4, 1, 1, 0)
    assert (row.toxicity, row.quality, row.humor) == (0.75, 0.5, None)
    assert row.score == 3 * 2 - 1 + 3 + 1 + 4 + 1 + 1


def test_labels_count_on_messages_nobody_reacted_to() -> None:
    """The reference left them out, and with them most of what reviewers found."""
    person = make_person()
    tree = make_tree(replies=1, authors=[person], verdict=False)
    trolls.count(frame=Frame.TOTAL, now=NOW)
    assert not Reaction.objects.exists()
    assert (troll(person).spam, troll(person).score) == (3, 3)
    assert tree.messages.count() == 2


def test_labels_given_freely_count_too() -> None:
    person = make_person()
    (message,) = replies_to(root_of(make_tree(replies=1, authors=[person])))
    interactions.label_freely(message=message, person=make_person(), labels={"pii": 1.0}, now=NOW)
    trolls.count(frame=Frame.TOTAL, now=NOW)
    assert troll(person).pii == 1


def test_nobody_judges_themselves() -> None:
    person = make_person()
    (message,) = replies_to(root_of(make_tree(replies=1, authors=[person])))
    interactions.label_freely(message=message, person=person, labels={"pii": 1.0}, now=NOW)
    reactions.add(message=message, person=person, emoji="red_flag", now=NOW)
    trolls.count(frame=Frame.TOTAL, now=NOW)
    assert (troll(person).pii, troll(person).red_flags) == (0, 0)


def test_flags_that_a_moderator_cleared_no_longer_count() -> None:
    person = make_person()
    (message,) = replies_to(root_of(make_tree(replies=1, authors=[person])))
    react(message, "red_flag", at=BEFORE)
    Message.objects.filter(pk=message.pk).update(flags_cleared_at=BEFORE + timedelta(hours=1))
    react(message, "red_flag", "red_flag", "-1", at=NOW)
    trolls.count(frame=Frame.TOTAL, now=NOW)
    assert (troll(person).red_flags, troll(person).downvotes) == (2, 1)


def test_deleted_messages_count_no_more_but_aborted_prompts_do() -> None:
    person = make_person()
    tree = make_tree(state=State.ABORTED_LOW_GRADE, author=person)
    Message.objects.filter(tree=tree).update(deleted=True)
    trolls.count(frame=Frame.TOTAL, now=NOW)
    assert (troll(person).spam, troll(person).spam_prompts, troll(person).score) == (0, 1, 1)


def test_what_was_imported_makes_nobody_a_troll() -> None:
    person = make_person()
    tree = make_tree(state=State.ABORTED_LOW_GRADE, author=person)
    Message.objects.filter(tree=tree).update(task=None)
    react(root_of(tree), "red_flag")
    trolls.count(frame=Frame.TOTAL, now=NOW)
    assert not TrollRow.objects.filter(person=person).exists()


def test_a_troll_board_counts_what_was_given_in_its_time() -> None:
    person = make_person()
    (message,) = replies_to(root_of(make_tree(replies=1, authors=[person])))
    react(message, "-1", at=NOW - timedelta(hours=25))
    react(message, "-1", at=NOW - timedelta(hours=23))
    for frame in (Frame.DAY, Frame.WEEK):
        trolls.count(frame=frame, now=NOW)
    assert [troll(person, frame).downvotes for frame in (Frame.DAY, Frame.WEEK)] == [1, 2]


def test_the_worst_come_first_and_may_be_asked_for_by_whether_they_may_take_part() -> None:
    people = make_people(3)
    for number, person in enumerate(people):
        (message,) = replies_to(root_of(make_tree(replies=1, authors=[person])))
        react(message, *["-1"] * (number + 1))
    User.objects.filter(pk=people[1].pk).update(status=Status.BANNED)
    trolls.count(frame=Frame.TOTAL, now=NOW)

    def found(enabled: bool | None) -> list[User]:
        rows = trolls.worst(frame=Frame.TOTAL, limit=100, enabled=enabled)[1]
        return [row.person for row in rows if row.person in people]

    assert found(None) == [people[2], people[1], people[0]]
    assert found(True) == [people[2], people[0]]
    assert found(False) == [people[1]]


# --- public figures


def test_public_figures_count_what_people_wrote_and_what_became_data() -> None:
    make_tree(replies=2)
    german = make_tree(lang="de", replies=1, verdict=False)
    synthetic = add_message(tree=german, parent=root_of(german))
    Message.objects.filter(pk=synthetic.pk).update(synthetic=True)
    make_person(terms=False)
    make_person(status=Status.BANNED)
    public.count(now=NOW)
    figures = {each.name: each.figures for each in public.every()}
    assert figures["human_messages_by_lang"] == {"en": 3, "de": 1}
    assert figures["human_messages_by_role"] == {Role.PROMPTER: 2, Role.ASSISTANT: 2}
    assert figures["message_trees_by_state"] == {State.GROWING: 2}
    assert figures["message_trees_states_by_lang"] == [
        {"lang": "de", "state": State.GROWING, "count": 1},
        {"lang": "en", "state": State.GROWING, "count": 1},
    ]
    taking_part = User.objects.filter(status=Status.ACTIVE, terms_accepted_at__isnull=False).count()
    assert figures["users_accepted_tos"] == {"count": taking_part}
    assert taking_part == User.objects.count() - 2


def test_figures_that_were_never_counted_are_refused() -> None:
    with pytest.raises(public.NotCountedYet):
        public.figures(public.Figures.TERMS_ACCEPTED)
    for _ in range(2):
        public.count(now=NOW)
    assert public.figures(public.Figures.TERMS_ACCEPTED).counted_at == NOW


def test_the_size_of_trees_counts_what_is_left_of_them() -> None:
    tree = make_tree(replies=3)
    make_tree(state=State.HALTED_BY_MODERATOR)
    gone = replies_to(root_of(tree))[2]
    Message.objects.filter(pk=gone.pk).update(deleted=True)
    (size,) = public.tree_sizes(only_active=True, limit=10)
    assert (size.tree_id, size.messages, size.depth, size.goal) == (tree.pk, 3, 1, 12)
    assert (size.oldest, size.youngest) == (root_of(tree).created_at, replies_to(root_of(tree))[1].created_at)
    assert len(public.tree_sizes(only_active=False, limit=10)) == 2
    assert len(public.tree_sizes(only_active=False, limit=1)) == 1


# --- by the clock


def test_every_board_is_counted_by_the_clock() -> None:
    entries = [entry for entry in TIMETABLE.values() if entry["task"] == "stats.count_board"]
    assert {entry["args"]: entry["schedule"] for entry in entries} == {
        (frame.value,): BOARDS[frame] * 60 for frame in Frame
    }
    person = make_person()
    make_tree()
    submit(claim(person, Kind.ASSISTANT_REPLY), person)
    rewards.settle_points(now=timezone.now())
    for entry in entries:
        jobs.count_board(*entry["args"])
    jobs.count_public()
    assert [row.replies_assistant for row in boards.of_person(person).values()] == [1] * 4
    assert Board.objects.filter(lang="").count() == 2 * len(Frame)
    assert boards.languages(Frame.DAY) == ["en"]


def test_a_board_is_read_with_its_people_in_two_queries(django_assert_num_queries: Any) -> None:
    _ladder(5)
    with django_assert_num_queries(2):
        _at, rows = boards.leaders(frame=Frame.TOTAL, limit=10)
        assert [row.person.display_name for row in rows]
