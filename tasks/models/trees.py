"""Trees, their messages, and the log of their states."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils import timezone

from tasks.kinds import Role
from tasks.querysets import WORDS, MessageQuerySet, TreeQuerySet
from tasks.topics import Difficulty, Topic
from tasks.tree_states import ACTIVE, Event, State


def choices(names: type[State] | type[Event] | type[Role]) -> list[tuple[str, str]]:
    return [(member.value, member.value) for member in names]


class RulesVersion(models.Model):
    """One version of TreeRules. Rows are only ever added; the newest is in force."""

    version = models.AutoField(primary_key=True)
    values = models.JSONField(help_text="Every rule but the version: tasks.rules.TreeRules.values().")
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    note = models.CharField(max_length=500, blank=True, help_text="Why the rules were changed.")

    def __str__(self) -> str:
        return f"rules {self.version}"


class Tree(models.Model):
    """One conversation tree. Its id is the id of its root prompt. Only trees.advance() writes `state`."""

    id = models.UUIDField(primary_key=True)
    lang = models.CharField(max_length=32)
    state = models.CharField(max_length=32, choices=choices(State))
    state_since = models.DateTimeField(default=timezone.now)
    created_at = models.DateTimeField(default=timezone.now)
    origin = models.CharField(max_length=1024, blank=True, help_text="File the tree was imported from.")

    goal_tree_size = models.PositiveIntegerField(help_text="Frozen at birth.")
    max_depth = models.PositiveIntegerField(help_text="Frozen at birth.")
    max_children_count = models.PositiveIntegerField(help_text="Frozen at birth.")
    rules = models.ForeignKey(RulesVersion, null=True, on_delete=models.PROTECT, help_text="In force at birth.")

    topic = models.CharField(
        max_length=16,
        blank=True,
        db_default="",
        choices=[(topic.value, topic.value) for topic in Topic],
        help_text="As the author of the prompt chose it.",
    )
    difficulty = models.PositiveSmallIntegerField(null=True, blank=True, choices=Difficulty.choices)

    won_prompt_lottery_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True, help_text="First time ready for export.")
    moderated_at = models.DateTimeField(
        null=True, blank=True, help_text="Last resumed by a moderator. From then on automatic moderation lets it be."
    )

    checked_rules = models.PositiveIntegerField(
        default=0, help_text="Rules version its openings were last planned under."
    )
    points_due = models.BooleanField(default=False, help_text="An answer came in since points were last settled.")
    end_due = models.BooleanField(
        default=False, help_text="Stopped being worked on; the backlog draw is still to come."
    )

    objects: ClassVar[Any] = TreeQuerySet.as_manager()

    class Meta:
        indexes = (
            models.Index(fields=["state", "lang"], name="trees_by_state"),
            models.Index(fields=["id"], name="trees_with_points_due", condition=models.Q(points_due=True)),
            models.Index(fields=["id"], name="trees_with_end_due", condition=models.Q(end_due=True)),
        )

    def __str__(self) -> str:
        return f"{self.id} {self.state}"

    @property
    def active(self) -> bool:
        """Whether people work on it now. Derived, so it cannot contradict the state."""
        return State(self.state) in ACTIVE


class Message(models.Model):
    """One prompt or reply."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tree = models.ForeignKey(Tree, on_delete=models.CASCADE, related_name="messages")
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.CASCADE, related_name="replies")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="messages")
    task = models.OneToOneField("tasks.Task", null=True, on_delete=models.SET_NULL, related_name="written")
    role = models.CharField(max_length=16, choices=choices(Role))
    text = models.TextField()
    lang = models.CharField(max_length=32)
    depth = models.PositiveIntegerField(help_text="0 for the prompt.")
    created_at = models.DateTimeField(default=timezone.now)

    deleted = models.BooleanField(default=False)
    edited = models.BooleanField(default=False)
    synthetic = models.BooleanField(default=False, help_text="Written by a machine.")
    model_name = models.CharField(max_length=1024, blank=True)

    review_count = models.PositiveIntegerField(default=0)
    review_result = models.BooleanField(null=True, help_text="Accepted, rejected, or not decided yet.")
    decided_after = models.PositiveIntegerField(
        null=True, help_text="Reviews it had when it was decided; null for verdicts that came with an import."
    )
    review_rules = models.ForeignKey(
        RulesVersion, null=True, on_delete=models.PROTECT, related_name="+", help_text="The rules that decided it."
    )
    ranking_count = models.PositiveIntegerField(default=0, help_text="Rankings that included it.")
    pasted_share = models.FloatField(
        null=True, help_text="Of the characters, how many were pasted and not typed: 0 to 1; null where nobody counted."
    )
    rank = models.PositiveIntegerField(
        null=True, help_text="How many siblings are better: 0 is best; replies that cannot be separated share a rank."
    )
    rank_rules = models.ForeignKey(
        RulesVersion, null=True, on_delete=models.PROTECT, related_name="+", help_text="The rules that ranked it."
    )
    flags_cleared_at = models.DateTimeField(
        null=True, blank=True, help_text="When a moderator kept it. From then on automatic moderation lets it be."
    )
    screening_due = models.BooleanField(
        default=True, db_default=True, help_text="This text was not screened yet, or not by every detector."
    )

    api_client = models.ForeignKey("accounts.ApiClient", null=True, blank=True, on_delete=models.PROTECT)
    frontend_message_id = models.CharField(max_length=200, null=True, blank=True)  # noqa: DJ001  # unique where given

    objects: ClassVar[Any] = MessageQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["author", "parent"],
                name="one_reply_per_author",
                condition=models.Q(deleted=False, task__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["api_client", "frontend_message_id"],
                name="one_message_per_client_id",
                condition=models.Q(frontend_message_id__isnull=False),
            ),
            models.CheckConstraint(
                condition=models.Q(parent__isnull=True, depth=0, id=models.F("tree_id"))
                | models.Q(parent__isnull=False, depth__gt=0),
                name="the_root_has_depth_0_and_names_the_tree",
            ),
        )
        indexes = (
            models.Index(fields=["author", "created_at"], name="messages_of_author"),
            models.Index(fields=["lang", "created_at"], name="recent_messages"),
            models.Index(fields=["created_at", "id"], name="messages_by_age"),
            models.Index(fields=["created_at"], name="messages_to_screen", condition=models.Q(screening_due=True)),
            GinIndex(WORDS, name="words_of_messages"),
            # For hints that a prompt like this one exists.
            GinIndex(
                fields=["text"],
                name="letters_of_prompts",
                opclasses=["gin_trgm_ops"],
                condition=models.Q(parent__isnull=True),
            ),
        )

    def __str__(self) -> str:
        return f"{self.role} {self.id}"


class ImportedMessage(models.Model):
    """What a published file said of a message that no answer here can tell. Counters start from it."""

    message = models.OneToOneField(Message, primary_key=True, on_delete=models.CASCADE, related_name="imported")
    review_count = models.PositiveIntegerField(default=0)
    review_result = models.BooleanField(null=True)
    rank = models.PositiveIntegerField(null=True)
    labels = models.JSONField(
        default=dict, help_text="label → {value: mean, count}; individual reviews were not published."
    )
    emojis = models.JSONField(default=dict, help_text="emoji → count; who reacted was not published.")
    extra = models.JSONField(default=dict, help_text="Every other key of the file, as it was.")

    def __str__(self) -> str:
        return f"as published: {self.message_id}"


class MessageRevision(models.Model):
    """A text the message had, or got: the original is stored at the first edit, then every new version."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="revisions")
    text = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ("at", "id")

    def __str__(self) -> str:
        return f"{self.message_id} at {self.at:%Y-%m-%d}"


class TreeTransition(models.Model):
    """One line of a tree's log: when, by whom, from where, on what, to where, why, under which rules."""

    tree = models.ForeignKey(Tree, on_delete=models.CASCADE, related_name="transitions")
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    from_state = models.CharField(max_length=32, blank=True, help_text="Empty at birth.")
    event = models.CharField(max_length=32, choices=choices(Event))
    to_state = models.CharField(max_length=32, choices=choices(State))
    why = models.CharField(max_length=500, blank=True)
    rules = models.ForeignKey(RulesVersion, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.from_state} → {self.to_state}"
