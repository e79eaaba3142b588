"""How much reviewers and rankers agree, by language and week: measured by a job, since it reads every answer."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import isnan, nan
from typing import Any

import numpy as np
from django.db import transaction
from django.db.models import Min, Q
from numpy.typing import NDArray

from ranking.agreement import Level, krippendorff_alpha, ranking_agreement
from ranking.ballots import Ballot
from ranking.bootstrap import Estimate
from ranking.votes import Votes
from stats.models import RANKINGS, AgreementFigure
from tasks.kinds import LABELS, Widget
from tasks.models import Ranking, Review

#: What the distance of two answers means. The steps of a scale have an order, but nobody promised that they are equal.
LEVELS: dict[Widget, Level] = {Widget.YES_NO: "nominal", Widget.FLAG: "nominal", Widget.LIKERT: "ordinal"}
#: Answers are committed a little after the moment they carry, so a week is over only so much after its end.
OVERLAP = timedelta(minutes=10)

Integers = NDArray[np.int64]
#: The columns of a figure that say what it is about; the others are overwritten when it is measured again.
_KEY = ("lang", "subject", "week")
_MEASURED = tuple(field.name for field in AgreementFigure._meta.concrete_fields if field.name not in (*_KEY, "id"))


def measure(*, now: datetime, everything: bool = False) -> int:
    """Measure agreement for each language: on each label and on rankings, over all time and by week. Returns figures.

    A week's figure is about the messages that got a review in that week, with all reviews they had by its end. So each
    week says how its reviews agree, with one another and with those before, and a week that is over never changes:
    only weeks that were not over at the last measurement are measured, or all of them, if `everything`.
    What fewer than two people judged has no figure. Rankings likewise; "not rankable" is no order and is left out.

    May run twice, also at once: figures are overwritten, and chance is the same each time.
    """
    since = 0 if everything else _first_open_week()
    figures = [*_label_figures(_reviews(), since), *_ranking_figures(since)]
    # In one order, so that two runs wait for each other instead of locking each other out.
    figures.sort(key=lambda figure: (figure.lang, figure.subject, figure.week or date.min))
    for figure in figures:
        figure.computed_at = now
    with transaction.atomic():
        AgreementFigure.objects.bulk_create(
            figures, batch_size=500, update_conflicts=True, unique_fields=_KEY, update_fields=_MEASURED
        )
        # What was looked at and has no figure any more. Not what another run stored a moment later.
        looked_at = Q(week__isnull=True) | Q(week__gte=_monday(since))
        AgreementFigure.objects.filter(looked_at, computed_at__lt=now).delete()
    return len(figures)


def _first_open_week() -> int:
    """The week in which the last measurement was. Its figures of all time tell: they are measured anew each time."""
    last = AgreementFigure.objects.filter(week__isnull=True).aggregate(last=Min("computed_at"))["last"]
    return 0 if last is None else _week(last - OVERLAP)


def _week(at: datetime) -> int:
    """Weeks since the year 1, which began on a Monday. In UTC, as all times from the database."""
    return (at.toordinal() - 1) // 7


def _monday(week: int) -> date:
    return date.fromordinal(week * 7 + 1)


@dataclass(frozen=True)
class _Reviews:
    """All reviews in columns of shape (reviews,): half a million of them fit into 75 MB."""

    langs: Sequence[str]
    lang: Integers
    """Place in `langs`."""
    message: Integers
    """A number for each message; so for each reviewer."""
    reviewer: Integers
    week: Integers
    value: NDArray[np.float64]
    """Shape (reviews, labels), labels in the order of LABELS; nan where the question was not answered."""


def _reviews() -> _Reviews:
    langs: dict[str, int] = {}
    messages: dict[Any, int] = {}
    reviewers: dict[Any, int] = {}
    codes, values = array("q"), array("d")
    # Known answers are chosen because all agree on them: they would make people look more agreed than they are.
    given = Review.objects.filter(known_answer=False)
    rows = given.values_list("message__lang", "message_id", "reviewer_id", "created_at", "labels")
    for lang, message, reviewer, at, labels in rows.iterator(chunk_size=5000):
        codes.append(langs.setdefault(lang, len(langs)))
        codes.append(messages.setdefault(message, len(messages)))
        codes.append(reviewers.setdefault(reviewer, len(reviewers)))
        codes.append(_week(at))
        values.extend([labels.get(name, nan) for name in LABELS])
    lang_of, message_of, reviewer_of, week_of = np.frombuffer(codes, dtype=np.int64).reshape(-1, 4).T
    value_of = np.frombuffer(values, dtype=np.float64).reshape(-1, len(LABELS))
    return _Reviews(tuple(langs), lang_of, message_of, reviewer_of, week_of, value_of)


def _label_figures(reviews: _Reviews, since: int) -> Iterator[AgreementFigure]:
    for code, lang in enumerate(reviews.langs):
        in_lang = np.flatnonzero(reviews.lang == code)
        for week, among in _periods(reviews.message[in_lang], reviews.week[in_lang], since):
            rows = in_lang[among]
            for column, (name, label) in enumerate(LABELS.items()):
                value = reviews.value[rows, column]
                answered = ~np.isnan(value)
                votes = _votes(reviews.message[rows][answered], reviews.reviewer[rows][answered], value[answered])
                figure = _label_figure(votes, LEVELS[label.widget])
                if figure is not None:
                    figure.lang, figure.subject, figure.week = lang, name, week
                    yield figure


def _periods(item: Integers, week: Integers, since: int) -> Iterator[tuple[date | None, Integers]]:
    """All time, then each week from `since` on, with the answers that its figure is about. See `measure`."""
    yield None, np.arange(len(item))
    for each in np.unique(week[week >= since]):
        touched = np.unique(item[week == each])
        yield _monday(int(each)), np.flatnonzero((week <= each) & np.isin(item, touched))


def _votes(message: Integers, reviewer: Integers, value: NDArray[np.float64]) -> Votes:
    (items, item), (raters, rater), (labels, label) = (
        np.unique(column, return_inverse=True) for column in (message, reviewer, value)
    )
    return Votes(
        tuple(items.tolist()),
        tuple(raters.tolist()),
        tuple(labels.tolist()),
        item.astype(np.int32),
        rater.astype(np.int32),
        label.astype(np.int32),
    )


def _label_figure(votes: Votes, level: Level) -> AgreementFigure | None:
    """None if no message has two answers."""
    alpha = krippendorff_alpha(votes, level)
    if not alpha.n_items:
        return None
    counts = np.bincount(votes.label[np.bincount(votes.item)[votes.item] > 1], minlength=len(votes.labels))
    return AgreementFigure(
        level=level,
        alpha=_stored(alpha.alpha),
        alpha_low=alpha.low,
        alpha_high=alpha.high,
        **_columns("raw", alpha.raw),
        # From counts: a sum over rows would depend on their order, in its last digits.
        base_rate=float(counts @ np.array(votes.labels, dtype=np.float64)) / alpha.n_votes,
        n_items=alpha.n_items,
        n_votes=alpha.n_votes,
    )


def _ranking_figures(since: int) -> Iterator[AgreementFigure]:
    ballots: dict[str, list[tuple[int, int, Ballot[str]]]] = defaultdict(list)
    parents: dict[Any, int] = {}
    rows = Ranking.objects.filter(not_rankable=False).values_list("parent__lang", "parent_id", "created_at", "order")
    for lang, parent, at, order in rows.iterator(chunk_size=5000):
        ballots[lang].append((parents.setdefault(parent, len(parents)), _week(at), order))
    for lang, cast in ballots.items():
        parent_of, week_of = (np.array([row[column] for row in cast], dtype=np.int64) for column in (0, 1))
        for week, among in _periods(parent_of, week_of, since):
            sets: dict[int, list[Ballot[str]]] = defaultdict(list)
            for place in among:
                number, _week_of, ballot = cast[place]
                sets[number].append(ballot)
            found = ranking_agreement(sets.values())
            if found.n_sets:
                yield AgreementFigure(
                    lang=lang,
                    subject=RANKINGS,
                    week=week,
                    **_columns("tau_b", found.tau_b),
                    **_columns("kendall_w", found.w),
                    n_items=found.n_sets,
                    n_votes=found.n_ballots,
                )


def _columns(name: str, estimate: Estimate) -> dict[str, float | None]:
    return {name: _stored(estimate.value), f"{name}_low": estimate.low, f"{name}_high": estimate.high}


def _stored(figure: float) -> float | None:
    return None if isnan(figure) else figure
