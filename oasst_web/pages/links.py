"""What the header, the menu and the foot of every page lead to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import User

#: Name of a page and what it is called.
Links = Sequence[tuple[str, Promise]]

MAIN: Links = (
    ("dashboard", _("Work")),
    ("my_messages", _("Mine")),
    ("news", _("News")),
    ("boards", _("Boards")),
)
MENU: Links = (
    ("account", _("My account")),
    ("points", _("My points")),
    ("badges", _("My badges")),
    ("drafts", _("Texts I never sent")),
    ("guidelines", _("Guidelines")),
    ("practices", _("Practice")),
    ("statistics", _("Statistics")),
    ("rules", _("How it works")),
)
#: On top of each page of the moderators' area.
MODERATION: Links = (
    ("moderation_queue", _("Queue")),
    ("moderated_people", _("People")),
    ("moderated_trees", _("Trees")),
    ("trolls", _("Objections")),
    ("throughput", _("Throughput")),
    ("agreement", _("Agreement")),
    ("reliability", _("Reliability")),
    ("proposals", _("Proposals")),
    ("audit_log", _("Log")),
    ("releases", _("Datasets")),
    ("rules", _("Rules")),
)
FOR_MODERATORS: Links = (
    ("moderation_queue", _("Moderation")),
    ("agreement", _("Do people agree?")),
    ("reliability", _("Whose answers tell least?")),
)
FOOT: Links = (
    ("about", _("About")),
    ("guidelines", _("Guidelines")),
    ("statistics", _("Statistics")),
    ("releases", _("Datasets")),
    ("terms", _("Terms")),
    ("privacy", _("Privacy")),
    ("api_docs", _("For programs")),
)


def links(request: HttpRequest) -> dict[str, Any]:
    """For the templates of all pages."""
    person = getattr(request, "user", None)
    return {
        "main_links": MAIN,
        "menu_links": menu_of(person) if isinstance(person, User) else (),
        "foot_links": FOOT,
        "moderation_links": MODERATION,
        "interface_languages": settings.LANGUAGES,
    }


def menu_of(person: User) -> Links:
    """Moderators see more."""
    return (*MENU, *FOR_MODERATORS) if person.is_moderator else MENU
