"""What people answered: reviews, rankings, reactions. Each is stored exactly once."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Value
from django.utils import timezone

from tasks.kinds import EMOJIS, Mode, NotRankable
from tasks.models.trees import Message
from tasks.models.work import Task


class Review(models.Model):
    """One person's labels on one message, given in a task."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    task = models.OneToOneField(Task, on_delete=models.PROTECT, related_name="review")
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="reviews")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="reviews")
    labels = models.JSONField(help_text="label → value 0..1; unanswered questions are absent.")
    mode = models.CharField(max_length=8, choices=[(mode.value, mode.value) for mode in Mode], default=Mode.FULL)
    number = models.PositiveIntegerField(
        null=True, help_text="Which review of its message it was, published ones before it counted: the exact order."
    )
    sensitivity = models.FloatField(
        null=True, help_text="How often the reviewer calls a bad message bad, as known when this review came in."
    )
    specificity = models.FloatField(
        null=True, help_text="How often the reviewer calls a fine message fine, as known when this review came in."
    )
    known_answer = models.BooleanField(
        db_default=False, default=False, help_text="The verdict was known, and the reviewer was asked to be measured."
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["reviewer", "message"], name="one_review_per_reviewer"),)

    def __str__(self) -> str:
        return f"review of {self.message_id}"


class Ranking(models.Model):
    """One person's order of the replies to one message; or "not rankable"."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    task = models.OneToOneField(Task, on_delete=models.PROTECT, related_name="ranking")
    parent = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="rankings")
    ranker = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="rankings")
    order = models.JSONField(help_text="Groups of message ids, best first; ids in one group are tied.")
    shown = models.JSONField(help_text="Message ids in the order in which the person saw them.")
    not_rankable = models.BooleanField(default=False, help_text="All replies are wrong, so their order means nothing.")
    why_not = models.CharField(
        max_length=24,
        blank=True,
        db_default="",
        choices=[(why.value, why.value) for why in NotRankable],
        help_text="Why they cannot be ranked, if the person said.",
    )
    unacceptable = models.JSONField(
        default=list, db_default=Value([], models.JSONField()), help_text="Ids of replies marked as unacceptable."
    )
    comment = models.TextField(blank=True, db_default="", help_text="What else the person said about them.")
    adherence = models.FloatField(
        db_default=1.0,
        default=1.0,
        help_text="How closely the ranker follows the crowd, as known when this ranking came in; 1 is usual.",
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["ranker", "parent"], name="one_ranking_per_ranker"),)

    def __str__(self) -> str:
        return f"ranking of the replies to {self.parent_id}"


class Reaction(models.Model):
    """One person's emoji on one message. Skips are not reactions; see Skip."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="reactions")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="reactions")
    emoji = models.CharField(max_length=32, choices=[(emoji, emoji) for emoji in EMOJIS])
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["message", "person", "emoji"], name="one_reaction_of_a_kind"),)
        indexes = (models.Index(fields=["message"], name="red_flags", condition=models.Q(emoji="red_flag")),)

    def __str__(self) -> str:
        return self.emoji


class FreeLabels(models.Model):
    """Labels a person gave without being asked. They never decide anything and are never mixed with reviews."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="free_labels")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    labels = models.JSONField(help_text="label → value 0..1.")
    text = models.TextField(blank=True, db_default="", help_text="What they said with them, in their own words.")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["message", "person"], name="one_set_of_free_labels_per_person"),)
        verbose_name_plural = "free labels"

    def __str__(self) -> str:
        return f"labels on {self.message_id}"
