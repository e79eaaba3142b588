"""What jobs make of the answers: how sure each preference is, whom to trust, which verdicts are beyond doubt."""

from __future__ import annotations

from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models.functions import Greatest, Least

from ranking import Cause
from tasks.kinds import Kind
from tasks.models.trees import Message, RulesVersion

#: Reviews, or rankings, from which on the figures of a person say something.
ENOUGH = 10


class Preference(models.Model):
    """How sure the rankings are that one reply is better than its sibling. Stored with the ranks, for every pair."""

    parent = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="preferences")
    chosen = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="chosen_over")
    rejected = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="rejected_for")
    p_chosen = models.FloatField(help_text="Chance that the next ranker who separates the two prefers `chosen`.")
    p_low = models.FloatField(help_text="Lower end of the 95 % interval of p_chosen.")
    p_high = models.FloatField(help_text="Upper end of the 95 % interval of p_chosen.")
    p_better = models.FloatField(help_text="Chance that `chosen` is the better one; 0.5: the rankings cannot tell.")
    n_votes = models.PositiveIntegerField(help_text="Rankings that put one of the two before the other.")
    n_ties = models.PositiveIntegerField(help_text="Rankings that tied them.")
    flip_margin = models.PositiveIntegerField(
        help_text="Rankings that would have to reverse the pair until their majority, weighted, is for `rejected`."
    )
    cause = models.CharField(
        max_length=32,
        blank=True,
        choices=[(cause.value, cause.value) for cause in Cause],
        help_text="Why the rankers are split; empty if they are not.",
    )
    rules = models.ForeignKey(
        RulesVersion, null=True, on_delete=models.PROTECT, related_name="+", help_text="The rules it was computed by."
    )

    class Meta:
        constraints = (
            models.UniqueConstraint(
                Least("chosen", "rejected"), Greatest("chosen", "rejected"), name="one_preference_per_pair"
            ),
            models.CheckConstraint(
                condition=models.Q(p_chosen__gte=0.5) & models.Q(p_better__gte=0.5),
                name="the_chosen_one_is_not_the_worse",
            ),
        )

    def __str__(self) -> str:
        return f"{self.chosen_id} over {self.rejected_id}: {self.p_chosen:.2f}"

    @property
    def tied(self) -> bool:
        """The rankings say nothing about which is better; which of the two is called chosen means nothing."""
        return self.p_better == 0.5


class ReliabilityQuerySet(models.QuerySet["Reliability"]):
    def of_reviewers(self) -> Self:
        """Who gave enough reviews, those first whose reviews tell least."""
        return self.filter(n_reviews__gte=ENOUGH, information__isnull=False).order_by("information", "person_id")

    def of_rankers(self) -> Self:
        """Who gave enough rankings, those first who follow the crowd least."""
        return self.filter(n_rankings__gte=ENOUGH).order_by("adherence", "person_id")


class Reliability(models.Model):
    """How far one person's answers can be trusted. Measured by a job; a weight and a figure, never a silent ban."""

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.CASCADE, related_name="reliability"
    )
    sensitivity = models.FloatField(null=True, help_text="How often they call a bad message bad, 0 to 1.")
    sensitivity_low = models.FloatField(null=True, help_text="Lower end of its 90 % interval.")
    sensitivity_high = models.FloatField(null=True, help_text="Upper end of its 90 % interval.")
    specificity = models.FloatField(null=True, help_text="How often they call a fine message fine, 0 to 1.")
    specificity_low = models.FloatField(null=True, help_text="Lower end of its 90 % interval.")
    specificity_high = models.FloatField(null=True, help_text="Upper end of its 90 % interval.")
    agreement = models.FloatField(null=True, help_text="Share of their reviews that agree with what the others think.")
    competence = models.FloatField(
        null=True,
        help_text="Chance that they look before they answer (MACE), 0 to 1; low for copies and random clicks.",
    )
    information = models.FloatField(null=True, help_text="Bits that one of their reviews tells of a message.")
    n_reviews = models.PositiveIntegerField(default=0)
    n_known = models.PositiveIntegerField(default=0, help_text="Reviews of messages whose verdict was known.")
    known_right = models.PositiveIntegerField(default=0)
    adherence = models.FloatField(default=1.0, help_text="How closely their rankings follow the crowd; 1 is usual.")
    adherence_error = models.FloatField(null=True, help_text="Standard error of the adherence.")
    n_rankings = models.PositiveIntegerField(default=0)
    measured_at = models.DateTimeField()

    objects: ClassVar[models.Manager[Reliability]] = ReliabilityQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "reliabilities"
        indexes = (models.Index(fields=["information"], name="least_telling_reviewers"),)

    def __str__(self) -> str:
        return f"{self.person_id}: {self.information} bits a review, adherence {self.adherence:.2f}"


class KnownAnswer(models.Model):
    """A message whose verdict is beyond doubt: now and then somebody is asked to review it, and thereby measured."""

    message = models.OneToOneField(Message, primary_key=True, on_delete=models.CASCADE, related_name="known_answer")
    lang = models.CharField(max_length=32)
    kind = models.CharField(max_length=32, choices=[(kind.value, kind.value) for kind in Kind])
    bad = models.BooleanField(help_text="Whether the message is bad; else it is fine.")
    promoted_at = models.DateTimeField()
    retired = models.BooleanField(default=False, help_text="No longer handed out; its answers keep their worth.")

    class Meta:
        indexes = (
            models.Index(fields=["lang", "kind"], name="known_answers_in_use", condition=models.Q(retired=False)),
        )

    objects: ClassVar[models.Manager[KnownAnswer]] = models.Manager()

    def __str__(self) -> str:
        return f"{self.message_id} is {'bad' if self.bad else 'fine'}"
