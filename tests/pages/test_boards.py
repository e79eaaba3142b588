"""The leaderboards as people see them: a real table, their own place, and the goals of the week."""

from __future__ import annotations

import re
from datetime import timedelta
from itertools import count

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import PointEntry, Status, User
from oasst_web.pages.boards import BEST, WINDOW
from stats import boards, goals
from stats.models import Frame, LanguageGoal
from tasks.points import POINTS, Reason
from tests.pages.site import client_of, make_person

pytestmark = pytest.mark.django_db

_sources = count(1)


def earn(person: User, times: int = 1, *, lang: str = "en", days: float = 0, reason: Reason = Reason.RANKING) -> None:
    PointEntry.objects.bulk_create(
        PointEntry(
            person=person,
            reason=reason,
            source=f"{next(_sources)}",
            points=POINTS[reason],
            lang=lang,
            created_at=timezone.now() - timedelta(days=days),
        )
        for _ in range(times)
    )


def counted(*frames: Frame) -> None:
    for frame in frames or Frame:
        boards.count(frame=frame, now=timezone.now())


def page_of(client: Client, **query: str) -> str:
    response = client.get(reverse("boards", query=query))
    assert response.status_code == 200
    return re.sub(r"\s+", " ", response.content.decode())


def words(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page)).strip()


def rows(page: str) -> list[str]:
    return [words(row) for row in re.findall(r"<tr.*?</tr>", page[page.index("<tbody") : page.index("</tbody")])]


def test_the_best_are_a_table_that_names_its_rows_and_columns() -> None:
    me, other = make_person("Mia"), make_person("")
    earn(me, 3)
    earn(other, 1, reason=Reason.RANKED_FIRST)
    counted()
    page = page_of(client_of(me))
    assert rows(page) == ["1 Somebody without a name 9 0 1 0 0", "2 Mia You 3 0 0 0 0"]
    assert re.search(r"<caption[^>]*> Points of the last 7 days", page)
    assert len(re.findall(r'<th scope="col"', page)) == 7
    assert len(re.findall(r'<th scope="row"', page)) == 2
    assert 'role="region" tabindex="0" aria-labelledby="board-caption"' in page
    assert "Counted 0 minutes ago; counted anew every 15 minutes." in words(page)
    assert "What the columns say" in page


@pytest.mark.parametrize(
    ("frame", "names"), [("day", ["now"]), ("week", ["now", "days"]), ("total", ["now", "days", "years"])]
)
def test_each_time_has_a_board(frame: str, names: list[str]) -> None:
    for points, (name, days) in enumerate((("years", 700), ("days", 3), ("now", 0)), start=1):
        earn(make_person(name), points, days=days)
    counted()
    page = page_of(client_of(make_person()), frame=frame)
    assert [row.split()[1] for row in rows(page)] == names
    assert re.search(rf'frame={frame}" aria-current="page"', page)


def test_each_language_has_a_board() -> None:
    german, english = make_person("Greta"), make_person("Emily")
    earn(german, lang="de")
    earn(english, lang="en")
    counted()
    page = page_of(client_of(make_person()), lang="de")
    assert rows(page) == ["1 Greta 1 0 0 0 0"]
    assert re.search(r'value="de" lang="de" selected', page)
    assert '<span lang="de">Deutsch</span>' in page
    assert "frame=month&amp;lang=de" in page, "the language stays when the time changes"


@pytest.mark.parametrize("query", [{"frame": "century", "lang": "xx"}, {"frame": "", "lang": "<b>"}])
def test_what_there_is_not_is_the_week_of_all_languages(query: dict[str, str]) -> None:
    earn(make_person("Mia"))
    counted()
    page = page_of(client_of(make_person()), **query)
    assert rows(page) == ["1 Mia 1 0 0 0 0"]


def test_who_is_further_down_sees_the_rows_around_them() -> None:
    people = [make_person(f"No {number}") for number in range(BEST + 10)]
    for number, person in enumerate(people):
        earn(person, len(people) - number)
    counted(Frame.WEEK)
    me = people[BEST + 5]
    found = rows(page_of(client_of(me)))
    assert len(found) == BEST + 1 + WINDOW
    assert "Others stand between." in found[BEST]
    assert [row.split()[0] for row in found[BEST + 1 :]] == [f"{BEST + 6 + step}" for step in (-2, -1, 0, 1, 2)]
    assert f"{BEST + 6} No {BEST + 5} You" in found[BEST + 3]
    just_below = rows(page_of(client_of(people[BEST])))
    assert not any("Others stand between." in row for row in just_below)
    assert [int(row.split()[0]) for row in just_below] == list(range(1, BEST + 4)), "nobody is shown twice"


def test_one_click_off_the_boards_and_one_back() -> None:
    me, other = make_person("Mia"), make_person("Other")
    for person in (me, other):
        earn(person, 2)
    counted()
    client = client_of(me)
    assert "Place" in words(page_of(client))
    response = client.post(reverse("choose_boards"), {"shown": "no", "next": "/boards/?frame=day"}, follow=True)
    assert response.redirect_chain == [("/boards/?frame=day", 302)]
    page = page_of(client)
    assert [row.split()[1] for row in rows(page)] == ["Other"]
    assert "The boards do not show you. Only you see that you earned 2 points." in words(page)
    assert "Mia" not in page_of(client_of(other))
    client.post(reverse("choose_boards"), {"shown": "yes"})
    counted()
    assert "Mia" in page_of(client_of(other))


def test_suspended_people_may_still_take_their_name_off() -> None:
    me = make_person(status=Status.SUSPENDED)
    assert client_of(me).post(reverse("choose_boards"), {"shown": "no"}).status_code == 302
    me.refresh_from_db()
    assert not me.show_on_leaderboard


def test_names_are_only_for_those_who_are_signed_in() -> None:
    response = Client().get(reverse("boards"))
    assert response.status_code == 302
    assert reverse("account_login") in response["Location"]
    assert Client().post(reverse("choose_boards"), {"shown": "no"}).status_code != 200


def test_before_anything_is_counted_the_page_says_what_to_do() -> None:
    page = page_of(client_of(make_person()))
    assert "Nobody earned points here in this time, or they have not been counted yet." in page
    assert "No language has a goal yet." in page
    assert reverse("dashboard") in page


def test_a_name_is_text_and_has_a_direction_of_its_own() -> None:
    earn(make_person("<b>سارة</b>"))
    counted()
    assert "<bdi>&lt;b&gt;سارة&lt;/b&gt;</bdi>" in page_of(client_of(make_person()))


def test_the_goals_of_the_week_are_told_in_numbers_too() -> None:
    now = timezone.now()
    for lang, target, finished, people in (("de", 100, 37, 12), ("ar", 5, 6, 1), ("en", 5, 0, 0)):
        LanguageGoal.objects.create(
            lang=lang,
            week=goals.week_of(now),
            target=target,
            finished=finished,
            people=people,
            counted_at=now,
            reached_at=now if finished >= target else None,
        )
    page = page_of(client_of(make_person()))
    shown = words(page)
    assert "العربية 6 6 of 5 conversations finished this week. 1 person has a part in it. Goal reached." in shown
    assert "Deutsch 37 37 of 100 conversations finished this week. 12 people have a part in it." in shown
    assert "English 0 0 of 5 conversations finished this week." in shown
    assert re.search(
        r'<meter class="gauge" min="0" max="100" value="37" aria-label="Conversations finished in Deutsch">', page
    )


def test_the_page_keeps_the_content_security_policy_and_reads_little(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    people = [make_person(f"No {number}") for number in range(BEST + 10)]
    for number, person in enumerate(people):
        earn(person, len(people) - number)
    counted(Frame.WEEK)
    client = client_of(people[-1])
    with django_assert_max_num_queries(15):
        page = page_of(client)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=", page)
