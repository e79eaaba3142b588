"""How far each person's answers can be trusted: measured by a job from all answers, used as a weight from then on."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
from django.db.models import F, FloatField, Func, Value
from django.db.models.functions import Cast, Coalesce

from accounts.models import User
from ranking import (
    DECIDING,
    Adherences,
    Prior,
    ReviewerReliability,
    Votes,
    information,
    mace,
    plackett_luce_with_adherence,
    reviewer_reliability,
)
from tasks.models import KnownAnswer, Ranking, Reliability, Review
from tasks.rules import TreeRules

BATCH = 1000


@dataclass(frozen=True)
class Measured:
    """What the whole crowd looks like: advice for the rules of the same names."""

    people: int
    """Persons measured."""
    n_reviews: int
    n_rankings: int
    bad_base_rate: float
    newcomer_sensitivity: float
    newcomer_specificity: float
    preference_spread: float | None
    """None without rankings."""
    tie_weight: float | None
    """None where nobody tied anything."""


def measure(*, now: datetime, rules: TreeRules) -> Measured:
    """Measure everybody who reviewed or ranked, and store one row for each. May run twice, also at once.

    Reviews: Dawid-Skene with two classes, shrunk to the crowd for newcomers; reviews of known answers count against
    what is known. MACE tells besides who clicks without looking. Rankings: Plackett-Luce with adherences, all sets of
    siblings together. Answers that are stored already keep the weight they came in with, so no verdict changes.
    """
    reviews, known = _reviews(rules)
    prior = Prior(
        sensitivity=rules.newcomer_sensitivity,
        specificity=max(rules.newcomer_specificity, 1.001 - rules.newcomer_sensitivity),
        base_rate=rules.bad_base_rate,
    )
    judged = reviewer_reliability(reviews, known=known, prior=prior)
    looked = mace(reviews)
    rankings = Ranking.objects.filter(not_rankable=False).order_by("created_at", "id")
    ranked = plackett_luce_with_adherence(rankings.values_list("parent_id", "ranker_id", "order").iterator())
    rows = _rows(judged, dict(zip(looked.raters, looked.competence.tolist(), strict=True)), ranked, now)
    columns = [field.name for field in Reliability._meta.concrete_fields if field.name != "person"]
    # A person may be deleted while we count.
    there = set(User.objects.filter(pk__in=list(rows)).values_list("pk", flat=True))
    Reliability.objects.bulk_create(
        (rows[pk] for pk in sorted(rows) if pk in there),
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["person"],
        update_fields=columns,
    )
    return Measured(
        people=len(rows),
        n_reviews=len(reviews),
        n_rankings=int(ranked.n_ballots.sum()),
        bad_base_rate=judged.base_rate,
        newcomer_sensitivity=judged.newcomer.sensitivity,
        newcomer_specificity=judged.newcomer.specificity,
        preference_spread=ranked.spread if len(ranked.rankers) else None,
        tie_weight=ranked.tie[1] if len(ranked.tie) > 1 else None,
    )


def _reviews(rules: TreeRules) -> tuple[Votes, Mapping[Any, bool]]:
    """Every review as a vote, and what is known. A review of a known answer is about an item of its own: only what
    was answered when the verdict was known tells anything, not the reviews that made it known."""
    items: dict[Any, int] = {}
    people: dict[UUID, int] = {}
    item, rater, label = array("i"), array("i"), array("i")
    against = sum((_value(name) for name in DECIDING), start=Value(0.0))
    rows = Review.objects.annotate(against=against).order_by("created_at", "id")
    for message_id, reviewer_id, was_known, said in rows.values_list(
        "message_id", "reviewer_id", "known_answer", "against"
    ).iterator(chunk_size=10_000):
        item.append(items.setdefault((message_id, was_known), len(items)))
        rater.append(people.setdefault(reviewer_id, len(people)))
        label.append(int(said >= rules.bad_vote_from))
    votes = Votes(
        tuple(items),
        tuple(people),
        (False, True),
        *(np.frombuffer(column, dtype=np.int32) for column in (item, rater, label)),
    )
    answers = dict(KnownAnswer.objects.values_list("pk", "bad"))
    return votes, {(pk, was_known): answers[pk] for pk, was_known in items if was_known and pk in answers}


def _value(label: str) -> Any:
    """A label of a review as a number; a question nobody answered counts as no."""
    text = Func(F("labels"), Value(label), function="jsonb_extract_path_text")
    return Coalesce(Cast(text, FloatField()), 0.0)


def _rows(
    judged: ReviewerReliability, competence: Mapping[Any, float], ranked: Adherences[Any, Any], now: datetime
) -> dict[UUID, Reliability]:
    rows: dict[UUID, Reliability] = {}
    telling = information(judged.sensitivity, judged.specificity, judged.base_rate)
    for place, person in enumerate(judged.raters):
        assert isinstance(person, UUID)
        sees, passes = judged.sensitivity_interval[place], judged.specificity_interval[place]
        agreement = float(judged.agreement[place])
        rows[person] = Reliability(
            person_id=person,
            sensitivity=float(judged.sensitivity[place]),
            sensitivity_low=float(sees[0]),
            sensitivity_high=float(sees[1]),
            specificity=float(judged.specificity[place]),
            specificity_low=float(passes[0]),
            specificity_high=float(passes[1]),
            agreement=None if np.isnan(agreement) else agreement,
            competence=competence.get(person),
            information=float(telling[place]),
            n_reviews=int(judged.n_votes[place]),
            n_known=int(judged.n_known[place]),
            known_right=int(judged.known_right[place]),
            measured_at=now,
        )
    for place, person in enumerate(ranked.rankers):
        row = rows.setdefault(person, Reliability(person_id=person, measured_at=now))
        row.adherence = float(ranked.adherence[place])
        row.adherence_error = float(ranked.error[place])
        row.n_rankings = int(ranked.n_ballots[place])
    return rows
