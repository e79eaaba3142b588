"""Leaderboards: who earned how much in a day, a week, a month and altogether, in one language and in all. A job counts
them from the ledger."""

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

#: One pass over the ledger, then over people, languages and reasons: all languages and their total at once. The score
#: is that of tasks.points.score: tenths are dropped per reason. Whom boards do not show has a row, for their own eyes,
#: and no rank. Lines that do not know their language yet count in the total.
_COUNT = f"""
    WITH earned AS (
        SELECT person_id, lang, reason, count(*) AS lines, sum(points) AS points FROM accounts_pointentry
        WHERE %(since)s::timestamptz IS NULL OR created_at >= %(since)s
        GROUP BY person_id, lang, reason
    ), summed AS (
        SELECT person_id, CASE WHEN grouping(lang) = 1 THEN '' ELSE lang END AS lang, reason,
               sum(lines) AS lines, floor(sum(points)) AS points
        FROM earned GROUP BY GROUPING SETS ((person_id, reason), (person_id, reason, lang))
        HAVING grouping(lang) = 1 OR lang <> ''
    ), counted AS MATERIALIZED (
        SELECT lang, person_id, sum(points) AS score, {
    ", ".join(f"coalesce(sum(lines) FILTER (WHERE reason = %({column})s), 0) AS {column}" for column in COUNTED)
}
        FROM summed GROUP BY lang, person_id
    ), board AS (
        INSERT INTO stats_board (kind, frame, lang, since, counted_at)
        SELECT DISTINCT %(kind)s, %(frame)s, lang, %(since)s::timestamptz, %(now)s::timestamptz FROM counted
        ON CONFLICT (kind, frame, lang) DO UPDATE SET since = excluded.since, counted_at = excluded.counted_at
        RETURNING id, lang
    ), ranked AS (
        SELECT c.*, u.show_on_leaderboard AND u.status = %(active)s AS shown
        FROM counted c JOIN accounts_user u ON u.id = c.person_id
    )
    INSERT INTO stats_leaderrow (board_id, person_id, rank, score, {", ".join(COUNTED)})
    SELECT board.id, person_id,
           CASE WHEN shown THEN row_number() OVER (PARTITION BY lang, shown ORDER BY score DESC, person_id) END,
           score, {", ".join(COUNTED)}
    FROM ranked JOIN board USING (lang) ORDER BY board.id, person_id
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
    """Count the leaderboards of this time anew: of all languages together, and of each. Returns their rows. May run
    twice, also at once: readers see the old boards, then the new.

    Lines of the ledger count by when they were earned.
    """
    board = begin(kind=BoardKind.LEADER, frame=frame, now=now)
    of_frame = Board.objects.filter(kind=BoardKind.LEADER, frame=frame)
    LeaderRow.objects.filter(board__in=of_frame).delete()
    reasons = {column: reason.value for column, reason in COUNTED.items()}
    names = {"kind": BoardKind.LEADER.value, "frame": frame.value, "active": Status.ACTIVE.value}
    rows = fill(board, _COUNT, {**reasons, **names, "now": now})
    # In whose language nothing was earned in this time any more.
    of_frame.exclude(lang="").filter(leaders__isnull=True).delete()
    return rows


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


def counted_at(kind: BoardKind, frame: Frame, lang: str = "") -> datetime | None:
    """When the board was counted; None: never, or nobody earned anything in this language."""
    return Board.objects.filter(kind=kind, frame=frame, lang=lang).values_list("counted_at", flat=True).first()


def languages(frame: Frame) -> list[str]:
    """In which languages somebody earned something in this time."""
    boards = Board.objects.filter(kind=BoardKind.LEADER, frame=frame).exclude(lang="")
    return list(boards.order_by("lang").values_list("lang", flat=True))


def leaders(*, frame: Frame, limit: int, lang: str = "") -> tuple[datetime | None, list[LeaderRow]]:
    """When the board was counted (None: never), and its best people. Without a language it is that of all together."""
    return counted_at(BoardKind.LEADER, frame, lang), list(_shown(frame, lang)[:limit])


def around(*, person: User, frame: Frame, size: int, lang: str = "") -> tuple[datetime, list[LeaderRow]] | None:
    """When the board was counted, and so many of its rows with this person as near to their middle as the board's ends
    allow. None for whom the board does not show."""
    shown = _shown(frame, lang)
    own = shown.filter(person=person).first()
    if own is None or own.rank is None:
        return None
    better, worse = shown.filter(rank__lt=own.rank).count(), shown.filter(rank__gt=own.rank).count()
    start = max(0, min(better - size // 2, better + 1 + worse - size))
    return own.board.counted_at, list(shown[start : start + size])


def own(*, person: User, frame: Frame, lang: str = "") -> LeaderRow | None:
    """The person's row of one board, also if the board does not show them; None if they earned nothing."""
    row: LeaderRow | None = person.leader_rows.filter(
        board__kind=BoardKind.LEADER, board__frame=frame, board__lang=lang
    ).first()
    return row


def choose(*, person: User, shown: bool) -> None:
    """The person wants to be on the boards, or not. Off they are at once; back on, when boards are counted next."""
    User.objects.filter(pk=person.pk).update(show_on_leaderboard=shown)


def of_person(person: User) -> dict[Frame, LeaderRow]:
    """The person's row of every board. What was never counted, or in which they earned nothing, is all zeros."""
    rows = {Frame(row.board.frame): row for row in person.leader_rows.filter(board__lang="").select_related("board")}
    missing = [frame for frame in Frame if frame not in rows]
    there = {board.frame: board for board in Board.objects.filter(kind=BoardKind.LEADER, frame__in=missing, lang="")}
    for frame in missing:
        board = there.get(frame) or Board(kind=BoardKind.LEADER, frame=frame)
        rows[frame] = LeaderRow(board=board, score=0)
    for row in rows.values():
        row.person = person
    return {frame: rows[frame] for frame in Frame}


def _shown(frame: Frame, lang: str) -> LeaderRowQuerySet:
    """People are read with the rows: a board of ten thousand is one query."""
    shown = LeaderRow.objects.shown().filter(board__kind=BoardKind.LEADER, board__frame=frame, board__lang=lang)
    return shown.select_related("board", "person")
