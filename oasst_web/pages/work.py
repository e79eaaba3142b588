"""Claim a task, see it, answer it, skip it, give it back."""

from __future__ import annotations

from random import SystemRandom
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import access
from accounts.access import TermsNotAccepted, UserDisabled
from accounts.models import User
from common.errors import DomainError
from oasst_web.forms.answers import AnswerForm
from oasst_web.forms.work import SkipForm, answer_form
from oasst_web.pages import dashboard, doors
from tasks import assignment, interactions, rulebook, work
from tasks.kinds import KINDS, Deed, Kind
from tasks.models import Task, TaskState
from tasks.refusals import AlreadySkipped
from tasks.work import Work

RNG = SystemRandom()

#: Session keys: whether the next task should come by itself, and which task was just finished.
STRAIGHT_ON = "straight_on"
FINISHED = "finished"


@doors.taking_part
@require_http_methods(["GET", "HEAD", "POST"])
def claim(request: HttpRequest) -> HttpResponse:
    """Take a task of the kind asked for, or of any kind. Looking at this address takes nothing."""
    if request.method != "POST":
        return redirect("dashboard")
    person = doors.person(request)
    kind = {kind.value: kind for kind in Kind}.get(request.POST.get("kind", ""))
    try:
        task = assignment.claim(
            person=person, lang=person.lang, kind=kind, now=timezone.now(), rules=rulebook.in_force(), rng=RNG
        )
    except (UserDisabled, TermsNotAccepted):
        raise
    except DomainError as refusal:
        # The dashboard says what else there is, and which tasks are still held.
        return dashboard.page(request, problem=refusal.sentence, status=refusal.status)
    return redirect("task", task.pk)


@doors.signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def task(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """One task and its form. An answer that is refused comes back as it was typed."""
    person = doors.person(request)
    held = assignment.held_task(task_id=task_id, by=person)
    rules = rulebook.in_force()
    if request.method == "POST":
        shown = work.show(held, person=person)
        form = answer_form(shown, rules=rules, data=request.POST)
        return _answer(request, shown, form)
    if _answered(held, person):
        return redirect("done", held.pk)
    access.check_may_take_part(person)
    shown = work.show(held, person=person)
    return _page(request, shown, answer_form(shown, rules=rules))


def _answer(request: HttpRequest, shown: Work, form: AnswerForm) -> HttpResponse:
    person = doors.person(request)
    if not form.is_valid():
        return _page(request, shown, form, problem=_("Something is missing. Look at the marked places."), status=422)
    try:
        receipt = interactions.submit(
            task_id=shown.task.pk,
            by=person,
            draft=form.draft(),
            now=timezone.now(),
            rules=rulebook.in_force(),
            rng=RNG,
        )
    except DomainError as refusal:
        return _page(request, shown, form, refusal=refusal, status=refusal.status)
    request.session[STRAIGHT_ON] = "straight_on" in request.POST
    request.session[FINISHED] = str(shown.task.pk)
    if request.session[STRAIGHT_ON] and not receipt.repeated:
        following = _next_like(request, receipt.kind)
        if following is not None:
            messages.success(request, _thanks(receipt.kind))
            return redirect("task", following.pk)
    return redirect("done", receipt.task_id)


def _next_like(request: HttpRequest, kind: Kind) -> Task | None:
    """Another task of the same kind, for people who want to go straight on; None when they may not have one now."""
    person = doors.person(request)
    try:
        return assignment.claim(
            person=person, lang=person.lang, kind=kind, now=timezone.now(), rules=rulebook.in_force(), rng=RNG
        )
    except DomainError:
        return None


def _page(
    request: HttpRequest,
    shown: Work,
    form: AnswerForm,
    *,
    problem: str = "",
    refusal: DomainError | None = None,
    skip_form: SkipForm | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        # Nothing in the header may carry an unsent answer away.
        "keep_typing": True,
        "work": shown,
        "form": form,
        "skip_form": skip_form or SkipForm(),
        "problem": problem or (refusal.sentence if refusal else ""),
        # The deadline passed and the task went back; the answer is still taken while the work is wanted.
        "late": shown.task.claimed_by_id != doors.person(request).pk,
        "gone": refusal is not None and refusal.status == 409,
        "terms_missing": isinstance(refusal, TermsNotAccepted),
        "straight_on": request.session.get(STRAIGHT_ON, False),
        "finished": request.session.pop(FINISHED, "") if request.method == "GET" else "",
    }
    return render(request, "work/task.html", context, status=status)


def _answered(task: Task, person: User) -> bool:
    """Whether this person answered it. After a missed deadline somebody else may have."""
    return task.state == TaskState.DONE and task.claimed_by_id == person.pk


def _thanks(kind: Kind) -> str:
    match KINDS[kind].deed:
        case Deed.WRITE:
            return _("Your message is stored; other people will review it.")
        case Deed.REVIEW:
            return _("Your review is stored.")
        case Deed.RANK:
            return _("Your ranking is stored.")


@doors.taking_part
@require_safe
def done(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """What became of the answer, and the way to the next task."""
    person = doors.person(request)
    finished = assignment.held_task(task_id=task_id, by=person)
    if not _answered(finished, person):
        return redirect("task", task_id)
    kind = Kind(finished.kind)
    there = assignment.available(person=person, lang=person.lang, rules=rulebook.in_force())
    context = {
        "kind": kind,
        "row": KINDS[kind],
        "thanks": _thanks(kind),
        "written": getattr(finished, "written", None),
        "more_of_this": kind in there,
        "more_of_anything": bool(there),
        "finished": request.session.pop(FINISHED, ""),
    }
    return render(request, "work/done.html", context)


@doors.taking_part
@require_POST
def skip(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """Decline a task for good."""
    person = doors.person(request)
    form = SkipForm(request.POST)
    if not form.is_valid():
        held = assignment.held_task(task_id=task_id, by=person)
        shown = work.show(held, person=person)
        blank = answer_form(shown, rules=rulebook.in_force())
        return _page(request, shown, blank, skip_form=form, problem=_("Choose one of the reasons."), status=422)
    try:
        assignment.skip(
            task_id=task_id,
            by=person,
            reason=form.reason_given,
            text=form.cleaned_data["text"],
            now=timezone.now(),
            rules=rulebook.in_force(),
            rng=RNG,
        )
    except AlreadySkipped:
        pass  # The button was pressed twice, and the browser shows the second answer.
    messages.success(request, _("Skipped. You will not be asked this again."))
    return redirect("dashboard")


@doors.taking_part
@require_POST
def release(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """Give a task back for others to do; it may be offered again."""
    person = doors.person(request)
    assignment.release(task_id=task_id, by=person, now=timezone.now(), rules=rulebook.in_force(), rng=RNG)
    messages.success(request, _("Given back. Somebody else can do it now."))
    return redirect("dashboard")
