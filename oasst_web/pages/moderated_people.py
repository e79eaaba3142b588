"""People as moderators see them: the list to search, and one person with their work, ways in and history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from accounts import ways_in
from accounts.models import Status, User
from moderation import dossier
from moderation.dossier import LATELY, Figures, Work
from moderation.log import NotAboveThem
from moderation.models import Appeal, PersonNote
from moderation.sanctions import AccountClosed
from oasst_web.forms import people as forms
from oasst_web.pages import audit, contributions, cursors, doors
from oasst_web.pages.contributions import Mine
from oasst_web.pages.figures import percent
from oasst_web.pages.reliability import Ranker, Reviewer
from stats.models import BoardKind, Frame, TrollRow
from tasks.kinds import Deed
from tasks.models import Message, Reliability

#: Lines of the log, and messages, on the page of a person.
HISTORY = 15
MESSAGES = 8


@dataclass(frozen=True)
class Row:
    """One person in the list."""

    person: Any
    figures: Figures
    rejected: str
    email: str
    """Empty where it does not concern this moderator."""


@dataclass(frozen=True)
class Written:
    """One of their newest messages."""

    mine: Mine
    harmful: bool
    """Not shown here: the queue shows it to whoever asks for it."""


@doors.moderating
@require_safe
def moderated_people(request: HttpRequest) -> HttpResponse:
    """Everybody, or those who are looked for; who was here last comes first."""
    moderator = doors.person(request)
    form = forms.SearchForm(request.GET)
    people = dossier.search(form.sought, by=moderator)
    page = cursors.page(people, after=request.GET.get("after", ""), by="active_at")
    figures = dossier.figures_of(page.rows)
    kept = request.GET.copy()
    kept.pop("after", None)
    context = {
        "form": form,
        "filtered": any(kept.values()),
        "filter": kept.urlencode(),
        "rows": [
            Row(
                person,
                figures[person.pk],
                percent(figures[person.pk].rejected_share),
                (person.email or "") if dossier.stands_above(moderator, person) else "",
            )
            for person in page.rows
        ],
        "after": page.after,
    }
    return render(request, "moderation/people.html", context)


@doors.moderating
@require_safe
def moderated_person(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """All that helps to judge fairly, and what can be done."""
    return page(request, person_id)


def page(request: HttpRequest, person_id: UUID, *, wrong: Any = None) -> HttpResponse:
    """The person's page, with the form that was filled in wrongly, if one was."""
    moderator = doors.person(request)
    person = find(person_id)
    above = dossier.stands_above(moderator, person)
    work = dossier.work_of(person)
    history = list(audit.with_trees(dossier.history_of(person).select_related("by", "person"))[: HISTORY + 1])
    reliability: Reliability | None = getattr(person, "reliability", None)
    context = {
        "person": person,
        "above": above,
        "why_not": _why_not(moderator, person),
        "work": work,
        "shown": _shown(work),
        "reviewer": Reviewer.of(reliability) if reliability else None,
        "ranker": Ranker.of(reliability) if reliability else None,
        "ways": ways_in.of(person) if above else None,
        "notes": list(PersonNote.objects.filter(person=person).select_related("by").order_by("-pk")),
        "lines": audit.lines_of(history[:HISTORY]),
        "more_lines": len(history) > HISTORY,
        "written": _written(person),
        "appeals": list(Appeal.objects.filter(person=person, decided_at=None).order_by("created_at")),
        "troll": TrollRow.objects.filter(person=person, board__kind=BoardKind.TROLL, board__frame=Frame.MONTH).first(),
        **_forms(moderator, person, wrong),
    }
    return render(request, "moderation/person.html", context, status=422 if wrong is not None else 200)


def find(person_id: UUID) -> User:
    """Raises Http404."""
    people = User.objects.select_related("api_client", "reliability", "profile")
    return get_object_or_404(people, pk=person_id)


def _why_not(moderator: User, person: User) -> str:
    """Why nothing can be done to this person by this moderator, or not all; empty where all can."""
    if person.pk == moderator.pk:
        return _("This is you. What you did others can look at, and nobody decides about themselves.")
    if not dossier.stands_above(moderator, person):
        return str(NotAboveThem.sentence)
    return str(AccountClosed.sentence) if person.status == Status.DELETED else ""


def _forms(moderator: User, person: User, wrong: Any) -> dict[str, Any]:
    """Those that make sense for this person, by name; none for somebody of the same or a higher rank."""
    if not dossier.stands_above(moderator, person):
        return {}
    offered: list[type[Any]] = [forms.NoteForm]
    if person.status != Status.DELETED:
        offered += [forms.WarnForm, forms.SignOutForm, forms.NameForm]
        offered += [forms.UnbanForm] if person.status != Status.ACTIVE else []
        offered += [forms.SuspendForm, forms.BanForm] if person.status != Status.BANNED else []
        offered += [forms.RoleForm] if moderator.is_admin else []
    known = {"display_name": person.display_name, "role": person.role}
    made = {f"{each.name}_form": each(initial=known) for each in offered}
    if wrong is not None and f"{wrong.name}_form" in made:
        made[f"{wrong.name}_form"] = wrong
    return made


def _shown(work: Work) -> dict[str, str]:
    """The figures that need words."""
    many = work.streak >= LATELY
    streak = ngettext("%(count)d message in a row", "%(count)d messages in a row", work.streak) % {"count": work.streak}
    return {
        "rejected": percent(work.rejected_share),
        "pasted": percent(work.pasted_share),
        "streak": _("%(count)d messages in a row, or more") % {"count": work.streak} if many else streak,
        **{f"takes_{deed.value}": _duration(work.seconds.get(deed)) for deed in Deed},
    }


def _duration(seconds: float | None) -> str:
    if seconds is None:
        return ""
    if seconds < 120:
        whole = max(1, round(seconds))
        return ngettext("%(count)d second", "%(count)d seconds", whole) % {"count": whole}
    minutes = round(seconds / 60)
    return ngettext("%(count)d minute", "%(count)d minutes", minutes) % {"count": minutes}


def _written(person: User) -> Sequence[Written]:
    newest = Message.objects.filter(author=person).select_related("tree", "queue_item").order_by("-created_at", "-pk")
    shown = contributions.with_fates(list(newest[:MESSAGES]))
    return [Written(each, _harmful(each.message)) for each in shown]


def _harmful(message: Message) -> bool:
    item = getattr(message, "queue_item", None)
    return item is not None and item.harmful
