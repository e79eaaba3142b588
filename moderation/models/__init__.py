"""The queue, what screening found, the log of what moderators did, and what they noted."""

from __future__ import annotations

from moderation.models.decided import Action, ActionLog, Appeal, Proposal, ProposalState, Proposed
from moderation.models.noted import Exposure, PersonNote
from moderation.models.queued import QueueItem, Report
from moderation.models.screened import Finding, Screening, Signature

__all__ = [
    "Action",
    "ActionLog",
    "Appeal",
    "Exposure",
    "Finding",
    "PersonNote",
    "Proposal",
    "ProposalState",
    "Proposed",
    "QueueItem",
    "Report",
    "Screening",
    "Signature",
]
