"""My badges, and the part of the dashboard about what I reached."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts import profiles
from accounts.models import User
from stats import awarding, progress
from stats.badges import BADGES
from stats.models import BadgeAward
from tests.pages.site import client_of, make_person

pytestmark = pytest.mark.django_db


def page_of(person: User) -> str:
    response = client_of(person).get(reverse("badges"))
    assert response.status_code == 200
    return re.sub(r"\s+", " ", response.content.decode())


def words(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page))


def test_mine_have_their_date_and_the_others_say_what_is_missing() -> None:
    person = make_person(streak_days=5, streak_started_at=timezone.now(), last_activity_at=timezone.now())
    BadgeAward.objects.create(person=person, badge="prompt-drawn", earned_at=timezone.now())
    page = page_of(person)
    mine, others = words(page).split("Still to come")
    assert "Conversation starter A prompt of yours was accepted and drawn" in mine
    assert "Earned on" in mine
    assert "Conversation starter" not in others
    assert (
        "A week of it You came back for seven days in a row; one missed day a month is forgiven. 5 2 days are" in others
    )
    assert page.count('class="badge-picture"') == len(BADGES)
    assert re.search(r'max="7" value="5" aria-label="How far you are: A week of it"', page)


def test_what_is_earned_and_not_yet_awarded_is_on_its_way() -> None:
    person = make_person(streak_days=7)
    assert "Nothing is missing: you get it within minutes." in page_of(person)
    awarding.award(now=timezone.now(), everybody=True)
    assert "Nothing is missing" not in page_of(person)


def test_a_newcomer_is_told_how_to_begin() -> None:
    page = page_of(make_person())
    assert "None yet. The first one comes with your first accepted message." in page
    assert reverse("dashboard") in page


def test_badges_are_for_those_who_are_signed_in() -> None:
    assert Client().get(reverse("badges")).status_code == 302


def test_the_page_keeps_the_content_security_policy_and_reads_little(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    person = make_person()
    client = client_of(person)
    with django_assert_max_num_queries(15):
        page = client.get(reverse("badges")).content.decode()
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=", page)


def part_of(person: User) -> str:
    found = progress.of(person, timezone.now())
    return words(render_to_string("components/progress.html", {"progress": found}))


def test_the_dashboard_may_show_how_far_one_is() -> None:
    now = timezone.now()
    person = make_person(streak_days=3, streak_started_at=now - timedelta(days=3, hours=1), last_activity_at=now)
    BadgeAward.objects.create(person=person, badge="first-accepted", earned_at=now)
    part = part_of(person)
    for sentence in (
        "Level 1",
        "0 points. 4 more and you reach the next level.",
        "0 of 5 answers today.",
        "3 days. Your next answer within",
        "You have 1 badge: First words.",
    ):
        assert sentence in part
    profiles.change(person=person, now=now, daily_goal=0)
    assert "answers today" not in part_of(person)


def test_a_missed_day_is_told_while_it_can_be_made_good() -> None:
    now = timezone.now()
    person = make_person(
        streak_days=3, streak_started_at=now - timedelta(days=6), last_activity_at=now - timedelta(hours=40)
    )
    assert "You missed a day. It is forgiven if you answer in time; that happens once a month." in part_of(person)
