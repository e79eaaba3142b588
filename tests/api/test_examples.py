"""Every example of the reference can be sent as it is."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings

from accounts.models import Role, Scope
from oasst_web.api.routes import Route
from oasst_web.api.v1.urls import ROUTES as V1
from oasst_web.api.v2.urls import ROUTES as V2
from tests.api.calling import Program
from tests.api.test_access import address
from tests.api.v2.calling import Caller

pytestmark = pytest.mark.django_db


def sent(version: int, route: Route, body: Any) -> Any:
    if version == 1 or route.scopes:
        return Program(Scope.ADMIN).call(route.method, address(route.path), body, version=version)
    return Caller(role=Role.MODERATOR).call(route.method, address(route.path), body)


def named(routes: list[Route]) -> list[Any]:
    return [pytest.param(route, id=f"{route.method} {route.path}") for route in routes]


@pytest.mark.parametrize(("version", "routes"), [(1, V1), (2, V2)])
def test_every_route_that_takes_a_body_has_an_example(version: int, routes: list[Route]) -> None:
    assert [f"{route.method} {route.path}" for route in routes if route.body and route.example is None] == []


@pytest.mark.parametrize("route", named([route for route in V1 if route.body]))
def test_an_example_of_version_1_is_of_the_right_shape(route: Route) -> None:
    response = sent(1, route, route.example)
    assert response.status_code not in (422, 500), response.content


@pytest.mark.parametrize("route", named([route for route in V2 if route.body]))
def test_an_example_of_version_2_is_of_the_right_shape(route: Route) -> None:
    response = sent(2, route, route.example)
    assert response.status_code not in (422, 500), response.content


def test_a_body_without_measure_is_refused_before_it_is_read() -> None:
    body = {"id": "x" * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)}
    assert Program().post("tasks/availability", body).status_code == 413
    assert Caller().post("tasks", body).status_code == 413
