"""What every answer says to the browser, and what is asked of every connection, beside what Django sees to itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.messages.storage.session import SessionStorage
from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from common.errors import ErrorCode
from oasst_web import security_log
from oasst_web.maintenance import FOR_PROGRAMS

#: What a page may ask a device for: a passkey, nothing else.
PERMISSIONS = ", ".join(
    [
        *(
            f"{feature}=()"
            for feature in (
                "accelerometer", "autoplay", "browsing-topics", "camera", "display-capture", "encrypted-media",
                "fullscreen", "geolocation", "gyroscope", "hid", "idle-detection", "magnetometer", "microphone", "midi",
                "payment", "picture-in-picture", "screen-wake-lock", "serial", "usb", "xr-spatial-tracking",
            )
        ),
        "publickey-credentials-create=(self)",
        "publickey-credentials-get=(self)",
    ]
)  # fmt: skip

Answer = Callable[[HttpRequest], HttpResponseBase]


def headers(get_response: Answer) -> Answer:
    """The middleware. It stands first, so that what other ones answer has the headers too."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        response = _only_encrypted(request) or get_response(request)
        security_log.refused(request, response)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        # Nothing here is for the pages of others to load; programs are no pages.
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return response

    return answer


def _only_encrypted(request: HttpRequest) -> HttpResponseBase | None:
    """Programs are refused over plain HTTP, never sent on in silence: their key would travel open each time."""
    if not settings.SECURE_SSL_REDIRECT or request.is_secure() or not request.path.startswith(FOR_PROGRAMS):
        return None
    sentence = _("Call this address with https. Whoever listened knows this key now: have a new one made.")
    problem: dict[str, Any] = {
        "type": "about:blank",
        "title": _("Not encrypted"),
        "status": 400,
        "detail": sentence,
        "code": int(ErrorCode.GENERIC_ERROR),
        "error_code": int(ErrorCode.GENERIC_ERROR),
        "message": sentence,
    }
    return JsonResponse(problem, status=400, content_type="application/problem+json")


class _Cookie(CookieStorage):
    cookie_name = settings.MESSAGES_COOKIE_NAME


class Notices(FallbackStorage):
    """Where a sentence waits for the next page, under a name no neighbouring site can write to."""

    storage_classes = (_Cookie, SessionStorage)
