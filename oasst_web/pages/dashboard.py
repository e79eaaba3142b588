"""Where a signed-in person starts: what there is to do, what they hold, and their language."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from common.languages import LANGUAGES
from oasst_web.pages import doors, numbers
from tasks import assignment, rulebook
from tasks.kinds import KINDS, Kind, KindRow
from tasks.models import Task


@dataclass(frozen=True)
class Card:
    """One kind of work with how much of it there is."""

    kind: Kind
    row: KindRow
    count: int


@dataclass(frozen=True)
class Held:
    """A task in the person's hands."""

    task: Task
    row: KindRow


def _cards(person: User) -> list[Card]:
    there = assignment.available(person=person, lang=person.lang, rules=rulebook.in_force())
    return [Card(kind, KINDS[kind], count) for kind, count in there.items() if count > 0]


def _held(person: User) -> list[Held]:
    tasks = Task.objects.held_by(person).select_related("message").order_by("expires_at")[:20]
    return [Held(task, KINDS[Kind(task.kind)]) for task in tasks]


def page(request: HttpRequest, *, problem: str | Promise = "", status: int = 200) -> HttpResponse:
    """The dashboard; also where a claim lands that was refused, with the reason on top."""
    person = doors.person(request)
    context = {
        "cards": _cards(person),
        "held": _held(person),
        "numbers": numbers.of(person),
        "problem": problem,
    }
    return render(request, "dashboard.html", context, status=status)


@doors.taking_part
@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    """The dashboard."""
    return page(request)


@doors.taking_part
@require_safe
def available(request: HttpRequest) -> HttpResponse:
    """Only the cards, for the page to refresh itself."""
    return render(request, "_available.html", {"cards": _cards(doors.person(request))})


@doors.signed_in
@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """Remember the language this person works in."""
    chosen = request.POST.get("lang", "")
    if chosen in LANGUAGES:
        User.objects.filter(pk=doors.person(request).pk).update(lang=chosen)
    return redirect(doors.safe_next(request, reverse("dashboard")))


@require_POST
def choose_theme(request: HttpRequest) -> HttpResponse:
    """Remember light or dark in a cookie, so that the server can draw the page right at once."""
    response = redirect(doors.safe_next(request, reverse("home")))
    theme = request.POST.get("theme", "")
    if theme in ("light", "dark"):
        response.set_cookie("theme", theme, max_age=365 * 24 * 3600, samesite="Lax", secure=request.is_secure())
    else:
        response.delete_cookie("theme", samesite="Lax")
    return response
