"""What waits for moderators, and the complaints of people about it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone

from common.encrypted import EncryptedTextField
from moderation.querysets import QueueItemQuerySet
from moderation.severity import HARMFUL, SOURCES, Severity
from tasks.models import Message


class QueueItem(models.Model):
    """One message in the moderators' queue: all that speaks against it, or for it, is one item."""

    message = models.OneToOneField(Message, primary_key=True, on_delete=models.CASCADE, related_name="queue_item")
    processed = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now, help_text="When something was last added.")
    opened_at = models.DateTimeField(default=timezone.now, db_default=Now(), help_text="Since when it waits.")
    lang = models.CharField(max_length=32, blank=True, db_default="", help_text="Of the message.")
    sources = ArrayField(
        models.CharField(max_length=16, choices=[(source.value, label) for source, label in SOURCES.items()]),
        default=list,
        db_default=[],
        help_text="What brought it here since it was last decided on.",
    )
    severity = models.PositiveSmallIntegerField(
        choices=Severity.choices, default=Severity.MEDIUM, db_default=Severity.MEDIUM, help_text="Of the worst of it."
    )
    claimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    claimed_until = models.DateTimeField(null=True, blank=True, help_text="Then anybody may take it.")
    not_for = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Whose decision is appealed against: somebody else decides.",
    )

    objects: ClassVar[Any] = QueueItemQuerySet.as_manager()

    class Meta:
        # The table was there before it got this name.
        db_table = "moderation_flaggedmessage"
        indexes = (
            models.Index(fields=["processed", "created_at"], name="flag_queue"),
            models.Index(fields=["-severity", "opened_at"], name="waiting_items", condition=models.Q(processed=False)),
        )

    def __str__(self) -> str:
        return str(self.message_id)

    @property
    def harmful(self) -> bool:
        """Whether it is hidden from moderators until they ask for it."""
        return self.severity in HARMFUL

    def is_held(self, now: datetime) -> bool:
        """Whether some moderator is looking at it."""
        return self.claimed_by_id is not None and self.claimed_until is not None and self.claimed_until > now


class Report(models.Model):
    """A person's complaint about a message, in their own words. Every one is kept."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="reports")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="reports")
    labels = models.JSONField(default=list, help_text="Names from tasks.kinds.REPORT_LABELS.")
    text = EncryptedTextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"report on {self.message_id}"
