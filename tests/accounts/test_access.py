"""Who may take part, and what of a person no sign-in changes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils.formats import date_format

from accounts import access, locking
from accounts.access import TermsNotAccepted, UserDisabled, UserSuspended
from accounts.models import ApiClient, PointEntry, Role, Status, User
from tests.making import NOW, make_admin, make_moderator, make_people, make_person

pytestmark = pytest.mark.django_db


def test_whoever_accepted_the_terms_may_take_part() -> None:
    person = make_person(terms=False)
    with pytest.raises(TermsNotAccepted) as refusal:
        access.check_may_take_part(person)
    assert refusal.value.status == 451
    access.accept_terms(person=person, now=NOW)
    access.check_may_take_part(User.objects.get(pk=person.pk))


def test_new_terms_must_be_accepted_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    person = make_person()
    monkeypatch.setattr(access, "TERMS_VERSION", access.TERMS_VERSION + 1)
    with pytest.raises(TermsNotAccepted):
        access.check_may_take_part(person)


@pytest.mark.parametrize("status", [Status.SUSPENDED, Status.BANNED, Status.DELETED])
def test_accepting_the_terms_lifts_no_ban(status: Status) -> None:
    person = make_person(status=status, terms=False)
    access.accept_terms(person=person, now=NOW)
    stored = User.objects.get(pk=person.pk)
    assert (stored.status, stored.terms_accepted_at) == (status, NOW)
    with pytest.raises(UserDisabled):
        access.check_may_take_part(stored)


def test_a_suspended_person_may_sign_in_to_read_why_a_banned_or_deleted_one_may_not() -> None:
    assert make_person(status=Status.SUSPENDED).is_active
    assert not make_person(status=Status.BANNED).is_active
    assert not make_person(status=Status.DELETED).is_active


def test_a_suspended_person_is_told_until_when() -> None:
    until = NOW + timedelta(hours=2)
    with pytest.raises(UserSuspended) as refusal:
        access.check_may_take_part(make_person(status=Status.SUSPENDED, suspended_until=until))
    assert date_format(until, "DATETIME_FORMAT") in str(refusal.value)


def test_roles_count_only_while_active() -> None:
    assert make_moderator().is_moderator
    assert make_admin().is_moderator
    assert make_admin().is_admin
    assert not make_moderator().is_admin
    assert not make_person(role=Role.ADMIN, status=Status.BANNED).is_moderator


def test_addresses_are_compared_without_regard_to_case() -> None:
    User.objects.create_user("Ada@Example.org")
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create_user("ada@example.ORG")
    assert User.objects.create_user().email is None
    assert User.objects.create_user().email is None


def test_a_client_knows_each_person_once() -> None:
    client = ApiClient.objects.create(key_hash="0" * 64, description="A bot")
    User.objects.create_user(api_client=client, auth_method="discord", username="7")
    User.objects.create_user(api_client=client, auth_method="google", username="7")
    with pytest.raises(IntegrityError, match="one_person_per_client_identity"), transaction.atomic():
        User.objects.create_user(api_client=client, auth_method="discord", username="7")


def test_the_ledger_counts_a_deed_once() -> None:
    person = make_person()
    line = {"person": person, "reason": "ranking", "source": "x", "points": 1}
    PointEntry.objects.create(**line)
    with pytest.raises(IntegrityError, match="points_counted_once"), transaction.atomic():
        PointEntry.objects.create(**line)


def test_people_are_locked_in_order_of_id() -> None:
    people = make_people(3)
    locked = locking.lock_people([person.pk for person in reversed(people)])
    assert [person.pk for person in locked] == sorted(person.pk for person in people)
