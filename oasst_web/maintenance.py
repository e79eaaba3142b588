"""Closes the site while it is worked on: every page says so, programs get a problem they can read, probes go on.

Switched on by the environment variable MAINTENANCE when the processes start, or without touching them by a file, whose
text is then shown: `echo "New version, back at 18:00 UTC." > .local/maintenance`. Deleting it opens the site again.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.utils import translation
from django.utils.translation import gettext as _

from common.errors import ErrorCode
from oasst_web.pages import errors

#: Whoever watches the processes must not take a closed site for a dead one.
OPEN = ("/healthz", "/readyz")
FOR_PROGRAMS = ("/api/", "/_allauth/")

#: Seconds after which to ask again. Lower is felt sooner when the site opens, and asks more of a server that is busy.
RETRY_AFTER = 300

#: More of the operator's note than this is left out: it is a line on a page.
LONGEST_NOTE = 500

Answer = Callable[[HttpRequest], HttpResponseBase]


def maintenance(get_response: Answer) -> Answer:
    """The middleware. It stands before everything that asks the database, which may be what is worked on."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        note = None if request.path in OPEN else why_closed()
        if note is None:
            return get_response(request)
        # Nobody further in has chosen a language yet.
        with translation.override(translation.get_language_from_request(request)):
            if request.path.startswith(FOR_PROGRAMS):
                return _problem(note)
            return errors.closed(request, note=note, seconds=RETRY_AFTER)

    return answer


def why_closed() -> str | None:
    """What the operator says about it, perhaps nothing; None while the site is open."""
    try:
        return Path(settings.MAINTENANCE_FILE).read_text(encoding="utf-8", errors="replace")[:LONGEST_NOTE].strip()
    except OSError:
        return "" if settings.MAINTENANCE else None


def _problem(note: str) -> HttpResponseBase:
    """Read by both versions: problem details (RFC 9457), and the two names the published protocol has for them."""
    sentence = note or _("The site is being worked on. Try again in a few minutes.")
    problem = {
        "type": "about:blank",
        "title": _("Closed for maintenance"),
        "status": 503,
        "detail": sentence,
        "code": int(ErrorCode.GENERIC_ERROR),
        "error_code": int(ErrorCode.GENERIC_ERROR),
        "message": sentence,
    }
    headers = {"Retry-After": str(RETRY_AFTER), "Cache-Control": "no-store"}
    return JsonResponse(problem, status=503, content_type="application/problem+json", headers=headers)
