"""One conversation tree as an outline, and what a reader may do with a message: react, report."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from uuid import UUID

from django.contrib import messages
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from moderation import reports
from oasst_web.forms.reports import ReportForm
from oasst_web.pages import doors
from oasst_web.pages.figures import percent
from ranking import Cause
from tasks import reactions
from tasks.models import Message, Preference, Reaction, Tree
from tasks.topics import TOPICS, Difficulty, Topic
from tasks.tree_states import UNDER_REVIEW, State

THUMBS = ("+1", "-1")

#: Why rankers are split over a reply and the one ranked next.
CAUSES: dict[str, Promise] = {
    Cause.LACK_OF_VOTES: gettext_lazy("There are too few rankings to settle it."),
    Cause.UNRELIABLE_VOTER: gettext_lazy("A single ranking that looks like chance stands against the others."),
    Cause.TWO_CAMPS: gettext_lazy("The rankers are of two minds: it seems a matter of taste."),
    Cause.NEAR_EQUALS: gettext_lazy("The two are about equally good."),
    Cause.UNCLEAR_LABELS: gettext_lazy("People do not agree what these replies are worth."),
}

#: Levels drawn one inside the other. Deeper ones follow each other at the same indent: a phone is narrow, and the
#: template draws a branch by including itself.
NESTED = 12

#: From so many messages on, a tree is shown folded below its first levels: one sees where it leads before reading.
LARGE = 40
#: Levels of replies that a large tree shows at once.
LEVELS = 2


@dataclass
class Thumb:
    """One reaction as a reader sees it."""

    emoji: str
    mine: bool
    count: int | None
    """How many people; None until the reader has reacted, so that nobody follows the crowd."""


@dataclass
class Branch:
    """One message with the branches below it. A message the reader may not see leaves an empty place."""

    message: Message | None
    thumbs: list[Thumb] = field(default_factory=list)
    replies: list[Branch] = field(default_factory=list)
    in_question: bool = False
    """The reader came for this one."""
    how_sure: list[str | Promise] = field(default_factory=list)
    """Sentences on its place before the reply ranked next; none while the tree is not finished."""
    open: bool = True
    """Its replies show at once."""


@doors.taking_part
@require_safe
def tree(request: HttpRequest, tree_id: UUID) -> HttpResponse:
    """The whole conversation, from top to bottom."""
    person = doors.person(request)
    found = get_object_or_404(Tree, pk=tree_id)
    visible = {message.pk: message for message in Message.objects.visible_to(person).filter(tree=found)}
    if not visible:
        raise Http404
    every = list(Message.objects.filter(tree=found).order_by("created_at", "pk").values_list("pk", "parent_id"))
    thumbs = _thumbs(person, visible)
    asked = request.GET.get("at", "")
    branches = {pk: Branch(visible.get(pk), thumbs.get(pk, []), in_question=str(pk) == asked) for pk, _parent in every}
    root: Branch | None = None
    for pk, parent_id in every:
        if parent_id is None:
            root = branches[pk]
        else:
            branches[parent_id].replies.append(branches[pk])
    for branch in branches.values():
        branch.replies.sort(key=lambda reply: (reply.message is None, _rank(reply)))
    if found.state == State.READY_FOR_EXPORT:
        _say_how_sure(found, branches.values())
    mine = [message for message in visible.values() if message.author_id == person.pk]
    if root is not None and len(every) >= LARGE:
        _fold(root, {message.pk for message in mine} | {pk for pk in visible if str(pk) == asked}, LEVELS)
    context = {
        "tree": found,
        "root": root and _flat_below(_without_empty_ends(root), NESTED),
        "count": len(visible),
        "mine": sorted(mine, key=lambda message: (message.created_at, message.pk)),
        "difficulty": Difficulty(found.difficulty).label if found.difficulty else "",
        "topic": TOPICS[Topic(found.topic)] if found.topic in list(Topic) else "",
        # While messages are reviewed, judging is blind.
        "blind": found.state in UNDER_REVIEW and not person.is_moderator,
    }
    return render(request, "trees/tree.html", context)


def _fold(branch: Branch, wanted: Collection[UUID], levels: int) -> bool:
    """Open the first levels, and the way to each wanted message; returns whether one is here."""
    below = [_fold(reply, wanted, levels - 1) for reply in branch.replies]
    branch.open = levels > 0 or any(below)
    return any(below) or (branch.message is not None and branch.message.pk in wanted)


def _rank(branch: Branch) -> float:
    message = branch.message
    return float("inf") if message is None or message.rank is None else message.rank


def _say_how_sure(tree: Tree, branches: Iterable[Branch]) -> None:
    """What the rankings tell of each reply and the one ranked next, in one query."""
    stored = Preference.objects.filter(parent__tree=tree)
    by_pair = {frozenset((row.chosen_id, row.rejected_id)): row for row in stored}
    for branch in branches:
        there = [(reply, reply.message) for reply in branch.replies if reply.message is not None]
        ranked = [(reply, message) for reply, message in there if message.rank is not None]
        for (reply, better), (_following, worse) in pairwise(ranked):
            found = by_pair.get(frozenset((better.pk, worse.pk)))
            if found is not None:
                reply.how_sure = _how_sure(better, worse, found)


def _how_sure(better: Message, worse: Message, found: Preference) -> list[str | Promise]:
    if found.tied or better.rank == worse.rank:
        said = _("The rankings cannot tell it from the reply ranked next.")
    else:
        # In a circle, or between near-equals, ranked pairs may order two replies against their preference.
        chance = found.p_better if found.chosen_id == better.pk else 1.0 - found.p_better
        # Nothing is certain, so no chance is rounded up to 100 %.
        said = _("Better than the reply ranked next with a chance of %(chance)s.") % {
            "chance": percent(min(chance, 0.99))
        }
    return [said, CAUSES[found.cause]] if found.cause else [said]


def _without_empty_ends(branch: Branch) -> Branch:
    """Places of unseen messages are kept only where something below them can be seen."""
    kept = [_without_empty_ends(reply) for reply in branch.replies]
    branch.replies = [reply for reply in kept if reply.message is not None or reply.replies]
    return branch


def _flat_below(branch: Branch, levels: int) -> Branch:
    """At the last nested level, everything deeper becomes one list, in the order in which it is read."""
    if levels > 1:
        branch.replies = [_flat_below(reply, levels - 1) for reply in branch.replies]
        return branch
    below, todo = [], branch.replies[::-1]
    while todo:
        following = todo.pop()
        todo.extend(following.replies[::-1])
        following.replies = []
        below.append(following)
    branch.replies = below
    return branch


def _thumbs(person: User, shown: Iterable[UUID]) -> dict[UUID, list[Thumb]]:
    """The thumbs under each message, in two queries."""
    ids = list(shown)
    rows = Reaction.objects.filter(message_id__in=ids, emoji__in=THUMBS)
    mine = set(rows.filter(person=person).values_list("message_id", "emoji"))
    counts: dict[UUID, dict[str, int]] = defaultdict(dict)
    for message_id, emoji, count in rows.values_list("message_id", "emoji").annotate(Count("pk")):
        counts[message_id][emoji] = count
    reacted = {message_id for message_id, _emoji in mine}
    return {
        pk: [Thumb(e, (pk, e) in mine, counts[pk].get(e, 0) if pk in reacted else None) for e in THUMBS] for pk in ids
    }


def turns(person: User, conversation: Iterable[Message]) -> list[Branch]:
    """A conversation as a list, each message with its thumbs; for pages that show one way through a tree."""
    shown = list(conversation)
    thumbs = _thumbs(person, [turn.pk for turn in shown if not turn.deleted]) if shown else {}
    return [Branch(None if turn.deleted else turn, thumbs.get(turn.pk, [])) for turn in shown]


@doors.taking_part
@require_safe
def message(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """The place of one message in its tree."""
    return redirect(_place(_visible(doors.person(request), message_id)))


@doors.taking_part
@require_POST
@doors.limited("reactions")
def react(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """Give or take back a thumb. With htmx only the thumbs are drawn anew."""
    person = doors.person(request)
    found = _visible(person, message_id)
    emoji = request.POST.get("emoji", "")
    if emoji in THUMBS:
        reactions.toggle(message_id=found.pk, person=person, emoji=emoji, now=timezone.now())
    if request.headers.get("HX-Request"):
        branch = Branch(found, _thumbs(person, [found.pk])[found.pk])
        return render(request, "trees/_thumbs.html", {"branch": branch})
    return redirect(_place(found))


@doors.taking_part
@require_http_methods(["GET", "HEAD", "POST"])
@doors.limited("reports")
def report(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """Tell the moderators what is wrong with a message."""
    person = doors.person(request)
    found = _visible(person, message_id)
    form = ReportForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        reports.report(
            message_id=found.pk,
            person=person,
            labels=form.cleaned_data["labels"],
            text=form.cleaned_data["text"],
            now=timezone.now(),
        )
        messages.success(request, _("Thank you. The moderators will look at it."))
        return redirect(_place(found))
    status = 422 if form.is_bound else 200
    return render(request, "trees/report.html", {"message": found, "form": form}, status=status)


def _visible(person: User, message_id: UUID) -> Message:
    found: Message = get_object_or_404(Message.objects.visible_to(person), pk=message_id)
    return found


def _place(found: Message) -> str:
    return f"{reverse('tree', args=[found.tree_id])}?at={found.pk}#m-{found.pk}"
