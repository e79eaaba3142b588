"""How version 1 reads a request and how it refuses: keys, acting people, error numbers and their statuses."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import OperationalError
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, PolymorphicProxySerializer
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import access, identities, keys
from accounts.identities import Identity
from accounts.models import ApiClient, Status, User
from common.errors import DomainError, ErrorCode
from oasst_web import limits
from oasst_web.api.reading import Unprocessable, checked, valid
from oasst_web.api.routes import PUBLIC, Call, Route, Version, examples, now, response

log = logging.getLogger(__name__)

#: The status of each error number in the published protocol; 400 for all others.
STATUS: dict[ErrorCode, int] = {
    ErrorCode.API_CLIENT_NOT_AUTHORIZED: 403,
    ErrorCode.ROOT_TOKEN_NOT_AUTHORIZED: 403,
    ErrorCode.TOO_MANY_REQUESTS: 429,
    ErrorCode.TASK_REQUESTED_TYPE_NOT_AVAILABLE: 503,
    ErrorCode.MESSAGE_NOT_FOUND: 404,
    ErrorCode.USER_DISABLED: 503,
    ErrorCode.USER_NOT_FOUND: 404,
    ErrorCode.USER_HAS_NOT_ACCEPTED_TOS: 451,
    ErrorCode.NOT_ALLOWED: 403,
}


class KeyRefused(DomainError):
    code = ErrorCode.API_CLIENT_NOT_AUTHORIZED
    status = 403
    sentence = _("This needs an API key with the right scope in the header X-API-Key.")


class PersonNotNamed(DomainError):
    code = ErrorCode.USER_NOT_SPECIFIED
    status = 400
    sentence = _("Say for whom this is: name the person in `user`, or in the header x-oasst-user.")


def read(route: Route, request: Request, path: Mapping[str, str]) -> Call:
    """The key, then its limit, then the shape of the request, then the person it is for."""
    moment = now()
    client = None
    if route.scopes is not PUBLIC:
        client = _client(request, route)
        limits.count(client, moment)
    values = {name: checked("path", name, route.params[name], value) for name, value in path.items()}
    query = valid("query", route.query, request.query_params.dict()) if route.query else {}
    body = valid("body", _body(route, request.data), request.data) if route.body else {}
    person = _acting(client, request) if client is not None and route.acting else None
    return Call(request, moment, client, person, values, query, body)


def _client(request: Request, route: Route) -> ApiClient:
    bearer = request.headers.get("Authorization", "").removeprefix("Bearer ")
    key = request.headers.get("X-API-Key") or request.query_params.get("api_key") or bearer
    client = keys.known(key=key, now=now()) if key else None
    if client is None or not client.may(*route.scopes):
        raise KeyRefused
    return client


def _acting(client: ApiClient, request: Request) -> User | None:
    named = request.headers.get("x-oasst-user") or request.query_params.get("oasst_user")
    if not named:
        return None
    auth_method, _colon, username = named.partition(":")
    return identities.find(client=client, identity=Identity(auth_method, username))


def person_of(call: Call) -> User:
    """The person named in the body, stored at first sight, or in the header. Raises PersonNotNamed."""
    named = call.body.get("user")
    if named is None:
        if call.person is None:
            raise PersonNotNamed
        return call.person
    return person_named(call, named)


def person_named(call: Call, named: Mapping[str, Any]) -> User:
    """The client's person of this name, stored at first sight."""
    identity = Identity(named["auth_method"], named["id"], named["display_name"])
    return identities.meet(client=call.key, identity=identity, now=call.now)


def moderator_of(call: Call) -> User:
    """In whose name a key with the right scope moderates: the moderator it names, or its own account. Raises
    UserDisabled for somebody banned: the key's account must not do what they may not."""
    if call.person is not None:
        if call.person.status != Status.ACTIVE:
            raise access.UserDisabled
        if call.person.is_moderator:
            return call.person
    if call.key.person is None:
        raise KeyRefused
    if call.key.person.status != Status.ACTIVE:
        raise access.UserDisabled
    return call.key.person


def _body(route: Route, data: Any) -> type[serializers.Serializer[Any]]:
    if not isinstance(route.body, Mapping):
        return route.body  # type: ignore[no-any-return]  # a serializer, if it is no mapping
    kind = data.get("type") if isinstance(data, Mapping) else None
    try:
        return route.body[kind]  # type: ignore[no-any-return]  # a mapping to serializers
    except (KeyError, TypeError):
        known = ", ".join(route.body)
        raise Unprocessable("body", {"type": [f"must be one of {known}"]}) from None


def _status(code: ErrorCode, route: Route | None) -> int:
    return (route.statuses.get(code) if route else None) or STATUS.get(code, 400)


def problem(exc: Exception, request: Request, route: Route | None) -> Response:
    """Every refusal in the published form."""
    if isinstance(exc, Unprocessable):
        return Response({"detail": exc.detail}, status=422)
    if isinstance(exc, DomainError):
        headers = {} if exc.retry_after is None else {"Retry-After": str(exc.retry_after)}
        return _refusal(exc.code, str(exc), _status(exc.code, route), headers)
    if isinstance(exc, exceptions.ParseError | exceptions.UnsupportedMediaType):
        return Response({"detail": [{"loc": ["body"], "msg": str(exc.detail), "type": "value_error"}]}, status=422)
    if isinstance(exc, exceptions.APIException):
        return _refusal(ErrorCode.GENERIC_ERROR, str(exc.detail), exc.status_code)
    log.exception("%s %s failed", request.method, request.path)
    if isinstance(exc, OperationalError):
        sentence = "The database is busy. Nothing was stored; send the same again."
        return _refusal(ErrorCode.DATABASE_MAX_RETRIES_EXHAUSTED, sentence, 503, {"Retry-After": "5"})
    return _refusal(ErrorCode.GENERIC_ERROR, "INTERNAL_SERVER_ERROR", 500)


def _refusal(code: ErrorCode, message: str, status: int, headers: Mapping[str, str] | None = None) -> Response:
    return Response({"error_code": int(code), "message": message}, status=status, headers=dict(headers or {}))


class OasstError(serializers.Serializer[Any]):
    """A refusal: a number for programs, a sentence for people."""

    error_code = serializers.IntegerField()
    message = serializers.CharField()


class ValidationError(serializers.Serializer[Any]):
    loc = serializers.ListField(child=serializers.JSONField())
    msg = serializers.CharField()
    type = serializers.CharField()


class HTTPValidationError(serializers.Serializer[Any]):
    detail = ValidationError(many=True)


def document(route: Route) -> dict[str, Any]:
    """What `extend_schema` is told of a route."""
    codes = list(route.refusals)
    if route.scopes is not PUBLIC:
        codes += [ErrorCode.API_CLIENT_NOT_AUTHORIZED, ErrorCode.TOO_MANY_REQUESTS]
    if route.acting:
        codes += [ErrorCode.USER_NOT_FOUND]
    codes = list(dict.fromkeys(codes))
    answers: dict[int, Any] = {route.status: response(route.answer, "Done" if route.answer is None else "")}
    for status in sorted({_status(code, route) for code in codes}):
        names = ", ".join(f"{code.name} ({int(code)})" for code in codes if _status(code, route) == status)
        answers[status] = response(OasstError, names)
    if route.params or route.query or route.body:
        answers[422] = response(HTTPValidationError, "Not of the published shape")
    if route.body:
        answers[413] = response(OasstError, "Too large")
    return {
        "operation_id": f"v1_{route.name}",
        "parameters": [*_path_parameters(route), *([route.query] if route.query else []), *_headers(route)],
        "request": _request(route),
        "responses": answers,
        "auth": [{}] if route.scopes is PUBLIC else [{"api-key": []}, {"HTTPBearer": []}],
        "tags": [route.tag],
        "examples": examples(route),
    }


def _path_parameters(route: Route) -> Sequence[OpenApiParameter]:
    return [_path_parameter(name, field) for name, field in route.params.items()]


def _path_parameter(name: str, field: serializers.Field[Any, Any, Any, Any]) -> OpenApiParameter:
    kind = OpenApiTypes.UUID if isinstance(field, serializers.UUIDField) else OpenApiTypes.STR
    names = list(field.choices) if isinstance(field, serializers.ChoiceField) else None
    return OpenApiParameter(name, kind, OpenApiParameter.PATH, enum=names)


def _headers(route: Route) -> Sequence[OpenApiParameter]:
    if not route.acting:
        return ()
    about = "Whom the call is for, as `auth_method:username`: a person whom this client named before."
    return [OpenApiParameter("x-oasst-user", OpenApiTypes.STR, OpenApiParameter.HEADER, description=about)]


def _request(route: Route) -> Any:
    if isinstance(route.body, Mapping):
        return PolymorphicProxySerializer(
            component_name="Interaction", serializers=dict(route.body), resource_type_field_name="type"
        )
    return route.body


V1 = Version(read=read, problem=problem, document=document)
