"""What moderators noted about people, and how much harm they saw themselves."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from common.encrypted import EncryptedTextField


class PersonNote(models.Model):
    """One note about a person, for moderators' eyes only."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="moderators_notes")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()
    text = EncryptedTextField()

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return f"note on {self.person_id}"


class Exposure(models.Model):
    """A moderator looked at something harmful. Counted by day, so that nobody sees too much of it."""

    moderator = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="exposures")
    message_id = models.UUIDField(help_text="It may be purged meanwhile; seen is seen.")
    day = models.DateField(help_text="In UTC.")
    at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["moderator", "day", "message_id"], name="one_exposure_per_item_and_day"),
        )

    def __str__(self) -> str:
        return f"{self.moderator_id} on {self.day}"
