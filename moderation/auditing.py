"""Asks the log of what moderators did: what is meant, in words for people, and as rows to take away."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from moderation.log import check
from moderation.models import Action, ActionLog, Proposed

#: Rows the database hands over at once.
CHUNK = 1000

#: What was done, in words.
ACTIONS: Mapping[Action, Promise] = {
    Action.DELETE_MESSAGE: _("Deleted a message"),
    Action.UNDELETE_MESSAGE: _("Brought a message back"),
    Action.EDIT_MESSAGE: _("Changed a text"),
    Action.HALT_TREE: _("Stopped a tree"),
    Action.RESUME_TREE: _("Let a tree go on"),
    Action.ABORT_TREE: _("Ended a tree"),
    Action.WARN_PERSON: _("Warned somebody"),
    Action.SUSPEND_PERSON: _("Suspended somebody"),
    Action.END_SUSPENSION: _("Let a suspension end"),
    Action.BAN_PERSON: _("Banned somebody"),
    Action.UNBAN_PERSON: _("Let somebody take part again"),
    Action.EDIT_PERSON: _("Changed an account"),
    Action.NOTE_PERSON: _("Wrote a note about somebody"),
    Action.SET_ROLE: _("Changed a role"),
    Action.END_SESSIONS: _("Signed somebody out everywhere"),
    Action.CLOSE_ACCOUNT: _("Closed an account"),
    Action.CLEAR_FLAGS: _("Kept a message"),
    Action.RETRY_SCORING: _("Had a tree scored again"),
    Action.PURGE_PERSON: _("Purged somebody"),
    Action.PURGE_MESSAGES: _("Purged messages of somebody"),
    Action.MERGE_PERSON: _("Merged an account into another"),
    Action.PROCESS_FLAG: _("Took an item out of the queue"),
    Action.ISSUE_KEY: _("Issued a key"),
    Action.UNDO: _("Took a decision back"),
    Action.PROPOSE: _("Proposed something"),
    Action.REFUSE_PROPOSAL: _("Refused a proposal"),
    Action.CHANGE_RULES: _("Changed the rules"),
    Action.UPHOLD_APPEAL: _("Agreed to an appeal"),
    Action.REJECT_APPEAL: _("Rejected an appeal"),
}

#: What can be proposed, in words.
PROPOSALS: Mapping[Proposed, Promise] = {
    Proposed.PURGE_PERSON: _("Purge a person"),
    Proposed.PURGE_MESSAGES: _("Purge messages of a person"),
    Proposed.CHANGE_RULES: _("Change the rules"),
}

#: What a line notes before and after, in words. Names of rules stand for themselves.
NOTED: Mapping[str, Promise] = {
    "status": _("Account"),
    "until": _("Suspended until"),
    "role": _("Role"),
    "state": _("Tree"),
    "hidden": _("Messages hidden"),
    "shown": _("Messages shown again"),
    "open": _("Waited in the queue"),
    "revision": _("Version of the text"),
    "edited": _("Changed by moderators"),
    "flags_cleared_at": _("Kept by a moderator at"),
    "findings": _("Findings that stood"),
    "into": _("Into the account"),
    "note": _("Note"),
    "proposal": _("Proposal"),
    "kind": _("What"),
    "version": _("Version of the rules"),
}


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Which lines somebody wants to see; what is not said does not matter."""

    people: Collection[UUID] | None = None
    """Who did it, or to whom it was done."""
    action: Action | None = None
    since: datetime | None = None
    until: datetime | None = None
    """Before then."""
    about: UUID | None = None
    """A message or a tree."""
    batch: UUID | None = None


def lines(asked: Asked, *, by: User) -> QuerySet[ActionLog]:
    """These lines with whom they name, newest first. Raises NotAllowed."""
    check(by)
    found = ActionLog.objects.select_related("by", "person").order_by("-pk")
    if asked.people is not None:
        ids = list(asked.people)
        found = found.filter(Q(by__in=ids) | Q(person__in=ids))
    if asked.action is not None:
        found = found.filter(action=asked.action)
    if asked.since is not None:
        found = found.filter(at__gte=asked.since)
    if asked.until is not None:
        found = found.filter(at__lt=asked.until)
    if asked.about is not None:
        found = found.filter(Q(message=asked.about) | Q(tree=asked.about))
    if asked.batch is not None:
        found = found.filter(batch=asked.batch)
    return found


#: What a row to take away holds, in this order.
COLUMNS = (
    "id", "at", "by", "by_name", "action", "reason", "why", "told", "person", "person_name", "message", "tree", "batch",
    "undoes", "before", "after",
)  # fmt: skip


def rows(asked: Asked, *, by: User) -> Iterator[dict[str, Any]]:
    """The same lines as rows of plain values, oldest first, however many there are. Raises NotAllowed at once."""
    found = lines(asked, by=by).order_by("pk")
    return (_row(line) for line in found.iterator(chunk_size=CHUNK))


def _row(line: ActionLog) -> dict[str, Any]:
    values = (
        line.pk,
        line.at.isoformat(),
        _text(line.by_id),
        str(line.by) if line.by_id and line.by else None,
        line.action,
        line.reason,
        line.why,
        line.told,
        _text(line.person_id),
        str(line.person) if line.person_id and line.person else None,
        _text(line.message_id),
        _text(line.tree_id),
        _text(line.batch),
        line.undoes_id,
        line.before,
        line.after,
    )
    return dict(zip(COLUMNS, values, strict=True))


def _text(pk: UUID | None) -> str | None:
    return None if pk is None else str(pk)
