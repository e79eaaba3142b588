"""The log of what moderators did: it only grows, outlives what it names, and holds no text of anybody."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction

from moderation import actions, purging, sanctions
from moderation.log import Grounds, NotAboveThem, NotAllowed
from moderation.models import Action, ActionLog
from tests.making import NOW, given, make_admin, make_moderator, make_person, make_tree, replies_to, root_of

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("statement", ["UPDATE moderation_actionlog SET why = ''", "DELETE FROM moderation_actionlog"])
def test_the_database_refuses_to_change_or_delete_a_line(statement: str) -> None:
    actions.halt_tree(tree_id=make_tree().pk, by=make_moderator(), why="odd", **given())
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert ActionLog.objects.get().why == "odd"


def test_a_line_outlives_the_message_and_the_person_it_names() -> None:
    troll, moderator = make_person(), make_moderator()
    tree = make_tree(author=troll)
    actions.delete_message(message_id=tree.pk, by=moderator, why="spam", **given())
    purging.purge_person(person_id=troll.pk, ban=True, preview=False, by=moderator, why="spam", **given())
    line = ActionLog.objects.get(action=Action.DELETE_MESSAGE)
    assert (line.message_id, line.tree_id, line.person_id) == (tree.pk, tree.pk, troll.pk)


def test_a_line_says_what_was_before_and_after_but_never_what_was_written() -> None:
    tree = make_tree(replies=1)
    (reply,) = replies_to(root_of(tree))
    actions.edit_message(message_id=reply.pk, text="Something quite new", by=make_moderator(), why="", **given())
    line = ActionLog.objects.get()
    assert line.before["revision"] != line.after["revision"]
    assert "quite new" not in f"{line.before}{line.after}"
    actions.delete_message(message_id=reply.pk, by=make_moderator(), why="", **given())
    line = ActionLog.objects.get(action=Action.DELETE_MESSAGE)
    assert line.after["hidden"] == [str(reply.pk)]
    assert line.person == reply.author


def test_nobody_acts_on_somebody_of_the_same_or_a_higher_rank() -> None:
    volunteer, moderator, admin = make_person(), make_moderator(), make_admin()
    grounds = Grounds(reason="spam", told="Please stop.")
    for by, whom, refusal in (
        (volunteer, make_person(), NotAllowed),
        (moderator, make_moderator(), NotAboveThem),
        (moderator, admin, NotAboveThem),
        (admin, make_admin(), NotAboveThem),
        (moderator, moderator, NotAboveThem),
    ):
        with pytest.raises(refusal):
            sanctions.warn(person_id=whom.pk, by=by, why="", now=NOW, grounds=grounds)
    sanctions.warn(person_id=moderator.pk, by=admin, why="", now=NOW, grounds=grounds)
    assert ActionLog.objects.get().person == moderator
