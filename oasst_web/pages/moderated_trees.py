"""The trees as moderators look for them: where each stands, for what it waits, and which are stuck."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from moderation.models import QueueItem
from moderation.severity import HARMFUL
from oasst_web.forms.moderated_trees import TreesForm
from oasst_web.pages import cursors, doors
from tasks import rulebook, waiting
from tasks.fates import STATES
from tasks.kinds import KINDS, Deed, Kind, Role
from tasks.models import Message, Tree
from tasks.tree_states import State
from tasks.waiting import Opening, Stuck

#: Characters of a prompt in the list.
FIRST = 120

STUCK: Mapping[Stuck, Promise] = {
    Stuck.FAILED: gettext_lazy("The result could not be computed; its log says why"),
    Stuck.NOT_SCORED: gettext_lazy("Its result should have been computed long ago: look after the workers"),
    Stuck.NOTHING_OPEN: gettext_lazy("Answers are missing, but none is asked for: run check_trees"),
    Stuck.TOO_FEW: gettext_lazy("It needs more answers than there are people who could give them"),
    Stuck.QUIET: gettext_lazy("Nobody answered for two weeks, though people could"),
}

#: What a tree waits for that has no work for people.
_WAITS: Mapping[State, Promise] = {
    State.PROMPT_LOTTERY_WAITING: gettext_lazy("to be drawn, once there is room in its language"),
    State.READY_FOR_SCORING: gettext_lazy("for its result to be computed"),
    State.SCORING_FAILED: gettext_lazy("for somebody to have it computed again"),
    State.BACKLOG_RANKING: gettext_lazy("to be woken, once there is room in its language"),
}


@dataclass(frozen=True)
class Wait:
    """What is needed, and who could give it."""

    needs: str | Promise
    could: str = ""
    too_few: bool = False
    held: str = ""
    message_id: UUID | None = None


@dataclass(frozen=True)
class Row:
    """One tree of the list."""

    tree: Tree
    state: Promise
    line: str
    """The beginning of its prompt; empty where it may be harmful to read."""
    accepted: int
    waits: Sequence[Wait]
    stuck: Promise | None


@doors.moderating
@require_safe
def moderated_trees(request: HttpRequest) -> HttpResponse:
    """Those in work, or those that are asked for; what is longest in its state comes first."""
    form, now = TreesForm(request.GET), timezone.now()
    stuck = waiting.stuck(now=now, rules=rulebook.in_force(), lang=form.asked.get("lang", ""))
    found = cursors.page(_found(form, stuck), after=request.GET.get("after", ""), by="state_since", oldest_first=True)
    kept = request.GET.copy()
    kept.pop("after", None)
    context = {
        "form": form,
        "filtered": any(kept.values()),
        "filter": kept.urlencode(),
        "rows": _rows(found.rows, stuck, now),
        "stuck": len(stuck),
        "after": found.after,
    }
    return render(request, "moderation/trees.html", context)


def _found(form: TreesForm, stuck: Mapping[UUID, Stuck]) -> QuerySet[Tree]:
    trees: QuerySet[Tree] = Tree.objects.in_state(*form.states) if form.states else Tree.objects.all()
    if form.asked.get("lang"):
        trees = trees.filter(lang=form.asked["lang"])
    if form.asked.get("id"):
        trees = trees.filter(Q(pk=form.asked["id"]) | Q(messages=form.asked["id"])).distinct()
    if form.asked.get("stuck"):
        trees = trees.filter(pk__in=list(stuck))
    return trees


def _rows(trees: Sequence[Tree], stuck: Mapping[UUID, Stuck], now: datetime) -> list[Row]:
    ids = [tree.pk for tree in trees]
    prompts = Message.objects.in_bulk(ids)
    harmful = QueueItem.objects.filter(pk__in=ids, processed=False, severity__in=list(HARMFUL))
    hidden = set(harmful.values_list("pk", flat=True))
    kept = Message.objects.kept().filter(tree__in=ids).values_list("tree").annotate(Count("pk"))
    accepted: dict[UUID, int] = dict(kept)
    openings = waiting.openings(ids, now=now, rules=rulebook.in_force())
    return [
        Row(
            tree=tree,
            state=STATES[State(tree.state)],
            line="" if tree.pk in hidden else _line(prompts.get(tree.pk)),
            accepted=accepted.get(tree.pk, 0),
            waits=waits(tree, openings.get(tree.pk, ())),
            stuck=STUCK[stuck[tree.pk]] if tree.pk in stuck else None,
        )
        for tree in trees
    ]


def _line(prompt: Message | None) -> str:
    return " ".join(prompt.text[: 2 * FIRST].split())[:FIRST] if prompt else ""


def waits(tree: Tree, openings: Iterable[Opening], *, apart: bool = False) -> list[Wait]:
    """In words, for each kind of work; or, `apart`, for each message. Of a tree that neither people nor jobs do
    anything for: nothing."""
    groups: dict[tuple[Kind, UUID | None], list[Opening]] = defaultdict(list)
    for each in openings:
        groups[each.kind, each.message_id if apart else None].append(each)
    if not groups and State(tree.state) in _WAITS:
        return [Wait(_WAITS[State(tree.state)])]
    return [_wait(kind, message_id, group) for (kind, message_id), group in groups.items()]


def _wait(kind: Kind, message_id: UUID | None, openings: Sequence[Opening]) -> Wait:
    """Of several places, the one for which the fewest people are left decides."""
    wanted, held = sum(each.wanted for each in openings), sum(each.held for each in openings)
    being_given = ngettext("%(count)d is being given", "%(count)d are being given", held) % {"count": held}
    if not wanted:
        return Wait(_needs(kind, held), held=being_given, message_id=message_id)
    fewest = min(each.eligible for each in openings if each.wanted)
    could = ngettext("%(count)d person could", "%(count)d people could", fewest) % {"count": fewest}
    return Wait(
        needs=_needs(kind, wanted),
        could=could if fewest else _("nobody could"),
        too_few=any(each.too_few for each in openings),
        held=being_given if held else "",
        message_id=message_id,
    )


def _needs(kind: Kind, count: int) -> str:
    deed = KINDS[kind].deed
    if deed is Deed.RANK:
        said = ngettext(
            "%(count)d ranking, by somebody who wrote none of the replies",
            "%(count)d rankings, by people who wrote none of the replies",
            count,
        )
    elif deed is Deed.REVIEW:
        said = ngettext(
            "%(count)d review, by somebody else than the author",
            "%(count)d reviews, by others than the author",
            count,
        )
    elif KINDS[kind].writes is Role.ASSISTANT:
        said = ngettext("%(count)d reply as assistant", "%(count)d replies as assistant", count)
    else:
        said = ngettext("%(count)d reply as user", "%(count)d replies as user", count)
    return said % {"count": count}
