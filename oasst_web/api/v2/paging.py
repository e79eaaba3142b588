"""Paging of version 2: a cursor nobody need understand, and the next page as a link."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from django.db.models import QuerySet
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from rest_framework.response import Response
from rest_framework.serializers import CharField, IntegerField, Serializer

from common.errors import DomainError, ErrorCode
from oasst_web.api.routes import Call
from oasst_web.pages import cursors
from oasst_web.pages.cursors import Page


class InvalidCursor(DomainError):
    code = ErrorCode.INVALID_CURSOR_VALUE
    status = 422
    sentence = _("This cursor cannot be read. Take `next` of a page, or leave it out to start over.")


class Paging(Serializer[Any]):
    """The query of a paged list."""

    cursor = CharField(required=False, allow_blank=True, max_length=200, help_text="`next` of the page before.")
    limit = IntegerField(min_value=1, max_value=100, default=20, help_text="Items on a page.")


def page(rows: QuerySet[Any], call: Call) -> Page:
    """The page asked for, newest first. Raises InvalidCursor."""
    cursor = call.query.get("cursor") or ""
    after = _read(cursor) if cursor else ""
    return cursors.page(rows, after=after, size=call.query["limit"])


def shown(found: Page, items: list[dict[str, Any]], call: Call) -> Response:
    """The page as it is answered: the cursor of the next one in the body, its address in the header Link."""
    following = base64.urlsafe_b64encode(found.after.encode()).decode() or None
    response = Response({"items": items, "next": following})
    if following:
        query = urlencode({"limit": call.query["limit"], "cursor": following})
        response["Link"] = f'<{call.request.path}?{query}>; rel="next"'
    return response


def _read(cursor: str) -> str:
    try:
        after = base64.urlsafe_b64decode(cursor.encode()).decode()
    except (binascii.Error, ValueError):
        raise InvalidCursor from None
    if cursors.read(after) is None:
        raise InvalidCursor
    return after
