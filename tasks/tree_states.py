"""The life of a tree as one table: from which state, on what event, to which state, and when."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """Where a tree stands. Published datasets know these values."""

    INITIAL_PROMPT_REVIEW = "initial_prompt_review"
    """Only the prompt exists; people review it."""
    PROMPT_LOTTERY_WAITING = "prompt_lottery_waiting"
    """The prompt was accepted and waits to be drawn."""
    GROWING = "growing"
    """Replies are written and reviewed."""
    RANKING = "ranking"
    """Sibling replies are ranked."""
    READY_FOR_SCORING = "ready_for_scoring"
    """Enough rankings; the scoring job computes the consensus. Being in this state is the queue."""
    READY_FOR_EXPORT = "ready_for_export"
    """Finished."""
    SCORING_FAILED = "scoring_failed"
    """The consensus could not be computed; the transition log says why."""
    ABORTED_LOW_GRADE = "aborted_low_grade"
    """The prompt was rejected or flagged, or an imported tree has nothing to rank."""
    HALTED_BY_MODERATOR = "halted_by_moderator"
    """Stopped by hand, by automatic moderation, or because nothing of it is left."""
    BACKLOG_RANKING = "backlog_ranking"
    """Imported, waiting to be woken for ranking."""


S = State

#: States in which people work on the tree.
ACTIVE = frozenset({S.INITIAL_PROMPT_REVIEW, S.GROWING, S.RANKING, S.READY_FOR_SCORING})

#: States in which messages are reviewed: what others found must not show to whoever is asked next.
UNDER_REVIEW = frozenset({S.INITIAL_PROMPT_REVIEW, S.GROWING})


class Event(StrEnum):
    """What may move a tree. Every action that can change its facts fires one."""

    WRITTEN = "written"
    """A prompt or reply was stored."""
    REVIEWED = "reviewed"
    RANKED = "ranked"
    RETURNED = "returned"
    """A claimed task came back: skipped, released or past its deadline; or an answer was taken back."""
    ENTERED = "entered"
    """The tree just came into its state; fired by every transition, so nothing waits for somebody to ask again."""
    RECHECKED = "rechecked"
    """A moderator deleted, restored or edited a message, the rules changed, or a drift was repaired."""
    DRAWN = "drawn"
    """Won the prompt lottery."""
    SCORED = "scored"
    SCORING_BROKE = "scoring_broke"
    RETRIED = "retried"
    """Scoring is asked for once more."""
    RED_FLAGGED = "red_flagged"
    """The prompt has as many red flags as automatic moderation allows."""
    OFTEN_SKIPPED = "often_skipped"
    """A message was skipped as often as automatic moderation allows."""
    AUTHOR_BANNED = "author_banned"
    HALTED = "halted"
    RESUMED = "resumed"
    ACTIVATED = "activated"
    """Woken from the backlog."""


E = Event


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What the table may ask about a tree, counted once under its lock. Counts are of messages unless said."""

    goal: int
    """Accepted messages wanted, prompt included."""
    root_deleted: bool = False
    root_verdict: bool | None = None
    accepted: int = 0
    """Accepted and not deleted, prompt included."""
    undecided: int = 0
    """Not deleted and not yet decided, prompt included."""
    in_flight: int = 0
    """Reply tasks that somebody holds now."""
    room: int = 0
    """Replies that depth and width would still allow."""
    rankable_sets: int = 0
    """Parents with two or more accepted replies to rank."""
    missing_rankings: int = 0
    """Rankings still wanted over all sets."""
    has_grown: bool = False
    """It was drawn once, or has replies: a resumed tree goes on growing instead of back to review."""
    finished_before: bool = False
    """It was ready for export once. Such a tree is corrected and scored anew, but never grown or ranked again."""


Guard = Callable[[Facts], bool]


def always(facts: Facts) -> bool:
    return True


def prompt_accepted(facts: Facts) -> bool:
    return facts.root_verdict is True and not facts.root_deleted


def prompt_rejected(facts: Facts) -> bool:
    return facts.root_verdict is False and not facts.root_deleted


def prompt_gone(facts: Facts) -> bool:
    return facts.root_deleted


def nothing_left(facts: Facts) -> bool:
    """The prompt is gone or was rejected, or no message is accepted or under review."""
    return facts.root_deleted or facts.root_verdict is False or (facts.accepted == 0 and facts.undecided == 0)


def fully_grown(facts: Facts) -> bool:
    """Goal reached, or no place left to put a reply; and nothing is still being written or reviewed."""
    settled = facts.undecided == 0 and facts.in_flight == 0
    return (
        not nothing_left(facts)
        and settled
        and (facts.accepted >= facts.goal or facts.room == 0 or facts.finished_before)
    )


def shrunk(facts: Facts) -> bool:
    """Ranking has begun, but by a deletion or a restored message there is something to write or review again."""
    return not nothing_left(facts) and not fully_grown(facts) and not facts.finished_before


def fully_ranked(facts: Facts) -> bool:
    """Every set has its rankings. A tree with nothing to rank is fully ranked."""
    return fully_grown(facts) and (facts.missing_rankings == 0 or facts.finished_before)


def rankings_missing(facts: Facts) -> bool:
    return fully_grown(facts) and facts.missing_rankings > 0 and not facts.finished_before


def something_left(facts: Facts) -> bool:
    return not nothing_left(facts)


def has_something_to_rank(facts: Facts) -> bool:
    return facts.rankable_sets > 0


def nothing_to_rank(facts: Facts) -> bool:
    return facts.rankable_sets == 0


def went_on_before(facts: Facts) -> bool:
    return facts.has_grown


def never_grew(facts: Facts) -> bool:
    return not facts.has_grown


def still_there(facts: Facts) -> bool:
    return not facts.root_deleted and facts.accepted > 0


#: Events after which the facts may have changed in any way.
CHANGES = frozenset({E.WRITTEN, E.REVIEWED, E.RANKED, E.RETURNED, E.ENTERED, E.RECHECKED})


@dataclass(frozen=True)
class Transition:
    """One row: in `source`, on any of `events`, when `guard` holds, go to `target`."""

    source: State
    events: frozenset[Event]
    target: State
    guard: Guard = always


def T(source: State, on: Event | frozenset[Event], to: State, when: Guard = always) -> Transition:
    return Transition(source, on if isinstance(on, frozenset) else frozenset({on}), to, when)


TRANSITIONS: tuple[Transition, ...] = (
    T(S.INITIAL_PROMPT_REVIEW, CHANGES, S.PROMPT_LOTTERY_WAITING, prompt_accepted),
    T(S.INITIAL_PROMPT_REVIEW, CHANGES, S.ABORTED_LOW_GRADE, prompt_rejected),
    T(S.INITIAL_PROMPT_REVIEW, CHANGES, S.HALTED_BY_MODERATOR, prompt_gone),
    T(S.INITIAL_PROMPT_REVIEW, E.RED_FLAGGED, S.ABORTED_LOW_GRADE),
    T(S.INITIAL_PROMPT_REVIEW, E.OFTEN_SKIPPED, S.HALTED_BY_MODERATOR),
    T(S.INITIAL_PROMPT_REVIEW, E.AUTHOR_BANNED, S.HALTED_BY_MODERATOR),
    T(S.INITIAL_PROMPT_REVIEW, E.HALTED, S.HALTED_BY_MODERATOR),
    T(S.PROMPT_LOTTERY_WAITING, E.DRAWN, S.GROWING, still_there),
    T(S.PROMPT_LOTTERY_WAITING, CHANGES, S.HALTED_BY_MODERATOR, prompt_gone),
    T(S.PROMPT_LOTTERY_WAITING, E.RED_FLAGGED, S.ABORTED_LOW_GRADE),
    T(S.PROMPT_LOTTERY_WAITING, E.AUTHOR_BANNED, S.HALTED_BY_MODERATOR),
    T(S.PROMPT_LOTTERY_WAITING, E.HALTED, S.HALTED_BY_MODERATOR),
    T(S.GROWING, CHANGES, S.RANKING, fully_grown),
    T(S.GROWING, CHANGES, S.HALTED_BY_MODERATOR, nothing_left),
    T(S.GROWING, E.RED_FLAGGED, S.ABORTED_LOW_GRADE),
    T(S.GROWING, E.OFTEN_SKIPPED, S.HALTED_BY_MODERATOR),
    T(S.GROWING, E.HALTED, S.HALTED_BY_MODERATOR),
    T(S.RANKING, CHANGES, S.READY_FOR_SCORING, fully_ranked),
    T(S.RANKING, CHANGES, S.GROWING, shrunk),
    T(S.RANKING, CHANGES, S.HALTED_BY_MODERATOR, nothing_left),
    T(S.RANKING, E.RED_FLAGGED, S.ABORTED_LOW_GRADE),
    T(S.RANKING, E.OFTEN_SKIPPED, S.HALTED_BY_MODERATOR),
    T(S.RANKING, E.HALTED, S.HALTED_BY_MODERATOR),
    T(S.READY_FOR_SCORING, E.SCORED, S.READY_FOR_EXPORT),
    T(S.READY_FOR_SCORING, E.SCORING_BROKE, S.SCORING_FAILED),
    T(S.READY_FOR_SCORING, CHANGES, S.RANKING, rankings_missing),
    T(S.READY_FOR_SCORING, CHANGES, S.GROWING, shrunk),
    T(S.READY_FOR_SCORING, CHANGES, S.HALTED_BY_MODERATOR, nothing_left),
    T(S.READY_FOR_SCORING, E.HALTED, S.HALTED_BY_MODERATOR),
    T(S.SCORING_FAILED, E.RETRIED, S.READY_FOR_SCORING),
    T(S.SCORING_FAILED, E.HALTED, S.HALTED_BY_MODERATOR),
    # A finished tree is not grown again, whatever is deleted from it; but its ranks must not go stale.
    T(S.READY_FOR_EXPORT, E.RECHECKED, S.READY_FOR_SCORING, something_left),
    T(S.READY_FOR_EXPORT, E.RECHECKED, S.HALTED_BY_MODERATOR, nothing_left),
    T(S.READY_FOR_EXPORT, E.HALTED, S.HALTED_BY_MODERATOR),
    T(S.ABORTED_LOW_GRADE, E.RESUMED, S.GROWING, went_on_before),
    T(S.ABORTED_LOW_GRADE, E.RESUMED, S.INITIAL_PROMPT_REVIEW, never_grew),
    T(S.ABORTED_LOW_GRADE, E.HALTED, S.HALTED_BY_MODERATOR),
    T(S.HALTED_BY_MODERATOR, E.RESUMED, S.GROWING, went_on_before),
    T(S.HALTED_BY_MODERATOR, E.RESUMED, S.INITIAL_PROMPT_REVIEW, never_grew),
    T(S.BACKLOG_RANKING, E.ACTIVATED, S.RANKING, has_something_to_rank),
    T(S.BACKLOG_RANKING, E.ACTIVATED, S.ABORTED_LOW_GRADE, nothing_to_rank),
    T(S.BACKLOG_RANKING, E.HALTED, S.HALTED_BY_MODERATOR),
)


def next_state(state: State, event: Event, facts: Facts) -> State | None:
    """The state the tree moves to, or None to stay. At most one row can match; a test walks the table to prove it."""
    for row in TRANSITIONS:
        if row.source is state and event in row.events and row.guard(facts):
            return row.target
    return None
