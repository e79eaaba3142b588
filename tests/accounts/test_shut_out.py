"""The ways in of a banned person stay closed, whatever becomes of the account, and nobody else's with them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.utils import timezone

from accounts import shut_out, ways_in
from accounts.models import ShutOut, Status, User
from accounts.ways_in import Shown, WayShut
from moderation import leaving, merging, people, purging, sanctions
from tests.making import given, make_moderator, make_person

pytestmark = pytest.mark.django_db

EMAIL = "ada@example.org"


def make_ada(**fields: object) -> User:
    """Somebody with an address and an account elsewhere."""
    person = make_person("Ada", email=EMAIL, last_login=timezone.now(), **fields)
    EmailAddress.objects.create(user=person, email=EMAIL, verified=True, primary=True)
    EmailAddress.objects.create(user=person, email="king@example.org", verified=True)
    SocialAccount.objects.create(user=person, provider="google", uid="g-1", extra_data={"name": EMAIL})
    Authenticator.objects.create(user=person, type=Authenticator.Type.WEBAUTHN, data={"name": "Phone"})
    return person


def ban(person: User) -> None:
    sanctions.ban_person(person_id=person.pk, by=make_moderator(), why="", **given())


def close(person: User) -> None:
    people.close_account(person_id=person.pk, by=make_moderator(), why="", **given())


def purge(person: User) -> None:
    purging.purge_person(person_id=person.pk, ban=True, preview=False, by=make_moderator(), why="", **given())


def all_closed() -> bool:
    ways = [
        shut_out.is_shut_out(email=EMAIL),
        shut_out.is_shut_out(email="king@example.org"),
        shut_out.is_shut_out(provider="google", uid="g-1"),
    ]
    assert len(set(ways)) == 1, ways
    return ways[0]


def test_a_ban_closes_every_way_in_and_its_end_opens_them() -> None:
    person = make_ada()
    assert not all_closed()
    ban(person)
    assert all_closed()
    assert not shut_out.is_shut_out(email="bob@example.org")
    assert not shut_out.is_shut_out(provider="discord", uid="g-1")
    sanctions.unban_person(person_id=person.pk, by=make_moderator(), why="", now=timezone.now())
    assert not all_closed()


def test_closing_the_account_of_a_banned_person_opens_nothing() -> None:
    person = make_ada()
    ban(person)
    close(person)
    assert all_closed()
    assert not any(EMAIL in str(row.__dict__) for row in ShutOut.objects.all()), "nobody reads there whose it was"


def test_closing_the_account_of_anybody_else_lets_them_begin_anew() -> None:
    close(make_ada())
    assert not all_closed()


@pytest.mark.parametrize(
    ("email", "same"),
    [
        ("Ada@Example.org", True),
        (" ada@example.org", True),
        ("ada+again@example.org", True),
        ("a.da@example.org", False),
        ("bob+ada@example.org", False),
        ("+ada@example.org", False),
    ],
)
def test_what_arrives_in_the_same_box_is_the_same_address(email: str, same: bool) -> None:
    ban(make_ada())
    assert shut_out.is_shut_out(email=email) is same


@pytest.mark.parametrize(
    ("email", "same"),
    [("adaking@gmail.com", True), ("a.d.a.king+x@googlemail.com", True), ("adaking@example.org", False)],
)
def test_dots_of_gmail_make_no_other_address(email: str, same: bool) -> None:
    ban(make_person(email="ada.king@gmail.com"))
    assert shut_out.is_shut_out(email=email) is same


def test_nobody_adds_a_closed_address_or_account_to_another_account() -> None:
    ban(make_ada())
    bob = make_person(email="bob@example.org", last_login=timezone.now())
    with pytest.raises(WayShut):
        ways_in.prove(person=bob, emails=["ada+2@example.org"])
    with pytest.raises(WayShut):
        ways_in.link(person=bob, shown=Shown("google", "g-1", "Ada", []))
    with pytest.raises(WayShut):
        ways_in.link(person=bob, shown=Shown("discord", "d-1", "Ada", [EMAIL]))
    assert not SocialAccount.objects.filter(user=bob).exists()
    # Who comes from elsewhere with one address of their own and one that is closed comes in, without the latter.
    ways_in.link(person=bob, shown=Shown("discord", "d-1", "Bob", ["bob@example.org", EMAIL]), pass_over_taken=True)
    assert [address.email for address in ways_in.of(bob).addresses] == ["bob@example.org"]


def test_what_somebody_had_before_a_like_address_was_banned_stays_theirs() -> None:
    other = make_person(email="ada+work@example.org", last_login=timezone.now())
    EmailAddress.objects.create(user=other, email="ada+work@example.org", verified=True)
    ban(make_ada())
    ways_in.prove(person=other, emails=["ada+work@example.org"])
    assert ways_in.who_shut(other, emails=["ada+work@example.org"]) is None
    assert ways_in.who_shut(None, emails=["ada+work@example.org"]) is not None


def test_who_leaves_while_suspended_is_shut_out_until_that_would_have_ended() -> None:
    now = timezone.now()
    person = make_ada(status=Status.SUSPENDED, suspended_until=now + timedelta(days=7))
    assert not all_closed()
    leaving.leave(person=person, takes_back=False, **given(now=now))
    assert all_closed()
    User.objects.filter(pk=person.pk).update(suspended_until=now - timedelta(seconds=1))
    assert not all_closed()
    sanctions.end_suspensions(now=now)
    assert not ShutOut.objects.exists(), "nothing is kept of who may come back"


def test_who_leaves_after_a_suspension_comes_back_when_they_like() -> None:
    person = make_ada(status=Status.SUSPENDED, suspended_until=timezone.now())
    sanctions.end_suspensions(now=timezone.now())
    leaving.leave(person=User.objects.get(pk=person.pk), takes_back=False, **given())
    assert not all_closed()


def test_a_ban_between_the_page_and_the_word_is_no_way_to_leave() -> None:
    person = make_ada()
    ban(person)
    person.status = Status.ACTIVE  # As the page had read it.
    with pytest.raises(leaving.Paused):
        leaving.leave(person=person, takes_back=False, **given())
    assert all_closed()
    assert User.objects.get(pk=person.pk).is_banned


def merge(source: User, into: User) -> None:
    merging.merge_people(into_id=into.pk, source_ids={source.pk}, by=make_moderator(), why="", **given())


def test_a_merge_forgets_the_ways_in_of_what_it_closes() -> None:
    source, into = make_ada(), make_person(email="bob@example.org")
    merge(source, into)
    assert not any(rows.objects.filter(user=source).exists() for rows in (EmailAddress, SocialAccount, Authenticator))
    assert User.objects.get(pk=source.pk).email is None
    # They are not handed to the other account either: a moderator's mistake would open it to somebody else.
    assert [address.email for address in ways_in.of(into).addresses] == ["bob@example.org"]
    # Their person adds them by proving them.
    ways_in.link(person=into, shown=Shown("google", "g-1", "Ada", [EMAIL]))
    assert ways_in.owner_of(EMAIL) == into


def test_what_is_merged_into_a_banned_account_is_shut_out_with_it() -> None:
    source, into = make_ada(), make_person(email="bob@example.org")
    ban(into)
    merge(source, into)
    assert all_closed()
    sanctions.unban_person(person_id=into.pk, by=make_moderator(), why="", now=timezone.now())
    assert not all_closed()


def test_what_was_banned_and_merged_into_an_account_that_may_take_part_counts_again_when_that_is_banned() -> None:
    source, into = make_ada(), make_person(email="bob@example.org")
    ban(source)
    merge(source, into)
    assert not all_closed()
    ban(into)
    assert all_closed()


@pytest.mark.parametrize("deed", [ban, purge])
def test_whose_ban_it_was_is_known(deed: Callable[[User], None]) -> None:
    person = make_ada()
    deed(person)
    assert shut_out.whose(emails=[EMAIL]) == person
    assert shut_out.whose(emails=["bob@example.org", "king@example.org"]) == person
    assert shut_out.whose() is None
