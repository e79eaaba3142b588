"""Drafts on the server: found on any device, never overwritten by older ones, gone when the answer is stored."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any
from uuid import uuid4

import pytest

from accounts import profiles
from accounts.models import User
from tasks import assignment, lottery, saved_drafts
from tasks.drafts import ReplyDraft
from tasks.kinds import Kind
from tasks.locking import TaskNotFound
from tasks.models import HandedBack, SavedDraft, Task, TaskState
from tasks.refusals import AlreadyFinished, NotYours, TooManyPending
from tasks.tree_states import State
from tests.making import NOW, at_once, claim, given, make_person, make_tree, submit

TEXT = (("text", "Why is the sky blue?"), ("pasted", "7"))


@pytest.fixture
def person() -> User:
    return make_person()


def prompt_task(person: User, lang: str = "en") -> Task:
    lottery.run_for(lang=lang, **given())
    return claim(person, Kind.INITIAL_PROMPT, lang=lang)


def save(task: Task, person: User, text: str = "Why?", at: datetime = NOW, now: datetime | None = None) -> bool:
    fields = [("text", text)] if text else []
    return saved_drafts.save(task_id=task.pk, by=person, fields=fields, typed_at=at, now=now or max(NOW, at))


def kept(task: Task, person: User) -> str | None:
    draft = saved_drafts.of(task=task, person=person)
    return saved_drafts.text_of(draft) if draft is not None else None


def move(task: Task, person: User, lang: str, *, add: bool = False, **changes: Any) -> Task:
    return saved_drafts.move(
        task_id=task.pk, by=person, lang=lang, fields=TEXT, add_language=add, **given(now=NOW, **changes)
    )


@pytest.mark.django_db
class TestKeeping:
    def test_the_newest_text_is_kept_whatever_the_order_in_which_it_comes(self, person: User) -> None:
        task = prompt_task(person)
        second = timedelta(seconds=1)
        assert save(task, person, "Why is the", at=NOW + second)
        assert save(task, person, "Why is the sky", at=NOW + 3 * second)
        assert not save(task, person, "Why is", at=NOW + 2 * second, now=NOW + 4 * second)
        assert kept(task, person) == "Why is the sky"

    def test_a_clock_that_runs_ahead_does_not_block_what_comes_later(self, person: User) -> None:
        task = prompt_task(person)
        save(task, person, "first", at=NOW + timedelta(days=9), now=NOW)
        assert save(task, person, "second", at=NOW + timedelta(seconds=1))
        assert kept(task, person) == "second"

    def test_an_emptied_form_stays_empty_though_an_older_text_arrives(self, person: User) -> None:
        task = prompt_task(person)
        save(task, person, "Why?", at=NOW)
        later = NOW + timedelta(seconds=2)
        saved_drafts.save(task_id=task.pk, by=person, fields=[("pasted", "0")], typed_at=later, now=later)
        assert not save(task, person, "Why?", at=NOW + timedelta(seconds=1), now=NOW + timedelta(seconds=3))
        assert kept(task, person) is None
        assert saved_drafts.unsent(person) == []

    def test_what_was_pasted_is_counted_with_it(self, person: User) -> None:
        task = prompt_task(person)
        for said, count in (("7", 7), ("", 0), ("-3", 0), ("many", 0), ("9" * 30, 0), ("٣", 0)):
            saved_drafts.save(
                task_id=task.pk, by=person, fields=[("text", "x"), ("pasted", said)], typed_at=NOW, now=NOW
            )
            assert SavedDraft.objects.get().pasted == count

    def test_signs_the_database_cannot_store_are_left_out(self, person: User) -> None:
        task = prompt_task(person)
        save(task, person, "a\x00b\ud800c")
        assert kept(task, person) == "abc"

    @pytest.mark.parametrize("fields", [[("text", "x" * 100_001)], [("text", "x")] * 301])
    def test_too_much_is_refused_and_what_was_kept_stays(self, person: User, fields: list[tuple[str, str]]) -> None:
        task = prompt_task(person)
        save(task, person, "Why?")
        with pytest.raises(saved_drafts.DraftTooLong):
            saved_drafts.save(task_id=task.pk, by=person, fields=fields, typed_at=NOW, now=NOW)
        assert kept(task, person) == "Why?"

    def test_who_never_held_the_task_keeps_nothing_for_it(self, person: User) -> None:
        task = prompt_task(person)
        with pytest.raises(NotYours):
            save(task, make_person())
        task.pk = uuid4()
        with pytest.raises(TaskNotFound):
            save(task, person)
        assert not SavedDraft.objects.exists()

    def test_a_draft_that_comes_in_after_its_answer_is_refused(self, person: User) -> None:
        task = prompt_task(person)
        submit(task, person)
        with pytest.raises(AlreadyFinished):
            save(task, person)

    def test_a_draft_that_came_in_together_with_its_answer_is_seen_nowhere_and_swept_away(self, person: User) -> None:
        task = prompt_task(person)
        save(task, person)
        submit(task, person)
        task.refresh_from_db()
        assert kept(task, person) is None
        assert saved_drafts.unsent(person) == []
        assert saved_drafts.forget_old(now=NOW) == 1
        assert not SavedDraft.objects.exists()


@pytest.mark.django_db
class TestOutlivingTheTask:
    def test_it_comes_back_with_the_same_work(self, person: User) -> None:
        make_tree(width=2)
        task = claim(person, Kind.ASSISTANT_REPLY)
        save(task, person, "Because.")
        assignment.release(task_id=task.pk, by=person, **given())
        other = Task.objects.open().exclude(pk=task.pk).get()
        Task.objects.filter(pk=task.pk).delete()
        again = claim(person, Kind.ASSISTANT_REPLY)
        assert again.pk == other.pk
        assert kept(again, person) == "Because."

    def test_one_prompt_is_not_brought_into_the_next(self, person: User) -> None:
        task = prompt_task(person)
        save(task, person, "Why?")
        assert kept(prompt_task(person), person) is None

    def test_another_persons_draft_of_the_task_is_not_shown(self, person: User) -> None:
        task = prompt_task(person)
        save(task, person, "Why?")
        assignment.release(task_id=task.pk, by=person, **given())
        assert kept(task, make_person()) is None

    def test_a_text_is_listed_after_a_skip_and_after_the_deadline(self, person: User) -> None:
        make_tree()
        reply = claim(person, Kind.ASSISTANT_REPLY)
        save(reply, person, "Because.")
        assignment.skip(task_id=reply.pk, by=person, reason=None, text="", **given())
        late = prompt_task(person)
        save(late, person, "Why?", at=NOW + timedelta(minutes=1))
        assignment.return_expired(**given(now=NOW + timedelta(days=1)))
        drafts = saved_drafts.unsent(person)
        assert [saved_drafts.text_of(draft) for draft in drafts] == ["Why?", "Because."]
        assert not any(saved_drafts.can_go_on(draft) for draft in drafts)

    def test_a_missed_reply_can_be_gone_on_with(self, person: User) -> None:
        make_tree()
        task = claim(person, Kind.ASSISTANT_REPLY)
        save(task, person, "Because.")
        assignment.return_expired(**given(now=NOW + timedelta(days=1)))
        (draft,) = saved_drafts.unsent(person)
        assert saved_drafts.can_go_on(draft)
        assert saved_drafts.use(draft_id=draft.pk, by=person, **given()).pk == task.pk

    def test_half_a_review_is_kept_but_not_listed(self, person: User) -> None:
        make_tree(state=State.INITIAL_PROMPT_REVIEW)
        task = claim(person, Kind.LABEL_INITIAL_PROMPT)
        saved_drafts.save(task_id=task.pk, by=person, fields=[("spam", "yes")], typed_at=NOW, now=NOW)
        draft = saved_drafts.of(task=task, person=person)
        assert draft is not None
        assert draft.fields == [["spam", "yes"]]
        assert saved_drafts.unsent(person) == []

    def test_after_thirty_days_it_goes(self, person: User) -> None:
        save(prompt_task(person), person, "Why?")
        assert saved_drafts.forget_old(now=NOW + timedelta(days=30)) == 0
        assert saved_drafts.forget_old(now=NOW + timedelta(days=31)) == 1

    def test_nobody_deletes_the_draft_of_another(self, person: User) -> None:
        save(prompt_task(person), person, "Why?")
        draft = SavedDraft.objects.get()
        saved_drafts.delete(draft_id=draft.pk, by=make_person())
        assert SavedDraft.objects.exists()
        saved_drafts.delete(draft_id=draft.pk, by=person)
        saved_drafts.delete(draft_id=draft.pk, by=person)
        assert not SavedDraft.objects.exists()


@pytest.mark.django_db
class TestMoving:
    def test_a_prompt_moves_to_the_language_it_is_written_in(self, person: User) -> None:
        task = prompt_task(person)
        save(task, person, "Warum ist")
        lottery.run_for(lang="de", **given())
        moved = move(task, person, "de", add=True)
        assert (moved.lang, moved.kind, moved.claimed_by) == ("de", Kind.INITIAL_PROMPT, person)
        assert kept(moved, person) == "Why is the sky blue?"
        task.refresh_from_db()
        assert (task.state, task.claimed_by) == (TaskState.OPEN, None)
        assert profiles.of(person).languages == ["en", "de"]
        assert SavedDraft.objects.count() == 1

    def test_languages_stay_as_they_are_unless_asked_for(self, person: User) -> None:
        task = prompt_task(person)
        lottery.run_for(lang="de", **given())
        move(task, person, "de")
        assert profiles.of(person).languages == ["en"]

    def test_without_an_opening_nothing_happens(self, person: User) -> None:
        task = prompt_task(person)
        save(task, person, "Warum")
        with pytest.raises(saved_drafts.NotAsked, match="Nobody is asked for new prompts in that language"):
            move(task, person, "de", add=True)
        task.refresh_from_db()
        assert (task.state, task.claimed_by) == (TaskState.CLAIMED, person)
        assert kept(task, person) == "Warum"
        assert profiles.of(person).languages == ["en"]
        assert not HandedBack.objects.exists()

    def test_who_holds_as_many_as_they_may_can_still_move(self, person: User) -> None:
        task = prompt_task(person)
        lottery.run_for(lang="de", **given())
        assert move(task, person, "de", max_pending_tasks_per_user=1).lang == "de"

    def test_replies_tasks_of_others_and_sent_prompts_do_not_move(self, person: User) -> None:
        make_tree()
        lottery.run_for(lang="de", **given())
        with pytest.raises(saved_drafts.NotAPrompt):
            move(claim(person, Kind.ASSISTANT_REPLY), person, "de")
        task = prompt_task(person)
        with pytest.raises(saved_drafts.NotAPrompt):
            move(task, person, "no such language")
        with pytest.raises(NotYours):
            move(task, make_person(), "de")
        submit(task, person, ReplyDraft("Why?"))
        with pytest.raises(AlreadyFinished):
            move(task, person, "de")


@pytest.mark.django_db
class TestUsing:
    def test_a_prompt_that_was_given_back_goes_into_a_new_opening(self, person: User) -> None:
        task = prompt_task(person, "de")
        save(task, person, "Warum?")
        assignment.release(task_id=task.pk, by=person, **given())
        draft = SavedDraft.objects.get()
        again = saved_drafts.use(draft_id=draft.pk, by=person, **given())
        assert (again.lang, again.claimed_by) == ("de", person)
        assert kept(again, person) == "Warum?"
        assert SavedDraft.objects.count() == 1

    def test_what_is_still_held_is_simply_opened(self, person: User) -> None:
        task = prompt_task(person)
        save(task, person)
        assert saved_drafts.use(draft_id=SavedDraft.objects.get().pk, by=person, **given()).pk == task.pk
        assert Task.objects.held_by(person).count() == 1

    def test_a_refused_claim_leaves_the_draft(self, person: User) -> None:
        task = prompt_task(person)
        save(task, person)
        assignment.release(task_id=task.pk, by=person, **given())
        prompt_task(person, "de")
        with pytest.raises(TooManyPending):
            saved_drafts.use(draft_id=SavedDraft.objects.get().pk, by=person, **given(max_pending_tasks_per_user=1))
        assert kept(task, person) == "Why?"

    def test_a_skipped_reply_and_the_draft_of_another_are_not_used(self, person: User) -> None:
        make_tree()
        task = claim(person, Kind.ASSISTANT_REPLY)
        save(task, person)
        assignment.skip(task_id=task.pk, by=person, reason=None, text="", **given())
        draft = SavedDraft.objects.get()
        with pytest.raises(NotYours):
            saved_drafts.use(draft_id=draft.pk, by=person, **given())
        with pytest.raises(saved_drafts.NoSuchDraft):
            saved_drafts.use(draft_id=draft.pk, by=make_person(), **given())


@pytest.mark.django_db(transaction=True)
def test_two_tabs_that_save_first_at_once_keep_the_newer() -> None:
    person = make_person()
    task = prompt_task(person)
    texts = [f"text {number}" for number in range(6)]
    order = Random(3).sample(range(6), 6)
    at_once(*(partial(save, task, person, texts[n], NOW - timedelta(seconds=n), NOW) for n in order))
    assert kept(task, person) == "text 0"
    assert SavedDraft.objects.count() == 1
