"""Coming in and going out: the landing page, sign-in by code, terms, and the demo people."""

from __future__ import annotations

from allauth.account import views as allauth_views
from django.conf import settings
from django.contrib import auth, messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import access, profiles
from accounts.models import User
from moderation import explaining
from oasst_web import sign_in
from oasst_web.demo import people
from oasst_web.pages import doors
from stats import goals, public

#: Of the languages' goals of the week, so many that are nearest are shown to visitors.
GOALS_SHOWN = 3


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What this is, for people who are not signed in."""
    if request.user.is_authenticated:
        return redirect("dashboard")
    context = {
        "demo_people": _demo_people(),
        "glance": public.at_a_glance(),
        "goals": goals.of_week(timezone.now())[:GOALS_SHOWN],
    }
    return render(request, "home.html", context)


class _RequestCode(allauth_views.RequestLoginCodeView):
    """allauth's page, but a mistyped address can be corrected while a code is on its way."""

    template_name = "account/request_login_code.html"

    def _redirect_to_pending_stage(self, request: HttpRequest, stage: object) -> HttpResponseRedirect | None:
        return None

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        offered = [(site, row.name) for site, row in sign_in.offered().items()]
        return {**super().get_context_data(**kwargs), "demo_people": _demo_people(), "offered": offered}


request_code = _RequestCode.as_view()


@never_cache
def confirm_code(request: HttpRequest) -> HttpResponse:
    """Type the code. When allauth sends the person back to the start, say why and keep where they wanted to go."""
    response: HttpResponse = allauth_views.confirm_login_code(request)
    start = reverse("account_request_login_code")
    if isinstance(response, HttpResponseRedirect) and response.url == start:
        # After too many attempts allauth has said so; when the code ran out it says nothing.
        if not getattr(messages.get_messages(request), "added_new", False):
            messages.error(request, _("That code has expired or was used already. Ask for a new one."))
        target = doors.safe_next(request, "")
        return redirect(f"{start}?{urlencode({'next': target})}" if target else start)
    return response


@never_cache
@require_safe
def inactive(request: HttpRequest) -> HttpResponse:
    """For an account that was closed or banned: why, and whom to write to. Why is told to whoever has just proved that
    it is theirs."""
    person = sign_in.turned_away(request)
    notice = explaining.of_standing(person, now=timezone.now()) if person is not None else None
    banned = person is not None and person.is_banned
    context = {"banned": banned, "notice": notice, "another": notice is not None and not banned}
    return render(request, "account/account_inactive.html", context, status=403)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """Only by POST: no link and no picture can sign anybody out."""
    auth.logout(request)
    messages.success(request, _("You are signed out."))
    return redirect(doors.safe_next(request, reverse("home")))


def _demo_people() -> list[User]:
    return people.all_of_them() if settings.DEMO else []


@require_POST
def demo_sign_in(request: HttpRequest) -> HttpResponse:
    """Become one of the demo people with one click. Where there is no demo, there is no such page."""
    if not settings.DEMO:
        raise Http404
    email = request.POST.get("email", "")
    # Looked for here first: not everything that can be posted can be asked of the database.
    if email not in people.EMAILS:
        raise Http404
    person = get_object_or_404(User, email=email)
    if not person.is_active:
        return sign_in.turn_away(request, person)
    auth.login(request, person, backend=settings.AUTHENTICATION_BACKENDS[0])
    response = redirect(doors.safe_next(request, reverse("dashboard")))
    sign_in.speak_to(person, response, request)
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def terms(request: HttpRequest) -> HttpResponse:
    """For everybody to read. Whoever accepts them goes on to where they wanted to be."""
    if request.method == "POST":
        return accept_terms(request)
    accepted = request.user.is_authenticated and (request.user.terms_version or 0) >= access.TERMS_VERSION
    context = {"next": doors.safe_next(request, reverse("home")), "accepted": accepted}
    return render(request, "terms.html", context)


@doors.signed_in
def accept_terms(request: HttpRequest) -> HttpResponse:
    person = doors.person(request)
    access.accept_terms(person=person, now=timezone.now())
    target = doors.safe_next(request, reverse("dashboard"))
    # Who came for something gets it; who only came gets to know the place first.
    if target == reverse("dashboard") and profiles.of(person).welcomed_at is None:
        return redirect("welcome")
    return redirect(target)
