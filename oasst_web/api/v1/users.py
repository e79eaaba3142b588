"""People by our own ids: lists of them, what they wrote, and what moderators do to accounts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _
from rest_framework.serializers import BooleanField, CharField, DateTimeField, IntegerField, UUIDField

from accounts.locking import PersonNotFound
from accounts.models import Scope, User
from common.errors import DomainError, ErrorCode
from moderation import people
from oasst_web.api.routes import EITHER, MODERATORS, Call, Routes
from oasst_web.api.v1 import cursors, schemas, shown
from oasst_web.api.v1.messages import listed, moderating
from oasst_web.api.v1.protocol import KeyRefused

ONE = {"user_id": UUIDField()}
NOT_THERE = (ErrorCode.USER_NOT_FOUND,)
ABOUT_SOMEBODY = (*NOT_THERE, ErrorCode.NOT_ALLOWED, ErrorCode.USER_DISABLED)
SORT_KEYS = {name: cursors.by_text(name, name) for name in ("username", "display_name")}

routes = Routes()


class IdWithoutName(DomainError):
    code = ErrorCode.GENERIC_ERROR
    status = 400
    sentence = _("An id alone is no place in this list: give the name that goes with it, too.")


class OfClient(schemas.Shape):
    api_client_id = UUIDField(required=False, help_text="Another client's only for a key that moderates.")


class PeopleQuery(OfClient):
    """Which people a list is of."""

    search_text = CharField(required=False, allow_blank=True, help_text="A part of the name, in capitals or not.")
    auth_method = CharField(required=False, allow_blank=True)
    max_count = IntegerField(min_value=1, max_value=10_000, default=100)


class _Between(PeopleQuery):
    gt_id = UUIDField(required=False, help_text="With the lower name: only ids above it where names are equal.")
    lt_id = UUIDField(required=False, help_text="With the upper name: only ids below it where names are equal.")


class Names(_Between):
    gte_username = CharField(required=False, allow_blank=True)
    lte_username = CharField(required=False, allow_blank=True)


class ByUsername(Names):
    desc = BooleanField(default=False)


class ByDisplayName(_Between):
    gte_display_name = CharField(required=False, allow_blank=True)
    lte_display_name = CharField(required=False, allow_blank=True)
    desc = BooleanField(default=False)


class PeopleWindow(PeopleQuery, cursors.Window):
    sort_key = CharField(default="username", max_length=32, help_text="username or display_name.")
    max_count = IntegerField(min_value=1, max_value=10_000, default=100)


class Edit(schemas.Shape):
    """What to change of an account. What is left out stays as it is."""

    display_name = CharField(required=False, max_length=256)
    enabled = BooleanField(default=None, allow_null=True, help_text="False bans, true takes a ban back.")
    notes = CharField(required=False, allow_blank=True, max_length=1024, help_text="For moderators' eyes only.")
    show_on_leaderboard = BooleanField(default=None, allow_null=True)
    tos_acceptance = BooleanField(default=None, allow_null=True, help_text="True: they accepted the terms.")


class _Written(OfClient):
    """Which messages of a person a list is of."""

    only_roots = BooleanField(default=False)
    include_deleted = BooleanField(default=False)
    lang = CharField(required=False, allow_blank=True)


class MessagesOfPerson(_Written):
    max_count = IntegerField(min_value=1, max_value=1000, default=10)
    start_date = DateTimeField(required=False, help_text="Written then or later.")
    end_date = DateTimeField(required=False, help_text="Written then or earlier.")
    desc = BooleanField(default=True)


class WindowOfPerson(_Written, cursors.Window):
    desc = BooleanField(default=False)


def owner(call: Call) -> UUID | None:
    """Of which client people may be listed: the one asked for; None: of all. Raises KeyRefused."""
    asked: UUID | None = call.query.get("api_client_id")
    if call.key.may(Scope.MODERATOR):
        return asked
    if asked not in (None, call.key.pk):
        raise KeyRefused(_("This key sees only its own client's people."))
    return call.key.pk


def found(call: Call) -> User:
    """The person of this id, if the key may see them. Raises PersonNotFound."""
    people = User.objects.filter(pk=call.path["user_id"])
    client_id = owner(call)
    person = (people if client_id is None else people.filter(api_client=client_id)).first()
    if person is None:
        raise PersonNotFound
    return person


def all_people(call: Call, *, by: str) -> QuerySet[User]:
    """The people of a list, narrowed by `PeopleQuery`; `by` is the name that is searched."""
    given = {
        "api_client": owner(call),
        "auth_method": call.query.get("auth_method"),
        f"{by}__icontains": call.query.get("search_text"),
    }
    return User.objects.filter(**{name: value for name, value in given.items() if value not in (None, "")})


def in_order(call: Call, *, by: str) -> list[shown.Shown]:
    """People between two names. With an id, a bound is the place of one person, and this person is left out."""
    asked, rows = call.query, all_people(call, by=by)
    for side, name, pk in (
        ("gt", asked.get(f"gte_{by}"), asked.get("gt_id")),
        ("lt", asked.get(f"lte_{by}"), asked.get("lt_id")),
    ):
        if name is None and pk is not None:
            raise IdWithoutName
        if name is not None:
            rows = rows.filter(**{f"{by}__{side}e": name})
        if pk is not None:
            rows = rows.filter(Q(**{f"{by}__{side}": name}) | Q(**{f"pk__{side}": pk}))
    sign = "-" if asked.get("desc") else ""
    return shown_people(call, rows.order_by(f"{sign}{by}", f"{sign}pk")[: asked["max_count"]])


def shown_people(call: Call, rows: Any) -> list[shown.Shown]:
    moderates = call.key.may(Scope.MODERATOR)
    return [shown.user(person, moderates=moderates) for person in rows]


@routes.add(
    "GET",
    "users/by_username",
    EITHER,
    query=ByUsername,
    answer=schemas.FrontEndUser(many=True),
    refusals=(ErrorCode.GENERIC_ERROR,),
)
def get_users_ordered_by_username(call: Call) -> Any:
    """The client's people, or all for a key that moderates, by the names under which clients know them."""
    return in_order(call, by="username")


@routes.add(
    "GET",
    "users/by_display_name",
    EITHER,
    query=ByDisplayName,
    answer=schemas.FrontEndUser(many=True),
    refusals=(ErrorCode.GENERIC_ERROR,),
)
def get_users_ordered_by_display_name(call: Call) -> Any:
    """The client's people, or all for a key that moderates, by the names they show."""
    return in_order(call, by="display_name")


@routes.add(
    "GET",
    "users/cursor",
    EITHER,
    query=PeopleWindow,
    answer=schemas.FrontEndUserPage,
    refusals=(ErrorCode.SORT_KEY_UNSUPPORTED, ErrorCode.INVALID_CURSOR_VALUE),
)
def get_users_cursor(call: Call) -> Any:
    """One page of people."""
    by = cursors.chosen(call.query["sort_key"], SORT_KEYS)
    page = cursors.page(all_people(call, by=by.column), by=by, query=call.query)
    return page.shown(shown_people(call, page.rows))


@routes.add(
    "GET", "users/{user_id}", EITHER, params=ONE, query=OfClient, answer=schemas.FrontEndUser, refusals=NOT_THERE
)
def get_user(call: Call) -> Any:
    """One person."""
    return shown_people(call, [found(call)])[0]


@routes.add(
    "PUT",
    "users/{user_id}",
    MODERATORS,
    acting=True,
    params=ONE,
    query=Edit,
    status=204,
    refusals=(*ABOUT_SOMEBODY, ErrorCode.MOVE_NOT_POSSIBLE),
)
def update_user(call: Call) -> None:
    """Change an account, ban somebody or take a ban back. Logged, with who did it."""
    changes = people.Changes(
        display_name=call.query.get("display_name"),
        notes=call.query.get("notes"),
        show_on_leaderboard=call.query["show_on_leaderboard"],
        enabled=call.query["enabled"],
        accept_terms=bool(call.query["tos_acceptance"]),
    )
    people.edit(person_id=call.path["user_id"], changes=changes, **moderating(call))


@routes.add("DELETE", "users/{user_id}", MODERATORS, acting=True, params=ONE, status=204, refusals=ABOUT_SOMEBODY)
def delete_user(call: Call) -> None:
    """Close the account: names, address and notes are forgotten; messages stay, and belong to nobody known.

    Of somebody banned the name by which the client knows them stays, or they would come back as somebody new.
    """
    people.close_account(person_id=call.path["user_id"], **moderating(call))


@routes.add(
    "GET",
    "users/{user_id}/messages",
    EITHER,
    acting=True,
    params=ONE,
    query=MessagesOfPerson,
    answer=schemas.Message(many=True),
)
def query_user_messages(call: Call) -> Any:
    """What the person wrote, the newest first; none of a person whom the key may not see."""
    return written(call, {"user_id": call.path["user_id"]})


@routes.add(
    "GET",
    "users/{user_id}/messages/cursor",
    EITHER,
    acting=True,
    params=ONE,
    query=WindowOfPerson,
    answer=schemas.MessagePage,
    refusals=(ErrorCode.INVALID_CURSOR_VALUE,),
)
def query_user_messages_cursor(call: Call) -> Any:
    """One page of what the person wrote."""
    return written_page(call, {"user_id": call.path["user_id"]})


@routes.add(
    "DELETE", "users/{user_id}/messages", MODERATORS, acting=True, params=ONE, status=204, refusals=ABOUT_SOMEBODY
)
def mark_user_messages_deleted(call: Call) -> None:
    """Hide everything the person wrote, and everything below it."""
    people.delete_messages_of(person_id=call.path["user_id"], **moderating(call))


def written(call: Call, whose: dict[str, Any]) -> list[shown.Shown]:
    """A person's messages. `whose` names the person as lists of messages do."""
    rows = listed(replace(call, query={**call.query, **whose}), deleted=call.query["include_deleted"])
    sign = "-" if call.query["desc"] else ""
    newest = rows.order_by(f"{sign}created_at", f"{sign}pk")[: call.query["max_count"]]
    return shown.messages(newest, client=call.client, person=call.person)


def written_page(call: Call, whose: dict[str, Any]) -> shown.Shown:
    rows = listed(replace(call, query={**call.query, **whose}), deleted=call.query["include_deleted"])
    page = cursors.page(rows, by=cursors.CREATED, query=call.query, desc=call.query["desc"])
    return page.shown(shown.messages(page.rows, client=call.client, person=call.person))
