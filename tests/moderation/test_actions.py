"""What moderators do: each act is allowed, logged, and leaves no tree hanging."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest

from accounts.locking import PersonNotFound
from accounts.models import Role, Status, User
from moderation import actions, sanctions
from moderation.actions import MoveNotPossible
from moderation.log import NotAboveThem, NotAllowed
from moderation.models import Action, ActionLog
from tasks.drafts import ReplyDraft, TextEmpty
from tasks.kinds import Kind
from tasks.models import Message, Tree
from tasks.refusals import MessageNotFound, NotYours
from tasks.tree_states import Event, State
from tests.making import (
    NOW,
    add_message,
    advance,
    claim,
    drifts,
    given,
    make_admin,
    make_moderator,
    make_person,
    make_tree,
    openings,
    replies_to,
    root_of,
    submit,
)

pytestmark = pytest.mark.django_db


def act(deed: Callable[..., object], by: User, **about: object) -> object:
    return deed(by=by, why="a reason", **about, **given())


def logged() -> list[tuple[str, object, str]]:
    return list(ActionLog.objects.order_by("id").values_list("action", "by", "why"))


def first_reply(tree: Tree) -> Message:
    return replies_to(root_of(tree))[0]


DEEDS: dict[Action, tuple[Callable[..., object], Callable[[Tree], dict[str, object]], State]] = {
    Action.DELETE_MESSAGE: (actions.delete_message, lambda t: {"message_id": t.pk}, State.GROWING),
    Action.UNDELETE_MESSAGE: (actions.undelete_message, lambda t: {"message_id": t.pk}, State.GROWING),
    Action.EDIT_MESSAGE: (actions.edit_message, lambda t: {"message_id": t.pk, "text": "New"}, State.GROWING),
    Action.HALT_TREE: (actions.halt_tree, lambda t: {"tree_id": t.pk}, State.GROWING),
    Action.RESUME_TREE: (actions.resume_tree, lambda t: {"tree_id": t.pk}, State.HALTED_BY_MODERATOR),
}


@pytest.mark.parametrize("action", DEEDS)
def test_a_moderator_may_and_it_is_logged_a_volunteer_may_not_and_nothing_changes(action: Action) -> None:
    deed, about, state = DEEDS[action]
    tree = make_tree(state=state)
    with pytest.raises(NotAllowed):
        act(deed, make_person(), **about(tree))
    assert logged() == []
    moderator = make_moderator()
    act(deed, moderator, **about(tree))
    assert logged() == [(action, moderator.pk, "a reason")]
    assert ActionLog.objects.get().at == NOW
    assert drifts() == []


def test_a_banned_moderator_moderates_no_more() -> None:
    tree = make_tree()
    with pytest.raises(NotAllowed):
        act(actions.halt_tree, make_person(role=Role.MODERATOR, status=Status.BANNED), tree_id=tree.pk)


def test_a_message_goes_with_everything_below_it() -> None:
    tree = make_tree(replies=2)
    reply, sibling = replies_to(root_of(tree))
    below = add_message(tree=tree, parent=reply)
    advance(tree)
    assert act(actions.delete_message, make_moderator(), message_id=reply.pk) == 2
    gone = set(Message.objects.filter(deleted=True))
    assert gone == {reply, below}
    assert act(actions.delete_message, make_moderator(), message_id=reply.pk) == 0
    assert sibling not in gone
    assert drifts() == []


def test_a_message_comes_back_with_everything_above_it() -> None:
    tree = make_tree(replies=1)
    reply = first_reply(tree)
    below, beside = add_message(tree=tree, parent=reply), add_message(tree=tree, parent=reply)
    advance(tree)
    act(actions.delete_message, make_moderator(), message_id=tree.pk)
    tree.refresh_from_db()
    assert tree.state == State.HALTED_BY_MODERATOR
    assert act(actions.undelete_message, make_moderator(), message_id=below.pk) == 3
    assert set(Message.objects.filter(deleted=True)) == {beside}
    assert drifts() == []


def test_what_somebody_writes_below_a_deleted_message_is_withdrawn() -> None:
    tree = make_tree(replies=1)
    person = make_person()
    task = claim(person, Kind.PROMPTER_REPLY)
    act(actions.delete_message, make_moderator(), message_id=first_reply(tree).pk)
    with pytest.raises(Exception, match="no longer wanted"):
        submit(task, person, ReplyDraft("Too late"))
    assert openings(tree) == {Kind.ASSISTANT_REPLY: 3}
    assert drifts() == []


def test_there_is_nothing_to_delete_where_there_is_no_message() -> None:
    with pytest.raises(MessageNotFound):
        act(actions.delete_message, make_moderator(), message_id=uuid4())


def test_every_version_of_an_edited_message_is_kept() -> None:
    author, moderator = make_person(), make_moderator()
    tree = make_tree(author=author)
    original = root_of(tree)
    for text in ("Second", "Third", "Third"):
        act(actions.edit_message, moderator, message_id=tree.pk, text=text)
    message = root_of(tree)
    assert (message.text, message.edited, message.review_result) == ("Third", True, True)
    kept = [(revision.text, revision.by) for revision in message.revisions.all()]
    assert kept == [(original.text, author), ("Second", moderator), ("Third", moderator)]
    assert message.revisions.first().at == original.created_at
    assert len(logged()) == 2, "saving the same text again is no edit"
    with pytest.raises(TextEmpty):
        act(actions.edit_message, moderator, message_id=tree.pk, text=" ")


def test_editing_asks_the_table_again() -> None:
    tree = make_tree(state=State.READY_FOR_EXPORT)
    act(actions.edit_message, make_moderator(), message_id=tree.pk, text="New")
    assert tree.transitions.filter(event=Event.RECHECKED).exists()
    assert drifts() == []


@pytest.mark.parametrize("state", [state for state in State if state not in (State.SCORING_FAILED,)])
def test_a_tree_can_be_halted_in_any_state_and_halting_twice_is_no_move(state: State) -> None:
    tree = make_tree(state=state, replies=0 if state is State.INITIAL_PROMPT_REVIEW else 2)
    before = tree.transitions.filter(event=Event.HALTED).count()
    for _ in range(2):
        act(actions.halt_tree, make_moderator(), tree_id=tree.pk)
    tree.refresh_from_db()
    assert tree.state == State.HALTED_BY_MODERATOR
    assert openings(tree) == {}
    assert tree.transitions.filter(event=Event.HALTED).count() == max(1, before)
    assert drifts() == []


@pytest.mark.parametrize("state", [State.INITIAL_PROMPT_REVIEW, State.GROWING, State.RANKING, State.READY_FOR_SCORING])
def test_a_resumed_tree_goes_on_where_its_facts_put_it(state: State) -> None:
    tree = make_tree(state=state, replies=0 if state is State.INITIAL_PROMPT_REVIEW else 2)
    wanted = openings(tree)
    moderator = make_moderator()
    act(actions.halt_tree, moderator, tree_id=tree.pk)
    act(actions.resume_tree, moderator, tree_id=tree.pk)
    tree.refresh_from_db()
    assert tree.state == state
    assert openings(tree) == wanted
    assert tree.moderated_at == NOW
    assert drifts() == []


def test_a_tree_nobody_stopped_cannot_be_resumed() -> None:
    tree = make_tree()
    with pytest.raises(MoveNotPossible):
        act(actions.resume_tree, make_moderator(), tree_id=tree.pk)
    assert logged() == []


def test_every_move_is_in_the_log_of_the_tree_with_who_and_why() -> None:
    tree, moderator = make_tree(), make_moderator()
    act(actions.halt_tree, moderator, tree_id=tree.pk)
    line = tree.transitions.last()
    assert (line.from_state, line.event, line.to_state) == (State.GROWING, Event.HALTED, State.HALTED_BY_MODERATOR)
    assert (line.by, line.why, line.at) == (moderator, "a reason", NOW)


def test_a_ban_takes_back_what_the_person_holds_and_halts_prompts_that_do_not_grow_yet() -> None:
    person, moderator = make_person(), make_moderator()
    make_tree()
    task = claim(person, Kind.ASSISTANT_REPLY)
    own = {
        state: make_tree(state=state, author=person)
        for state in (State.INITIAL_PROMPT_REVIEW, State.PROMPT_LOTTERY_WAITING, State.GROWING)
    }
    act(sanctions.ban_person, moderator, person_id=person.pk)
    states = {state: Tree.objects.get(pk=tree.pk).state for state, tree in own.items()}
    assert states == {
        State.INITIAL_PROMPT_REVIEW: State.HALTED_BY_MODERATOR,
        State.PROMPT_LOTTERY_WAITING: State.HALTED_BY_MODERATOR,
        State.GROWING: State.GROWING,
    }
    with pytest.raises(NotYours):
        submit(task, person)
    assert (logged()[-1], ActionLog.objects.get().person) == ((Action.BAN_PERSON, moderator.pk, "a reason"), person)
    act(sanctions.ban_person, moderator, person_id=person.pk)
    sanctions.unban_person(person_id=person.pk, by=moderator, why="", now=NOW)
    assert User.objects.get(pk=person.pk).status == Status.ACTIVE
    assert drifts() == []


def test_nobody_is_banned_by_somebody_of_the_same_or_a_lower_rank() -> None:
    moderator, admin = make_moderator(), make_admin()
    for by, whom in ((moderator, make_moderator()), (moderator, moderator), (moderator, admin), (admin, make_admin())):
        with pytest.raises(NotAboveThem):
            act(sanctions.ban_person, by, person_id=whom.pk)
        assert not User.objects.get(pk=whom.pk).is_banned
    act(sanctions.ban_person, admin, person_id=moderator.pk)
    assert User.objects.get(pk=moderator.pk).is_banned


def test_nobody_is_banned_who_does_not_exist() -> None:
    with pytest.raises(PersonNotFound):
        act(sanctions.ban_person, make_moderator(), person_id=uuid4())


def test_a_ban_does_not_open_a_closed_account_again() -> None:
    person = make_person(status=Status.DELETED)
    with pytest.raises(sanctions.AccountClosed):
        act(sanctions.ban_person, make_moderator(), person_id=person.pk)
    with pytest.raises(sanctions.AccountClosed):
        sanctions.unban_person(person_id=person.pk, by=make_moderator(), why="", now=NOW)
    assert User.objects.get(pk=person.pk).status == Status.DELETED
