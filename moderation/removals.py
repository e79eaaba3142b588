"""What was removed, by which line of the log, and how it comes back."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from random import Random
from uuid import UUID

from django.db import transaction

from accounts.models import User
from moderation import actions, removal
from moderation.log import UNEXPLAINED, WHY_TAKEN_BACK, Grounds, log
from moderation.models import Action, ActionLog
from moderation.reasons import Reason
from tasks import locking, trees
from tasks.models import Message, Tree
from tasks.rules import TreeRules
from tasks.tree_states import Event, State

#: How a tree stops because what it was about is gone.
STOPPED = (State.HALTED_BY_MODERATOR.value, State.ABORTED_LOW_GRADE.value)


def of(message: Message) -> ActionLog | None:
    """The line by which this message was removed, itself or with one above it; or by which automatic moderation ended
    its tree because of it. None where it is not removed."""
    lines = ActionLog.objects.filter(tree=message.tree_id, undone_by=None).order_by("id")
    if message.deleted:
        return lines.filter(action=Action.DELETE_MESSAGE, after__hidden__contains=[str(message.pk)]).last()
    ended = lines.filter(action=Action.ABORT_TREE, message=message.pk).last()
    if ended is None or Tree.objects.get(pk=message.tree_id).state != State.ABORTED_LOW_GRADE:
        return None
    return ended


def reasons_of(message_ids: Collection[UUID]) -> dict[UUID, Reason]:
    """Of those of these messages that were removed themselves, and not with one above them, and for which somebody
    said why: the reason."""
    lines = ActionLog.objects.filter(action=Action.DELETE_MESSAGE, message__in=list(message_ids), undone_by=None)
    found = {}
    for message_id, reason, why in lines.order_by("id").values_list("message_id", "reason", "why"):
        if why == WHY_TAKEN_BACK:
            found[message_id] = Reason.AUTHOR_ASKED
        elif reason:
            found[message_id] = Reason(reason)
    return found


def edited_since(moment: datetime) -> dict[UUID, Reason]:
    """Messages whose text moderators changed since, for the reason that they gave last."""
    lines = ActionLog.objects.filter(action=Action.EDIT_MESSAGE, at__gte=moment, undone_by=None).exclude(reason="")
    return {pk: Reason(reason) for pk, reason in lines.order_by("id").values_list("message_id", "reason")}


@transaction.atomic
def give_back(
    line: ActionLog,
    *,
    by: User,
    why: str,
    now: datetime,
    rules: TreeRules,
    rng: Random,
    grounds: Grounds = UNEXPLAINED,
) -> ActionLog:
    """Show exactly what was hidden by it, and let the tree go on that it stopped. What was taken back or purged
    meanwhile stays hidden, with all below it."""
    assert line.tree_id is not None
    tree = locking.lock_tree(line.tree_id)
    before = tree.state
    hidden = {UUID(pk) for pk in line.after.get("hidden", ())} - removal.gone_for_good(tree)
    still = list(Message.objects.filter(pk__in=hidden, deleted=True).values_list("id", flat=True))
    actions.show(tree=tree, message_ids=still, by=by, why=why, now=now, rules=rules, rng=rng)
    stopped = line.before.get("state") != line.after.get("state") and line.after.get("state") in STOPPED
    if stopped and tree.state == line.after["state"]:
        trees.advance(tree=tree, event=Event.RESUMED, by=by, now=now, rules=rules, rng=rng, why=why)
    return log(
        Action.UNDELETE_MESSAGE,
        by=by,
        now=now,
        why=why,
        grounds=grounds,
        before={"state": before},
        after={"state": tree.state, "shown": [str(pk) for pk in still]},
        message=line.message_id and Message.objects.filter(pk=line.message_id).first(),
        tree=tree,
        person_id=line.person_id,
    )
