"""The refusals of the use cases, each with what to do next."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from common.errors import DomainError, ErrorCode


class NothingAvailable(DomainError):
    code = ErrorCode.TASK_REQUESTED_TYPE_NOT_AVAILABLE
    status = 404
    sentence = _("There is nothing of this kind to do for you right now. Try another kind, or come back later.")


class TooManyPending(DomainError):
    code = ErrorCode.TASK_TOO_MANY_PENDING
    status = 409
    sentence = _("You hold many unfinished tasks. Finish, skip or give back one of them first.")


class TooManyRequests(DomainError):
    code = ErrorCode.TOO_MANY_REQUESTS
    status = 429
    sentence = _("You asked for many tasks in a short time. Take a breath and try again in a few minutes.")


class NotYours(DomainError):
    code = ErrorCode.TASK_NOT_ASSIGNED_TO_USER
    status = 403
    sentence = _("This task is not yours. Go to the dashboard to get one.")


class AlreadySkipped(NotYours):
    sentence = _("You have already skipped this task. Go to the dashboard to get another one.")


class TaskGone(DomainError):
    code = ErrorCode.TASK_EXPIRED
    status = 409
    sentence = _("This task is no longer wanted, or somebody else did it after its deadline. Take another one.")


class AlreadyFinished(DomainError):
    code = ErrorCode.TASK_ALREADY_DONE
    status = 409
    sentence = _("You have already answered this task.")


class AnswerConflict(DomainError):
    code = ErrorCode.TASK_ALREADY_DONE
    status = 409
    sentence = _(
        "You have already answered this task, and differently. The first answer stands; this one was not stored."
    )


class WrongKindOfAnswer(DomainError):
    code = ErrorCode.TASK_PAYLOAD_TYPE_MISMATCH
    status = 422
    sentence = _("This task wants another kind of answer.")


class DuplicateMessage(DomainError):
    code = ErrorCode.TASK_MESSAGE_DUPLICATED
    status = 409
    sentence = _("You wrote exactly the same a short while ago. Say something new, or skip the task.")


class DuplicateReply(DomainError):
    code = ErrorCode.TASK_MESSAGE_DUPLICATE_REPLY
    status = 409
    sentence = _("You have already replied to this message. Take another task.")


class FrontendIdTaken(DomainError):
    code = ErrorCode.TASK_INTERACTION_REQUEST_FAILED
    status = 409
    sentence = _("Another message has this id already. Send this one under an id of its own.")


class AlreadyReviewed(DomainError):
    code = ErrorCode.TEXT_LABELS_NO_SELF_LABELING
    status = 409
    sentence = _("You have already reviewed this message. Take another task.")


class AlreadyRanked(DomainError):
    code = ErrorCode.CORRUPT_RANKING_RESULT
    status = 409
    sentence = _("You have already ranked these replies. Take another task.")


class TreeEnded(DomainError):
    code = ErrorCode.TREE_IN_ABORTED_STATE
    status = 409
    sentence = _("This conversation has ended and takes no more answers. Take another task.")


class MessageNotFound(DomainError):
    code = ErrorCode.MESSAGE_NOT_FOUND
    status = 404
    sentence = _("There is no such message.")
