"""One table of routes per version: path, who may, what goes in, what comes out. Views and schema come from it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Literal

from django.conf import settings
from django.http.response import HttpResponseBase
from django.urls import URLPattern, re_path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import exceptions, serializers
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import JSONParser
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import ApiClient, Scope, User
from common.errors import DomainError, ErrorCode

Serializer = type[serializers.Serializer[Any]]

#: Every scope: for what any key may do.
ANY_KEY = frozenset(Scope)
#: Speaks for its own volunteers; moderates; either of them; makes keys.
PROXY = frozenset({Scope.VOLUNTEER})
MODERATORS = frozenset({Scope.MODERATOR})
EITHER = PROXY | MODERATORS
ADMINS = frozenset({Scope.ADMIN})
#: How deep a body may be nested.
DEEPEST = 32
#: For what anybody may do, without a key.
PUBLIC: frozenset[Scope] = frozenset()

#: Who may call in their own name: nobody need say who they are; signed in; also with the terms accepted and not banned;
#: moderators only.
People = Literal["anybody", "signed_in", "taking_part"]


@dataclass(frozen=True)
class Call:
    """One request, read and checked."""

    request: Request
    now: datetime
    client: ApiClient | None = None
    """The program that calls; None on public routes and for people who call in their own name."""
    person: User | None = None
    """Whom it is for."""
    path: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> ApiClient:
        """The client, on routes that want a key."""
        assert self.client is not None
        return self.client


@dataclass(frozen=True)
class Route:
    """One method on one path."""

    method: str
    path: str
    """Below the version, with parameters in braces."""
    view: Callable[[Call], Any]
    scopes: frozenset[Scope] = PUBLIC
    """A key with one of these may call it; admin may everything; PUBLIC asks for no key."""
    people: People = "anybody"
    """Who may call it in their own name, without a key."""
    acting: bool = False
    """Whether the person may be named in a header."""
    params: Mapping[str, serializers.Field[Any, Any, Any, Any]] = field(default_factory=dict)
    query: Serializer | None = None
    body: Any = None
    """A serializer, or a mapping from the value of `type` to serializers."""
    answer: Any = None
    """A serializer, a list with one, a schema, or None for an empty answer."""
    status: int = 200
    refusals: tuple[ErrorCode, ...] = ()
    statuses: Mapping[ErrorCode, int] = field(default_factory=dict)
    """Where a refusal has another status than elsewhere."""
    raises: tuple[type[DomainError], ...] = ()
    """Refusals with a status of their own."""
    once: bool = False
    """Whether it takes an Idempotency-Key."""
    tagged: bool = False
    """Whether the answer has an ETag."""
    headers: tuple[OpenApiParameter, ...] = ()
    """What else it reads, for the documentation."""
    example: Any = None
    """A body to send, for the documentation and its test."""
    tag: str = ""

    @property
    def name(self) -> str:
        """Its operation id."""
        return self.view.__name__

    @property
    def about(self) -> str:
        return self.view.__doc__ or ""


class Routes:
    """The routes of one version, in the order in which they are said."""

    def __init__(self) -> None:
        self.all: list[Route] = []

    def add(
        self, method: str, path: str, scopes: frozenset[Scope] = PUBLIC, **rest: Any
    ) -> Callable[[Callable[[Call], Any]], Callable[[Call], Any]]:
        """Decorate a view: it becomes the answer to this method on this path."""

        def kept(view: Callable[[Call], Any]) -> Callable[[Call], Any]:
            self.all.append(Route(method, path, view, scopes, tag=path.split("/")[0], **rest))
            return view

        return kept


class Renderer(JSONRenderer):
    """JSON. An answer that is nothing is `null`, which a client can parse, unless its status says that none comes."""

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> Any:
        if data is None and renderer_context and renderer_context["response"].status_code != 204:
            return b"null"
        return super().render(data, accepted_media_type, renderer_context)


class OneForm(DefaultContentNegotiation):
    """An answer comes in its one form, whatever a client says it would rather have."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        (renderer,) = renderers
        return renderer, str(renderer.media_type)


class Parser(JSONParser):
    """JSON of a reasonable depth: what is nested beyond it breaks whoever reads it next."""

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        try:
            data = super().parse(stream, media_type, parser_context)
        except RecursionError:
            raise exceptions.ParseError(_("The body is nested too deeply.")) from None
        layer = [data]
        for _depth in range(DEEPEST):
            layer = [inner for each in layer for inner in _inside(each)]
            if not layer:
                return data
        raise exceptions.ParseError(_("The body is nested too deeply."))


def _inside(value: Any) -> Iterable[Any]:
    if isinstance(value, Mapping):
        return value.values()
    return value if isinstance(value, list) else ()


class BodyTooLarge(exceptions.APIException):
    status_code = 413
    default_detail = _("The body is too large. Nothing was stored.")


class ApiView(APIView):
    """JSON in, JSON out. Who may come in is in the table of routes, so DRF's own doors are open."""

    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()
    parser_classes = (Parser,)
    renderer_classes = (Renderer,)
    content_negotiation_class = OneForm
    version_of: Version
    routes: ClassVar[Mapping[str, Route]]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """DRF would read a body of any length into memory."""
        super().initial(request, *args, **kwargs)
        if int(request.META.get("CONTENT_LENGTH") or 0) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise BodyTooLarge

    def handle_exception(self, exc: Exception) -> Response:
        return self.version_of.problem(exc, self.request, self.routes.get(self.request.method or ""))


def plainly(route: Route, call: Call) -> Any:
    """What the view says."""
    return route.view(call)


@dataclass(frozen=True)
class Version:
    """What differs between the versions: how a request is read, and how a refusal looks."""

    read: Callable[[Route, Request, Mapping[str, str]], Call]
    problem: Callable[[Exception, Request, Route | None], Response]
    document: Callable[[Route], dict[str, Any]]
    """Arguments of `extend_schema` for a route: its refusals, its security."""
    answer: Callable[[Route, Call], Any] = plainly
    """What is done around the view."""

    def urls(self, routes: Sequence[Route], prefix: str) -> list[URLPattern]:
        """One pattern for each path, with a view that knows its methods."""
        by_path: dict[str, dict[str, Route]] = defaultdict(dict)
        for route in routes:
            by_path[route.path][route.method] = route
        return [re_path(_pattern(prefix + path), self._view(methods)) for path, methods in by_path.items()]

    def nothing_here(self) -> Any:
        """A view for addresses that lead nowhere, or ask with a method that is not known there."""

        class Nothing(ApiView):
            version_of = self
            routes: ClassVar[Mapping[str, Route]] = {}

            def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
                raise exceptions.NotFound

        return Nothing.as_view()

    def _view(self, methods: Mapping[str, Route]) -> Any:
        named = {method.lower(): self._handler(route) for method, route in methods.items()}
        first = next(iter(methods.values()))
        view = type(first.name.title().replace("_", ""), (ApiView,), {**named, "version_of": self, "routes": methods})
        return view.as_view()  # type: ignore[attr-defined]  # mypy does not follow `type`

    def _handler(self, route: Route) -> Any:
        def handler(view: ApiView, request: Request, **path: str) -> HttpResponseBase:
            given = self.answer(route, self.read(route, request, path))
            return given if isinstance(given, HttpResponseBase) else Response(given, status=route.status)

        handler.__doc__ = route.about
        return extend_schema(**self.document(route))(handler)


def now() -> datetime:
    return timezone.now()


def _pattern(path: str) -> str:
    """`messages/{message_id}/tree` as a regular expression. Anything but a slash may stand for a parameter: what is no
    id is refused in words, not as a missing page."""
    parts = [f"(?P<{part[1:-1]}>[^/]+)" if part.startswith("{") else part for part in path.split("/")]
    # The reference took such an address without the slash as well, and its website leaves it out.
    return f"^{'/'.join(parts)}{'?' if path.endswith('/') else ''}$"


def examples(route: Route) -> list[OpenApiExample]:
    return [OpenApiExample("Example", value=route.example, request_only=True)] if route.example is not None else []


def response(schema: Any, description: str = "") -> OpenApiResponse:
    return OpenApiResponse(schema, description=description)
