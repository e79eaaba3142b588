"""Who may come in. Every page but the public ones stands behind one of these doors."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, cast

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django_htmx.http import HttpResponseClientRefresh

from accounts import access
from accounts.models import User
from common.errors import DomainError
from oasst_web import limits, sessions
from oasst_web.pages import errors

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def person(request: HttpRequest) -> User:
    """Who is signed in; for views behind a door."""
    return cast(User, request.user)


def signed_in(view: View[P]) -> View[P]:
    """Anonymous people go to the sign-in page and come back; what they posted is given back to them.

    A refusal that the view itself does not answer becomes its page here.
    """

    @never_cache
    @wraps(view)
    def door(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not request.user.is_authenticated:
            if request.headers.get("HX-Request"):
                # htmx would put the sign-in page into a corner of this one, or drop the answer in silence.
                return HttpResponseClientRefresh()
            if request.method == "POST":
                return errors.session_ended(request)
            return redirect_to_login(request.get_full_path())
        try:
            return view(request, *args, **kwargs)
        except DomainError as refusal:
            return errors.refused(request, refusal)

    return cast("View[P]", door)


def taking_part(view: View[P]) -> View[P]:
    """Signed in, terms accepted, not banned."""

    @wraps(view)
    def door(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        access.check_may_take_part(person(request))
        return view(request, *args, **kwargs)

    return signed_in(cast("View[P]", door))


def moderating(view: View[P]) -> View[P]:
    """Signed in, and a moderator or administrator."""
    return _only(lambda who: who.is_moderator, view)


def administrating(view: View[P]) -> View[P]:
    """Signed in, and an administrator."""
    return _only(lambda who: who.is_admin, view)


def _only(may: Callable[[User], bool], view: View[P]) -> View[P]:
    @wraps(view)
    def door(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not may(person(request)):
            raise PermissionDenied
        if not sessions.strong_enough(request, person(request)):
            return errors.passkey_needed(request)
        return view(request, *args, **kwargs)

    return signed_in(cast("View[P]", door))


def lately(view: View[P]) -> View[P]:
    """Who sends something here must have signed in lately: whoever picks up an unlocked phone must not get to keep the
    account. For views behind a door; reading is free."""

    @wraps(view)
    def door(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if request.method == "POST" and not sessions.fresh(request):
            return errors.not_fresh(request)
        return view(request, *args, **kwargs)

    return cast("View[P]", door)


def limited(what: str) -> Callable[[View[P]], View[P]]:
    """What a person sends here is counted, and refused when it comes too often to be typed or clicked. For views behind
    a door; reading is free."""

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def counted(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if request.method == "POST":
                limits.count_page(person(request), what, timezone.now())
            return view(request, *args, **kwargs)

        return cast("View[P]", counted)

    return decorate


def safe_next(request: HttpRequest, otherwise: str) -> str:
    """The `next` of the request when it stays on this site. A word without a slash is no address: it would be taken for
    the name of a page."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    hosts = {request.get_host()}
    if "/" in target and url_has_allowed_host_and_scheme(
        target, allowed_hosts=hosts, require_https=request.is_secure()
    ):
        return target
    return otherwise
