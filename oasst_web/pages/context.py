"""What every page knows."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts import news
from accounts.models import User
from accounts.news import Glance
from common.languages import LANGUAGES, Language, direction


def site(request: HttpRequest) -> dict[str, Any]:
    """Theme, languages, who runs the site, and whether the demo people may be used."""
    user = getattr(request, "user", None)
    person = user if isinstance(user, User) else None
    lang = person.lang if person is not None else "en"
    theme = request.COOKIES.get(settings.THEME_COOKIE_NAME, "")

    @cache
    def glance() -> Glance:
        """Asked when a template first shows something of it, and once: many answers show no header."""
        return news.glance(person) if person is not None else Glance()

    return {
        "demo": settings.DEMO,
        "operator": settings.OPERATOR,
        "theme": theme if theme in ("light", "dark") else "",
        "languages": LANGUAGES.values(),
        "my_languages": SimpleLazyObject(lambda: _mine(glance().languages, lang)),
        "work_lang": lang,
        "work_direction": direction(lang),
        "news_count": SimpleLazyObject(lambda: glance().unread),
    }


def _mine(chosen: Sequence[str], lang: str) -> list[Language]:
    """The languages to switch among: those the person chose, and the present one."""
    return [LANGUAGES[code] for code in dict.fromkeys([*chosen, lang]) if code in LANGUAGES]
