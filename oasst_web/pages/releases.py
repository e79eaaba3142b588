"""Releases for everybody: what there is, what is in each, its files, what was taken back, and what is mine in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from uuid import UUID

from django.db.models import Count
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe
from whitenoise.responders import StaticFile

from accounts.models import User
from exports import takedowns
from exports.formats import FORMATS
from exports.models import Release, ReleasedMessage, ReleaseState, Tombstone, Why
from exports.releases import manifest, places
from exports.releases.card import NAME as CARD
from exports.releases.comparing import difference
from exports.training import SPLITS
from oasst_web.forms.releases import RecallForm
from oasst_web.pages import cursors, doors
from tasks.models import Message

#: Lines of the ledger on its page.
LINES = 100
#: Files whose rows nobody looks for: they say what the release is.
ABOUT = ("README.md", "audit.json", "croissant.json", "manifest.json", "oasst-apply-takedowns", takedowns.APPLIED)
#: Releases on the page of all.
MOST = 100
#: Where a release stands, for the look of its badge.
TONES: Mapping[str, str] = {
    ReleaseState.PUBLISHED: "good",
    ReleaseState.FAILED: "bad",
    ReleaseState.BUILT: "accent",
}


@dataclass(frozen=True)
class File:
    """One file of rows, as it is now."""

    path: str
    name: str
    size: int
    sha256: str
    changed: bool
    """Something was taken out of it since."""


@dataclass(frozen=True)
class InFormat:
    """The files of one format that have rows."""

    name: str
    about: str
    rows: int
    files: list[File]


def find(request: HttpRequest, name: str) -> Release:
    """A release this person may see: a published one, or any, for administrators. Raises Http404."""
    release = Release.objects.select_related("recall").defer("grams", "seed").filter(name=name).first()
    if release is None or not (release.published or _is_admin(request)):
        raise Http404
    return release


def _is_admin(request: HttpRequest) -> bool:
    return isinstance(request.user, User) and request.user.is_admin


@require_safe
def releases(request: HttpRequest) -> HttpResponse:
    """Published ones; for administrators the others too."""
    every = Release.objects.select_related("recall").defer("grams", "seed", "audit")
    shown = every.filter(state=ReleaseState.PUBLISHED)[:MOST]
    unfinished = every.exclude(state=ReleaseState.PUBLISHED)[:MOST] if _is_admin(request) else ()
    waiting = [(release, TONES.get(release.state, "")) for release in unfinished]
    context = {"releases": shown, "unfinished": waiting, "may_ask": _is_admin(request)}
    return render(request, "releases/releases.html", context)


@require_safe
def release(request: HttpRequest, name: str) -> HttpResponse:
    """Its card, its figures, its files. While a job builds it, htmx asks again."""
    return page(request, find(request, name))


def page(request: HttpRequest, found: Release, *, form: RecallForm | None = None, status: int = 200) -> HttpResponse:
    progress = {
        "release": found,
        "tone": TONES.get(found.state, ""),
        "worked_on": found.state in (ReleaseState.ASKED, ReleaseState.BUILDING),
    }
    if request.headers.get("HX-Request"):
        return render(request, "releases/_progress.html", progress)
    signed = list(found.sign_offs.all())
    people = {person.pk: person for person in User.objects.filter(pk__in=[each.person_id for each in signed])}
    me = request.user.pk
    others = Release.objects.filter(state=ReleaseState.PUBLISHED, pk__lt=found.pk)
    context = {
        **progress,
        "recall": getattr(found, "recall", None),
        "card": _card(found),
        "counts": found.manifest["counts"] if found.manifest else None,
        "gates": found.audit["gates"] if found.audit else (),
        "formats": list(_formats(found)),
        "about": list(_about(found)),
        "taken_back": Tombstone.objects.filter(release=found).count(),
        "mine": _mine(request, found).count() if request.user.is_authenticated else None,
        "others": others.values_list("name", flat=True)[:20],
        "is_admin": _is_admin(request),
        "signed": [(people.get(cast("UUID", each.person_id)), each.at) for each in signed],
        "may_sign": found.state == ReleaseState.BUILT and found.passed and me not in people,
        "form": form or RecallForm(),
    }
    return render(request, "releases/release.html", context, status=status)


def _card(release: Release) -> str:
    """README.md without what only machines read."""
    path = places.of(release.name) / CARD
    if not release.manifest or not path.exists():
        return ""
    text = path.read_text(encoding="utf-8")
    _yaml, _line, rest = text.removeprefix("---\n").partition("\n---\n")
    return rest.strip()


def _formats(release: Release) -> Iterator[InFormat]:
    if release.manifest is None:
        return
    changed, counts = takedowns.applied(release).get("files", {}), release.manifest["counts"]
    for name, row in FORMATS.items():
        files = []
        for split, _share in SPLITS:
            for path, published in sorted(release.manifest["files"].items()):
                begins = f"data/{name}/{split}."
                if path.startswith(begins) and counts["rows_by_format_and_split"].get(f"{name} {split}"):
                    now = changed.get(path, published)
                    short = path.removeprefix(f"data/{name}/")
                    files.append(File(path, short, now["bytes"], now["sha256"], path in changed))
        if files:
            yield InFormat(name, row.about, counts["rows_by_format"][name], files)


def _about(release: Release) -> Iterator[str]:
    if release.manifest is not None:
        yield from (name for name in ABOUT if (places.of(release.name) / name).exists())


@require_safe
def file(request: HttpRequest, name: str, path: str) -> HttpResponse:
    """One file. A transfer that broke off can go on; if the file changed meanwhile, it begins anew."""
    found = find(request, name)
    if hasattr(found, "recall"):
        return render(request, "releases/recalled.html", {"release": found, "recall": found.recall}, status=410)
    if found.manifest is None or (path not in found.manifest["files"] and path not in ABOUT):
        raise Http404
    if elsewhere := places.address(found.name, path):
        return redirect(elsewhere)
    place = places.of(found.name) / path
    if not place.is_file():
        raise Http404
    return _sent(request, place, _digest(found, path))


def _digest(release: Release, path: str) -> str:
    """Of what the file is now."""
    assert release.manifest is not None
    now = takedowns.applied(release)
    said = now.get("files", {}).get(path) or release.manifest["files"].get(path)
    if said is not None:
        return str(said["sha256"])
    return release.manifest_digest if path == manifest.NAME else str(now.get("up_to", 0))


def _sent(request: HttpRequest, place: Path, digest: str) -> HttpResponse:
    etag = f'"{digest}"'
    headers = [
        ("ETag", etag),
        ("Accept-Ranges", "bytes"),
        ("Cache-Control", "no-cache"),
        ("Content-Disposition", f'attachment; filename="{place.name}"'),
    ]
    asked = dict(request.META)
    if asked.get("HTTP_IF_RANGE", etag) != etag:
        asked.pop("HTTP_RANGE", None)
    answer = StaticFile(str(place), headers).get_response(request.method, asked)
    sent: Any = HttpResponse() if answer.file is None else FileResponse(answer.file)
    sent.status_code = answer.status
    for header in list(sent.headers):
        del sent[header]
    for header, value in answer.headers:
        sent[header] = value
    sent["Content-Type"] = "text/plain; charset=utf-8" if place.suffix in ("", ".md") else "application/octet-stream"
    return cast("HttpResponse", sent)


@doors.signed_in
@require_safe
def mine(request: HttpRequest, name: str) -> HttpResponse:
    """My messages in it, newest first, and what of mine was taken back."""
    found = find(request, name)
    rows = Message.objects.filter(author=doors.person(request), pk__in=_mine(request, found).values("message_id"))
    shown = cursors.page(rows, after=request.GET.get("after", ""))
    gone = set(
        ReleasedMessage.objects.filter(release=found, message_id__in=[row.pk for row in shown.rows])
        .exclude(gone_at=None)
        .values_list("message_id", flat=True)
    )
    context = {
        "release": found,
        "page": shown,
        "mine": [(row, row.pk in gone) for row in shown.rows],
        "count": _mine(request, found).count(),
        "answers": found.people.filter(person_id=doors.person(request).pk).first(),
    }
    return render(request, "releases/mine.html", context)


def _mine(request: HttpRequest, release: Release) -> Any:
    written = Message.objects.filter(author=request.user.pk).values("pk")
    return ReleasedMessage.objects.filter(release=release, message_id__in=written)


@require_safe
def compare(request: HttpRequest, name: str, other: str) -> HttpResponse:
    """What changed from `other` to this one."""
    new, old = find(request, name), find(request, other)
    if new.manifest is None or old.manifest is None:
        raise Http404
    return render(request, "releases/compare.html", {"old": old, "new": new, "difference": difference(old, new)})


@require_safe
def ledger(request: HttpRequest) -> HttpResponse:
    """What was taken back, newest first: for people. Programs read ledger.jsonl."""
    rows = Tombstone.objects.select_related("release").order_by("-number")
    before = request.GET.get("before", "")
    if before.isdecimal() and len(before) < 10:
        rows = rows.filter(number__lt=int(before))
    shown = list(rows.defer("release__grams", "release__seed", "release__manifest", "release__audit")[: LINES + 1])
    counts = Tombstone.objects.values("why").annotate(count=Count("pk")).order_by("why")
    context = {
        "stones": shown[:LINES],
        "before": shown[LINES - 1].number if len(shown) > LINES else "",
        "counts": [(Why(row["why"]).label, row["count"]) for row in counts],
    }
    return render(request, "releases/ledger.html", context)


@require_safe
def ledger_file(request: HttpRequest) -> HttpResponse:
    """All lines, or with ?after=N those with a higher number: who has the others need not get them again."""
    after = request.GET.get("after", "")
    number = int(after) if after.isdecimal() and len(after) < 10 else 0
    answer = StreamingHttpResponse(takedowns.ledger(after=number), content_type="application/jsonl; charset=utf-8")
    return cast("HttpResponse", answer)  # Sent in pieces, so Django gives it another type.
