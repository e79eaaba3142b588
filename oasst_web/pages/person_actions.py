"""What moderators do to a person from their page: each is one form, one use case, and back to the page."""

from __future__ import annotations

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


@doors.moderating
@require_POST
def warn(request: HttpRequest, person_id: UUID) -> HttpResponse:
    form = forms.WarnForm(request.POST)
    if not form.is_valid():
        return page(request, person_id, wrong=form)
    sanctions.warn(
        person_id=person_id, by=doors.person(request), why=form.why_text, now=timezone.now(), grounds=form.grounds
    )
    return _done(request, person_id, _("They read your warning among their news."))


@doors.moderating
@require_POST
def suspend(request: HttpRequest, person_id: UUID) -> HttpResponse:
    form = forms.SuspendForm(request.POST)
    if not form.is_valid():
        return page(request, person_id, wrong=form)
    given = _moved()
    sanctions.suspend(
        person_id=person_id,
        until=form.ends(given["now"]),
        by=doors.person(request),
        why=form.why_text,
        grounds=form.grounds,
        **given,
    )
    return _done(request, person_id, _("They are suspended. What they had in hand went back to everybody."))


@doors.moderating
@require_POST
def ban(request: HttpRequest, person_id: UUID) -> HttpResponse:
    form = forms.BanForm(request.POST)
    if not form.is_valid():
        return page(request, person_id, wrong=form)
    sanctions.ban_person(
        person_id=person_id, by=doors.person(request), why=form.why_text, grounds=form.grounds, **_moved()
    )
    return _done(request, person_id, _("They are banned, and their ways to sign in are closed."))


@doors.moderating
@require_POST
def unban(request: HttpRequest, person_id: UUID) -> HttpResponse:
    form = forms.UnbanForm(request.POST)
    if not form.is_valid():
        return page(request, person_id, wrong=form)
    sanctions.unban_person(
        person_id=person_id, by=doors.person(request), why=form.why_text, now=timezone.now(), grounds=form.grounds
    )
    return _done(request, person_id, _("They may take part again."))


@doors.moderating
@require_POST
def note(request: HttpRequest, person_id: UUID) -> HttpResponse:
    form = forms.NoteForm(request.POST)
    if not form.is_valid():
        return page(request, person_id, wrong=form)
    notes.note(person_id=person_id, text=form.cleaned_data["text"], by=doors.person(request), now=timezone.now())
    return _done(request, person_id, _("Your note is kept."))


@doors.moderating
@require_POST
def rename(request: HttpRequest, person_id: UUID) -> HttpResponse:
    form = forms.NameForm(request.POST)
    if not form.is_valid():
        return page(request, person_id, wrong=form)
    changes = Changes(display_name=form.cleaned_data["display_name"])
    why = form.cleaned_data["why"]
    people.edit(person_id=person_id, changes=changes, by=doors.person(request), why=why, **_moved())
    return _done(request, person_id, _("Everybody sees the new name from now on."))


@doors.moderating
@require_POST
def role(request: HttpRequest, person_id: UUID) -> HttpResponse:
    form = forms.RoleForm(request.POST)
    if not form.is_valid():
        return page(request, person_id, wrong=form)
    sanctions.set_role(
        person_id=person_id,
        role=Role(form.cleaned_data["role"]),
        by=doors.person(request),
        why=form.cleaned_data["why"],
        now=timezone.now(),
    )
    return _done(request, person_id, _("The role is changed."))


@doors.moderating
@require_POST
def sign_out(request: HttpRequest, person_id: UUID) -> HttpResponse:
    form = forms.SignOutForm(request.POST)
    if not form.is_valid():
        return page(request, person_id, wrong=form)
    why = form.cleaned_data["why"]
    sanctions.end_sessions(person_id=person_id, by=doors.person(request), why=why, now=timezone.now())
    return _done(request, person_id, _("They are signed out everywhere."))


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
