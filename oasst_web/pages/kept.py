"""What a request carried, so that no refusal and no failure loses it."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import HttpRequest, QueryDict
from django.http.multipartparser import MultiPartParserError
from django.utils.translation import gettext as _

from tasks.kinds import LABELS

#: Fields a person fills by typing; they are given back in a box of their own.
TYPED = ("text", "note", "comment")
#: Never shown again: the CSRF token, the steps of signing in, and the word that deletes an account; whoever sends such
#: a form again may be somebody else by then.
PRIVATE = ("csrfmiddlewaretoken", "code", "credential", "email", "next", "action", "word")
#: Sent again, but nothing anybody said.
COUNTED = ("pasted", "asked", "meant", "straight_on", "preview")
#: What a request that cannot be read raises, each time it is asked: broken, too large, or in other letters than UTF-8.
UNREADABLE = (BadRequest, MultiPartParserError, OSError, SuspiciousOperation, ValueError)


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
    except UNREADABLE:
        return Kept()
    fields = tuple(
        (_showable(name), _showable(value))
        for name in posted
        if name not in PRIVATE
        for value in posted.getlist(name)
        if value
    )
    return Kept(
        texts=tuple(value for name, value in fields if name in TYPED),
        answers=tuple((_called(name), value) for name, value in fields if name not in (*TYPED, *COUNTED)),
        fields=fields,
    )


def _showable(text: str) -> str:
    """Without lone surrogates, which no page can carry."""
    return text.encode("utf-8", "ignore").decode("utf-8")


def _called(name: str) -> str:
    prefix, _separator, rest = name.partition("-")
    if prefix == "label" and rest in LABELS:
        return str(LABELS[rest].question)
    if prefix == "place":
        return _("Place of reply %(start)s…") % {"start": rest[:8]}
    return name
