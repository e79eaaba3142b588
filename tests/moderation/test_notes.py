"""Notes: what moderators tell each other about a person. They are added and never changed, and stored encrypted."""

from __future__ import annotations

import pytest
from django.db import connection

from moderation import notes
from moderation.log import NotAboveThem, NotAllowed
from moderation.models import Action, ActionLog, PersonNote
from tests.making import NOW, make_admin, make_moderator, make_person

pytestmark = pytest.mark.django_db


def test_a_note_is_kept_with_who_wrote_it_and_the_log_holds_no_word_of_it() -> None:
    person, moderator = make_person(), make_moderator()
    written = notes.note(person_id=person.pk, text="Promised to stop.", by=moderator, now=NOW)
    assert (PersonNote.objects.get().text, written.by) == ("Promised to stop.", moderator)
    line = ActionLog.objects.get()
    assert (line.action, line.person, line.after) == (Action.NOTE_PERSON, person, {"note": written.pk})
    assert "Promised" not in line.why


def test_a_note_cannot_be_read_in_the_database() -> None:
    notes.note(person_id=make_person().pk, text="Promised to stop.", by=make_moderator(), now=NOW)
    with connection.cursor() as cursor:
        cursor.execute("SELECT text FROM moderation_personnote")
        assert "Promised" not in str(cursor.fetchone()[0])


def test_an_empty_note_is_refused() -> None:
    with pytest.raises(notes.EmptyNote):
        notes.note(person_id=make_person().pk, text=" \n", by=make_moderator(), now=NOW)
    assert not PersonNote.objects.exists()


def test_only_those_write_notes_who_stand_above_the_person() -> None:
    moderator = make_moderator()
    for by in (moderator, make_moderator()):
        with pytest.raises(NotAboveThem):
            notes.note(person_id=moderator.pk, text="Hm", by=by, now=NOW)
    with pytest.raises(NotAllowed):
        notes.note(person_id=make_person().pk, text="Hm", by=make_person(), now=NOW)
    notes.note(person_id=moderator.pk, text="Hm", by=make_admin(), now=NOW)
