"""Every refusal is a DomainError: a code for programs, a status for HTTP, a sentence for people."""

from __future__ import annotations

from enum import IntEnum
from typing import ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class ErrorCode(IntEnum):
    """Open-Assistant's error numbers, by their published names. Numbers above 9000 are ours."""

    GENERIC_ERROR = 0
    TOO_MANY_REQUESTS = 429
    TASK_INVALID_RESPONSE_TYPE = 1003
    TASK_REQUESTED_TYPE_NOT_AVAILABLE = 1006
    TASK_MESSAGE_TOO_LONG = 1008
    TASK_MESSAGE_DUPLICATED = 1009
    TASK_MESSAGE_TEXT_EMPTY = 1010
    TASK_MESSAGE_DUPLICATE_REPLY = 1011
    TASK_TOO_MANY_PENDING = 1012
    MESSAGE_NOT_FOUND = 2001
    INVALID_RANKING_VALUE = 2003
    NO_MESSAGE_TREE_FOUND = 2006
    TREE_IN_ABORTED_STATE = 2010
    CORRUPT_RANKING_RESULT = 2011
    TEXT_LABELS_INVALID_LABEL = 2051
    TEXT_LABELS_MANDATORY_LABEL_MISSING = 2052
    TEXT_LABELS_NO_SELF_LABELING = 2053
    TASK_NOT_FOUND = 2100
    TASK_EXPIRED = 2101
    TASK_PAYLOAD_TYPE_MISMATCH = 2102
    TASK_ALREADY_DONE = 2105
    TASK_NOT_ASSIGNED_TO_USER = 2106
    USER_DISABLED = 4001
    USER_NOT_FOUND = 4002
    USER_HAS_NOT_ACCEPTED_TOS = 4003
    EMOJI_OP_UNSUPPORTED = 5000
    INVALID_RULES = 9002
    NOT_ALLOWED = 9003
    MOVE_NOT_POSSIBLE = 9004


class DomainError(Exception):
    """A refusal that a person can act on. Subclasses fix code and status; the sentence says what to do next."""

    code: ClassVar[ErrorCode] = ErrorCode.GENERIC_ERROR
    status: ClassVar[int] = 400
    sentence: str | Promise = _("This did not work. Please try again.")

    def __init__(self, sentence: str | Promise | None = None) -> None:
        if sentence is not None:
            self.sentence = sentence
        super().__init__(self.sentence)

    def __str__(self) -> str:
        return str(self.sentence)
