"""Version 1, boards: who earned most, where somebody stands, and whose messages others object to."""

from __future__ import annotations

from itertools import count
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts import identities
from accounts.identities import Identity
from accounts.models import PointEntry, Scope, Status, User
from stats import boards
from stats.models import Board, Frame
from tasks import points
from tasks.models import Reaction
from tasks.points import POINTS, Reason
from tests.api.calling import Program, somebody
from tests.making import BEFORE, make_person, make_tree, root_of

pytestmark = pytest.mark.django_db

FRAMES = [frame.value for frame in Frame]
_sources = count(1)


def known(program: Program, name: str, *reasons: Reason) -> User:
    """A person of this program who earned points for these reasons just now."""
    now = timezone.now()
    person = identities.meet(client=program.client, identity=Identity("discord", name, name), now=now)
    PointEntry.objects.bulk_create(
        PointEntry(person=person, reason=reason, source=str(next(_sources)), points=POINTS[reason], created_at=now)
        for reason in reasons
    )
    return person


def counted() -> None:
    assert Program(Scope.MODERATOR).post("leaderboards/update").status_code == 204


def names(response: Any, board: str = "leaderboard") -> list[str]:
    assert response.status_code == 200, response.json()
    return [row["display_name"] for row in response.json()[board]]


def test_the_best_come_first_with_all_they_did() -> None:
    program = Program()
    known(program, "ada", Reason.ASSISTANT_REPLY, Reason.RANKED_FIRST, Reason.LABELS_FULL)
    known(program, "bob", Reason.RANKING)
    counted()
    response = program.get("leaderboards/day", acting={"auth_method": "discord", "id": "bob"})
    assert names(response) == ["ada", "bob"]
    ada, bob = response.json()["leaderboard"]
    assert (ada["rank"], ada["leader_score"], ada["level"]) == (1, 15, points.level(15))
    assert (ada["replies_assistant"], ada["reply_ranked_1"], ada["labels_full"], ada["rankings_total"]) == (1, 1, 1, 0)
    assert (ada["username"], ada["auth_method"], ada["streak_days"]) == ("ada", "discord", 0)
    assert [ada["highlighted"], bob["highlighted"]] == [False, True]
    assert response.json()["time_frame"] == "day"
    assert response.json()["last_updated"] == ada["modified_date"]
    assert names(program.get("leaderboards/day", max_count=1)) == ["ada"]


@pytest.mark.parametrize("frame", FRAMES)
def test_a_board_that_was_never_counted_is_empty(frame: str) -> None:
    assert names(Program().get(f"leaderboards/{frame}")) == []
    assert names(Program(Scope.MODERATOR).get(f"trollboards/{frame}"), "trollboard") == []


def test_a_board_shows_people_of_all_clients_but_not_under_what_account_they_are_known_elsewhere() -> None:
    mine, other = Program(), Program()
    known(mine, "ada", Reason.RANKING)
    known(other, "bob", Reason.RANKING)
    counted()
    usernames = {row["display_name"]: row["username"] for row in mine.get("leaderboards/total").json()["leaderboard"]}
    assert usernames == {"ada": "ada", "bob": ""}
    everything = Program(Scope.MODERATOR).get("leaderboards/total").json()["leaderboard"]
    assert {row["username"] for row in everything} == {"ada", "bob"}


def test_who_is_banned_is_off_the_board_at_once_and_stays_off() -> None:
    program = Program(Scope.VOLUNTEER, Scope.MODERATOR)
    ada = known(program, "ada", Reason.RANKING)
    known(program, "bob", Reason.RANKING)
    counted()
    assert program.call("PUT", f"users/{ada.pk}", enabled=False).status_code == 204
    assert names(program.get("leaderboards/total")) == ["bob"]
    program.post("frontend_users/", somebody("ada"))
    counted()
    assert names(program.get("leaderboards/total")) == ["bob"]


def test_a_person_has_a_row_in_every_time_though_they_never_did_anything() -> None:
    program = Program()
    person = known(program, "ada")
    for path in (f"users/{person.pk}/stats", f"users/{person.pk}/stats/total"):
        assert program.get(path).status_code == 200
    counted()
    everything = program.get(f"users/{person.pk}/stats").json()
    assert list(everything) == FRAMES
    for frame in FRAMES:
        one = program.get(f"users/{person.pk}/stats/{frame}").json()
        assert one == everything[frame]
        assert (one["rank"], one["leader_score"], one["level"], one["prompts"]) == (None, 0, 0, 0)
        assert (one["user_id"], one["username"]) == (str(person.pk), "ada")
        assert one["modified_date"] is not None


def test_a_persons_numbers_are_those_of_the_board() -> None:
    program = Program()
    person = known(program, "ada", *[Reason.LABELS_SIMPLE] * 4)
    counted()
    (on_board,) = program.get("leaderboards/week").json()["leaderboard"]
    assert program.get(f"users/{person.pk}/stats/week").json() == on_board
    assert (on_board["leader_score"], on_board["level"], on_board["labels_simple"]) == (4, 2, 4)


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5])
def test_the_window_has_exactly_as_many_rows_as_asked_for(size: int) -> None:
    """The reference gave one more, and fewer near the ends."""
    program = Program()
    people = [known(program, str(place), *[Reason.RANKING] * (9 - place)) for place in range(1, 9)]
    counted()
    for person in people:
        window = program.get(f"users/{person.pk}/stats/total/window", window_size=size).json()
        assert len(window["leaderboard"]) == size
        ranks = [row["rank"] for row in window["leaderboard"]]
        assert ranks == list(range(ranks[0], ranks[0] + size))
        assert [row["user_id"] for row in window["leaderboard"] if row["highlighted"]] == [str(person.pk)]


def test_there_is_no_window_around_somebody_whom_the_board_does_not_show() -> None:
    program = Program()
    idle, hidden = known(program, "idle"), known(program, "hidden", Reason.RANKING)
    User.objects.filter(pk=hidden.pk).update(show_on_leaderboard=False)
    counted()
    for person in (idle, hidden):
        response = program.get(f"users/{person.pk}/stats/total/window")
        assert (response.status_code, response.content) == (200, b"null")
    assert program.get(f"users/{hidden.pk}/stats/total").json()["leader_score"] == 1


@pytest.mark.parametrize("path", ["stats", "stats/day", "stats/day/window"])
def test_the_numbers_of_another_clients_person_are_not_there(path: str) -> None:
    person = known(Program(), "ada", Reason.RANKING)
    for user_id in (person.pk, uuid4()):
        response = Program().get(f"users/{user_id}/{path}")
        assert (response.status_code, response.json()["error_code"]) == (404, 4002)
    assert Program(Scope.MODERATOR).get(f"users/{person.pk}/{path}").status_code == 200


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("leaderboards/year", {}),
        ("leaderboards/day", {"max_count": 0}),
        ("leaderboards/day", {"max_count": 10_001}),
        ("users/{pk}/stats/year", {}),
        ("users/{pk}/stats/day/window", {"window_size": 0}),
        ("users/{pk}/stats/day/window", {"window_size": 101}),
        ("users/ada/stats", {}),
    ],
)
def test_a_request_of_another_shape_is_refused(path: str, query: dict[str, int]) -> None:
    program = Program()
    assert program.get(path.format(pk=known(program, "ada").pk), **query).status_code == 422


def test_one_board_can_be_counted_alone() -> None:
    program = Program(Scope.MODERATOR)
    known(program, "ada", Reason.RANKING)
    assert program.post("leaderboards/update/day").status_code == 204
    assert set(Board.objects.values_list("frame", flat=True)) == {"day"}
    assert boards.leaders(frame=Frame.DAY, limit=10)[1]
    assert program.post("leaderboards/update/year").status_code == 422


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "trollboards/day"), ("POST", "leaderboards/update"), ("POST", "leaderboards/update/day")],
)
def test_troll_boards_and_counting_are_for_keys_that_moderate(method: str, path: str) -> None:
    response = Program().call(method, path)
    assert (response.status_code, response.json()["error_code"]) == (403, 2)


def test_moderators_see_whose_messages_others_object_to() -> None:
    program = Program(Scope.MODERATOR)
    people = [make_person(name) for name in ("nice", "nasty", "banned")]
    User.objects.filter(pk=people[2].pk).update(status=Status.BANNED)
    for emojis, person in enumerate(people):
        root = root_of(make_tree(author=person))
        for _ in range(emojis):
            Reaction.objects.create(message=root, person=make_person(), emoji="red_flag", created_at=BEFORE)
    counted()
    response = program.get("trollboards/total")
    assert names(response, "trollboard")[:3] == ["banned", "nasty", "nice"]
    worst = response.json()["trollboard"][0]
    assert (worst["rank"], worst["troll_score"], worst["red_flags"], worst["lang_mismach"]) == (1, 6, 2, 0)
    assert (worst["enabled"], worst["deleted"], worst["spam"], worst["toxicity"]) == (False, False, 0, None)
    assert "banned" not in names(program.get("trollboards/total", enabled=True), "trollboard")
    assert names(program.get("trollboards/total", enabled=False), "trollboard") == ["banned"]


def test_a_long_board_costs_as_many_queries_as_a_short_one(django_assert_max_num_queries: Any) -> None:
    program = Program()
    for number in range(12):
        known(program, str(number), Reason.RANKING)
    counted()
    with django_assert_max_num_queries(4):
        assert len(names(program.get("leaderboards/total"))) == 12
