"""What each tree waits for, how many people could do it, and which trees are stuck."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Exists, Max, OuterRef

from accounts import access
from tasks import eligibility
from tasks.kinds import Kind
from tasks.models import Task, Tree
from tasks.rules import TreeRules
from tasks.tree_states import State

#: Whoever answered something or signed in since then counts as somebody who could do more.
LATELY = timedelta(days=30)
#: So long without an answer is too long for a tree that has work open.
QUIET = timedelta(days=14)
#: So long a computation may take to be begun; its job runs every few minutes.
SCORING = timedelta(hours=1)

#: States in which a tree has work for people.
WITH_WORK = (State.INITIAL_PROMPT_REVIEW, State.GROWING, State.RANKING)


@dataclass(frozen=True)
class Opening:
    """One kind of work on one message."""

    tree_id: UUID
    kind: Kind
    message_id: UUID
    wanted: int
    """Answers that nobody works on yet; each must come from another person."""
    held: int
    """Answers somebody works on now."""
    eligible: int
    """People who could take one now: they work in the language, were here lately, and nothing bars them."""

    @property
    def too_few(self) -> bool:
        return self.eligible < self.wanted


class Stuck(StrEnum):
    """Why a tree does not go on by itself, the surest reason first."""

    FAILED = "failed"
    """The consensus could not be computed."""
    NOT_SCORED = "not_scored"
    """It waits for a computation that should have begun."""
    NOTHING_OPEN = "nothing_open"
    """Answers are missing, but none is asked for."""
    TOO_FEW = "too_few"
    """More answers are wanted than there are people who could give them."""
    QUIET = "quiet"
    """Nobody answered for long, though people could."""


#: Who may take which opening is what `eligibility.ELIGIBLE` says of one person, asked of all of them at once: everybody
#: who works in the language, without those whom something bars. These are few, and found by index.
_OPENINGS = """
    WITH openings AS (
        SELECT t.tree_id, t.kind, t.message_id, t.lang, m.author_id,
               count(*) FILTER (WHERE t.state = 'open') AS wanted,
               count(*) FILTER (WHERE t.state = 'claimed' AND NOT t.known_answer) AS held
        FROM tasks_task t JOIN tasks_message m ON m.id = t.message_id
        WHERE t.state IN ('open', 'claimed') AND t.tree_id IS NOT NULL {of_trees}
        GROUP BY t.tree_id, t.kind, t.message_id, t.lang, m.author_id
    ), people AS MATERIALIZED (
        SELECT u.id, l.lang FROM accounts_user u
        LEFT JOIN accounts_profile p ON p.person_id = u.id
        CROSS JOIN LATERAL (SELECT u.lang UNION SELECT unnest(p.languages)) AS l(lang)
        WHERE u.status = 'active' AND u.terms_version >= %(terms)s
          AND greatest(u.last_activity_at, u.last_login) > %(lately)s
    ), speakers AS (
        SELECT lang, count(*) AS number FROM people GROUP BY lang
    ), barred AS (
        SELECT o.kind, o.message_id, o.lang, b.person_id
        FROM openings o CROSS JOIN LATERAL (
            SELECT claimed_by_id FROM tasks_task t
            WHERE t.message_id = o.message_id AND t.kind = o.kind AND t.claimed_by_id IS NOT NULL
            UNION SELECT s.person_id FROM tasks_skip s WHERE s.message_id = o.message_id AND s.kind = o.kind
            UNION SELECT o.author_id WHERE o.kind <> ALL(%(own_is_fine)s::text[])
            UNION SELECT r.author_id FROM tasks_message r
            WHERE o.kind = ANY(%(not_among_replies)s::text[]) AND r.parent_id = o.message_id
              AND NOT r.deleted AND r.review_result
        ) AS b(person_id)
    ), barred_speakers AS (
        SELECT b.kind, b.message_id, count(*) AS number
        FROM barred b JOIN people p ON p.id = b.person_id AND p.lang = b.lang
        GROUP BY b.kind, b.message_id
    )
    SELECT o.tree_id, o.kind, o.message_id, o.wanted, o.held, coalesce(s.number, 0) - coalesce(b.number, 0)
    FROM openings o LEFT JOIN speakers s ON s.lang = o.lang
    LEFT JOIN barred_speakers b ON b.kind = o.kind AND b.message_id = o.message_id
    ORDER BY o.kind, o.message_id
"""


def openings(trees: Collection[UUID], *, now: datetime, rules: TreeRules) -> Mapping[UUID, Sequence[Opening]]:
    """What each of these trees has for people, in one query."""
    found: dict[UUID, list[Opening]] = defaultdict(list)
    for opening in _openings("AND t.tree_id = ANY(%(trees)s::uuid[])", now, rules, trees=list(trees)):
        found[opening.tree_id].append(opening)
    return found


def _openings(of_trees: str, now: datetime, rules: TreeRules, **params: Any) -> Iterator[Opening]:
    with connection.cursor() as cursor:
        cursor.execute(
            _OPENINGS.format(of_trees=of_trees),
            {
                "terms": access.TERMS_VERSION,
                "lately": now - LATELY,
                **eligibility.bars(rules),
                **params,
            },
        )
        for tree_id, kind, message_id, wanted, held, eligible in cursor.fetchall():
            yield Opening(tree_id, Kind(kind), message_id, wanted, held, eligible)


def stuck(*, now: datetime, rules: TreeRules, lang: str = "") -> Mapping[UUID, Stuck]:
    """Every tree that does not go on by itself, with the surest reason. Reads all trees in work."""
    found: dict[UUID, Stuck] = {}
    trees = Tree.objects.filter(lang=lang) if lang else Tree.objects.all()
    working = trees.in_state(*WITH_WORK)
    quiet = working.alias(last=Max("tasks__done_at")).filter(state_since__lt=now - QUIET).exclude(last__gte=now - QUIET)
    live = Task.objects.live().filter(tree=OuterRef("pk"))
    late = trees.in_state(State.READY_FOR_SCORING).filter(state_since__lt=now - SCORING)
    of_lang = "AND t.lang = %(lang)s" if lang else ""
    short = {each.tree_id for each in _openings(of_lang, now, rules, lang=lang) if each.too_few}
    # The surest reason comes last, so that it stays.
    for reason, ids in (
        (Stuck.QUIET, quiet.values_list("pk", flat=True)),
        (Stuck.TOO_FEW, short),
        (Stuck.NOTHING_OPEN, working.filter(~Exists(live)).values_list("pk", flat=True)),
        (Stuck.NOT_SCORED, late.values_list("pk", flat=True)),
        (Stuck.FAILED, trees.in_state(State.SCORING_FAILED).values_list("pk", flat=True)),
    ):
        found.update(dict.fromkeys(ids, reason))
    return found
