"""First steps: the languages somebody speaks, the subjects they know, then practice. Each step can be left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.utils.translation.trans_real import parse_accept_lang_header
from django.views.decorators.http import require_http_methods, require_POST

from accounts import profiles
from accounts.models import Profile, User
from common.languages import LANGUAGES
from oasst_web.pages import doors
from oasst_web.pages.practice import offers
from tasks.topics import TOPICS, Topic

#: The steps, each by the name of its page.
STEPS: Sequence[tuple[str, str | Promise]] = (
    ("welcome", gettext_lazy("Languages")),
    ("welcome_topics", gettext_lazy("Subjects")),
    ("welcome_practice", gettext_lazy("Practice")),
)

READ_AND_POST = ("GET", "HEAD", "POST")


@dataclass(frozen=True)
class Choice:
    """Something to tick."""

    value: str
    name: str | Promise
    chosen: bool


@doors.taking_part
@require_http_methods(READ_AND_POST)
def languages(request: HttpRequest) -> HttpResponse:
    """The language one works in first, and the others one speaks well enough."""
    person = doors.person(request)
    profile = profiles.of(person)
    if request.method == "POST":
        first = request.POST.get("first", "")
        if first not in LANGUAGES:
            problem = _("Choose the language you want to work in first.")
            return _languages(request, person, profile, others=request.POST.getlist("others"), problem=problem)
        others = [code for code in request.POST.getlist("others") if code in LANGUAGES and code != first]
        profiles.change(person=person, now=timezone.now(), languages=list(dict.fromkeys([first, *others])))
        User.objects.filter(pk=person.pk).update(lang=first)
        return _on(request, "welcome_topics")
    return _languages(request, person, profile, others=profile.languages)


def _languages(
    request: HttpRequest, person: User, profile: Profile, *, others: Sequence[str], problem: str = ""
) -> HttpResponse:
    near = _near(request, profile)
    choices = [Choice(each.code, each.name, each.code in others) for each in LANGUAGES.values()]
    context = {
        "first": person.lang,
        "all_languages": sorted(LANGUAGES.values(), key=lambda language: language.name.casefold()),
        "near": [choice for choice in choices if choice.value in near],
        "far": [choice for choice in choices if choice.value not in near],
        "problem": problem,
        **_around(request, "welcome"),
    }
    return render(request, "welcome/languages.html", context, status=400 if problem else 200)


def _near(request: HttpRequest, profile: Profile) -> set[str]:
    """Those that are likely: what the browser asks for, English, and what was chosen before."""
    wanted = parse_accept_lang_header(request.headers.get("Accept-Language", ""))
    bases = {code.split("-")[0] for code, _quality in wanted} | {"en"}
    return {code for code in LANGUAGES if code.split("-")[0].lower() in bases} | set(profile.languages)


@doors.taking_part
@require_http_methods(READ_AND_POST)
def topics(request: HttpRequest) -> HttpResponse:
    """Subjects one knows: work about them comes first, the rest comes too."""
    person = doors.person(request)
    if request.method == "POST":
        chosen = [topic for topic in request.POST.getlist("topics") if topic in TOPICS]
        profiles.change(person=person, now=timezone.now(), topics=list(dict.fromkeys(chosen)))
        return _on(request, "welcome_practice")
    known = profiles.of(person).topics
    choices = [Choice(topic.value, TOPICS[topic], topic.value in known) for topic in Topic]
    return render(request, "welcome/topics.html", {"choices": choices, **_around(request, "welcome_topics")})


@doors.taking_part
@require_http_methods(READ_AND_POST)
def practice(request: HttpRequest) -> HttpResponse:
    """Two minutes for each kind of work, for whoever likes; posted, the first steps are over."""
    if request.method == "POST":
        return done(request)
    return render(request, "welcome/practice.html", {"offers": offers(request), **_around(request, "welcome_practice")})


@doors.taking_part
@require_POST
def done(request: HttpRequest) -> HttpResponse:
    """Through with it, or not in the mood: nobody is led here again."""
    profiles.change(person=doors.person(request), now=timezone.now(), welcomed_at=timezone.now())
    return redirect(doors.safe_next(request, reverse("dashboard")))


def _around(request: HttpRequest, step: str) -> dict[str, object]:
    names = [name for name, _title in STEPS]
    at = names.index(step)
    target = doors.safe_next(request, "")
    return {
        "steps": [(title, "past" if place < at else "", place == at) for place, (_name, title) in enumerate(STEPS)],
        "next": target,
        "skip": _address(names[at + 1], target) if at + 1 < len(names) else "",
        "back": _address(names[at - 1], target) if at else "",
    }


def _on(request: HttpRequest, step: str) -> HttpResponse:
    return redirect(_address(step, doors.safe_next(request, "")))


def _address(step: str, target: str) -> str:
    return f"{reverse(step)}?{urlencode({'next': target})}" if target else reverse(step)
