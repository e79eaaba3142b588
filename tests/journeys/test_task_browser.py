"""The frame of the task pages in a real Chromium: lost connections, two tabs, killed tabs, and the next task."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from accounts.models import User
from tasks.kinds import Kind
from tasks.models import Message, Review, Task, TaskState
from tests.journeys.reader import Reader
from tests.pages.site import give, make_growing, make_person, make_prompt, make_reply, open_prompts, review, rules

if TYPE_CHECKING:
    from playwright.sync_api import APIResponse, Dialog, Page, Route

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

KEPT = "Your answer is kept on this device"


def begin(reader: Reader, kind: Kind = Kind.INITIAL_PROMPT) -> tuple[User, Task]:
    """Me, signed in, before a task."""
    open_prompts()
    person = make_person("Me")
    reader.sign_in(person.email or "")
    task = give(person, kind)
    reader.open("task", task.pk)
    return person, task


def send(page: Page) -> None:
    page.get_by_role("button", name="Send", exact=True).click()


def forgive(reader: Reader, *expected: str) -> None:
    """What the browser says about a connection that this test has cut."""
    reader.complaints[:] = [said for said in reader.complaints if not any(each in said for each in expected)]


def test_an_answer_sent_without_a_connection_goes_out_when_it_is_back(reader: Reader) -> None:
    begin(reader)
    page = reader.page
    page.locator("#id_text").fill("Why is the sky blue?")
    page.context.set_offline(True)
    send(page)
    page.get_by_text(f"You are not connected. {KEPT}").wait_for()
    assert page.locator("#id_text").input_value() == "Why is the sky blue?"
    assert reader.fits()
    assert reader.barriers() == []
    assert not Message.objects.exists()
    page.context.set_offline(False)
    page.get_by_role("heading", name="Thank you").wait_for()
    assert Message.objects.get().text == "Why is the sky blue?"
    assert page.evaluate("Object.keys(localStorage).filter((key) => /^(draft|sending):/.test(key))") == []
    forgive(reader, "ERR_INTERNET_DISCONNECTED")


def test_without_a_connection_an_answer_that_waits_is_not_left_unasked(reader: Reader) -> None:
    begin(reader)
    page = reader.page
    page.context.set_offline(True)
    page.locator("#id_text").press_sequentially("Why is the sky blue?")
    send(page)
    page.get_by_text(f"You are not connected. {KEPT}").wait_for()
    asked = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    page.evaluate("location.href = '/dashboard/'")
    page.wait_for_timeout(300)
    assert asked == ["beforeunload"]
    page.context.set_offline(False)
    page.get_by_role("heading", name="Thank you").wait_for()
    assert asked == ["beforeunload"]
    forgive(reader, "ERR_INTERNET_DISCONNECTED")


def test_an_answer_of_which_the_receipt_was_lost_is_stored_once(reader: Reader) -> None:
    begin(reader)
    page = reader.page
    lost: list[APIResponse] = []

    def lose(route: Route) -> None:
        if route.request.method == "POST" and not lost:
            lost.append(route.fetch())  # the site has it, and the phone goes into a tunnel
            route.abort("connectionreset")
        else:
            route.fallback()

    page.route("**/work/*/", lose)
    page.locator("#id_text").fill("Why is the sky blue?")
    send(page)
    page.get_by_role("heading", name="Thank you").wait_for()
    assert lost[0].ok
    assert Message.objects.count() == 1
    forgive(reader, "ERR_CONNECTION_RESET")


def test_a_tab_that_was_killed_before_the_answer_went_out_can_send_it_later(reader: Reader) -> None:
    _person, task = begin(reader)
    page = reader.page
    page.locator("#id_text").fill("Why is the sky blue?")
    page.context.set_offline(True)
    send(page)
    page.get_by_text(KEPT).wait_for()
    page.close()
    later = Reader(page.context.new_page(), reader.site)
    later.page.context.set_offline(False)
    later.open("task", task.pk)
    later.page.get_by_text("This answer could not be sent last time.").wait_for()
    assert later.page.locator("#id_text").input_value() == "Why is the sky blue?"
    send(later.page)
    later.page.get_by_role("heading", name="Thank you").wait_for()
    assert Message.objects.get().text == "Why is the sky blue?"
    assert later.complaints == []
    forgive(reader, "ERR_INTERNET_DISCONNECTED")


def test_two_tabs_store_one_answer_and_a_second_one_is_refused_with_its_text(reader: Reader) -> None:
    _person, task = begin(reader)
    first, others = reader.page, [Reader(reader.page.context.new_page(), reader.site) for _tab in range(2)]
    for tab in others:
        tab.open("task", task.pk)
    same, different = others
    for page, text in ((first, "Why?"), (same.page, "Why?"), (different.page, "Second thoughts")):
        page.locator("#id_text").fill(text)
    for page in (first, same.page):
        send(page)
        page.get_by_role("heading", name="Thank you").wait_for()
    send(different.page)
    different.page.get_by_text("You have already answered this task, and differently.").wait_for()
    assert different.page.locator("#id_text").input_value() == "Second thoughts"
    assert Message.objects.get().text == "Why?"
    assert [tab.complaints for tab in others] == [[], []]


def test_a_refused_answer_comes_back_as_an_ordinary_page(reader: Reader) -> None:
    begin(reader)
    page = reader.page
    page.locator("#id_text").fill("   ")
    send(page)
    page.get_by_text("The message is empty").wait_for()
    page.locator("#id_text").fill("Why is the sky blue?")
    send(page)
    page.get_by_role("heading", name="Thank you").wait_for()


def test_the_next_task_is_there_at_once_with_a_way_to_undo_the_last_one(reader: Reader) -> None:
    prompts = [make_prompt(make_person(), f"Prompt number {number}") for number in range(2)]
    person = make_person("Me")
    reader.sign_in(person.email or "")
    task = give(person, Kind.LABEL_INITIAL_PROMPT, prompts[0])
    reader.open("task", task.pk)
    page = reader.page
    asked: list[str] = []
    page.on("request", lambda request: asked.append(f"{request.method} {request.url.removeprefix(reader.site)}"))
    with page.expect_response(lambda response: "x-ahead" in response.request.headers) as fetched:
        page.get_by_label("then another one at once").check()
        page.get_by_role("group", name="Is the message spam?").get_by_role(
            "radio", name="No", exact=False
        ).first.check()
    address = fetched.value.url
    page.evaluate("performance.clearResourceTimings()")
    send(page)
    page.wait_for_url(address)
    page.get_by_text("Prompt number 1").wait_for()
    size = page.evaluate("performance.getEntriesByType('navigation')[0].transferSize")
    assert size == 0, "the page came from the browser's own memory"
    page.get_by_text("Your review is stored.").wait_for()
    page.get_by_role("button", name="Undo").wait_for()
    assert reader.barriers() == []
    # Back is not an answered form.
    page.go_back()
    page.get_by_role("heading", name="Thank you").wait_for()
    assert Review.objects.filter(reviewer=person).count() == 1


def test_whoever_leaves_gives_the_next_task_back(reader: Reader) -> None:
    person, task = begin(reader)
    page = reader.page
    with page.expect_response(lambda response: "x-ahead" in response.request.headers):
        page.get_by_label("then another one at once").check()
        page.locator("#id_text").fill("Why")
    assert Task.objects.held_by(person).count() == 2
    page.on("dialog", lambda dialog: dialog.accept())  # yes, leave
    page.get_by_role("link", name="Mine").click()
    page.get_by_role("heading", name="What you contributed").wait_for()
    # What a page says while it goes away is answered beside the next page, not before it.
    for _look in range(20):
        if Task.objects.held_by(person).count() == 1:
            break
        page.reload()
    assert Task.objects.get(state=TaskState.CLAIMED).pk == task.pk


def test_a_long_conversation_is_folded_on_a_phone_and_readable_by_keyboard(reader: Reader) -> None:
    crowd = [make_person(f"Volunteer {number}") for number in range(6)]
    rules(num_reviews_reply=1, max_tree_depth=8, max_children_count=1)
    message = make_growing(crowd[0], crowd[1:4])
    for number in range(1, 6):
        message = make_reply(message, crowd[number], f"Turn number {number}.")
        review(message, [crowd[number - 1]])
    person = make_person("Me")
    reader.sign_in(person.email or "")
    kind = Kind.ASSISTANT_REPLY if message.role == "prompter" else Kind.PROMPTER_REPLY
    task = give(person, kind, message)
    reader.open("task", task.pk)
    page = reader.page
    assert page.get_by_text("Why is the sky blue?").is_visible()
    assert page.get_by_text("Turn number 5.").is_visible()
    assert not page.get_by_text("Turn number 2.").is_visible()
    page.get_by_text("3 messages in between").focus()
    page.keyboard.press("Enter")
    assert page.get_by_text("Turn number 2.").is_visible()
    assert reader.fits()
    assert reader.barriers() == []
    page.set_viewport_size({"width": 1280, "height": 900})
    page.reload()
    page.get_by_text("Turn number 2.").wait_for()


def test_the_time_left_is_told_calmly(reader: Reader) -> None:
    """By the minute, and once in words when little is left; nothing is taken away at the end."""
    open_prompts()
    person = make_person("Me")
    reader.sign_in(person.email or "")
    task = give(person, Kind.INITIAL_PROMPT)
    page = reader.page
    page.clock.install()
    reader.open("task", task.pk)
    page.get_by_text("Kept for you for 30 minutes.").wait_for()
    assert not page.get_by_text("A few minutes are left.").is_visible()
    page.clock.fast_forward("26:00")
    page.get_by_text("Kept for you for 4 minutes.").wait_for()
    page.get_by_text("A few minutes are left.").wait_for()
    page.clock.fast_forward("05:00")
    page.get_by_text("The time for this task is over.").wait_for()
    assert page.locator("#id_text").is_editable()
