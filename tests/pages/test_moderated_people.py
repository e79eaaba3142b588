"""People as moderators see them: searching, the page of one person, and what is done from there."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts import shut_out
from accounts.models import ApiClient, News, NewsKind, Role, Status, User
from moderation import notes
from moderation.log import NotAboveThem
from moderation.models import Action, ActionLog, PersonNote, QueueItem
from moderation.severity import Severity
from tasks.models import Message, Reliability
from tests.making import BEFORE, add_message, advance, make_tree, replies_to, root_of
from tests.pages.site import client_of, make_person

pytestmark = pytest.mark.django_db

GROUNDS = {"reason": "spam", "told": "Please read the guidelines.", "why": "third time"}


@pytest.fixture
def moderator() -> User:
    return make_person("Grace", role=Role.MODERATOR)


@pytest.fixture
def client(moderator: User) -> Client:
    return client_of(moderator)


@pytest.fixture
def admin() -> Client:
    return client_of(make_person("Ada", role=Role.ADMIN))


def found(client: Client, **query: str) -> list[str]:
    """The names in the list, in order."""
    response = client.get(reverse("moderated_people"), query)
    assert response.status_code == 200
    return re.findall(r"<h2>\s*<a [^>]*><bdi>(.*?)</bdi>", response.content.decode())


def page_of(client: Client, person: User) -> str:
    response = client.get(reverse("moderated_person", args=[person.pk]))
    assert response.status_code == 200
    return " ".join(re.sub(r"<[^>]*>", " ", response.content.decode()).split())


def act(client: Client, name: str, person: User, **form: Any) -> Any:
    return client.post(reverse(name, args=[person.pk]), form)


# --- the list


def test_only_moderators_come_in(person: User) -> None:
    for name in ("moderated_people", "proposals", "audit_log", "audit_export"):
        assert client_of(person).get(reverse(name)).status_code == 403
        assert Client().get(reverse(name)).status_code == 302
    for name in ("moderated_person", "merge_person", "propose_purge"):
        assert client_of(person).get(reverse(name, args=[person.pk])).status_code == 403
    for name in ("warn_person", "suspend_person", "ban_person", "unban_person", "note_person", "rename_person"):
        assert act(client_of(person), name, person, **GROUNDS).status_code == 403
    assert not ActionLog.objects.exists()


def test_people_are_found_by_name_address_id_and_by_what_a_client_calls_them(client: Client) -> None:
    program = ApiClient.objects.create(key_hash="x", description="A bot on Discord")
    lise = make_person("Lise Meitner", lang="de")
    EmailAddress.objects.create(user=lise, email="lise@second.example", verified=True)
    make_person("Emmy", api_client=program, username="emmy#12", status=Status.BANNED)
    assert found(client, q="meit") == ["Lise Meitner"]
    assert lise.email is not None
    assert found(client, q=lise.email) == ["Lise Meitner"]
    assert found(client, q="LISE@sec") == ["Lise Meitner"]
    assert found(client, q="second.example") == [], "not by the middle of an address"
    assert found(client, q=str(lise.pk)) == ["Lise Meitner"]
    assert found(client, q="emmy#") == found(client, q="Discord") == ["Emmy"]
    assert found(client, status="banned") == ["Emmy"]
    assert found(client, lang="de") == ["Lise Meitner"]
    assert found(client, role="moderator") == ["Grace"]
    for words in ("nobody\x00", "%", "'; DROP", "e" * 300):
        assert found(client, q=words) is not None


def test_addresses_are_shown_and_searched_only_by_somebody_above(client: Client, admin: Client) -> None:
    volunteer, colleague = make_person("V"), make_person("C", role=Role.MODERATOR)
    assert volunteer.email is not None
    assert colleague.email is not None
    assert found(client, q=colleague.email) == []
    assert found(admin, q=colleague.email) == ["C"]
    listed = client.get(reverse("moderated_people")).content.decode()
    assert volunteer.email in listed
    assert colleague.email not in listed
    assert colleague.email not in page_of(client, colleague)
    assert colleague.email in page_of(admin, colleague)


def test_the_list_goes_on_where_the_page_before_ended(client: Client) -> None:
    now = timezone.now()
    for number in range(45):
        make_person(f"P{number}", last_activity_at=now - timedelta(minutes=number))
    seen: list[str] = []
    after = ""
    while True:
        response = client.get(reverse("moderated_people"), {"q": "P", "after": after})
        page = response.content.decode()
        seen += re.findall(r"<bdi>(P\d+)</bdi>", page)
        more = re.search(r'after=([^"&]+)">More', page)
        if more is None:
            break
        after = more.group(1).replace("%3A", ":").replace("%2B", "+")
    assert seen == [f"P{number}" for number in range(45)]


def test_a_row_tells_points_messages_and_how_much_was_rejected(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    people = [make_person(f"V{number}") for number in range(8)]
    for one in people:
        make_tree(replies=1, authors=[one], verdict=False)
        make_tree(replies=1, authors=[one])
    with django_assert_max_num_queries(8):
        response = client.get(reverse("moderated_people"), {"q": "V"})
    words = " ".join(re.sub(r"<[^>]*>", " ", response.content.decode()).split())
    assert words.count("Messages 2 Rejected 50 %") == 8


# --- one person


def test_the_page_tells_what_helps_to_judge(
    client: Client, moderator: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    troll = make_person("Troll")
    for verdict in (True, False, False, False):
        make_tree(replies=1, authors=[troll], verdict=verdict)
    Message.objects.filter(author=troll).update(pasted_share=0.8)
    Reliability.objects.create(person=troll, agreement=0.41, n_reviews=30, measured_at=BEFORE)
    notes.note(person_id=troll.pk, text="Promised to stop.", by=moderator, now=timezone.now())
    with django_assert_max_num_queries(20):
        words = page_of(client, troll)
    assert "rejected: 3 messages in a row" in words
    assert "Rejected 3 (75 %)" in words
    assert "Pasted, of what they write 80 %" in words
    assert "Reviews that agree with the others 41 %" in words
    assert "Promised to stop." in words
    assert "Wrote a note about somebody" in words
    assert "A ban closes all of these" in words


def test_nobody_can_act_on_somebody_of_equal_or_higher_rank_and_the_page_says_why(
    client: Client, moderator: User
) -> None:
    colleague, boss = make_person("C", role=Role.MODERATOR), make_person("B", role=Role.ADMIN)
    for whom in (colleague, boss):
        words = page_of(client, whom)
        assert str(NotAboveThem.sentence) in words
        assert "Do something" not in words
        for name in ("warn_person", "suspend_person", "ban_person"):
            assert act(client, name, whom, **GROUNDS, days="1").status_code == 403
        assert act(client, "note_person", whom, text="Hm").status_code == 403
        assert act(client, "rename_person", whom, display_name="X", why="x").status_code == 403
        assert client.get(reverse("propose_purge", args=[whom.pk])).status_code == 403
    assert "This is you." in page_of(client, moderator)
    assert act(client, "ban_person", moderator, **GROUNDS).status_code == 403
    assert not ActionLog.objects.exists()


def test_a_warning_a_suspension_a_ban_and_their_end(client: Client) -> None:
    troll = make_person("Troll")
    for name, form in (
        ("warn_person", {}),
        ("suspend_person", {"days": "3"}),
        ("ban_person", {}),
        ("unban_person", {"reason": "mistake"}),
    ):
        response = act(client, name, troll, **{**GROUNDS, **form})
        assert response.status_code == 302, name
        assert response.url == reverse("moderated_person", args=[troll.pk])
    lines = ActionLog.objects.order_by("id")
    assert [line.action for line in lines] == [
        Action.WARN_PERSON,
        Action.SUSPEND_PERSON,
        Action.BAN_PERSON,
        Action.UNBAN_PERSON,
    ]
    assert (lines[0].reason, lines[0].told, lines[0].why) == ("spam", GROUNDS["told"], GROUNDS["why"])
    assert News.objects.filter(person=troll, kind=NewsKind.WARNED).exists()
    assert "Account : Banned → Active" in page_of(client, troll).replace("Account before:", "Account :").replace(
        "after:", "→"
    )


def test_a_suspension_may_last_until_the_end_of_a_day(client: Client) -> None:
    troll = make_person("Troll")
    day = timezone.now().date() + timedelta(days=10)
    act(client, "suspend_person", troll, **GROUNDS, days="", until=day.isoformat())
    troll.refresh_from_db()
    assert troll.suspended_until is not None
    assert troll.suspended_until.date() == day + timedelta(days=1)
    assert "Suspended until" in page_of(client, troll)


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("warn_person", {"reason": "spam", "told": ""}),
        ("warn_person", {"reason": "", "told": "Please"}),
        ("suspend_person", {"reason": "spam", "days": ""}),
        ("suspend_person", {"reason": "spam", "days": "9999"}),
        ("ban_person", {"reason": "nothing of the kind"}),
        ("note_person", {"text": " "}),
        ("rename_person", {"display_name": " "}),
    ],
)
def test_what_is_missing_is_said_and_what_was_typed_stays(client: Client, name: str, form: dict[str, str]) -> None:
    troll = make_person("Troll")
    response = act(client, name, troll, **{"why": "typed with care", **form})
    assert response.status_code == 422
    assert 'class="error"' in response.content.decode()
    if "note" not in name:
        assert "typed with care" in response.content.decode()
    assert not ActionLog.objects.exists()


def test_a_past_day_is_refused(client: Client) -> None:
    troll = make_person("Troll")
    assert act(client, "suspend_person", troll, **GROUNDS, days="", until="2020-01-01").status_code == 422
    troll.refresh_from_db()
    assert troll.status == Status.ACTIVE


def test_a_ban_from_the_page_closes_the_ways_in(client: Client) -> None:
    troll = make_person("Troll")
    act(client, "ban_person", troll, **GROUNDS)
    assert shut_out.is_shut_out(email=troll.email or "")
    words = page_of(client, troll)
    assert "Let them take part again" in words
    assert "Suspend for a time" not in words


def test_a_note_is_added_and_a_name_is_changed(client: Client) -> None:
    troll = make_person("Rude name")
    act(client, "note_person", troll, text="First line\nsecond line")
    assert PersonNote.objects.get().text == "First line\nsecond line"
    act(client, "rename_person", troll, display_name="  Plain   name ", why="rude")
    troll.refresh_from_db()
    assert troll.display_name == "Plain name"


def test_administrators_change_roles_and_moderators_are_not_offered_it(client: Client, admin: Client) -> None:
    person = make_person("V")
    assert "Change the role" not in page_of(client, person)
    assert act(client, "person_role", person, role="moderator", why="x").status_code == 403
    assert "Change the role" in page_of(admin, person)
    assert act(admin, "person_role", person, role="admin", why="x").status_code == 422
    act(admin, "person_role", person, role="moderator", why="trusted")
    person.refresh_from_db()
    assert person.is_moderator


def test_of_a_closed_account_only_notes_and_a_purge_are_left(client: Client) -> None:
    gone = make_person("Gone", status=Status.DELETED)
    words = page_of(client, gone)
    assert "This account was closed." in words
    assert "Purge…" in words
    assert "Warn" not in words
    assert act(client, "warn_person", gone, **GROUNDS).status_code == 409


def test_harmful_messages_are_not_thrown_at_whoever_looks_at_a_person(client: Client) -> None:
    troll = make_person("Troll")
    tree = make_tree(replies=1, authors=[troll])
    message = replies_to(root_of(tree))[0]
    Message.objects.filter(pk=message.pk).update(text="Something dreadful")
    assert "Something dreadful" in page_of(client, troll)
    QueueItem.objects.create(message=message, severity=max(Severity))
    words = page_of(client, troll)
    assert "Something dreadful" not in words
    assert "may be harmful to read" in words


# --- merging


def test_a_merge_shows_what_moves_and_then_moves_it(client: Client) -> None:
    source, into = make_person("Old account"), make_person("New account")
    tree = make_tree(replies=1, authors=[source])
    add_message(tree=tree, parent=root_of(tree), author=into)
    advance(tree)
    address = reverse("merge_person", args=[source.pk])
    assert "New account" in client.get(address, {"q": "new acc"}).content.decode()
    shown = client.get(address, {"into": str(into.pk)}).content.decode()
    words = " ".join(re.sub(r"<[^>]*>", " ", shown).split())
    assert "Messages 1" in words
    assert "1 answer given by both stays with the closed account" in words
    assert "the narrower holds" in words
    assert not ActionLog.objects.exists()
    assert client.post(address, {"into": str(into.pk), "why": ""}).status_code == 422
    response = client.post(address, {"into": str(into.pk), "why": "same person"})
    assert response.url == reverse("moderated_person", args=[into.pk])
    source.refresh_from_db()
    assert source.status == Status.DELETED
    assert "Merged an account into another" in page_of(client, into), "the history came along"


def test_a_merge_that_is_not_possible_says_why(client: Client) -> None:
    source, closed = make_person("S"), make_person("Closed", status=Status.DELETED)
    address = reverse("merge_person", args=[source.pk])
    assert client.get(address, {"into": str(closed.pk)}).status_code == 409
    assert client.get(address, {"into": str(source.pk)}).status_code in (403, 409)
    boss = make_person("B", role=Role.ADMIN)
    assert client.get(reverse("merge_person", args=[boss.pk]), {"into": str(source.pk)}).status_code == 403
