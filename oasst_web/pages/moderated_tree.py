"""One tree as moderators see it: its messages with all that was said of them, its states, and what can be done."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import SystemRandom
from string import ascii_uppercase
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from common.errors import DomainError
from moderation import actions
from moderation.models import ActionLog, Finding
from oasst_web.forms.moderated_trees import HaltForm, ResumeForm, RetryForm
from oasst_web.pages import audit, doors, moderation_queue, outline
from oasst_web.pages.moderated_trees import STUCK, waits
from oasst_web.pages.moderation_item import CONCERNS
from tasks import rulebook, waiting
from tasks.fates import STATES
from tasks.kinds import LABELS, NOT_RANKABLE, Label, NotRankable
from tasks.models import Message, Ranking, Review, Task, Tree, TreeTransition
from tasks.tree_states import State

#: Lines of the log.
HISTORY = 20
#: Levels that are indented; deeper ones follow each other at the same indent.
NESTED = 6


@dataclass(frozen=True)
class Reviewed:
    """One review: who gave it and what it says."""

    review: Review
    answers: Sequence[tuple[Label, float]]


@dataclass(frozen=True)
class Ranked:
    """One ranking: who gave it, and the replies by their letters, the best first."""

    ranking: Ranking
    order: str
    why_not: Promise | str


@dataclass
class Node:
    """One message with all that was said of it."""

    message: Message
    level: int
    letter: str
    """By it the rankings of its parent name it; empty where it has no sibling."""
    harmful: bool
    reviews: list[Reviewed] = field(default_factory=list)
    rankings: list[Ranked] = field(default_factory=list)
    """Of the replies to it."""
    findings: list[tuple[Promise, Finding]] = field(default_factory=list)
    held: list[Task] = field(default_factory=list)


@doors.moderating
@require_safe
def moderated_tree(request: HttpRequest, tree_id: UUID) -> HttpResponse:
    """All of it. To look changes nothing."""
    return _page(request, tree_id)


@doors.moderating
@require_POST
def halt(request: HttpRequest, tree_id: UUID) -> HttpResponse:
    """Stop it."""
    form = HaltForm(request.POST)
    return _do(request, tree_id, form, actions.halt_tree, _("The tree is stopped."))


@doors.moderating
@require_POST
def resume(request: HttpRequest, tree_id: UUID) -> HttpResponse:
    """Let it go on."""
    form = ResumeForm(request.POST)
    return _do(request, tree_id, form, actions.resume_tree, _("The tree goes on."))


@doors.moderating
@require_POST
def retry(request: HttpRequest, tree_id: UUID) -> HttpResponse:
    """Have its result computed again."""
    form = RetryForm(request.POST)
    return _do(request, tree_id, form, actions.retry_scoring, _("Its result is computed again."))


def _do(request: HttpRequest, tree_id: UUID, form: Any, action: Callable[..., Tree], done: str) -> HttpResponse:
    if not form.is_valid():
        return _page(request, tree_id, wrong=form, status=422)
    by, now = doors.person(request), timezone.now()
    given: dict[str, Any] = {"grounds": form.grounds} if hasattr(form, "grounds") else {}
    try:
        action(
            tree_id=tree_id,
            by=by,
            why=form.cleaned_data["why"],
            now=now,
            rules=rulebook.in_force(),
            rng=SystemRandom(),
            **given,
        )
    except DomainError as refusal:
        return _page(request, tree_id, problem=refusal, wrong=form)
    messages.success(request, done)
    line = ActionLog.objects.filter(tree=tree_id, by=by, at=now).values_list("pk", flat=True).last()
    return redirect(f"{reverse('moderated_tree', args=[tree_id])}?done={line}")


def _page(
    request: HttpRequest,
    tree_id: UUID,
    *,
    wrong: Form | None = None,
    problem: DomainError | None = None,
    status: int = 200,
) -> HttpResponse:
    by, now, rules = doors.person(request), timezone.now(), rulebook.in_force()
    tree = get_object_or_404(Tree.objects.select_related("rules"), pk=tree_id)
    state = State(tree.state)
    openings = waiting.openings([tree.pk], now=now, rules=rules).get(tree.pk, ())
    stuck = waiting.stuck(now=now, rules=rules, lang=tree.lang).get(tree.pk)
    log = ActionLog.objects.filter(tree=tree.pk).select_related("by", "person").order_by("-pk")
    context = {
        "tree": tree,
        "state": STATES[state],
        "nodes": _nodes(tree),
        "waits": waits(tree, openings, apart=True),
        "stuck": STUCK[stuck] if stuck else None,
        "transitions": _transitions(tree),
        "lines": audit.lines_of(audit.with_trees(log)[:HISTORY]),
        "deeds": _deeds(state, wrong),
        "undo": moderation_queue.undoable(request, by, now),
        "problem": str(problem) if problem else "",
    }
    return render(request, "moderation/tree.html", context, status=problem.status if problem else status)


@dataclass(frozen=True)
class Deed:
    """Something that can be done to the tree now."""

    verb: str
    to: str
    form: Form
    about: str = ""
    danger: bool = False


def _deeds(state: State, wrong: Form | None) -> list[Deed]:
    def form(kind: type[Form]) -> Form:
        return wrong if isinstance(wrong, kind) else kind()

    found = []
    if state is State.SCORING_FAILED:
        found.append(Deed(_("Compute its result again"), "retry_tree", form(RetryForm)))
    if state in (State.HALTED_BY_MODERATOR, State.ABORTED_LOW_GRADE):
        about = _("It goes on where it was. Red flags and skips will not stop it by themselves any more.")
        found.append(Deed(_("Let it go on"), "resume_tree", form(ResumeForm), about))
    if state is not State.HALTED_BY_MODERATOR:
        about = _("Nothing more of it is handed out. What people hold is taken from them; their texts stay.")
        found.append(Deed(_("Stop it"), "halt_tree", form(HaltForm), about, danger=True))
    return found


@dataclass(frozen=True)
class Moved:
    """One step of its life."""

    row: TreeTransition
    came_from: Promise | str
    went_to: Promise | str


def _transitions(tree: Tree) -> list[Moved]:
    return [
        Moved(row, STATES[State(row.from_state)] if row.from_state else "", STATES[State(row.to_state)])
        for row in tree.transitions.select_related("by")
    ]


def _nodes(tree: Tree) -> list[Node]:
    every = list(Message.objects.filter(tree=tree).select_related("author").order_by("created_at", "pk"))
    top = next((message for message in every if message.parent_id is None), None)
    if top is None:
        raise Http404
    letters, harmful = _letters(every), outline.harmful_in(tree.pk)
    nodes = {
        message.pk: Node(message, min(depth, NESTED), letters.get(message.pk, ""), message.pk in harmful)
        for message, depth in outline.reading_order(every, top)
    }
    for review in Review.objects.filter(message__tree=tree).select_related("reviewer").order_by("created_at", "pk"):
        answers = [(LABELS[name], value) for name, value in review.labels.items() if name in LABELS]
        nodes[review.message_id].reviews.append(Reviewed(review, answers))
    for ranking in Ranking.objects.filter(parent__tree=tree).select_related("ranker").order_by("created_at", "pk"):
        nodes[ranking.parent_id].rankings.append(_ranked(ranking, letters))
    for finding in Finding.objects.filter(message__tree=tree, outdated_at=None).order_by("pk"):
        nodes[finding.message_id].findings.append((CONCERNS[finding.concern], finding))
    held = Task.objects.filter(tree=tree, state="claimed").select_related("claimed_by").order_by("claimed_at")
    for task in held:
        nodes[task.message_id].held.append(task)
    return list(nodes.values())


def _letters(every: Sequence[Message]) -> dict[UUID, str]:
    """A letter for each message that has siblings, in the order in which they were written."""
    siblings: dict[UUID, list[UUID]] = defaultdict(list)
    for message in every:
        if message.parent_id is not None:
            siblings[message.parent_id].append(message.pk)
    return {
        pk: ascii_uppercase[number % 26] + (str(number // 26) if number >= 26 else "")
        for family in siblings.values()
        if len(family) > 1
        for number, pk in enumerate(family)
    }


def _ranked(ranking: Ranking, letters: Mapping[UUID, str]) -> Ranked:
    groups = [" = ".join(letters.get(UUID(pk), "?") for pk in group) for group in ranking.order]
    why_not: Promise | str = ""
    if ranking.not_rankable:
        why_not = NOT_RANKABLE[NotRankable(ranking.why_not)] if ranking.why_not else _("They cannot be ranked")
    return Ranked(ranking, " > ".join(groups), why_not)
