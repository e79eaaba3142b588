"""Releases for administrators: asking for one, signing it off, taking it back."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from common.errors import DomainError
from exports.releases import asking, signing
from oasst_web import withdrawals
from oasst_web.forms.releases import AskForm, RecallForm
from oasst_web.pages import doors
from oasst_web.pages.releases import find, page


@doors.administrating
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """What it is to be made of; then a job builds it."""
    form = AskForm(request.POST or None, request.FILES or None)
    if not form.is_valid():
        return render(request, "releases/ask.html", {"form": form}, status=422 if form.is_bound else 200)
    try:
        release = asking.ask(
            name=form.cleaned_data["name"],
            config=form.cleaned_data["config"],
            benchmarks=form.texts,
            by=doors.person(request),
            now=timezone.now(),
        )
    except DomainError as refusal:
        form.add_error("name", str(refusal.sentence))
        return render(request, "releases/ask.html", {"form": form}, status=refusal.status)
    return redirect("release_page", release.name)


@doors.administrating
@require_POST
@doors.lately
def sign_off(request: HttpRequest, name: str) -> HttpResponse:
    """I stand for these files: those whose digest the form names."""
    digest = request.POST.get("manifest", "")
    release = signing.sign_off(
        name=name,
        manifest_digest=digest,
        by=doors.person(request),
        now=timezone.now(),
        moderation=withdrawals.KNOWN,
    )
    if release.published:
        messages.success(request, _("This release is published. It never changes from now on."))
    else:
        messages.success(request, _("You signed it off. Somebody else has to do it, too."))
    return redirect("release_page", name)


@doors.administrating
@require_POST
@doors.lately
def recall(request: HttpRequest, name: str) -> HttpResponse:
    """Its files are given out no more."""
    form = RecallForm(request.POST)
    if not form.is_valid():
        return page(request, find(request, name), form=form, status=422)
    signing.recall(name=name, why=form.cleaned_data["why"], by=doors.person(request), now=timezone.now())
    messages.success(request, _("This release was taken back."))
    return redirect("release_page", name)
