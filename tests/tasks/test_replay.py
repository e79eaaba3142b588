"""Replay: the stored answers under other rules; under the rules in force nothing differs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tasks import replay, rulebook, scoring, upkeep
from tasks.models import ImportedMessage, Message, Preference, Tree
from tasks.replay import Difference, Tally
from tasks.rules import InvalidRules
from tasks.tree_states import State
from tests.making import (
    NOW,
    add_message,
    add_ranking,
    advance,
    drifts,
    given,
    make_person,
    make_tree,
    replies_to,
    review,
    root_of,
)

pytestmark = pytest.mark.django_db


def replayed(changes: Mapping[str, Any] | None = None) -> tuple[list[Difference], Tally]:
    tally = Tally()
    return list(replay.replay(changes or {}, tally)), tally


def ranked_tree(*orders: list[list[int]]) -> Tree:
    tree = make_tree(state=State.RANKING, replies=3)
    replies = replies_to(root_of(tree))
    for order in orders:
        add_ranking(parent=root_of(tree), by=make_person(), order=[[replies[n] for n in group] for group in order])
    advance(tree)
    scoring.score_waiting(**given())
    tree.refresh_from_db()
    assert tree.state == State.READY_FOR_EXPORT
    return tree


ABC, BAC, CBA = [[0], [1], [2]], [[1], [0], [2]], [[2], [1], [0]]


def test_under_the_rules_in_force_nothing_differs() -> None:
    ranked_tree(ABC, BAC, ABC)
    tree = make_tree(replies=2, verdict=None)
    first, second = replies_to(root_of(tree))
    for spam in (0.0, 1.0, 1.0):
        review(first, spam=spam)
    review(second)
    found, tally = replayed()
    assert found == []
    assert tally.verdicts == {"same": 6}
    assert tally.pairs == {"same": 3}


def test_a_change_of_rules_in_between_is_no_difference_either() -> None:
    tree = make_tree(replies=1, verdict=None)
    (reply,) = replies_to(root_of(tree))
    review(reply)
    review(reply, spam=1.0)
    rulebook.change(changes={"num_reviews_reply": 2, "acceptance_threshold_reply": 0.3}, by=None, note="", now=NOW)
    upkeep.recheck_trees(**given())
    reply.refresh_from_db()
    assert (reply.review_result, reply.decided_after) == (True, 2)
    rulebook.change(changes={"num_reviews_reply": 3, "acceptance_threshold_reply": 0.6}, by=None, note="", now=NOW)
    assert replayed()[0] == []
    assert drifts() == []


def test_a_higher_threshold_would_have_rejected_what_one_reviewer_called_spam() -> None:
    tree = make_tree(replies=1, verdict=None)
    (reply,) = replies_to(root_of(tree))
    for spam in (1.0, 0.0, 0.0):
        review(reply, spam=spam)
    found, tally = replayed({"acceptance_threshold_reply": 0.7})
    assert [(one.what, one.stored, one.replayed) for one in found] == [("verdict", "accepted", "rejected")]
    assert str(reply.pk) in found[0].where
    assert tally.verdicts == {"same": 1, "accepted → rejected": 1}


def test_fewer_reviews_would_have_been_saved_and_more_would_be_lacking() -> None:
    tree = make_tree(replies=1, verdict=None)
    (reply,) = replies_to(root_of(tree))
    for _ in range(3):
        review(reply)
    found, tally = replayed({"num_reviews_reply": 2})
    assert (found, tally.reviews_saved) == ([], 1)
    found, tally = replayed({"num_reviews_reply": 5})
    assert [one.replayed for one in found] == ["open"]
    assert tally.reviews_lacking == 1


def test_the_adaptive_rule_is_heard_review_by_review() -> None:
    tree = make_tree(replies=1, verdict=None)
    (reply,) = replies_to(root_of(tree))
    for _ in range(3):
        review(reply)
    changes = {"review_rule": "adaptive", "accept_at": 0.99, "min_reviews": 2}
    found, tally = replayed(changes)
    # Two newcomers are sure to 99.4 %.
    assert (found, tally.reviews_saved) == ([], 1)


def test_what_hangs_below_a_rejected_message_is_counted() -> None:
    tree = make_tree(replies=1, verdict=None)
    (reply,) = replies_to(root_of(tree))
    for spam in (1.0, 0.0, 0.0):
        review(reply, spam=spam)
    reply.refresh_from_db()
    add_message(tree=tree, parent=reply)
    _found, tally = replayed({"acceptance_threshold_reply": 0.7})
    assert tally.below_rejected == 1


def test_fewer_rankings_may_turn_pairs_and_ranks() -> None:
    ranked_tree(CBA, ABC, ABC)
    found, tally = replayed({"num_required_rankings": 1})
    assert tally.rankings_saved == 2
    assert {one.what for one in found} == {"rank", "pair"}
    assert tally.pairs["turned"] >= 1


def test_another_spread_makes_pairs_surer_but_turns_none() -> None:
    ranked_tree(ABC, ABC, BAC)
    found, tally = replayed({"preference_spread": 3.0})
    assert found
    assert tally.ranks == {"same": 3}
    assert tally.pairs["turned"] == 0


def test_published_verdicts_and_ranks_stay() -> None:
    tree = ranked_tree(ABC, ABC, ABC)
    Message.objects.filter(tree=tree).update(review_rules=None, rank_rules=None)
    for message in Message.objects.filter(tree=tree):
        ImportedMessage.objects.create(message=message, review_result=message.review_result, rank=message.rank)
    assert replayed({"acceptance_threshold_reply": 0.99})[1].verdicts == {"same": 4}


def test_replaying_stores_nothing() -> None:
    ranked_tree(CBA, ABC, ABC)
    before = list(Message.objects.order_by("pk").values()), list(Preference.objects.order_by("pk").values())
    replayed({"num_required_rankings": 1, "acceptance_threshold_reply": 0.99})
    assert before == (list(Message.objects.order_by("pk").values()), list(Preference.objects.order_by("pk").values()))


def test_only_what_differs_from_the_rules_in_force_is_a_change() -> None:
    assert replay.changes_in(rulebook.in_force().values()) == {}
    assert replay.changes_in({"num_reviews_reply": "4"}) == {"num_reviews_reply": 4}
    with pytest.raises(InvalidRules, match="no_such_rule"):
        replay.changes_in({"no_such_rule": 1})


def test_the_command_reads_what_rules_prints(tmp_path: Path) -> None:
    ranked_tree(ABC, ABC, ABC)
    printed, report = StringIO(), StringIO()
    call_command("rules", "--json", stdout=printed, stderr=StringIO())
    (tmp_path / "rules.json").write_text(printed.getvalue(), encoding="utf-8")
    call_command("replay", "--rules", str(tmp_path / "rules.json"), "--json", stdout=report, stderr=StringIO())
    found = json.loads(report.getvalue())
    assert (found["changes"], found["differences"], found["pairs"]) == ({}, 0, {"same": 3})


@pytest.mark.parametrize(
    ("text", "problem"),
    [("[]", "one JSON object"), ("{", "not JSON"), ('{"oops": 1}', "oops"), ('{"review_rule": "luck"}', "adaptive")],
)
def test_a_bad_file_is_refused_with_what_is_wrong(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "rules.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CommandError, match=problem):
        call_command("replay", "--rules", str(path), stderr=StringIO())
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("replay", "--rules", str(tmp_path / "none.json"), stderr=StringIO())
