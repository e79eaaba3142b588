"""The builders themselves: whatever they make is consistent."""

from __future__ import annotations

import pytest

from tasks.tree_states import State
from tests.making import drifts, make_tree

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("state", [state for state in State if state is not State.SCORING_FAILED])
def test_a_tree_made_for_a_test_has_no_drift(state: State) -> None:
    assert make_tree(state=state, replies=3 if state is not State.INITIAL_PROMPT_REVIEW else 0).state == state
    assert drifts() == []
