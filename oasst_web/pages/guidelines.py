"""What makes a good prompt, reply, review or ranking: one page for each kind of work, and one for the labels."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from oasst_web import guidelines as texts
from oasst_web.guidelines import CHAPTERS, GENERAL, Example, Examples, Guideline
from tasks.kinds import LABELS, Label, Widget


@dataclass(frozen=True)
class Entry:
    """One label with what it asks, what its points mean, and examples."""

    name: str
    label: Label
    points: list[tuple[int, str]]
    scale: bool
    example: Example | None


@require_safe
def guidelines(request: HttpRequest) -> HttpResponse:
    """What holds for everything, and the way to the rest."""
    return _page(request, GENERAL)


@require_safe
def guideline(request: HttpRequest, kind: str) -> HttpResponse:
    """The guideline of one kind of work."""
    if kind not in CHAPTERS or kind == GENERAL:
        raise Http404
    return _page(request, kind)


def _page(request: HttpRequest, chapter: str) -> HttpResponse:
    text = texts.guideline(chapter)
    context = {"chapter": chapter, "title": CHAPTERS[chapter], "text": text, **_around(text, chapter)}
    return render(request, "guidelines/guideline.html", context)


@require_safe
def label_guidelines(request: HttpRequest) -> HttpResponse:
    """Every question of a review, with an anchor of its name."""
    text = texts.examples()
    entries = [
        Entry(
            name=name,
            label=label,
            points=[(place, str(point)) for place, point in enumerate(label.points, start=1)],
            scale=label.widget is Widget.LIKERT,
            example=text.of.get(name),
        )
        for name, label in LABELS.items()
    ]
    context = {"chapter": texts.LABELS, "entries": entries, "text": text, **_around(text, texts.LABELS)}
    return render(request, "guidelines/labels.html", context)


def _around(text: Guideline | Examples, chapter: str) -> dict[str, object]:
    """The list of all texts, and whether this one is in another language than the page or behind its source."""
    page_lang = (get_language() or texts.SOURCE).split("-")[0]
    return {
        "chapters": CHAPTERS,
        "foreign": text.lang.split("-")[0] != page_lang,
        "behind": texts.behind(text, chapter),
    }
