"""Every refusal is a DomainError: a code for programs, a status for HTTP, a sentence for people."""

from __future__ import annotations

from enum import IntEnum
from typing import ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class ErrorCode(IntEnum):
    """Open-Assistant's error numbers, by their published names. Numbers above 9000 are ours."""

    GENERIC_ERROR = 0
    API_CLIENT_NOT_AUTHORIZED = 2
    ROOT_TOKEN_NOT_AUTHORIZED = 3
    DATABASE_MAX_RETRIES_EXHAUSTED = 4
    SORT_KEY_UNSUPPORTED = 100
    INVALID_CURSOR_VALUE = 101
    TOO_MANY_REQUESTS = 429
    TASK_INVALID_RESPONSE_TYPE = 1003
    TASK_INTERACTION_REQUEST_FAILED = 1004
    TASK_GENERATION_FAILED = 1005
    TASK_REQUESTED_TYPE_NOT_AVAILABLE = 1006
    TASK_MESSAGE_TOO_LONG = 1008
    TASK_MESSAGE_DUPLICATED = 1009
    TASK_MESSAGE_TEXT_EMPTY = 1010
    TASK_MESSAGE_DUPLICATE_REPLY = 1011
    TASK_TOO_MANY_PENDING = 1012
    INVALID_FRONTEND_MESSAGE_ID = 2000
    MESSAGE_NOT_FOUND = 2001
    INVALID_RANKING_VALUE = 2003
    NO_MESSAGE_TREE_FOUND = 2006
    NO_REPLIES_FOUND = 2007
    BROKEN_CONVERSATION = 2009
    TREE_IN_ABORTED_STATE = 2010
    CORRUPT_RANKING_RESULT = 2011
    AUTH_AND_USERNAME_REQUIRED = 2012
    TEXT_LABELS_WRONG_MESSAGE_ID = 2050
    TEXT_LABELS_INVALID_LABEL = 2051
    TEXT_LABELS_MANDATORY_LABEL_MISSING = 2052
    TEXT_LABELS_NO_SELF_LABELING = 2053
    TASK_NOT_FOUND = 2100
    TASK_EXPIRED = 2101
    TASK_PAYLOAD_TYPE_MISMATCH = 2102
    TASK_ALREADY_UPDATED = 2103
    TASK_NOT_ACK = 2104
    TASK_ALREADY_DONE = 2105
    TASK_NOT_ASSIGNED_TO_USER = 2106
    HUGGINGFACE_API_ERROR = 3001
    USER_NOT_SPECIFIED = 4000
    USER_DISABLED = 4001
    USER_NOT_FOUND = 4002
    USER_HAS_NOT_ACCEPTED_TOS = 4003
    EMOJI_OP_UNSUPPORTED = 5000
    CACHED_STATS_NOT_AVAILABLE = 6000
    INVALID_RULES = 9002
    NOT_ALLOWED = 9003
    MOVE_NOT_POSSIBLE = 9004
    NOT_SIGNED_IN = 9020
    CSRF_FAILED = 9021
    INVALID_REQUEST = 9022
    IDEMPOTENCY_KEY_REUSED = 9023
    IDEMPOTENCY_KEY_IN_USE = 9024
    TERMS_CHANGED = 9025
    RULES_NOT_FOUND = 9026
    WEBHOOK_NOT_FOUND = 9040
    INVALID_WEBHOOK = 9041
    TOO_MANY_WEBHOOKS = 9042
    RELEASE_NOT_FOUND = 9050
    RELEASE_REFUSED = 9051


class DomainError(Exception):
    """A refusal that a person can act on. Subclasses fix code and status; the sentence says what to do next."""

    code: ClassVar[ErrorCode] = ErrorCode.GENERIC_ERROR
    status: ClassVar[int] = 400
    sentence: str | Promise = _("This did not work. Please try again.")

    def __init__(self, sentence: str | Promise | None = None, *, retry_after: int | None = None) -> None:
        if sentence is not None:
            self.sentence = sentence
        self.retry_after = retry_after
        """Seconds after which the same may work."""
        super().__init__(self.sentence)

    def __str__(self) -> str:
        return str(self.sentence)
