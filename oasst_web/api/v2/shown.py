"""How version 2 shows what is stored. Plain dictionaries of the shapes in `schemas`."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from accounts.models import Delivery, User, Webhook
from tasks.kinds import EMOJIS, KINDS, MANDATORY_LABELS, Kind
from tasks.models import Message, Preference, Reaction, Task, TaskState, Tree
from tasks.reactions import RED_FLAG
from tasks.tree_states import UNDER_REVIEW
from tasks.work import Work

Shown = dict[str, Any]


# --- tasks


def held_task(task: Task, *, person: User) -> Shown:
    """A task that this person holds, missed or answered, in short."""
    mine = task.claimed_by_id == person.pk
    return {
        "id": task.pk,
        "kind": task.kind,
        "deed": KINDS[Kind(task.kind)].deed,
        "lang": task.lang,
        "state": "late" if not mine else "answered" if task.state == TaskState.DONE else "held",
        "expires_at": task.expires_at if mine else None,
        "message_id": task.message_id,
    }


def assignment(seen: Work, *, person: User, size_limit: int) -> Shown:
    """The same with all one needs to do it."""
    return {
        **held_task(seen.task, person=person),
        "title": seen.row.title,
        "purpose": seen.row.purpose,
        "mode": seen.task.mode,
        "conversation": [_turn(message) for message in seen.conversation],
        "replies": [_turn(message) for message in seen.replies],
        "questions": [
            {
                "name": name,
                "widget": label.widget,
                "mandatory": name in MANDATORY_LABELS,
                "question": label.question,
                "hint": label.help_text,
                "low": label.low,
                "high": label.high,
            }
            for name, label in seen.labels
        ],
        "message_size_limit": size_limit,
    }


def _turn(message: Message) -> Shown:
    return {"id": message.pk, "role": message.role, "text": message.text}


def work_of_kind(kind: Kind, count: int) -> Shown:
    row = KINDS[kind]
    return {"kind": kind, "deed": row.deed, "title": row.title, "purpose": row.purpose, "count": count}


# --- messages and trees


def messages(found: Iterable[Message], *, person: User) -> list[Shown]:
    """Messages with their reactions, in one query more; `tree` should be loaded."""
    rows = list(found)
    by_message = reactions([row.pk for row in rows], person=person)
    return [
        {
            "id": row.pk,
            "tree_id": row.tree_id,
            "parent_id": row.parent_id,
            "role": row.role,
            "text": row.text,
            "lang": row.lang,
            "depth": row.depth,
            "created_at": row.created_at,
            "mine": row.author_id == person.pk,
            "edited": row.edited,
            "deleted": row.deleted,
            "synthetic": row.synthetic,
            "model_name": row.model_name or None,
            "verdict": _verdict(row, person),
            "rank": row.rank,
            "reactions": by_message[row.pk],
        }
        for row in rows
    ]


def _verdict(row: Message, person: User) -> str | None:
    """Whoever may be asked to review it must not see what others found."""
    blind = row.tree.state in UNDER_REVIEW and row.author_id != person.pk and not person.is_moderator
    if blind or row.review_result is None:
        return None
    return "accepted" if row.review_result else "rejected"


def reactions(found: Iterable[UUID], *, person: User) -> Mapping[UUID, Shown]:
    """The reactions to each of these messages. Red flags are counted for nobody: they are for moderators."""
    counts: dict[UUID, Counter[str]] = defaultdict(Counter)
    mine: dict[UUID, set[str]] = defaultdict(set)
    ids = list(found)
    for message_id, person_id, emoji in Reaction.objects.filter(message__in=ids).values_list(
        "message_id", "person_id", "emoji"
    ):
        counts[message_id][emoji] += emoji != RED_FLAG
        if person_id == person.pk:
            mine[message_id].add(emoji)
    return {
        pk: {
            "mine": [emoji for emoji in EMOJIS if emoji in mine[pk]],
            "counts": {emoji: counts[pk][emoji] for emoji in EMOJIS if counts[pk][emoji]} if mine[pk] else None,
        }
        for pk in ids
    }


def tree(found: Tree, *, seen: Iterable[Message], preferences: Iterable[Preference], person: User) -> Shown:
    """A tree with those of its messages that this person may see."""
    return {
        "id": found.pk,
        "lang": found.lang,
        "state": found.state,
        "created_at": found.created_at,
        "finished_at": found.finished_at,
        "messages": messages(seen, person=person),
        "preferences": [
            {
                "parent_id": row.parent_id,
                "chosen_id": row.chosen_id,
                "rejected_id": row.rejected_id,
                "p_better": row.p_better,
                "p_chosen": row.p_chosen,
                "p_low": row.p_low,
                "p_high": row.p_high,
                "n_votes": row.n_votes,
                "n_ties": row.n_ties,
                "flip_margin": row.flip_margin,
                "cause": row.cause or None,
            }
            for row in preferences
        ],
    }


# --- webhooks


def webhook(found: Webhook) -> Shown:
    """A webhook without its secret."""
    return {
        "id": found.pk,
        "url": found.url,
        "kinds": found.kinds,
        "enabled": found.enabled,
        "failing_since": found.failing_since,
        "created_at": found.created_at,
    }


def delivery(found: Delivery) -> Shown:
    """A delivery whose notice was loaded with it."""
    return {
        "id": found.pk,
        "kind": found.notice.kind,
        "payload": found.notice.payload,
        "happened_at": found.notice.created_at,
        "created_at": found.created_at,
        "state": found.state,
        "attempts": found.attempts,
        "next_attempt_at": found.next_attempt_at,
        "delivered_at": found.delivered_at,
        "last_status": found.last_status,
        "last_problem": found.last_problem or None,
    }
