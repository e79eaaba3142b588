"""Requests nobody would send: schemathesis makes them from our own description. No crash, no undocumented answer."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from accounts.models import Role, Scope
from oasst_web import limits
from oasst_web.api.documents import document_of
from oasst_web.api.v2 import events
from oasst_web.wsgi import application
from tasks.tree_states import State
from tests.api.calling import Program
from tests.api.v2.calling import Caller
from tests.making import make_tree

pytestmark = pytest.mark.django_db

#: How many requests are made for each operation: enough for every branch of the shapes, and all of it within a minute.
REQUESTS = 12
WANTED = [status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.fixture(autouse=True)
def _one_connection() -> Iterator[None]:
    """As with Django's own test client: a request must not close the connection that holds the test's transaction."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@cache
def described(version: str) -> Any:
    schema = schemathesis.openapi.from_dict(document_of(version))
    schema.app = application
    return schema


def operations(version: str) -> Iterator[Any]:
    for result in described(version).get_all_operations():
        operation = result.ok()
        yield pytest.param(version, operation, id=operation.label)


@pytest.fixture(autouse=True)
def _no_waiting() -> Iterator[None]:
    """Event streams end at once, and nobody calls too often."""
    taken = [events.WAITING.acquire(blocking=False) for _ in range(events.STREAMS)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(limits, "CALLS_OF_A_PERSON", 1_000_000)
        yield
    for _ in taken:
        events.WAITING.release()


@pytest.mark.parametrize(("version", "operation"), [*operations("v1"), *operations("v2")])
def test_no_request_crashes_it_or_gets_an_undocumented_answer(version: str, operation: Any) -> None:
    make_tree(replies=2)
    make_tree(state=State.RANKING, replies=3)
    # An event stream lets its connection go between two looks, but not inside a transaction.
    headers = {"X-API-Key": Program(Scope.ADMIN).key, "X-Session-Token": Caller(role=Role.ADMIN).token}

    @settings(
        max_examples=REQUESTS,
        phases=[Phase.explicit, Phase.generate],
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(data=st.data())
    def calls(data: Any) -> None:
        case = data.draw(operation.as_strategy())
        case.headers = {**(case.headers or {}), **headers}
        response = case.call(app=application)
        # In the published protocol 503 says that nothing is available, or that the person is banned.
        assert response.status_code < 500 or (response.status_code, version) == (503, "v1")
        case.validate_response(response, checks=WANTED)

    calls()
