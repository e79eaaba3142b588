"""What templates need to know of a message its author may still correct."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import template
from django.utils import timezone

from tasks import corrections
from tasks.models import Message

register = template.Library()


@register.simple_tag(takes_context=True)
def correctable_until(context: dict[str, Any], message: Message) -> datetime | None:
    """Until when the reader may correct this message; None if not. Costs a query only for their own of the last ten
    minutes."""
    request = context.get("request")
    person = getattr(request, "user", None)
    if person is None or not person.is_authenticated:
        return None
    return corrections.until(message, by=person, now=timezone.now())
