"""Reviewing in a real Chromium: by keys alone, on a phone, and taken back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tasks.kinds import Kind
from tasks.models import Review, Skip
from tests.journeys.reader import Reader
from tests.pages.site import give, make_growing, make_person, make_reply, rules

if TYPE_CHECKING:
    from accounts.models import User
    from tasks.models import Task

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def left_behind(reader: Reader) -> Iterator[None]:
    """Leaving a page saves what was done there; that must arrive before the database is emptied."""
    yield
    reader.open("home")


def review_task(reader: Reader) -> tuple[User, Task]:
    """A full review of an assistant's reply, open before the reader."""
    rules(p_full_labeling_review_reply_assistant=1.0)
    crowd = [make_person(f"Volunteer {number}") for number in range(4)]
    reply = make_reply(make_growing(crowd[0], crowd[1:]), crowd[1], "It scatters.")
    person = make_person("Me")
    reader.sign_in(person.email or "")
    task = give(person, Kind.LABEL_ASSISTANT_REPLY, reply)
    reader.open("task", task.pk)
    return person, task


def test_a_review_is_given_by_keys_alone(reader: Reader) -> None:
    person, _task = review_task(reader)
    page = reader.page
    answered = page.locator("[data-review-progress]")
    assert answered.inner_text() == "0 of 9 answered"
    # Outside of the questions a key does nothing.
    page.locator("h1").click()
    page.keyboard.press("y")
    assert answered.inner_text() == "0 of 9 answered"
    page.get_by_role("group", name="Is the message spam?").get_by_role("radio", name="Yes").focus()
    page.keyboard.press("Control+y")
    page.keyboard.press("4")
    assert answered.inner_text() == "0 of 9 answered", "with Ctrl, and for keys of another kind, nothing happens"
    page.keyboard.press("n")
    page.keyboard.press("N".lower())
    assert answered.inner_text() == "2 of 9 answered"
    # The flags are ticked as ever, and Tab goes on.
    page.keyboard.press("Space")
    page.get_by_role("group", name="Quality").get_by_role("radio", name="No answer").focus()
    page.keyboard.press("4")
    page.keyboard.press("5")
    page.keyboard.press("0")
    page.keyboard.press("ArrowRight")
    assert page.get_by_role("group", name="Humour").get_by_role("radio", name="1 Serious").is_checked()
    page.keyboard.press("2")
    page.keyboard.press("1")
    page.keyboard.press("1")
    assert answered.inner_text() == "8 of 9 answered"
    assert page.get_by_role("button", name="Send", exact=True).evaluate("button => button === document.activeElement")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Thank you").wait_for()
    labels = Review.objects.get(reviewer=person).labels
    assert {name: labels.get(name) for name in ("spam", "fails_task", "lang_mismatch", "quality", "helpfulness")} == {
        "spam": 0, "fails_task": 0, "lang_mismatch": 1, "quality": 0.75, "helpfulness": 1,
    }  # fmt: skip
    assert {name: labels.get(name) for name in ("creativity", "humor", "toxicity", "violence")} == {
        "creativity": None, "humor": 0.25, "toxicity": 0, "violence": 0,
    }  # fmt: skip


def test_keys_are_text_while_somebody_writes(reader: Reader) -> None:
    review_task(reader)
    page = reader.page
    page.get_by_text("I would rather not do this one").click()
    words = page.get_by_label("In your own words, if you like")
    words.press_sequentially("Yes 5 n 1")
    assert words.input_value() == "Yes 5 n 1"
    assert page.locator("[data-review-progress]").inner_text() == "0 of 9 answered"


def test_on_a_phone_the_ends_and_the_chosen_point_are_read(reader: Reader) -> None:
    _person, task = review_task(reader)
    page = reader.page
    quality = page.get_by_role("group", name="Quality")

    def seen() -> list[str]:
        meanings = quality.locator(".meaning")
        return [
            text
            for text, width in zip(
                meanings.all_inner_texts(),
                meanings.evaluate_all("all => all.map((one) => one.getBoundingClientRect().width)"),
                strict=True,
            )
            if width > 1
        ]

    assert seen() == ["Useless", "Excellent"]
    quality.get_by_role("radio", name="4 Good").check()
    assert seen() == ["Useless", "Good", "Excellent"]
    quality.locator("summary").click()
    quality.get_by_text("How good the message is overall.").wait_for()
    assert reader.fits()
    for theme in ("light", "dark"):
        page.context.add_cookies([{"name": "theme", "value": theme, "url": reader.site}])
        reader.open("task", task.pk)
        assert reader.barriers() == []
    page.set_viewport_size({"width": 1280, "height": 900})
    assert seen() == ["Useless", "Weak", "Fair", "Good", "Excellent"]


def test_i_cannot_judge_this_is_one_tap(reader: Reader) -> None:
    person, _task = review_task(reader)
    reader.page.get_by_role("button", name="I can’t judge this").click()
    reader.page.get_by_text("Skipped. You will not be asked this again.").wait_for()
    assert Skip.objects.get(person=person).reason == "cannot_judge"


def test_a_review_is_taken_back_and_the_offer_goes_by_itself(reader: Reader) -> None:
    person, _task = review_task(reader)
    page = reader.page
    page.clock.install()
    page.get_by_role("group", name="Is the message spam?").get_by_role("radio", name="No").check()
    page.get_by_role("group", name="Quality").get_by_role("radio", name="2 Weak").check()
    page.get_by_role("button", name="Send", exact=True).click()
    page.get_by_role("button", name="Undo").click()
    page.get_by_text("Taken back.").wait_for()
    assert not Review.objects.filter(reviewer=person).exists()
    assert page.get_by_role("group", name="Quality").get_by_role("radio", name="2 Weak").is_checked()
    page.get_by_role("group", name="Quality").get_by_role("radio", name="3 Fair").check()
    page.get_by_role("button", name="Send", exact=True).click()
    page.get_by_role("button", name="Undo").wait_for()
    assert reader.barriers() == []
    page.clock.run_for(10_500)
    assert page.get_by_role("button", name="Undo").count() == 0
    assert Review.objects.get(reviewer=person).labels["quality"] == 0.5
