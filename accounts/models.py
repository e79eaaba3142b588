"""The person, the client programs that speak for people, what these are told by webhook, and the points ledger."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from common.encrypted import EncryptedTextField


class Scope(models.TextChoices):
    """What a key may do. Each scope is granted for itself; none implies another, but admin implies all."""

    VOLUNTEER = "volunteer", _("Speaks for its own volunteers: takes tasks for them and brings their answers")
    MODERATOR = "moderator", _("Sees and does what moderators do")
    EXPORTER = "exporter", _("Reads datasets and releases")
    ADMIN = "admin", _("Everything, keys and rules included")


class ApiClient(models.Model):
    """One program allowed to call the API for people: a website, a bot, an import."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    key_hash = models.CharField(
        max_length=64, unique=True, help_text="SHA-256 of the key; the key itself is shown once."
    )
    description = models.CharField(max_length=256)
    admin_email = models.EmailField(max_length=256, blank=True)
    frontend_type = models.CharField(max_length=256, blank=True)
    scopes = ArrayField(models.CharField(max_length=16, choices=Scope.choices), default=list)
    terms_accepted_there = models.BooleanField(
        db_default=False,
        default=False,
        help_text="The client itself shows the terms to its people and has their consent.",
    )
    person = models.OneToOneField(
        "accounts.User",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="In whose name the client moderates when it names nobody.",
    )
    created_at = models.DateTimeField(default=timezone.now)
    last_used_at = models.DateTimeField(null=True, blank=True, help_text="To the minute.")
    revoked_at = models.DateTimeField(null=True, blank=True, help_text="From then on the key opens nothing.")

    def __str__(self) -> str:
        return self.description

    def may(self, *scopes: Scope) -> bool:
        """Whether the key has one of these scopes."""
        return Scope.ADMIN in self.scopes or any(scope in self.scopes for scope in scopes)


class NoticeKind(models.TextChoices):
    """What a client program can be told of. The values go out in messages and never change."""

    TREE_FINISHED = "tree.finished", _("A conversation is finished and scored")
    RELEASE_PUBLISHED = "release.published", _("A release of the dataset was published")
    REPORT_FILED = "report.filed", _("Somebody reported a message")
    PING = "ping", _("A test")


class Webhook(models.Model):
    """An address of a client program that wants to be told what happens."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    client = models.ForeignKey(ApiClient, on_delete=models.CASCADE, related_name="webhooks")
    url = models.CharField(max_length=2048)
    kinds = ArrayField(models.CharField(max_length=32, choices=NoticeKind.choices))
    secret = EncryptedTextField(
        help_text="Shown once. Kept readable all the same: every message is signed with it, so a hash would not do.",
    )
    enabled = models.BooleanField(
        default=True, db_default=True, help_text="False: its deliveries wait until the client asks for one."
    )
    failing_since = models.DateTimeField(
        null=True, blank=True, help_text="First attempt that failed since the last that succeeded."
    )
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.url


class Notice(models.Model):
    """Something that happened and that clients are told. Stored in the transaction in which it happened, so that no
    notice is lost and none is sent of what was rolled back."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=32, choices=NoticeKind.choices)
    subject = models.CharField(max_length=80, help_text="Id of what it is about.")
    payload = models.JSONField(help_text="Ids and bare facts; the texts are read with a key that may.")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = (models.Index(fields=["created_at"], name="notices_by_age"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"


class DeliveryState(models.TextChoices):
    WAITING = "waiting", _("Is sent now, or again later")
    DELIVERED = "delivered", _("The receiver has it")
    FAILED = "failed", _("Given up; can be replayed")


class Delivery(models.Model):
    """One notice on its way to one webhook. Its id goes along, the same at every attempt."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="deliveries")
    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="deliveries")
    attempts = models.PositiveSmallIntegerField(default=0, help_text="Since it was created or replayed.")
    next_attempt_at = models.DateTimeField(
        null=True, blank=True, help_text="Null: nothing more is tried. While it is being sent, when to try if we crash."
    )
    delivered_at = models.DateTimeField(null=True, blank=True)
    last_status = models.PositiveSmallIntegerField(null=True, blank=True, help_text="HTTP status of the last answer.")
    last_problem = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["webhook", "notice"], name="one_delivery_per_webhook_and_notice"),
        )
        indexes = (
            models.Index(
                fields=["webhook", "next_attempt_at"],
                name="deliveries_due",
                condition=models.Q(next_attempt_at__isnull=False),
            ),
            models.Index(fields=["webhook", "-created_at", "-id"], name="deliveries_of_webhook"),
        )

    def __str__(self) -> str:
        return f"{self.notice_id} to {self.webhook_id}"

    @property
    def state(self) -> DeliveryState:
        if self.next_attempt_at is not None:
            return DeliveryState.WAITING
        return DeliveryState.FAILED if self.delivered_at is None else DeliveryState.DELIVERED


class Role(models.TextChoices):
    GENERAL = "general", _("Volunteer")
    MODERATOR = "moderator", _("Moderator")
    ADMIN = "admin", _("Administrator")


class Status(models.TextChoices):
    """One column for what the reference kept as `enabled` and `deleted`. No sign-in ever changes it."""

    ACTIVE = "active", _("Active")
    SUSPENDED = "suspended", _("Suspended for a time")
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
    notes = EncryptedTextField(blank=True, help_text="For moderators' eyes only.")
    show_on_leaderboard = models.BooleanField(default=True)
    suspended_until = models.DateTimeField(
        null=True, blank=True, help_text="While suspended: when a job lets the person take part again."
    )

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
    streak_repaired_at = models.DateTimeField(
        null=True, blank=True, help_text="When a missed day was last forgiven; that happens once a month."
    )

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
        """May sign in. A suspended person may, to read why nothing is handed out."""
        return self.status in (Status.ACTIVE, Status.SUSPENDED)

    @property
    def is_banned(self) -> bool:
        return self.status == Status.BANNED

    @property
    def rank(self) -> int:
        """Whoever moderates a person stands above them: 0 for volunteers, 1 for moderators, 2 for administrators."""
        return list(Role).index(Role(self.role))

    @property
    def is_moderator(self) -> bool:
        return self.status == Status.ACTIVE and self.role in (Role.MODERATOR, Role.ADMIN)

    @property
    def is_admin(self) -> bool:
        return self.status == Status.ACTIVE and self.role == Role.ADMIN


class Consent(models.TextChoices):
    """What a person's contributions may be used for, widest first. Exports leave out what goes beyond it."""

    DATASET = "dataset", _("In the open dataset, for everybody and every use")
    RESEARCH = "research", _("Only for research that earns no money")
    EVALUATION = "evaluation", _("Only to test models, never to train them")
    HERE = "here", _("Only on this site, in no dataset")


class Mail(models.TextChoices):
    """How often a person wants news by mail."""

    NEVER = "never", _("Never")
    DAILY = "daily", _("Once a day, if there is any")
    WEEKLY = "weekly", _("Once a week, if there is any")


class Profile(models.Model):
    """What a person told about themselves and wants from the site. No row: nothing told yet."""

    person = models.OneToOneField(User, primary_key=True, on_delete=models.CASCADE, related_name="profile")
    languages = ArrayField(
        models.CharField(max_length=32), default=list, help_text="Those they work in; `User.lang` is the one just now."
    )
    topics = ArrayField(models.CharField(max_length=16), default=list, help_text="Those they know (tasks.topics).")
    interface_lang = models.CharField(max_length=16, blank=True, help_text="Of the pages; blank: as the browser says.")
    daily_goal = models.PositiveSmallIntegerField(default=5, help_text="Answers a day; 0 for none.")
    consent = models.CharField(max_length=16, choices=Consent.choices, default=Consent.DATASET)
    consent_changed_at = models.DateTimeField(null=True, blank=True)
    mail = models.CharField(max_length=8, choices=Mail.choices, default=Mail.NEVER)
    mailed_at = models.DateTimeField(null=True, blank=True)
    news_read_at = models.DateTimeField(null=True, blank=True, help_text="When they last looked at their news.")
    practised = ArrayField(
        models.CharField(max_length=32), default=list, help_text="Kinds of work they went through the practice of."
    )
    harm_limit = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Harmful items a moderator wants to see in a day at most; null: as all."
    )
    welcomed_at = models.DateTimeField(null=True, blank=True, help_text="When they were through the first steps.")

    def __str__(self) -> str:
        return str(self.person)


class NewsKind(models.TextChoices):
    """What people are told of."""

    TASK_EXPIRED = "task_expired", _("A task you held went back to everybody")
    MESSAGE_ACCEPTED = "message_accepted", _("A message of yours was accepted")
    MESSAGE_REJECTED = "message_rejected", _("A message of yours was not accepted")
    REPORT_ANSWERED = "report_answered", _("A moderator decided on your report")
    BADGE_EARNED = "badge_earned", _("You earned a badge")
    MESSAGE_REMOVED = "message_removed", _("A message of yours was removed")
    APPEAL_DECIDED = "appeal_decided", _("A moderator decided on your appeal")
    WARNED = "warned", _("A moderator wrote to you")
    SUSPENDED = "suspended", _("You cannot take part for a time")
    MODERATORS_CALLED = "moderators_called", _("Something needs a moderator at once")


class CurrentTransaction(models.Func):
    """The number of the transaction that stores the row."""

    template = "(pg_current_xact_id()::text::bigint)"
    output_field = models.BigIntegerField()


class News(models.Model):
    """Something a person is told: one line of the log they follow. Stored in the transaction in which it happened."""

    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="news")
    kind = models.CharField(max_length=32, choices=NewsKind.choices)
    source = models.CharField(max_length=80, help_text="What it is about, so that nobody is told twice.")
    about = models.JSONField(help_text="What a program needs to find it: ids and names.")
    at = models.DateTimeField()
    transaction = models.BigIntegerField(
        db_default=CurrentTransaction(),
        help_text="Its number. Ids are given out before a commit, so the order of ids is not the order in "
        "which rows appear; see accounts.news.",
    )

    class Meta:
        verbose_name_plural = "news"
        constraints = (models.UniqueConstraint(fields=["kind", "source"], name="nobody_is_told_twice"),)
        indexes = (
            models.Index(fields=["person", "transaction", "id"], name="news_of_person"),
            models.Index(fields=["at"], name="oldest_news"),
        )

    def __str__(self) -> str:
        return f"{self.kind}: {self.source}"


class PointEntry(models.Model):
    """One line of the points ledger. The score is the sum; nothing is ever counted twice."""

    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="points")
    reason = models.CharField(max_length=32, help_text="A row of tasks.points.")
    source = models.CharField(max_length=80, help_text="What earned it: the id of a message, review or ranking.")
    lang = models.CharField(max_length=32, db_default="", blank=True, help_text="Of the conversation it was earned in.")
    points = models.DecimalField(max_digits=6, decimal_places=1)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["reason", "source"], name="points_counted_once"),)
        indexes = (models.Index(fields=["person", "created_at"], name="points_of_person"),)

    def __str__(self) -> str:
        return f"{self.points} for {self.reason}"


class ShutOut(models.Model):
    """A way in that a ban closed: nobody opens a new account with it. Only a digest is kept, so that the row says
    nothing about whose it was once the account is closed."""

    digest = models.CharField(max_length=64, unique=True, help_text="See accounts.shut_out.")
    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="shut_out")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.digest[:8]}…"
