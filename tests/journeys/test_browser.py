"""The pages in a real Chromium: sign in, write, review, rank by keyboard, on a phone, without a word on the console."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.conf import settings

from accounts.models import User
from tasks.kinds import Kind
from tasks.models import Message, Ranking, Review, Task
from tests.journeys.reader import PHONE, Reader
from tests.pages.site import give, make_person, make_prompt, make_rankable, open_prompts

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page
    from pytest_django.live_server_helper import LiveServer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def crowd_of(count: int) -> list[User]:
    return [make_person(f"Volunteer {number}") for number in range(count)]


def test_a_newcomer_signs_in_and_writes_a_first_prompt(reader: Reader) -> None:
    open_prompts()
    reader.sign_in("newcomer@example.org")
    page = reader.page
    assert reader.fits()
    page.get_by_role("button", name="I am 16 or older and accept the terms").click()
    page.get_by_role("button", name="Skip all of this").click()
    page.get_by_role("button", name="Take one: Write a prompt").click()
    page.get_by_label("Your prompt").fill("Why is the sky blue?")
    page.get_by_text("1980 left").wait_for()
    assert reader.fits()
    # A reload, a crash, a dead battery: what was typed comes back.
    page.reload()
    page.get_by_text("What you had typed on this device is back.").wait_for()
    assert page.get_by_label("Your prompt").input_value() == "Why is the sky blue?"
    page.get_by_label("Your prompt").press("Control+Enter")
    page.get_by_role("heading", name="Thank you").wait_for()
    assert Message.objects.get().text == "Why is the sky blue?"
    assert page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('draft:')).length") == 0


def test_no_word_is_torn_apart_on_a_narrow_phone(reader: Reader) -> None:
    page = reader.page
    page.set_viewport_size({"width": 360, "height": 740})
    reader.sign_in(make_person("Me").email or "")
    page.context.add_cookies([{"name": settings.LANGUAGE_COOKIE_NAME, "value": "de", "url": reader.site}])
    reader.open("boards")
    torn = """words => words.filter((word) => {
        const range = document.createRange();
        range.selectNodeContents(word);
        return new Set([...range.getClientRects()].map((box) => box.top)).size > 1;
    }).map((word) => word.textContent.trim())"""
    assert page.locator(".main-nav a, .site-header-tools .button, .tabs a").evaluate_all(torn) == []
    assert reader.fits()


def test_a_review_by_touch_stores_what_was_tapped(reader: Reader) -> None:
    prompt = make_prompt(crowd_of(1)[0])
    person = make_person("Me")
    reader.sign_in(person.email or "")
    task = give(person, Kind.LABEL_INITIAL_PROMPT, prompt)
    reader.open("task", task.pk)
    page = reader.page
    page.get_by_role("button", name="Send", exact=True).click()
    page.get_by_text("Please answer this question").wait_for()
    page.get_by_role("group", name="Is the message spam?").get_by_role("radio", name="No").check()
    page.get_by_role("group", name="Quality").get_by_role("radio", name="4").check()
    humour = page.get_by_role("group", name="Humour")
    humour.get_by_role("radio", name="2").check()
    humour.get_by_role("radio", name="No answer").check()
    page.get_by_label("None of these").check()
    assert reader.fits()
    page.get_by_role("button", name="Send", exact=True).click()
    page.get_by_role("heading", name="Thank you").wait_for()
    labels = Review.objects.get(reviewer=person).labels
    assert (labels["spam"], labels["quality"], labels["pii"]) == (0, 0.75, 0)
    assert "humor" not in labels


def shown(page: Page) -> list[str]:
    items = page.locator("[data-ranking-item]")
    letters: list[str] = items.evaluate_all("items => items.map((item) => item.dataset.rankingItem)")
    return letters


def ranking_task(reader: Reader) -> tuple[User, Task]:
    prompt = make_rankable(crowd_of(5))
    person = make_person("Me")
    reader.sign_in(person.email or "")
    task = give(person, Kind.RANK_ASSISTANT_REPLIES, prompt)
    reader.open("task", task.pk)
    return person, task


def texts_of(ranking: Ranking) -> list[list[str]]:
    texts = {str(message.pk): message.text for message in Message.objects.all()}
    return [[texts[pk] for pk in group] for group in ranking.order]


def test_replies_are_ranked_by_keyboard(reader: Reader) -> None:
    person, _task = ranking_task(reader)
    page = reader.page
    first, second, third = [
        page.locator(f'[data-ranking-item="{letter}"] .prose').inner_text() for letter in ("A", "B", "C")
    ]
    handle = page.locator('[data-ranking-item="C"] [data-ranking-handle]')
    handle.focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    assert shown(page) == ["C", "A", "B"]
    assert "Reply C is now on place 1 of 3." in page.locator("[data-ranking-said]").inner_text()
    page.locator('[data-ranking-item="B"] [data-ranking-handle]').focus()
    page.keyboard.press("=")
    page.get_by_role("button", name="Send", exact=True).click()
    page.get_by_role("heading", name="Thank you").wait_for()
    best, tied = texts_of(Ranking.objects.get(ranker=person))
    assert best == [third]
    assert sorted(tied) == sorted([first, second])


def test_replies_are_ranked_by_dragging(reader: Reader) -> None:
    _person, _task = ranking_task(reader)
    page = reader.page
    page.locator("[data-ranking]").scroll_into_view_if_needed()
    page.locator('[data-ranking-item="B"] [data-ranking-handle]').hover()
    page.mouse.down()
    box = page.locator('[data-ranking-item="A"]').bounding_box()
    assert box
    page.mouse.move(box["x"] + 20, box["y"] + 5, steps=8)
    page.mouse.up()
    assert shown(page) == ["B", "A", "C"]
    assert page.locator("[data-ranking-item] select").evaluate_all("all => all.map((one) => one.value)") == [
        "1",
        "2",
        "3",
    ]


def test_nothing_is_ranked_by_merely_looking(reader: Reader) -> None:
    ranking_task(reader)
    page = reader.page
    page.get_by_role("button", name="Send", exact=True).click()
    page.get_by_text("Some replies have no place yet.").wait_for()
    assert not Ranking.objects.exists()
    page.get_by_role("button", name="The order shown is right").click()
    page.get_by_role("button", name="Send", exact=True).click()
    page.get_by_role("heading", name="Thank you").wait_for()


def test_thumbs_and_theme_change_without_a_reload(reader: Reader) -> None:
    prompt = make_prompt(crowd_of(1)[0])
    reader.sign_in(make_person("Me").email or "")
    reader.open("tree", prompt.tree_id)
    page = reader.page
    page.evaluate("window.stayed = true")
    page.get_by_role("button", name="Thumb up").click()
    page.get_by_role("button", name="Thumb up (1)").wait_for()
    page.get_by_role("button", name="Switch between light and dark").click()
    theme = page.evaluate("document.documentElement.dataset.theme")
    assert page.evaluate("window.stayed")
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == theme
    assert reader.fits()


def test_after_signing_in_again_in_another_tab_the_old_page_still_sends(reader: Reader) -> None:
    open_prompts()
    person = make_person("Me")
    reader.sign_in(person.email or "")
    task = give(person, Kind.INITIAL_PROMPT)
    reader.open("task", task.pk)
    page = reader.page
    page.get_by_label("Your prompt").fill("An hour of work")
    sessions = [cookie for cookie in page.context.cookies() if cookie.get("name") == "sessionid"]
    page.context.clear_cookies(name="sessionid")
    assert sessions
    page.get_by_role("button", name="Send", exact=True).click()
    page.get_by_role("heading", name="You are signed out").wait_for()
    assert page.locator("textarea").input_value() == "An hour of work"
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Sign in in a new tab").click()
    other = Reader(opened.value, reader.site)
    other.sign_in(person.email or "")
    page.get_by_role("button", name="I have signed in: send it again").click()
    page.get_by_role("heading", name="Thank you").wait_for()
    assert Message.objects.get().text == "An hour of work"
    assert other.complaints == []


def test_ranking_works_without_scripts(browser_of_this_run: Browser, live_server: LiveServer) -> None:
    context = browser_of_this_run.new_context(viewport=PHONE, java_script_enabled=False)
    context.set_default_timeout(10_000)
    reader = Reader(context.new_page(), live_server.url)
    person, _task = ranking_task(reader)
    page = reader.page
    for letter, place in (("A", "2"), ("B", "1"), ("C", "2")):
        page.get_by_label(f"Place of reply {letter}").select_option(place)
    page.get_by_role("button", name="Send", exact=True).click()
    page.get_by_role("heading", name="Thank you").wait_for()
    assert [len(group) for group in texts_of(Ranking.objects.get(ranker=person))] == [1, 2]
    context.close()
    assert reader.complaints == []
