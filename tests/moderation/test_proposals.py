"""Proposals: what changes much at once is counted first, then confirmed, then done by a job; with four eyes by two."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any

import pytest
from pytest_django import Settings

from accounts.models import Status, User
from moderation import proposals, purging
from moderation.log import NotAboveThem, NotAllowed
from moderation.models import Action, ActionLog, Proposal, ProposalState, Proposed
from moderation.reasons import Reason
from tasks import rulebook
from tasks.models import Message, Tree
from tests.making import NOW, drifts, given, make_admin, make_moderator, make_people, make_person, make_tree

pytestmark = pytest.mark.django_db


def propose(person: User, *, by: User, kind: Proposed = Proposed.PURGE_PERSON, **arguments: Any) -> Proposal:
    return proposals.propose(
        kind=kind, arguments=arguments, by=by, why="a troll", now=NOW, person=person, reason=Reason.SPAM
    )


def work() -> int:
    return proposals.work(now=NOW, rng=Random(1))


def confirm(found: Proposal, by: User) -> Proposal:
    return proposals.confirm(proposal_id=found.pk, by=by, now=NOW)


def test_a_purge_is_counted_confirmed_and_done() -> None:
    troll, other, moderator = *make_people(2), make_moderator()
    tree = make_tree(author=troll, replies=1, authors=[other])
    found = propose(troll, by=moderator)
    work()
    found.refresh_from_db()
    assert found.state == ProposalState.WAITING
    before = proposals.told(found).gone
    assert (before.own, before.hidden, set(before.others)) == (1, 1, {other.pk})
    assert Message.objects.filter(deleted=False).count() == 2
    confirm(found, moderator)
    work()
    found.refresh_from_db()
    assert found.state == ProposalState.DONE
    assert proposals.told(found, done=True).gone == before
    assert User.objects.get(pk=troll.pk).status == Status.DELETED
    assert tree.messages.get(author=other).deleted
    assert ActionLog.objects.get(action=Action.PURGE_PERSON).reason == "spam"
    assert drifts() == []


def test_a_long_purge_goes_on_in_the_next_run_and_its_counts_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        purging.purge_some, "__kwdefaults__", {**(purging.purge_some.__kwdefaults__ or {}), "at_once": 2}
    )
    troll, moderator = make_person(), make_moderator()
    for _ in range(5):
        make_tree(author=troll, replies=1)
    found = propose(troll, by=moderator)
    lefts = []
    while found.state == ProposalState.COUNTING:
        work()
        found.refresh_from_db()
        lefts.append(proposals.told(found).left)
    assert lefts == [3, 1, 0]
    assert (proposals.told(found).gone.own, proposals.told(found).gone.hidden) == (5, 5)
    confirm(found, moderator)
    work()
    found.refresh_from_db()
    assert found.state == ProposalState.CONFIRMED, "a worker may die here"
    assert Message.objects.filter(author=troll).count() == 3
    work()
    work()
    found.refresh_from_db()
    assert found.state == ProposalState.DONE
    assert proposals.told(found, done=True).gone == proposals.told(found).gone
    assert ActionLog.objects.filter(action=Action.PURGE_PERSON).count() == 1
    assert drifts() == []


def test_messages_of_a_time_are_purged_as_proposed() -> None:
    person, moderator = make_person(), make_moderator()
    own = make_tree(author=person)
    early, late = make_tree(replies=1, authors=[person]), make_tree(replies=1, authors=[person])
    Message.objects.filter(tree=early, author=person).update(created_at=NOW - timedelta(days=3))
    found = propose(
        person,
        by=moderator,
        kind=Proposed.PURGE_MESSAGES,
        prompts=False,
        since=None,
        until=(NOW - timedelta(days=2)).isoformat(),
    )
    work()
    confirm(found, moderator)
    work()
    assert not early.messages.filter(author=person).exists()
    assert late.messages.filter(author=person).exists()
    assert Tree.objects.filter(pk=own.pk).exists()
    assert User.objects.get(pk=person.pk).status == Status.ACTIVE


def test_with_four_eyes_somebody_else_confirms(settings: Settings) -> None:
    settings.FOUR_EYES = ["purge"]
    troll, proposer, other = make_person(), make_moderator(), make_moderator()
    found = propose(troll, by=proposer)
    with pytest.raises(proposals.NotWaiting):
        confirm(found, other)
    work()
    with pytest.raises(proposals.NeedsFourEyes):
        confirm(found, proposer)
    assert confirm(found, other).decided_by == other
    work()
    assert ActionLog.objects.get(action=Action.PURGE_PERSON).by == other


def test_what_was_refused_is_never_done() -> None:
    troll, moderator = make_person(), make_moderator()
    make_tree(author=troll)
    found = propose(troll, by=moderator)
    work()
    proposals.refuse(proposal_id=found.pk, by=moderator, answer="Talk to them first", now=NOW)
    with pytest.raises(proposals.NotWaiting):
        confirm(found, moderator)
    assert work() == 0
    assert Message.objects.filter(author=troll).exists()
    assert ActionLog.objects.get(action=Action.REFUSE_PROPOSAL).why == "Talk to them first"


def test_nobody_proposes_or_confirms_about_somebody_of_their_rank() -> None:
    moderator, colleague, admin = make_moderator(), make_moderator(), make_admin()
    with pytest.raises(NotAboveThem):
        propose(colleague, by=moderator)
    with pytest.raises(NotAllowed):
        propose(make_person(), by=make_person())
    found = propose(colleague, by=admin)
    work()
    with pytest.raises(NotAboveThem):
        confirm(found, moderator)


def test_a_proposal_that_cannot_be_done_any_more_says_why_and_keeps_nobody_waiting() -> None:
    first, second, moderator, admin = *make_people(2), make_moderator(), make_admin()
    found, behind = propose(first, by=moderator), propose(second, by=moderator)
    User.objects.filter(pk=first.pk).update(role="admin")
    work()
    found.refresh_from_db()
    behind.refresh_from_db()
    assert (found.state, behind.state) == (ProposalState.FAILED, ProposalState.WAITING)
    assert found.answer == str(NotAboveThem.sentence)
    assert admin.is_admin


def test_rules_are_replayed_and_changed_once() -> None:
    admin = make_admin()
    found = proposals.propose(
        kind=Proposed.CHANGE_RULES, arguments={"num_reviews_reply": 5}, by=admin, why="more eyes", now=NOW
    )
    work()
    found.refresh_from_db()
    assert found.effect is not None
    assert found.effect["differences"] == 0
    confirm(found, admin)
    work()
    work()
    assert rulebook.in_force().num_reviews_reply == 5
    assert ActionLog.objects.filter(action=Action.CHANGE_RULES).count() == 1


def test_rules_that_have_moved_on_are_not_changed_back() -> None:
    admin = make_admin()
    found = proposals.propose(
        kind=Proposed.CHANGE_RULES, arguments={"num_reviews_reply": 5}, by=admin, why="more eyes", now=NOW
    )
    work()
    rulebook.change(changes={"num_reviews_reply": 4}, by=admin, note="", now=NOW)
    confirm(found, admin)
    work()
    found.refresh_from_db()
    assert found.state == ProposalState.FAILED
    assert rulebook.in_force().num_reviews_reply == 4
    assert given()["rules"].num_reviews_reply == 4
