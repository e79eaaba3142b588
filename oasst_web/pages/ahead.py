"""The next task, claimed while a person still works on this one, so that it is there at once when they have sent.

Which one it is stays with the session. It goes back when they no longer want to go straight on, skip, or leave the
page; whoever closes the browser too fast for that finds it among the tasks they hold.
"""

from __future__ import annotations

from contextlib import suppress
from http import HTTPStatus
from random import SystemRandom
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.http import http_date
from django.views.decorators.http import require_POST

from common.errors import DomainError
from oasst_web.pages import doors, wishes
from tasks import assignment, rulebook
from tasks.kinds import Kind
from tasks.models import Task, TaskState

RNG = SystemRandom()

#: Session keys: whether the next task should come by itself, and the one that was claimed ahead.
STRAIGHT_ON = "straight_on"
AHEAD = "ahead"
#: A script fetches the page of the next task before its person sees it.
HEADER = "X-Ahead"
#: For so many seconds such a page is good enough: the time left on it is a little short, and nothing else changes.
FRESH = 300


def wanted(request: HttpRequest) -> bool:
    """Whether the person wants to go straight on."""
    return bool(request.session.get(STRAIGHT_ON, False))


def go_on(request: HttpRequest, straight_on: bool) -> None:
    """Remember whether they want to."""
    request.session[STRAIGHT_ON] = straight_on
    if not straight_on:
        give_back(request)


def next_task(request: HttpRequest, kind: Kind | None) -> UUID:
    """The task to do now: the one claimed ahead if it fits, else a new claim. Raises what `assignment.claim` raises."""
    person, now, rules = doors.person(request), timezone.now(), rulebook.in_force()
    waiting = _waiting(request)
    request.session.pop(AHEAD, None)
    if waiting is not None:
        fits = kind in (None, waiting.kind) and waiting.lang == person.lang
        if fits and assignment.begin(task_id=waiting.pk, by=person, now=now, rules=rules):
            return waiting.pk
        _release(request, waiting.pk)
    return _claim(request, kind).pk


def next_like(request: HttpRequest, kind: Kind) -> UUID | None:
    """Another task of the same kind, for people who go straight on; None when they may not have one now."""
    try:
        return next_task(request, kind)
    except DomainError:
        return None


def _claim(request: HttpRequest, kind: Kind | None) -> Task:
    person = doors.person(request)
    return assignment.claim(
        person=person,
        lang=person.lang,
        kind=kind,
        now=timezone.now(),
        rules=rulebook.in_force(),
        rng=RNG,
        wish=wishes.of(request),
    )


def seen(request: HttpRequest, task_id: UUID) -> None:
    """The person looks at it, so it is no longer ahead, and leaving another page does not give it back."""
    if request.session.get(AHEAD) == str(task_id) and HEADER not in request.headers:
        del request.session[AHEAD]


def give_back(request: HttpRequest) -> None:
    """Nobody waits for it any more."""
    waiting = _waiting(request)
    request.session.pop(AHEAD, None)
    if waiting is not None:
        _release(request, waiting.pk)


def _release(request: HttpRequest, task_id: UUID) -> None:
    with suppress(DomainError):  # Taken away meanwhile: that is what was wanted.
        assignment.release(
            task_id=task_id, by=doors.person(request), now=timezone.now(), rules=rulebook.in_force(), rng=RNG
        )


def _waiting(request: HttpRequest) -> Task | None:
    """The task claimed ahead, if the person still holds it."""
    pk = request.session.get(AHEAD)
    if not pk:
        return None
    held: Task | None = Task.objects.held_by(doors.person(request)).filter(pk=pk).first()
    return held


@doors.taking_part
@require_POST
def claim_ahead(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """Claim the next task of this one's kind ahead, and answer where it is; with `stop`, give it back.

    Nothing is answered where there is none, or none may be had: that is seen when it is really wanted.
    """
    if "stop" in request.POST:
        give_back(request)
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    person = doors.person(request)
    held = assignment.held_task(task_id=task_id, by=person)
    if held.state != TaskState.CLAIMED or held.claimed_by_id != person.pk:
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    request.session[STRAIGHT_ON] = True
    waiting = _waiting(request)
    if waiting is None or waiting.pk == task_id or (waiting.kind, waiting.lang) != (held.kind, person.lang):
        try:
            waiting = _claim(request, Kind(held.kind))
        except DomainError:
            return HttpResponse(status=HTTPStatus.NO_CONTENT)
        request.session[AHEAD] = str(waiting.pk)
    return JsonResponse({"next": reverse("task", args=[waiting.pk])})


def keep(response: HttpResponse) -> None:
    """Let the browser show this page from its own memory for a while, to this person only.

    An answer sent to the address makes it forget the page, as HTTP says (RFC 9111, 4.4).
    """
    response["Cache-Control"] = f"private, max-age={FRESH}"
    response["Expires"] = http_date(timezone.now().timestamp() + FRESH)
    patch_vary_headers(response, ["Cookie"])
