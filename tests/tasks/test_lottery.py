"""Which prompts grow next, how many are asked for, and when the backlog wakes."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import pytest
from django.db import transaction

from accounts.models import PointEntry, Status, User
from moderation import actions
from tasks import assignment, lottery
from tasks.kinds import Kind
from tasks.models import Task, Tree
from tasks.points import Reason
from tasks.tree_states import Event, State
from tests.making import (
    NOW,
    advance,
    claim,
    drifts,
    given,
    make_moderator,
    make_people,
    make_person,
    make_tree,
    openings,
    rules,
)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("growing", "in_review", "waiting", "wanted"),
    [
        (0, 0, 0, 110),
        (10, 0, 0, 100),
        (10, 100, 0, 0),
        (4, 90, 0, 16),
        (0, 0, 200, 50),
        (0, 0, 250, 0),
        (20, 300, 400, 0),
        # However many trees could grow: with nobody to review them, prompts would be asked for without end.
        (0, 100, 0, 10),
        (0, 110, 0, 0),
        (0, 5000, 0, 0),
    ],
)
def test_as_many_prompts_are_wanted_as_there_is_room_for(
    growing: int, in_review: int, waiting: int, wanted: int
) -> None:
    assert lottery.prompts_wanted("en", growing, in_review, waiting, rules()) == wanted
    assert lottery.prompts_wanted("en", growing, in_review, waiting, rules(init_prompt_disabled_langs="en")) == 0


def test_a_drawn_prompt_grows() -> None:
    tree = make_tree(state=State.PROMPT_LOTTERY_WAITING)
    assert lottery.run_for(lang="en", **given()) == 1
    tree.refresh_from_db()
    assert (tree.state, tree.won_prompt_lottery_at) == (State.GROWING, NOW)
    assert openings(tree) == {Kind.ASSISTANT_REPLY: 3}
    assert drifts() == []


def test_prompt_tasks_follow_what_is_wanted_and_count_those_in_hand() -> None:
    lottery.run_for(lang="en", **given(max_active_trees=0, max_initial_prompt_review=3))
    claim(make_person(), Kind.INITIAL_PROMPT)
    prompts = Task.objects.filter(kind=Kind.INITIAL_PROMPT)
    for wanted, still_open in ((3, 2), (5, 4), (1, 0), (0, 0)):
        lottery.run_for(lang="en", **given(max_active_trees=0, max_initial_prompt_review=wanted))
        assert prompts.open().count() == still_open
        assert prompts.live().count() == still_open + 1


def test_a_banned_authors_prompt_is_not_drawn() -> None:
    author = make_person()
    tree = make_tree(state=State.PROMPT_LOTTERY_WAITING, author=author)
    User.objects.filter(pk=author.pk).update(status=Status.BANNED)
    assert lottery.run_for(lang="en", **given()) == 0
    tree.refresh_from_db()
    assert tree.state == State.PROMPT_LOTTERY_WAITING


def test_a_deleted_prompt_is_not_drawn() -> None:
    tree = make_tree(state=State.PROMPT_LOTTERY_WAITING)
    actions.delete_message(message_id=tree.pk, by=make_moderator(), why="", **given())
    assert lottery.run_for(lang="en", **given()) == 0
    tree.refresh_from_db()
    assert tree.state == State.HALTED_BY_MODERATOR


def test_authors_of_replies_ranked_first_are_drawn_more_often() -> None:
    praised, other = make_people(2)
    for author in (praised, other):
        make_tree(state=State.PROMPT_LOTTERY_WAITING, author=author)
    lately = [entry_for_first_place(praised, f"new{n}", NOW) for n in range(8)]
    long_ago = [entry_for_first_place(other, f"old{n}", NOW - timedelta(days=40)) for n in range(50)]
    PointEntry.objects.bulk_create(lately + long_ago)
    winners: Counter[object] = Counter()
    for seed in range(60):
        tree = next(tree for tree in Tree.objects.all() if _drawn(tree, seed))
        winners[tree.messages.get().author] += 1
    assert winners[praised] > 40


def entry_for_first_place(person: User, source: str, at: datetime) -> PointEntry:
    return PointEntry(person=person, reason=Reason.RANKED_FIRST, source=source, points=9, created_at=at)


def _drawn(tree: Tree, seed: int) -> bool:
    """Whether this tree wins the draw of one; undone at once."""
    with transaction.atomic():
        lottery.run_for(lang="en", **given(seed=seed, max_active_trees=1))
        tree.refresh_from_db()
        won = tree.state == State.GROWING
        transaction.set_rollback(True)
    return won


def test_a_tree_that_ends_wakes_one_from_the_backlog_by_chance() -> None:
    sleeping = [make_tree(state=State.BACKLOG_RANKING, replies=2) for _ in range(2)]
    ending = make_tree()
    advance(ending, Event.HALTED)
    lottery.run_for(lang="en", **given(p_activate_backlog_tree=0.0))
    assert Tree.objects.in_state(State.RANKING).count() == 0
    advance(make_tree(), Event.HALTED)
    for _ in range(2):
        lottery.run_for(lang="en", **given(p_activate_backlog_tree=1.0))
    assert Tree.objects.in_state(State.RANKING).get() in sleeping, "one, for one ending"
    assert drifts() == []


def test_scarce_rankings_wake_the_backlog() -> None:
    for _ in range(3):
        make_tree(state=State.BACKLOG_RANKING, replies=2)
    for expected in (1, 2, 2):
        lottery.run_for(lang="en", **given(min_active_rankings_per_lang=2))
        assert Tree.objects.in_state(State.RANKING).count() == expected


def test_a_backlog_tree_with_nothing_to_rank_ends_on_the_way() -> None:
    empty = make_tree(state=State.BACKLOG_RANKING, replies=1)
    Tree.objects.filter(pk=empty.pk).update(created_at=NOW - timedelta(days=9))
    full = make_tree(state=State.BACKLOG_RANKING, replies=2)
    woken = lottery.wake_one(lang="en", **given())
    assert woken == full
    empty.refresh_from_db()
    assert empty.state == State.ABORTED_LOW_GRADE
    assert drifts() == []


def test_every_language_is_looked_after() -> None:
    make_tree(state=State.PROMPT_LOTTERY_WAITING, lang="tlh")
    lottery.run(**given())
    assert Tree.objects.get(lang="tlh").state == State.GROWING
    assert assignment.available(person=make_person(), lang="ar", rules=rules()) == {Kind.INITIAL_PROMPT: 110}
