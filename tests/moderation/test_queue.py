"""The queue: one item per message, held by one moderator at a time, the worst first."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction

from accounts.models import User
from moderation import exposure, queue, reports
from moderation.log import NotAllowed
from moderation.models import QueueItem
from moderation.querysets import Wanted
from moderation.queue import ItemHeld, NotForYou
from moderation.severity import Severity, Source
from tasks.models import Message
from tests.making import NOW, another_connection, impatient, make_moderator, make_person, make_tree, root_of

pytestmark = pytest.mark.django_db

ANYTHING = Wanted()


def queued(
    severity: Severity = Severity.MEDIUM,
    *,
    lang: str = "en",
    source: Source = Source.FINDING,
    after: int = 0,
    author: User | None = None,
) -> Message:
    message = root_of(make_tree(lang=lang, author=author))
    queue.put(message=message, source=source, severity=severity, now=NOW + timedelta(minutes=after))
    return message


def test_all_that_speaks_against_a_message_is_one_item() -> None:
    message = root_of(make_tree())
    reports.report(message_id=message.pk, person=make_person(), labels=["spam"], text="Ads", now=NOW)
    reports.report(message_id=message.pk, person=make_person(), labels=["violence"], text="", now=NOW)
    queue.put(message=message, source=Source.FINDING, severity=Severity.LOW, now=NOW + timedelta(hours=1))
    item = QueueItem.objects.get()
    assert (item.sources, item.severity) == (["report", "finding"], Severity.HIGH)
    assert (item.opened_at, item.created_at) == (NOW, NOW + timedelta(hours=1))
    assert item.lang == "en"


def test_what_comes_after_a_decision_opens_the_item_anew() -> None:
    message = queued(Severity.SEVERE, source=Source.REPORT)
    assert queue.close(message_ids=[message.pk]) == [message.pk]
    later = NOW + timedelta(days=1)
    queue.put(message=message, source=Source.RED_FLAG, severity=Severity.LOW, now=later)
    item = QueueItem.objects.get()
    assert (item.processed, item.sources, item.severity, item.opened_at) == (False, ["red_flag"], 1, later)


def test_the_worst_comes_first_and_then_what_waits_longest() -> None:
    low, young, old, severe = (
        queued(Severity.LOW),
        queued(Severity.HIGH, after=5),
        queued(Severity.HIGH),
        queued(Severity.SEVERE, after=9),
    )
    given = [queue.claim_next(by=make_moderator(), wanted=ANYTHING, now=NOW + timedelta(hours=1)) for _ in range(5)]
    assert [item and item.pk for item in given] == [severe.pk, old.pk, young.pk, low.pk, None]


def test_only_what_is_wanted_is_handed_out() -> None:
    german = queued(Severity.HIGH, lang="de", source=Source.APPEAL)
    queued(Severity.LOW)
    now = NOW + timedelta(hours=2)
    for wanted in (
        Wanted(langs=["de"]),
        Wanted(source=Source.APPEAL),
        Wanted(severity=Severity.MEDIUM),
        Wanted(langs=["de", "fr"], since=NOW + timedelta(hours=1)),
    ):
        item = queue.claim_next(by=make_moderator(), wanted=wanted, now=now)
        assert item is not None
        assert item.pk == german.pk
        QueueItem.objects.update(claimed_by=None)
    assert queue.claim_next(by=make_moderator(), wanted=Wanted(since=NOW - timedelta(hours=1)), now=now) is None


def test_two_moderators_never_hold_one_item_until_its_time_is_over() -> None:
    message = queued()
    first, second = make_moderator(), make_moderator()
    queue.claim(message_id=message.pk, by=first, now=NOW)
    assert queue.claim_next(by=second, wanted=ANYTHING, now=NOW) is None
    with pytest.raises(ItemHeld):
        queue.claim(message_id=message.pk, by=second, now=NOW + queue.HELD - timedelta(seconds=1))
    again = queue.claim(message_id=message.pk, by=first, now=NOW + timedelta(minutes=5))
    assert again.claimed_until == NOW + timedelta(minutes=5) + queue.HELD
    taken = queue.claim(message_id=message.pk, by=second, now=NOW + timedelta(minutes=5) + queue.HELD)
    assert taken.claimed_by == second


def test_who_lets_go_lets_somebody_else_look_but_only_their_own() -> None:
    message = queued()
    first, second = make_moderator(), make_moderator()
    queue.claim(message_id=message.pk, by=first, now=NOW)
    queue.release(message_id=message.pk, by=second)
    assert QueueItem.objects.get().claimed_by == first
    queue.release(message_id=message.pk, by=first)
    assert queue.claim_next(by=second, wanted=ANYTHING, now=NOW) is not None


def test_nobody_decides_about_their_own_message() -> None:
    moderator = make_moderator()
    message = queued(author=moderator)
    assert queue.claim_next(by=moderator, wanted=ANYTHING, now=NOW) is None
    with pytest.raises(NotForYou):
        queue.claim(message_id=message.pk, by=moderator, now=NOW)


def test_only_moderators_take_items() -> None:
    with pytest.raises(NotAllowed):
        queue.claim_next(by=make_person(), wanted=ANYTHING, now=NOW)


@pytest.mark.django_db(transaction=True)
def test_an_item_somebody_is_just_taking_is_passed_by() -> None:
    busy, free = queued(Severity.SEVERE), queued(Severity.LOW)
    with another_connection() as cursor:
        cursor.execute("SELECT 1 FROM moderation_flaggedmessage WHERE message_id = %s FOR NO KEY UPDATE", [busy.pk])
        with impatient(), transaction.atomic():
            item = queue.claim_next(by=make_moderator(), wanted=ANYTHING, now=NOW)
    assert item is not None
    assert item.pk == free.pk


def test_harm_is_counted_once_a_day_for_each_item_and_capped(settings: object) -> None:
    settings.HARM_LIMIT = 2  # type: ignore[attr-defined]
    moderator = make_moderator()
    items = [queued(Severity.SEVERE) for _ in range(3)]
    harmless = queued(Severity.LOW)
    for message in (items[0], items[0], items[1]):
        exposure.show(message_id=message.pk, by=moderator, now=NOW)
    assert (exposure.seen(moderator, now=NOW), exposure.left(moderator, now=NOW)) == (2, 0)
    with pytest.raises(exposure.EnoughForToday):
        exposure.show(message_id=items[2].pk, by=moderator, now=NOW)
    exposure.show(message_id=items[0].pk, by=moderator, now=NOW)
    item = queue.claim_next(by=moderator, wanted=ANYTHING, now=NOW)
    assert item is not None
    assert item.pk == harmless.pk, "only harmless ones from now on"
    exposure.show(message_id=items[2].pk, by=moderator, now=NOW + timedelta(days=1))


def test_a_moderator_may_want_to_see_less_than_the_site_would_show_but_not_more(settings: object) -> None:
    settings.HARM_LIMIT = 5  # type: ignore[attr-defined]
    moderator = make_moderator()
    for chosen, limit in ((2, 2), (50, 5), (0, 0), (None, 5)):
        exposure.choose_limit(by=moderator, limit=chosen, now=NOW)
        assert exposure.limit(moderator) == limit
