"""What every page knows."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from common.languages import LANGUAGES, direction


def site(request: HttpRequest) -> dict[str, Any]:
    """Theme, languages, who runs the site, and whether the demo people may be used."""
    user = getattr(request, "user", None)
    lang = user.lang if user is not None and user.is_authenticated else "en"
    theme = request.COOKIES.get("theme", "")
    return {
        "demo": settings.DEMO,
        "operator": settings.OPERATOR,
        "theme": theme if theme in ("light", "dark") else "",
        "languages": LANGUAGES.values(),
        "work_lang": lang,
        "work_direction": direction(lang),
    }
