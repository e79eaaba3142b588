"""Releases of the dataset: what is in each, who stands for it, and what was taken back since."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from common.encrypted import EncryptedTextField


class ReleaseState(models.TextChoices):
    ASKED = "asked", _("Waits for a job")
    BUILDING = "building", _("Being built")
    FAILED = "failed", _("Could not be built")
    BUILT = "built", _("Waits for two people to sign it off")
    PUBLISHED = "published", _("Published")


def _id_of_person() -> Any:
    """A published release never changes, whatever becomes of the people in it: so an id, and no constraint."""
    return models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )


class Release(models.Model):
    """One dataset, built from one moment of the database. The database refuses to change a published one."""

    name = models.CharField(max_length=64, unique=True)
    config = models.JSONField(help_text="exports.releases.config.Config as it is stored.")
    grams = models.BinaryField(default=b"", help_text="Hashes of the word sequences that must not be in it.")
    benchmarks = models.JSONField(
        default=dict, help_text="Name → SHA-256 and number of the texts those were taken from."
    )
    seed = EncryptedTextField(help_text="What its pseudonyms are made with. Who has it can tell who is who.")
    state = models.CharField(max_length=16, choices=ReleaseState.choices, default=ReleaseState.ASKED)
    asked_by = _id_of_person()
    asked_at = models.DateTimeField()
    begun_at = models.DateTimeField(null=True, help_text="Just before the moment was taken that it shows.")
    built_at = models.DateTimeField(null=True)
    published_at = models.DateTimeField(null=True)
    parts_done = models.PositiveIntegerField(default=0)
    parts = models.PositiveIntegerField(default=0, help_text="Ranges of tree ids it is built from.")
    problem = models.CharField(max_length=500, blank=True, help_text="Why it could not be built.")
    manifest = models.JSONField(null=True, help_text="manifest.json: counts, filters, and a SHA-256 of each file.")
    manifest_digest = models.CharField(max_length=64, blank=True, help_text="SHA-256 of manifest.json.")
    audit = models.JSONField(null=True, help_text="audit.json: what was measured, and which gates it passed.")

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return self.name

    @property
    def published(self) -> bool:
        return self.state == ReleaseState.PUBLISHED

    @property
    def passed(self) -> bool:
        """Whether it passed every gate."""
        audit: dict[str, Any] | None = self.audit
        return audit is not None and bool(audit["passed"])


class SignOff(models.Model):
    """One person says that a release may be published, having seen exactly these files."""

    release = models.ForeignKey(Release, on_delete=models.CASCADE, related_name="sign_offs")
    person = _id_of_person()
    at = models.DateTimeField()
    manifest_digest = models.CharField(max_length=64, help_text="Of the manifest the person saw.")

    class Meta:
        ordering = ("id",)
        constraints = (models.UniqueConstraint(fields=["release", "person"], name="one_sign_off_per_person"),)

    def __str__(self) -> str:
        return f"{self.release_id} signed off"


class Recall(models.Model):
    """A whole published release was taken back: its files are given out no more."""

    release = models.OneToOneField(Release, on_delete=models.PROTECT, related_name="recall")
    by = _id_of_person()
    at = models.DateTimeField()
    why = models.CharField(max_length=500, help_text="Everybody reads it.")

    def __str__(self) -> str:
        return f"{self.release_id} recalled"


class ReleasedMessage(models.Model):
    """A message is in a release. The id outlives the message: what was erased can still be taken out of copies."""

    release = models.ForeignKey(Release, on_delete=models.CASCADE, related_name="messages")
    message_id = models.UUIDField()
    gone_at = models.DateTimeField(null=True, help_text="When it was taken back.")

    class Meta:
        constraints = (models.UniqueConstraint(fields=["release", "message_id"], name="a_message_once_in_a_release"),)
        indexes = (models.Index(fields=["message_id"], name="releases_of_message"),)

    def __str__(self) -> str:
        return f"{self.message_id} in {self.release_id}"


class ReleasedPerson(models.Model):
    """Single answers of a person are in a release, under a pseudonym."""

    release = models.ForeignKey(Release, on_delete=models.CASCADE, related_name="people")
    person_id = models.UUIDField()
    gone_at = models.DateTimeField(null=True, help_text="When they took their answers back.")

    class Meta:
        constraints = (models.UniqueConstraint(fields=["release", "person_id"], name="a_person_once_in_a_release"),)
        indexes = (models.Index(fields=["person_id"], name="releases_of_person"),)

    def __str__(self) -> str:
        return f"{self.person_id} in {self.release_id}"


class Taken(models.TextChoices):
    """What a tombstone stands for. The values are published and never change."""

    MESSAGE = "message", _("A message")
    ANSWERS = "answers", _("All reviews and rankings of a person")


class Why(models.TextChoices):
    """Why something was taken back, and no more than that. The values are published and never change."""

    AUTHOR = "author", _("Its author took it back")
    CONSENT = "consent", _("Its author gives it for less than before")
    RIGHTS = "rights", _("Somebody who has a right in it asked for it")
    PERSONAL_DATA = "personal_data", _("It held personal data")
    HARM = "harm", _("It does harm, or is against the law")
    MODERATION = "moderation", _("Moderators removed it")
    ERASED = "erased", _("It was erased")
    BELOW = "below", _("It answers something that was taken back")


class Tombstone(models.Model):
    """One line of the public ledger. Lines are only ever added; the database refuses anything else."""

    number = models.PositiveIntegerField(unique=True, help_text="From 1 on, without gaps.")
    at = models.DateTimeField()
    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="tombstones")
    taken = models.CharField(max_length=16, choices=Taken.choices)
    subject = models.UUIDField(help_text="The pseudonym it has in the release.")
    why = models.CharField(max_length=16, choices=Why.choices)
    digest = models.CharField(max_length=64, help_text="SHA-256 of the digest before it and of this line.")

    class Meta:
        ordering = ("number",)
        constraints = (
            models.UniqueConstraint(fields=["release", "taken", "subject"], name="nothing_is_taken_back_twice"),
        )

    def __str__(self) -> str:
        return f"tombstone {self.number}"
