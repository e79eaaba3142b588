"""Leaderboards: who earned how much in a day, a week, a month and altogether. A job counts them from the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from accounts.models import Status, User
from stats.models import Board, BoardKind, Frame, LeaderRow, LeaderRowQuerySet
from tasks.points import Reason

#: Which lines of the ledger each column counts.
COUNTED: Mapping[str, Reason] = {
    "prompts": Reason.PROMPT,
    "replies_assistant": Reason.ASSISTANT_REPLY,
    "replies_prompter": Reason.PROMPTER_REPLY,
    "labels_simple": Reason.LABELS_SIMPLE,
    "labels_full": Reason.LABELS_FULL,
    "rankings_total": Reason.RANKING,
    # There is a line only for a ranking that led towards what came out, once its tree is finished.
    "rankings_good": Reason.IMPACT_RANKING,
    "accepted_prompts": Reason.ACCEPTED_PROMPT,
    "accepted_replies_assistant": Reason.ACCEPTED_ASSISTANT_REPLY,
    "accepted_replies_prompter": Reason.ACCEPTED_PROMPTER_REPLY,
    "reply_ranked_1": Reason.RANKED_FIRST,
    "reply_ranked_2": Reason.RANKED_SECOND,
    "reply_ranked_3": Reason.RANKED_THIRD,
}

#: One pass over the ledger, then over people and reasons. The score is that of tasks.points.score: tenths are dropped
#: per reason. Whom boards do not show has a row, for their own eyes, and no rank.
_COUNT = f"""
    INSERT INTO stats_leaderrow (board_id, person_id, rank, score, {", ".join(COUNTED)})
    WITH earned AS (
        SELECT person_id, reason, count(*) AS lines, floor(sum(points)) AS points FROM accounts_pointentry
        WHERE %(since)s::timestamptz IS NULL OR created_at >= %(since)s
        GROUP BY person_id, reason
    ), counted AS (
        SELECT person_id, sum(points) AS score, {
    ", ".join(f"coalesce(sum(lines) FILTER (WHERE reason = %({column})s), 0) AS {column}" for column in COUNTED)
}
        FROM earned GROUP BY person_id
    ), ranked AS (
        SELECT c.*, u.show_on_leaderboard AND u.status = %(active)s AS shown
        FROM counted c JOIN accounts_user u ON u.id = c.person_id
    )
    SELECT %(board)s, person_id,
           CASE WHEN shown THEN row_number() OVER (PARTITION BY shown ORDER BY score DESC, person_id) END,
           score, {", ".join(COUNTED)}
    FROM ranked ORDER BY person_id
"""  # noqa: S608  # the names of our own columns


def since(frame: Frame, now: datetime) -> datetime | None:
    """From when on a board counts: 24 hours ago, midnight (UTC) 7 or 30 days ago, or the beginning."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return {
        Frame.DAY: now - timedelta(hours=24),
        Frame.WEEK: midnight - timedelta(days=7),
        Frame.MONTH: midnight - timedelta(days=30),
        Frame.TOTAL: None,
    }[frame]


@transaction.atomic
def count(*, frame: Frame, now: datetime) -> int:
    """Count a leaderboard anew. Returns its rows. May run twice, also at once: readers see the old board, then the new.

    Lines of the ledger count by when they were earned.
    """
    board = begin(kind=BoardKind.LEADER, frame=frame, now=now)
    board.leaders.all().delete()
    reasons = {column: reason.value for column, reason in COUNTED.items()}
    return fill(board, _COUNT, {**reasons, "active": Status.ACTIVE.value})


def begin(*, kind: BoardKind, frame: Frame, now: datetime) -> Board:
    """Note that the board is being counted. Until the transaction ends, others who want to count it wait here."""
    fresh = Board(kind=kind, frame=frame, since=since(frame, now), counted_at=now)
    Board.objects.bulk_create(
        [fresh], update_conflicts=True, unique_fields=["kind", "frame", "lang"], update_fields=["since", "counted_at"]
    )
    return Board.objects.get(kind=kind, frame=frame, lang="")


def fill(board: Board, statement: str, params: Mapping[str, Any]) -> int:
    """Insert the rows of a board with this statement. Returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(statement, {**params, "board": board.pk, "since": board.since})
        return int(cursor.rowcount)


def counted_at(kind: BoardKind, frame: Frame) -> datetime | None:
    """When the board was counted; None: never."""
    return Board.objects.filter(kind=kind, frame=frame).values_list("counted_at", flat=True).first()


def leaders(*, frame: Frame, limit: int) -> tuple[datetime | None, list[LeaderRow]]:
    """When the board was counted (None: never), and its best people."""
    return counted_at(BoardKind.LEADER, frame), list(_shown(frame)[:limit])


def around(*, person: User, frame: Frame, size: int) -> tuple[datetime, list[LeaderRow]] | None:
    """When the board was counted, and so many of its rows with this person as near to their middle as the board's ends
    allow. None for whom the board does not show."""
    shown = _shown(frame)
    own = shown.filter(person=person).first()
    if own is None or own.rank is None:
        return None
    better, worse = shown.filter(rank__lt=own.rank).count(), shown.filter(rank__gt=own.rank).count()
    start = max(0, min(better - size // 2, better + 1 + worse - size))
    return own.board.counted_at, list(shown[start : start + size])


def of_person(person: User) -> dict[Frame, LeaderRow]:
    """The person's row of every board. What was never counted, or in which they earned nothing, is all zeros."""
    rows = {Frame(row.board.frame): row for row in person.leader_rows.select_related("board")}
    missing = [frame for frame in Frame if frame not in rows]
    there = {board.frame: board for board in Board.objects.filter(kind=BoardKind.LEADER, frame__in=missing)}
    for frame in missing:
        board = there.get(frame) or Board(kind=BoardKind.LEADER, frame=frame)
        rows[frame] = LeaderRow(board=board, score=0)
    for row in rows.values():
        row.person = person
    return {frame: rows[frame] for frame in Frame}


def _shown(frame: Frame) -> LeaderRowQuerySet:
    """People are read with the rows: a board of ten thousand is one query."""
    shown = LeaderRow.objects.shown().filter(board__kind=BoardKind.LEADER, board__frame=frame)
    return shown.select_related("board", "person")
