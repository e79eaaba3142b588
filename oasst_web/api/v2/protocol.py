"""How version 2 reads a request and how it answers: people by token or session, programs by key, refusals
as problem details (RFC 9457)."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from hashlib import sha256
from http import HTTPStatus
from typing import Any, cast

from allauth.headless.contrib.rest_framework.authentication import XSessionTokenAuthentication
from django.contrib.auth import get_user
from django.db import OperationalError
from django.http.response import HttpResponseBase, HttpResponseNotModified
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, PolymorphicProxySerializer
from rest_framework import exceptions, serializers
from rest_framework.authentication import CSRFCheck
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import access, keys
from accounts.access import TermsNotAccepted, UserDisabled
from accounts.models import ApiClient, User
from common.errors import DomainError, ErrorCode
from oasst_web import limits
from oasst_web.api.reading import Unprocessable, checked, valid
from oasst_web.api.routes import Call, Route, Version, examples, now
from oasst_web.api.v2 import once
from oasst_web.api.v2.once import KeyInUse, KeyReused
from oasst_web.api.v2.schemas import Problem
from oasst_web.limits import KeyTooBusy, PersonTooBusy

log = logging.getLogger(__name__)

TOKEN, SESSION, KEY = "session-token", "session", "api-key"
PROBLEM = "application/problem+json"


class NotSignedIn(DomainError):
    code = ErrorCode.NOT_SIGNED_IN
    status = 401
    sentence = gettext_lazy(
        "Sign in first: ask for a code by e-mail, and send the token you get for it with each call."
    )


class KeyUnknown(DomainError):
    code = ErrorCode.API_CLIENT_NOT_AUTHORIZED
    status = 401
    sentence = gettext_lazy("This is for programs: send a valid API key in the header X-API-Key.")


class KeyRefused(DomainError):
    code = ErrorCode.API_CLIENT_NOT_AUTHORIZED
    status = 403
    sentence = gettext_lazy("This needs an API key with another scope.")


class CsrfFailed(DomainError):
    code = ErrorCode.CSRF_FAILED
    status = 403
    sentence = gettext_lazy("Who signs in by a browser's cookie must send the CSRF token with each change.")


def read(route: Route, request: Request, path: Mapping[str, str]) -> Call:
    """The person or the program, their limit, whether they may, then the shape of the request."""
    moment = now()
    person = client = None
    if route.scopes:
        client = _client(request, route)
        limits.count(client, moment)
    if route.people != "anybody":
        person = _person(request)
        limits.count_person(person, moment)
    if route.people == "taking_part" and person:
        access.check_may_take_part(person)
    values = {name: checked("path", name, route.params[name], value) for name, value in path.items()}
    query = valid("query", route.query, request.query_params.dict()) if route.query else {}
    body = valid("body", _body(route, request.data), request.data) if route.body else {}
    return Call(request, moment, client, person, values, query, body)


def _client(request: Request, route: Route) -> ApiClient:
    key = request.headers.get("X-API-Key")
    client = keys.known(key=key, now=now()) if key else None
    if client is None:
        raise KeyUnknown
    if not client.may(*route.scopes):
        raise KeyRefused
    return client


def _person(request: Request) -> User:
    token = request.headers.get("X-Session-Token")
    if token is not None:
        # What is no session key need not be looked up; the database could not even be asked for some of it.
        known = XSessionTokenAuthentication().authenticate(request) if token.isalnum() and token.isascii() else None
        if known is None:
            raise NotSignedIn
        return cast(User, known[0])
    # Asked of the session: DRF has put nobody in its place by now.
    user = get_user(request._request)
    if not isinstance(user, User):
        raise NotSignedIn
    # A browser sends its cookie along whoever asks it to; a token comes only from a program that has it.
    check = CSRFCheck(lambda _request: Response())
    check.process_request(request._request)
    if check.process_view(request._request, None, (), {}):  # type: ignore[arg-type]  # the view is not looked at
        raise CsrfFailed
    return user


def person_of(call: Call) -> User:
    """Who calls, on routes where that must be known."""
    assert call.person is not None
    return call.person


def _body(route: Route, data: Any) -> type[serializers.Serializer[Any]]:
    """The shape of the body; where there are several, it is told by the one field that only that shape has."""
    if not isinstance(route.body, Mapping):
        return route.body  # type: ignore[no-any-return]  # a serializer, if it is no mapping
    named = [name for name in route.body if isinstance(data, Mapping) and name in data]
    if len(named) != 1:
        message = _("Send exactly one of these: %(names)s.") % {"names": ", ".join(route.body)}
        raise Unprocessable("body", {"non_field_errors": [message]})
    return route.body[named[0]]  # type: ignore[no-any-return]  # a mapping to serializers


def answer(route: Route, call: Call) -> HttpResponseBase:
    """What the view says: once for each Idempotency-Key, with an ETag where the route has one."""

    def given() -> HttpResponseBase:
        said = route.view(call)
        return said if isinstance(said, HttpResponseBase) else Response(said, status=route.status)

    response = once.answer(call, given) if route.once else given()
    if route.tagged and isinstance(response, Response):
        response = _tagged(response, call.request)
    response.headers.setdefault("Cache-Control", "private, no-cache")
    patch_vary_headers(response, ["X-API-Key"] if route.scopes else ["X-Session-Token", "Cookie"])
    return response


def _tagged(response: Response, request: Request) -> HttpResponseBase:
    """The answer with a tag of its content, or 304 without content for whoever has it already."""
    tag = f'"{sha256(JSONRenderer().render(response.data)).hexdigest()[:32]}"'
    known = [each.strip().removeprefix("W/") for each in request.headers.get("If-None-Match", "").split(",")]
    tagged: HttpResponseBase = HttpResponseNotModified() if tag in known or "*" in known else response
    tagged["ETag"] = tag
    return tagged


# --- refusals


def problem(exc: Exception, request: Request, route: Route | None) -> Response:
    """Every refusal as problem details."""
    if isinstance(exc, Unprocessable):
        detail = _("Something in the request is missing or wrong; `errors` says what.")
        more = {"errors": [_part(**error) for error in exc.detail]}
        return _problem(request, 422, detail, code=ErrorCode.INVALID_REQUEST, more=more)
    if isinstance(exc, DomainError):
        headers = {} if exc.retry_after is None else {"Retry-After": str(exc.retry_after)}
        if exc.status == 401:
            headers["WWW-Authenticate"] = "X-API-Key" if route and route.scopes else "X-Session-Token"
        return _problem(request, exc.status, str(exc), code=exc.code, headers=headers)
    if isinstance(exc, exceptions.APIException):
        return _problem(request, exc.status_code, str(exc.detail))
    log.exception("%s %s failed", request.method, request.path)
    if isinstance(exc, OperationalError):
        detail = _("The database is busy. Nothing was stored; send the same again.")
        code = ErrorCode.DATABASE_MAX_RETRIES_EXHAUSTED
        return _problem(request, 503, detail, code=code, headers={"Retry-After": "5"})
    return _problem(request, 500, _("Something is broken here. It was noted; try again later."))


def _problem(
    request: Request,
    status: int,
    detail: str,
    *,
    code: ErrorCode = ErrorCode.GENERIC_ERROR,
    headers: Mapping[str, str] | None = None,
    more: Mapping[str, Any] | None = None,
) -> Response:
    """`about:blank`, as the RFC has it, where the status says all there is to say."""
    generic = code is ErrorCode.GENERIC_ERROR
    about = {
        "type": "about:blank" if generic else type_of(code),
        "title": HTTPStatus(status).phrase if generic else title_of(code),
        "status": status,
        "detail": detail,
        "instance": request.path,
        "code": int(code),
        **(more or {}),
    }
    return Response(
        about, status=status, headers={"Cache-Control": "no-store", **(headers or {})}, content_type=PROBLEM
    )


def name_of(code: ErrorCode) -> str:
    return code.name.lower().replace("_", "-")


def type_of(code: ErrorCode) -> str:
    return f"/api/v2/problems/{name_of(code)}"


def title_of(code: ErrorCode) -> str:
    return code.name.replace("_", " ").capitalize()


def _part(loc: Sequence[str | int], msg: str, type: str) -> dict[str, Any]:
    """One thing that is wrong: with a JSON pointer into the body, or the name of a parameter."""
    part, *place = loc
    if part != "body":
        return {"detail": msg, "parameter": str(place[0])}
    steps = [str(step).replace("~", "~0").replace("/", "~1") for step in place]
    return {"detail": msg, "pointer": "#" + "".join(f"/{step}" for step in steps)}


# --- the description


def document(route: Route) -> dict[str, Any]:
    """What `extend_schema` is told of a route."""
    needs: list[dict[str, list[str]]]
    needs = [{TOKEN: []}, {SESSION: []}] if route.people != "anybody" else [{KEY: []}] if route.scopes else [{}]
    return {
        "operation_id": f"v2_{route.name}",
        "parameters": [*_path(route), *([route.query] if route.query else []), *_headers(route)],
        "request": _request(route),
        "responses": {**_answers(route), **_refusals(route)},
        "auth": needs,
        "tags": [route.tag],
        "examples": examples(route),
    }


def _answers(route: Route) -> dict[Any, Any]:
    answers: dict[Any, Any] = {route.status: route.answer or OpenApiResponse(description="Done")}
    if isinstance(route.answer, Mapping):
        # An answer that is no JSON: its media type, and what it is.
        answers = {
            (route.status, media): OpenApiResponse(OpenApiTypes.STR, about) for media, about in route.answer.items()
        }
    if route.tagged:
        answers[304] = OpenApiResponse(description="You have it already")
    return answers


def _refusals(route: Route) -> dict[Any, Any]:
    codes: dict[int, list[ErrorCode]] = {}
    for refusal in _every_refusal(route):
        found = codes.setdefault(refusal.status, [])
        if refusal.code not in found:
            found.append(refusal.code)
    if route.params or route.query or route.body:
        codes.setdefault(422, []).insert(0, ErrorCode.INVALID_REQUEST)
    about = {status: ", ".join(f"{code.name} ({int(code)})" for code in found) for status, found in codes.items()}
    if route.body:
        about |= {400: "The body is not JSON", 413: "The body is too large", 415: "The body is said not to be JSON"}
    return {(status, PROBLEM): OpenApiResponse(Problem, about[status]) for status in sorted(about)}


def _every_refusal(route: Route) -> Sequence[type[DomainError]]:
    found = list(route.raises)
    if route.people != "anybody":
        found += [NotSignedIn, PersonTooBusy]
        found += [CsrfFailed] if route.method != "GET" else []
    found += [KeyUnknown, KeyRefused, KeyTooBusy] if route.scopes else []
    found += [UserDisabled, TermsNotAccepted] if route.people == "taking_part" else []
    found += [KeyReused, KeyInUse] if route.once else []
    return found


def _path(route: Route) -> Sequence[OpenApiParameter]:
    return [OpenApiParameter(name, _type(field), OpenApiParameter.PATH) for name, field in route.params.items()]


def _type(field: serializers.Field[Any, Any, Any, Any]) -> Any:
    if isinstance(field, serializers.UUIDField):
        return OpenApiTypes.UUID
    if isinstance(field, serializers.ChoiceField):
        return {"type": "string", "enum": list(field.choices)}
    if isinstance(field, serializers.IntegerField):
        return {"type": "integer", "minimum": field.min_value, "maximum": field.max_value}
    return OpenApiTypes.STR


def _headers(route: Route) -> Sequence[OpenApiParameter]:
    found = [*route.headers]
    if route.once:
        about = (
            "A name for this request, made up by the client. Sent again with the same name, it is not done again: the "
            "first answer comes back, for a day."
        )
        found.append(OpenApiParameter(once.HEADER, OpenApiTypes.STR, OpenApiParameter.HEADER, description=about))
    if route.tagged:
        about = "ETags of what the client has."
        found.append(OpenApiParameter("If-None-Match", OpenApiTypes.STR, OpenApiParameter.HEADER, description=about))
        found.append(OpenApiParameter("ETag", OpenApiTypes.STR, OpenApiParameter.HEADER, response=[200, 304]))
    if route.status == 201:
        found.append(OpenApiParameter("Location", OpenApiTypes.URI_REF, OpenApiParameter.HEADER, response=[201]))
    return found


def _request(route: Route) -> Any:
    if isinstance(route.body, Mapping):
        return PolymorphicProxySerializer(
            component_name=f"{route.name.title().replace('_', '')}Body",
            serializers=list(route.body.values()),
            resource_type_field_name=None,
        )
    return route.body


V2 = Version(read=read, problem=problem, document=document, answer=answer)
