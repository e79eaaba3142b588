"""Claim a task, see it, answer it, skip it, give it back."""

from __future__ import annotations

from http import HTTPStatus
from random import SystemRandom
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import access
from accounts.access import TermsNotAccepted, UserDisabled
from accounts.models import User
from common.errors import DomainError
from oasst_web.forms.answers import AnswerForm
from oasst_web.forms.work import SkipForm, answer_form, restored_form
from oasst_web.pages import ahead, dashboard, doors, trees, wishes
from tasks import assignment, interactions, rulebook, saved_drafts, work
from tasks.kinds import KINDS, Deed, Kind
from tasks.models import Task, TaskState
from tasks.refusals import AlreadySkipped
from tasks.work import Work

RNG = SystemRandom()

#: Session key: the task just finished, until a page has said so.
FINISHED = "finished"
#: A script sends the answer, and wants to be told where to go instead of being sent there.
SENDING = "X-Sending"
#: Ids of the fields that decline the task: they stand beside those of the answer, which have the same names.
SKIP_ID = "skip_%s"
#: From so many messages on a conversation is folded in the middle; the first and the last two stay.
LONG = 5


@doors.taking_part
@require_http_methods(["GET", "HEAD", "POST"])
def claim(request: HttpRequest) -> HttpResponse:
    """Take a task of the kind asked for, or of any kind. Looking at this address takes nothing."""
    if request.method != "POST":
        return redirect("dashboard")
    kind = {kind.value: kind for kind in Kind}.get(request.POST.get("kind", ""))
    try:
        task = ahead.next_task(request, kind)
    except (UserDisabled, TermsNotAccepted):
        raise
    except DomainError as refusal:
        # The dashboard says what else there is, and which tasks are still held.
        return dashboard.page(request, problem=refusal.sentence, status=refusal.status)
    return redirect("task", task)


def task(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """One task and its form. An answer that is refused comes back as it was typed.

    A page fetched ahead may be kept by the browser for the minutes until it is wanted; any other never.
    """
    response = _task(request, task_id)
    if ahead.HEADER in request.headers and response.status_code == HTTPStatus.OK:
        ahead.keep(response)
    return response


@doors.signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def _task(request: HttpRequest, task_id: UUID) -> HttpResponse:
    person = doors.person(request)
    held = assignment.held_task(task_id=task_id, by=person)
    if request.method == "POST":
        shown = work.show(held, person=person)
        form = answer_form(shown, rules=rulebook.in_force(), data=request.POST)
        return _answer(request, shown, form)
    if _answered(held, person):
        return redirect("done", held.pk)
    access.check_may_take_part(person)
    ahead.seen(request, task_id)
    shown = work.show(held, person=person)
    return _page(request, shown, _as_left(shown, person))


def _as_left(shown: Work, person: User) -> AnswerForm:
    """The form with what was typed so far, if anything is kept."""
    rules, draft = rulebook.in_force(), saved_drafts.of(task=shown.task, person=person)
    if draft is None:
        return answer_form(shown, rules=rules)
    return restored_form(shown, rules=rules, fields=draft.fields, saved_at=draft.saved_at)


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
    saved_drafts.forget(task_id=shown.task.pk, by=person)
    straight_on = "straight_on" in request.POST
    ahead.go_on(request, straight_on)
    if straight_on and not receipt.repeated:
        request.session[FINISHED] = str(shown.task.pk)
        following = ahead.next_like(request, receipt.kind)
        if following is not None:
            return _lead_to(request, reverse("task", args=[following]), finished=shown.task.pk)
    request.session[FINISHED] = str(shown.task.pk)
    return _lead_to(request, reverse("done", args=[receipt.task_id]))


def _lead_to(request: HttpRequest, address: str, *, finished: UUID | None = None) -> HttpResponse:
    """Go there. A script is told, and where to ask for what the page there could say of the answer just given: it may
    have fetched that page before."""
    if SENDING not in request.headers:
        return redirect(address)
    return JsonResponse({"next": address, "after": reverse("after", args=[finished]) if finished else ""})


def as_it_is(request: HttpRequest, shown: Work, form: AnswerForm, refusal: DomainError | None = None) -> HttpResponse:
    """The page of the task with a form that was not sent: somebody wanted to see how it looks."""
    return _page(request, shown, form, refusal=refusal, status=refusal.status if refusal else 200)


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
    person = doors.person(request)
    turns = trees.turns(person, shown.conversation)
    finished = _just_finished(request) if request.method == "GET" and ahead.HEADER not in request.headers else None
    folded = len(turns) - 3 if len(turns) >= LONG else 0
    context = {
        # Nothing in the header may carry an unsent answer away.
        "keep_typing": True,
        "work": shown,
        "first_turns": turns[:1] if folded else [],
        "folded_turns": turns[1 : 1 + folded],
        "turns": turns[1 + folded :] if folded else turns,
        "form": form,
        "skip_form": skip_form or SkipForm(auto_id=SKIP_ID),
        "problem": problem or (refusal.sentence if refusal else ""),
        # The deadline passed and the task went back; the answer is still taken while the work is wanted.
        "late": shown.task.claimed_by_id != person.pk,
        "gone": refusal is not None and refusal.status == 409,
        "terms_missing": isinstance(refusal, TermsNotAccepted),
        "straight_on": ahead.wanted(request),
        "now": timezone.now(),
        **_after(finished),
    }
    return render(request, "work/task.html", context, status=status)


def _answered(task: Task, person: User) -> bool:
    """Whether this person answered it. After a missed deadline somebody else may have."""
    return task.state == TaskState.DONE and task.claimed_by_id == person.pk


def _just_finished(request: HttpRequest) -> Task | None:
    """The task whose answer was stored just before this page was asked for; said once."""
    pk = request.session.pop(FINISHED, None)
    found: Task | None = Task.objects.filter(pk=pk, claimed_by=doors.person(request), state=TaskState.DONE).first()
    return found


def _after(finished: Task | None) -> dict[str, object]:
    """What is said of an answer that was just stored, and what can still be done about it."""
    if finished is None:
        return {"finished": ""}
    kind = Kind(finished.kind)
    return {
        "finished": finished.pk,
        "thanks": _thanks(kind),
        "written": getattr(finished, "written", None),
        "can_be_undone": KINDS[kind].deed is not Deed.WRITE,
    }


@doors.taking_part
@require_safe
def after(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """Only that, for a page that was fetched before the answer was given."""
    person = doors.person(request)
    finished = assignment.held_task(task_id=task_id, by=person)
    if not _answered(finished, person):
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    request.session.pop(FINISHED, None)
    return render(request, "work/_after.html", _after(finished))


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
    there = assignment.available(person=person, lang=person.lang, rules=rulebook.in_force(), wish=wishes.of(request))
    just_now = request.session.pop(FINISHED, "") == str(task_id)
    context = {
        "kind": kind,
        "row": KINDS[kind],
        "more_of_this": kind in there,
        "more_of_anything": bool(there),
        **_after(finished),
        # Whoever comes back to this page later is not offered what is over.
        "can_be_undone": just_now and KINDS[kind].deed is not Deed.WRITE,
    }
    return render(request, "work/done.html", context)


@doors.taking_part
@require_POST
def skip(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """Decline a task for good."""
    person = doors.person(request)
    form = SkipForm(request.POST, auto_id=SKIP_ID)
    if not form.is_valid():
        held = assignment.held_task(task_id=task_id, by=person)
        shown = work.show(held, person=person)
        problem = _("Choose one of the reasons.") if "reason" in form.errors else str(form.errors["text"][0])
        return _page(request, shown, _as_left(shown, person), skip_form=form, problem=problem, status=422)
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
    ahead.give_back(request)
    messages.success(request, _("Skipped. You will not be asked this again."))
    return redirect("dashboard")


@doors.taking_part
@require_POST
def release(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """Give a task back for others to do; it may be offered again. The next one goes back too, if it was claimed ahead:
    somebody stops working."""
    person = doors.person(request)
    assignment.release(task_id=task_id, by=person, now=timezone.now(), rules=rulebook.in_force(), rng=RNG)
    ahead.give_back(request)
    messages.success(request, _("Given back. Somebody else can do it now."))
    return redirect("dashboard")
