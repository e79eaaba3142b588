"""What helps with writing before a text is sent, and for ten minutes after: preview, hints, drafts, corrections."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import SystemRandom
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import profiles
from accounts.models import User
from common import detection
from common.errors import DomainError
from common.languages import LANGUAGES, Language
from oasst_web.forms.work import answer_form
from oasst_web.forms.writing import CorrectForm, WriteForm
from oasst_web.pages import doors
from oasst_web.pages import work as task_page
from tasks import assignment, corrections, rulebook, saved_drafts, similar, work
from tasks.kinds import KINDS, Deed, Kind
from tasks.models import Message, SavedDraft, Task
from tasks.refusals import WrongKindOfAnswer
from tasks.saved_drafts import Pairs
from tasks.work import Work

RNG = SystemRandom()

#: A script wants only the part of the page that changes.
PART = "X-Part"
#: Fields of the form that are no part of what somebody typed.
NOT_TYPED = {"csrfmiddlewaretoken", "straight_on", "typed_at", "move_to", "add_language"}


@dataclass(frozen=True)
class Hints:
    """What is to be said of a text that is being written. None of it keeps anybody from sending it."""

    seems: Language | None = None
    """The language it seems to be in, where that is not the one of the task."""
    wanted: str = ""
    """The language of the task."""
    may_move: bool = False
    """A new prompt can go to the other language; a reply belongs to its conversation."""
    meant: bool = False
    """The writer said that it is meant to be in that language."""
    is_new: bool = False
    """The language is none of those the person works in so far."""
    alike: list[Message] = field(default_factory=list)
    """Prompts like it that the person may read."""


def hints_for(text: str, *, task: Task, person: User, meant: str = "") -> Hints:
    """Everything that is to be said of this text."""
    new_prompt = task.kind == Kind.INITIAL_PROMPT
    found = detection.strays(text, task.lang)
    return Hints(
        seems=LANGUAGES[found.lang] if found else None,
        wanted=task.lang,
        may_move=new_prompt,
        meant=found is not None and found.lang == meant,
        is_new=found is not None and new_prompt and found.lang not in profiles.of(person).languages,
        alike=similar.prompts_like(text, lang=task.lang, person=person) if new_prompt else [],
    )


def _writing(request: HttpRequest, task_id: UUID) -> Work:
    """The person's writing task. Raises TaskNotFound, NotYours, WrongKindOfAnswer."""
    person = doors.person(request)
    shown = work.show(assignment.held_task(task_id=task_id, by=person), person=person)
    if shown.row.deed is not Deed.WRITE:
        raise WrongKindOfAnswer
    return shown


@doors.taking_part
@require_http_methods(["GET", "HEAD", "POST"])
@doors.limited("preview")
def preview(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """The text as readers will see it, with the hints; without a script the whole page, text kept."""
    if request.method != "POST":
        return redirect("task", task_id)
    shown = _writing(request, task_id)
    form = answer_form(shown, rules=rulebook.in_force(), data=request.POST)
    assert isinstance(form, WriteForm)
    if PART in request.headers:
        return render(request, "writing/_preview.html", {"form": form, "lang": shown.task.lang})
    form.look(_hints(request, form, shown))
    return task_page.as_it_is(request, shown, form)


@doors.taking_part
@require_POST
@doors.limited("hints")
def hints(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """Only the hints, while somebody types."""
    shown = _writing(request, task_id)
    form = answer_form(shown, rules=rulebook.in_force(), data=request.POST)
    assert isinstance(form, WriteForm)
    return render(request, "writing/_hints.html", {"hints": _hints(request, form, shown), "work": shown})


def _hints(request: HttpRequest, form: WriteForm, shown: Work) -> Hints:
    meant = request.POST.get("meant", "")
    return hints_for(form.shown, task=shown.task, person=doors.person(request), meant=meant)


@doors.taking_part
@require_POST
@doors.limited("drafts")
def save_draft(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """Keep what is in the form. The answer tells whether it was the newest, and the time here: the page that sent it
    may have been fetched long before."""
    now = timezone.now()
    newest = saved_drafts.save(
        task_id=task_id,
        by=doors.person(request),
        fields=_typed(request),
        typed_at=_moment(request.POST.get("typed_at", ""), now),
        now=now,
    )
    return JsonResponse({"newest": newest, "now": now.timestamp()})


def _typed(request: HttpRequest) -> Pairs:
    return [
        (name, value)
        for name, values in request.POST.lists()
        if name not in NOT_TYPED
        for value in values
        if value != ""
    ]


def _moment(said: str, now: datetime) -> datetime:
    """Seconds since 1970; now, if it is none of the sort."""
    try:
        return datetime.fromtimestamp(float(said), UTC)
    except (ValueError, OverflowError, OSError):
        return now


@doors.taking_part
@require_http_methods(["GET", "HEAD", "POST"])
def move(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """Go on with a new prompt in the language it is written in. Where that cannot be, the page says so, text kept."""
    if request.method != "POST":
        return redirect("task", task_id)
    shown = _writing(request, task_id)
    lang = request.POST.get("move_to", "")
    add = "add_language" in request.POST
    rules, now = rulebook.in_force(), timezone.now()
    try:
        moved = saved_drafts.move(
            task_id=task_id,
            by=doors.person(request),
            lang=lang,
            fields=_typed(request),
            add_language=add,
            now=now,
            rules=rules,
            rng=RNG,
        )
    except DomainError as refusal:
        form = answer_form(shown, rules=rules, data=request.POST)
        return task_page.as_it_is(request, shown, form, refusal)
    said = _("Your text came along. This task asks for a prompt in %(language)s.")
    messages.success(request, said % {"language": LANGUAGES[lang].name})
    return redirect("task", moved.pk)


@doors.taking_part
@require_POST
def give_back(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """Give a task back with a text in it, which is kept."""
    saved_drafts.give_back(
        task_id=task_id,
        by=doors.person(request),
        fields=_typed(request),
        now=timezone.now(),
        rules=rulebook.in_force(),
        rng=RNG,
    )
    messages.success(request, _("Given back. What you had typed is among your texts never sent."))
    return redirect("drafts")


@dataclass(frozen=True)
class Unsent:
    """A text that was never sent."""

    draft: SavedDraft
    title: str
    text: str
    about: Message | None
    """What it would have replied to, if that may still be read."""
    can_go_on: bool
    can_be_used: bool
    """For another prompt."""


@doors.signed_in
@require_safe
def drafts(request: HttpRequest) -> HttpResponse:
    """My texts that were never sent, newest first."""
    person = doors.person(request)
    found = saved_drafts.unsent(person)
    ids = [draft.message_id for draft in found if draft.message_id]
    readable = Message.objects.visible_to(person).in_bulk(ids)
    texts = [
        Unsent(
            draft=draft,
            title=str(KINDS[Kind(draft.kind)].title),
            text=saved_drafts.text_of(draft),
            about=readable.get(draft.message_id),
            can_go_on=saved_drafts.can_go_on(draft),
            can_be_used=draft.kind == Kind.INITIAL_PROMPT,
        )
        for draft in found
    ]
    return render(request, "writing/drafts.html", {"texts": texts, "days": saved_drafts.KEPT.days})


@doors.signed_in
@require_POST
def delete_draft(request: HttpRequest, draft_id: int) -> HttpResponse:
    """Throw a text away for good."""
    saved_drafts.delete(draft_id=draft_id, by=doors.person(request))
    messages.success(request, _("Deleted."))
    return redirect("drafts")


@doors.taking_part
@require_POST
def use_draft(request: HttpRequest, draft_id: int) -> HttpResponse:
    """Go on with a text that was never sent."""
    try:
        task = saved_drafts.use(
            draft_id=draft_id,
            by=doors.person(request),
            now=timezone.now(),
            rules=rulebook.in_force(),
            rng=RNG,
        )
    except DomainError as refusal:
        messages.warning(request, str(refusal.sentence))
        return redirect("drafts")
    return redirect("task", task.pk)


@doors.taking_part
@require_http_methods(["GET", "HEAD", "POST"])
def correct(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """Change the text of my own message, for ten minutes and while nobody reviews it."""
    person, now, rules = doors.person(request), timezone.now(), rulebook.in_force()
    mine = Message.objects.filter(author=person, deleted=False).select_related("tree")
    message = get_object_or_404(mine, pk=message_id)
    ends = corrections.until(message, by=person, now=now)
    form = CorrectForm(request.POST if request.method == "POST" else None, message=message, rules=rules)
    context = {"message": message, "form": form, "ends": ends, "now": now, "keep_typing": True}
    if request.method != "POST":
        return render(request, "writing/correct.html", context, status=200 if ends else 409)
    if "preview" in request.POST or PART in request.headers:
        form.look(Hints())
        context["lang"] = message.lang
        return render(request, "writing/_preview.html" if PART in request.headers else "writing/correct.html", context)
    try:
        corrections.correct(
            message_id=message.pk,
            by=person,
            text=form.typed,
            now=now,
            rules=rules,
            pasted_share=form.pasted_share,
        )
    except DomainError as refusal:
        context["problem"] = refusal.sentence
        return render(request, "writing/correct.html", context, status=refusal.status)
    messages.success(request, _("Your message is corrected. Reviewers will see only the new text."))
    return redirect("message", message.pk)
