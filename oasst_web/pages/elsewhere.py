"""Signing in with an account of another site: off to it, and back from it."""

from __future__ import annotations

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.providers.base import AuthProcess
from allauth.socialaccount.providers.discord import views as discord
from allauth.socialaccount.providers.github import views as github
from allauth.socialaccount.providers.google import views as google
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from oasst_web import sessions, sign_in
from oasst_web.pages import doors, errors

_BACK = {"google": google.oauth2_callback, "discord": discord.oauth2_callback, "github": github.oauth2_callback}


@require_POST
def go(request: HttpRequest, site: str) -> HttpResponse:
    """Off to the other site. Who is signed in links the account; who is not signs in with it. Only by POST: no link
    elsewhere can sign anybody in, or link an account to theirs."""
    if site not in sign_in.offered():
        raise Http404
    if request.user.is_authenticated and not sessions.fresh(request):
        return errors.not_fresh(request)
    process = AuthProcess.CONNECT if request.user.is_authenticated else AuthProcess.LOGIN
    provider = get_adapter(request).get_provider(request, site)
    response: HttpResponse = provider.redirect(request, process=process, next_url=doors.safe_next(request, "") or None)
    return response


@never_cache
@require_safe
def back(request: HttpRequest, site: str) -> HttpResponse:
    """From the other site, with a code that tells us who it is. allauth asks it, then `sign_in.LinkAdapter`."""
    if site not in sign_in.offered():
        raise Http404
    response: HttpResponse = _BACK[site](request)
    return response
