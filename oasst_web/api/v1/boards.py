"""Boards: who earned most, where somebody stands, and, for moderators, whose messages others object to."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from rest_framework.serializers import BooleanField, ChoiceField, IntegerField

from accounts.models import Scope, Status, User
from oasst_web.api.routes import ANY_KEY, EITHER, MODERATORS, Call, Routes
from oasst_web.api.v1 import figure_schemas, schemas, users
from oasst_web.api.v1.shown import Shown
from stats import boards, trolls
from stats.models import Frame, LeaderRow, TrollRow
from tasks import points

FRAMES = ChoiceField([frame.value for frame in Frame])
FRAME = {"time_frame": FRAMES}
#: Columns of a troll board that the published protocol spells otherwise.
SPELT = {"lang_mismatch": "lang_mismach"}
REACTIONS = ("red_flags", "upvotes", "downvotes", "spam_prompts")

routes = Routes()


class HowMany(schemas.Shape):
    max_count = IntegerField(min_value=1, max_value=10_000, default=100)


class Trolls(HowMany):
    enabled = BooleanField(default=None, allow_null=True, help_text="Only people who may take part, or who may not.")


class WindowSize(schemas.Shape):
    window_size = IntegerField(min_value=1, max_value=100, default=5)


@routes.add("POST", "leaderboards/update", MODERATORS, status=204)
def update_leaderboards_all(call: Call) -> None:
    """Count all boards anew. They are counted by the clock anyway."""
    for frame in Frame:
        _count(frame, call.now)


@routes.add("POST", "leaderboards/update/{time_frame}", MODERATORS, params=FRAME, status=204)
def update_leaderboard_time_frame(call: Call) -> None:
    """Count the boards of one time anew."""
    _count(Frame(call.path["time_frame"]), call.now)


def _count(frame: Frame, now: datetime) -> None:
    boards.count(frame=frame, now=now)
    trolls.count(frame=frame, now=now)


@routes.add(
    "GET",
    "leaderboards/{time_frame}",
    ANY_KEY,
    acting=True,
    params=FRAME,
    query=HowMany,
    answer=figure_schemas.LeaderboardStats,
)
def get_leaderboard(call: Call) -> Any:
    """The best people of a time, of all clients; the person named in the header is marked."""
    frame = Frame(call.path["time_frame"])
    counted_at, rows = boards.leaders(frame=frame, limit=call.query["max_count"])
    return _board(call, frame, counted_at, rows, highlighted=call.person)


@routes.add(
    "GET",
    "trollboards/{time_frame}",
    MODERATORS,
    params=FRAME,
    query=Trolls,
    answer=figure_schemas.TrollboardStats,
)
def get_trollboard(call: Call) -> Any:
    """The people whose messages others object to most. A hint where to look, no verdict."""
    frame = Frame(call.path["time_frame"])
    counted_at, rows = trolls.worst(frame=frame, limit=call.query["max_count"], enabled=call.query["enabled"])
    return {
        "time_frame": frame.value,
        "last_updated": counted_at or call.now,
        "trollboard": [_troll(row) for row in rows],
    }


@routes.add(
    "GET",
    "users/{user_id}/stats",
    EITHER,
    params=users.ONE,
    answer={"type": "object", "additionalProperties": {"$ref": "#/components/schemas/UserScore"}},
    refusals=users.NOT_THERE,
)
def query_user_stats(call: Call) -> Any:
    """What the person earned in every time. Where that is nothing, all is zero."""
    person = users.found(call)
    return {frame.value: _score(row, person, call) for frame, row in boards.of_person(person).items()}


@routes.add(
    "GET",
    "users/{user_id}/stats/{time_frame}",
    EITHER,
    params={**users.ONE, **FRAME},
    answer=figure_schemas.UserScore,
    refusals=users.NOT_THERE,
)
def query_user_stats_timeframe(call: Call) -> Any:
    """What the person earned in one time."""
    person = users.found(call)
    return _score(boards.of_person(person)[Frame(call.path["time_frame"])], person, call)


@routes.add(
    "GET",
    "users/{user_id}/stats/{time_frame}/window",
    EITHER,
    params={**users.ONE, **FRAME},
    query=WindowSize,
    answer=figure_schemas.LeaderboardStats(allow_null=True),
    refusals=users.NOT_THERE,
)
def query_user_stats_timeframe_window(call: Call) -> Any:
    """The part of the leaderboard around the person; null if it does not show them."""
    person, frame = users.found(call), Frame(call.path["time_frame"])
    window = boards.around(person=person, frame=frame, size=call.query["window_size"])
    return None if window is None else _board(call, frame, *window, highlighted=person)


def _board(
    call: Call, frame: Frame, counted_at: datetime | None, rows: Iterable[LeaderRow], *, highlighted: User | None
) -> Shown:
    return {
        "time_frame": frame.value,
        # A board that was never counted is empty, as of now.
        "last_updated": counted_at or call.now,
        "leaderboard": [_score(row, row.person, call, highlighted=row.person == highlighted) for row in rows],
    }


def _score(row: LeaderRow, person: User, call: Call, *, highlighted: bool = False) -> Shown:
    return {
        **_person(person, call),
        "highlighted": highlighted,
        "rank": row.rank,
        "leader_score": row.score,
        # Without a row there is no level yet.
        "level": points.level(row.score) if row.pk else 0,
        "base_date": row.board.since,
        "modified_date": row.board.counted_at,
        **{column: getattr(row, column) for column in boards.COUNTED},
        "streak_last_day_date": person.streak_started_at,
        "streak_days": person.streak_days,
    }


def _troll(row: TrollRow) -> Shown:
    person = row.person
    columns = (*REACTIONS, *trolls.MEANS, *trolls.OBJECTIONS)
    return {
        **_named(person, person.username),
        "highlighted": False,
        "enabled": person.status == Status.ACTIVE,
        "deleted": person.status == Status.DELETED,
        "show_on_leaderboard": person.show_on_leaderboard,
        "rank": row.rank,
        "troll_score": row.score,
        "base_date": row.board.since,
        "modified_date": row.board.counted_at,
        **{SPELT.get(column, column): getattr(row, column) for column in columns},
    }


def _person(person: User, call: Call) -> Shown:
    """A board is public, but under what account somebody is known elsewhere is not: another client's names of its
    people are for keys that moderate."""
    ours = person.api_client_id == call.key.pk or call.key.may(Scope.MODERATOR)
    return _named(person, person.username if ours else "")


def _named(person: User, username: str) -> Shown:
    return {
        "user_id": person.pk,
        "username": username,
        "auth_method": person.auth_method,
        "display_name": person.display_name,
        "last_activity_date": person.last_activity_at,
    }
