"""Task rows: one row is one piece of work for one person, and exists from the moment the work is wanted."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from tasks.kinds import Kind, Mode, SkipReason
from tasks.models.trees import Message, Tree
from tasks.querysets import TaskQuerySet


class TaskState(models.TextChoices):
    OPEN = "open"
    """Wanted, and nobody has it."""
    CLAIMED = "claimed"
    """Somebody has it until `expires_at`."""
    DONE = "done"
    """Answered. The row stays: it is the idempotency key of the answer."""
    WITHDRAWN = "withdrawn"
    """No longer wanted, while somebody had it. An opening that nobody had is deleted instead."""


class Task(models.Model):
    """An opening, a claim or a finished piece of work. Only a claim changes rows of a tree without its lock."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=32, choices=[(kind.value, kind.value) for kind in Kind])
    lang = models.CharField(max_length=32)
    state = models.CharField(max_length=16, choices=TaskState.choices, default=TaskState.OPEN)
    tree = models.ForeignKey(
        Tree, null=True, on_delete=models.CASCADE, related_name="tasks", help_text="Null for new prompts."
    )
    message = models.ForeignKey(
        Message,
        null=True,
        on_delete=models.CASCADE,
        related_name="tasks",
        help_text="To reply to, to review, or the parent of the replies to rank; null for new prompts.",
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Who wrote `message`: kept here so that a claim reads one table.",
    )
    to_go = models.PositiveIntegerField(default=0, help_text="Answers the tree still lacks. The fewest go first.")
    dice = models.FloatField(default=0.0, help_text="Order among equals, thrown when the row opens.")

    claimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="tasks",
        help_text="Holder or answerer.",
    )
    claimed_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True, help_text="After that it goes back to everybody.")
    last_holder = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="missed_tasks",
        help_text="Who lost it to the deadline or a withdrawal; their late answer is taken while the work is wanted.",
    )
    mode = models.CharField(max_length=8, choices=[(mode.value, mode.value) for mode in Mode], default=Mode.FULL)
    known_answer = models.BooleanField(
        db_default=False,
        default=False,
        help_text="A review of a message whose verdict is known. Made for one person, and never open to others.",
    )
    created_at = models.DateTimeField(default=timezone.now)
    done_at = models.DateTimeField(null=True)

    objects: ClassVar[Any] = TaskQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["claimed_by", "message", "kind"], name="one_task_per_person_and_message"),
            models.CheckConstraint(
                condition=Q(state__in=[TaskState.OPEN, TaskState.WITHDRAWN], claimed_by__isnull=True)
                | Q(state__in=[TaskState.CLAIMED, TaskState.DONE], claimed_by__isnull=False),
                name="a_task_has_a_person_when_claimed_or_done",
            ),
            models.CheckConstraint(
                condition=Q(kind=Kind.INITIAL_PROMPT, message__isnull=True)
                | Q(tree__isnull=False, message__isnull=False),
                name="only_a_new_prompt_has_no_message",
            ),
        )
        indexes = (
            # The claim: its cost is that of reading the first open rows, whatever the size of the table.
            models.Index(
                fields=["lang", "kind", "to_go", "dice"], name="open_tasks", condition=Q(state=TaskState.OPEN)
            ),
            models.Index(fields=["expires_at"], name="held_tasks", condition=Q(state=TaskState.CLAIMED)),
            models.Index(fields=["done_at"], name="finished_tasks", condition=Q(state=TaskState.DONE)),
            models.Index(fields=["claimed_by", "claimed_at"], name="tasks_of_person"),
            models.Index(
                fields=["tree"], name="live_tasks_of_tree", condition=Q(state__in=[TaskState.OPEN, TaskState.CLAIMED])
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.state} {self.id}"


class Acknowledgement(models.Model):
    """What an API client calls a task that it showed to a person. The answer comes in under this name."""

    client = models.ForeignKey("accounts.ApiClient", on_delete=models.PROTECT, related_name="+")
    frontend_message_id = models.CharField(max_length=200)
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="acknowledgements")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["client", "frontend_message_id", "person"], name="one_task_per_name_of_a_person"
            ),
        )

    def __str__(self) -> str:
        return f"{self.frontend_message_id} is {self.task_id}"


class HandedBack(models.Model):
    """A person gave a task back without declining it. Claiming and giving back has a limit too, and what they had seen
    they may go on seeing."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="handed_back")
    kind = models.CharField(max_length=32, db_default="", choices=[(kind.value, kind.value) for kind in Kind])
    message = models.ForeignKey(Message, null=True, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=["person", "at"], name="handed_back_by_person"),)

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}"


class Skip(models.Model):
    """A person declined a piece of work for good; it is never offered to them again."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="skips")
    kind = models.CharField(max_length=32, choices=[(kind.value, kind.value) for kind in Kind])
    message = models.ForeignKey(Message, null=True, on_delete=models.CASCADE, related_name="skips")
    task = models.ForeignKey(Task, null=True, on_delete=models.SET_NULL, related_name="skips")
    reason = models.CharField(
        max_length=32, blank=True, choices=[(reason.value, reason.value) for reason in SkipReason]
    )
    text = models.TextField(blank=True, help_text="In the person's own words.")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["person", "message", "kind"], name="one_skip_per_person_and_message"),
        )
        indexes = (models.Index(fields=["person", "created_at"], name="skips_of_person"),)

    def __str__(self) -> str:
        return f"{self.kind} skipped: {self.reason}"


class SavedDraft(models.Model):
    """What a person had typed for a task when they were last seen typing, so that they find it on any device.

    It outlives the task: a text somebody typed is not lost because the time was over.
    """

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_drafts")
    task = models.ForeignKey(Task, null=True, on_delete=models.SET_NULL, related_name="saved_drafts")
    kind = models.CharField(max_length=32, choices=[(kind.value, kind.value) for kind in Kind])
    lang = models.CharField(max_length=32)
    message = models.ForeignKey(
        Message, null=True, on_delete=models.SET_NULL, related_name="+", help_text="What the task is about."
    )
    fields = models.JSONField(help_text="Pairs of field and value, as the form had them.")
    pasted = models.PositiveIntegerField(default=0, help_text="Characters pasted so far.")
    saved_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["person", "task"], name="one_draft_per_person_and_task"),)
        indexes = (models.Index(fields=["person", "-saved_at"], name="drafts_of_person"),)

    def __str__(self) -> str:
        return f"{self.kind} of {self.saved_at:%Y-%m-%d %H:%M}"
