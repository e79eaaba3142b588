"""Agreement: what the job measures from the answers, by language and week, and what it leaves alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from ranking.agreement import krippendorff_alpha
from stats import agreement, jobs
from stats.models import RANKINGS, AgreementFigure
from tasks.models import Message, Ranking, Review
from tasks.tree_states import State
from tests.making import NOW, add_ranking, add_review, at_once, make_person, make_tree, replies_to, root_of

pytestmark = pytest.mark.django_db

#: NOW is noon of a Monday.
MONDAY = NOW.date()
WEEK = timedelta(weeks=1)


def reviewed(*given: dict[str, float], lang: str = "en", at: datetime = NOW) -> Message:
    """A message with these reviews, each by somebody else."""
    message = root_of(make_tree(state=State.INITIAL_PROMPT_REVIEW, lang=lang))
    for labels in given:
        say(message, labels, at=at)
    return message


def say(message: Message, labels: dict[str, float], *, at: datetime = NOW) -> None:
    one = add_review(message, by=make_person())
    Review.objects.filter(pk=one.pk).update(labels=labels, created_at=at)


def spam(*answers: float, **about: Any) -> Message:
    return reviewed(*({"spam": answer} for answer in answers), **about)


def ranked(*orders: str, lang: str = "en", at: datetime = NOW) -> Message:
    """Replies A, B and C, with these orders of them: "AB=C" puts A first and ties the others."""
    tree = make_tree(state=State.RANKING, replies=3, lang=lang)
    for order in orders:
        rank(root_of(tree), order, at=at)
    return root_of(tree)


def rank(parent: Message, order: str, *, at: datetime = NOW, not_rankable: bool = False) -> None:
    named = dict(zip("ABC", replies_to(parent), strict=True))
    groups: list[list[Message]] = []
    for place, letter in enumerate(order):
        if letter != "=" and place and order[place - 1] == "=":
            groups[-1].append(named[letter])
        elif letter != "=":
            groups.append([named[letter]])
    one = add_ranking(parent=parent, by=make_person(), order=groups, not_rankable=not_rankable)
    Ranking.objects.filter(pk=one.pk).update(created_at=at)


def figure(subject: str = "spam", week: date | None = None, lang: str = "en") -> AgreementFigure:
    return AgreementFigure.objects.get(subject=subject, week=week, lang=lang)


def figures(**but: Any) -> list[dict[str, Any]]:
    rows = list(AgreementFigure.objects.order_by("lang", "subject", "week").values())
    return [{**row, **but} for row in rows]


def votes(*items: Sequence[float]) -> list[tuple[int, int, float]]:
    return [(item, rater, label) for item, labels in enumerate(items) for rater, label in enumerate(labels)]


def test_a_label_gets_the_alpha_of_its_reviews() -> None:
    items = [(1.0, 1.0, 0.0), (0.0, 0.0, 0.0), (1.0, 1.0), (0.0, 0.0, 1.0), (0.0, 0.0)]
    for answers in items:
        spam(*answers)
    expected = krippendorff_alpha(votes(*items))
    agreement.measure(now=NOW)
    for stored in (figure(), figure(week=MONDAY)):
        assert stored.alpha == pytest.approx(0.4, abs=0.1)
        assert (stored.alpha, stored.alpha_low, stored.alpha_high) == (expected.alpha, expected.low, expected.high)
        assert (stored.raw, stored.raw_low, stored.raw_high) == (7 / 11, expected.raw.low, expected.raw.high)
        assert (stored.n_items, stored.n_votes, stored.base_rate) == (5, 13, 5 / 13)
        assert (stored.level, stored.tau_b, stored.kendall_w, stored.computed_at) == ("nominal", None, None, NOW)


def test_the_steps_of_a_scale_are_ordered() -> None:
    items = [(0.0, 0.25), (1.0, 0.75), (0.5, 0.25), (1.0, 1.0)]
    for answers in items:
        reviewed(*({"spam": 0.0, "quality": answer} for answer in answers))
    agreement.measure(now=NOW)
    stored = figure("quality")
    assert stored.level == "ordinal"
    assert stored.alpha == krippendorff_alpha(votes(*items), "ordinal").alpha
    assert stored.base_rate == pytest.approx(4.75 / 8)


def test_a_question_nobody_answered_is_not_an_answer() -> None:
    reviewed({"spam": 0.0, "humor": 1.0}, {"spam": 0.0}, {"spam": 1.0, "humor": 0.0})
    reviewed({"spam": 0.0, "humor": 1.0}, {"spam": 0.0})
    agreement.measure(now=NOW)
    assert (figure("humor").n_items, figure("humor").n_votes) == (1, 2)
    assert (figure("spam").n_items, figure("spam").n_votes) == (2, 5)
    assert not AgreementFigure.objects.filter(subject="pii").exists()


def test_what_one_person_judged_has_no_figure() -> None:
    spam(1.0)
    ranked("ABC")
    agreement.measure(now=NOW)
    assert not AgreementFigure.objects.filter(week=MONDAY).exists()
    assert not AgreementFigure.objects.filter(subject=RANKINGS).exists()


def test_what_one_person_judged_is_in_no_figure() -> None:
    spam(0.0, 1.0)
    spam(1.0)
    agreement.measure(now=NOW)
    assert (figure().base_rate, figure().n_items, figure().n_votes) == (0.5, 1, 2)


def test_where_everybody_always_says_the_same_alpha_is_unknown() -> None:
    for _message in range(3):
        spam(0.0, 0.0)
    agreement.measure(now=NOW)
    stored = figure()
    assert (stored.alpha, stored.alpha_low, stored.alpha_high) == (None, None, None)
    assert (stored.raw, stored.base_rate, stored.n_items) == (1, 0, 3)


def test_languages_are_measured_apart() -> None:
    spam(1.0, 1.0)
    spam(0.0, 0.0, lang="de")
    spam(0.0, 1.0, lang="de")
    agreement.measure(now=NOW)
    assert (figure().raw, figure().base_rate, figure().n_items) == (1, 1, 1)
    assert (figure(lang="de").raw, figure(lang="de").base_rate, figure(lang="de").n_items) == (0.5, 0.25, 2)


def test_a_week_is_about_the_messages_reviewed_in_it_with_the_reviews_they_had() -> None:
    old = spam(0.0, 0.0)
    spam(1.0, 0.0)
    say(old, {"spam": 1.0}, at=NOW + WEEK)
    spam(1.0, 1.0, at=NOW + WEEK)
    agreement.measure(now=NOW + WEEK)
    first, second, ever = figure(week=MONDAY), figure(week=MONDAY + WEEK), figure()
    assert (first.n_items, first.n_votes, first.raw) == (2, 4, 1 / 2)
    assert (second.n_items, second.n_votes, second.raw) == (2, 5, 2 / 4)
    assert (ever.n_items, ever.n_votes, ever.raw) == (3, 7, 2 / 5)


def test_a_week_begins_on_monday_at_midnight() -> None:
    midnight = datetime.combine(MONDAY, datetime.min.time(), tzinfo=NOW.tzinfo)
    spam(0.0, 0.0, at=midnight)
    spam(0.0, 0.0, at=midnight - timedelta(seconds=1))
    agreement.measure(now=NOW)
    weeks = AgreementFigure.objects.over_weeks().values_list("week", "n_items")
    assert list(weeks) == [(MONDAY - WEEK, 1), (MONDAY, 1)]


def test_measuring_again_changes_nothing() -> None:
    for answers in ((1.0, 1.0, 0.0), (0.0, 0.0), (0.0, 1.0)):
        spam(*answers)
        spam(*answers, lang="de", at=NOW - WEEK)
    ranked("ABC", "ACB", "A=BC")
    ranked("ABC", "CBA", at=NOW - WEEK)
    all_of_them = agreement.measure(now=NOW)
    before = figures(computed_at=None)
    assert len(before) == all_of_them
    later = NOW + timedelta(hours=1)
    assert agreement.measure(now=later) < all_of_them
    assert figures(computed_at=None) == before
    assert (figure().computed_at, figure(week=MONDAY - WEEK, lang="de").computed_at) == (later, NOW)
    assert agreement.measure(now=later, everything=True) == all_of_them
    assert figures(computed_at=None) == before


def test_a_week_that_is_over_stays_as_it_was_measured() -> None:
    message = spam(0.0, 0.0)
    agreement.measure(now=NOW + WEEK)
    Review.objects.filter(message=message).update(labels={"spam": 1.0})
    agreement.measure(now=NOW + 2 * WEEK)
    assert (figure(week=MONDAY).base_rate, figure().base_rate) == (0, 1)
    agreement.measure(now=NOW + 2 * WEEK, everything=True)
    assert figure(week=MONDAY).base_rate == 1


def test_the_week_that_goes_on_is_measured_again() -> None:
    message = spam(0.0, 0.0)
    agreement.measure(now=NOW)
    say(message, {"spam": 1.0}, at=NOW + timedelta(days=3))
    agreement.measure(now=NOW + timedelta(days=3))
    assert (figure(week=MONDAY).n_votes, AgreementFigure.objects.over_weeks().count()) == (3, 1)


def test_weeks_in_which_the_job_did_not_run_are_made_up_for() -> None:
    spam(0.0, 0.0)
    agreement.measure(now=NOW)
    for later in (1, 2, 3):
        spam(0.0, 0.0, at=NOW + later * WEEK)
    agreement.measure(now=NOW + 4 * WEEK)
    weeks = AgreementFigure.objects.over_weeks().values_list("week", flat=True)
    assert list(weeks) == [MONDAY + count * WEEK for count in range(4)]


def test_an_answer_committed_a_little_after_its_week_still_counts() -> None:
    midnight = datetime.combine(MONDAY, datetime.min.time(), tzinfo=NOW.tzinfo)
    message = spam(0.0, 0.0, at=midnight - timedelta(hours=1))
    agreement.measure(now=midnight + timedelta(minutes=5))
    say(message, {"spam": 0.0}, at=midnight - timedelta(seconds=2))
    agreement.measure(now=midnight + timedelta(days=1))
    assert figure(week=MONDAY - WEEK).n_votes == 3


def test_a_figure_goes_with_the_answers_it_was_about() -> None:
    gone = spam(0.0, 0.0)
    spam(0.0, 0.0, lang="de")
    agreement.measure(now=NOW)
    Review.objects.filter(message=gone).delete()
    agreement.measure(now=NOW + timedelta(days=1))
    assert set(AgreementFigure.objects.values_list("lang", flat=True)) == {"de"}


def test_rankings_have_tau_and_w_by_language_and_week() -> None:
    ranked("ABC", "ABC", "CBA")
    ranked("ABC", "ACB")
    ranked("ABC", "ABC", lang="de", at=NOW - WEEK)
    agreement.measure(now=NOW)
    for stored in (figure(RANKINGS), figure(RANKINGS, MONDAY)):
        assert stored.tau_b == pytest.approx((1 - 1 - 1 + 1 / 3) / 4)
        assert stored.kendall_w == pytest.approx((1 / 9 + 3 / 4) / 2)
        assert stored.tau_b_low is not None
        assert stored.kendall_w_low is not None
        assert (stored.n_items, stored.n_votes) == (2, 5)
        assert (stored.alpha, stored.raw, stored.base_rate, stored.level) == (None, None, None, "")
    assert figure(RANKINGS, MONDAY - WEEK, "de").tau_b == 1


def test_not_rankable_is_no_order() -> None:
    parent = ranked("ABC", "A=BC")
    rank(parent, "CBA", not_rankable=True)
    agreement.measure(now=NOW)
    stored = figure(RANKINGS)
    assert stored.n_votes == 2
    assert stored.tau_b == pytest.approx((2 / 3) ** 0.5)


def test_there_is_one_figure_of_all_time() -> None:
    spam(0.0, 0.0)
    agreement.measure(now=NOW)
    for stored in (figure(), figure(week=MONDAY)):
        stored.pk = None
        with pytest.raises(IntegrityError, match="one_figure_of_a_week_or_of_all_time"), transaction.atomic():
            stored.save()


@pytest.mark.django_db(transaction=True)
def test_two_runs_at_once_store_one_set_of_figures() -> None:
    for answers in ((1.0, 1.0, 0.0), (0.0, 0.0), (0.0, 1.0)):
        spam(*answers)
        spam(*answers, lang="de", at=NOW - WEEK)
    later = NOW + timedelta(seconds=1)
    stored = at_once(*(lambda at=at: agreement.measure(now=at) for at in (NOW, later, NOW, later)))
    assert stored == [4, 4, 4, 4]
    assert AgreementFigure.objects.count() == 4


def test_the_job_measures() -> None:
    spam(0.0, 0.0)
    assert jobs.measure_agreement() == 2
