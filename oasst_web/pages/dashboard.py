"""Where a signed-in person starts: what there is to do, what they hold, how far they came, and their language."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.views.decorators.http import require_POST, require_safe

from accounts import access, profiles
from accounts.models import Status, User
from common.languages import LANGUAGES
from oasst_web.pages import contributions, doors, removed, wishes
from oasst_web.pages.contributions import Mine
from stats import goals, progress
from tasks import assignment, rulebook, saved_drafts
from tasks.assignment import Want
from tasks.kinds import KINDS, Kind, KindRow
from tasks.models import Message, Task, TaskState
from tasks.wishes import Wish

#: So many of the newest messages are shown with what became of them.
LATELY = 3


@dataclass(frozen=True)
class Card:
    """One kind of work with how much of it there is."""

    want: Want
    row: KindRow


@dataclass(frozen=True)
class Held:
    """A task in the person's hands."""

    task: Task
    row: KindRow


def _cards(person: User, wish: Wish) -> list[Card]:
    """What is wanted most comes first; see `assignment.most_wanted` for what that means."""
    wanted = assignment.most_wanted(person=person, lang=person.lang, rules=rulebook.in_force(), wish=wish)
    return [Card(want, KINDS[want.kind]) for want in wanted]


def _held(person: User) -> list[Held]:
    tasks = Task.objects.held_by(person).select_related("message").order_by("expires_at")[:20]
    return [Held(task, KINDS[Kind(task.kind)]) for task in tasks]


def _lately(person: User) -> list[Mine]:
    newest = Message.objects.filter(author=person).select_related("tree").order_by("-created_at", "-pk")
    return contributions.with_fates(list(newest[:LATELY]))


def _forgotten_drafts(person: User) -> int:
    """What they had typed for tasks that they no longer hold; the others are offered with their tasks."""
    held = (TaskState.CLAIMED, person.pk)
    tasks = [draft.task for draft in saved_drafts.unsent(person)]
    return sum(task is None or (task.state, task.claimed_by_id) != held for task in tasks)


def page(request: HttpRequest, *, problem: str | Promise = "", status: int = 200) -> HttpResponse:
    """The dashboard; also where a claim lands that was refused, with the reason on top."""
    person, now = doors.person(request), timezone.now()
    profile = profiles.of(person)
    choices = wishes.choices(request, profile)
    context = {
        "cards": _cards(person, choices.wish),
        "choices": choices,
        "wished": bool(choices.wish),
        "held": _held(person),
        "lately": _lately(person),
        "forgotten_drafts": _forgotten_drafts(person),
        "newcomer": profile.welcomed_at is None,
        "progress": progress.of(person, now),
        "goal": goals.of(person.lang, now),
        "problem": problem,
    }
    return render(request, "dashboard.html", context, status=status)


@doors.signed_in
@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    """The dashboard. With a wish in its address, that is kept, and the address is plain again. Who is suspended reads
    here until when and why."""
    person = doors.person(request)
    if person.status == Status.SUSPENDED:
        return removed.suspended(request)
    access.check_may_take_part(person)
    if "wish" in request.GET:
        wishes.remember(request)
        return redirect("dashboard")
    return page(request)


@doors.taking_part
@require_safe
def available(request: HttpRequest) -> HttpResponse:
    """Only the cards, for the page to refresh itself."""
    wish = wishes.of(request)
    return render(request, "_available.html", {"cards": _cards(doors.person(request), wish), "wished": bool(wish)})


@doors.signed_in
@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """Remember the language this person works in."""
    chosen = request.POST.get("lang", "")
    if chosen in LANGUAGES:
        profiles.work_in(person=doors.person(request), lang=chosen, now=timezone.now())
    return redirect(doors.safe_next(request, reverse("dashboard")))


@require_POST
def choose_theme(request: HttpRequest) -> HttpResponse:
    """Remember light or dark in a cookie, so that the server can draw the page right at once."""
    response = redirect(doors.safe_next(request, reverse("home")))
    theme = request.POST.get("theme", "")
    if theme in ("light", "dark"):
        response.set_cookie(
            settings.THEME_COOKIE_NAME, theme, max_age=365 * 24 * 3600, samesite="Lax", secure=request.is_secure()
        )
    else:
        response.delete_cookie(settings.THEME_COOKIE_NAME, samesite="Lax")
    return response
