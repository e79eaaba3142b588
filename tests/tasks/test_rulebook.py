"""Changing the rules: a new version each time, and no tree left waiting under the old ones."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from tasks import rulebook, upkeep
from tasks.kinds import Kind
from tasks.models import RulesVersion, Tree
from tasks.rules import InvalidRules
from tasks.tree_states import State
from tests.making import (
    NOW,
    claim,
    drifts,
    given,
    make_person,
    make_tree,
    openings,
    replies_to,
    review,
    root_of,
    submit,
)

pytestmark = pytest.mark.django_db


def change(**changes: object) -> None:
    rulebook.change(changes=changes, by=None, note="a try", now=NOW)


def recheck() -> int:
    arguments = given()
    return upkeep.recheck_trees(now=NOW, rules=arguments["rules"], rng=arguments["rng"])


def test_every_change_is_a_new_version_and_the_old_ones_stay() -> None:
    person = make_person()
    before = RulesVersion.objects.count()
    old = rulebook.in_force()
    new = rulebook.change(changes={"goal_tree_size": "9"}, by=person, note="smaller", now=NOW)
    assert rulebook.in_force() == new
    assert (new.goal_tree_size, new.max_tree_depth) == (9, old.max_tree_depth)
    assert new.version > old.version
    assert RulesVersion.objects.count() == before + 1
    stored = RulesVersion.objects.get(version=new.version)
    assert (stored.created_by, stored.note, stored.created_at) == (person, "smaller", NOW)


def test_a_change_that_is_refused_stores_nothing() -> None:
    before = RulesVersion.objects.count()
    with pytest.raises(InvalidRules):
        change(goal_tree_size=9, num_reviews_reply=0)
    assert RulesVersion.objects.count() == before


def test_an_old_version_with_a_rule_that_no_longer_exists_is_still_read() -> None:
    RulesVersion.objects.create(values={"goal_tree_size": 8, "gone": 1})
    assert rulebook.in_force().goal_tree_size == 8


def test_trees_keep_the_limits_they_were_born_with() -> None:
    tree = make_tree(goal=12, width=3, depth=3)
    change(goal_tree_size=2, max_children_count=1, max_tree_depth=1)
    recheck()
    tree.refresh_from_db()
    assert (tree.state, tree.goal_tree_size, openings(tree)) == (State.GROWING, 12, {Kind.ASSISTANT_REPLY: 3})


def test_more_reviews_wanted_are_opened_for_messages_under_review() -> None:
    tree = make_tree(replies=1, verdict=None)
    change(num_reviews_reply=5)
    assert openings(tree)[Kind.LABEL_ASSISTANT_REPLY] == 3
    assert recheck() == 1
    assert openings(tree)[Kind.LABEL_ASSISTANT_REPLY] == 5
    assert recheck() == 0
    assert drifts() == []


def test_fewer_reviews_wanted_decide_with_those_that_are_there() -> None:
    tree = make_tree(replies=1, verdict=None)
    (reply,) = replies_to(root_of(tree))
    for _ in range(2):
        review(reply)
    change(num_reviews_reply=1)
    recheck()
    assert Kind.LABEL_ASSISTANT_REPLY not in openings(tree)
    reply.refresh_from_db()
    assert (reply.review_result, reply.review_count, reply.decided_after) == (True, 2, 2)
    assert drifts() == []


def test_the_next_answer_under_new_rules_decides_the_whole_tree() -> None:
    tree = make_tree(replies=2, verdict=None)
    reply, other = replies_to(root_of(tree))
    for _ in range(2):
        review(reply)
    change(num_reviews_reply=1)
    review(other)
    reply.refresh_from_db()
    assert (reply.review_result, reply.decided_after) == (True, 2)
    recheck()
    assert drifts() == []


def test_fewer_rankings_wanted_let_a_tree_go_on_that_has_them() -> None:
    tree = make_tree(state=State.RANKING)
    person = make_person()
    submit(claim(person, Kind.RANK_ASSISTANT_REPLIES), person)
    change(num_required_rankings=1)
    recheck()
    tree.refresh_from_db()
    assert tree.state == State.READY_FOR_SCORING
    assert drifts() == []


def test_a_verdict_names_the_rules_that_gave_it() -> None:
    tree = make_tree(replies=1, verdict=None)
    (reply,) = replies_to(root_of(tree))
    change(acceptance_threshold_reply=0.9)
    recheck()
    for spam in (1.0, 0.0, 0.0):
        review(reply, spam=spam)
    reply.refresh_from_db()
    assert (reply.review_result, reply.review_rules_id) == (False, rulebook.in_force().version)
    change(acceptance_threshold_reply=0.1)
    recheck()
    reply.refresh_from_db()
    assert reply.review_result is False
    assert drifts() == []


def test_finished_trees_are_left_alone() -> None:
    make_tree(state=State.READY_FOR_EXPORT)
    change(num_required_rankings=9)
    assert recheck() == 0
    assert Tree.objects.get().state == State.READY_FOR_EXPORT


def test_the_command_shows_and_changes_rules() -> None:
    out, err = StringIO(), StringIO()
    call_command(
        "rules", "--set", "goal_tree_size=7", "--set", "closest_first = false", "--json", stdout=out, stderr=err
    )
    assert '"goal_tree_size": 7' in out.getvalue()
    assert (rulebook.in_force().goal_tree_size, rulebook.in_force().closest_first) == (7, False)
    call_command("rules", stdout=out, stderr=err)
    assert "goal_tree_size = 7" in err.getvalue()
    with pytest.raises(CommandError, match="at least 1"):
        call_command("rules", "--set", "goal_tree_size=0")
    with pytest.raises(CommandError, match="NAME=VALUE"):
        call_command("rules", "--set", "goal_tree_size")
