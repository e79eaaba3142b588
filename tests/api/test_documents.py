"""The description of the API, for programs and for people."""

from __future__ import annotations

import json
import re
import shlex
from itertools import chain

import pytest
from django.test import Client
from jsonschema import Draft202012Validator

from oasst_web.api.documents import document, operations

pytestmark = pytest.mark.django_db


def test_the_description_is_openapi_3_1_and_all_it_refers_to_is_there(client: Client) -> None:
    described = client.get("/api/schema").json()
    assert described["openapi"].startswith("3.1")
    known = {f"#/components/schemas/{name}" for name in described["components"]["schemas"]}
    assert set(re.findall(r'"(#/components/schemas/[^"]+)"', client.get("/api/schema").content.decode())) <= known
    for shape in described["components"]["schemas"].values():
        Draft202012Validator.check_schema(shape)


def test_the_published_protocol_is_described_where_its_clients_look(client: Client) -> None:
    paths = client.get("/api/v1/openapi.json").json()["paths"]
    assert "/api/v1/tasks/interaction" in paths
    assert not any(path.startswith("/api/v2") for path in paths)


def test_the_page_for_people_has_every_operation_and_asks_no_other_host(client: Client) -> None:
    page = client.get("/api/docs").content.decode()
    for path, methods in document()["paths"].items():
        for about in methods.values():
            assert f'id="{about["operationId"]}"' in page
        assert path.replace("&", "&amp;") in page
    assert not re.search(r'(src|href)="https?://(?!github)', page)
    assert "<script" not in page.split("</head>")[1]


def test_every_operation_says_what_it_is_for_and_has_an_example() -> None:
    for version in ("v1", "v2"):
        for operation in chain.from_iterable(operations(version).values()):
            assert operation.line
            # A command that a shell can read, with the body whole.
            words = shlex.split(operation.curl.replace("\\\n", ""))
            assert words[0] == "curl"
            assert operation.path in words[words.index("-X") + 2 if "-X" in words else 1]
            assert operation.body == "" or json.loads(words[words.index("-d") + 1])


@pytest.mark.parametrize("path", ["/api/nothing", "/api/v1/nothing", "/api/v1/tasks/x/y/z"])
def test_what_is_not_there_is_said_in_json(client: Client, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 404
    assert response.json()["message"]
