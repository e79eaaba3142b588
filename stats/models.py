"""Figures that take long to compute, stored by a job for pages to show."""

from __future__ import annotations

from typing import ClassVar, Self

from django.db import models

#: The subject of figures about orders; all other subjects are labels.
RANKINGS = "rankings"


class AgreementQuerySet(models.QuerySet["AgreementFigure"]):
    def of_all_time(self) -> Self:
        return self.filter(week__isnull=True)

    def over_weeks(self) -> Self:
        """One figure a week, oldest first."""
        return self.filter(week__isnull=False).order_by("week")


def _figure(help_text: str) -> models.FloatField[float | None, float | None]:
    return models.FloatField(null=True, blank=True, help_text=help_text)


def _end(which: str, of: str) -> models.FloatField[float | None, float | None]:
    return _figure(f"{which} end of the 95 % interval of {of}; null where there is no honest one.")


class AgreementFigure(models.Model):
    """How much people agreed on one label, or on rankings, in one language: in one week, or over all time."""

    lang = models.CharField(max_length=32)
    subject = models.CharField(max_length=32, help_text='A label of tasks.kinds.LABELS, or "rankings".')
    week = models.DateField(null=True, blank=True, help_text="The Monday it begins with, in UTC; null for all time.")

    level = models.CharField(max_length=8, blank=True, help_text="nominal or ordinal; empty for rankings.")
    alpha = _figure("Krippendorff's alpha of a label; null where undefined, as without any variation.")
    alpha_low = _end("Lower", "alpha")
    alpha_high = _end("Upper", "alpha")
    raw = _figure("Share of pairs of reviews of one message that give the same label, 0 to 1; null for rankings.")
    raw_low = _end("Lower", "the share")
    raw_high = _end("Upper", "the share")
    base_rate = _figure("Mean of the label over the reviews that count, 0 to 1; null for rankings.")
    tau_b = _figure("Kendall's tau-b, mean over pairs of rankings of one set of replies; null for labels.")
    tau_b_low = _end("Lower", "tau-b")
    tau_b_high = _end("Upper", "tau-b")
    kendall_w = _figure("Kendall's W, mean over sets of replies; null for labels.")
    kendall_w_low = _end("Lower", "W")
    kendall_w_high = _end("Upper", "W")

    n_items = models.PositiveIntegerField(help_text="Messages, or sets of replies, that two or more people judged.")
    n_votes = models.PositiveIntegerField(help_text="Reviews or rankings of these.")
    computed_at = models.DateTimeField()

    objects: ClassVar[models.Manager[AgreementFigure]] = AgreementQuerySet.as_manager()

    class Meta:
        constraints = (
            # Null is a value here: all time has one figure too. PostgreSQL 15 and later.
            models.UniqueConstraint(
                fields=["lang", "subject", "week"],
                name="one_figure_of_a_week_or_of_all_time",
                nulls_distinct=False,
            ),
        )

    def __str__(self) -> str:
        return f"{self.subject} in {self.lang}, {self.week or 'all time'}"
