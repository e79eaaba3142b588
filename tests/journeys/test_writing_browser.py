"""Writing in a real Chromium: preview, hints while typing, drafts on two devices, pasted text, leaving."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from accounts.models import User
from common.text import normalised
from tasks import saved_drafts
from tasks.kinds import Kind
from tasks.models import Message, SavedDraft, Task
from tests.journeys.reader import Reader
from tests.pages.site import give, make_person, make_prompt, open_prompts

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page
    from pytest_django.live_server_helper import LiveServer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

GERMAN = "Wie lerne ich am besten Gitarre, wenn ich wenig Zeit habe und kein Geld ausgeben möchte?"


@pytest.fixture
def person() -> User:
    return make_person("Me")


@pytest.fixture
def task(reader: Reader, person: User) -> Task:
    """A prompt task, open in the browser of its holder."""
    open_prompts()
    reader.sign_in(person.email or "")
    task = give(person, Kind.INITIAL_PROMPT)
    reader.open("task", task.pk)
    return task


def text_of(reader: Reader) -> str:
    return reader.page.get_by_label("Your prompt").input_value()


def dark(page: Page, site: str) -> None:
    page.context.add_cookies([{"name": "theme", "value": "dark", "url": site}])


def test_a_preview_opens_follows_the_typing_and_closes(reader: Reader, task: Task) -> None:
    page = reader.page
    page.get_by_label("Your prompt").fill("Why is the **sky** blue?")
    button = page.get_by_role("button", name="Preview")
    button.click()
    page.get_by_role("region", name="Preview").locator("strong", has_text="sky").wait_for()
    page.get_by_label("Your prompt").fill("Why is the *sea* blue?")
    page.get_by_role("region", name="Preview").locator("em", has_text="sea").wait_for()
    page.get_by_text("Formatting").click()
    assert reader.barriers() == []
    assert reader.fits()
    button.click()
    assert page.get_by_role("region", name="Preview").count() == 0
    assert text_of(reader) == "Why is the *sea* blue?"


def test_hints_come_while_typing_and_the_text_moves_with_one_click(reader: Reader, person: User, task: Task) -> None:
    make_prompt(make_person(), "Can you explain why the sky is blue?")
    open_prompts("de")
    page = reader.page
    page.get_by_label("Your prompt").fill("Please explain why the sky is blue!")
    page.get_by_role("link", name="Can you explain why the sky is blue?").wait_for()
    page.get_by_label("Your prompt").fill(GERMAN)
    move = page.get_by_role("button", name="Write this in Deutsch instead")
    move.wait_for()
    dark(page, reader.site)
    assert reader.barriers() == []
    assert reader.fits()
    page.get_by_label("and add Deutsch to my languages").check()
    move.click()
    page.get_by_text("This task asks for a prompt in Deutsch").wait_for()
    assert text_of(reader) == GERMAN
    assert Task.objects.get(claimed_by=person).lang == "de"
    assert reader.barriers() == []
    page.get_by_role("button", name="Send", exact=True).click()
    page.get_by_role("heading", name="Thank you").wait_for()
    assert Message.objects.get(author=person).lang == "de"
    assert not SavedDraft.objects.exists()


def test_a_draft_is_found_on_another_device_and_the_newest_wins(
    reader: Reader, person: User, task: Task, browser_of_this_run: Browser, live_server: LiveServer
) -> None:
    reader.page.get_by_label("Your prompt").fill("Written on the phone")
    reader.page.get_by_text("Saved", exact=True).wait_for()
    context = browser_of_this_run.new_context()
    context.add_cookies(reader.page.context.cookies())
    desk = Reader(context.new_page(), live_server.url)
    desk.open("task", task.pk)
    desk.page.get_by_text("It was kept on the server, so it may be from another device.").wait_for()
    assert text_of(desk) == "Written on the phone"
    desk.page.get_by_label("Your prompt").fill("Written at the desk")
    desk.page.get_by_text("Saved", exact=True).wait_for()
    context.close()
    # The phone has an older text of its own.
    reader.page.evaluate(
        """key => localStorage.setItem(key, JSON.stringify({
            ...JSON.parse(localStorage.getItem(key)), at: Date.now() - 60_000 }))""",
        f"draft:{task.pk}",
    )
    reader.page.reload()
    assert text_of(reader) == "Written at the desk"
    reader.page.get_by_role("button", name="Start afresh").click()
    reader.page.get_by_text("Saved", exact=True).wait_for()
    reader.page.reload()
    assert text_of(reader) == ""


def test_a_tab_that_is_killed_loses_nothing(reader: Reader, task: Task) -> None:
    reader.page.get_by_label("Your prompt").fill("Typed in the last moment")
    # Gone before the pause after which the server is told; another device would still find it.
    reader.page.goto("about:blank")
    for _ in range(100):
        draft = SavedDraft.objects.first()
        if draft is not None:
            break
        reader.page.wait_for_timeout(50)
    assert draft is not None
    assert saved_drafts.text_of(draft) == "Typed in the last moment"


def test_without_a_connection_the_page_says_so_and_asks_before_it_is_left(reader: Reader, task: Task) -> None:
    page = reader.page
    page.context.set_offline(True)
    page.get_by_label("Your prompt").press_sequentially("Only here")
    page.get_by_text("Saved on this device only").wait_for()
    asked = []

    def stay(dialog: object) -> None:
        asked.append(dialog.type)  # type: ignore[attr-defined]
        dialog.dismiss()  # type: ignore[attr-defined]

    page.on("dialog", stay)
    page.evaluate("location.href = '/dashboard/'")
    page.wait_for_timeout(300)
    assert asked == ["beforeunload"]
    assert text_of(reader) == "Only here"
    page.context.set_offline(False)
    page.get_by_text("Saved", exact=True).wait_for()
    page.remove_listener("dialog", stay)
    page.on("dialog", lambda dialog: asked.append("again"))
    reader.open("dashboard")
    assert asked == ["beforeunload"]
    reader.complaints.clear()  # the requests that could not be made


PASTE = """(text, words) => {
    const data = new DataTransfer();
    data.setData("text/plain", words);
    text.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
    text.setRangeText(words, text.selectionStart, text.selectionEnd, "end");
}"""


def test_pasted_text_is_asked_about_once_and_counted(reader: Reader, task: Task) -> None:
    page = reader.page
    text = page.get_by_label("Your prompt")
    text.press_sequentially("My own words. ")
    text.evaluate(PASTE, "Pasted from elsewhere. " * 12)
    page.get_by_text("Did you write it yourself?").wait_for()
    assert reader.barriers() == []
    page.get_by_role("button", name="I wrote it").click()
    text.evaluate(PASTE, "And more of it. ")
    page.get_by_text("Saved", exact=True).wait_for()
    assert not page.get_by_text("Did you write it yourself?").is_visible()
    page.get_by_role("button", name="Send", exact=True).click()
    page.get_by_role("heading", name="Thank you").wait_for()
    share = Message.objects.get().pasted_share
    assert share is not None
    assert 0.9 < share < 1


@pytest.mark.parametrize("text", ["天空😀\u0085 ", "\ufeffabc", "\u001fx\u2003", "e\u0301\r\ny"])
def test_the_counter_counts_as_the_server_does(reader: Reader, task: Task, text: str) -> None:
    field = reader.page.get_by_label("Your prompt")
    field.evaluate("(field, text) => { field.value = text; field.dispatchEvent(new Event('input')); }", text)
    left = 2000 - len(normalised(text))
    reader.page.get_by_text(f"{left} left").wait_for()


def test_texts_never_sent_and_corrections_are_for_everybody(reader: Reader, person: User, task: Task) -> None:
    saved_drafts.save(
        task_id=task.pk, by=person, fields=[("text", "Why?")], typed_at=timezone.now(), now=timezone.now()
    )
    page = reader.page
    for theme in ("light", "dark"):
        page.context.add_cookies([{"name": "theme", "value": theme, "url": reader.site}])
        reader.open("drafts")
        page.get_by_text("Delete", exact=True).click()
        assert reader.barriers() == []
        assert reader.fits()
    message = make_prompt(person, "Why is the sky bleu?")
    for theme in ("light", "dark"):
        page.context.add_cookies([{"name": "theme", "value": theme, "url": reader.site}])
        reader.open("correct", message.pk)
        page.get_by_role("button", name="Preview").click()
        page.get_by_role("region", name="Preview").wait_for()
        assert reader.barriers() == []
        assert reader.fits()
    page.get_by_label("Your message").fill("Why is the sky blue?")
    page.get_by_role("button", name="Save the correction").click()
    page.get_by_text("Your message is corrected").wait_for()
    message.refresh_from_db()
    assert message.text == "Why is the sky blue?"
