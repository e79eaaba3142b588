"""Troll boards: whose messages others object to. Counted by a job; a hint for moderators, never a verdict."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.models import Status
from stats import boards, conduct
from stats.models import BoardKind, Frame, TrollRow
from tasks.tree_states import State

#: Labels of which the board shows the mean, and labels it counts, from a half upwards.
MEANS = ("quality", "humor", "toxicity", "violence", "helpfulness")
OBJECTIONS = (
    "spam", "lang_mismatch", "not_appropriate", "pii", "hate_speech", "sexual_content", "political_content",
)  # fmt: skip

_MEANS = ", ".join(f"avg((l.labels ->> '{name}')::float8) AS {name}" for name in MEANS)
_OBJECTIONS = ", ".join(
    f"count(*) FILTER (WHERE (l.labels ->> '{name}')::float8 >= 0.5) AS {name}" for name in OBJECTIONS
)

#: Every label counts, of reviews and given freely, whether or not somebody left a reaction; but nobody judges
#: themselves, imported messages were judged elsewhere, and red flags that a moderator cleared are gone.
_COUNT = f"""
    INSERT INTO stats_trollrow (board_id, person_id, rank, score, red_flags, upvotes, downvotes, spam_prompts,
                                {", ".join((*MEANS, *OBJECTIONS))})
    WITH reactions AS (
        SELECT m.author_id,
               count(*) FILTER (WHERE r.emoji = 'red_flag') AS red_flags,
               count(*) FILTER (WHERE r.emoji = '+1') AS upvotes,
               count(*) FILTER (WHERE r.emoji = '-1') AS downvotes
        FROM tasks_reaction r JOIN tasks_message m ON m.id = r.message_id
        WHERE r.emoji IN ('red_flag', '+1', '-1') AND NOT m.deleted AND m.task_id IS NOT NULL
          AND r.person_id <> m.author_id AND (%(since)s::timestamptz IS NULL OR r.created_at >= %(since)s)
          AND NOT (r.emoji = 'red_flag' AND m.flags_cleared_at IS NOT NULL AND r.created_at <= m.flags_cleared_at)
        GROUP BY m.author_id
    ), labels AS (
        SELECT m.author_id, {_MEANS}, {_OBJECTIONS}
        FROM (SELECT message_id, reviewer_id AS person_id, labels, created_at FROM tasks_review
              UNION ALL SELECT message_id, person_id, labels, created_at FROM tasks_freelabels) l
        JOIN tasks_message m ON m.id = l.message_id
        WHERE NOT m.deleted AND m.task_id IS NOT NULL AND l.person_id <> m.author_id
          AND (%(since)s::timestamptz IS NULL OR l.created_at >= %(since)s)
        GROUP BY m.author_id
    ), prompts AS (
        SELECT m.author_id, count(*) AS spam_prompts FROM tasks_message m JOIN tasks_tree t ON t.id = m.id
        WHERE t.state = %(aborted)s AND m.task_id IS NOT NULL
          AND (%(since)s::timestamptz IS NULL OR m.created_at >= %(since)s)
        GROUP BY m.author_id
    ), counted AS (
        SELECT author_id, {", ".join(MEANS)}, {
    ", ".join(
        f"coalesce({column}, 0) AS {column}"
        for column in ("red_flags", "upvotes", "downvotes", "spam_prompts", *OBJECTIONS)
    )
}
        FROM reactions FULL JOIN labels USING (author_id) FULL JOIN prompts USING (author_id)
    ), scored AS (
        SELECT *, 3 * red_flags - upvotes + downvotes + spam_prompts + {" + ".join(OBJECTIONS)} AS score FROM counted
    )
    SELECT %(board)s, author_id, row_number() OVER (ORDER BY score DESC, author_id), score,
           red_flags, upvotes, downvotes, spam_prompts, {", ".join((*MEANS, *OBJECTIONS))}
    FROM scored
"""  # noqa: S608  # the names of our own columns


@transaction.atomic
def count(*, frame: Frame, now: datetime) -> int:
    """Count a troll board anew, and how everybody worked in its time. Returns the rows of the board. May run twice,
    also at once: readers see the old board, then the new.

    Reactions and labels count by when they were given, prompts by when they were written.
    """
    board = boards.begin(kind=BoardKind.TROLL, frame=frame, now=now)
    board.trolls.all().delete()
    conduct.count(board)
    return boards.fill(board, _COUNT, {"aborted": State.ABORTED_LOW_GRADE.value})


def worst(*, frame: Frame, limit: int, enabled: bool | None) -> tuple[datetime | None, list[TrollRow]]:
    """When the board was counted (None: never), and those on it whose messages others object to most: all, those who
    may take part, or those who may not."""
    rows = TrollRow.objects.filter(board__kind=BoardKind.TROLL, board__frame=frame).order_by("rank")
    if enabled is not None:
        rows = rows.filter(person__status=Status.ACTIVE) if enabled else rows.exclude(person__status=Status.ACTIVE)
    return boards.counted_at(BoardKind.TROLL, frame), list(rows.select_related("board", "person")[:limit])
