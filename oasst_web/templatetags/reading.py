"""What templates need to show a message: its text as HTML, its language, its direction."""

from __future__ import annotations

from django import template
from django.utils.safestring import SafeString

from common import languages
from oasst_web.pages import markdown

register = template.Library()


@register.filter
def rendered(text: str) -> SafeString:
    """Markdown of a contributor as safe HTML."""
    return markdown.rendered(text)


@register.filter
def document(text: str) -> SafeString:
    """The same for a text that has a section of the page to itself."""
    return markdown.document(text)


@register.filter
def direction(lang: str) -> str:
    """`rtl` or `ltr`."""
    return languages.direction(lang)


@register.filter
def language_name(lang: str) -> str:
    """The language's own name for itself; its code when we do not know it."""
    language = languages.LANGUAGES.get(lang)
    return language.name if language else lang
