"""What a tree wants, as pure functions: never more than it lacks, never less than it can take."""

from __future__ import annotations

from collections import Counter
from random import Random
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.growth import Live, Node, Plan, Snapshot, plan
from tasks.kinds import REPLY_OF_ROLE, REPLYING, Kind, Role
from tasks.rules import TreeRules
from tasks.tree_states import Event, State, next_state


def node(
    parent: Node | None = None,
    *,
    verdict: bool | None = True,
    deleted: bool = False,
    reviews: int = 0,
    rankings: int = 0,
) -> Node:
    role = parent.role.other if parent else Role.PROMPTER
    depth = parent.depth + 1 if parent else 0
    return Node(uuid4(), parent and parent.id, uuid4(), role, depth, deleted, verdict, reviews, rankings)


def live(kind: Kind, message: Node, *, claimed: bool = False) -> Live:
    return Live(uuid4(), kind, message.id, claimed, 0)


def tree(*nodes: Node, goal: int = 12, depth: int = 3, width: int = 3, **more: object) -> Snapshot:
    return Snapshot(goal=goal, max_depth=depth, max_children=width, nodes=nodes, **more)  # type: ignore[arg-type]


def planned(snapshot: Snapshot, state: State = State.GROWING) -> Counter[tuple[Kind, UUID]]:
    """What would be open afterwards."""
    made = plan(snapshot, state, Random(1))
    gone = set(made.drop)
    stay = Counter((row.kind, row.message_id) for row in snapshot.live if not row.claimed and row.id not in gone)
    return stay + Counter(opening for opening, _dice in made.open)


def test_a_prompt_under_review_wants_its_reviews_and_nothing_else() -> None:
    root = node(verdict=None, reviews=1)
    assert planned(tree(root), State.INITIAL_PROMPT_REVIEW) == {(Kind.LABEL_INITIAL_PROMPT, root.id): 2}


def test_a_claimed_review_takes_the_place_of_an_opening() -> None:
    root = node(verdict=None)
    snapshot = tree(root, live=[live(Kind.LABEL_INITIAL_PROMPT, root, claimed=True)])
    assert planned(snapshot, State.INITIAL_PROMPT_REVIEW) == {(Kind.LABEL_INITIAL_PROMPT, root.id): 2}


def test_an_undecided_message_wants_a_review_even_if_it_has_enough() -> None:
    """The rules asked for more reviews when they were given: without one more answer nothing would decide it."""
    root = node()
    reply = node(root, verdict=None, reviews=5)
    assert planned(tree(root, reply))[Kind.LABEL_ASSISTANT_REPLY, reply.id] == 1


def test_a_fresh_tree_wants_its_width_in_replies() -> None:
    root = node()
    assert planned(tree(root)) == {(Kind.ASSISTANT_REPLY, root.id): 3}


def test_a_tree_wants_no_more_replies_than_its_goal_lacks() -> None:
    root = node()
    assert planned(tree(root, goal=2)) == {(Kind.ASSISTANT_REPLY, root.id): 1}


def test_a_rejected_or_deleted_reply_gives_its_place_back() -> None:
    root = node()
    snapshot = tree(root, node(root, verdict=False), node(root, deleted=True), node(root))
    assert planned(snapshot)[Kind.ASSISTANT_REPLY, root.id] == 2


def test_an_assistant_message_takes_as_many_user_replies_as_the_rules_say() -> None:
    root = node()
    reply = node(root)
    assert planned(tree(root, reply, width=1, rules=TreeRules(num_prompter_replies=2))) == {
        (Kind.PROMPTER_REPLY, reply.id): 2
    }


def test_nothing_is_put_below_the_greatest_depth_or_a_message_that_is_not_kept() -> None:
    root = node()
    for reply in (node(root), node(root, verdict=False), node(root, verdict=None), node(root, deleted=True)):
        wanted = planned(tree(root, reply, depth=1))
        assert not any(message == reply.id and kind in REPLYING for kind, message in wanted)


def test_sets_of_two_or_more_are_ranked_as_often_as_the_rules_say() -> None:
    root = node()
    replies = [node(root, rankings=2), node(root, rankings=1)]
    assert planned(tree(root, *replies), State.RANKING) == {(Kind.RANK_ASSISTANT_REPLIES, root.id): 2}
    assert planned(tree(root, replies[0]), State.RANKING) == {}


@pytest.mark.parametrize("ranked", [True, False])
def test_user_replies_are_ranked_if_the_rules_say_so(ranked: bool) -> None:
    root = node()
    answer = node(root)
    replies = [node(answer), node(answer)]
    rules = TreeRules(rank_prompter_replies=ranked)
    assert bool(planned(tree(root, answer, *replies, rules=rules), State.RANKING)) is ranked


def test_a_lonely_message_gets_its_opening_first() -> None:
    """One place left in the tree's goal: it goes to the message with company of one, not to the one with none."""
    root = node()
    first = node(root)
    lonely, empty = node(first), node(root)
    snapshot = tree(
        root, first, lonely, empty, node(lonely), node(root),
        goal=7, depth=5, rules=TreeRules(p_lonely_child_extension=1.0),
    )  # fmt: skip
    for seed in range(20):
        (opening, _dice), *_ = plan(snapshot, State.GROWING, Random(seed)).open
        assert opening[1] == lonely.id


def test_claims_beyond_what_is_still_wanted_are_withdrawn_and_the_first_comers_keep_theirs() -> None:
    """Two people write, then a moderator restores a message: only one place is left."""
    root = node()
    claims = [live(Kind.ASSISTANT_REPLY, root, claimed=True) for _ in range(2)]
    snapshot = tree(root, node(root), goal=3, live=claims)
    assert plan(snapshot, State.GROWING, Random(1)) == Plan([], [], [claims[1].id])
    assert snapshot.facts.in_flight == 1


def test_a_claim_whose_parent_is_gone_does_not_hold_the_tree_up() -> None:
    root = node()
    gone = node(root, deleted=True)
    claimed = live(Kind.PROMPTER_REPLY, gone, claimed=True)
    snapshot = tree(root, gone, node(root), goal=2, live=[claimed])
    assert next_state(State.GROWING, Event.RECHECKED, snapshot.facts) is State.RANKING
    assert plan(snapshot, State.RANKING, Random(1)).withdraw == [claimed.id]


def test_the_budget_of_a_withdrawn_claim_is_free_at_once() -> None:
    root = node()
    gone = node(root, deleted=True)
    snapshot = tree(root, gone, goal=3, live=[live(Kind.PROMPTER_REPLY, gone, claimed=True)])
    assert planned(snapshot) == {(Kind.ASSISTANT_REPLY, root.id): 2}


def test_a_finished_tree_never_grows_again() -> None:
    root = node()
    snapshot = tree(root, node(root, deleted=True), finished_before=True)
    assert planned(snapshot) == {}
    assert next_state(State.GROWING, Event.ENTERED, snapshot.facts) is State.RANKING


@st.composite
def snapshots(draw: st.DrawFn) -> Snapshot:
    """Any tree with any live rows, as moderators and changing rules may leave it."""
    nodes = [
        node(
            verdict=draw(st.sampled_from([None, True, True, True])), deleted=draw(st.booleans()) and draw(st.booleans())
        )
    ]
    for _ in range(draw(st.integers(0, 8))):
        verdict = draw(st.sampled_from([None, True, True, False]))
        deleted = draw(st.sampled_from([False, False, False, True]))
        nodes.append(node(draw(st.sampled_from(nodes)), verdict=verdict, deleted=deleted))
    rows = []
    for _ in range(draw(st.integers(0, 6))):
        message = draw(st.sampled_from(nodes))
        rows.append(live(REPLY_OF_ROLE[message.role.other], message, claimed=draw(st.booleans())))
    return Snapshot(
        goal=draw(st.integers(1, 10)),
        max_depth=draw(st.integers(1, 4)),
        max_children=draw(st.integers(1, 4)),
        nodes=nodes,
        live=sorted(rows, key=lambda row: not row.claimed),
        finished_before=draw(st.booleans()) and draw(st.booleans()),
        rules=TreeRules(num_prompter_replies=draw(st.integers(0, 2))),
    )


def carried_out(snapshot: Snapshot, made: Plan) -> Snapshot:
    gone = {*made.drop, *made.withdraw}
    new = [Live(uuid4(), kind, message_id, False, 0) for (kind, message_id), _dice in made.open]
    rows = [row for row in snapshot.live if row.id not in gone] + new
    return Snapshot(**{**{name: getattr(snapshot, name) for name in snapshot.__dataclass_fields__}, "live": rows})


@given(snapshots(), st.sampled_from(State))
def test_a_plan_never_promises_more_than_the_tree_takes_and_leaves_nothing_to_plan(
    snapshot: Snapshot, state: State
) -> None:
    after = carried_out(snapshot, plan(snapshot, state, Random(1)))
    replies = Counter(row.message_id for row in after.live if row.kind in REPLYING)
    assert sum(replies.values()) <= after.reply_budget(state)
    for message_id, count in replies.items():
        assert count <= after.slots[message_id]
    assert plan(after, state, Random(2)) == Plan([], [], [])


@given(snapshots())
def test_a_growing_tree_has_work_or_moves_on(snapshot: Snapshot) -> None:
    after = carried_out(snapshot, plan(snapshot, State.GROWING, Random(1)))
    if next_state(State.GROWING, Event.ENTERED, after.facts) is None:
        assert after.live
