"""Badges: given once, for what shows already, and never for volume alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count

import pytest
from django.template.loader import render_to_string
from django.utils.translation import override

from accounts.models import News, NewsKind, PointEntry, Status, User
from moderation import reports, telling
from oasst_web.timetable import TIMETABLE
from stats import awarding, jobs
from stats.badges import BADGES, Facts
from stats.models import BadgeAward
from tasks import rewards, scoring
from tasks.models import Message, Review, Tree
from tasks.points import Reason
from tasks.tree_states import State
from tests.making import (
    BEFORE,
    NOW,
    add_message,
    add_ranking,
    add_review,
    advance,
    at_once,
    given,
    make_people,
    make_person,
    make_tree,
    replies_to,
    root_of,
)

pytestmark = pytest.mark.django_db

_sources = count(1)


def facts(person: User) -> Facts:
    return awarding.facts_of([person.pk])[person.pk]


def award(now: datetime = NOW, *, everybody: bool = True) -> int:
    return awarding.award(now=now, everybody=everybody)


def badges(person: User) -> set[str]:
    return set(BadgeAward.objects.filter(person=person).values_list("badge", flat=True))


def tell(person: User, reason: Reason, times: int = 1, lang: str = "en", at: datetime = NOW) -> None:
    PointEntry.objects.bulk_create(
        PointEntry(
            person=person, reason=reason, source=f"{next(_sources)}", points=Decimal("0.7"), lang=lang, created_at=at
        )
        for _ in range(times)
    )


# --- the table


@pytest.mark.parametrize("slug", BADGES)
def test_every_badge_has_a_picture_that_follows_the_colours_of_the_page(slug: str) -> None:
    picture = render_to_string(BADGES[slug].picture)
    assert picture.startswith("<svg")
    assert 'aria-hidden="true"' in picture
    assert 'class="badge-ground"' in picture
    assert "#" not in picture, "no colour of its own"


def test_badges_can_be_stored_and_told() -> None:
    longest = max(len(slug) for slug in BADGES)
    assert longest <= (BadgeAward._meta.get_field("badge").max_length or 0)
    assert longest + 1 + 36 <= (News._meta.get_field("source").max_length or 0)


@pytest.mark.parametrize("slug", BADGES)
def test_a_badge_is_earned_from_its_count_on_and_says_what_is_missing(slug: str) -> None:
    badge = BADGES[slug]
    enough = Facts(**{each.name: badge.needs for each in fields(Facts)})
    assert badge.counts(enough) >= badge.needs
    assert badge.earned(enough)
    assert not badge.earned(Facts())
    with override("en"):
        assert str(badge.needs) in badge.missing(badge.needs)


# --- what counts


def test_what_was_written_counts_when_its_verdict_shows() -> None:
    person = make_person()
    make_tree(state=State.GROWING, replies=1, authors=[person], goal=12)
    assert facts(person).accepted == 0, "the conversation is still reviewed"
    make_tree(state=State.RANKING, replies=2, authors=[person])
    assert (facts(person).accepted, facts(person).replies_as_assistant) == (1, 1)
    Message.objects.filter(author=person).update(deleted=True)
    assert facts(person).accepted == 0


def test_both_roles_count_for_themselves() -> None:
    person = make_person()
    tree = make_tree(state=State.GROWING, replies=1, authors=[person], depth=3)
    (reply,) = replies_to(root_of(tree))
    add_message(tree=tree, parent=reply, author=person)
    Tree.objects.filter(pk=tree.pk).update(state=State.RANKING)
    found = facts(person)
    assert (found.accepted, found.replies_as_user, found.replies_as_assistant, found.sides) == (2, 1, 1, 2)
    award()
    assert badges(person) == {"first-accepted", "both-sides"}


def test_prompts_are_no_replies_and_count_when_they_are_drawn() -> None:
    person = make_person()
    make_tree(state=State.PROMPT_LOTTERY_WAITING, author=person)
    assert facts(person) == Facts(accepted=1, lately_accepted=1, languages=1)
    make_tree(state=State.GROWING, author=person)
    assert facts(person).drawn == 1


def test_the_last_ten_must_all_have_been_accepted() -> None:
    person = make_person()
    for number in range(12):
        tree = make_tree(state=State.RANKING, replies=2, authors=[person])
        Message.objects.filter(tree=tree, author=person).update(
            created_at=BEFORE + timedelta(hours=number), review_result=number != 1
        )
    assert facts(person).lately_accepted == 10
    Message.objects.filter(author=person, created_at=BEFORE + timedelta(hours=5)).update(review_result=False)
    assert facts(person).lately_accepted == 9


def finished(*, order: Sequence[int], author: User | None = None) -> Tree:
    """A scored tree with three replies; the first is the author's. Three people agree on the order: places by reply."""
    tree = make_tree(state=State.RANKING, replies=3, authors=[author] if author else [])
    replies = replies_to(root_of(tree))
    groups = [
        [reply for reply, place in zip(replies, order, strict=True) if place == which] for which in sorted(set(order))
    ]
    for person in make_people(3):
        add_ranking(parent=root_of(tree), by=person, order=groups)
    advance(tree)
    scoring.score_waiting(**given(now=BEFORE))
    tree.refresh_from_db()
    assert tree.state == State.READY_FOR_EXPORT
    return tree


@pytest.mark.parametrize(("order", "best"), [((0, 1, 2), 1), ((1, 0, 2), 0), ((0, 0, 1), 0)])
def test_only_who_came_first_alone_was_the_best(order: Sequence[int], best: int) -> None:
    person = make_person()
    finished(order=order, author=person)
    found = facts(person)
    assert (found.best, found.finished) == (best, 1)
    award()
    assert ("crowd-first" in badges(person)) is bool(best)


def test_languages_count_where_something_was_done_well() -> None:
    person = make_person()
    make_tree(state=State.RANKING, replies=2, authors=[person], lang="de")
    tell(person, Reason.LABELS_FULL, 30, lang="fr")
    assert facts(person).languages == 1
    tell(person, Reason.IMPACT_RANKING, lang="es")
    assert facts(person).languages == 2


def test_volume_alone_earns_nothing() -> None:
    person = make_person()
    for reason in (Reason.LABELS_FULL, Reason.LABELS_SIMPLE, Reason.RANKING, Reason.PROMPT, Reason.ASSISTANT_REPLY):
        tell(person, reason, 200)
    award()
    assert badges(person) == set()


def test_reviews_count_by_the_points_that_are_paid_at_the_end() -> None:
    reviewer = make_person()
    tree = make_tree(state=State.GROWING, replies=1, goal=12)
    (reply,) = replies_to(root_of(tree))
    add_review(reply, by=reviewer, spam=0.0)
    rewards.settle_points(now=NOW)
    assert facts(reviewer).telling_reviews == 0


def test_a_review_of_a_known_answer_counts_like_any_other() -> None:
    """What badges count must not tell which review was of a known answer."""
    usual, asked = make_people(2)
    tree = make_tree(state=State.READY_FOR_EXPORT)
    reply = replies_to(root_of(tree))[0]
    first = Review.objects.filter(message=reply).order_by("created_at", "id")[0]
    Review.objects.filter(pk=first.pk).update(reviewer=usual)
    known = add_review(reply, by=asked)
    Review.objects.filter(pk=known.pk).update(known_answer=True)
    Tree.objects.filter(pk=tree.pk).update(points_due=True)
    rewards.settle_points(now=NOW)
    assert facts(asked).telling_reviews == facts(usual).telling_reviews == 1


def test_three_kinds_of_work_done_well_make_an_all_rounder() -> None:
    person = make_person()
    make_tree(state=State.RANKING, replies=2, authors=[person])
    tell(person, Reason.IMPACT_REVIEW)
    award()
    assert "three-deeds" not in badges(person)
    tell(person, Reason.IMPACT_RANKING)
    award()
    assert "three-deeds" in badges(person)


def test_a_report_counts_when_a_moderator_took_the_message_away() -> None:
    person, other = make_people(2)
    kept, gone = (root_of(make_tree(state=State.GROWING)) for _ in range(2))
    for message in (kept, gone):
        reports.report(message_id=message.pk, person=person, labels=[], text="", now=NOW)
    reports.report(message_id=kept.pk, person=other, labels=[], text="", now=NOW)
    telling.reporters(message_ids=[kept.pk], deleted=False, now=NOW)
    telling.reporters(message_ids=[gone.pk], deleted=True, now=NOW)
    assert (facts(person).upheld, facts(other).upheld) == (1, 0)
    award()
    assert "report-upheld" in badges(person)


# --- awarding


def test_a_badge_is_given_once_and_told_once() -> None:
    person = make_person()
    make_tree(state=State.RANKING, replies=2, authors=[person])
    assert award() >= 1
    assert award(NOW + timedelta(days=1)) == 0
    (badge,) = BadgeAward.objects.filter(person=person)
    assert (badge.badge, badge.earned_at) == ("first-accepted", NOW)
    (line,) = News.objects.filter(person=person, kind=NewsKind.BADGE_EARNED)
    assert line.about == {"badge": "first-accepted"}


def test_once_earned_a_badge_stays() -> None:
    person = make_person()
    make_tree(state=State.RANKING, replies=2, authors=[person])
    award()
    Message.objects.filter(author=person).update(deleted=True)
    award(NOW + timedelta(days=1))
    assert badges(person) == {"first-accepted"}


def test_a_sweep_looks_at_those_to_whom_something_happened_lately() -> None:
    lately, long_ago = make_people(2)
    tell(lately, Reason.IMPACT_REVIEW, 10)
    tell(long_ago, Reason.IMPACT_REVIEW, 10, at=NOW - timedelta(days=3))
    award(everybody=False)
    assert (badges(lately), badges(long_ago)) == ({"telling-reviews"}, set())
    award(everybody=True)
    assert badges(long_ago) == {"telling-reviews"}


@pytest.mark.parametrize("how", ["verdict", "streak", "report"])
def test_a_sweep_also_sees_what_brings_no_points(how: str) -> None:
    person = make_person()
    match how:
        case "verdict":
            tree = make_tree(state=State.RANKING, replies=2, authors=[person])
            Tree.objects.filter(pk=tree.pk).update(state_since=NOW)
        case "streak":
            User.objects.filter(pk=person.pk).update(streak_days=7, last_activity_at=NOW)
        case "report":
            message = root_of(make_tree())
            reports.report(message_id=message.pk, person=person, labels=[], text="", now=NOW)
            telling.reporters(message_ids=[message.pk], deleted=True, now=NOW)
    award(everybody=False)
    assert len(badges(person)) == 1


def test_closed_and_banned_people_get_none() -> None:
    people = [make_person(status=Status.BANNED), make_person(status=Status.DELETED)]
    for person in people:
        tell(person, Reason.IMPACT_REVIEW, 10)
    award()
    assert not BadgeAward.objects.filter(person__in=people).exists()


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_give_and_tell_once() -> None:
    people = make_people(4)
    for person in people:
        tell(person, Reason.IMPACT_REVIEW, 10)
    at_once(award, award)
    assert BadgeAward.objects.count() == News.objects.filter(kind=NewsKind.BADGE_EARNED).count() == len(people)


def test_the_clock_awards_badges() -> None:
    scheduled = {entry["task"] for entry in TIMETABLE.values()}
    assert {"stats.award_badges", "stats.award_badges_to_all"} <= scheduled
    person = make_person()
    tell(person, Reason.IMPACT_REVIEW, 10, at=NOW)
    jobs.award_badges()
    jobs.award_badges_to_all()
    assert badges(person) == {"telling-reviews"}


def test_people_see_theirs_first_then_what_is_nearest() -> None:
    person = make_person()
    make_tree(state=State.RANKING, replies=2, authors=[person])
    tell(person, Reason.IMPACT_REVIEW, 9)
    award()
    first, second, *others = awarding.of_person(person)
    assert (first.badge.slug, first.earned_at) == ("first-accepted", NOW)
    assert (second.badge.slug, second.have, second.missing) == (
        "telling-reviews",
        9,
        "1 review that helped to find a verdict is missing.",
    )
    assert len(others) == len(BADGES) - 2
