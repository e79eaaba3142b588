"""Known answers: promoted by themselves, handed out unseen, counted as what they are."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.models import User
from tasks import assignment, known_answers, reliability
from tasks.kinds import Kind
from tasks.models import KnownAnswer, Message, Reliability, Review, Task, TaskState, Tree
from tasks.refusals import NothingAvailable, TreeEnded
from tasks.tree_states import Event, State
from tests.making import (
    NOW,
    add_message,
    advance,
    claim,
    draft_for,
    drifts,
    given,
    make_person,
    make_tree,
    replies_to,
    review,
    root_of,
    rules,
    submit,
)

pytestmark = pytest.mark.django_db

ALWAYS = {"p_known_answer": 1.0}


def growing(**changes: object) -> Tree:
    """A tree with one undecided reply, so that there is a review to ask for, and messages decided by all alike."""
    tree = make_tree(replies=2, verdict=True, **changes)
    add_message(tree=tree, parent=root_of(tree), verdict=False)
    add_message(tree=tree, parent=root_of(tree), verdict=None)
    return advance(tree)


def promoted(**changes: object) -> int:
    return known_answers.promote(**given(**{**ALWAYS, **changes}))


def test_what_everybody_agreed_on_becomes_known_bad_and_fine_alike() -> None:
    tree = growing()
    assert promoted() == 3
    first, second, spam, _open = replies_to(root_of(tree))
    assert dict(KnownAnswer.objects.values_list("pk", "bad")) == {first.pk: False, second.pk: False, spam.pk: True}
    assert promoted() == 3


def test_what_somebody_replied_to_is_not_known_for_everybody_sees_that_it_was_accepted() -> None:
    tree = growing()
    first = replies_to(root_of(tree))[0]
    add_message(tree=tree, parent=first)
    promoted()
    assert not KnownAnswer.objects.filter(pk__in=[first.pk, root_of(tree).pk]).exists()


def test_bad_messages_that_come_later_take_the_place_of_fine_ones() -> None:
    tree = make_tree(replies=2)
    assert promoted(known_answers_per_lang=2) == 2
    add_message(tree=tree, parent=root_of(tree), verdict=False)
    assert promoted(known_answers_per_lang=2) == 2
    assert sorted(KnownAnswer.objects.filter(retired=False).values_list("bad", flat=True)) == [False, True]


def test_a_prompt_is_not_known_for_everybody_sees_that_its_tree_grows() -> None:
    make_tree()
    assert promoted() == 0


def test_a_verdict_that_one_reviewer_did_not_share_is_not_known() -> None:
    tree = growing()
    reply = replies_to(root_of(tree))[0]
    doubter = reply.reviews.first()
    doubter.labels = {"spam": 1.0}
    doubter.save()
    promoted()
    assert not KnownAnswer.objects.filter(pk=reply.pk).exists()


def test_what_is_deleted_edited_or_finished_is_retired() -> None:
    tree = growing()
    promoted()
    first, second = replies_to(root_of(tree))[:2]
    Message.objects.filter(pk=first.pk).update(deleted=True)
    Message.objects.filter(pk=second.pk).update(edited=True)
    promoted()
    assert set(KnownAnswer.objects.filter(retired=True).values_list("pk", flat=True)) == {first.pk, second.pk}
    Tree.objects.filter(pk=tree.pk).update(state="ready_for_export")
    promoted()
    assert not KnownAnswer.objects.filter(retired=False).exists()


def known_task(person: User) -> Task:
    task = claim(person, Kind.LABEL_ASSISTANT_REPLY, **ALWAYS)
    assert task.known_answer
    return task


def give_back(task: Task, person: User, how: str) -> None:
    if how == "late":
        assignment.return_expired(**given(now=NOW + timedelta(hours=1)))
    elif how == "released":
        assignment.release(task_id=task.pk, by=person, **given())
    else:
        assignment.skip(task_id=task.pk, by=person, reason=None, text="", **given())


def test_a_known_answer_stands_in_for_an_opening_and_leaves_it_open() -> None:
    tree = growing()
    promoted()
    before = Task.objects.open().filter(tree=tree).count()
    task = known_task(make_person())
    assert KnownAnswer.objects.filter(pk=task.message_id).exists()
    assert Task.objects.open().filter(tree=tree).count() == before
    assert drifts() == []


def test_who_finds_nothing_to_do_gets_no_known_answer_either() -> None:
    tree = make_tree(replies=2)
    promoted()
    assert KnownAnswer.objects.filter(message__tree=tree).exists()
    with pytest.raises(NothingAvailable):
        claim(make_person(), Kind.LABEL_ASSISTANT_REPLY, **ALWAYS)


def test_nobody_is_asked_about_a_tree_in_which_they_did_something() -> None:
    growing()
    promoted()
    author = KnownAnswer.objects.first().message.author
    assert not claim(author, Kind.LABEL_ASSISTANT_REPLY, **ALWAYS).known_answer
    person = make_person()
    assert known_task(person)
    assert not claim(person, Kind.LABEL_ASSISTANT_REPLY, **ALWAYS).known_answer


def test_what_a_reviewer_can_see_does_not_tell_a_known_answer_from_another_review() -> None:
    growing()
    promoted()
    person = make_person()
    task = known_task(person)
    KnownAnswer.objects.exclude(pk=task.message_id).delete()
    Message.objects.filter(pk=task.message_id).update(review_result=False)
    assert Message.objects.visible_to(person).filter(pk=task.message_id).exists()
    assert not Message.objects.visible_to(make_person()).filter(pk=task.message_id).exists()
    submit(task, person)
    assert Message.objects.visible_to(person).filter(pk=task.message_id).exists()


@pytest.mark.parametrize("how", ["late", "released", "skipped"])
def test_what_became_of_the_task_does_not_tell_either(how: str) -> None:
    growing()
    promoted()
    KnownAnswer.objects.exclude(bad=True).delete()
    person = make_person()
    task = known_task(person)
    give_back(task, person, how)
    assert Message.objects.visible_to(person).filter(pk=task.message_id).exists()
    # Nor is anybody asked the same thing twice.
    assert not claim(person, Kind.LABEL_ASSISTANT_REPLY, **ALWAYS).known_answer


@pytest.mark.parametrize("what", ["deleted", "halted"])
def test_a_known_answer_in_hand_goes_with_its_message_and_its_tree(what: str) -> None:
    tree = growing()
    promoted()
    task = known_task(make_person())
    if what == "deleted":
        Message.objects.filter(pk=task.message_id).update(deleted=True)
        advance(tree)
    else:
        advance(tree, Event.HALTED)
    task.refresh_from_db()
    assert task.state == TaskState.WITHDRAWN
    assert drifts() == []


def test_an_answer_changes_no_verdict_and_is_a_review_like_any_other() -> None:
    growing()
    promoted()
    person = make_person()
    task = known_task(person)
    verdict = task.message.review_result
    receipt = submit(task, person, draft_for(task, person, spam=1.0))
    stored = Review.objects.get(pk=receipt.answer_id)
    assert stored.known_answer
    assert stored.message.review_result is verdict
    assert stored.message.review_count == stored.number == 4
    assert drifts() == []


@pytest.mark.parametrize("how", ["late", "released", "skipped"])
def test_a_known_answer_that_comes_back_is_nobodys_opening(how: str) -> None:
    growing()
    promoted()
    person = make_person()
    task = known_task(person)
    give_back(task, person, how)
    task.refresh_from_db()
    assert task.state == TaskState.WITHDRAWN
    assert drifts() == []


def test_a_late_known_answer_is_taken_like_any_late_answer() -> None:
    tree = growing()
    promoted()
    person, other = make_person(), make_person()
    tasks = [(known_task(one), one) for one in (person, other)]
    later = NOW + timedelta(hours=1)
    assignment.return_expired(**given(now=later))
    (task, _person), (too_late, _other) = tasks
    assert Review.objects.get(pk=submit(task, person, now=later).answer_id).known_answer
    advance(tree, Event.HALTED)
    with pytest.raises(TreeEnded):
        submit(too_late, other, now=later)
    assert drifts() == []


def test_a_tree_that_goes_on_leaves_known_answers_in_hand_to_their_holders() -> None:
    tree = growing()
    promoted()
    person, late = make_person(), make_person()
    task, missed = known_task(person), known_task(late)
    assignment.return_expired(**given(now=NOW + timedelta(hours=1)))
    missed.refresh_from_db()
    task = known_task(make_person())
    Tree.objects.filter(pk=tree.pk).update(state=State.RANKING)
    advance(tree, Event.RECHECKED)
    assert task.claimed_by
    assert submit(task, task.claimed_by)
    assert submit(missed, late)
    assert Review.objects.filter(known_answer=True).count() == 2


def test_a_careless_answer_does_not_make_a_known_answer_doubtful_but_a_crowd_does() -> None:
    growing()
    promoted()
    for asked in range(1, 4):
        KnownAnswer.objects.exclude(bad=True).delete()
        wanted, person = KnownAnswer.objects.get(), make_person()
        submit(known_task(person), person)
        promoted()
        wanted.refresh_from_db()
        assert wanted.retired is (asked == 3)


def test_only_answers_to_known_messages_count_as_known() -> None:
    growing()
    promoted()
    right, wrong = make_person(), make_person()
    for person, truth in ((right, True), (wrong, False)):
        task = known_task(person)
        bad = KnownAnswer.objects.get(pk=task.message_id).bad
        submit(task, person, draft_for(task, person, spam=float(bad is truth)))
    reliability.measure(now=NOW, rules=rules())
    assert Reliability.objects.get(person=right).known_right == Reliability.objects.get(person=right).n_known == 1
    assert Reliability.objects.get(person=wrong).known_right == 0
    assert Reliability.objects.filter(n_known=0).exists()


def test_what_is_learned_of_a_person_weighs_their_next_review_and_not_the_last() -> None:
    tree = make_tree(replies=1, verdict=None)
    (reply,) = replies_to(root_of(tree))
    person = make_person()
    first = Review.objects.get(pk=review(reply, by=person).answer_id)
    assert first.sensitivity is None
    assert reliability.measure(now=NOW, rules=rules()).people >= 1
    first.refresh_from_db()
    assert first.sensitivity is None
    other = add_message(tree=tree, parent=root_of(tree), verdict=None)
    advance(tree)
    second = Review.objects.get(pk=review(other, by=person).answer_id)
    known = Reliability.objects.get(person=person)
    assert (second.sensitivity, second.specificity) == (known.sensitivity, known.specificity)
    assert drifts() == []


def test_measuring_twice_changes_nothing() -> None:
    growing()
    reliability.measure(now=NOW, rules=rules())
    before = list(Reliability.objects.order_by("pk").values())
    reliability.measure(now=NOW, rules=rules())
    assert list(Reliability.objects.order_by("pk").values()) == before


def test_without_an_answer_nobody_is_measured() -> None:
    measured = reliability.measure(now=NOW, rules=rules())
    assert (measured.people, measured.preference_spread) == (0, None)
