"""Moderators at work in a real Chromium: report, claim, delete, undo by keys; a severe item that appears by itself; an
appeal that somebody else decides."""

from __future__ import annotations

import time

import pytest
from django.utils import timezone

from accounts.models import Role, User
from moderation import actions, queue, reports
from moderation.models import Appeal, QueueItem
from moderation.severity import Severity, Source
from tasks.models import Message
from tests.journeys.reader import Reader
from tests.making import NOW, given, make_tree, replies_to, root_of
from tests.pages.site import make_person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def moderator() -> User:
    return make_person("Mora", role=Role.MODERATOR)


def make_reply(text: str = "Buy these shoes at once") -> Message:
    tree = make_tree(replies=2)
    reply = replies_to(root_of(tree))[0]
    Message.objects.filter(pk=reply.pk).update(text=text)
    reply.refresh_from_db()
    return reply


def test_report_claim_delete_undo(reader: Reader, moderator: User) -> None:
    reply = make_reply()
    page = reader.page
    volunteer = make_person("Vera")
    reader.sign_in(volunteer.email or "")
    reader.open("report", reply.pk)
    page.get_by_label("Spam", exact=False).first.check()
    page.get_by_label("In your own words", exact=False).fill("This is an advert.")
    page.get_by_role("main").get_by_role("button").last.click()
    page.get_by_text("The moderators will look at it").wait_for()
    page.context.clear_cookies()
    reader.sign_in(moderator.email or "")
    reader.open("moderation_queue")
    page.keyboard.press("n")
    page.get_by_text("This is an advert.").wait_for()
    page.wait_for_load_state()
    assert QueueItem.objects.get(pk=reply.pk).claimed_by == moderator
    page.keyboard.press("d")
    page.get_by_text("Deleted, with everything below it.").wait_for()
    page.wait_for_load_state()
    assert Message.objects.get(pk=reply.pk).deleted
    page.keyboard.press("z")
    page.get_by_role("status").get_by_text("Taken back.").wait_for()
    assert not Message.objects.get(pk=reply.pk).deleted
    assert not QueueItem.objects.get(pk=reply.pk).processed


def test_keys_do_nothing_while_somebody_types_and_destructive_ones_ask(reader: Reader, moderator: User) -> None:
    reply = make_reply()
    reports.report(message_id=reply.pk, person=make_person(), labels=["spam"], text="", now=timezone.now())
    reader.sign_in(moderator.email or "")
    reader.open("moderation_item", reply.pk)
    page = reader.page
    page.get_by_label("For its author").press_sequentially("dkb")
    assert page.get_by_label("For its author").input_value() == "dkb"
    page.get_by_role("heading", name="Decide").click()
    page.keyboard.press("b")
    page.get_by_role("button", name="Ban", exact=True).wait_for()
    assert reply.author is not None
    assert not User.objects.get(pk=reply.author.pk).is_banned
    page.keyboard.press("Enter")
    page.get_by_text("Its author is banned.").wait_for()
    assert User.objects.get(pk=reply.author.pk).is_banned


def test_a_severe_item_is_on_screen_within_five_seconds_of_being_filed(reader: Reader, moderator: User) -> None:
    reply = make_reply("Something dreadful")
    reader.sign_in(moderator.email or "")
    reader.open("moderation_queue")
    assert reader.page.get_by_text("May be harmful to read").count() == 0
    began = time.monotonic()
    queue.put(message=reply, source=Source.FINDING, severity=Severity.SEVERE, now=timezone.now())
    reader.page.locator("#severe-now").get_by_text("May be harmful to read").wait_for(timeout=5000)
    assert time.monotonic() - began < 5
    assert "Something dreadful" not in reader.page.content()
    assert reader.barriers() == []


def test_an_appeal_is_decided_by_a_second_moderator(reader: Reader, moderator: User) -> None:
    author = make_person("Anna")
    tree = make_tree(replies=1, authors=[author])
    (reply,) = replies_to(root_of(tree))
    actions.delete_message(message_id=reply.pk, by=make_person("Otto", role=Role.MODERATOR), why="", **given())
    page = reader.page
    reader.sign_in(author.email or "")
    reader.open("removed_message", reply.pk)
    page.get_by_role("textbox").fill("But it is a good answer.")
    page.get_by_role("main").get_by_role("button").last.click()
    page.get_by_text("Your appeal").first.wait_for()
    assert Appeal.objects.get().person == author
    page.context.clear_cookies()
    reader.sign_in(moderator.email or "")
    reader.open("moderation_queue")
    page.get_by_role("button", name="Take the next one").click()
    page.get_by_text("But it is a good answer.").wait_for()
    page.get_by_label("Your answer to them").fill("You are right.")
    page.get_by_role("button", name="They are right: bring it back").click()
    page.get_by_text("Their author is told how you decided.").wait_for()
    assert not Message.objects.get(pk=reply.pk).deleted
    page.context.clear_cookies()
    reader.sign_in(author.email or "")
    reader.open("news")
    page.get_by_text("appeal", exact=False).first.wait_for()


@pytest.mark.parametrize("harmful", [False, True])
def test_the_pages_have_no_barriers_in_either_theme_and_fit_a_phone(
    reader: Reader, moderator: User, harmful: bool
) -> None:
    reply = make_reply("A word that is much too long for a phone: " + "Wort" * 40)
    reports.report(message_id=reply.pk, person=make_person(), labels=["spam"], text="x" * 300, now=NOW)
    if harmful:
        queue.put(message=reply, source=Source.FINDING, severity=Severity.SEVERE, now=timezone.now())
    reader.sign_in(moderator.email or "")
    for name, args in (("moderation_queue", ()), ("moderation_item", (reply.pk,))):
        for theme in ("light", "dark"):
            reader.page.context.add_cookies([{"name": "theme", "value": theme, "url": reader.site}])
            reader.open(name, *args)
            assert reader.barriers() == []
        reader.page.set_viewport_size({"width": 360, "height": 800})
        assert reader.fits()
        reader.page.evaluate("document.documentElement.dir = 'rtl'")
        assert reader.fits()
        reader.page.set_viewport_size({"width": 1280, "height": 900})
