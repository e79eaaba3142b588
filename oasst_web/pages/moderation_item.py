"""One item of the moderators' queue: all that speaks against it, the tree around it, and what can be decided."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from random import SystemRandom
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from common.errors import DomainError
from moderation import appeals, decisions, evidence, exposure, queue
from moderation.decisions import Decision
from moderation.models import QueueItem
from moderation.querysets import Wanted
from oasst_web.forms.moderating import AppealForm, DecideForm
from oasst_web.pages import audit, doors, moderation_queue, outline
from screening.findings import Concern
from tasks import rulebook
from tasks.fates import STATES
from tasks.models import Message
from tasks.tree_states import State

#: Messages around the item that are shown at once; the others are folded.
AROUND = 12
#: Under this name the session remembers whether the next item comes by itself.
GO_ON = "moderation_go_on"

CONCERNS: dict[str, Promise] = {
    Concern.LANGUAGE: gettext_lazy("Another language"),
    Concern.PERSONAL_DATA: gettext_lazy("Personal data"),
    Concern.NEAR_DUPLICATE: gettext_lazy("Nearly the same as another"),
    Concern.TOXICITY: gettext_lazy("Toxic"),
    Concern.PROFANITY: gettext_lazy("Swearing"),
    Concern.GIBBERISH: gettext_lazy("Nonsense"),
    Concern.INJECTION: gettext_lazy("Orders to a model"),
    Concern.BOILERPLATE: gettext_lazy("A model speaks of itself"),
    Concern.LINKS: gettext_lazy("A link"),
    Concern.ZERO_TOLERANCE: gettext_lazy("Zero tolerance"),
}


@dataclass(frozen=True)
class Turn:
    """One message of the tree as it stands around the item."""

    message: Message
    depth: int
    here: bool
    harmful: bool
    """Its own item says so, so it is read there."""


@doors.moderating
@require_safe
def item(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """Everything a moderator needs to decide. To look changes nothing."""
    return _page(request, message_id)


@doors.moderating
@require_POST
def claim(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """Hold it, so that nobody else works on it."""
    try:
        queue.claim(message_id=message_id, by=doors.person(request), now=timezone.now())
    except DomainError as refusal:
        return _page(request, message_id, problem=refusal)
    return redirect("moderation_item", message_id)


@doors.moderating
@require_POST
def release(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """Let somebody else look."""
    queue.release(message_id=message_id, by=doors.person(request))
    return redirect("moderation_queue")


@doors.moderating
@require_POST
def show(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """See something harmful, which counts."""
    try:
        exposure.show(message_id=message_id, by=doors.person(request), now=timezone.now())
    except DomainError as refusal:
        return _page(request, message_id, problem=refusal)
    return redirect("moderation_item", message_id)


@doors.moderating
@require_POST
def decide(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """One decision, then the next item, or this one again if it is not done."""
    by, now = doors.person(request), timezone.now()
    form = DecideForm(request.POST)
    if not form.is_valid():
        return _page(request, message_id, form=form, status=422)
    request.session[GO_ON] = form.cleaned_data["go_on"]
    ruling = form.ruling(now)
    given: dict[str, Any] = {"by": by, "now": now, "rules": rulebook.in_force(), "rng": SystemRandom()}
    try:
        line = decisions.decide(message_id=message_id, ruling=ruling, **given)
    except DomainError as refusal:
        return _page(request, message_id, form=form, problem=refusal)
    messages.success(request, str(_DONE[ruling.decision]))
    if ruling.decision not in decisions.FINAL:
        return redirect(f"{reverse('moderation_item', args=[message_id])}?done={line.pk}")
    return _go_on(by, now, go_on=form.cleaned_data["go_on"], done=line.pk)


@doors.moderating
@require_POST
def decide_appeal(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """Say whether its author was right."""
    by, now = doors.person(request), timezone.now()
    form = AppealForm(request.POST)
    if not form.is_valid():
        return _page(request, message_id, appeal_form=form, status=422)
    try:
        appeals.decide(
            message_id=message_id,
            upheld="uphold" in request.POST,
            by=by,
            answer=form.cleaned_data["answer"],
            why=form.cleaned_data["why"],
            now=now,
            rules=rulebook.in_force(),
            rng=SystemRandom(),
        )
    except DomainError as refusal:
        return _page(request, message_id, appeal_form=form, problem=refusal)
    messages.success(request, _("Their author is told how you decided."))
    return _go_on(by, now, go_on=bool(request.session.get(GO_ON)), done=None)


_DONE: dict[Decision, Promise] = {
    Decision.KEEP: gettext_lazy("Kept. What spoke against it counts no more."),
    Decision.DELETE: gettext_lazy("Deleted, with everything below it."),
    Decision.UNDELETE: gettext_lazy("It is back."),
    Decision.EDIT: gettext_lazy("The text is changed."),
    Decision.HALT: gettext_lazy("The tree is stopped."),
    Decision.RESUME: gettext_lazy("The tree goes on."),
    Decision.WARN: gettext_lazy("Its author is warned."),
    Decision.SUSPEND: gettext_lazy("Its author is suspended."),
    Decision.BAN: gettext_lazy("Its author is banned."),
}


def _go_on(by: User, now: datetime, *, go_on: bool, done: int | None) -> HttpResponse:
    """The next item if they want it by itself, else the queue; with the offer to take the decision back."""
    following = queue.claim_next(by=by, wanted=Wanted(), now=now) if go_on else None
    where = reverse("moderation_item", args=[following.pk]) if following else reverse("moderation_queue")
    return redirect(f"{where}?done={done}" if done else where)


def _page(
    request: HttpRequest,
    message_id: UUID,
    *,
    form: DecideForm | None = None,
    appeal_form: AppealForm | None = None,
    problem: DomainError | None = None,
    status: int = 200,
) -> HttpResponse:
    by, now = doors.person(request), timezone.now()
    message = get_object_or_404(Message.objects.with_what_is_shown(), pk=message_id)
    found = QueueItem.objects.filter(pk=message_id).select_related("claimed_by", "message").first()
    hidden = found is not None and found.harmful and not exposure.shown_today(by, message_id, now=now)
    known = evidence.of(message)
    turns = _turns(message)
    if form is None:
        first = {"reason": known.likely_reason.value, "text": message.text, "go_on": request.session.get(GO_ON, True)}
        form = DecideForm(initial=first)
    context = {
        "item": found,
        "row": moderation_queue.row(found, by, now) if found else None,
        "message": message,
        "evidence": known,
        "findings": [(CONCERNS[each.concern], each) for each in known.findings],
        "hidden": hidden,
        "enough": hidden and exposure.left(by, now=now) <= 0,
        "above": [turn for turn in turns if turn.depth < 0],
        "here_and_below": [turn for turn in turns if turn.depth >= 0],
        "fold": len(turns) > AROUND,
        "state": STATES[State(message.tree.state)],
        "running": message.tree.state not in (State.HALTED_BY_MODERATOR, State.ABORTED_LOW_GRADE),
        "lines": audit.lines_of(known.history),
        "form": form,
        "appeal_form": appeal_form or AppealForm(),
        "open_appeal": known.appeal is not None and known.appeal.decided_at is None,
        "problem": str(problem) if problem else "",
        "mine": found is not None and found.is_held(now) and found.claimed_by_id == by.pk,
        "held": found is not None and found.is_held(now),
        "above_author": message.author is not None and message.author.rank < by.rank,
        "undo": moderation_queue.undoable(request, by, now),
    }
    return render(request, "moderation/item.html", context, status=problem.status if problem else status)


def _turns(message: Message) -> list[Turn]:
    """The way to the message, with depths below 0; itself, at 0; and everything below it, in reading order."""
    every = list(Message.objects.filter(tree=message.tree_id).select_related("author").order_by("created_at", "pk"))
    harmful = outline.harmful_in(message.tree_id)
    by_id = {each.pk: each for each in every}
    path: list[Message] = []
    at = message.parent_id
    while at is not None:
        path.append(by_id[at])
        at = by_id[at].parent_id
    above = [_turn(each, -len(path) + number, message, harmful) for number, each in enumerate(reversed(path))]
    return above + [_turn(each, depth, message, harmful) for each, depth in outline.reading_order(every, message)]


def _turn(each: Message, depth: int, here: Message, harmful: Collection[UUID]) -> Turn:
    return Turn(each, depth, each.pk == here.pk, each.pk in harmful and each.pk != here.pk)
