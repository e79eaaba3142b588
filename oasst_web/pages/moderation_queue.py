"""The moderators' queue: what waits, how much of it, the next item, and many items at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from random import SystemRandom
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.db.models import Count, Min, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts import profiles
from accounts.models import User
from common.errors import DomainError
from moderation import decisions, exposure, queue, undoing
from moderation.models import ActionLog, QueueItem
from moderation.severity import SOURCES, Severity, Source
from oasst_web.forms.moderating import BulkForm, FilterForm, LimitForm
from oasst_web.pages import doors
from tasks import rulebook
from tasks.fates import STATES
from tasks.tree_states import State

#: Items of a page.
SIZE = 30
#: Severe items that are shown by themselves, and how new they are.
NEWS, NEW = 5, timedelta(hours=1)
#: Letters of a text in a list.
FIRST = 160


@dataclass(frozen=True)
class Row:
    """One item in a list. Of a harmful one the text is not even sent."""

    item: QueueItem
    severity: str
    sources: Sequence[Promise]
    line: str
    held_by_me: bool
    held: bool


@dataclass(frozen=True)
class Figures:
    """How much there is to do, and how much was done."""

    severities: Sequence[tuple[str, str, int]]
    """Value, name, how many wait."""
    sources: Sequence[tuple[Promise, int]]
    oldest: datetime | None
    seen: int
    limit: int
    today: int

    @property
    def waiting(self) -> int:
        return sum(count for _value, _name, count in self.severities)

    @property
    def enough(self) -> bool:
        """This moderator saw as much harm as one may in a day."""
        return self.seen >= self.limit


def row(item: QueueItem, by: User, now: datetime) -> Row:
    held = item.is_held(now)
    return Row(
        item=item,
        severity=Severity(item.severity).name.lower(),
        sources=[SOURCES[Source(each)] for each in item.sources],
        line="" if item.harmful else " ".join(item.message.text[: 2 * FIRST].split())[:FIRST],
        held_by_me=held and item.claimed_by_id == by.pk,
        held=held,
    )


@doors.moderating
@require_safe
def moderation_queue(request: HttpRequest) -> HttpResponse:
    """What waits, the worst first."""
    by, now = doors.person(request), timezone.now()
    form = FilterForm(request.GET)
    waiting = QueueItem.objects.waiting().matching(form.wanted(now)).select_related("message", "claimed_by")
    found = list(_after(waiting, request.GET.get("after", ""))[: SIZE + 1])
    kept = request.GET.copy()
    for name in ("after", "done", "batch"):
        kept.pop(name, None)
    context = {
        "form": form,
        "filter": kept.urlencode(),
        "filtered": any(kept.values()),
        "rows": [row(item, by, now) for item in found[:SIZE]],
        "after": _cursor(found[SIZE - 1]) if len(found) > SIZE else "",
        "bulk": BulkForm(),
        "mine": [row(item, by, now) for item in _held(by, now)],
        "limit_form": LimitForm(initial={"limit": profiles.of(by).harm_limit}),
        "undo": undoable(request, by, now),
        "batch": _undoable_batch(request, by, now),
        **live_context(by, now),
    }
    return render(request, "moderation/queue.html", context)


def _held(by: User, now: datetime) -> QuerySet[QueueItem]:
    held: QuerySet[QueueItem] = QueueItem.objects.held_by(by, now=now).select_related("message", "claimed_by")
    return held


def _after(waiting: QuerySet[QueueItem], cursor: str) -> QuerySet[QueueItem]:
    """Those that come after the cursor in the order of the queue. A cursor we cannot read means the first page."""
    try:
        severity, moment, pk = cursor.split("_")
        at = parse_datetime(moment)
        worse, later = int(severity), UUID(pk)
    except ValueError:
        return waiting
    if at is None or at.tzinfo is None:
        return waiting
    same = Q(severity=worse)
    return waiting.filter(Q(severity__lt=worse) | same & Q(opened_at__gt=at) | same & Q(opened_at=at, pk__gt=later))


def _cursor(item: QueueItem) -> str:
    return f"{item.severity}_{item.opened_at.isoformat()}_{item.pk}"


def figures(by: User, now: datetime) -> Figures:
    """Three queries over what waits, two about this moderator."""
    waiting = QueueItem.objects.filter(processed=False)
    by_severity = dict(waiting.order_by().values_list("severity").annotate(count=Count("pk")))
    sources: dict[str, Any] = {each.value: Count("pk", filter=Q(sources__contains=[each.value])) for each in Source}
    counted = waiting.aggregate(oldest=Min("opened_at"), **sources)
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return Figures(
        severities=[
            (each.name.lower(), str(each.label), by_severity.get(each.value, 0)) for each in reversed(Severity)
        ],
        sources=[(SOURCES[each], counted[each.value]) for each in Source],
        oldest=counted["oldest"],
        seen=exposure.seen(by, now=now),
        limit=exposure.limit(by),
        today=ActionLog.objects.filter(by=by, at__gte=midnight).count(),
    )


def live_context(by: User, now: datetime) -> dict[str, Any]:
    """What refreshes by itself: the figures, and the severe items that came just now."""
    newest = QueueItem.objects.filter(processed=False, severity=Severity.SEVERE, opened_at__gt=now - NEW)
    rows = [row(item, by, now) for item in newest.select_related("message", "claimed_by").order_by("-opened_at")[:NEWS]]
    named = " ".join(f"{each.item.pk}{each.item.opened_at}{each.held}" for each in rows)
    return {"figures": figures(by, now), "severe": rows, "seen": sha256(named.encode()).hexdigest()[:12]}


@doors.moderating
@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """The part of the page that asks again every few seconds. The list of severe items only comes along when it is
    another one: what is read aloud must not be read aloud again."""
    context = live_context(doors.person(request), timezone.now())
    context["changed"] = request.GET.get("seen") != context["seen"]
    return render(request, "moderation/_queue_live.html", {**context, "again": True})


@doors.moderating
@require_POST
def take_next(request: HttpRequest) -> HttpResponse:
    """Hold the next item of those that are wanted."""
    by, now = doors.person(request), timezone.now()
    item = queue.claim_next(by=by, wanted=FilterForm(request.POST).wanted(now), now=now)
    if item is None:
        enough = exposure.left(by, now=now) <= 0
        messages.info(
            request,
            _("For you there is nothing more today that is harmless to read. Thank you; others take over.")
            if enough
            else _("There is nothing for you to decide just now."),
        )
        return redirect("moderation_queue")
    return redirect("moderation_item", item.pk)


@doors.moderating
@require_POST
def choose_limit(request: HttpRequest) -> HttpResponse:
    """See less in a day than the site would show."""
    form = LimitForm(request.POST)
    if form.is_valid():
        exposure.choose_limit(by=doors.person(request), limit=form.cleaned_data["limit"], now=timezone.now())
        messages.success(request, _("From now on you see at most so much in a day."))
    else:
        messages.error(request, _("Give a whole number, or nothing for as much as everybody."))
    return redirect("moderation_queue")


@doors.moderating
@require_POST
def bulk(request: HttpRequest) -> HttpResponse:
    """First what would change, then the same form again to do it."""
    by, now = doors.person(request), timezone.now()
    form = BulkForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Tick at least one message, and choose what to do with them."))
        return redirect("moderation_queue")
    ids, batch = form.cleaned_data["items"], uuid4()
    given: dict[str, Any] = {"by": by, "now": now, "rules": rulebook.in_force(), "rng": SystemRandom()}
    if "sure" not in request.POST:
        effect = decisions.preview(message_ids=ids, ruling=form.ruling(batch), **given)
        context = {"form": form, "effect": effect, "count": len(ids), "chosen": ids, "moves": _moves(effect)}
        return render(request, "moderation/bulk.html", context)
    effect = decisions.decide_many(message_ids=ids, ruling=form.ruling(batch), **given)
    done = len(ids) - sum((effect.refused or {}).values())
    messages.success(
        request,
        ngettext("Decided about %(count)d message.", "Decided about %(count)d messages.", done) % {"count": done},
    )
    for sentence, count in (effect.refused or {}).items():
        messages.error(request, f"{count} × {sentence}")
    response = redirect("moderation_queue")
    response["Location"] += f"?batch={batch}"
    return response


def _moves(effect: decisions.Effect) -> list[tuple[Promise, Promise, int]]:
    return [(STATES[State(one)], STATES[State(other)], count) for (one, other), count in (effect.moves or {}).items()]


@doors.moderating
@require_POST
def undo_batch(request: HttpRequest, batch: UUID) -> HttpResponse:
    """Take back what was just done in one go."""
    by = doors.person(request)
    undone = undoing.undo_batch(batch=batch, by=by, now=timezone.now(), rules=rulebook.in_force(), rng=SystemRandom())
    messages.success(
        request, ngettext("Took %(count)d decision back.", "Took %(count)d decisions back.", undone) % {"count": undone}
    )
    return redirect("moderation_queue")


@doors.moderating
@require_POST
def undo(request: HttpRequest, line_id: int) -> HttpResponse:
    """Take one decision back, and look at its message again."""
    by, now = doors.person(request), timezone.now()
    try:
        line = undoing.undo(line_id=line_id, by=by, now=now, rules=rulebook.in_force(), rng=SystemRandom())
    except DomainError as refusal:
        messages.error(request, str(refusal))
        return redirect("moderation_queue")
    messages.success(request, _("Taken back."))
    if line.message_id is None or not QueueItem.objects.filter(pk=line.message_id).exists():
        return redirect("moderation_queue")
    return redirect("moderation_item", line.message_id)


def undoable(request: HttpRequest, by: User, now: datetime) -> dict[str, Any] | None:
    """The decision that was just made, while it can be taken back."""
    asked = request.GET.get("done", "")
    line = ActionLog.objects.filter(pk=int(asked)).first() if asked.isdecimal() and len(asked) < 18 else None
    if line is None or not undoing.is_undoable(line, by=by, now=now) or hasattr(line, "undone_by"):
        return None
    return {"line": line, "seconds": round((line.at + undoing.UNDOABLE - now).total_seconds())}


def _undoable_batch(request: HttpRequest, by: User, now: datetime) -> UUID | None:
    try:
        batch = UUID(request.GET.get("batch", ""))
    except ValueError:
        return None
    young = ActionLog.objects.filter(batch=batch, by=by, at__gt=now - undoing.UNDOABLE, undone_by=None)
    return batch if young.exists() else None
