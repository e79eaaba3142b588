"""Counts as people read them: in groups of thousands, as their language writes them."""

from __future__ import annotations

from django import template
from django.utils.formats import number_format

register = template.Library()


@register.filter
def counted(number: int) -> str:
    """12345 as 12,345 in English and 12.345 in German."""
    return number_format(number, 0, use_l10n=True, force_grouping=True)
