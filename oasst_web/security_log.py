"""What happened at the doors: who came in, who was turned away, what was refused. Lines of the log, never secrets.

What moderators do is in the database, where nobody can change it: `moderation.log`.
"""

from __future__ import annotations

import logging

from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from accounts.models import User

#: Whatever watches the log follows this name.
log = logging.getLogger("oasst.security")

#: Statuses that somebody at the doors should know of.
REFUSALS = (401, 403, 429)


def note(event: str, request: HttpRequest | None = None, *, level: int = logging.WARNING, **facts: object) -> None:
    """One event. `facts` must hold no secret, no address and no text of anybody: names of rows, kinds, counts."""
    if request is not None:
        # What was asked, without what stood in the address: tokens and searches are in there.
        match = request.resolver_match
        facts.setdefault("route", match.route if match is not None else "")
        facts.setdefault("method", request.method or "")
        user = getattr(request, "user", None)
        if isinstance(user, User):
            facts.setdefault("person", user.pk)
    log.log(level, "%s %s", event, " ".join(f"{name}={value!s}" for name, value in facts.items()))


def refused(request: HttpRequest, response: HttpResponseBase) -> None:
    """Note an answer that says no to somebody at the doors."""
    if response.status_code in REFUSALS:
        note("refused", request, status=response.status_code)


def _came_in(sender: object, request: HttpRequest | None, user: User, **_rest: object) -> None:
    note("signed_in", request, level=logging.INFO, person=user.pk)


def _went_out(sender: object, request: HttpRequest | None, user: User | None, **_rest: object) -> None:
    if user is not None:
        note("signed_out", request, level=logging.INFO, person=user.pk)


def listen() -> None:
    """Called once, when the site starts."""
    user_logged_in.connect(_came_in, dispatch_uid="security_log")
    user_logged_out.connect(_went_out, dispatch_uid="security_log")
