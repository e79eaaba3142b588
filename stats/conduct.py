"""How people work: how fast, how alike, how much of it pasted. Counted with the troll boards; it proves nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet

from accounts.models import User
from stats import boards
from stats.models import Board, BoardKind, ConductRow, Frame, TrollRow
from tasks.kinds import RANKING, REVIEWING, Mode
from tasks.models import Reliability
from tasks.models.consensus import ENOUGH

#: Fewer texts say nothing about how somebody writes.
TEXTS = 3

#: One row for everybody who wrote, reviewed or ranked. Nobody copies themselves in two languages, so alike is what has
#: the same letters; reviews with few questions are alike by nature and do not count.
_COUNT = """
    INSERT INTO stats_conductrow (board_id, person_id, messages, same_texts, pasted_share, reviews, same_reviews,
                                  rankings, left_as_shown, judgements, seconds)
    WITH texts AS (
        SELECT author_id AS person_id, count(*) AS messages, count(*) - count(DISTINCT md5(lower(text))) AS same_texts,
               avg(pasted_share) AS pasted_share
        FROM tasks_message
        WHERE task_id IS NOT NULL AND text <> '' AND (%(since)s::timestamptz IS NULL OR created_at >= %(since)s)
        GROUP BY author_id
    ), answers AS (
        SELECT reviewer_id AS person_id, labels, count(*) AS times FROM tasks_review
        WHERE mode = %(full)s AND (%(since)s::timestamptz IS NULL OR created_at >= %(since)s)
        GROUP BY reviewer_id, labels
    ), reviews AS (
        SELECT person_id, sum(times) AS reviews, max(times)::float8 / sum(times) AS same_reviews
        FROM answers GROUP BY person_id
    ), rankings AS (
        SELECT ranker_id AS person_id, count(*) AS rankings, avg((r."order" = (
            SELECT jsonb_agg(jsonb_build_array(reply) ORDER BY place)
            FROM jsonb_array_elements(r.shown) WITH ORDINALITY AS s(reply, place)
        ))::int::float8) AS left_as_shown
        FROM tasks_ranking r
        WHERE NOT not_rankable AND (%(since)s::timestamptz IS NULL OR created_at >= %(since)s)
        GROUP BY ranker_id
    ), judged AS (
        SELECT claimed_by_id AS person_id, count(*) AS judgements,
               percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM done_at - claimed_at)) AS seconds
        FROM tasks_task
        WHERE state = 'done' AND kind = ANY(%(judging)s::text[]) AND claimed_at IS NOT NULL
          AND (%(since)s::timestamptz IS NULL OR done_at >= %(since)s)
        GROUP BY claimed_by_id
    )
    SELECT %(board)s, person_id, coalesce(messages, 0), coalesce(same_texts, 0), pasted_share, coalesce(reviews, 0),
           same_reviews, coalesce(rankings, 0), left_as_shown, coalesce(judgements, 0), seconds
    FROM texts FULL JOIN reviews USING (person_id) FULL JOIN rankings USING (person_id)
    FULL JOIN judged USING (person_id)
    WHERE person_id IS NOT NULL
"""


def count(board: Board) -> int:
    """Count anew for a board that is being counted. Returns for how many people."""
    board.conduct.all().delete()
    judging = sorted(kind.value for kind in REVIEWING | RANKING)
    return boards.fill(board, _COUNT, {"judging": judging, "full": Mode.FULL.value})


class By(StrEnum):
    """By what the people are in order: those first who should be looked at first."""

    OBJECTIONS = "objections"
    INFORMATION = "information"
    AGREEMENT = "agreement"
    SPEED = "speed"
    PASTED = "pasted"
    SAME_TEXTS = "same_texts"
    SAME_REVIEWS = "same_reviews"
    LEFT_AS_SHOWN = "left_as_shown"


#: Who has done enough for this figure to say anything, and the order. Objections have a board of their own.
_ORDERS: Mapping[By, tuple[Q, str]] = {
    By.INFORMATION: (
        Q(person__reliability__n_reviews__gte=ENOUGH, person__reliability__information__isnull=False),
        "person__reliability__information",
    ),
    By.AGREEMENT: (
        Q(person__reliability__n_reviews__gte=ENOUGH, person__reliability__agreement__isnull=False),
        "person__reliability__agreement",
    ),
    By.SPEED: (Q(judgements__gte=ENOUGH, seconds__isnull=False), "seconds"),
    By.PASTED: (Q(messages__gte=TEXTS, pasted_share__gt=0), "-pasted_share"),
    By.SAME_TEXTS: (Q(same_texts__gt=0), "-same_texts"),
    By.SAME_REVIEWS: (Q(reviews__gte=ENOUGH), "-same_reviews"),
    By.LEFT_AS_SHOWN: (Q(rankings__gte=ENOUGH), "-left_as_shown"),
}


@dataclass(frozen=True)
class Line:
    """One person, with all that is known of how they work."""

    person: User
    troll: TrollRow | None
    """None: nobody judged anything of theirs in this time."""
    conduct: ConductRow | None
    """None: they did nothing in this time."""
    reliability: Reliability | None


def listed(*, frame: Frame, by: By, limit: int) -> list[Line]:
    """So many people at most, those first who should be looked at first."""
    board = {"board__kind": BoardKind.TROLL, "board__frame": frame, "board__lang": ""}
    conduct: QuerySet[ConductRow] = ConductRow.objects.filter(**board).select_related("person__reliability")
    trolls: QuerySet[TrollRow] = TrollRow.objects.filter(**board).select_related("person__reliability")
    first: Sequence[ConductRow | TrollRow]
    if by is By.OBJECTIONS:
        first = list(trolls.filter(score__gt=0).order_by("rank")[:limit])
    else:
        enough, order = _ORDERS[by]
        first = list(conduct.filter(enough).order_by(order, "person")[:limit])
    people = [row.person for row in first]
    rows: dict[UUID, ConductRow] = {row.person_id: row for row in conduct.filter(person__in=people)}
    objections: dict[UUID, TrollRow] = {row.person_id: row for row in trolls.filter(person__in=people)}
    return [
        Line(person, objections.get(person.pk), rows.get(person.pk), getattr(person, "reliability", None))
        for person in people
    ]


@dataclass(frozen=True)
class Usual:
    """The median over everybody who has done enough for the figure to say anything; None where nobody has."""

    information: float | None
    agreement: float | None
    seconds: float | None
    pasted_share: float | None
    same_reviews: float | None
    left_as_shown: float | None


_USUAL = """
    SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY r.information) FILTER (WHERE r.n_reviews >= %(enough)s),
           percentile_cont(0.5) WITHIN GROUP (ORDER BY r.agreement) FILTER (WHERE r.n_reviews >= %(enough)s),
           percentile_cont(0.5) WITHIN GROUP (ORDER BY c.seconds) FILTER (WHERE c.judgements >= %(enough)s),
           percentile_cont(0.5) WITHIN GROUP (ORDER BY c.pasted_share) FILTER (WHERE c.messages >= %(texts)s),
           percentile_cont(0.5) WITHIN GROUP (ORDER BY c.same_reviews) FILTER (WHERE c.reviews >= %(enough)s),
           percentile_cont(0.5) WITHIN GROUP (ORDER BY c.left_as_shown) FILTER (WHERE c.rankings >= %(enough)s)
    FROM stats_conductrow c JOIN stats_board b ON b.id = c.board_id
    LEFT JOIN tasks_reliability r ON r.person_id = c.person_id
    WHERE b.kind = %(kind)s AND b.frame = %(frame)s AND b.lang = ''
"""


def usual(frame: Frame) -> Usual:
    """What to compare with."""
    asked: dict[str, str | int] = {
        "enough": ENOUGH,
        "texts": TEXTS,
        "kind": BoardKind.TROLL.value,
        "frame": frame.value,
    }
    with connection.cursor() as cursor:
        cursor.execute(_USUAL, asked)
        return Usual(*cursor.fetchone())
