"""News by mail: to whom, what, how often, and never twice."""

from __future__ import annotations

from datetime import datetime, timedelta
from smtplib import SMTPRecipientsRefused, SMTPServerDisconnected
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from pytest_django import Settings

from accounts import digest, news, profiles
from accounts.models import Mail, News, NewsKind, Profile, Status, User
from oasst_web import news_mail
from tests.making import NOW

pytestmark = pytest.mark.django_db

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def _known_site(settings: Settings) -> None:
    settings.SITE_URL = "https://chat.example.org"
    Moody.troubles.clear()


class Moody(EmailBackend):
    """A mail server that refuses as often as there are troubles."""

    troubles: list[Exception] = []

    def send_messages(self, messages: Any) -> int:
        if self.troubles:
            raise self.troubles.pop()
        return int(super().send_messages(messages))


def make_reader(mail: Mail = Mail.DAILY, *, proved: bool = True, **fields: Any) -> User:
    person = User.objects.create_user(f"{User.objects.count()}@example.org", display_name="Ada", **fields)
    EmailAddress.objects.create(user=person, email=person.email, primary=True, verified=proved)
    profiles.change(person=person, now=NOW - 30 * DAY, mail=mail)
    return person


def tell(person: User, at: datetime, kind: NewsKind = NewsKind.MESSAGE_ACCEPTED, count: int = 1) -> None:
    before = News.objects.count()
    news.tell(News(person=person, kind=kind, source=f"{before + number}", about={}, at=at) for number in range(count))


def sent(now: datetime) -> int:
    return news_mail.send(clock=lambda: now)


def test_news_are_counted_and_can_be_turned_off_with_one_click() -> None:
    person = make_reader()
    tell(person, NOW - HOUR, count=2)
    tell(person, NOW - HOUR, NewsKind.BADGE_EARNED)
    assert sent(NOW) == 1
    (message,) = mail.outbox
    assert message.to == [person.email]
    body = str(message.body)
    assert "Hello Ada," in body
    assert "- 2 messages of yours were accepted." in body
    assert "- You earned 1 badge." in body
    assert "https://chat.example.org/mine/" in body
    off = str(message.extra_headers["List-Unsubscribe"]).strip("<>")
    assert off in body
    assert message.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert not getattr(message, "alternatives", None)
    assert news_mail.person_of(off.rstrip("/").rsplit("/", 1)[1]) == person.pk


@pytest.mark.parametrize("kind", NewsKind)
def test_each_kind_of_news_has_its_sentence(kind: NewsKind) -> None:
    # Also who is suspended learns it.
    tell(make_reader(status=Status.SUSPENDED), NOW - HOUR, kind, count=3)
    assert sent(NOW) == 1
    assert "- 3 " in str(mail.outbox[0].body) or " 3 " in str(mail.outbox[0].body)


def test_nothing_is_sent_when_there_is_nothing_or_nobody_asked() -> None:
    make_reader()
    tell(make_reader(Mail.NEVER), NOW - HOUR)
    tell(make_reader(status=Status.BANNED), NOW - HOUR)
    tell(make_reader(proved=False), NOW - HOUR)
    assert sent(NOW) == 0


def test_once_a_day_or_once_a_week_at_most() -> None:
    daily, weekly = make_reader(), make_reader(Mail.WEEKLY)
    for day in range(8):
        for person in (daily, weekly):
            tell(person, NOW + day * DAY - HOUR)
        for hour in range(0, 24, 6):
            sent(NOW + day * DAY + hour * HOUR)
    assert [message.to[0] for message in mail.outbox].count(daily.email or "") == 8
    assert [message.to[0] for message in mail.outbox].count(weekly.email or "") == 2
    assert "7 messages" in str(mail.outbox[-1].body) or "7 messages" in str(mail.outbox[-2].body)


def test_the_same_news_are_told_once_and_late_ones_are_not_missed() -> None:
    person = make_reader()
    tell(person, NOW - HOUR)
    assert sent(NOW) == 1
    assert sent(NOW + DAY) == 0
    # Committed after the mail went out, with a time before it.
    tell(person, NOW - timedelta(seconds=2))
    assert sent(NOW + 2 * DAY) == 1
    assert "1 message " in str(mail.outbox[-1].body)


def test_what_was_read_on_the_site_is_not_mailed() -> None:
    person = make_reader()
    tell(person, NOW - 2 * HOUR)
    profiles.change(person=person, now=NOW, news_read_at=NOW - HOUR)
    assert sent(NOW) == 0
    tell(person, NOW - timedelta(minutes=10))
    assert sent(NOW) == 1


def test_whoever_turns_mail_on_is_not_told_of_the_past() -> None:
    person = make_reader(Mail.NEVER)
    tell(person, NOW - HOUR)
    profiles.change(person=person, now=NOW, mail=Mail.DAILY)
    assert sent(NOW + DAY) == 0


def test_a_worker_killed_after_taking_a_mail_never_tells_twice() -> None:
    person = make_reader()
    tell(person, NOW - HOUR)
    assert digest.take(person_id=person.pk, now=NOW) is not None
    assert digest.take(person_id=person.pk, now=NOW) is None
    assert sent(NOW + DAY) == 0


def test_a_mail_the_server_did_not_take_is_sent_by_the_next_sweep(settings: Settings) -> None:
    settings.EMAIL_BACKEND = "tests.accounts.test_digest.Moody"
    person = make_reader()
    tell(person, NOW - HOUR)
    Moody.troubles.append(SMTPServerDisconnected("gone"))
    assert sent(NOW) == 0
    assert sent(NOW + timedelta(minutes=30)) == 1


def test_an_address_that_is_refused_holds_nobody_up(settings: Settings) -> None:
    settings.EMAIL_BACKEND = "tests.accounts.test_digest.Moody"
    for _number in range(2):
        tell(make_reader(), NOW - HOUR)
    Moody.troubles.append(SMTPRecipientsRefused({}))
    assert sent(NOW) == 1
    assert sent(NOW + HOUR) == 0


def test_the_mail_is_in_the_language_of_their_pages(settings: Settings) -> None:
    settings.LANGUAGES = [("en", "English"), ("de", "Deutsch")]
    person = make_reader()
    profiles.change(person=person, now=NOW, interface_lang="de")
    tell(person, NOW - HOUR)
    (taken,) = [digest.take(person_id=person.pk, now=NOW)]
    assert taken is not None
    assert taken.lang == "de"


def test_without_an_address_of_the_site_there_is_no_link_and_so_no_mail(settings: Settings) -> None:
    settings.SITE_URL = ""
    person = make_reader()
    tell(person, NOW - HOUR)
    assert sent(NOW) == 0
    assert Profile.objects.get(person=person).mailed_at is not None
