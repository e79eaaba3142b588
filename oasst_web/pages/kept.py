"""What a request carried, so that no refusal and no failure loses it."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, QueryDict
from django.http.multipartparser import MultiPartParserError
from django.utils.translation import gettext as _

from tasks.kinds import LABELS

#: Fields a person fills by typing; they are given back in a box of their own.
TYPED = ("text", "note")
#: Never shown again: the CSRF token, and the steps of signing in.
PRIVATE = ("csrfmiddlewaretoken", "code", "email", "next", "action")


@dataclass(frozen=True)
class Kept:
    """The input of one request, and of nobody else."""

    texts: tuple[str, ...] = ()
    """What was typed."""
    answers: tuple[tuple[str, str], ...] = ()
    """What was chosen: name of the question, value."""
    fields: tuple[tuple[str, str], ...] = ()
    """Both as form fields, to send them again."""

    def __bool__(self) -> bool:
        return bool(self.texts or self.answers)


def of(request: HttpRequest) -> Kept:
    """The posted input. Reads nothing but the request, so it works while everything else is down."""
    try:
        posted = request.POST if request.method == "POST" else QueryDict()
    except (MultiPartParserError, OSError, ValueError):
        return Kept()
    fields = tuple((name, value) for name in posted if name not in PRIVATE for value in posted.getlist(name) if value)
    return Kept(
        texts=tuple(value for name, value in fields if name in TYPED),
        answers=tuple((_called(name), value) for name, value in fields if name not in TYPED),
        fields=fields,
    )


def _called(name: str) -> str:
    prefix, _separator, rest = name.partition("-")
    if prefix == "label" and rest in LABELS:
        return str(LABELS[rest].question)
    if prefix == "place":
        return _("Place of reply %(start)s…") % {"start": rest[:8]}
    return name
