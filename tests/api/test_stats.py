"""Version 1, figures: for everybody and for moderators; and two routes behind which nothing stands any more."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.models import Scope
from oasst_web.api.v1 import stats
from stats.public import Figures
from tasks.models import Message
from tasks.tree_states import State
from tests.api.calling import Program
from tests.making import make_person, make_tree, replies_to, root_of

pytestmark = pytest.mark.django_db

NAMES = [name.value for name in Figures]


def test_figures_for_everybody_are_refused_until_they_were_counted() -> None:
    program, moderator = Program(Scope.EXPORTER), Program(Scope.MODERATOR)
    make_tree(replies=2)
    assert program.get("stats/cached").json() == {"stats_by_name": {}}
    for name in NAMES:
        response = program.get(f"stats/cached/{name}")
        assert (response.status_code, response.json()["error_code"]) == (400, 6000)
    assert moderator.post("stats/cached/update").status_code == 204
    everything = program.get("stats/cached").json()["stats_by_name"]
    assert sorted(everything) == NAMES
    for name in NAMES:
        assert program.get(f"stats/cached/{name}").json() == everything[name]
        assert everything[name]["name"] == name
    assert everything["human_messages_by_role"]["stats"] == {"prompter": 1, "assistant": 2}
    assert everything["message_trees_states_by_lang"]["stats"] == [{"lang": "en", "state": "growing", "count": 1}]


def test_there_are_no_figures_of_another_name() -> None:
    assert Program().get("stats/cached/passwords").status_code == 422


def test_messages_and_trees_are_counted_when_a_moderator_asks() -> None:
    english = make_tree(replies=2)
    make_tree(lang="de")
    Message.objects.filter(pk=replies_to(root_of(english))[0].pk).update(deleted=True)
    assert Program(Scope.MODERATOR).get("stats/").json() == {
        "all": 4,
        "active": 3,
        "active_by_lang": {"en": 2, "de": 1},
        "deleted": 1,
        "message_trees": 2,
    }


def test_the_sizes_of_trees_are_told_the_youngest_first() -> None:
    moderator = Program(Scope.MODERATOR)
    tree = make_tree(replies=2)
    make_tree(state=State.HALTED_BY_MODERATOR)
    assert moderator.get("stats/tree_manager/state_counts").json() == {"growing": 1, "halted_by_moderator": 1}
    (size,) = moderator.get("stats/tree_manager/message_counts").json()
    expected = {"message_tree_id": str(tree.pk), "state": "growing", "depth": 1, "count": 3, "goal_tree_size": 12}
    assert {name: size[name] for name in expected} == expected
    assert size["oldest"] < size["youngest"]
    assert len(moderator.get("stats/tree_manager/message_counts", only_active=False).json()) == 2
    both = moderator.get("stats/tree_manager").json()
    assert (both["state_counts"]["growing"], both["message_counts"]) == (1, [size])


def test_an_answer_about_trees_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stats, "TREES", 2)
    for _ in range(3):
        make_tree()
    moderator = Program(Scope.MODERATOR)
    assert len(moderator.get("stats/tree_manager/message_counts").json()) == 2
    assert len(moderator.get("stats/tree_manager").json()["message_counts"]) == 2


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "stats/"),
        ("GET", "stats/tree_manager"),
        ("GET", "stats/tree_manager/state_counts"),
        ("GET", "stats/tree_manager/message_counts"),
        ("POST", "stats/cached/update"),
        ("GET", "hf/text_toxicity?msg=x"),
    ],
)
def test_what_moderators_ask_for_needs_a_key_that_moderates(method: str, path: str) -> None:
    response = Program().call(method, path)
    assert (response.status_code, response.json()["error_code"]) == (403, 2)


def test_no_classifier_is_asked() -> None:
    response = Program(Scope.MODERATOR).get("hf/text_toxicity", msg="You fool.")
    assert (response.status_code, response.json()["error_code"]) == (400, 3001)
    assert Program(Scope.MODERATOR).get("hf/text_toxicity").status_code == 422


def test_who_is_signed_in_on_the_site_is_known_by_the_cookie_of_the_session() -> None:
    browser = Client()
    assert refused(browser.get("/api/v1/auth/check"))
    browser.force_login(make_person(email="ada@example.org"))
    assert browser.get("/api/v1/auth/check").json() == "ada@example.org"
    browser.logout()
    assert refused(browser.get("/api/v1/auth/check"))


def refused(response: Any) -> bool:
    return (response.status_code, response.json()["error_code"]) == (401, 9020)
