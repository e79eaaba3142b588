"""What a task page costs: kilobytes over a slow line, and questions to the database."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from pathlib import Path
from posixpath import dirname, join, normpath
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from tasks.kinds import Kind
from tasks.models import Message, Task
from tests.pages.site import (
    client_of,
    give,
    make_growing,
    make_person,
    make_prompt,
    make_rankable,
    make_reply,
    open_prompts,
)

pytestmark = pytest.mark.django_db

#: Kilobytes (of 1000 bytes), compressed, with all that the page loads.
HEAVIEST = 150
MOST_QUERIES = 15


def crowd_of(count: int) -> list[User]:
    return [make_person(f"Volunteer {number}") for number in range(count)]


def task_of(kind: Kind, person: User) -> Task:
    """A task of the kind in the person's hands, in a tree that others grew."""
    crowd = crowd_of(5)
    match kind:
        case Kind.INITIAL_PROMPT:
            open_prompts()
            return give(person, kind)
        case Kind.LABEL_INITIAL_PROMPT:
            return give(person, kind, make_prompt(crowd[0]))
        case Kind.RANK_ASSISTANT_REPLIES:
            return give(person, kind, make_rankable(crowd))
    prompt = make_growing(crowd[0], crowd[1:4], text="Why is the sky blue? " * 90)
    if kind is Kind.LABEL_ASSISTANT_REPLY:
        return give(person, kind, make_reply(prompt, crowd[1], "Because it scatters. " * 90))
    return give(person, kind, prompt)


KINDS = (
    Kind.INITIAL_PROMPT, Kind.ASSISTANT_REPLY, Kind.LABEL_INITIAL_PROMPT, Kind.LABEL_ASSISTANT_REPLY,
    Kind.RANK_ASSISTANT_REPLIES,
)  # fmt: skip


def assets(html: str) -> set[str]:
    """All files of ours that the page loads, modules that its modules import included."""
    waiting = {found.removeprefix("/static/") for found in re.findall(r'(?:href|src)="(/static/[^"#?]+)"', html)}
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        seen.add(name)
        if name.endswith(".js"):
            waiting |= set(_imports(name)) - seen
    return seen


def _imports(name: str) -> Iterator[str]:
    for found in re.findall(r'(?:from|import) "(\./[^"]+|\.\./[^"]+)"', _content(name).decode()):
        yield normpath(join(dirname(name), found))


def _content(name: str) -> bytes:
    path = finders.find(name)
    assert isinstance(path, str), f"{name} is no static file"
    return Path(path).read_bytes()


@pytest.mark.parametrize("kind", KINDS)
def test_a_task_page_is_light(kind: Kind) -> None:
    person = make_person("Me")
    html = client_of(person).get(reverse("task", args=[task_of(kind, person).pk])).content
    found = assets(html.decode())
    assert any(name.endswith(".css") for name in found)
    weight = sum(len(gzip.compress(content)) for content in (html, *map(_content, found)))
    assert weight < HEAVIEST * 1000, f"{weight} bytes: {sorted(found)}"


@pytest.mark.parametrize("kind", KINDS)
def test_a_task_page_asks_the_database_little(kind: Kind) -> None:
    person = make_person("Me")
    client = client_of(person)
    address = reverse("task", args=[task_of(kind, person).pk])
    client.get(address)
    assert Message.objects.exists() or kind is Kind.INITIAL_PROMPT
    with CaptureQueriesContext(connection) as asked:
        client.get(address)
    assert len(asked) <= MOST_QUERIES, "\n".join(query["sql"][:150] for query in asked.captured_queries)


def test_a_page_works_without_what_is_not_its_own(client: Any) -> None:
    """Nothing is loaded from elsewhere."""
    html = client.get(reverse("home")).content.decode()
    assert re.findall(r'<(?:script|link|img)[^>]+(?:href|src)="(?:https?:)?//[^"]+"', html) == []
