"""How points are earned, and which I have."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import PointEntry, User
from stats import ledger
from tasks import rewards
from tasks.points import POINTS, Reason
from tests.pages.site import client_of, make_growing, make_person, make_reply

pytestmark = pytest.mark.django_db


def page_of(person: User, **query: str) -> str:
    response = client_of(person).get(reverse("points", query=query))
    assert response.status_code == 200
    return re.sub(r"\s+", " ", response.content.decode())


def words(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page))


def test_everything_that_earns_points_is_explained() -> None:
    page = words(page_of(make_person()))
    for part in (
        "You replied as the assistant For every reply you write as the assistant: it takes the most care. 4",
        "Somebody ranked your message first Each time somebody puts your message first among its siblings. 9",
        "You wrote a prompt For every prompt you write. 0.1",
        "A review that only repeats what was settled earns next to nothing here. it depends",
        "You are on level 1",
        "You have 0 points. The next level begins at 4: 4 more.",
        "None is running. Your next answer begins one.",
        "One missed day a month is forgiven.",
        "No points yet.",
    ):
        assert part in page


def test_a_line_leads_to_what_earned_it() -> None:
    author, *crowd = [make_person() for _ in range(4)]
    prompt = make_growing(author, crowd)
    reply = make_reply(prompt, crowd[0], "It **scatters** in the air.")
    rewards.settle_points(now=timezone.now())
    page = page_of(crowd[0])
    assert f'<a href="{reverse("message", args=[reply.pk])}">You replied as the assistant</a>' in page
    assert f'<a href="{reverse("message", args=[prompt.pk])}">You gave a full review</a>' in page
    assert "+4 You replied as the assistant It **scatters** in the air." in words(page)
    assert client_of(crowd[0]).get(reverse("message", args=[reply.pk]), follow=True).status_code == 200


def test_older_lines_are_on_the_next_page() -> None:
    person = make_person()
    now = timezone.now()
    for number in range(ledger.SIZE + 1):
        PointEntry.objects.create(
            person=person,
            reason=Reason.PROMPT if number < ledger.SIZE else Reason.RANKING,
            source=f"{number}",
            points=POINTS[Reason.PROMPT],
            created_at=now - timedelta(hours=number),
        )
    first = page_of(person)
    assert first.count('class="worth"') == ledger.SIZE
    assert ">Newest<" not in first
    after = re.search(r'href="\?after=([^"]+)">Older', first)
    assert after
    last = re.sub(r"\s+", " ", client_of(person).get(f"{reverse('points')}?after={after[1]}").content.decode())
    assert last.count('class="worth"') == 1
    assert "Older" not in last
    assert ">Newest<" in last


def test_a_forgiven_day_is_said_plainly() -> None:
    now = timezone.now()
    person = make_person(
        streak_started_at=now - timedelta(days=9, hours=1),
        streak_days=9,
        last_activity_at=now,
        streak_repaired_at=now - timedelta(days=3),
    )
    page = words(page_of(person))
    assert "9 days. Your next answer within" in page
    assert "One missed day a month is forgiven; used on" in page


def test_it_is_for_those_who_are_signed_in() -> None:
    assert Client().get(reverse("points")).status_code == 302


def test_the_page_keeps_the_content_security_policy_and_reads_little(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    person = make_person()
    for number in range(30):
        PointEntry.objects.create(
            person=person, reason=Reason.RANKING, source=f"{number}", points=POINTS[Reason.RANKING]
        )
    client = client_of(person)
    with django_assert_max_num_queries(15):
        page = client.get(reverse("points")).content.decode()
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=", page)
