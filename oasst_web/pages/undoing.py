"""Take back the answer just given, and go on with it as it was."""

from __future__ import annotations

from random import SystemRandom
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from oasst_web.forms.ranking import RankForm
from oasst_web.forms.reviewing import ReviewForm
from oasst_web.pages import doors
from tasks import rulebook, saved_drafts, undoing
from tasks.drafts import Draft, RankingDraft, ReviewDraft
from tasks.undoing import AnswerCounts, TimeToUndoOver, WritingStands

RNG = SystemRandom()


@doors.taking_part
@require_POST
def undo(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """The task again, with the form as it was sent; where the answer stands, the page that thanks for it says so."""
    person, now = doors.person(request), timezone.now()
    try:
        # What was said is taken out of the answers and kept as a draft, or neither.
        with transaction.atomic():
            back = undoing.undo(task_id=task_id, by=person, now=now, rules=rulebook.in_force(), rng=RNG)
            if back.draft is not None:
                saved_drafts.save(task_id=task_id, by=person, fields=_fields(back.draft), typed_at=now, now=now)
    except (WritingStands, TimeToUndoOver, AnswerCounts) as refusal:
        messages.warning(request, str(refusal.sentence))
        return redirect("done", task_id)
    if back.draft is not None:
        messages.success(request, _("Taken back. Change what you like, and send it again."))
    return redirect("task", task_id)


def _fields(draft: Draft) -> list[tuple[str, str]]:
    match draft:
        case ReviewDraft():
            return ReviewForm.fields_of(draft)
        case RankingDraft():
            return RankForm.fields_of(draft)
    raise TypeError(f"No form gives a {type(draft).__name__} back.")
