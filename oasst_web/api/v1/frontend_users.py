"""People by the names under which their client knows them."""

from __future__ import annotations

from typing import Any

from rest_framework.serializers import CharField

from accounts import identities
from accounts.identities import Identity
from accounts.locking import PersonNotFound
from accounts.models import Scope, User
from common.errors import ErrorCode
from moderation import people
from oasst_web.api.routes import EITHER, MODERATORS, Call, Routes
from oasst_web.api.v1 import schemas, users
from oasst_web.api.v1.messages import moderating

ONE = {"auth_method": CharField(max_length=128), "username": CharField(max_length=128)}

routes = Routes()


@routes.add(
    "GET",
    "frontend_users/",
    EITHER,
    query=users.Names,
    answer=schemas.FrontEndUser(many=True),
    refusals=(ErrorCode.GENERIC_ERROR,),
)
def get_frontend_users_ordered_by_username(call: Call) -> Any:
    """The same as `users/by_username`."""
    return users.in_order(call, by="username")


@routes.add(
    "POST",
    "frontend_users/",
    EITHER,
    body=schemas.CreateFrontendUserRequest,
    answer=schemas.FrontEndUser,
    refusals=(ErrorCode.NOT_ALLOWED, ErrorCode.MOVE_NOT_POSSIBLE),
    example={"id": "7", "display_name": "Ada", "auth_method": "discord", "tos_acceptance": True},
)
def create_frontend_user(call: Call) -> Any:
    """The client's person of this name, stored at first sight. Clients call it at every login.

    A new display name is taken over, and `tos_acceptance` records that the terms were accepted. What moderators decide
    (`enabled`, `show_on_leaderboard`, `notes`) changes only if the key moderates and the call says so in words. Whoever
    was banned and whose account was then closed stays out, and nothing new is noted of them.
    """
    named = call.body
    person = identities.meet(
        client=call.key,
        identity=Identity(named["auth_method"], named["id"], named["display_name"]),
        now=call.now,
        accepts_terms=bool(named.get("tos_acceptance")),
    )
    changes = people.Changes(
        notes=named.get("notes"),
        show_on_leaderboard=named.get("show_on_leaderboard"),
        enabled=named.get("enabled"),
    )
    if call.key.may(Scope.MODERATOR) and changes != people.Changes():
        person = people.edit(person_id=person.pk, changes=changes, **moderating(call))
    return users.shown_people(call, [person])[0]


@routes.add(
    "GET",
    "frontend_users/{auth_method}/{username}",
    EITHER,
    params=ONE,
    query=users.OfClient,
    answer=schemas.FrontEndUser,
    refusals=users.NOT_THERE,
)
def query_frontend_user(call: Call) -> Any:
    """One person, of this client unless another is named."""
    return users.shown_people(call, [_found(call)])[0]


@routes.add(
    "GET",
    "frontend_users/{auth_method}/{username}/messages",
    EITHER,
    params=ONE,
    query=users.MessagesOfPerson,
    answer=schemas.Message(many=True),
)
def query_frontend_user_messages(call: Call) -> Any:
    """What the person wrote, the newest first."""
    return users.written(call, dict(call.path))


@routes.add(
    "GET",
    "frontend_users/{auth_method}/{username}/messages/cursor",
    EITHER,
    acting=True,
    params=ONE,
    query=users.WindowOfPerson,
    answer=schemas.MessagePage,
    refusals=(ErrorCode.INVALID_CURSOR_VALUE,),
)
def query_frontend_user_messages_cursor(call: Call) -> Any:
    """One page of what the person wrote."""
    return users.written_page(call, dict(call.path))


@routes.add(
    "DELETE",
    "frontend_users/{auth_method}/{username}/messages",
    MODERATORS,
    acting=True,
    params=ONE,
    status=204,
    refusals=users.ABOUT_SOMEBODY,
)
def mark_frontend_user_messages_deleted(call: Call) -> None:
    """Hide everything the client's person wrote, and everything below it."""
    people.delete_messages_of(person_id=_found(call).pk, **moderating(call))


def _found(call: Call) -> User:
    person = User.objects.filter(api_client=users.owner(call) or call.key.pk, **call.path).first()
    if person is None:
        raise PersonNotFound
    return person
