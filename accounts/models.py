"""The person, the client programs that speak for people, and the points ledger."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class ApiClient(models.Model):
    """One program allowed to call the API for people: a website, a bot, an import."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    key_hash = models.CharField(
        max_length=64, unique=True, help_text="SHA-256 of the key; the key itself is shown once."
    )
    description = models.CharField(max_length=256)
    admin_email = models.EmailField(max_length=256, blank=True)
    frontend_type = models.CharField(max_length=256, blank=True)
    enabled = models.BooleanField(default=True)
    trusted = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.description


class Role(models.TextChoices):
    GENERAL = "general", _("Volunteer")
    MODERATOR = "moderator", _("Moderator")
    ADMIN = "admin", _("Administrator")


class Status(models.TextChoices):
    """One column for what the reference kept as `enabled` and `deleted`. No sign-in ever changes it."""

    ACTIVE = "active", _("Active")
    BANNED = "banned", _("Banned")
    DELETED = "deleted", _("Deleted")


class AuthMethod(models.TextChoices):
    LOCAL = "local", _("E-mail code")
    DISCORD = "discord", "Discord"
    GOOGLE = "google", "Google"
    SYSTEM = "system", _("Made by the system: imports and simulations")


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str | None = None, **fields: Any) -> User:
        """A person who signs in by e-mail code. There are no passwords."""
        user = self.model(email=self.normalize_email(email).lower() if email else None, **fields)
        user.set_unusable_password()
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """A volunteer, moderator or administrator; or the author of imported messages, who never signs in."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(unique=True, null=True, blank=True)
    display_name = models.CharField(max_length=256, blank=True)
    role = models.CharField(max_length=16, choices=Role.choices, default=Role.GENERAL)
    status = models.CharField(max_length=16, choices=Status.choices, default=Status.ACTIVE)
    lang = models.CharField(max_length=32, default="en", help_text="The language this person works in (BCP 47).")
    notes = models.CharField(max_length=1024, blank=True, help_text="For moderators' eyes only.")
    show_on_leaderboard = models.BooleanField(default=True)

    api_client = models.ForeignKey(ApiClient, null=True, blank=True, on_delete=models.PROTECT, related_name="users")
    auth_method = models.CharField(max_length=128, choices=AuthMethod.choices, default=AuthMethod.LOCAL)
    username = models.CharField(
        max_length=128, blank=True, help_text="The id by which the API client knows the person."
    )

    created_at = models.DateTimeField(default=timezone.now)
    terms_accepted_at = models.DateTimeField(null=True, blank=True)
    terms_version = models.PositiveIntegerField(null=True, blank=True)
    last_activity_at = models.DateTimeField(null=True, blank=True)
    streak_started_at = models.DateTimeField(null=True, blank=True, help_text="Start of the running streak.")
    streak_days = models.PositiveIntegerField(default=0, help_text="Whole days since the streak began.")

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["api_client", "auth_method", "username"],
                name="one_person_per_client_identity",
                condition=models.Q(api_client__isnull=False),
            ),
        )
        indexes = (
            models.Index(
                fields=["last_activity_at"], name="running_streaks", condition=models.Q(streak_started_at__isnull=False)
            ),
        )

    def __str__(self) -> str:
        return self.display_name or str(self.id)

    @property
    def is_active(self) -> bool:  # type: ignore[override]
        """May sign in. A banned person may, to read why nothing is handed out."""
        return self.status != Status.DELETED

    @property
    def is_banned(self) -> bool:
        return self.status == Status.BANNED

    @property
    def is_moderator(self) -> bool:
        return self.status == Status.ACTIVE and self.role in (Role.MODERATOR, Role.ADMIN)

    @property
    def is_admin(self) -> bool:
        return self.status == Status.ACTIVE and self.role == Role.ADMIN


class PointEntry(models.Model):
    """One line of the points ledger. The score is the sum; nothing is ever counted twice."""

    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="points")
    reason = models.CharField(max_length=32, help_text="A row of tasks.points.")
    source = models.CharField(max_length=80, help_text="What earned it: the id of a message, review or ranking.")
    points = models.DecimalField(max_digits=6, decimal_places=1)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["reason", "source"], name="points_counted_once"),)
        indexes = (models.Index(fields=["person", "created_at"], name="points_of_person"),)

    def __str__(self) -> str:
        return f"{self.points} for {self.reason}"
