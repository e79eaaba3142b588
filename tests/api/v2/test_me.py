"""Version 2, the person who calls, and the rules they work under."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.access import TERMS_VERSION
from stats.models import BadgeAward
from tasks import rewards, rulebook
from tests.api.v2.calling import Caller, problem
from tests.making import make_person, make_tree

pytestmark = pytest.mark.django_db


def test_one_sees_who_one_is_and_what_one_did() -> None:
    caller = Caller(name="Ada", email="ada@example.org", streak_days=4)
    make_tree(replies=1, authors=[caller.person])
    rewards.settle_points(now=timezone.now())
    about = caller.get("me").json()
    assert (about["display_name"], about["email"], about["streak_days"]) == ("Ada", "ada@example.org", 4)
    assert (about["points"], about["messages"], about["reviews"], about["rankings"]) == (8, 1, 0, 0)
    assert about["terms"]["accepted"] is True


def test_one_sees_the_badges_one_has() -> None:
    caller = Caller()
    now = timezone.now()
    assert caller.get("me").json()["badges"] == []
    for number, slug in enumerate(["first-accepted", "week-streak"]):
        BadgeAward.objects.create(person=caller.person, badge=slug, earned_at=now + timedelta(minutes=number))
    BadgeAward.objects.create(person=make_person(), badge="crowd-first", earned_at=now)
    newest, oldest = caller.get("me").json()["badges"]
    assert (newest["badge"], oldest["badge"]) == ("week-streak", "first-accepted")
    assert (oldest["name"], oldest["given_for"]) == ("First words", "A message of yours was accepted.")
    assert oldest["earned_at"]


def test_the_terms_are_accepted_in_the_version_that_was_read() -> None:
    caller = Caller(make_person(terms=False))
    terms = caller.get("me").json()["terms"]
    assert (terms["accepted"], terms["accepted_version"], terms["version"]) == (False, None, TERMS_VERSION)
    assert terms["url"] == "http://testserver/terms/"
    assert problem(caller.post("me/terms", {"version": TERMS_VERSION + 1})) == (409, "terms-changed")
    assert problem(caller.post("me/terms", {})) == (422, "invalid-request")
    assert caller.get("tasks").status_code == 451
    assert caller.post("me/terms", {"version": TERMS_VERSION}).json()["terms"]["accepted"] is True
    assert caller.get("tasks").status_code == 200


def test_every_version_of_the_rules_can_be_read() -> None:
    caller = Caller()
    changed = rulebook.change(changes={"goal_tree_size": 5}, by=None, note="Smaller trees.", now=timezone.now())
    items = caller.get("rules").json()["items"]
    assert [item["in_force"] for item in items] == [True] + [False] * (len(items) - 1)
    shown = caller.get(f"rules/{changed.version}").json()
    assert shown == items[0]
    assert (shown["values"]["goal_tree_size"], shown["note"]) == (5, "Smaller trees.")
    for version, status in (("999999", 404), ("0", 422), ("x", 422), ("9" * 30, 422)):
        assert problem(caller.get(f"rules/{version}"))[0] == status


def test_rules_one_has_need_not_be_sent_again() -> None:
    caller = Caller()
    rulebook.change(changes={"goal_tree_size": 6}, by=None, note="", now=timezone.now())
    for path in ("rules", f"rules/{rulebook.in_force().version}"):
        tag = caller.get(path)["ETag"]
        assert caller.get(path, headers={"If-None-Match": tag}).status_code == 304
    rulebook.change(changes={"goal_tree_size": 5}, by=None, note="", now=timezone.now())
    assert caller.get("rules", headers={"If-None-Match": tag}).status_code == 200
