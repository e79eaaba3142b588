"""How it works: every rule of the trees, for everybody who is signed in to read and for administrators to change."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import User
from common.errors import DomainError
from moderation import proposals, rulemaking
from moderation.models import Proposed
from oasst_web.forms.rules import RulesForm
from oasst_web.pages import doors
from tasks import rulebook


@doors.signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def rules(request: HttpRequest) -> HttpResponse:
    """The rules in force. A change stores a new version; old ones are never edited."""
    person = doors.person(request)
    current = rulebook.in_force()
    if request.method != "POST":
        return _page(request, RulesForm(current=current))
    if not person.is_admin:
        raise PermissionDenied
    form = RulesForm(request.POST, current=current)
    if not form.is_valid():
        return _page(request, form, problem=_("Nothing was changed yet. Look at the marked places."), status=422)
    if form.cleaned_data["version"] != current.version:
        problem = _("Somebody changed the rules meanwhile. Compare your values with those in force, then save again.")
        return _page(request, form, problem=problem, status=409)
    if not form.changes:
        messages.info(request, _("Nothing was different, so nothing was changed."))
        return redirect("rules")
    try:
        return _propose(form, person) if "propose" in request.POST else _change(request, form, person)
    except DomainError as refusal:
        return _page(request, form, problem=str(refusal), status=refusal.status)


@doors.signed_in
@require_safe
def history(request: HttpRequest) -> HttpResponse:
    """What the rules were, when they changed and why; moderators see by whom."""
    return render(request, "rules/history.html", {"history": list(rulemaking.history())})


def _change(request: HttpRequest, form: RulesForm, person: User) -> HttpResponse:
    note = form.cleaned_data["note"]
    changed = rulemaking.put_in_force(changes=form.changes, by=person, note=note, now=timezone.now())
    messages.success(request, _("Version %(version)d of the rules is in force.") % {"version": changed.version})
    return redirect("rules")


def _propose(form: RulesForm, person: User) -> HttpResponse:
    """A job replays every stored decision under the changed rules; then somebody puts them in force, or does not."""
    made = proposals.propose(
        kind=Proposed.CHANGE_RULES,
        arguments=form.changes,
        by=person,
        why=form.cleaned_data["note"],
        now=timezone.now(),
    )
    return redirect("proposal", made.pk)


def _page(request: HttpRequest, form: RulesForm, *, problem: str = "", status: int = 200) -> HttpResponse:
    context = {
        "form": form,
        "problem": problem,
        "version": form.current.version,
        "only_proposed": proposals.needs_four_eyes(Proposed.CHANGE_RULES),
    }
    return render(request, "rules.html", context, status=status)
