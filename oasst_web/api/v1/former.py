"""Two routes of the published protocol behind which something stood that is not here: a classifier, an old cookie."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from rest_framework.serializers import CharField

from accounts.models import User
from common.errors import DomainError, ErrorCode
from oasst_web.api.routes import MODERATORS, PUBLIC, Call, Routes
from oasst_web.api.v1 import schemas

routes = Routes()


class NoClassifier(DomainError):
    code = ErrorCode.HUGGINGFACE_API_ERROR
    status = 400
    sentence = _("No classifier is asked here, so there is no score. Nothing was sent anywhere.")


class NotSignedIn(DomainError):
    code = ErrorCode.NOT_SIGNED_IN
    status = 401
    sentence = _("Nobody is signed in. Sign in on the site first.")


class Text(schemas.Shape):
    msg = CharField(help_text="The text to judge.")


@routes.add(
    "GET",
    "hf/text_toxicity",
    MODERATORS,
    query=Text,
    answer=OpenApiTypes.ANY,
    refusals=(ErrorCode.HUGGINGFACE_API_ERROR,),
)
def get_text_toxicity(call: Call) -> Any:
    """How rude a hosted classifier finds a text. None is asked here, so this is always refused."""
    raise NoClassifier


@routes.add(
    "GET",
    "auth/check",
    PUBLIC,
    answer=OpenApiTypes.STR,
    refusals=(ErrorCode.NOT_SIGNED_IN,),
    statuses={ErrorCode.NOT_SIGNED_IN: 401},
)
def auth_check(call: Call) -> Any:
    """The e-mail address of whoever is signed in on the site, known by the cookie of the session."""
    person = get_user(call.request._request)
    if not isinstance(person, User) or person.email is None:
        raise NotSignedIn
    return person.email
