"""Practice: the work as it is later, with made-up content and an explanation afterwards. No answer is stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts import profiles
from accounts.models import User
from common.text import normalised
from oasst_web.practice import Asked, Course, Line, Ranking, Reviewing, Writing, course, feedback
from tasks.kinds import KINDS, LABELS, Kind, KindRow, Label, Widget

#: What may be typed here. More is cut: it goes nowhere.
LIMIT = 4000
SCALE = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True)
class Offer:
    """One kind of work to practise."""

    kind: Kind
    row: KindRow
    done: bool


@dataclass(frozen=True)
class Step:
    """One answer to a question."""

    value: str
    text: str | Promise
    meaning: str | Promise
    chosen: bool


@dataclass(frozen=True)
class Question:
    """One question of a review as the page shows it."""

    name: str
    field: str
    label: Label
    scale: bool
    steps: Sequence[Step]


@dataclass(frozen=True)
class Place:
    """One reply with the place it was given."""

    number: int
    letter: str
    field: str
    line: Line
    place: int | None


@dataclass(frozen=True)
class Told:
    """One question with what was said of it."""

    label: Label
    yours: str
    """Empty where it was left open."""
    most: str
    agrees: bool | None
    why: str


@never_cache
@require_safe
def practices(request: HttpRequest) -> HttpResponse:
    """Everything there is to practise."""
    return render(request, "practice/index.html", {"offers": offers(request)})


def offers(request: HttpRequest) -> list[Offer]:
    """Each kind of work, and whether this person went through it."""
    done = profiles.of(request.user).practised if isinstance(request.user, User) else []
    return [Offer(kind, row, kind in done) for kind, row in KINDS.items()]


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def practice(request: HttpRequest, kind: str, number: int = 1) -> HttpResponse:
    """One exercise; posted, the same page with what is to be said of the answer."""
    if kind not in KINDS:
        raise Http404
    found = course(Kind(kind))
    if not 1 <= number <= len(found.exercises):
        raise Http404
    posted = request.POST if request.method == "POST" else QueryDict()
    context = {**_around(Kind(kind), found, number), **_with(found, number, posted, answered=request.method == "POST")}
    if context.get("told") and context["last"] and isinstance(request.user, User):
        _remember(request.user, Kind(kind))
    status = 400 if context.get("problem") else 200
    return render(request, "practice/exercise.html", context, status=status)


def _remember(person: User, kind: Kind) -> None:
    done = profiles.of(person).practised
    if kind not in done:
        profiles.change(person=person, now=timezone.now(), practised=[*done, kind.value])


def _around(kind: Kind, found: Course, number: int) -> dict[str, object]:
    kinds = list(KINDS)
    return {
        "kind": kind,
        "row": KINDS[kind],
        "lang": found.lang,
        "number": number,
        "count": len(found.exercises),
        "last": number == len(found.exercises),
        "following": number + 1,
        "next_kind": kinds[(kinds.index(kind) + 1) % len(kinds)],
    }


def _with(found: Course, number: int, posted: QueryDict, *, answered: bool) -> dict[str, object]:
    """What the part of the page needs that is about this sort of exercise."""
    match found.exercises[number - 1]:
        case Writing() as writing:
            return {"conversation": writing.conversation, **_writing(writing, posted, answered=answered)}
        case Reviewing() as reviewing:
            return {"conversation": reviewing.conversation, **_reviewing(reviewing, posted, answered=answered)}
        case Ranking() as ranking:
            return {"conversation": ranking.conversation, **_ranking(ranking, posted, answered=answered)}


def _writing(exercise: Writing, posted: QueryDict, *, answered: bool) -> dict[str, object]:
    text = normalised(posted.get("text", ""))[:LIMIT]
    context: dict[str, object] = {"part": "write", "exercise": exercise, "text": text, "limit": LIMIT}
    if answered and not text:
        context["problem"] = _("Write something first, as short as you like.")
    elif answered:
        context["told"] = feedback.of_text(exercise, text)
    return context


def _reviewing(exercise: Reviewing, posted: QueryDict, *, answered: bool) -> dict[str, object]:
    flags = [asked.label for asked in exercise.questions if LABELS[asked.label].widget is Widget.FLAG]
    said = _said(exercise, flags, posted)
    context: dict[str, object] = {
        "part": "review",
        "questions": [_question(asked, posted) for asked in exercise.questions if asked.label not in flags],
        "flags": [(name, LABELS[name], name in posted.getlist("flags")) for name in flags],
        "no_flags": "no_flags" in posted,
    }
    if answered and "no_flags" in posted and posted.getlist("flags"):
        context["problem"] = _("You ticked “None of these” and something else. Keep one of the two.")
    elif answered and not said:
        context["problem"] = _("Answer at least one of the questions first.")
    elif answered:
        context["told"] = [_told(compared) for compared in feedback.of_review(exercise, said)]
    return context


def _said(exercise: Reviewing, flags: Sequence[str], posted: QueryDict) -> dict[str, float]:
    """What was answered, by label. As in the real thing, whoever ticks one box has looked at them all."""
    said = {}
    for asked in exercise.questions:
        value = posted.get(f"label-{asked.label}", "")
        if value in map(_posted, SCALE):
            said[asked.label] = float(value)
    ticked = posted.getlist("flags")
    if ticked or "no_flags" in posted:
        said.update({name: float(name in ticked) for name in flags})
    return said


def _question(asked: Asked, posted: QueryDict) -> Question:
    label, field = LABELS[asked.label], f"label-{asked.label}"
    values = SCALE if label.widget is Widget.LIKERT else (1.0, 0.0)
    steps = [
        Step(_posted(value), *_words(label, value), chosen=posted.get(field) == _posted(value)) for value in values
    ]
    return Question(asked.label, field, label, label.widget is Widget.LIKERT, steps)


def _words(label: Label, value: float) -> tuple[str, str | Promise]:
    """What stands on the button of this value, and what it means where that is not said already."""
    if label.widget is not Widget.LIKERT:
        return (_("Yes") if value else _("No")), ""
    place = SCALE.index(value)
    return str(place + 1), label.points[place] if label.points else ""


def _posted(value: float) -> str:
    return f"{value:g}"


def _told(compared: feedback.Compared) -> Told:
    label = LABELS[compared.asked.label]
    yours = "" if compared.said is None else _spoken(label, compared.said)
    # Only the ends of what most would say: "4 or 5", never a list.
    most = [_spoken(label, value) for value in compared.asked.most]
    usual = most[0] if len(most) == 1 else _("%(one)s or %(other)s") % {"one": most[0], "other": most[-1]}
    return Told(label, yours, usual, compared.agrees, compared.asked.why)


def _spoken(label: Label, value: float) -> str:
    button, meaning = _words(label, value)
    return _("%(place)s (%(meaning)s)") % {"place": button, "meaning": meaning} if meaning else button


def _ranking(exercise: Ranking, posted: QueryDict, *, answered: bool) -> dict[str, object]:
    count = len(exercise.replies)
    role = exercise.conversation[-1].role.other
    places = [
        Place(at, chr(ord("A") + at), f"place-{at}", Line(role, reply.text), _place(posted, at, count))
        for at, reply in enumerate(exercise.replies)
    ]
    context: dict[str, object] = {
        "part": "rank",
        "places": places,
        "numbers": range(1, count + 1),
        "exercise": exercise,
    }
    given = [place.place for place in places if place.place is not None]
    if answered and len(given) < count:
        context["problem"] = _("Give every reply a place; equally good ones may have the same.")
    elif answered:
        ordered = feedback.of_ranking(exercise, given)
        context["told"] = ordered
        context["yours"] = _letters(ordered.yours)
        context["usual"] = _letters(ordered.usual)
        context["replies"] = [(places[at], exercise.replies[at].why) for group in exercise.order for at in group]
    return context


def _place(posted: QueryDict, at: int, count: int) -> int | None:
    value = posted.get(f"place-{at}", "")
    return int(value) if value in map(str, range(1, count + 1)) else None


def _letters(order: Sequence[Sequence[int]]) -> str:
    """B, A = C: best first, equals joined."""
    return ", ".join(" = ".join(chr(ord("A") + at) for at in sorted(group)) for group in order)
