"""What happened to my work: read on one page, counted in the header of all others."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts import news, profiles
from accounts.models import News, NewsKind, Role, User
from stats.badges import BADGES
from tasks.models import Message
from tests.making import make_tree, root_of
from tests.pages.site import client_of, make_person, make_prompt, review

pytestmark = pytest.mark.django_db

NOW = timezone.now()


@pytest.fixture
def client(person: User) -> Client:
    return client_of(person)


def tell(person: User, kind: NewsKind, number: int = 1, /, **about: Any) -> None:
    news.tell([News(person=person, kind=kind, source=f"{person.pk} {number}", about=about, at=NOW)])


def page(client: Client, **query: str) -> str:
    return client.get(reverse("news", query=query)).content.decode()


def test_who_was_told_nothing_learns_what_will_be_told(client: Client) -> None:
    assert "Here you read when a message of yours is accepted" in page(client)


def test_an_accepted_message_is_told_with_its_words_and_its_place(client: Client, person: User) -> None:
    prompt = make_prompt(person, "Why is the sky blue?")
    review(prompt, [make_person() for _ in range(3)])
    text = page(client)
    assert "The reviewers accepted a message of yours." in text
    assert "Why is the sky blue?" in text
    assert reverse("message", args=[prompt.pk]) in text


@pytest.mark.parametrize(
    ("kind", "about", "sentence"),
    [
        (NewsKind.MESSAGE_REJECTED, {}, "The reviewers did not accept a message of yours."),
        (NewsKind.REPORT_ANSWERED, {"decision": "deleted"}, "deleted the message. Thank you"),
        (NewsKind.REPORT_ANSWERED, {"decision": "kept"}, "A moderator read your report and kept the message."),
        (NewsKind.TASK_EXPIRED, {"kind": "label_initial_prompt"}, "The time for “Review a prompt” was over"),
        (NewsKind.TASK_EXPIRED, {"kind": "of long ago"}, "the task went back to everybody"),
        (NewsKind.BADGE_EARNED, {"badge": "of long ago"}, "You earned a badge."),
        (NewsKind.MESSAGE_REMOVED, {"reason": "spam"}, "A message of yours was removed. It reads like advertising"),
        (NewsKind.MESSAGE_REMOVED, {"reason": ""}, "A message of yours was removed."),
        (NewsKind.MESSAGE_REMOVED, {"reason": "of long ago"}, "A message of yours was removed."),
        (NewsKind.MESSAGE_REMOVED, {"with_another": True}, "yours is hidden with it"),
        (NewsKind.APPEAL_DECIDED, {"decision": "upheld"}, "A moderator agreed with your appeal"),
        (NewsKind.APPEAL_DECIDED, {"decision": "rejected"}, "Your message stays removed."),
        (NewsKind.WARNED, {"reason": "insult"}, "not to do something again. It insults or belittles somebody."),
        (NewsKind.SUSPENDED, {"until": "2030-05-06T07:08:00+00:00"}, "until May 6, 2030, 7:08 a.m. UTC."),
        (NewsKind.SUSPENDED, {}, "you cannot take part for a time."),
        (NewsKind.MODERATORS_CALLED, {}, "It needs a moderator now."),
    ],
)
def test_each_kind_of_news_is_a_sentence(
    client: Client, person: User, kind: NewsKind, about: dict[str, Any], sentence: str
) -> None:
    tell(person, kind, **about)
    assert sentence in page(client)


def test_a_kind_that_this_version_does_not_know_is_shown_all_the_same(client: Client, person: User) -> None:
    tell(person, "something_new")
    assert "something_new" in page(client)


def test_a_badge_is_told_by_name(client: Client, person: User) -> None:
    badge = next(iter(BADGES.values()))
    tell(person, NewsKind.BADGE_EARNED, badge=badge.slug)
    text = page(client)
    assert str(badge.name) in text
    assert str(badge.given_for) in text
    assert reverse("badges") in text


def test_what_may_no_longer_be_read_is_not_quoted(client: Client, person: User) -> None:
    message = root_of(make_tree())
    tell(person, NewsKind.REPORT_ANSWERED, decision="deleted", message_id=str(message.pk))
    Message.objects.update(deleted=True)
    text = page(client)
    assert message.text not in text
    assert reverse("message", args=[message.pk]) not in text


def test_what_was_removed_and_how_an_appeal_ended_is_one_click_away(client: Client, person: User) -> None:
    message = root_of(make_tree(author=person))
    Message.objects.update(deleted=True)
    for number, kind in enumerate((NewsKind.MESSAGE_REMOVED, NewsKind.APPEAL_DECIDED, NewsKind.WARNED)):
        tell(person, kind, number, message_id=str(message.pk))
    text = page(client)
    assert text.count(reverse("removed_message", args=[message.pk])) == 2
    assert reverse("notices") in text


def test_what_may_do_harm_is_not_quoted_among_the_news(person: User) -> None:
    moderator = make_person(role=Role.MODERATOR)
    message = root_of(make_tree())
    Message.objects.update(deleted=True)
    tell(moderator, NewsKind.MODERATORS_CALLED, message_id=str(message.pk))
    text = page(client_of(moderator))
    assert str(message.pk) in text
    assert message.text not in text


def test_opening_the_page_reads_the_news(client: Client, person: User) -> None:
    tell(person, NewsKind.MESSAGE_REJECTED)
    assert news.glance(person).unread == 1
    client.head(reverse("news"))
    assert news.glance(person).unread == 1, "asking for the head shows nothing"
    assert 'class="badge accent">New<' in page(client)
    assert news.glance(person).unread == 0
    assert 'class="badge accent">New<' not in page(client)


def test_what_comes_in_later_is_unread_again(client: Client, person: User) -> None:
    tell(person, NewsKind.MESSAGE_REJECTED)
    page(client)
    line = News(person=person, kind=NewsKind.MESSAGE_ACCEPTED, source="later", about={}, at=NOW + timedelta(seconds=1))
    news.tell([line])
    assert news.glance(person).unread == 1


def test_nobody_reads_the_news_of_others(client: Client) -> None:
    tell(make_person(), NewsKind.MESSAGE_REJECTED)
    assert "did not accept" not in page(client)


def test_older_news_is_on_the_next_page(client: Client, person: User) -> None:
    for number in range(45):
        tell(person, NewsKind.TASK_EXPIRED, number, kind="initial_prompt")
    pages, before = [], ""
    while True:
        response = client.get(reverse("news", query={"before": before} if before else {}))
        pages.append(len(response.context["lines"]))
        before = response.context["before"]
        if not before:
            break
    assert pages == [20, 20, 5]


@pytest.mark.parametrize("cursor", ["x", "1_x", "_", "9" * 30 + "_1", "-1_1"])
def test_a_broken_cursor_means_the_first_page(client: Client, person: User, cursor: str) -> None:
    tell(person, NewsKind.MESSAGE_REJECTED)
    assert "did not accept" in page(client, before=cursor)


def test_the_number_in_the_header_and_the_languages_cost_one_query(
    person: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    profiles.change(person=person, now=NOW, languages=["en", "de"])
    with django_assert_num_queries(1):
        seen = news.glance(person)
    assert seen == news.Glance(("en", "de"), 0)


def test_a_page_of_news_takes_few_queries(
    client: Client, person: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(20):
        message = root_of(make_tree())
        tell(person, NewsKind.MESSAGE_ACCEPTED, number, message_id=str(message.pk))
    with django_assert_max_num_queries(15):
        page(client)
