"""What is stored. Rules live in the use cases; invariants live here, as constraints."""

from tasks.models.answers import FreeLabels, Ranking, Reaction, Review
from tasks.models.consensus import KnownAnswer, Preference, Reliability
from tasks.models.trees import ImportedMessage, Message, MessageRevision, RulesVersion, Tree, TreeTransition
from tasks.models.work import Acknowledgement, HandedBack, SavedDraft, Skip, Task, TaskState

__all__ = [
    "Acknowledgement",
    "FreeLabels",
    "HandedBack",
    "ImportedMessage",
    "KnownAnswer",
    "Message",
    "MessageRevision",
    "Preference",
    "Ranking",
    "Reaction",
    "Reliability",
    "Review",
    "RulesVersion",
    "SavedDraft",
    "Skip",
    "Task",
    "TaskState",
    "Tree",
    "TreeTransition",
]
