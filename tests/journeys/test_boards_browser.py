"""What people reached, in a real Chromium: no barriers in either theme, nothing sticks out on a phone."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import PointEntry, User
from stats import awarding, boards, goals
from stats.models import Frame
from tasks import rewards
from tasks.models import Tree
from tasks.points import POINTS, Reason
from tasks.tree_states import State
from tests.journeys.reader import Reader
from tests.making import make_tree
from tests.pages.site import make_person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

_sources = count(1)


@pytest.fixture
def me() -> User:
    """Somebody with badges, points and a streak, below the best of a long board."""
    now = timezone.now()
    person = make_person("Noor", streak_days=7, streak_started_at=now - timedelta(days=7), last_activity_at=now)
    make_tree(state=State.READY_FOR_EXPORT, author=person)
    Tree.objects.update(finished_at=now)
    rewards.settle_points(now=now)
    for number in range(24):
        other = make_person(f"Björn Ragnarsson von und zu Hohenstein {number}")
        PointEntry.objects.bulk_create(
            PointEntry(
                person=other,
                reason=Reason.RANKED_FIRST,
                source=f"{next(_sources)}",
                points=POINTS[Reason.RANKED_FIRST],
                lang="de",
                created_at=now,
            )
            for _ in range(number + 1)
        )
    for frame in Frame:
        boards.count(frame=frame, now=now)
    goals.count(now=now)
    awarding.award(now=now, everybody=True)
    return person


@pytest.mark.parametrize("name", ["boards", "points", "badges"])
def test_a_page_has_no_barriers_in_either_theme_and_fits_a_phone(reader: Reader, me: User, name: str) -> None:
    reader.sign_in(me.email or "")
    for theme in ("light", "dark"):
        reader.page.context.add_cookies([{"name": "theme", "value": theme, "url": reader.site}])
        reader.open(name)
        assert reader.barriers() == []
    reader.page.set_viewport_size({"width": 360, "height": 800})
    assert reader.fits()
    reader.page.evaluate("document.documentElement.dir = 'rtl'")
    assert reader.fits()


def test_on_a_phone_the_table_scrolls_by_keyboard_and_not_the_page(reader: Reader, me: User) -> None:
    reader.sign_in(me.email or "")
    reader.page.set_viewport_size({"width": 360, "height": 800})
    reader.open("boards")
    table: Any = reader.page.get_by_role("region", name="Points of the last 7 days")
    table.focus()
    for _ in range(3):
        reader.page.keyboard.press("ArrowRight")
    # Scrolling is smooth, and Playwright's own waiting would need an `eval` that the page forbids.
    reader.page.evaluate(
        """() => new Promise((done) => {
            const look = () =>
                document.querySelector(".scroll").scrollLeft > 0 ? done() : requestAnimationFrame(look);
            look();
        })"""
    )
    assert reader.page.evaluate("scrollX") == 0
    assert reader.page.get_by_role("row", name="Noor You").is_visible()


def test_one_click_takes_a_name_off_the_boards(reader: Reader, me: User) -> None:
    reader.sign_in(me.email or "")
    reader.open("boards")
    reader.page.get_by_role("button", name="Do not show me on the boards").click()
    reader.page.get_by_role("button", name="Show me on the boards").wait_for()
    assert reader.page.get_by_role("row", name="Noor").count() == 0
    me.refresh_from_db()
    assert not me.show_on_leaderboard
