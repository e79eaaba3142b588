"""Ranking in a real Chromium: beside each other on a wide screen, below each other on a phone, and compared."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from django.templatetags.static import static

from tasks.kinds import Kind
from tasks.models import Ranking
from tests.journeys.reader import Reader
from tests.pages.site import give, make_person, make_rankable

if TYPE_CHECKING:
    from playwright.sync_api import FloatRect, ViewportSize

    from accounts.models import User
    from tasks.models import Task

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def left_behind(reader: Reader) -> Iterator[None]:
    """Leaving a page saves what was done there; that must arrive before the database is emptied."""
    yield
    reader.open("home")


WIDE: ViewportSize = {"width": 1280, "height": 900}
ALIKE = "Blue light is scattered more than red light, because its waves are shorter, so the sky looks {}."
TEXTS = (ALIKE.format("blue"), ALIKE.format("blue to us"), "Who knows.")


def ranking_task(reader: Reader, texts: tuple[str, ...] = TEXTS) -> tuple[User, Task]:
    prompt = make_rankable([make_person(f"Volunteer {number}") for number in range(len(texts) + 2)], texts)
    person = make_person("Me")
    reader.sign_in(person.email or "")
    task = give(person, Kind.RANK_ASSISTANT_REPLIES, prompt)
    reader.open("task", task.pk)
    return person, task


def shown(reader: Reader) -> str:
    items = reader.page.locator("[data-ranking-item]")
    return "".join(items.evaluate_all("items => items.map((item) => item.dataset.rankingItem)"))


def box(reader: Reader, letter: str) -> FloatRect:
    found = reader.page.locator(f'[data-ranking-item="{letter}"]').bounding_box()
    assert found
    return found


def drag(reader: Reader, letter: str, *, to: str, past: bool) -> None:
    """Carry a reply to the left or right part of where another one is."""
    page = reader.page
    page.locator(f'[data-ranking-item="{letter}"] [data-ranking-handle]').hover()
    page.mouse.down()
    there = box(reader, to)
    page.mouse.move(there["x"] + there["width"] * (0.8 if past else 0.2), there["y"] + 30, steps=12)
    page.mouse.up()


def test_on_a_wide_screen_replies_stand_beside_each_other_and_are_dragged_there(reader: Reader) -> None:
    reader.page.set_viewport_size(WIDE)
    ranking_task(reader)
    page = reader.page
    tops = {box(reader, letter)["y"] for letter in "ABC"}
    assert len(tops) == 1
    assert box(reader, "A")["x"] < box(reader, "B")["x"] < box(reader, "C")["x"]
    assert reader.fits()
    drag(reader, "C", to="A", past=False)
    assert shown(reader) == "CAB"
    assert "Reply C is now on place 1 of 3." in page.locator("[data-ranking-said]").inner_text()
    drag(reader, "C", to="A", past=True)
    assert shown(reader) == "ACB"
    places = page.locator("[data-ranking-item] select").evaluate_all("all => all.map((one) => one.value)")
    assert places == ["1", "2", "3"]


def test_from_right_to_left_dragging_and_arrows_go_the_other_way(reader: Reader) -> None:
    reader.page.set_viewport_size(WIDE)
    ranking_task(reader)
    page = reader.page
    page.evaluate("document.documentElement.dir = 'rtl'")
    assert box(reader, "A")["x"] > box(reader, "B")["x"] > box(reader, "C")["x"]
    drag(reader, "C", to="A", past=True)
    assert shown(reader) == "CAB"
    page.locator('[data-ranking-item="C"] [data-ranking-handle]').focus()
    page.keyboard.press("ArrowLeft")
    assert shown(reader) == "ACB"
    page.keyboard.press("ArrowRight")
    assert shown(reader) == "CAB"
    assert reader.fits()


def test_four_replies_stand_in_two_rows_and_are_dragged_between_them(reader: Reader) -> None:
    reader.page.set_viewport_size(WIDE)
    ranking_task(reader, (*TEXTS, "Because."))
    assert box(reader, "A")["y"] == box(reader, "B")["y"] < box(reader, "C")["y"] == box(reader, "D")["y"]
    drag(reader, "D", to="A", past=False)
    assert shown(reader) == "DABC"
    drag(reader, "D", to="B", past=True)
    assert shown(reader) in ("ABDC", "ABCD")


def test_a_finger_carries_a_reply_on_a_phone(reader: Reader) -> None:
    ranking_task(reader)
    page = reader.page
    handle = page.locator('[data-ranking-item="B"] [data-ranking-handle]')
    handle.scroll_into_view_if_needed()
    start = handle.bounding_box()
    assert start
    goal = box(reader, "A")
    x, y = start["x"] + 10, start["y"] + 10
    fingers = page.context.new_cdp_session(page)
    fingers.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for step in range(1, 9):
        point = {"x": x, "y": y + (goal["y"] + 5 - y) * step / 8}
        fingers.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
    fingers.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    assert shown(reader) == "BAC"


def test_an_order_that_waits_to_be_sent_is_not_sent_while_it_is_changed(reader: Reader) -> None:
    ranking_task(reader)
    page = reader.page
    page.get_by_role("button", name="The order shown is right").click()
    page.context.set_offline(True)
    page.get_by_role("button", name="Send", exact=True).click()
    waiting = page.get_by_text("You are not connected.")
    waiting.wait_for()
    page.get_by_role("button", name="Move reply C up").click()
    waiting.wait_for(state="hidden")
    page.context.set_offline(False)
    page.wait_for_timeout(300)
    assert not Ranking.objects.exists()
    reader.complaints.clear()  # the requests that could not be made


def test_near_equal_replies_show_their_difference_and_hide_it_again(reader: Reader) -> None:
    ranking_task(reader)
    page = reader.page
    near = page.get_by_role("button", name="(nearly the same)")
    assert near.count() == 2, "without being asked for, and only for the two that are alike"
    longer = page.locator("[data-ranking-item]").filter(has_text="blue to us")
    before = longer.locator(".prose").inner_html()
    longer.get_by_role("button", name="(nearly the same)").click()
    marked = longer.locator("ins")
    assert marked.evaluate_all("all => all.map((one) => one.lastChild.data)") == ["to us"]
    assert "only here:" in (marked.text_content() or "")
    assert marked.evaluate("one => getComputedStyle(one).textDecorationLine") == "underline"
    assert longer.locator("del").count() == 0
    for theme in ("light", "dark"):
        page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
        assert reader.barriers() == []
    assert reader.fits()
    longer.get_by_role("button", name="(nearly the same)").click()
    assert longer.locator(".prose").count() == 1
    assert longer.locator(".prose").inner_html() == before
    shorter = page.locator("[data-ranking-item]").filter(has_text="looks blue.")
    shorter.get_by_role("button", name="(nearly the same)").click()
    assert shorter.locator("del").evaluate_all("all => all.map((one) => one.lastChild.data)") == ["to us"]
    assert shorter.locator("del").evaluate("one => getComputedStyle(one).textDecorationLine") == "line-through"


COMPARE = """async ([module, here, there]) => {
    const { compared, likeness, partsOf } = await import(module);
    const element = (html) => Object.assign(document.createElement("div"), { innerHTML: html });
    const found = compared(element(here), element(there), { here: "", there: "" });
    if (!found) return null;
    for (const heard of found.copy.querySelectorAll(".for-listeners")) heard.remove();
    return found.copy.innerHTML;
}"""


@pytest.mark.parametrize(
    ("here", "there", "marked"),
    [
        ("<p>one two</p>", "<p>one two</p>", "<p>one two</p>"),
        ("<p>one two three</p>", "<p>one three</p>", "<p>one <ins>two</ins> three</p>"),
        ("<p>one three</p>", "<p>one two three</p>", "<p>one <del>two</del>three</p>"),
        ("<p>one</p>", "<p>one two</p>", "<p>one<del>two</del></p>"),
        ("<p>a <b>bold</b> word</p>", "<p>a word</p>", "<p>a <b><ins>bold</ins></b> word</p>"),
        ("<p>天空是蓝色的</p>", "<p>天空是红色的</p>", "<p>天空是<ins>蓝</ins><del>红</del>色的</p>"),
        ("", "<p>gone</p>", "<del>gone</del>"),
        ("<p>new, all</p>", "", "<p><ins>new, all</ins></p>"),
        ("<p>" + "a b " * 3000 + "</p>", "<p>" + "c d " * 3000 + "</p>", None),
    ],
)
def test_words_and_single_characters_are_marked_within_the_formatting(
    reader: Reader, here: str, there: str, marked: str | None
) -> None:
    reader.open("home")
    assert reader.page.evaluate(COMPARE, [static("js/compare.js"), here, there]) == marked


def test_what_is_said_beside_the_order_is_kept_over_a_reload_and_stored(reader: Reader) -> None:
    person, _task = ranking_task(reader)
    page = reader.page
    assert not page.get_by_text("Why not?").is_visible()
    page.get_by_label("Unacceptable: reply C").check()
    page.get_by_label("These replies cannot be ranked").check()
    page.get_by_label("They understand the message in different ways").check()
    page.get_by_text("Add a comment").click()
    page.get_by_label("A comment, if you like").fill("Two of them answer something else.")
    page.reload()
    assert page.get_by_label("A comment, if you like").input_value() == "Two of them answer something else."
    assert page.get_by_label("A comment, if you like").is_visible()
    with page.expect_popup() as opened:
        page.get_by_role("link", name=re.compile("^Report.*reply A.*new tab")).click()
    opened.value.get_by_role("heading", name="Report a message").wait_for()
    opened.value.close()
    page.get_by_role("button", name="Send", exact=True).click()
    page.get_by_role("heading", name="Thank you").wait_for()
    ranking = Ranking.objects.get(ranker=person)
    assert (ranking.not_rankable, ranking.why_not) == (True, "not_comparable")
    assert ranking.comment == "Two of them answer something else."
    assert len(ranking.unacceptable) == 1
