"""What became of a message, in words its author reads. Pure: the page brings the message, its tree and its siblings.

Authors learn the verdict on their own message as soon as there is one, and nothing before: not how many reviews it has,
nor what they say. Places show when the tree is finished; until then they may change.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tasks.tree_states import State

S = State

#: States in which work goes on after growing: the replies are put in order, or wait for it.
BEING_RANKED = (S.RANKING, S.READY_FOR_SCORING, S.SCORING_FAILED, S.BACKLOG_RANKING)
#: States in which nothing goes on, though the tree did not come to its end.
STOPPED = (S.ABORTED_LOW_GRADE, S.HALTED_BY_MODERATOR)


class Fate(StrEnum):
    """Where a message stands. Each message has exactly one."""

    IN_REVIEW = "in_review"
    WAITING = "waiting"
    """A prompt that was accepted waits to be drawn."""
    GROWING = "growing"
    """A prompt to which replies are written."""
    ACCEPTED = "accepted"
    BEING_RANKED = "being_ranked"
    RANKED = "ranked"
    FINISHED = "finished"
    """In a finished conversation, and not compared with others."""
    NOT_ACCEPTED = "not_accepted"
    STOPPED = "stopped"
    """The conversation ended before its time; the message is not to blame."""
    DELETED = "deleted"


#: What the states of trees are called, in the order in which a tree comes through them.
STATES: Mapping[State, Promise] = {
    State.INITIAL_PROMPT_REVIEW: _("The prompt is reviewed"),
    State.PROMPT_LOTTERY_WAITING: _("The prompt waits for its turn"),
    State.GROWING: _("Replies are written and reviewed"),
    State.BACKLOG_RANKING: _("Imported, waits to be ranked"),
    State.RANKING: _("Replies are ranked"),
    State.READY_FOR_SCORING: _("The result is computed"),
    State.SCORING_FAILED: _("The result could not be computed"),
    State.READY_FOR_EXPORT: _("Finished"),
    State.ABORTED_LOW_GRADE: _("Ended: the prompt was not accepted"),
    State.HALTED_BY_MODERATOR: _("Stopped"),
}


#: Names as in a list to choose from.
FATES: dict[Fate, Promise] = {
    Fate.IN_REVIEW: _("In review"),
    Fate.WAITING: _("Waiting for the draw"),
    Fate.GROWING: _("Growing"),
    Fate.ACCEPTED: _("Accepted"),
    Fate.BEING_RANKED: _("Being ranked"),
    Fate.RANKED: _("Ranked"),
    Fate.FINISHED: _("Finished"),
    Fate.NOT_ACCEPTED: _("Not accepted"),
    Fate.STOPPED: _("Stopped"),
    Fate.DELETED: _("Removed"),
}

#: Fates that are told as good or bad news; of the others nothing is known yet.
GOOD = frozenset({Fate.WAITING, Fate.GROWING, Fate.ACCEPTED, Fate.BEING_RANKED, Fate.RANKED, Fate.FINISHED})
BAD = frozenset({Fate.NOT_ACCEPTED, Fate.DELETED})


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What decides the fate of a message."""

    state: State
    """Of its tree."""
    is_prompt: bool
    verdict: bool | None
    deleted: bool = False
    corrected: bool = False
    """Its author changed the text after sending it."""
    edited: bool = False
    """Moderators changed it."""
    rank: int | None = None
    """How many siblings are better."""
    ranks: Sequence[int] = ()
    """Of it and all siblings it was compared with."""
    release: str = ""
    """The published dataset it is in."""


def of(facts: Facts) -> Fate:
    """The fate. Whoever changes this changes `WHERE` with it; a test compares them over all cases."""
    if facts.deleted:
        return Fate.DELETED
    if facts.verdict is False:
        return Fate.NOT_ACCEPTED
    if facts.state in STOPPED:
        return Fate.STOPPED
    if facts.verdict is None:
        return Fate.IN_REVIEW
    if facts.state in BEING_RANKED:
        return Fate.BEING_RANKED
    if facts.state is S.READY_FOR_EXPORT:
        return Fate.FINISHED if facts.rank is None else Fate.RANKED
    if facts.is_prompt and facts.state is S.PROMPT_LOTTERY_WAITING:
        return Fate.WAITING
    if facts.is_prompt and facts.state is S.GROWING:
        return Fate.GROWING
    return Fate.ACCEPTED


_THERE = Q(deleted=False) & ~Q(tree__state__in=STOPPED)
_KEPT = _THERE & Q(review_result=True)
_ENDED = _KEPT & Q(tree__state=S.READY_FOR_EXPORT)
_EARLY = _KEPT & ~Q(tree__state__in=[*BEING_RANKED, S.READY_FOR_EXPORT])
_WAITING = Q(parent=None, tree__state=S.PROMPT_LOTTERY_WAITING)
_GROWING = Q(parent=None, tree__state=S.GROWING)

#: The same for a queryset of messages: which have this fate.
WHERE: dict[Fate, Q] = {
    Fate.DELETED: Q(deleted=True),
    Fate.NOT_ACCEPTED: Q(deleted=False, review_result=False),
    Fate.STOPPED: Q(deleted=False, tree__state__in=STOPPED) & (Q(review_result=None) | Q(review_result=True)),
    Fate.IN_REVIEW: _THERE & Q(review_result=None),
    Fate.BEING_RANKED: _KEPT & Q(tree__state__in=BEING_RANKED),
    Fate.FINISHED: _ENDED & Q(rank=None),
    Fate.RANKED: _ENDED & Q(rank__isnull=False),
    Fate.WAITING: _EARLY & _WAITING,
    Fate.GROWING: _EARLY & _GROWING,
    Fate.ACCEPTED: _EARLY & ~_WAITING & ~_GROWING,
}


def sentences(facts: Facts) -> list[str]:
    """What to tell the author, the fate first."""
    said = [_of_fate(of(facts), facts)]
    if facts.corrected:
        said.append(gettext("You corrected it after sending it."))
    if facts.edited:
        said.append(gettext("The moderators changed its text."))
    if facts.release and not facts.deleted:
        said.append(gettext("It is in release %(release)s of the dataset.") % {"release": facts.release})
    return said


def _of_fate(fate: Fate, facts: Facts) -> str:
    match fate:
        case Fate.DELETED:
            return gettext("It was removed. Only you and the moderators can read it.")
        case Fate.NOT_ACCEPTED:
            return gettext("The reviewers did not accept it. Only you, they and the moderators can read it.")
        case Fate.STOPPED:
            return gettext("The conversation was ended before its time; this message may have been fine.")
        case Fate.IN_REVIEW:
            return gettext("In review: others are asked what they think of it.")
        case Fate.WAITING:
            return gettext("Accepted. It waits for the draw, in which prompts are chosen to grow.")
        case Fate.GROWING:
            return gettext("Accepted and drawn: others are writing replies to it.")
        case Fate.ACCEPTED:
            return gettext("Accepted. It will be compared with other replies when the conversation has grown.")
        case Fate.BEING_RANKED if facts.is_prompt:
            return gettext("Accepted. The replies to it are being ranked.")
        case Fate.BEING_RANKED:
            return gettext("Accepted. It is being compared with the other replies.")
        case Fate.FINISHED:
            return gettext("Accepted. The conversation is finished.")
        case Fate.RANKED:
            return _of_rank(facts)


def _of_rank(facts: Facts) -> str:
    """The place among the replies to the same message. Who cannot be separated shares a place."""
    assert facts.rank is not None
    numbers = {"place": facts.rank + 1, "count": len(facts.ranks)}
    if len(facts.ranks) < 2:
        return gettext("Accepted. The conversation is finished.")
    if facts.ranks.count(facts.rank) > 1:
        return gettext("Shares place %(place)d of %(count)d with replies that are as good.") % numbers
    if facts.rank == 0:
        return gettext("Ranked best of %(count)d replies.") % numbers
    return gettext("Ranked in place %(place)d of %(count)d replies.") % numbers
