"""The log of what moderators did: to read, to search, to take away. No page writes it, and the database lets nobody."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from accounts.models import Role, Status
from moderation import auditing, dossier
from moderation.auditing import ACTIONS, COLUMNS, NOTED, PROPOSALS, Asked
from moderation.dossier import Sought
from moderation.models import Action, ActionLog
from moderation.reasons import REASONS, Reason
from oasst_web.forms.people import AuditForm
from oasst_web.pages import doors
from tasks.fates import STATES
from tasks.models import Tree

#: Lines of a page.
SIZE = 40
#: People of the same name whose lines are looked for together.
NAMESAKES = 50
#: What a spreadsheet would take for a formula.
FORMULAS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Change:
    """One thing as it was and as it is since."""

    name: str
    before: str
    after: str


@dataclass(frozen=True)
class Line:
    """One line of the log as people read it."""

    stored: ActionLog
    action: Promise | str
    reason: Promise | str
    changes: list[Change]
    proposal: int | None
    into: str
    """The account that stayed after a merge."""
    tree_there: bool


@doors.moderating
@require_safe
def audit_log(request: HttpRequest) -> HttpResponse:
    """The newest lines, or those that are asked for."""
    form, asked = _asked(request)
    found = auditing.lines(asked, by=doors.person(request))
    before = request.GET.get("before", "")
    if before.isdecimal() and len(before) < 19:
        found = found.filter(pk__lt=int(before))
    rows = list(with_trees(found)[: SIZE + 1])
    kept = request.GET.copy()
    kept.pop("before", None)
    context = {
        "form": form,
        "filtered": any(kept.values()),
        "filter": kept.urlencode(),
        "lines": lines_of(rows[:SIZE]),
        "before": rows[SIZE - 1].pk if len(rows) > SIZE else "",
    }
    return render(request, "moderation/audit.html", context)


def _asked(request: HttpRequest) -> tuple[AuditForm, Asked]:
    form = AuditForm(request.GET or None)
    if not form.is_bound:
        return form, Asked()
    form.is_valid()
    words = form.person_words
    people: list[UUID] | None = None
    if words:
        named = dossier.search(Sought(words=words), by=doors.person(request))
        # Of an account that is gone altogether only the id is left, and the log still knows it.
        people = [form.person_id] if form.person_id else list(named.values_list("pk", flat=True)[:NAMESAKES])
    return form, form.asked(people)


def with_trees(found: QuerySet[ActionLog]) -> QuerySet[ActionLog]:
    """With whether the tree is still there to be looked at."""
    return found.annotate(tree_there=Exists(Tree.objects.filter(pk=OuterRef("tree"))))


def lines_of(rows: Iterable[ActionLog]) -> list[Line]:
    return [_line(row) for row in rows]


def _line(row: ActionLog) -> Line:
    proposal = row.after.get("proposal")
    return Line(
        stored=row,
        action=ACTIONS[Action(row.action)] if row.action in Action.values else row.action,
        reason=REASONS[Reason(row.reason)].name if row.reason in list(Reason) else "",
        changes=_changes(row.before, row.after),
        proposal=proposal if isinstance(proposal, int) else None,
        into=str(row.after.get("into", "")),
        tree_there=bool(getattr(row, "tree_there", False)),
    )


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """Side by side; what is the same before and after says nothing."""
    names = [name for name in dict.fromkeys([*before, *after]) if name not in ("proposal", "into")]
    drawn = [
        Change(str(NOTED.get(name, name)), _drawn(name, before.get(name)), _drawn(name, after.get(name)))
        for name in names
    ]
    return [change for change in drawn if change.before != change.after]


def _drawn(name: str, value: Any) -> str:
    if value is None or value == "" or value == []:
        return ""
    if isinstance(value, list):
        return ngettext("%(count)d", "%(count)d", len(value)) % {"count": len(value)}
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    known: Mapping[str, Mapping[Any, Any]] = {
        "status": dict(Status.choices),
        "role": dict(Role.choices),
        "state": {state.value: words for state, words in STATES.items()},
        "kind": {kind.value: words for kind, words in PROPOSALS.items()},
    }
    if name in known:
        return str(known[name].get(value, value))
    moment = parse_datetime(value) if isinstance(value, str) and "T" in value else None
    return date_format(timezone.localtime(moment), "DATETIME_FORMAT") if moment else str(value)


@doors.moderating
@require_safe
def audit_export(request: HttpRequest) -> HttpResponse:
    """All lines that are asked for as a file, JSON Lines or CSV for a spreadsheet: sent as the database gives them."""
    _form, asked = _asked(request)
    rows = auditing.rows(asked, by=doors.person(request))
    name = f"moderation-log-{timezone.now():%Y-%m-%d}"
    if request.GET.get("format") == "csv":
        return _file(_as_csv(rows), f"{name}.csv", "text/csv; charset=utf-8")
    return _file(_as_json(rows), f"{name}.jsonl", "application/jsonl; charset=utf-8")


def _file(text: Iterator[str], name: str, content_type: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    answer = StreamingHttpResponse(text, content_type=content_type, headers=headers)
    return cast("HttpResponse", answer)  # Sent in pieces, so Django gives it another type.


def _as_json(rows: Iterator[dict[str, Any]]) -> Iterator[str]:
    for row in rows:
        yield json.dumps(row, ensure_ascii=False) + "\n"


class _Echo:
    """A file that hands back what is written to it: what the csv module needs to write line by line."""

    def write(self, text: str) -> str:
        return text


def _as_csv(rows: Iterator[dict[str, Any]]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield writer.writerow(COLUMNS)
    for row in rows:
        yield writer.writerow([_cell(row[column]) for column in COLUMNS])


def _cell(value: Any) -> str:
    """A text that begins like a formula would be run by whoever opens the file."""
    if value is None:
        return ""
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    text = str(value)
    return f"'{text}" if text.startswith(FORMULAS) else text
