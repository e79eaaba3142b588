"""The table of a tree's life, walked as a table."""

from __future__ import annotations

from collections.abc import Callable
from inspect import getmembers, isfunction, signature

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks import tree_states
from tasks.tree_states import ACTIVE, CHANGES, TRANSITIONS, Event, Facts, State, next_state

#: Where trees are born: by a prompt, or by an import.
BIRTHS = {State.INITIAL_PROMPT_REVIEW, State.BACKLOG_RANKING}

#: Nobody works on these any more. A moderator may still move them.
ENDS = {State.READY_FOR_EXPORT, State.ABORTED_LOW_GRADE, State.HALTED_BY_MODERATOR, State.SCORING_FAILED}

ANY_FACTS = st.builds(
    Facts,
    goal=st.integers(1, 5),
    root_deleted=st.booleans(),
    root_verdict=st.sampled_from([None, True, False]),
    accepted=st.integers(0, 6),
    undecided=st.integers(0, 2),
    in_flight=st.integers(0, 2),
    room=st.integers(0, 2),
    rankable_sets=st.integers(0, 2),
    missing_rankings=st.integers(0, 2),
    has_grown=st.booleans(),
    finished_before=st.booleans(),
)


def guards() -> set[Callable[[Facts], bool]]:
    return {
        function
        for _name, function in getmembers(tree_states, isfunction)
        if list(signature(function).parameters) == ["facts"]
    }


def test_every_state_can_be_reached() -> None:
    reached = set(BIRTHS)
    while more := {row.target for row in TRANSITIONS if row.source in reached} - reached:
        reached |= more
    assert reached == set(State)


def test_only_ends_have_no_way_out_but_through_a_moderator() -> None:
    by_hand = {Event.HALTED, Event.RESUMED, Event.RETRIED, Event.RECHECKED, Event.RED_FLAGGED, Event.OFTEN_SKIPPED}
    moving = {row.source for row in TRANSITIONS if row.events - by_hand and row.target not in ENDS}
    assert set(State) - moving - {State.READY_FOR_SCORING} == ENDS


def test_every_state_but_the_halted_one_can_be_halted() -> None:
    assert {row.source for row in TRANSITIONS if Event.HALTED in row.events} == set(State) - {State.HALTED_BY_MODERATOR}


def test_a_tree_people_work_on_asks_the_table_after_every_change() -> None:
    for state in ACTIVE:
        assert any(row.source is state and row.events >= CHANGES for row in TRANSITIONS), state


def test_every_guard_and_every_event_is_used() -> None:
    used = {row.guard for row in TRANSITIONS}
    helpers = {tree_states.nothing_left, tree_states.fully_grown}
    assert guards() - helpers <= used
    assert set(Event) == {event for row in TRANSITIONS for event in row.events}


@settings(max_examples=1000)
@given(state=st.sampled_from(State), event=st.sampled_from(Event), facts=ANY_FACTS)
def test_at_most_one_row_matches(state: State, event: Event, facts: Facts) -> None:
    matching = [row for row in TRANSITIONS if row.source is state and event in row.events and row.guard(facts)]
    assert len(matching) <= 1
    assert next_state(state, event, facts) == (matching[0].target if matching else None)


@settings(max_examples=1000)
@given(state=st.sampled_from(State), event=st.sampled_from(Event), facts=ANY_FACTS)
def test_moves_that_follow_from_each_other_come_to_rest(state: State, event: Event, facts: Facts) -> None:
    seen = [state]
    at: State | None = state
    while (at := next_state(at or state, event, facts)) is not None:
        assert len(seen) <= len(State)
        seen.append(at)
        event = Event.ENTERED


@given(facts=ANY_FACTS, event=st.sampled_from(sorted(CHANGES)))
def test_a_halted_or_aborted_tree_stays_where_it_is_whatever_answers_come(facts: Facts, event: Event) -> None:
    assert next_state(State.HALTED_BY_MODERATOR, event, facts) is None
    assert next_state(State.ABORTED_LOW_GRADE, event, facts) is None


@given(facts=ANY_FACTS)
def test_a_tree_with_nothing_open_and_nothing_missing_never_hangs(facts: Facts) -> None:
    """Growing or ranking, with nobody writing or reviewing: either work is wanted, or it moves."""
    if facts.undecided == 0 and facts.in_flight == 0:
        if facts.room == 0 or facts.accepted >= facts.goal:
            assert next_state(State.GROWING, Event.ENTERED, facts) is not None
        if facts.missing_rankings == 0:
            assert next_state(State.RANKING, Event.ENTERED, facts) is not None


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (Facts(goal=3, accepted=3, room=2), State.RANKING),
        (Facts(goal=3, accepted=2, room=0), State.RANKING),
        (Facts(goal=3, accepted=2, room=1), None),
        (Facts(goal=3, accepted=3, undecided=1), None),
        (Facts(goal=3, accepted=3, in_flight=1), None),
        (Facts(goal=3, accepted=0), State.HALTED_BY_MODERATOR),
        (Facts(goal=3, accepted=3, root_deleted=True), State.HALTED_BY_MODERATOR),
    ],
)
def test_a_tree_has_grown_when_its_goal_is_met_or_no_place_is_left(facts: Facts, expected: State | None) -> None:
    assert next_state(State.GROWING, Event.REVIEWED, facts) is expected


@pytest.mark.parametrize("state", [State.GROWING, State.RANKING])
def test_a_tree_does_not_go_on_from_a_rejected_prompt(state: State) -> None:
    facts = Facts(goal=3, root_verdict=False, accepted=3, has_grown=True)
    assert next_state(state, Event.REVIEWED, facts) is State.HALTED_BY_MODERATOR
