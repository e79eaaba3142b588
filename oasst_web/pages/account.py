"""A person's own pages: what they told about themselves, what they allow, whether they get mail."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts import profiles
from accounts.models import Mail, User
from oasst_web import news_mail
from oasst_web.forms.account import ConsentForm, ProfileForm
from oasst_web.pages import doors, interface


@doors.signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """Name, boards, languages, topics, goal, mail: one form, kept as typed when something is wrong."""
    person = doors.person(request)
    form = ProfileForm(request.POST if request.method == "POST" else None, person=person, profile=profiles.of(person))
    if not form.is_valid():
        return render(request, "account/profile.html", {"form": form}, status=422 if form.is_bound else 200)
    told = dict(form.cleaned_data)
    name, shown = told.pop("display_name"), told.pop("show_on_leaderboard")
    profiles.introduce(person=person, display_name=name, show_on_leaderboard=shown)
    profiles.change(person=person, now=timezone.now(), **told)
    response = redirect("account")
    if told["interface_lang"]:
        interface.remember(response, told["interface_lang"], secure=request.is_secure())
    elif "interface_lang" in form.changed_data:
        response.delete_cookie(settings.LANGUAGE_COOKIE_NAME, samesite="Lax")
    # Said in the language of the page that will show it.
    with override(told["interface_lang"] or get_language()):
        messages.success(request, _("Saved."))
    return response


@doors.signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def consent(request: HttpRequest) -> HttpResponse:
    """What contributions may be used for, since when, and what that means for what is published."""
    person = doors.person(request)
    told = profiles.of(person)
    form = ConsentForm(request.POST or None, initial={"consent": told.consent})
    if form.is_valid():
        profiles.change(person=person, now=timezone.now(), consent=form.cleaned_data["consent"])
        messages.success(request, _("Saved. It holds from now on."))
        return redirect("account_consent")
    context = {"form": form, "since": told.consent_changed_at or person.terms_accepted_at}
    return render(request, "account/consent.html", context, status=422 if form.is_bound else 200)


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def mail_off(request: HttpRequest, token: str) -> HttpResponse:
    """No more news by mail, for whoever has the link from one. Mail programs post here by themselves, without cookies
    (RFC 8058); opening the page changes nothing, for programs that look into mails open every link."""
    try:
        person = get_object_or_404(User, pk=news_mail.person_of(token))
    except signing.BadSignature as forged:
        raise Http404 from forged
    if request.method == "POST":
        profiles.change(person=person, now=timezone.now(), mail=Mail.NEVER)
    off = profiles.of(person).mail == Mail.NEVER
    return render(request, "account/mail_off.html", {"off": off})
