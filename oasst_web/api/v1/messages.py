"""Messages: lists of them, one with its tree, reactions, and what moderators do with them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import uuid5

from django.utils.translation import gettext_lazy as _
from rest_framework.serializers import BooleanField, CharField, DateTimeField, IntegerField, UUIDField

from accounts.models import Scope
from common.errors import DomainError, ErrorCode
from moderation import actions, reports
from oasst_web.api.routes import ANY_KEY, MODERATORS, PROXY, Call, Routes
from oasst_web.api.v1 import cursors, readings, schemas, shown
from oasst_web.api.v1.protocol import KeyRefused, moderator_of, person_of
from oasst_web.api.v1.tasks import MAY_NOT, RNG, SOMEBODY
from tasks import rulebook
from tasks.models import Message, MessageRevision, Tree
from tasks.querysets import MessageQuerySet
from tasks.reactions import Op
from tasks.refusals import MessageNotFound

MISSING = (ErrorCode.MESSAGE_NOT_FOUND,)
ONE = {"message_id": UUIDField()}
#: Also where a moderator is named who may not take part.
MODERATED = (*MISSING, ErrorCode.USER_DISABLED)
LISTED = (ErrorCode.AUTH_AND_USERNAME_REQUIRED,)

routes = Routes()


class HalfAPerson(DomainError):
    code = ErrorCode.AUTH_AND_USERNAME_REQUIRED
    status = 400
    sentence = _("Give `auth_method` and `username` together, or neither.")


class Whose(schemas.Shape):
    """Which messages a list is of."""

    auth_method = CharField(required=False, allow_blank=True)
    username = CharField(required=False, allow_blank=True)
    api_client_id = UUIDField(required=False, help_text="Another client's only for a key that moderates.")
    only_roots = BooleanField(default=False)
    lang = CharField(required=False, allow_blank=True)


class MessagesQuery(Whose):
    max_count = IntegerField(min_value=1, max_value=1000, default=10)
    start_date = DateTimeField(required=False, help_text="Written then or later.")
    end_date = DateTimeField(required=False, help_text="Written then or earlier.")
    desc = BooleanField(default=True)
    allow_deleted = BooleanField(default=False)


class MessagesWindow(Whose, cursors.Window):
    user_id = UUIDField(required=False)
    include_deleted = BooleanField(default=False)
    desc = BooleanField(default=False)
    search_query = CharField(required=False, allow_blank=True, max_length=1000, help_text="Words of the text.")
    include_user = BooleanField(default=False)


class Halt(schemas.Shape):
    halt = BooleanField(help_text="True to stop the tree, false to let it go on.")


def listed(call: Call, *, deleted: bool) -> MessageQuerySet:
    """The messages of a list, narrowed by `Whose`. Without the right to moderate these are the client's own, and a
    person named is one of its own too: after a merge, what it brought may belong to another client's person."""
    asked = call.query
    owner, writers = asked.get("api_client_id"), None
    auth_method, username = asked.get("auth_method"), asked.get("username")
    if bool(auth_method) != bool(username):
        raise HalfAPerson
    if not call.key.may(Scope.MODERATOR):
        if owner not in (None, call.key.pk):
            raise KeyRefused(_("This key sees only what its own client brought."))
        owner = call.key.pk
        writers = owner if username or asked.get("user_id") else None
    given = {
        "api_client": owner,
        "author__api_client": writers,
        "author__auth_method": auth_method,
        "author__username": username,
        "author": asked.get("user_id"),
        "lang": asked.get("lang"),
        "created_at__gte": asked.get("start_date"),
        "created_at__lte": asked.get("end_date"),
        "parent__isnull": True if asked["only_roots"] else None,
        "deleted": None if deleted else False,
    }
    rows: MessageQuerySet = Message.objects.filter(
        **{name: value for name, value in given.items() if value not in (None, "")}
    )
    return rows.with_what_is_shown()


@routes.add(
    "GET",
    "messages/",
    ANY_KEY,
    acting=True,
    query=MessagesQuery,
    answer=schemas.Message(many=True),
    refusals=LISTED,
)
def query_messages(call: Call) -> Any:
    """Messages of the client, or of all for a key that moderates; the newest first."""
    sign = "-" if call.query["desc"] else ""
    rows = listed(call, deleted=call.query["allow_deleted"]).order_by(f"{sign}created_at", f"{sign}pk")
    return shown.messages(rows[: call.query["max_count"]], client=call.client, person=call.person)


@routes.add(
    "GET",
    "messages/cursor",
    ANY_KEY,
    acting=True,
    query=MessagesWindow,
    answer=schemas.MessagePage,
    refusals=(*LISTED, ErrorCode.INVALID_CURSOR_VALUE),
)
def get_messages_cursor(call: Call) -> Any:
    """One page of messages; `search_query` keeps those with all its words."""
    rows = listed(call, deleted=call.query["include_deleted"])
    if words := call.query.get("search_query"):
        rows = rows.containing(words)
    page = cursors.page(rows, by=cursors.CREATED, query=call.query, desc=call.query["desc"])
    return page.shown(
        shown.messages(page.rows, client=call.client, person=call.person, include_user=call.query["include_user"])
    )


def found(call: Call) -> Message:
    """The message of this id, if the key may read it."""
    message = Message.objects.readable_by(call.key).with_what_is_shown().filter(pk=call.path["message_id"]).first()
    if message is None:
        raise MessageNotFound
    return message  # type: ignore[no-any-return]  # the manager is typed Any


readings.add(routes, "messages/{message_id}", found, acting=True, params=ONE)


@routes.add(
    "GET",
    "messages/{message_id}/tree/state",
    ANY_KEY,
    acting=True,
    params=ONE,
    answer=schemas.MessageTreeStateResponse,
    refusals=MISSING,
)
def get_message_tree_state(call: Call) -> Any:
    """Where the tree of the message stands."""
    return _state(found(call).tree)


@routes.add(
    "PUT",
    "messages/{message_id}/tree/state",
    MODERATORS,
    acting=True,
    params=ONE,
    query=Halt,
    answer=schemas.MessageTreeStateResponse,
    refusals=(*MODERATED, ErrorCode.MOVE_NOT_POSSIBLE),
)
def put_message_tree_state(call: Call) -> Any:
    """Stop the tree of the message, or let it go on where its messages put it."""
    tree_id = found(call).tree_id
    move = actions.halt_tree if call.query["halt"] else actions.resume_tree
    return _state(move(tree_id=tree_id, **moderating(call)))


@routes.add("DELETE", "messages/{message_id}", MODERATORS, acting=True, params=ONE, status=204, refusals=MODERATED)
def mark_message_deleted(call: Call) -> None:
    """Hide the message and everything below it."""
    actions.delete_message(message_id=call.path["message_id"], **moderating(call))


@routes.add(
    "PUT",
    "messages/{message_id}/undelete",
    MODERATORS,
    acting=True,
    params=ONE,
    answer=schemas.NOTHING,
    status=202,
    refusals=MODERATED,
)
def undelete_message(call: Call) -> None:
    """Show the message and everything above it again."""
    actions.undelete_message(message_id=call.path["message_id"], **moderating(call))


@routes.add(
    "POST",
    "messages/{message_id}/edit",
    MODERATORS,
    params=ONE,
    body=schemas.MessageEditRequest,
    answer=schemas.NOTHING,
    refusals=(*MODERATED, ErrorCode.TASK_MESSAGE_TEXT_EMPTY, ErrorCode.TASK_MESSAGE_TOO_LONG),
    example={"user": SOMEBODY, "new_content": "Why is the sky blue?"},
)
def edit_message(call: Call) -> None:
    """Correct the text. Every version is kept; verdicts and ranks stay."""
    editing = moderating(replace(call, person=person_of(call)))
    actions.edit_message(message_id=call.path["message_id"], text=call.body["new_content"], **editing)


@routes.add(
    "GET",
    "messages/{message_id}/history",
    MODERATORS,
    acting=True,
    params=ONE,
    answer=schemas.MessageRevision(many=True),
    refusals=MISSING,
)
def get_revision_history(call: Call) -> Any:
    """Every text the message has had, oldest first; none if it was never edited."""
    return [_revision(row, call) for row in found(call).revisions.all()]


@routes.add(
    "POST",
    "messages/{message_id}/emoji",
    PROXY,
    params=ONE,
    body=schemas.MessageEmojiRequest,
    answer=schemas.Message,
    status=202,
    refusals=(*MAY_NOT, *MISSING, ErrorCode.EMOJI_OP_UNSUPPORTED),
    example={"user": SOMEBODY, "op": "toggle", "emoji": "+1"},
)
def post_message_emoji(call: Call) -> Any:
    """React to the message, or take a reaction back. A red flag puts it before the moderators."""
    person = person_of(call)
    message = found(call)  # What the person may read the program may not always.
    reports.react(message_id=message.pk, person=person, emoji=call.body["emoji"], op=Op(call.body["op"]), now=call.now)
    return shown.messages([found(call)], client=call.client, person=person)[0]


def moderating(call: Call) -> dict[str, Any]:
    """What every action of a moderator takes."""
    by = moderator_of(call)
    named = f", named {call.person.auth_method}:{call.person.username}" if call.person not in (None, by) else ""
    why = f"Through the API by {call.key.description}{named}"
    return {"by": by, "why": why, "now": call.now, "rules": rulebook.in_force(), "rng": RNG}


def _state(tree: Tree) -> dict[str, Any]:
    return {
        "message_tree_id": tree.pk,
        "state": tree.state,
        "goal_tree_size": tree.goal_tree_size,
        "max_depth": tree.max_depth,
        "max_children_count": tree.max_children_count,
        "active": tree.active,
        "origin": tree.origin or None,
    }


def _revision(row: MessageRevision, call: Call) -> dict[str, Any]:
    return {
        # Published ids are UUIDs; ours are numbers.
        "id": uuid5(row.message_id, str(row.pk)),
        "text": row.text,
        "message_id": row.message_id,
        "user_id": row.by_id,
        "created_date": row.at,
        "user_is_author": None if call.person is None else row.by_id == call.person.pk,
    }
