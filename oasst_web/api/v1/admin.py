"""For administrators and moderators: keys, settings, the queue of flags, purging and merging people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from time import monotonic
from typing import Any

from drf_spectacular.types import OpenApiTypes
from rest_framework.serializers import BooleanField, DateTimeField, IntegerField, UUIDField

from accounts.models import Scope
from common.errors import ErrorCode
from moderation import api_keys, flags, merging, purging
from moderation.models import QueueItem
from moderation.purging import Gone
from oasst_web.api.routes import ADMINS, ANY_KEY, MODERATORS, Call, Routes
from oasst_web.api.v1 import configuration, cursors, figure_schemas, schemas
from oasst_web.api.v1.messages import moderating
from oasst_web.api.v1.protocol import moderator_of
from oasst_web.api.v1.stats import shown_totals
from stats import public
from tasks import rulebook

#: Flags listed at most at once, whatever a client asks for. The cursor goes on from there.
FLAGS = 10_000
NOBODY = "00000000-0000-0000-0000-000000000000"
ABOUT_PEOPLE = (ErrorCode.USER_NOT_FOUND, ErrorCode.NOT_ALLOWED, ErrorCode.USER_DISABLED)

routes = Routes()


class PurgeUser(schemas.Shape):
    preview = BooleanField(default=True, help_text="Do it, tell what went, and take it back.")
    ban = BooleanField(default=True, help_text="Close the account too.")


class PurgeUserMessages(schemas.Shape):
    purge_initial_prompts = BooleanField(default=False, help_text="Prompts too, with their trees.")
    min_date = DateTimeField(required=False, help_text="Written then or later.")
    max_date = DateTimeField(required=False, help_text="Written then or earlier.")
    preview = BooleanField(default=True, help_text="Do it, tell what went, and take it back.")


class HowMany(schemas.Shape):
    max_count = IntegerField(min_value=0)


class FlagsWindow(cursors.Window):
    desc = BooleanField(default=False)


@routes.add(
    "POST",
    "admin/api_client",
    ADMINS,
    body=figure_schemas.CreateApiClientRequest,
    answer=OpenApiTypes.STR,
    refusals=(ErrorCode.NOT_ALLOWED,),
    example={"description": "A bot", "frontend_type": "bot", "trusted": False, "admin_email": "bot@example.org"},
)
def create_api_client(call: Call) -> Any:
    """A new client program; the answer is its key, which is not shown again. A trusted one moderates too."""
    scopes = {Scope.VOLUNTEER, Scope.MODERATOR} if call.body["trusted"] else {Scope.VOLUNTEER}
    return api_keys.issue_key(
        description=call.body["description"],
        scopes=scopes,
        by=moderator_of(call),
        now=call.now,
        admin_email=call.body.get("admin_email") or "",
        frontend_type=call.body["frontend_type"],
        terms_accepted_there=call.body["terms_accepted_there"],
    )


@routes.add("GET", "admin/backend_settings/full", MODERATORS, answer=configuration.Settings)
def get_backend_settings_full(call: Call) -> Any:
    """The settings and the rules in force, without anything secret."""
    return configuration.full(rulebook.in_force())


@routes.add("GET", "admin/backend_settings/public", ANY_KEY, answer=figure_schemas.PublicSettings)
def get_backend_settings_public(call: Call) -> Any:
    """The settings every client may want to know."""
    return configuration.public(rulebook.in_force())


@routes.add(
    "POST",
    "admin/purge_user/{user_id}",
    MODERATORS,
    acting=True,
    params={"user_id": UUIDField()},
    query=PurgeUser,
    answer=figure_schemas.PurgeResultModel,
    refusals=ABOUT_PEOPLE,
)
def purge_user(call: Call) -> Any:
    """Remove for good what a person wrote, their rankings and reactions. Their reviews stay. What others wrote below is
    hidden, and stays theirs."""
    return _purged(call, lambda **given: purging.purge_person(ban=call.query["ban"], **given))


@routes.add(
    "POST",
    "admin/purge_user/{user_id}/messages",
    MODERATORS,
    acting=True,
    params={"user_id": UUIDField()},
    query=PurgeUserMessages,
    answer=figure_schemas.PurgeResultModel,
    refusals=ABOUT_PEOPLE,
)
def purge_user_messages(call: Call) -> Any:
    """Remove for good what a person wrote in a time; what others wrote below is hidden. Nothing else changes."""
    return _purged(
        call,
        lambda **given: purging.purge_messages(
            prompts=call.query["purge_initial_prompts"],
            since=call.query.get("min_date"),
            until=call.query.get("max_date"),
            **given,
        ),
    )


def _purged(call: Call, purge: Callable[..., Gone]) -> dict[str, Any]:
    began, before, preview = monotonic(), public.totals(), call.query["preview"]
    gone = purge(person_id=call.path["user_id"], preview=preview, **moderating(call))
    # What others did meanwhile is in neither.
    after = replace(
        before,
        messages=before.messages - gone.removed,
        kept=before.kept - gone.kept,
        kept_by_lang=dict(Counter(before.kept_by_lang) - gone.kept_by_lang),
        # What is hidden now counts as deleted; what is gone counts no more.
        deleted=before.deleted + gone.kept - gone.removed,
        trees=before.trees - gone.trees,
    )
    return {
        "before": shown_totals(before),
        "after": shown_totals(after),
        "preview": preview,
        "duration": monotonic() - began,
    }


@routes.add(
    "GET",
    "admin/flagged_messages",
    MODERATORS,
    query=HowMany,
    answer=figure_schemas.FlaggedMessageResponse(many=True),
)
def get_flagged_messages(call: Call) -> Any:
    """The queue of flags, processed ones too, oldest first."""
    found = QueueItem.objects.order_by("created_at", "pk")
    return [_flag(flag) for flag in found[: min(call.query["max_count"], FLAGS)]]


@routes.add(
    "GET",
    "admin/flagged_messages/cursor",
    MODERATORS,
    query=FlagsWindow,
    answer=figure_schemas.FlaggedMessagePage,
    refusals=(ErrorCode.INVALID_CURSOR_VALUE,),
)
def get_flagged_messages_cursor(call: Call) -> Any:
    """The queue of flags, page by page."""
    found = cursors.page(QueueItem.objects.all(), by=cursors.CREATED, query=call.query, desc=call.query["desc"])
    return found.shown([_flag(flag) for flag in found.rows])


@routes.add(
    "POST",
    "admin/flagged_messages/{message_id}/processed",
    MODERATORS,
    acting=True,
    params={"message_id": UUIDField()},
    answer=figure_schemas.FlaggedMessageResponse,
    refusals=(ErrorCode.MESSAGE_NOT_FOUND, ErrorCode.NOT_ALLOWED, ErrorCode.USER_DISABLED),
)
def process_flagged_messages(call: Call) -> Any:
    """Mark an entry as dealt with. A new flag brings it back."""
    return _flag(flags.mark_processed(message_id=call.path["message_id"], by=moderator_of(call), why="", now=call.now))


def _flag(flag: QueueItem) -> dict[str, Any]:
    return {"message_id": flag.pk, "processed": flag.processed, "created_date": flag.created_at}


@routes.add(
    "POST",
    "admin/merge_users",
    MODERATORS,
    acting=True,
    body=figure_schemas.MergeUsersRequest,
    status=204,
    refusals=(*ABOUT_PEOPLE, ErrorCode.MOVE_NOT_POSSIBLE),
    example={"destination_user_id": NOBODY, "source_user_ids": []},
)
def merge_users(call: Call) -> None:
    """Give all that the sources did to the destination, and close the sources."""
    merging.merge_people(
        into_id=call.body["destination_user_id"],
        source_ids=call.body["source_user_ids"],
        **moderating(call),
    )
