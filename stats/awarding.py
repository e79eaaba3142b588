"""Badges are awarded: counts what people did and gives them what they have earned. Runs in a job; may run twice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from accounts import news
from accounts.models import News, NewsKind, Status, User
from stats.badges import BADGES, RUN, Badge, Facts
from stats.models import BadgeAward
from tasks.kinds import Role
from tasks.points import Reason
from tasks.tree_states import UNDER_REVIEW, State

#: How far a sweep looks back for people to whom something happened. Sweeps are far closer to one another, and one
#: that looks at everybody follows each day: what a sleeping worker missed comes then.
RECENT = timedelta(hours=2)
#: People whose facts are counted in one statement.
BATCH = 500

#: To whom something happened of which a badge could come: points, an answer, a verdict, an end, a decided report.
_TOUCHED = """
    SELECT person_id FROM accounts_pointentry WHERE created_at >= %(since)s
    UNION SELECT id FROM accounts_user WHERE last_activity_at >= %(since)s
    UNION SELECT person_id FROM accounts_news WHERE at >= %(since)s AND kind = %(answered)s
    UNION SELECT m.author_id FROM tasks_tree t JOIN tasks_message m ON m.tree_id = t.id
          WHERE t.state_since >= %(since)s AND m.task_id IS NOT NULL AND m.author_id IS NOT NULL
"""

#: Messages that people wrote here and whose verdict shows (see verdicts.announce). One reply is the best of its set
#: if no other shares its rank; a set of one has no best.
_WRITTEN = """
    WITH mine AS (
        SELECT m.author_id, m.id, m.parent_id, m.tree_id, m.role, m.lang, m.rank, t.state, t.won_prompt_lottery_at,
               m.review_result AS accepted,
               row_number() OVER (PARTITION BY m.author_id ORDER BY m.created_at DESC, m.id DESC) AS number
        FROM tasks_message m JOIN tasks_tree t ON t.id = m.tree_id
        WHERE m.author_id = ANY(%(people)s) AND m.task_id IS NOT NULL AND NOT m.deleted
          AND m.review_result IS NOT NULL AND t.state <> ALL(%(hidden)s)
    )
    SELECT author_id,
           count(*) FILTER (WHERE accepted) AS accepted,
           count(*) FILTER (WHERE accepted AND parent_id IS NOT NULL AND role = %(prompter)s) AS replies_as_user,
           count(*) FILTER (WHERE accepted AND role = %(assistant)s) AS replies_as_assistant,
           count(*) FILTER (WHERE accepted AND number <= %(run)s) AS lately_accepted,
           count(*) FILTER (WHERE accepted AND rank = 0 AND state = %(finished)s
               AND EXISTS (SELECT 1 FROM tasks_message s WHERE s.parent_id = mine.parent_id AND s.rank > 0)
               AND NOT EXISTS (SELECT 1 FROM tasks_message s
                               WHERE s.parent_id = mine.parent_id AND s.rank = 0 AND s.id <> mine.id)) AS best,
           count(DISTINCT tree_id) FILTER (WHERE accepted AND state = %(finished)s) AS finished,
           array_agg(DISTINCT lang) FILTER (WHERE accepted) AS langs
    FROM mine GROUP BY author_id
"""

#: Who was drawn may know it at once: that the conversation grows is there to be seen.
_DRAWN = """
    SELECT m.author_id, count(*) AS drawn
    FROM tasks_message m JOIN tasks_tree t ON t.id = m.tree_id
    WHERE m.author_id = ANY(%(people)s) AND m.parent_id IS NULL AND m.task_id IS NOT NULL AND NOT m.deleted
      AND t.won_prompt_lottery_at IS NOT NULL
    GROUP BY m.author_id
"""

#: These lines are paid when a conversation has ended, and known answers earn like any other (rewards).
_TOLD = """
    SELECT person_id,
           count(*) FILTER (WHERE reason = %(review)s) AS telling_reviews,
           count(*) FILTER (WHERE reason = %(ranking)s) AS telling_rankings,
           array_agg(DISTINCT lang) FILTER (WHERE lang <> '') AS langs
    FROM accounts_pointentry
    WHERE person_id = ANY(%(people)s) AND reason IN (%(review)s, %(ranking)s) AND points > 0
    GROUP BY person_id
"""

_REST = """
    SELECT u.id, u.streak_days,
           (SELECT count(DISTINCT n.about ->> 'message_id') FROM accounts_news n
            WHERE n.person_id = u.id AND n.kind = %(answered)s AND n.about ->> 'decision' = 'deleted') AS upheld
    FROM accounts_user u WHERE u.id = ANY(%(people)s)
"""

_PARAMS: Mapping[str, Any] = {
    "answered": NewsKind.REPORT_ANSWERED.value,
    "hidden": [state.value for state in UNDER_REVIEW],
    "prompter": Role.PROMPTER.value,
    "assistant": Role.ASSISTANT.value,
    "finished": State.READY_FOR_EXPORT.value,
    "run": RUN,
    "review": Reason.IMPACT_REVIEW.value,
    "ranking": Reason.IMPACT_RANKING.value,
}


def award(*, now: datetime, everybody: bool = False) -> int:
    """Give everybody to whom something happened lately the badges they have earned since. Returns how many were given.

    One transaction per batch; an award and the news of it are stored together. Whoever runs at the same time gives
    nothing twice, and tells nobody twice.
    """
    people = User.objects.filter(status=Status.ACTIVE)
    if not everybody:
        people = people.filter(pk__in=_touched(now - RECENT))
    ids = list(people.order_by("id").values_list("pk", flat=True))
    return sum(_award(ids[start : start + BATCH], now) for start in range(0, len(ids), BATCH))


def facts_of(people: Collection[UUID]) -> dict[UUID, Facts]:
    """What is counted of each of these people: four queries."""
    counted: dict[UUID, dict[str, Any]] = defaultdict(dict)
    languages: dict[UUID, set[str]] = defaultdict(set)
    for statement in (_WRITTEN, _DRAWN, _TOLD, _REST):
        for pk, columns in _rows(statement, people=list(people)):
            languages[pk].update(columns.pop("langs", None) or ())
            counted[pk].update(columns)
    return {pk: Facts(**counted[pk], languages=len(languages[pk])) for pk in people}


def earned_by(person: User) -> list[tuple[Badge, datetime]]:
    """The badges a person has, and since when; the newest first."""
    awards = BadgeAward.objects.filter(person=person, badge__in=BADGES).order_by("-earned_at", "-id")
    return [(BADGES[slug], earned_at) for slug, earned_at in awards.values_list("badge", "earned_at")]


@dataclass(frozen=True)
class Shown:
    """A badge as its person sees it: when it was earned, or how far they are."""

    badge: Badge
    earned_at: datetime | None
    have: int
    """Never more than is needed."""

    @property
    def missing(self) -> str:
        return self.badge.missing(self.badge.needs - self.have)


def of_person(person: User) -> list[Shown]:
    """Every badge, first those they have, the newest first; then the others, the nearest first."""
    earned = earned_by(person)
    facts = facts_of([person.pk])[person.pk]
    there = [Shown(badge, earned_at, badge.needs) for badge, earned_at in earned]
    missing = BADGES.keys() - {badge.slug for badge, _earned_at in earned}
    others = [
        Shown(badge, None, min(badge.counts(facts), badge.needs)) for slug, badge in BADGES.items() if slug in missing
    ]
    return [*there, *sorted(others, key=lambda each: -each.have / each.badge.needs)]


def _touched(since: datetime) -> list[UUID]:
    return [pk for pk, _columns in _rows(_TOUCHED, since=since)]


@transaction.atomic
def _award(people: Sequence[UUID], now: datetime) -> int:
    had = set(BadgeAward.objects.filter(person__in=people).values_list("person_id", "badge"))
    fresh = [
        (pk, badge)
        for pk, facts in facts_of(people).items()
        for badge in BADGES.values()
        if (pk, badge.slug) not in had and badge.earned(facts)
    ]
    awards = (BadgeAward(person_id=pk, badge=badge.slug, earned_at=now) for pk, badge in fresh)
    BadgeAward.objects.bulk_create(awards, ignore_conflicts=True)
    news.tell(_told(fresh, now))
    return len(fresh)


def _told(fresh: Iterable[tuple[UUID, Badge]], now: datetime) -> Iterator[News]:
    for pk, badge in fresh:
        yield News(
            person_id=pk,
            kind=NewsKind.BADGE_EARNED,
            source=f"{badge.slug}:{pk}",
            about={"badge": badge.slug},
            at=now,
        )


def _rows(statement: str, **params: Any) -> Iterator[tuple[UUID, dict[str, Any]]]:
    """The first column, and the others by name."""
    with connection.cursor() as cursor:
        cursor.execute(statement, {**_PARAMS, **params})
        names = [column.name for column in cursor.description or ()]
        rows = cursor.fetchall()
    for pk, *values in rows:
        yield pk, dict(zip(names[1:], values, strict=True))
