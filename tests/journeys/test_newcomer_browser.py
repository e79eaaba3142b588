"""What a newcomer goes through in a real Chromium: landing, practice, first steps, guidelines, statistics."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from accounts import profiles
from accounts.models import User
from stats import goals, public, series
from tasks.tree_states import State
from tests.journeys.reader import Reader
from tests.making import make_tree

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

THEMES = ("light", "dark")


def in_both_themes(reader: Reader, what: str) -> None:
    """No barrier, and nothing that sticks out, whatever the light."""
    for theme in THEMES:
        reader.page.context.add_cookies([{"name": "theme", "value": theme, "url": reader.site}])
        reader.page.reload()
        assert reader.barriers() == [], (what, theme)
        assert reader.fits(), (what, theme)


def test_a_visitor_tries_it_joins_and_takes_the_first_steps(reader: Reader) -> None:
    page = reader.page
    reader.open("home")
    page.get_by_role("link", name="Try it first").click()
    page.get_by_role("link", name="Rank user replies").click()
    for letter, place in (("A", "2"), ("B", "1"), ("C", "3")):
        page.get_by_label(f"Place of reply {letter}").select_option(place)
    page.get_by_role("button", name="See what others would say").click()
    page.get_by_role("heading", name="Most people would order them as you did").wait_for()
    assert reader.fits()
    assert reader.barriers() == []

    reader.sign_in("newcomer@example.org")
    page.get_by_role("button", name="I am 16 or older and accept the terms").click()
    page.get_by_label("I want to begin in").select_option("de")
    page.get_by_text("More languages").click()
    page.get_by_label("Español").check()
    assert reader.barriers() == []
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("Food and cooking").check()
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("link", name="Review a prompt").click()
    for question in ("Is the message spam?", "Quality"):
        page.get_by_role("group", name=question).get_by_role("radio").last.check()
    page.get_by_role("button", name="See what others would say").click()
    page.get_by_text("left it open").wait_for()
    assert reader.barriers() == []
    page.get_by_role("link", name="One more").click()
    page.get_by_role("group", name="Is the message spam?").get_by_role("radio", name="No").check()
    page.get_by_role("button", name="See what others would say").click()
    page.get_by_role("link", name="Do it in earnest").click()
    page.get_by_role("heading", level=1).wait_for()

    person = User.objects.get(email="newcomer@example.org")
    profile = profiles.of(person)
    assert person.lang == "de"
    assert profile.languages == ["de", "en", "es"]
    assert (profile.topics, profile.practised) == (["cooking"], ["label_initial_prompt"])


def test_pages_to_read_have_no_barriers_in_either_theme(reader: Reader) -> None:
    make_tree(state=State.READY_FOR_EXPORT, replies=2)
    make_tree(replies=3, lang="ar")
    now = timezone.now()
    public.count(now=now)
    series.count(now=now)
    goals.count(now=now)
    names = ("home", "statistics", "about", "privacy", "terms", "guidelines", "label_guidelines", "practices")
    for name in names:
        reader.open(name)
        in_both_themes(reader, name)
    for kind in ("initial_prompt", "label_assistant_reply", "rank_assistant_replies"):
        for name in ("guideline", "practice"):
            reader.open(name, kind)
            in_both_themes(reader, f"{name} {kind}")
    # From right to left, the charts and the folds included.
    reader.page.context.add_cookies([{"name": settings.LANGUAGE_COOKIE_NAME, "value": "ar", "url": reader.site}])
    reader.open("statistics")
    reader.page.locator("details.behind > summary").first.click()
    assert reader.page.locator("html").get_attribute("dir") == "rtl"
    in_both_themes(reader, "from right to left")


def test_pages_about_mishaps_have_no_barriers(reader: Reader) -> None:
    reader.page.goto(f"{reader.site}/nothing/here/")
    reader.page.get_by_role("heading", name="There is nothing here").wait_for()
    in_both_themes(reader, "404")
    reader.page.get_by_role("link", name="To the start page").click()
    reader.page.wait_for_url(reader.site + reverse("home"))
