"""Pages for what went wrong: each says what happened, that the text is safe, and how to go on."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseServerError
from django.shortcuts import redirect, render
from django.template import loader
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _

from accounts.access import TermsNotAccepted, UserDisabled
from common.errors import DomainError
from oasst_web.pages import kept
from tasks.refusals import NotYours, TaskGone, TreeEnded


def refused(request: HttpRequest, refusal: DomainError) -> HttpResponse:
    """The page for a refusal of a use case, with its status and sentence and whatever was typed."""
    typed = kept.of(request)
    if isinstance(refusal, TermsNotAccepted) and not typed.texts:
        target = request.get_full_path() if request.method == "GET" else reverse("dashboard")
        return redirect(f"{reverse('terms')}?{urlencode({'next': target})}")
    template = "errors/banned.html" if isinstance(refusal, UserDisabled) else "errors/refused.html"
    context = {
        "title": _title(refusal),
        "sentence": refusal.sentence,
        "kept": typed,
        "terms_missing": isinstance(refusal, TermsNotAccepted),
        "status": refusal.status,
    }
    response = render(request, template, context, status=refusal.status)
    if refusal.retry_after is not None:
        response["Retry-After"] = str(refusal.retry_after)
    return response


def _title(refusal: DomainError) -> str:
    if isinstance(refusal, TaskGone | TreeEnded):
        return _("This task is gone")
    if isinstance(refusal, NotYours):
        return _("This task is not yours")
    if refusal.status == 404:
        return _("There is nothing here")
    if refusal.status == 429:
        return _("That was a little fast")
    return _("That did not work")


def session_ended(request: HttpRequest) -> HttpResponse:
    """Somebody sent an answer after their session had ended: give it back, with a way to sign in beside it."""
    context = {"kept": kept.of(request), "path": request.get_full_path(), "back": _page_of(request)}
    return render(request, "errors/session_ended.html", context, status=401)


def _page_of(request: HttpRequest) -> str:
    """Where to be after signing in: the task that was answered, else the dashboard."""
    match = request.resolver_match
    return request.path if match is not None and match.url_name == "task" else reverse("dashboard")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form was too old, or came from another site. It is not sent again by one click: that would undo the check."""
    return render(request, "errors/csrf.html", {"kept": kept.of(request), "again": _came_from(request)}, status=403)


def _came_from(request: HttpRequest) -> str:
    """The page with the form; many forms are sent to an address that has none."""
    page = request.headers.get("Referer", "")
    here = url_has_allowed_host_and_scheme(page, {request.get_host()}, require_https=request.is_secure())
    return page if here else request.path


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "errors/400.html", {"kept": kept.of(request)}, status=400)


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "errors/403.html", {"kept": kept.of(request)}, status=403)


def passkey_needed(request: HttpRequest) -> HttpResponse:
    """Moderators sign in with a passkey here; what they typed is given back."""
    return render(request, "errors/passkey.html", {"kept": kept.of(request)}, status=403)


def not_fresh(request: HttpRequest) -> HttpResponse:
    """They signed in long ago, and want to change how one signs in; what they typed is given back."""
    back = f"{reverse('account_request_login_code')}?{urlencode({'next': _came_from(request)})}"
    return render(request, "errors/not_fresh.html", {"kept": kept.of(request), "back": back}, status=403)


def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "errors/404.html", {"kept": kept.of(request)}, status=404)


def too_many_requests(request: HttpRequest) -> HttpResponse:
    """More came from one person or one network than allauth allows, as when somebody tries out codes."""
    page = _plain("429.html", request)
    return HttpResponse(page, status=429, headers={"Retry-After": "60"})


def server_error(request: HttpRequest) -> HttpResponse:
    return HttpResponseServerError(_plain("errors/500.html", request))


def closed(request: HttpRequest, *, note: str, seconds: int) -> HttpResponse:
    """The site is being worked on. `note` is what the operator has to say about it, if anything."""
    page = _plain("errors/maintenance.html", request, note=note, minutes=-(-seconds // 60))
    return HttpResponse(page, status=503, headers={"Retry-After": str(seconds), "Cache-Control": "no-store"})


def _plain(template: str, request: HttpRequest, **context: object) -> str:
    """A page made without context processors: the database may be what failed. The theme is in a cookie."""
    theme = request.COOKIES.get(settings.THEME_COOKIE_NAME, "")
    context |= {
        "theme": theme if theme in ("light", "dark") else "",
        # What was posted to may have nothing to show.
        "again": request.get_full_path() if request.method in ("GET", "HEAD") else "/",
        "kept": kept.of(request),
    }
    return loader.get_template(template).render(context)
