"""What moderators, and automatic moderation, did; what they want to do together; and who appeals against it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from common.encrypted import EncryptedTextField
from moderation.reasons import REASONS
from tasks.models import Message, Tree

REASON_CHOICES = [(reason.value, row.name) for reason, row in REASONS.items()]


class Action(models.TextChoices):
    DELETE_MESSAGE = "delete_message"
    UNDELETE_MESSAGE = "undelete_message"
    EDIT_MESSAGE = "edit_message"
    HALT_TREE = "halt_tree"
    RESUME_TREE = "resume_tree"
    ABORT_TREE = "abort_tree"
    WARN_PERSON = "warn_person"
    SUSPEND_PERSON = "suspend_person"
    END_SUSPENSION = "end_suspension"
    BAN_PERSON = "ban_person"
    UNBAN_PERSON = "unban_person"
    EDIT_PERSON = "edit_person"
    NOTE_PERSON = "note_person"
    SET_ROLE = "set_role"
    END_SESSIONS = "end_sessions"
    CLOSE_ACCOUNT = "close_account"
    CLEAR_FLAGS = "clear_flags"
    """A moderator kept a message: flags and findings so far count no more."""
    RETRY_SCORING = "retry_scoring"
    PURGE_PERSON = "purge_person"
    PURGE_MESSAGES = "purge_messages"
    MERGE_PERSON = "merge_person"
    """`person` went into another account, which `why` names."""
    PROCESS_FLAG = "process_flag"
    ISSUE_KEY = "issue_key"
    UNDO = "undo"
    """What `undoes` did was taken back."""
    PROPOSE = "propose"
    REFUSE_PROPOSAL = "refuse_proposal"
    CHANGE_RULES = "change_rules"
    UPHOLD_APPEAL = "uphold_appeal"
    """The appeal was right."""
    REJECT_APPEAL = "reject_appeal"


def _id_of(model: Any) -> Any:
    """The log outlives what it tells of, so these columns hold ids and no constraint: nothing may change a row."""
    return models.ForeignKey(
        model, null=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+", db_index=True
    )


class ActionLog(models.Model):
    """One thing a moderator, or automatic moderation (no `by`), did. The database refuses to change or delete a row."""

    at = models.DateTimeField(default=timezone.now)
    by = _id_of(settings.AUTH_USER_MODEL)
    action = models.CharField(max_length=32, choices=Action.choices)
    message = _id_of(Message)
    tree = _id_of(Tree)
    person = _id_of(settings.AUTH_USER_MODEL)
    """The person it was done to: the author of the message, where there is one."""
    reason = models.CharField(max_length=32, blank=True, db_default="", choices=REASON_CHOICES)
    why = models.CharField(max_length=500, blank=True, help_text="For moderators.")
    told = models.CharField(max_length=1000, blank=True, db_default="", help_text="For the person concerned.")
    before = models.JSONField(default=dict, db_default={}, help_text="What was changed, as it was; never a text.")
    after = models.JSONField(default=dict, db_default={}, help_text="And as it is since.")
    batch = models.UUIDField(null=True, help_text="Shared by what was done in one go.")
    undoes = models.OneToOneField(
        "self", null=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="undone_by"
    )

    class Meta:
        indexes = (
            models.Index(fields=["at"], name="newest_actions"),
            models.Index(fields=["batch"], name="actions_of_batch", condition=models.Q(batch__isnull=False)),
        )

    def __str__(self) -> str:
        return f"{self.action} at {self.at:%Y-%m-%d %H:%M}"


class Appeal(models.Model):
    """A volunteer's objection to a removal, once for each message. Another moderator decides."""

    message = models.OneToOneField(Message, on_delete=models.CASCADE, related_name="appeal")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="appeals")
    against = models.ForeignKey(
        ActionLog, null=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="appeals"
    )
    text = EncryptedTextField()
    created_at = models.DateTimeField()
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    decided_at = models.DateTimeField(null=True)
    upheld = models.BooleanField(null=True, help_text="Whether the volunteer was right.")
    answer = models.CharField(max_length=1000, blank=True, help_text="For the volunteer.")

    class Meta:
        indexes = (
            models.Index(fields=["created_at"], name="open_appeals", condition=models.Q(decided_at__isnull=True)),
        )

    def __str__(self) -> str:
        return f"appeal for {self.message_id}"


class Proposed(models.TextChoices):
    PURGE_PERSON = "purge_person"
    PURGE_MESSAGES = "purge_messages"
    CHANGE_RULES = "change_rules"


class ProposalState(models.TextChoices):
    COUNTING = "counting"
    """A job is finding out what it would change."""
    WAITING = "waiting"
    """Somebody has to confirm it: who proposed it, or, with four eyes, somebody else."""
    CONFIRMED = "confirmed"
    """A job is doing it."""
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"
    """It could not be done; `answer` says why."""


class Proposal(models.Model):
    """Something that changes much at once: first one sees what, then somebody confirms it, then a job does it."""

    kind = models.CharField(max_length=16, choices=Proposed.choices)
    arguments = models.JSONField(default=dict, help_text="What the use case takes.")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+", help_text="Whom it concerns."
    )
    state = models.CharField(max_length=16, choices=ProposalState.choices, default=ProposalState.COUNTING)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()
    reason = models.CharField(max_length=32, blank=True, choices=REASON_CHOICES)
    why = models.CharField(max_length=500)
    effect = models.JSONField(null=True, help_text="What it would change, as a job found out.")
    effect_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    decided_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=500, blank=True)

    class Meta:
        indexes = (
            models.Index(
                fields=["id"],
                name="proposals_for_the_job",
                condition=models.Q(state__in=[ProposalState.COUNTING, ProposalState.CONFIRMED]),
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
