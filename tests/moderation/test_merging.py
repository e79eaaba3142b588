"""Merging: several accounts of one person become one, each answer counts once, and nothing is lost or drifts."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from django.apps import apps
from django.db import OperationalError, models

from accounts import profiles
from accounts.locking import PersonNotFound
from accounts.models import Consent, PointEntry, Profile, Status, User
from moderation import actions, merging, reports
from moderation.log import NotAllowed
from moderation.merging import NothingToMergeInto
from moderation.models import Action, ActionLog, Report
from tasks import rewards, rulebook, scoring
from tasks.kinds import Kind
from tasks.models import FreeLabels, Message, Ranking, Reaction, Reliability, Review, SavedDraft, Skip, Task, TaskState
from tasks.points import Reason
from tasks.tree_states import State
from tests.making import (
    NOW,
    add_message,
    add_ranking,
    advance,
    claim_on,
    drifts,
    given,
    held,
    impatient,
    make_admin,
    make_moderator,
    make_people,
    make_person,
    make_tree,
    openings,
    replies_to,
    review,
    root_of,
    submit,
)
from tests.moderation.forests import grow

pytestmark = pytest.mark.django_db


def merge(into: User, *sources: User, by: User | None = None) -> None:
    pks: list[UUID] = [source.pk for source in sources]
    merging.merge_people(into_id=into.pk, source_ids=pks, by=by or make_moderator(), why="one person", **given())


def status_of(person: User) -> str:
    return User.objects.get(pk=person.pk).status


def test_what_the_sources_did_belongs_to_the_one_who_stays() -> None:
    into, first, second = make_people(3)
    make_tree(author=first)
    tree = make_tree(replies=2, authors=[second])
    make_tree(state=State.RANKING, replies=2)
    for person, kind in ((first, Kind.LABEL_ASSISTANT_REPLY), (second, Kind.RANK_ASSISTANT_REPLIES)):
        target = make_tree(replies=1, verdict=None) if person is first else make_tree(state=State.RANKING, replies=2)
        message = replies_to(root_of(target))[0] if person is first else root_of(target)
        submit(claim_on(message, kind, by=person), person)
    rewards.settle_points(now=NOW)
    points = sum(entry.points for entry in PointEntry.objects.filter(person__in=[first, second]))
    moderator = make_moderator()
    merge(into, first, second, by=moderator)
    assert Message.objects.filter(author=into).count() == 2
    assert tree.messages.filter(author=into).exists()
    assert Review.objects.get(reviewer=into)
    assert Ranking.objects.get(ranker=into)
    assert Task.objects.filter(claimed_by=into, state=TaskState.DONE).count() == 4
    assert sum(entry.points for entry in PointEntry.objects.filter(person=into)) == points > 0
    assert [status_of(person) for person in (into, first, second)] == ["active", "deleted", "deleted"]
    assert not Task.objects.filter(claimed_by__in=[first, second]).exists()
    lines = {(line.action, line.by, line.person, line.why) for line in ActionLog.objects.all()}
    why = f"Into {into.pk}. one person"
    assert lines == {(Action.MERGE_PERSON, moderator, person, why) for person in (first, second)}
    assert drifts() == []


def test_no_opening_offers_them_their_own_message() -> None:
    into, source = make_people(2)
    tree = make_tree(replies=1, verdict=None, authors=[source])
    merge(into, source)
    reply = replies_to(root_of(tree))[0]
    assert set(Task.objects.open().filter(message=reply).values_list("author", flat=True)) == {into.pk}
    assert drifts() == []


def test_a_second_review_of_an_undecided_message_is_removed_and_another_is_asked_for() -> None:
    into, source = make_people(2)
    tree = make_tree(replies=1, verdict=None)
    reply = replies_to(root_of(tree))[0]
    for person in (into, source):
        review(reply, by=person)
    rewards.settle_points(now=NOW)
    merge(into, source)
    reply.refresh_from_db()
    assert (reply.review_count, reply.review_result) == (1, None)
    assert openings(tree)[Kind.LABEL_ASSISTANT_REPLY] == 2
    assert PointEntry.objects.filter(person=into, reason=Reason.LABELS_FULL).count() == 1
    assert drifts() == []
    for person in make_people(2):
        review(reply, by=person)
    reply.refresh_from_db()
    assert reply.review_result is True
    assert drifts() == []


def test_where_the_other_reviews_agree_without_the_second_one_they_decide() -> None:
    changes = {"review_rule": "adaptive", "min_reviews": 2, "accept_at": 0.95, "p_known_answer": 0}
    rulebook.change(changes=changes, by=None, note="", now=NOW)
    into, source, other = make_people(3)
    tree = make_tree(replies=1, verdict=None)
    reply = replies_to(root_of(tree))[0]
    review(reply, by=source, spam=1.0)
    review(reply, by=into)
    review(reply, by=other)
    assert Message.objects.get(pk=reply.pk).review_result is None
    merge(into, source)
    assert Message.objects.get(pk=reply.pk).review_result is True
    assert drifts() == []


def test_a_verdict_to_which_both_helped_stands() -> None:
    into, source, other = make_people(3)
    tree = make_tree(replies=1, verdict=None)
    reply = replies_to(root_of(tree))[0]
    for person in (into, source, other):
        review(reply, by=person)
    merge(into, source)
    reply.refresh_from_db()
    assert (reply.review_count, reply.review_result) == (3, True)
    assert Review.objects.filter(reviewer=source).count() == 1
    assert drifts() == []


@pytest.mark.parametrize("state", [State.RANKING, State.READY_FOR_EXPORT])
def test_a_second_ranking_is_removed(state: State) -> None:
    into, source = make_people(2)
    tree = make_tree(state=state, replies=3)
    for person in (into, source):
        add_ranking(parent=root_of(tree), by=person)
    advance(tree)
    scoring.score_waiting(**given())
    before = Ranking.objects.count()
    merge(into, source)
    assert Ranking.objects.count() == before - 1
    assert drifts() == []
    scoring.score_waiting(**given())
    tree.refresh_from_db()
    assert tree.state == state
    assert drifts() == []


def test_a_second_reply_to_one_message_stays_with_the_closed_account() -> None:
    into, source, other = make_people(3)
    tree = make_tree(replies=2, authors=[into, source])
    second = tree.messages.get(author=source)
    below = add_message(tree=tree, parent=second, author=other)
    advance(tree)
    merge(into, source)
    second.refresh_from_db()
    assert (second.author, second.deleted) == (source, False)
    assert Message.objects.filter(pk=below.pk, deleted=False).exists()
    assert drifts() == []
    for deed in (actions.delete_message, actions.undelete_message):
        deed(message_id=second.pk, by=make_moderator(), why="", **given())
    assert drifts() == []


def test_what_they_hold_goes_back_if_the_other_account_did_it() -> None:
    into, source = make_people(2)
    tree = make_tree(replies=1, verdict=None)
    reply = replies_to(root_of(tree))[0]
    claim_on(reply, Kind.LABEL_ASSISTANT_REPLY, by=into)
    review(reply, by=source)
    merge(into, source)
    assert Review.objects.get(message=reply).reviewer == into
    assert not Task.objects.held_by(into).exists()
    assert openings(tree)[Kind.LABEL_ASSISTANT_REPLY] == 2
    assert drifts() == []


def test_what_they_hold_goes_back_if_the_other_account_wrote_it() -> None:
    into, source = make_people(2)
    tree = make_tree(replies=1, verdict=None, authors=[source])
    claim_on(replies_to(root_of(tree))[0], Kind.LABEL_ASSISTANT_REPLY, by=into)
    merge(into, source)
    assert not Task.objects.held_by(into).exists()
    assert drifts() == []


def test_what_the_sources_hold_goes_back_to_everybody() -> None:
    into, source = make_people(2)
    tree = make_tree()
    claim_on(root_of(tree), Kind.ASSISTANT_REPLY, by=source)
    merge(into, source)
    assert openings(tree) == {Kind.ASSISTANT_REPLY: 3}
    assert drifts() == []


def test_of_reactions_labels_and_skips_there_is_one_each() -> None:
    into, source, author = make_people(3)
    a, b, c = (root_of(make_tree(author=writer)) for writer in (author, author, into))

    def react(person: User, message: Message, emoji: str) -> None:
        Reaction.objects.create(person=person, message=message, emoji=emoji)

    react(into, a, "red_flag")
    react(source, a, "red_flag")
    react(source, b, "red_flag")
    react(into, a, "+1")
    react(source, a, "-1")
    react(source, b, "-1")
    react(source, c, "+1")
    for person, value in ((into, 1.0), (source, 0.0)):
        FreeLabels.objects.create(person=person, message=a, labels={"spam": value})
        Skip.objects.create(person=person, message=a, kind=Kind.ASSISTANT_REPLY)
    Skip.objects.create(person=source, message=b, kind=Kind.ASSISTANT_REPLY)
    Skip.objects.create(person=source, kind=Kind.INITIAL_PROMPT)
    merge(into, source)
    found = set(Reaction.objects.values_list("person", "message", "emoji"))
    expected = [(a, "red_flag"), (b, "red_flag"), (a, "+1"), (b, "-1")]
    assert found == {(into.pk, message.pk, emoji) for message, emoji in expected}
    assert FreeLabels.objects.get().labels == {"spam": 1.0}
    assert set(Skip.objects.values_list("person", flat=True)) == {into.pk}
    assert Skip.objects.count() == 3


def test_reports_are_all_kept() -> None:
    into, source = make_people(2)
    message = root_of(make_tree())
    for person in (into, source):
        reports.report(message_id=message.pk, person=person, labels=["spam"], text="Look", now=NOW)
    merge(into, source)
    assert list(Report.objects.values_list("person", flat=True)) == [into.pk, into.pk]
    assert Reaction.objects.get(emoji="red_flag").person == into


@pytest.mark.parametrize(("known", "left"), [((0.9,), 0.9), ((0.9, 0.5), 0.5)])
def test_what_is_known_of_either_is_kept_until_it_is_measured_anew(known: tuple[float, ...], left: float) -> None:
    into, source = make_people(2)
    for person, sensitivity in zip((source, into), known, strict=False):
        Reliability.objects.create(person=person, sensitivity=sensitivity, measured_at=NOW)
    merge(into, source)
    assert (Reliability.objects.get().person, Reliability.objects.get().sensitivity) == (into, left)


def test_merging_is_refused_without_the_right_and_without_somebody_to_merge() -> None:
    into, source, admin = make_person(), make_person(), make_admin()
    closed = make_person(status=Status.DELETED)
    for by, destination, refusal in (
        (make_person(), into, NotAllowed),
        (make_moderator(), closed, NothingToMergeInto),
        (make_moderator(), User(id=uuid4()), PersonNotFound),
    ):
        with pytest.raises(refusal):
            merge(destination, source, by=by)
    with pytest.raises(NotAllowed):
        merge(into, source, admin)
    with pytest.raises(PersonNotFound):
        merge(into, source, User(id=uuid4()))
    assert status_of(source) == status_of(admin) == Status.ACTIVE
    assert not ActionLog.objects.exists()


def test_nobody_is_merged_with_themselves_and_a_merge_can_be_finished_later() -> None:
    into, source = make_people(2)
    merge(into, into)
    assert status_of(into) == Status.ACTIVE
    make_tree(author=source)
    User.objects.filter(pk=source.pk).update(status=Status.DELETED)
    for _ in range(2):
        merge(into, source)
    assert Message.objects.get().author == into


@pytest.mark.django_db(transaction=True)
def test_a_tree_somebody_works_on_is_waited_for() -> None:
    into, source = make_people(2)
    tree = make_tree(author=source)
    with held("tasks_tree", tree.pk), impatient(), pytest.raises(OperationalError):
        merge(into, source)
    assert root_of(tree).author == source
    merge(into, source)
    assert root_of(tree).author == into


@pytest.mark.parametrize("seed", range(10, 13))
def test_whoever_is_merged_in_a_forest_leaves_no_drift(seed: int) -> None:
    crowd = grow(seed=seed)
    assert drifts() == []
    into, *sources = crowd[:4]
    texts = set(Message.objects.values_list("text", flat=True))
    for source in sources:
        merge(into, source)
        assert drifts() == []
        scoring.score_waiting(**given())
        rewards.settle_points(now=NOW)
        assert drifts() == []
    assert set(Message.objects.values_list("text", flat=True)) == texts, "no message is lost"
    merge(crowd[4], into)
    assert drifts() == []


@pytest.mark.parametrize(
    ("theirs", "mine", "kept"),
    [
        (Consent.HERE, Consent.DATASET, Consent.HERE),
        (Consent.DATASET, Consent.RESEARCH, Consent.RESEARCH),
        (Consent.RESEARCH, None, Consent.RESEARCH),
        (None, Consent.HERE, Consent.HERE),
    ],
)
def test_nothing_is_published_that_was_given_for_less(theirs: str | None, mine: str | None, kept: str) -> None:
    into, source = make_people(2)
    for person, consent in ((into, mine), (source, theirs)):
        if consent is not None:
            profiles.change(person=person, now=NOW, consent=consent)
    merge(into, source)
    assert profiles.of(into).consent == kept
    # A second reply may have stayed with it.
    left = Profile.objects.get(person=source)
    assert (left.consent, left.languages) == (kept, [])


def test_what_was_typed_and_never_sent_is_not_lost() -> None:
    into, source = make_people(2)
    task = Task.objects.open().filter(tree=make_tree(replies=1))[0]
    for person in (into, source):
        SavedDraft.objects.create(
            person=person, task=task, kind=task.kind, lang="en", fields=[["text", str(person.pk)]], saved_at=NOW
        )
    merge(into, source)
    assert sorted(SavedDraft.objects.filter(person=into).values_list("fields", flat=True)) == sorted(
        [[["text", str(into.pk)]], [["text", str(source.pk)]]]
    )


#: Rows that keep the name under which something was done, that a job makes anew, or that have a rule of their own.
STAYING = {
    "accounts.ApiClient.person",
    "accounts.News.person",
    "accounts.Profile.person",
    "exports.Recall.by",
    "exports.Release.asked_by",
    "exports.SignOff.person",
    "moderation.ActionLog.by",
    "moderation.Appeal.decided_by",
    "moderation.Exposure.moderator",
    "moderation.Finding.cleared_by",
    "moderation.PersonNote.by",
    "moderation.Proposal.by",
    "moderation.Proposal.decided_by",
    "moderation.Proposal.person",
    "moderation.QueueItem.claimed_by",
    "moderation.QueueItem.not_for",
    "moderation.ActionLog.person",
    "stats.BadgeAward.person",
    "stats.ConductRow.person",
    "stats.LeaderRow.person",
    "stats.TrollRow.person",
    "tasks.RulesVersion.created_by",
    "tasks.SavedDraft.person",
    "tasks.TreeTransition.by",
}
#: Rows that go with the tree they are in, and what is measured.
BY_TREE = {
    "tasks.Message.author",
    "tasks.Ranking.ranker",
    "tasks.Review.reviewer",
    "tasks.Task.author",
    "tasks.Task.claimed_by",
    "tasks.Task.last_holder",
    "tasks.Reliability.person",
}


def test_for_every_table_that_names_a_person_it_is_said_what_becomes_of_it() -> None:
    def name(model: type[models.Model], role: str) -> str:
        return f"{model._meta.app_label}.{model.__name__}.{role}"

    tabled = {name(model, role) for model, role in merging.OWNED}
    tabled |= {name(model, "person") for model, _besides in merging.ONE_EACH}
    ours: set[str] = set()
    for app in ("accounts", "tasks", "moderation", "exports", "stats"):
        for model in apps.get_app_config(app).get_models():
            fields: list[Any] = [field for field in model._meta.concrete_fields if field.related_model is User]
            ours |= {name(model, field.name) for field in fields}
    assert tabled | BY_TREE | STAYING == ours
