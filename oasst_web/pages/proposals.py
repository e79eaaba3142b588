"""What changes much at once: proposed, counted by a job, confirmed by somebody, and done by a job."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from moderation import dossier, proposals
from moderation.auditing import PROPOSALS
from moderation.log import NotAboveThem
from moderation.models import Proposal, ProposalState, Proposed
from moderation.proposals import Told
from moderation.reasons import REASONS, Reason
from oasst_web.forms.people import PurgeForm, RefuseForm
from oasst_web.pages import doors
from oasst_web.pages.moderated_people import find
from tasks.fates import STATES
from tasks.tree_states import State

#: Proposals of a page.
SIZE = 30

#: Where a proposal stands, in words.
STANDS: Mapping[ProposalState, Promise] = {
    ProposalState.COUNTING: gettext_lazy("Being counted"),
    ProposalState.WAITING: gettext_lazy("Waits for somebody to confirm it"),
    ProposalState.CONFIRMED: gettext_lazy("Being done"),
    ProposalState.DONE: gettext_lazy("Done"),
    ProposalState.REFUSED: gettext_lazy("Refused"),
    ProposalState.FAILED: gettext_lazy("Could not be done"),
}
#: A job works on it.
WORKED_ON = (ProposalState.COUNTING, ProposalState.CONFIRMED)
TONES = {ProposalState.DONE: "good", ProposalState.FAILED: "bad", ProposalState.WAITING: "accent"}


@dataclass(frozen=True)
class Shown:
    """A proposal as people read it."""

    stored: Proposal
    what: Promise
    stands: Promise
    tone: str
    reason: Promise | str

    @property
    def worked_on(self) -> bool:
        return self.stored.state in WORKED_ON


@dataclass(frozen=True)
class InLanguage:
    """What a purge takes from one language."""

    lang: str
    own: int
    others: int


@dataclass(frozen=True)
class Move:
    """Trees that go from one state to another; to nothing where they are gone."""

    before: Promise | str
    after: Promise | str
    count: int


@doors.moderating
@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    """Those that wait first, then the newest."""
    every = Proposal.objects.select_related("person", "by", "decided_by")
    waiting = every.filter(state__in=[*WORKED_ON, ProposalState.WAITING]).order_by("-pk")
    over = every.exclude(state__in=[*WORKED_ON, ProposalState.WAITING]).order_by("-pk")
    before = request.GET.get("before", "")
    if before.isdecimal() and len(before) < 10:
        over = over.filter(pk__lt=int(before))
    rows = list(over[: SIZE + 1])
    context = {
        "waiting": [_shown(each) for each in waiting[:SIZE]],
        "over": [_shown(each) for each in rows[:SIZE]],
        "before": rows[SIZE - 1].pk if len(rows) > SIZE else "",
    }
    return render(request, "moderation/proposals.html", context)


@doors.moderating
@require_safe
def proposal(request: HttpRequest, proposal_id: int) -> HttpResponse:
    """What is proposed, what it would change, and who may say yes. While a job works on it, htmx asks again."""
    part = "moderation/_proposal_state.html" if request.headers.get("HX-Request") else "moderation/proposal.html"
    return _page(request, proposal_id, RefuseForm(), template=part)


@doors.moderating
@require_POST
def confirm(request: HttpRequest, proposal_id: int) -> HttpResponse:
    proposals.confirm(proposal_id=proposal_id, by=doors.person(request), now=timezone.now())
    messages.success(request, _("Confirmed. It is being done now."))
    return redirect("proposal", proposal_id)


@doors.moderating
@require_POST
def refuse(request: HttpRequest, proposal_id: int) -> HttpResponse:
    form = RefuseForm(request.POST)
    if not form.is_valid():
        return _page(request, proposal_id, form, status=422)
    answer = form.cleaned_data["answer"]
    proposals.refuse(proposal_id=proposal_id, by=doors.person(request), answer=answer, now=timezone.now())
    messages.success(request, _("Refused. Nothing was changed."))
    return redirect("proposal", proposal_id)


@doors.moderating
@require_http_methods(["GET", "HEAD", "POST"])
def propose_purge(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Say what of a person is to go. What that means is counted before anybody can confirm it."""
    moderator = doors.person(request)
    person = find(person_id)
    if not dossier.stands_above(moderator, person):
        raise NotAboveThem
    form = PurgeForm(request.POST or None)
    if form.is_bound and form.is_valid():
        made = proposals.propose(
            kind=form.kind,
            arguments=form.arguments,
            by=moderator,
            why=form.cleaned_data["why"],
            now=timezone.now(),
            person=person,
            reason=Reason(form.cleaned_data["reason"]),
        )
        return redirect("proposal", made.pk)
    context = {"person": person, "form": form, "four_eyes": proposals.needs_four_eyes(Proposed.PURGE_PERSON)}
    return render(request, "moderation/purge.html", context, status=422 if form.is_bound else 200)


def _shown(found: Proposal) -> Shown:
    return Shown(
        stored=found,
        what=PROPOSALS[Proposed(found.kind)],
        stands=STANDS[ProposalState(found.state)],
        tone=TONES.get(ProposalState(found.state), ""),
        reason=REASONS[Reason(found.reason)].name if found.reason in list(Reason) else "",
    )


def _page(
    request: HttpRequest,
    proposal_id: int,
    form: RefuseForm,
    *,
    template: str = "moderation/proposal.html",
    status: int = 200,
) -> HttpResponse:
    moderator = doors.person(request)
    every = Proposal.objects.select_related("person", "by", "decided_by")
    found = get_object_or_404(every, pk=proposal_id)
    context: dict[str, Any] = {
        "proposal": _shown(found),
        "form": form,
        "why_not": _why_not(moderator, found),
        "may_decide": found.kind != Proposed.CHANGE_RULES or moderator.is_admin,
        **(_of_rules(found) if found.kind == Proposed.CHANGE_RULES else _of_purge(found)),
    }
    return render(request, template, context, status=status)


def _why_not(moderator: User, found: Proposal) -> str:
    """Why this moderator cannot confirm it; empty where they can."""
    if found.kind == Proposed.CHANGE_RULES and not moderator.is_admin:
        return _("Only administrators change the rules.")
    if found.person is not None and not dossier.stands_above(moderator, found.person):
        return str(NotAboveThem.sentence)
    if found.by_id == moderator.pk and proposals.needs_four_eyes(found.kind):
        return _("You proposed this, so somebody else has to confirm it.")
    return ""


def _of_purge(found: Proposal) -> dict[str, Any]:
    unwanted = proposals.unwanted(found)
    before, done = proposals.told(found), proposals.told(found, done=True)
    working = before if found.state == ProposalState.COUNTING else done
    return {
        "unwanted": unwanted,
        "told": before if before.left is not None else None,
        "done": done if done.left is not None else None,
        "langs": _langs(before),
        "done_langs": _langs(done),
        "moves": _moves(before),
        "done_moves": _moves(done),
        "left": working.left,
    }


def _langs(told: Told) -> list[InLanguage]:
    gone = told.gone
    return [
        InLanguage(lang, gone.own_by_lang[lang], gone.others_by_lang[lang])
        for lang in sorted(gone.own_by_lang | gone.others_by_lang)
    ]


def _moves(told: Told) -> list[Move]:
    return [Move(_state(before), _state(after), count) for (before, after), count in sorted(told.gone.moves.items())]


def _state(value: str) -> Promise | str:
    return STATES[State(value)] if value in list(State) else _("Gone")


def _of_rules(found: Proposal) -> dict[str, Any]:
    effect = found.effect or {}
    counted = [
        (gettext_lazy("Trees looked at"), effect.get("trees")),
        (gettext_lazy("Reviews"), effect.get("reviews")),
        (gettext_lazy("Rankings"), effect.get("rankings")),
        (gettext_lazy("Decisions that would be different"), effect.get("differences")),
        (gettext_lazy("Reviews that would be saved"), effect.get("reviews_saved")),
        (gettext_lazy("Reviews that would be lacking"), effect.get("reviews_lacking")),
        (gettext_lazy("Rankings that would be saved"), effect.get("rankings_saved")),
        (gettext_lazy("Rankings that would be lacking"), effect.get("rankings_lacking")),
        (gettext_lazy("Accepted messages below a rejected one"), effect.get("below_rejected")),
    ]
    return {
        "changes": sorted(found.arguments.get("changes", {}).items()),
        "counted": [(name, count) for name, count in counted if count is not None],
        "differences": effect.get("listed", []),
    }
