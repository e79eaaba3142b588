"""Red flags and skips that act by themselves, by the rules. Runs only in a job."""

from __future__ import annotations

from datetime import datetime
from random import Random
from uuid import UUID

from django.db import transaction
from django.db.models import Count, QuerySet

from moderation import actions, reports
from moderation.log import log
from moderation.models import Action
from tasks import locking, trees
from tasks.kinds import REPLYING
from tasks.models import Message, Reaction, Skip
from tasks.reactions import RED_FLAG
from tasks.rules import TreeRules
from tasks.tree_states import Event, State

#: Trees in which automatic moderation acts. Finished ones wait for a moderator.
WATCHED = (State.INITIAL_PROMPT_REVIEW, State.PROMPT_LOTTERY_WAITING, State.GROWING, State.RANKING)


def moderate(*, now: datetime, rules: TreeRules, rng: Random) -> int:
    """Act on every message with too many red flags and every tree with too many skips. Returns on how many."""
    if not rules.auto_mod_enabled:
        return 0
    acted = 0
    for message_id in list(_flagged(rules)):
        acted += _act_on_flags(message_id, now, rules, rng)
    for tree_id in set(_skipped(rules)):
        acted += _act_on_skips(tree_id, now, rules, rng)
    return acted


def _flagged(rules: TreeRules) -> QuerySet[Reaction, UUID]:
    """Messages with enough red flags. Not those that a moderator kept, or whose tree one resumed: that is for good."""
    return (
        Reaction.objects.filter(
            message__flags_cleared_at=None,
            message__tree__moderated_at=None,
            message__tree__state__in=WATCHED,
            message__deleted=False,
            emoji=RED_FLAG,
        )
        .values("message")
        .annotate(flags=Count("id"))
        .filter(flags__gte=rules.auto_mod_red_flags)
        .order_by("message")
        .values_list("message", flat=True)
    )


def _skipped(rules: TreeRules) -> QuerySet[Skip, UUID]:
    """Trees of messages to which too many people would rather not reply; once for each such message. Not those
    that a moderator resumed."""
    return (
        Skip.objects.filter(
            message__tree__moderated_at=None,
            message__tree__state__in=WATCHED,
            message__deleted=False,
            kind__in=REPLYING,
        )
        .values("message")
        .annotate(skips=Count("id"))
        .filter(skips__gte=rules.auto_mod_max_skip_reply)
        .order_by("message")
        .values_list("message__tree", flat=True)
    )


@transaction.atomic
def _act_on_flags(message_id: UUID, now: datetime, rules: TreeRules, rng: Random) -> bool:
    """A flagged prompt ends its tree; a flagged reply goes, with everything below it. A moderator sees both."""
    # The tree first, like everybody who touches the queue inside a transaction; and then a second look, for a moderator
    # may just have cleared the flags, or deleted the message.
    tree = locking.lock_tree(Message.objects.values_list("tree_id", flat=True).get(pk=message_id))
    if not _flagged(rules).filter(message=message_id).exists():
        return False
    message = Message.objects.get(pk=message_id)
    why = f"{rules.auto_mod_red_flags} red flags"
    reports.put_flagged(message=message, now=now)
    if message.parent_id is not None:
        return actions.delete_message(message_id=message_id, by=None, why=why, now=now, rules=rules, rng=rng) > 0
    before = tree.state
    trees.advance(tree=tree, event=Event.RED_FLAGGED, by=None, now=now, rules=rules, rng=rng, why=why)
    if tree.state == before:
        return False
    log(
        Action.ABORT_TREE,
        by=None,
        now=now,
        why=why,
        before={"state": before},
        after={"state": tree.state},
        message=message,
        tree=tree,
        person=message.author,
    )
    return True


@transaction.atomic
def _act_on_skips(tree_id: UUID, now: datetime, rules: TreeRules, rng: Random) -> bool:
    tree = locking.lock_tree(tree_id)
    if not _skipped(rules).filter(message__tree=tree_id).exists():
        return False  # A moderator has just resumed it.
    before = tree.state
    why = f"{rules.auto_mod_max_skip_reply} skips of one message"
    trees.advance(tree=tree, event=Event.OFTEN_SKIPPED, by=None, now=now, rules=rules, rng=rng, why=why)
    if tree.state == before:
        return False
    log(
        Action.HALT_TREE,
        by=None,
        now=now,
        why=why,
        before={"state": before},
        after={"state": tree.state},
        tree=tree,
    )
    return True
