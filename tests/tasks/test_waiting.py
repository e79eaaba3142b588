"""What trees wait for, who could do it, and which are stuck."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.models import Profile, Status, User
from tasks import assignment, scoring, waiting
from tasks.kinds import Kind
from tasks.models import Ranking, Task, Tree
from tasks.rules import TreeRules
from tasks.tree_states import State
from tasks.waiting import Opening, Stuck
from tests.making import (
    NOW,
    add_ranking,
    claim,
    given,
    make_person,
    make_tree,
    root_of,
    rules,
)

pytestmark = pytest.mark.django_db


def somebody(lang: str = "en", *, last: datetime = NOW, **fields: object) -> User:
    return make_person(lang=lang, last_activity_at=last, **fields)


def openings_of(tree: Tree, now: datetime = NOW, **changes: object) -> list[Opening]:
    return list(waiting.openings([tree.pk], now=now, rules=rules(**changes)).get(tree.pk, ()))


def test_a_tree_in_ranking_says_how_many_rankings_it_lacks_and_how_many_people_could_give_them() -> None:
    tree = make_tree(state=State.RANKING, replies=3)
    for _ in range(7):
        somebody()
    (only,) = openings_of(tree)
    assert only.kind is Kind.RANK_ASSISTANT_REPLIES
    assert (only.wanted, only.held, only.eligible) == (rules().num_required_rankings, 0, 7)
    assert only.message_id == root_of(tree).pk


def test_authors_of_the_replies_could_not_rank_them_though_they_were_here_lately() -> None:
    authors = [somebody() for _ in range(3)]
    tree = make_tree(state=State.RANKING, replies=3, authors=authors)
    somebody()
    assert openings_of(tree)[0].eligible == 1
    assert openings_of(tree, allow_self_ranking=True)[0].eligible == 4


@pytest.mark.parametrize("state", [State.INITIAL_PROMPT_REVIEW, State.GROWING, State.RANKING])
@pytest.mark.parametrize("free", [False, True])
def test_those_who_could_are_exactly_those_to_whom_it_would_be_handed_out(state: State, free: bool) -> None:
    """Authors, holders, those who skipped, answered, were banned, speak another language: asked one by one."""
    author, repliers = somebody(), [somebody() for _ in range(2)]
    tree = make_tree(state=state, replies=2 if state is not State.INITIAL_PROMPT_REVIEW else 0, author=author,
                     authors=repliers)  # fmt: skip
    skipping, holding, outside = somebody(), somebody(), [somebody() for _ in range(3)]
    stranger = somebody("de")
    both = somebody("de")
    Profile.objects.create(person=both, languages=["de", "en"])
    for status in (Status.BANNED, Status.SUSPENDED):
        somebody(status=status)
    make_person(lang="en", terms=False, last_activity_at=NOW)
    kind = Kind(Task.objects.open().filter(tree=tree).first().kind)
    task = claim(skipping, kind)
    assignment.skip(task_id=task.pk, by=skipping, reason=None, text="", **given())
    claim(holding, kind)
    changes = {"allow_self_reply": free, "allow_self_labeling": free, "allow_self_ranking": free}
    in_force = rules(**changes)

    people = [author, *repliers, skipping, holding, *outside, stranger, both]
    there = [opening for opening in openings_of(tree, **changes) if opening.wanted]
    assert there
    for opening in there:
        # They are asked in the language of the tree, whichever they work in just now.
        asked = [person for person in people if person is not stranger]
        could = sum(_would_get(person, opening, in_force) for person in asked)
        assert opening.eligible == could, opening


def _would_get(person: User, opening: Opening, in_force: TreeRules) -> bool:
    """Whether they could claim this very work: everything else is put out of reach."""
    others = Task.objects.open().exclude(message=opening.message_id, kind=opening.kind)
    hidden = list(others.values_list("pk", flat=True))
    Task.objects.filter(pk__in=hidden).update(lang="xx")
    there = assignment.available(person=person, lang="en", rules=in_force)
    Task.objects.filter(pk__in=hidden).update(lang="en")
    return opening.kind in there


def test_who_was_not_here_for_a_month_is_not_counted() -> None:
    tree = make_tree(state=State.GROWING)
    away = somebody(last=NOW - waiting.LATELY - timedelta(days=1))
    make_person(lang="en")
    somebody(last=NOW - waiting.LATELY + timedelta(days=1))
    assert {each.eligible for each in openings_of(tree)} == {1}
    # They signed in again.
    away.last_login = NOW
    away.save()
    assert {each.eligible for each in openings_of(tree)} == {2}


def test_what_is_held_is_counted_apart_and_a_known_answer_is_not_wanted() -> None:
    tree = make_tree(state=State.RANKING, replies=2)
    claim(somebody(), Kind.RANK_ASSISTANT_REPLIES)
    (only,) = openings_of(tree)
    assert (only.wanted, only.held) == (rules().num_required_rankings - 1, 1)
    Task.objects.filter(tree=tree, state="claimed").update(known_answer=True)
    (only,) = openings_of(tree)
    assert only.held == 0


def test_a_page_of_trees_costs_one_query(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    trees = [make_tree(state=State.RANKING, replies=2) for _ in range(5)]
    with django_assert_num_queries(1):
        found = waiting.openings([tree.pk for tree in trees], now=NOW, rules=TreeRules())
    assert set(found) == {tree.pk for tree in trees}


def stuck(now: datetime = NOW, **filters: str) -> dict[Tree, Stuck]:
    found = waiting.stuck(now=now, rules=rules(), **filters)
    return {Tree.objects.get(pk=pk): why for pk, why in found.items()}


def a_crowd(lang: str = "en") -> None:
    for _ in range(12):
        somebody(lang)


def test_a_tree_with_work_and_people_is_not_stuck() -> None:
    a_crowd()
    make_tree(state=State.RANKING, replies=2)
    make_tree(state=State.GROWING, replies=2)
    make_tree(state=State.READY_FOR_EXPORT)
    make_tree(state=State.HALTED_BY_MODERATOR)
    assert stuck() == {}


def test_more_rankings_wanted_than_people_who_could_give_them() -> None:
    tree = make_tree(state=State.RANKING, replies=2)
    for number in count(1):
        somebody()
        if number == rules().num_required_rankings:
            break
        assert stuck() == {tree: Stuck.TOO_FEW}
    assert stuck() == {}


def test_a_language_can_be_looked_at_alone() -> None:
    german, english = make_tree(state=State.RANKING, replies=2, lang="de"), make_tree(state=State.RANKING, replies=2)
    assert stuck() == {german: Stuck.TOO_FEW, english: Stuck.TOO_FEW}
    assert stuck(lang="de") == {german: Stuck.TOO_FEW}
    a_crowd("de")
    assert stuck(lang="de") == {}


def test_nobody_answered_for_two_weeks() -> None:
    a_crowd()
    tree = make_tree(state=State.RANKING, replies=2)
    Tree.objects.update(state_since=NOW - timedelta(days=40))
    Task.objects.filter(state="done").update(done_at=NOW - timedelta(days=15))
    assert stuck() == {tree: Stuck.QUIET}
    add_ranking(parent=root_of(tree), by=somebody())
    Task.objects.filter(state="done", kind=Kind.RANK_ASSISTANT_REPLIES).update(done_at=NOW)
    assert stuck() == {}


def test_a_tree_that_lost_its_openings() -> None:
    a_crowd()
    tree = make_tree(state=State.GROWING)
    Task.objects.open().filter(tree=tree).delete()
    assert stuck() == {tree: Stuck.NOTHING_OPEN}


def test_scores_that_do_not_come_and_scores_that_could_not_be_computed() -> None:
    a_crowd()
    tree = make_tree(state=State.READY_FOR_SCORING, replies=2)
    Tree.objects.update(state_since=NOW - timedelta(minutes=59))
    assert stuck() == {}
    Tree.objects.update(state_since=NOW - timedelta(minutes=61))
    assert stuck() == {tree: Stuck.NOT_SCORED}
    ranking = Ranking.objects.filter(parent__tree=tree).first()
    ranking.order = [ranking.order[0], ranking.order[0]]
    ranking.save()
    scoring.score_waiting(**given())
    assert stuck() == {tree: Stuck.FAILED}
