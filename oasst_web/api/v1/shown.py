"""How version 1 shows what is stored: messages, people, labels. Plain dictionaries of the published shape."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any
from uuid import UUID

from accounts.models import ApiClient, Scope, Status, User
from tasks.kinds import EMOJIS, LABELS, Role
from tasks.models import Message, Reaction
from tasks.tree_states import UNDER_REVIEW

Shown = dict[str, Any]


def messages(
    found: Iterable[Message],
    *,
    client: ApiClient | None,
    person: User | None,
    include_user: bool = False,
) -> list[Shown]:
    """Messages with their reactions, in one query more; load them `with_what_is_shown()`."""
    rows = list(found)
    emojis, mine = _reactions(rows, person)
    moderates = client is not None and client.may(Scope.MODERATOR)
    shown = []
    for row in rows:
        author, blind = author_of(row, client), not moderates and under_review(row)
        about = {
            **_in_conversation(row, client, person, emojis[row.pk], mine[row.pk]),
            "user_id": author.pk if author else None,
            "parent_id": row.parent_id,
            "created_date": row.created_at,
            "review_result": None if blind else row.review_result,
            "review_count": 0 if blind else row.review_count,
            "deleted": row.deleted,
            "edited": row.edited,
            "model_name": row.model_name or None,
            "message_tree_id": row.tree_id,
            "ranking_count": 0 if blind else row.ranking_count,
            "rank": row.rank,
            "user": user(author, moderates=moderates) if include_user and author else None,
        }
        shown.append(about)
    return shown


def under_review(row: Message) -> bool:
    """Whether somebody may yet be asked to review it: what others found, and whether anybody did, must not show."""
    return row.tree.state in UNDER_REVIEW


def conversation(found: Iterable[Message], *, client: ApiClient | None, person: User | None, blind: bool) -> Shown:
    """A path from the prompt on. `blind` names no author: judging is blind. If it is not, load the messages
    `with_what_is_shown()`."""
    rows = list(found)
    emojis, mine = _reactions([] if blind else rows, person)
    return {
        "messages": [
            {
                **_in_conversation(row, client, person, emojis[row.pk], mine[row.pk]),
                "user_id": author.pk if not blind and (author := author_of(row, client)) else None,
                **({"synthetic": None} if blind else {}),
            }
            for row in rows
        ]
    }


def _in_conversation(
    row: Message, client: ApiClient | None, person: User | None, emojis: Mapping[str, int], mine: Collection[str]
) -> Shown:
    return {
        "id": row.pk,
        "frontend_message_id": frontend_id(row, client),
        "text": row.text,
        "lang": row.lang,
        "is_assistant": row.role == Role.ASSISTANT,
        "emojis": dict(emojis),
        "user_emojis": sorted(mine),
        "user_is_author": None if person is None else row.author_id == person.pk,
        "synthetic": row.synthetic,
    }


def frontend_id(row: Message, client: ApiClient | None) -> str:
    """The client's own name of the message; our id for messages that came another way. It finds the message again."""
    named_here = client is not None and row.api_client_id == client.pk
    return row.frontend_message_id or str(row.pk) if named_here else str(row.pk)


def author_of(row: Message, client: ApiClient | None) -> User | None:
    """Who wrote it, for their own client and for those that moderate. What a client brought may belong to another
    client's person by now: accounts are merged. Load the message `with_what_is_shown()`."""
    if row.author is None or client is None:
        return None
    return row.author if row.author.api_client_id == client.pk or client.may(Scope.MODERATOR) else None


def _reactions(rows: list[Message], person: User | None) -> tuple[Mapping[UUID, Counter[str]], Mapping[UUID, set[str]]]:
    """How often each emoji was given to each message, published counts included, and which of them by this person."""
    emojis: dict[UUID, Counter[str]] = defaultdict(Counter)
    mine: dict[UUID, set[str]] = defaultdict(set)
    for row in rows:
        if (published := getattr(row, "imported", None)) is not None:
            # Skips were published among the emojis. They are nobody's reaction.
            emojis[row.pk].update({name: count for name, count in published.emojis.items() if name in EMOJIS})
    if rows:
        for message_id, person_id, emoji in Reaction.objects.filter(message__in=rows).values_list(
            "message_id", "person_id", "emoji"
        ):
            emojis[message_id][emoji] += 1
            if person is not None and person_id == person.pk:
                mine[message_id].add(emoji)
    return emojis, mine


def user(person: User, *, moderates: bool) -> Shown:
    """A person; what moderators noted only for a key that moderates."""
    return {
        "user_id": person.pk,
        "id": person.username,
        "display_name": person.display_name,
        "auth_method": person.auth_method,
        "enabled": person.status == Status.ACTIVE,
        "deleted": person.status == Status.DELETED,
        "notes": person.notes if moderates else "",
        "created_date": person.created_at,
        "show_on_leaderboard": person.show_on_leaderboard,
        "streak_days": person.streak_days,
        "streak_last_day_date": person.streak_started_at,
        "last_activity_date": person.last_activity_at,
        "tos_acceptance_date": person.terms_accepted_at,
    }


def labels(names: Iterable[str]) -> list[Shown]:
    return [
        {
            "name": name,
            "widget": LABELS[name].widget.value,
            "display_text": str(LABELS[name].question),
            "help_text": str(LABELS[name].help_text),
        }
        for name in names
    ]
