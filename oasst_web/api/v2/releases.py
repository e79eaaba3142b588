"""Published datasets, and what was taken back from them: for everybody, without a key."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from rest_framework.serializers import CharField

from exports import takedowns
from exports.locking import ReleaseNotFound
from exports.models import Release, ReleaseState, Tombstone
from oasst_web.api.routes import Call, Routes
from oasst_web.api.v2 import release_schemas as shapes

routes = Routes()


@routes.add("GET", "releases", query=shapes.ReleaseQuery, answer=shapes.ReleaseList)
def list_releases(call: Call) -> Any:
    """Published datasets, newest first. One that was taken back says so."""
    return {"items": [_shown(release) for release in _published()[: call.query["limit"]]]}


@routes.add(
    "GET",
    "releases/{name}",
    params={"name": CharField(max_length=64)},
    answer=shapes.ReleaseDetail,
    raises=(ReleaseNotFound,),
)
def show_release(call: Call) -> Any:
    """One dataset with its manifest, its audit, and its files as they are now."""
    release = _published().filter(name=call.path["name"]).first()
    if release is None:
        raise ReleaseNotFound
    assert release.manifest is not None
    changed = takedowns.applied(release).get("files", {})
    files = [
        {
            "path": path,
            **(changed.get(path) or row),
            "url": call.request.build_absolute_uri(reverse("release_file", args=[release.name, path])),
        }
        for path, row in sorted(release.manifest["files"].items())
    ]
    return _shown(release) | {"manifest": release.manifest, "audit": release.audit, "files": files}


@routes.add("GET", "ledger", query=shapes.LedgerQuery, answer=shapes.Ledger)
def show_ledger(call: Call) -> Any:
    """What was taken back from published datasets, oldest first: ids of the release, and never a text."""
    rows = Tombstone.objects.filter(number__gt=call.query["after"]).select_related("release").order_by("number")
    if name := call.query.get("release"):
        rows = rows.filter(release__name=name)
    found = rows.defer("release__grams", "release__seed", "release__manifest", "release__audit")
    return {"items": [takedowns.line(stone, stone.release.name) for stone in found[: call.query["limit"]]]}


def _published() -> Any:
    published = Release.objects.filter(state=ReleaseState.PUBLISHED)
    return published.select_related("recall").defer("grams", "seed")


def _shown(release: Release) -> dict[str, Any]:
    assert release.manifest is not None
    recall = getattr(release, "recall", None)
    counts = release.manifest["counts"]
    return {
        "name": release.name,
        "title": release.config["title"],
        "license": release.config["license"],
        "use": release.config["use"],
        "published_at": release.published_at,
        "recalled_at": recall and recall.at,
        "recalled_why": recall.why if recall else "",
        "trees": counts["trees"],
        "messages": counts["messages"],
        "manifest_sha256": release.manifest_digest,
    }
