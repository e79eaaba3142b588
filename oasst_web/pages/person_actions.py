"""What moderators do to a person from their page: each is one form, one use case, and back to the page."""

from __future__ import annotations

from collections.abc import Callable
from random import SystemRandom
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import Role, User
from moderation import dossier, merging, notes, people, sanctions
from moderation.dossier import Sought
from moderation.people import Changes
from oasst_web.forms import people as forms
from oasst_web.pages import doors
from oasst_web.pages.moderated_people import find, page
from tasks import rulebook

#: Accounts to choose from when one is looked for to merge into.
TO_CHOOSE_FROM = 10


def _moved() -> dict[str, Any]:
    """What everything needs that may change trees."""
    return {"now": timezone.now(), "rules": rulebook.in_force(), "rng": SystemRandom()}


def _done(request: HttpRequest, person_id: UUID, sentence: str) -> HttpResponse:
    messages.success(request, sentence)
    return redirect("moderated_person", person_id)


def _act(request: HttpRequest, person_id: UUID, form: Any, deed: Callable[..., object], done: str) -> HttpResponse:
    """Do it, with what the form says; or show the page with the form as it was filled in."""
    if not form.is_valid():
        return page(request, person_id, wrong=form)
    deed(person_id=person_id, by=doors.person(request))
    return _done(request, person_id, done)


def _because(form: forms.GroundsForm) -> dict[str, Any]:
    return {"why": form.why_text, "grounds": form.grounds}


@doors.moderating
@require_POST
def warn(request: HttpRequest, person_id: UUID) -> HttpResponse:
    form = forms.WarnForm(request.POST)

    def deed(**whom: Any) -> None:
        sanctions.warn(now=timezone.now(), **_because(form), **whom)

    return _act(request, person_id, form, deed, _("They read your warning among their news."))


@doors.moderating
@require_POST
def suspend(request: HttpRequest, person_id: UUID) -> HttpResponse:
    form = forms.SuspendForm(request.POST)

    def deed(**whom: Any) -> None:
        given = _moved()
        sanctions.suspend(until=form.ends(given["now"]), **_because(form), **given, **whom)

    done = _("They are suspended. What they had in hand went back to everybody.")
    return _act(request, person_id, form, deed, done)


@doors.moderating
@require_POST
def ban(request: HttpRequest, person_id: UUID) -> HttpResponse:
    form = forms.BanForm(request.POST)

    def deed(**whom: Any) -> None:
        sanctions.ban_person(**_because(form), **_moved(), **whom)

    return _act(request, person_id, form, deed, _("They are banned, and their ways to sign in are closed."))


@doors.moderating
@require_POST
def unban(request: HttpRequest, person_id: UUID) -> HttpResponse:
    form = forms.UnbanForm(request.POST)

    def deed(**whom: Any) -> None:
        sanctions.unban_person(now=timezone.now(), **_because(form), **whom)

    return _act(request, person_id, form, deed, _("They may take part again."))


@doors.moderating
@require_POST
def note(request: HttpRequest, person_id: UUID) -> HttpResponse:
    form = forms.NoteForm(request.POST)

    def deed(**whom: Any) -> None:
        notes.note(text=form.cleaned_data["text"], now=timezone.now(), **whom)

    return _act(request, person_id, form, deed, _("Your note is kept."))


@doors.moderating
@require_POST
def rename(request: HttpRequest, person_id: UUID) -> HttpResponse:
    form = forms.NameForm(request.POST)

    def deed(**whom: Any) -> None:
        changes = Changes(display_name=form.cleaned_data["display_name"])
        people.edit(changes=changes, why=form.cleaned_data["why"], **_moved(), **whom)

    return _act(request, person_id, form, deed, _("Everybody sees the new name from now on."))


@doors.moderating
@require_POST
def role(request: HttpRequest, person_id: UUID) -> HttpResponse:
    form = forms.RoleForm(request.POST)

    def deed(**whom: Any) -> None:
        said = form.cleaned_data
        sanctions.set_role(role=Role(said["role"]), why=said["why"], now=timezone.now(), **whom)

    return _act(request, person_id, form, deed, _("The role is changed."))


@doors.moderating
@require_POST
def sign_out(request: HttpRequest, person_id: UUID) -> HttpResponse:
    form = forms.SignOutForm(request.POST)

    def deed(**whom: Any) -> None:
        sanctions.end_sessions(why=form.cleaned_data["why"], now=timezone.now(), **whom)

    return _act(request, person_id, form, deed, _("They are signed out everywhere."))


@doors.moderating
@require_http_methods(["GET", "HEAD", "POST"])
def merge(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Choose the account that stays, read what moves there, then confirm."""
    moderator = doors.person(request)
    person = find(person_id)
    context: dict[str, Any] = {"person": person}
    if request.method == "POST":
        form = forms.MergeForm(request.POST)
        if form.is_valid():
            into_id, why = form.cleaned_data["into"], form.cleaned_data["why"]
            merging.merge_people(into_id=into_id, source_ids=[person_id], by=moderator, why=why, **_moved())
            return _done(request, into_id, _("The accounts are one now."))
        chosen = form.cleaned_data.get("into")
    else:
        form = forms.MergeForm()
        chosen = dossier.as_id(request.GET.get("into", ""))
    words = request.GET.get("q", "").strip()
    if chosen is not None:
        into = find(chosen)
        moves = merging.preview(into_id=into.pk, source_id=person.pk, by=moderator)
        if not form.is_bound:
            form = forms.MergeForm(initial={"into": into.pk})
        context |= {"into": into, "moves": moves, "form": form}
    elif words:
        found = dossier.search(Sought(words=words), by=moderator).exclude(pk=person.pk)
        context["found"] = _to_choose(found[:TO_CHOOSE_FROM])
    status = 422 if form.is_bound else 200
    return render(request, "moderation/merge.html", {**context, "words": words}, status=status)


def _to_choose(found: Any) -> list[tuple[User, dossier.Figures]]:
    rows = list(found)
    figures = dossier.figures_of(rows)
    return [(row, figures[row.pk]) for row in rows]
