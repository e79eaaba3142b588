"""What this site is, what it keeps, and what browsers and search engines want to know of it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from oasst_web.guidelines import CHAPTERS
from stats import public
from tasks.kinds import KINDS, Deed

#: Where search engines find nothing: work in somebody's hands, one's own pages, and what programs ask.
HIDDEN_FROM_ROBOTS = (
    "/work/",
    "/mine/",
    "/account/",
    "/moderation/",
    "/admin/",
    "/sign-in/",
    "/welcome/",
    "/api/",
    "/_allauth/",
)


@require_safe
def about(request: HttpRequest) -> HttpResponse:
    """What this is, how a conversation comes about, and what becomes of it."""
    writing = [row for row in KINDS.values() if row.deed is Deed.WRITE]
    context = {"glance": public.at_a_glance(), "writing": writing, "chapters": CHAPTERS}
    return render(request, "about.html", context)


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """What is kept of a person, what for, how long, and who sees it."""
    return render(request, "privacy.html")


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """What search engines should leave alone."""
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in HIDDEN_FROM_ROBOTS)]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


@require_safe
def manifest(request: HttpRequest) -> HttpResponse:
    """So that the site can be put among the programs of a phone. It needs the network like any page."""
    return JsonResponse(
        {
            "name": "Open Assistant",
            "short_name": "Open Assistant",
            "description": _("Write, review and rank conversations for an open dataset."),
            "start_url": reverse("home"),
            "scope": "/",
            "display": "minimal-ui",
            # The paper and the accent of tokens.css, light: a manifest knows one theme.
            "background_color": "#f7f5f0",
            "theme_color": "#0b6355",
            "icons": [
                {"src": static("icon.svg"), "type": "image/svg+xml", "sizes": "any"},
                {"src": static("img/icon-192.png"), "type": "image/png", "sizes": "192x192"},
                {"src": static("img/icon-512.png"), "type": "image/png", "sizes": "512x512"},
            ],
        },
        content_type="application/manifest+json",
    )
