"""The flag queue, reports, and the log of what moderators did."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from tasks.models import Message, Tree


class FlaggedMessage(models.Model):
    """One entry of the moderators' queue: a message somebody red-flagged or reported."""

    message = models.OneToOneField(Message, primary_key=True, on_delete=models.CASCADE, related_name="flag")
    processed = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now, help_text="Of the newest flag.")

    class Meta:
        indexes = (models.Index(fields=["processed", "created_at"], name="flag_queue"),)

    def __str__(self) -> str:
        return str(self.message_id)


class Report(models.Model):
    """A person's complaint about a message, in their own words. Every one is kept."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="reports")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="reports")
    labels = models.JSONField(default=list, help_text="Names from tasks.kinds.REPORT_LABELS.")
    text = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"report on {self.message_id}"


class Action(models.TextChoices):
    DELETE_MESSAGE = "delete_message"
    UNDELETE_MESSAGE = "undelete_message"
    EDIT_MESSAGE = "edit_message"
    HALT_TREE = "halt_tree"
    RESUME_TREE = "resume_tree"
    ABORT_TREE = "abort_tree"
    BAN_PERSON = "ban_person"
    UNBAN_PERSON = "unban_person"
    EDIT_PERSON = "edit_person"
    CLOSE_ACCOUNT = "close_account"
    CLEAR_FLAGS = "clear_flags"
    RETRY_SCORING = "retry_scoring"
    PURGE_PERSON = "purge_person"
    PURGE_MESSAGES = "purge_messages"
    MERGE_PERSON = "merge_person"
    """`person` went into another account, which `why` names."""
    PROCESS_FLAG = "process_flag"
    ISSUE_KEY = "issue_key"


class ActionLog(models.Model):
    """One thing a moderator, or automatic moderation (no `by`), did. Rows are never changed."""

    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    action = models.CharField(max_length=32, choices=Action.choices)
    message = models.ForeignKey(Message, null=True, on_delete=models.SET_NULL, related_name="+")
    tree = models.ForeignKey(Tree, null=True, on_delete=models.SET_NULL, related_name="+")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    why = models.CharField(max_length=500, blank=True)

    class Meta:
        indexes = (models.Index(fields=["at"], name="newest_actions"),)

    def __str__(self) -> str:
        return f"{self.action} at {self.at:%Y-%m-%d %H:%M}"
