"""How people work: what is counted with a troll board, and in which order people are shown."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from accounts.models import User
from stats import conduct, trolls
from stats.conduct import By
from stats.models import ConductRow, Frame
from tasks.kinds import Mode
from tasks.models import Message, Reliability, Review, Task
from tasks.tree_states import State
from tests.making import NOW, add_message, add_ranking, add_review, make_person, make_tree, replies_to, root_of

pytestmark = pytest.mark.django_db


def count(frame: Frame = Frame.TOTAL) -> None:
    trolls.count(frame=frame, now=NOW)


def of(person: User, frame: Frame = Frame.TOTAL) -> ConductRow:
    return ConductRow.objects.get(person=person, board__frame=frame)


def order(by: By, frame: Frame = Frame.TOTAL, limit: int = 50) -> list[User]:
    return [line.person for line in conduct.listed(frame=frame, by=by, limit=limit)]


def write(person: User, *texts: str, pasted: float | None = None) -> None:
    for text in texts:
        tree = make_tree(state=State.GROWING)
        message = add_message(tree=tree, parent=root_of(tree), author=person, text=text)
        Message.objects.filter(pk=message.pk).update(pasted_share=pasted)


def judge(person: User, times: int, labels: Any = None, *, seconds: int = 30, mode: Mode = Mode.FULL) -> None:
    """Reviews of so many messages, each taking so long."""
    for _ in range(times):
        message = root_of(make_tree(state=State.GROWING))
        review = add_review(message, by=person)
        Review.objects.filter(pk=review.pk).update(labels=labels or {"spam": 0.0}, mode=mode)
        Task.objects.filter(pk=review.task_id).update(done_at=NOW, claimed_at=NOW - timedelta(seconds=seconds))


def test_texts_that_are_the_same_again_and_what_was_pasted() -> None:
    person, other = make_person(), make_person()
    write(person, "Buy this!", "buy THIS!", "Something else", pasted=0.5)
    write(other, "Buy this!")
    count()
    assert (of(person).messages, of(person).same_texts, of(person).pasted_share) == (3, 1, 0.5)
    assert (of(other).messages, of(other).same_texts, of(other).pasted_share) == (1, 0, None)


def test_a_text_that_was_taken_back_is_no_copy_of_another() -> None:
    person = make_person()
    write(person, "One", "Two")
    Message.objects.filter(author=person).update(text="")
    count()
    assert not ConductRow.objects.filter(person=person).exists()


def test_how_often_somebody_gives_their_commonest_review() -> None:
    person = make_person()
    judge(person, 3, {"spam": 0.0, "quality": 0.5})
    judge(person, 1, {"spam": 1.0, "quality": 0.0})
    count()
    assert (of(person).reviews, of(person).same_reviews) == (4, 0.75)


def test_reviews_with_few_questions_are_alike_by_nature_and_do_not_count() -> None:
    person = make_person()
    judge(person, 4, mode=Mode.SIMPLE)
    count()
    assert (of(person).reviews, of(person).same_reviews, of(person).judgements) == (0, None, 4)


def test_how_long_one_judgement_takes_is_the_median() -> None:
    person = make_person()
    for seconds in (2, 4, 600):
        judge(person, 1, seconds=seconds)
    count()
    assert (of(person).judgements, of(person).seconds) == (3, 4.0)


def test_rankings_that_leave_the_order_as_it_was_shown() -> None:
    person = make_person()
    for number in range(4):
        parent = root_of(make_tree(state=State.RANKING, replies=3))
        first, second, third = replies_to(parent)
        orders = {1: [[second], [first], [third]], 2: [[first, second], [third]]}
        add_ranking(parent=parent, by=person, order=orders.get(number))
    add_ranking(parent=root_of(make_tree(state=State.RANKING, replies=2)), by=person, not_rankable=True)
    count()
    assert (of(person).rankings, of(person).left_as_shown) == (4, 0.5)


def test_a_day_counts_only_its_own_work() -> None:
    person = make_person()
    judge(person, 1)
    Review.objects.filter(reviewer=person).update(created_at=NOW - timedelta(hours=1))
    judge(person, 1)
    old = Review.objects.filter(reviewer=person).latest("created_at")
    Review.objects.filter(reviewer=person).exclude(pk=old.pk).update(created_at=NOW - timedelta(days=3))
    Task.objects.filter(claimed_by=person).exclude(review=old).update(done_at=NOW - timedelta(days=3))
    Review.objects.filter(pk=old.pk).update(created_at=NOW)
    for frame in Frame:
        count(frame)
    assert (of(person, Frame.DAY).reviews, of(person, Frame.DAY).judgements) == (1, 1)
    assert (of(person).reviews, of(person).judgements) == (2, 2)


def test_counting_twice_counts_once() -> None:
    person = make_person()
    write(person, "Hello")
    count()
    count()
    assert of(person).messages == 1


def test_those_worth_a_look_come_first_if_they_have_done_enough() -> None:
    fast, slow, few = make_person(), make_person(), make_person()
    judge(fast, 10, {"spam": 0.0}, seconds=2)
    judge(slow, 9, {"spam": 0.0}, seconds=60)
    judge(slow, 9, {"spam": 1.0}, seconds=60)
    judge(few, 9, seconds=1)
    paster, typist = make_person(), make_person()
    write(paster, "a", "b", "c", pasted=0.9)
    write(typist, "d", "e", "d", pasted=0.1)
    for person, information in ((fast, 0.01), (slow, 0.2)):
        Reliability.objects.create(
            person=person, information=information, agreement=1 - information, n_reviews=10, measured_at=NOW
        )
    count()
    assert order(By.SPEED) == order(By.SAME_REVIEWS) == [fast, slow]
    assert order(By.INFORMATION) == [fast, slow]
    assert order(By.AGREEMENT) == [slow, fast]
    assert order(By.PASTED) == [paster, typist]
    assert order(By.SAME_TEXTS) == [typist]
    assert order(By.LEFT_AS_SHOWN) == []
    assert order(By.SPEED, limit=1) == [fast]
    assert order(By.SPEED, Frame.DAY) == []


def test_the_board_of_objections_knows_how_the_same_people_work() -> None:
    person = make_person()
    make_tree(replies=1, authors=[person], verdict=False)
    count()
    (line,) = conduct.listed(frame=Frame.TOTAL, by=By.OBJECTIONS, limit=50)
    assert line.person == person
    assert (line.troll and line.troll.score, line.conduct and line.conduct.messages) == (3, 1)
    assert line.reliability is None


def test_what_is_usual_is_the_median_of_those_who_did_enough() -> None:
    for seconds in (10, 20, 300):
        judge(make_person(), 10, seconds=seconds)
    judge(make_person(), 9, seconds=1)
    count()
    assert conduct.usual(Frame.TOTAL).seconds == 20
    assert conduct.usual(Frame.DAY).seconds is None
