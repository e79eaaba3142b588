"""The description of the API, for programs (OpenAPI 3.1) and for people (a page of our own, without scripts)."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator

Document = dict[str, Any]


@cache
def document() -> Document:
    """The whole description, made once for each process: it comes from the table of routes."""
    whole: Document = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]  # it has no types
    _say_which_bodies_are_needed(whole)
    return whole


def _say_which_bodies_are_needed(whole: Document) -> None:
    """A body that is one of several shapes must be sent. drf-spectacular knows it of a single shape only."""
    for methods in whole["paths"].values():
        for operation in methods.values():
            content = operation.get("requestBody", {}).get("content", {})
            names = {media["schema"].get("$ref", "").rsplit("/", 1)[-1] for media in content.values()}
            if any("oneOf" in whole["components"]["schemas"].get(name, {}) for name in names):
                operation["requestBody"]["required"] = True


@cache
def document_of(version: str) -> Document:
    """The description of one version alone."""
    whole = document()
    paths = {path: methods for path, methods in whole["paths"].items() if path.startswith(f"/api/{version}/")}
    used: set[str] = set()
    found = _references(paths)
    while found - used:
        new = found - used
        used |= new
        found = _references([whole["components"]["schemas"][name] for name in new])
    schemas = {name: shape for name, shape in whole["components"]["schemas"].items() if name in used}
    return {**whole, "paths": paths, "components": {**whole["components"], "schemas": schemas}}


def _references(part: Any) -> set[str]:
    """The names of the schemas that are referred to anywhere inside."""
    if isinstance(part, Mapping):
        here = {part["$ref"].rsplit("/", 1)[1]} if isinstance(part.get("$ref"), str) else set()
        mapped = (
            {
                name.rsplit("/", 1)[1]
                for name in (part.get("mapping") or {}).values()
                if isinstance(name, str) and name.startswith("#/")
            }
            if isinstance(part.get("mapping"), Mapping)
            else set()
        )
        return here.union(mapped, *map(_references, part.values()))
    if isinstance(part, list):
        return set().union(*map(_references, part))
    return set()


@require_safe
def schema(request: HttpRequest) -> HttpResponse:
    """Both versions in one document."""
    return JsonResponse(document())


@require_safe
def schema_of_v1(request: HttpRequest) -> HttpResponse:
    """The published protocol, where Open-Assistant's clients look for it."""
    return JsonResponse(document_of("v1"))


@dataclass(frozen=True)
class Operation:
    """One method on one path, as the page shows it."""

    method: str
    path: str
    line: str
    """What it is for, in one line."""
    more: str
    id: str
    parameters: list[Document]
    body: Any
    answers: list[tuple[str, str, Any]]
    """Status, in words, shape."""
    needs: str
    curl: str
    """The call as a command."""


def operations(version: str) -> dict[str, list[Operation]]:
    """By tag, in the order of the document."""
    found: dict[str, list[Operation]] = defaultdict(list)
    for path, methods in document_of(version)["paths"].items():
        for method, about in methods.items():
            found[about["tags"][0]].append(_operation(method, path, about))
    return dict(found)


def _operation(method: str, path: str, about: Document) -> Operation:
    content = about.get("requestBody", {}).get("content", {}).get("application/json", {})
    examples = list(content.get("examples", {}).values())
    schemes = [name for option in about.get("security", []) for name in option]
    line, _break, more = about.get("description", "").partition("\n")
    return Operation(
        method=method.upper(),
        path=path,
        line=line,
        more=more.strip(),
        id=about["operationId"],
        parameters=about.get("parameters", []),
        body=_name(content.get("schema")),
        answers=[
            (status, answer.get("description", ""), _name(_shape(answer)))
            for status, answer in about["responses"].items()
        ],
        needs=", ".join(schemes),
        curl=_curl(method, path, schemes, examples),
    )


#: How each way to say who one is is written in a command.
CREDENTIALS = {"api-key": "X-API-Key: $KEY", "session-token": "X-Session-Token: $TOKEN"}


def _curl(method: str, path: str, schemes: Sequence[str], examples: Sequence[Document]) -> str:
    parts = ["curl" if method == "get" else f"curl -X {method.upper()}", f'"$SITE{path}"']
    parts += [f'-H "{CREDENTIALS[scheme]}"' for scheme in schemes[:1] if scheme in CREDENTIALS]
    if examples:
        body = json.dumps(examples[0]["value"], ensure_ascii=False).replace("'", "'\\''")
        parts += ['-H "Content-Type: application/json"', f"-d '{body}'"]
    return " \\\n  ".join(parts)


def _shape(answer: Document) -> Any:
    for content in answer.get("content", {}).values():
        return content.get("schema")
    return None


def _name(shape: Any) -> str:
    """A short name for a schema: what it refers to, or its type."""
    if not shape:
        return ""
    if "$ref" in shape:
        return str(shape["$ref"].rsplit("/", 1)[1])
    if shape.get("type") == "array":
        return f"[{_name(shape['items'])}]"
    return str(shape.get("type", ""))


def shapes(version: str) -> Iterator[tuple[str, list[tuple[str, str, str]]]]:
    """Every schema: its name, and its fields with type and meaning."""
    for name, shape in document_of(version)["components"]["schemas"].items():
        fields = [
            (field, _type(about), about.get("description", "")) for field, about in shape.get("properties", {}).items()
        ]
        if fields:
            yield name, fields


def _type(about: Document) -> str:
    names = about.get("type", _name(about))
    text = " or ".join(names) if isinstance(names, list) else str(names)
    return f"{text} ({about['format']})" if "format" in about else text or "any"


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """The reference for people."""
    versions = [
        {"name": version, "operations": operations(version), "shapes": list(shapes(version))}
        for version in ("v2", "v1")
    ]
    return render(request, "api/docs.html", {"versions": versions})
