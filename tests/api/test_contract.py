"""Version 1 against Open-Assistant's published description: every route, its parameters, its answer."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from oasst_web.api.documents import document_of

ROOT = Path(__file__).resolve().parents[2]
PUBLISHED = ROOT.parent / "shared" / "reference" / "openassistant-openapi.json"
METHODS = ("get", "post", "put", "delete", "patch")

#: What differs on purpose; docs/api.md gives the reason of each.
DEVIATIONS = {
    # Secrets, hosts and switches of another program.
    "GET /api/v1/admin/backend_settings/full answer.",
}

pytestmark = pytest.mark.skipif(not PUBLISHED.exists(), reason="the published description is not beside the project")


@cache
def published() -> Any:
    return json.loads(PUBLISHED.read_text())


def operations() -> Iterator[tuple[str, str]]:
    if PUBLISHED.exists():
        for path, methods in published()["paths"].items():
            yield from ((method, path) for method in methods if method in METHODS)


def resolved(shape: Any, document: Any) -> Any:
    while isinstance(shape, Mapping) and "$ref" in shape:
        shape = document["components"]["schemas"][shape["$ref"].rsplit("/", 1)[1]]
    for joined in ("allOf", "oneOf"):
        options = [option for option in (shape or {}).get(joined, []) if option.get("type") != "null"]
        if len(options) == 1:
            return resolved(options[0], document)
    return shape


def types_of(shape: Any) -> set[str]:
    named = shape.get("type")
    found = set(named if isinstance(named, list) else [named]) - {None, "null"}
    return {"number" if name == "integer" else name for name in found}


def differences(theirs: Any, ours: Any, place: str) -> Iterator[str]:
    """Where our schema lacks something of the published one, or gives another type."""
    theirs, ours = resolved(theirs, published()), resolved(ours, document_of("v1"))
    if not theirs:
        return
    if "anyOf" in theirs:
        kinds = {kind for option in theirs["anyOf"] for kind in tasks_of(option, published())}
        known = {kind for option in ours.get("oneOf", [ours]) for kind in tasks_of(option, document_of("v1"))}
        # What was never handed out there is not promised here.
        dead = {"task_done", "summarize_story", "rate_summary", "rank_initial_prompts"}
        dead |= {"reply_to_conversation", "rank_conversation_replies", "label_conversation_reply"}
        if kinds and kinds - known - dead:
            yield f"{place}: lacks {sorted(kinds - known - dead)}"
        return
    if types_of(theirs) and types_of(ours) and not types_of(theirs) & types_of(ours):
        yield f"{place}: {types_of(ours)} instead of {types_of(theirs)}"
    for name, shape in theirs.get("properties", {}).items():
        if name not in ours.get("properties", {}):
            yield f"{place}.{name}: missing"
        else:
            yield from differences(shape, ours["properties"][name], f"{place}.{name}")
    if isinstance(theirs.get("items"), Mapping) and theirs["items"]:
        yield from differences(theirs["items"], ours.get("items", {}), f"{place}[]")
    if isinstance(theirs.get("additionalProperties"), Mapping):
        yield from differences(theirs["additionalProperties"], ours.get("additionalProperties", {}), f"{place}{{}}")


def tasks_of(option: Any, document: Any) -> list[str]:
    return list(resolved(option, document).get("properties", {}).get("type", {}).get("enum", []))


def body_of(operation: Any) -> Any:
    return operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")


def answer_of(operation: Any, status: str) -> Any:
    return operation["responses"].get(status, {}).get("content", {}).get("application/json", {}).get("schema")


def unexplained(found: Iterator[str] | list[str]) -> list[str]:
    return [line for line in found if not line.startswith(tuple(DEVIATIONS))]


@pytest.mark.parametrize(("method", "path"), list(operations()))
def test_every_published_route_is_here_with_its_parameters_and_its_answer(method: str, path: str) -> None:
    theirs = published()["paths"][path][method]
    ours = document_of("v1")["paths"].get(path, {}).get(method)
    assert ours is not None, "the route is missing"
    where = f"{method.upper()} {path}"
    known = {(each["name"], each["in"]): each for each in ours.get("parameters", [])}
    problems = []
    for wanted in theirs.get("parameters", []):
        if wanted["in"] in ("header", "cookie"):
            continue
        mine = known.get((wanted["name"], wanted["in"]))
        if mine is None:
            problems.append(f"{where} {wanted['name']}: missing")
        elif mine.get("required") and not wanted.get("required"):
            problems.append(f"{where} {wanted['name']}: required here only")
    (status,) = (status for status in theirs["responses"] if status != "422")
    if status not in ours["responses"]:
        problems.append(f"{where} {status}: another status, {sorted(ours['responses'])}")
    problems += differences(answer_of(theirs, status), answer_of(ours, status) or {}, f"{where} answer")
    if body_of(theirs) is not None:
        if body_of(ours) is None:
            problems.append(f"{where} body: missing")
        else:
            problems += differences(body_of(theirs), body_of(ours), f"{where} body")
    assert unexplained(problems) == []


def test_every_deviation_has_its_reason() -> None:
    text = (ROOT / "docs" / "api.md").read_text()
    assert [deviation for deviation in DEVIATIONS if f"`{deviation.split(' answer')[0]}`" not in text] == []
