"""What the detectors said of each text, and with what they looked."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from moderation.severity import Severity
from screening.findings import Concern
from tasks.models import Message

CONCERNS = [(concern.value, concern.value) for concern in Concern]


class Screening(models.Model):
    """By which detectors, in which version, a message was looked at; and which of them could not, so far."""

    message = models.OneToOneField(Message, primary_key=True, on_delete=models.CASCADE, related_name="screening")
    at = models.DateTimeField(help_text="When the last of them looked.")
    of_text = models.CharField(max_length=16, help_text="Digest of the text they saw; see moderation.screening.")
    versions = models.JSONField(default=dict, help_text="Concern → version of the detector that looked.")
    problems = models.JSONField(default=dict, help_text="Concern → why its detector could not.")
    attempts = models.PositiveIntegerField(default=0, help_text="How often some detector failed, in a row.")
    retry_at = models.DateTimeField(null=True, blank=True, help_text="When those are tried again.")

    class Meta:
        indexes = (
            models.Index(fields=["retry_at"], name="screenings_to_retry", condition=models.Q(retry_at__isnull=False)),
        )

    def __str__(self) -> str:
        return f"screening of {self.message_id}"


class Finding(models.Model):
    """One thing a detector found in a text. Nothing of the message changes by it."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="findings")
    concern = models.CharField(max_length=32, choices=CONCERNS)
    version = models.CharField(max_length=80, help_text="Of the detector.")
    kind = models.CharField(max_length=40)
    score = models.FloatField(help_text="How sure the detector is: 0 to 1.")
    threshold = models.FloatField(help_text="The rule in force: lower scores are not stored.")
    start = models.PositiveIntegerField(help_text="In characters.")
    end = models.PositiveIntegerField()
    of_text = models.CharField(max_length=16, help_text="Digest of the text; of another one the span says nothing.")
    severity = models.PositiveSmallIntegerField(choices=Severity.choices)
    other = models.ForeignKey(
        Message, null=True, on_delete=models.SET_NULL, related_name="+", help_text="What it is nearly the same as."
    )
    at = models.DateTimeField()
    outdated_at = models.DateTimeField(null=True, help_text="When another look, or another text, took its place.")
    cleared_at = models.DateTimeField(null=True, help_text="When a moderator overruled it, for good.")
    cleared_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["message", "concern", "kind", "start", "end", "of_text", "version"],
                name="one_finding_per_place_and_version",
            ),
        )
        indexes = (models.Index(fields=["concern", "at"], name="findings_by_concern"),)

    def __str__(self) -> str:
        return f"{self.concern} in {self.message_id}"


class Signature(models.Model):
    """By what near-duplicates of a message are found; see screening.near_duplicates."""

    message = models.OneToOneField(Message, primary_key=True, on_delete=models.CASCADE, related_name="signature")
    lang = models.CharField(max_length=32)
    version = models.CharField(max_length=80, help_text="Signatures of another version cannot be compared.")
    minhash = models.BinaryField()
    bands = ArrayField(models.BigIntegerField())

    class Meta:
        indexes = (GinIndex(fields=["bands"], name="bands_of_signatures"),)

    def __str__(self) -> str:
        return f"signature of {self.message_id}"
